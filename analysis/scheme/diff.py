"""The difference of two definitions, in words an office can read out."""

from collections.abc import Iterator, Mapping

from forms.problems import N_

_WORDS = {
    "adjustments": "",
    "at_least": N_("至少"),
    "at_most": N_("至多"),
    "bands": N_("档位"),
    "base": N_("满分"),
    "bonus_cap": N_("加分上限"),
    "completion_cap": N_("完成率上限"),
    "completion_floor": N_("完成率下限"),
    "component": "",
    "count": N_("个数"),
    "decimals": N_("小数位数"),
    "deduction_cap": N_("减分上限"),
    "effect": N_("后果"),
    "eligibility": N_("资格"),
    "full": N_("满分"),
    "grade": "",
    "key": N_("编号"),
    "kind": N_("换算方式"),
    "min": N_("分数线"),
    "min_n": N_("最低样本"),
    "missing": N_("缺项的处理"),
    "name": N_("名称"),
    "points": N_("得分"),
    "questionnaires": N_("问卷"),
    "quota": N_("名额"),
    "ratee_class": N_("评议对象类别名称"),
    "rater_class": N_("评议主体名称"),
    "rater_classes": N_("评议主体权重"),
    "same_device": N_("同一设备"),
    "scope": N_("名额范围"),
    "share": N_("比例"),
    "source": N_("来源"),
    "step": N_("名次级差"),
    "ties": N_("同分时依次比较"),
    "title": N_("标题"),
    "transform": N_("换算"),
    "trim": N_("去极值比例"),
    "unknown": N_("不了解的处理"),
    "version": N_("版本"),
    "veto": N_("一票否决"),
    "void": N_("判为无效的规则"),
    "weight": N_("权重"),
    "zh_CN": "",
}


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """A sentence a change: what, from, to. Parts are known by their key, not by their place."""
    old = dict(_flatten(before, ()))
    new = dict(_flatten(after, ()))
    names = _names(before) | _names(after)
    sentences = []
    for path in [*old, *(path for path in new if path not in old)]:
        if old.get(path) != new.get(path):
            words = " ".join(filter(None, (names.get(word, word) for word in path)))
            sentences.append(f"{words} {old.get(path, '—')} → {new.get(path, '—')}")
    return sentences


def _flatten(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if path or key != "key":
                yield from _flatten(item, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for place, item in enumerate(value, start=1):
            key = str(item.get("key", place))
            rest = {name: part for name, part in item.items() if name != "key"}
            yield from _flatten(rest, (*path, f"={key}"))
    elif value is not None and value != []:
        text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
        yield path, text


def _names(value: object) -> dict[str, str]:
    """What the parts of a definition are called, by "=" and their key; and the words of fields."""
    names = dict(_WORDS)
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            if "key" in part:
                names[f"={part['key']}"] = _chinese(part.get("name", part["key"]))
            if isinstance(classes := part.get("rater_class"), Mapping):
                names = {key: _chinese(name) for key, name in classes.items()} | names
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return names


def _chinese(name: object) -> str:
    return str(name.get("zh_CN") if isinstance(name, Mapping) else name)
