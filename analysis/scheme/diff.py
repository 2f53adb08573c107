"""The difference of two definitions, in words an office can read out."""

from collections.abc import Iterator, Mapping

from forms.problems import N_

_WORDS = {
    "adjustments": "",
    "at": N_("取值"),
    "at_least": N_("至少"),
    "at_most": N_("至多"),
    "bands": N_("档位"),
    "base": N_("满分"),
    "below": N_("低于"),
    "bonus_cap": N_("加分上限"),
    "by_attribute": N_("各属性分值"),
    "cap": N_("上限"),
    "column": N_("表格的列"),
    "combine": N_("合并方式"),
    "completion_cap": N_("完成率上限"),
    "completion_floor": N_("完成率下限"),
    "component": "",
    "consecutive": N_("连续"),
    "consequence": "",
    "count": N_("个数"),
    "decimals": N_("小数位数"),
    "deduction_cap": N_("减分上限"),
    "default": N_("默认系数"),
    "effect": N_("后果"),
    "eligibility": N_("资格"),
    "emphasis": N_("应侧重的属性"),
    "every": N_("每次都是"),
    "expected": N_("应有期数"),
    "factor": N_("系数"),
    "figure": N_("依据数据"),
    "filing_on": N_("方案报备日期"),
    "first": N_("前列"),
    "full": N_("满分"),
    "grade": "",
    "grade_on": N_("评等次所依据的分数"),
    "grades": N_("等次"),
    "high": N_("最高"),
    "key": N_("编号"),
    "kind": N_("换算方式"),
    "last": N_("末位"),
    "line": N_("折线"),
    "low": N_("最低"),
    "min": N_("分数线"),
    "min_n": N_("最低样本"),
    "missing": N_("缺项的处理"),
    "multiplier": N_("倍数"),
    "name": N_("名称"),
    "needs_evidence": N_("须附依据"),
    "parent": N_("所属单位的等次"),
    "pilot": N_("试点范围"),
    "points": N_("得分"),
    "priority": N_("优先"),
    "questionnaires": N_("问卷"),
    "quota": N_("名额"),
    "ranges": N_("分值范围"),
    "ratee_class": N_("评议对象类别名称"),
    "rater_class": N_("评议主体名称"),
    "rater_classes": N_("评议主体权重"),
    "reaches": N_("达到"),
    "restriction": "",
    "rhythm": N_("周期"),
    "rounding": N_("名额取整"),
    "same_device": N_("同一设备"),
    "scope": N_("名额范围"),
    "score": N_("得分"),
    "series": N_("结果系列"),
    "share": N_("比例"),
    "source": N_("来源"),
    "span": N_("时间范围"),
    "step": N_("名次级差"),
    "table": N_("系数表"),
    "ties": N_("同分时依次比较"),
    "title": N_("标题"),
    "total": N_("分值之和"),
    "transform": N_("换算"),
    "trim": N_("去极值比例"),
    "unknown": N_("不了解的处理"),
    "vague_words": N_("含糊用语"),
    "value": N_("列中的文字"),
    "version": N_("版本"),
    "veto": N_("一票否决"),
    "void": N_("判为无效的规则"),
    "volume_share": N_("总量所占比重"),
    "weight": N_("权重"),
    "when": N_("条件"),
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
            rest = {name: part for name, part in item.items() if name != "key"}
            yield from _flatten(rest, (*path, _place(item, place, len(value))))
    elif value is not None and value != []:
        text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
        yield path, text


def _place(item: Mapping[str, object], place: int, n: int) -> str:
    """How a part of a list is told from its siblings: by its key, or else by its number."""
    if "key" in item:
        return f"={item['key']}"
    return f"（{place}）" if n > 1 else "="


def _names(value: object) -> dict[str, str]:
    """What the parts of a definition are called, by "=" and their key; and the words of fields."""
    names = {**_WORDS, "=": ""}
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
