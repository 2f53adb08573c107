"""The difference of two definitions, in words an office can read out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.scheme import words
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
    "evidence": N_("计分的凭据"),
    "full": N_("满分"),
    "grade": "",
    "grade_on": N_("评等次所依据的分数"),
    "grades": N_("等次"),
    "high": N_("最高"),
    "key": N_("编号"),
    "kind": N_("类型"),
    "last": N_("末位"),
    "line": N_("折线"),
    "low": N_("最低"),
    "min": N_("分数线"),
    "min_n": N_("最低样本"),
    "mix": N_("层与渠道权重"),
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
    "weights": N_("各部分权重"),
    "when": N_("条件"),
    "zh_CN": "",
}


_PARTS = {
    "component": N_("构成"),
    "source": N_("来源"),
    "veto": N_("一票否决"),
    "grade": N_("等次"),
    "restriction": N_("等次限制"),
    "consequence": N_("结果运用"),
}
_VALUES: Mapping[str, words.Words] = {
    "missing": words.MISSING,
    "same_device": words.SAME_DEVICE,
    "grade_on": words.GRADE_ON,
    "rhythm": words.RHYTHM,
    "source": words.SOURCE,
    "combine": words.COMBINE,
    "unknown": words.UNKNOWN,
    "effect": words.VETO_EFFECT,
    "scope": words.SCOPE,
    "rounding": words.ROUNDING,
    "span": words.SPAN,
    "kind": {**words.TRANSFORM, **words.ADJUSTMENT, **words.CONSEQUENCE},
    "void": words.VOID,
}
_OF_DATA = ("weight", "rater_classes", "by_attribute", "ranges", "table")
"""Tables whose keys are words of the office, not fields."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Fact:
    """A value: what it is called from the root on, and what it says."""

    names: tuple[str, ...]
    text: str

    def named(self, n: int = 0) -> str:
        """Its name, the first n parts of it left out."""
        return " ".join(filter(None, self.names[n:]))


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """A sentence a change: what, from, to. Parts are known by their key, not by their place."""
    classes = _class_names(before) | _class_names(after)
    old = dict(_flatten(before, (), (), classes))
    new = dict(_flatten(after, (), (), classes))
    old_parts, new_parts = _part_paths(old), _part_paths(new)
    sentences: dict[str, None] = {}
    for path in [*old, *(path for path in new if path not in old)]:
        if old.get(path) and new.get(path) and old[path].text == new[path].text:
            continue
        parts = old_parts ^ new_parts
        part = next((path[:n] for n in range(1, len(path) + 1) if path[:n] in parts), None)
        if part is None:
            was, now = (side[path].text if path in side else "—" for side in (old, new))
            fact = new.get(path) or old[path]
            sentences[f"{fact.named()} {was} → {now}"] = None
        else:
            sentences[_whole_part(part, new if part in new_parts else old, part in new_parts)] = (
                None
            )
    if not sentences and before != after:
        return [N_("只有先后顺序不同")]
    return list(sentences)


def _part_paths(facts: Iterable[Path]) -> set[Path]:
    """Every part that is told apart by its key or its number."""
    return {
        path[: n + 1] for path in facts for n, step in enumerate(path) if step[:1] in ("=", "#")
    }


def _whole_part(part: Path, facts: Mapping[Path, _Fact], is_new: object) -> str:
    """A part that came or went, in one sentence."""
    within = [fact for path, fact in facts.items() if path[: len(part)] == part]
    name = " ".join(filter(None, within[0].names[: len(part)]))
    kind = _PARTS.get(part[-2], "")
    named = f"{kind}“{name}”" if kind else f" {name}"
    if not is_new:
        return N_("删去{named}").format(named=named)
    said = "、".join(f"{fact.named(len(part))} {fact.text}" for fact in within if fact.text)
    return N_("新增{named}：{said}").format(named=named, said=said)


def _flatten(
    value: object, path: Path, names: tuple[str, ...], classes: Mapping[str, str]
) -> Iterator[tuple[Path, _Fact]]:
    """(path, fact) of everything that is set."""
    if isinstance(value, Mapping):
        is_data = bool(path) and path[-1] in _OF_DATA
        for key, item in value.items():
            if path or key != "key":
                word = classes.get(key, key) if is_data else _WORDS.get(key, classes.get(key, key))
                yield from _flatten(item, (*path, key), (*names, word), classes)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for place, item in enumerate(value, start=1):
            rest = {name: part for name, part in item.items() if name != "key"}
            if "key" in item:
                step, word = f"={item['key']}", _chinese(item.get("name", item["key"]))
            else:
                step, word = f"#{place}", f"（{place}）" if len(value) > 1 else ""
            yield from _flatten(rest, (*path, step), (*names, word), classes)
    elif value is not None and value not in ([], ""):
        yield path, _Fact(names, _said(path, value))


def _said(path: Path, value: object) -> str:
    """A value in the words of the office."""
    if isinstance(value, bool):
        return words.FLAG[str(value).lower()]
    known = _VALUES.get(path[-1], {})
    items = value if isinstance(value, list) else [value]
    return "、".join(known.get(str(item), str(item)) for item in items)


def _class_names(scheme: Mapping[str, object]) -> dict[str, str]:
    """What classes of raters and ratees are called."""
    found: dict[str, str] = {}
    for part in ("rater_class", "ratee_class"):
        named = scheme.get(part)
        if isinstance(named, Mapping):
            found |= {key: _chinese(name) for key, name in named.items()}
    return found


def _chinese(name: object) -> str:
    return str(name.get("zh_CN") if isinstance(name, Mapping) else name)
