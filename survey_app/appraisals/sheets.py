"""The assessment sheet (考核评鉴表): its items, what their points must add up to, and marks."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from analysis.indicator_points import points_problems
from analysis.indicator_review import VAGUE_WORDS, mark_words
from analysis.inputs import IndicatorRow
from analysis.scheme import Scheme
from analysis.scheme.components import Component
from forms.definition import exact
from forms.problems import N_, Problem, plain

MOST_ITEMS = 30
MOST_TEXT = 1000
Marks = tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a sheet: what is expected, how it is judged, and its full mark.

    `aspect` is 德, 能, 勤, 绩 or 廉; `attribute` one that the scheme's rule of points names.
    """

    aspect: str
    attribute: str
    text: str
    standard: str
    points: Decimal


Sheet = tuple[Item, ...]


def dump_items(items: Iterable[Item]) -> str:
    """The items as they are stored."""
    rows = [[one.aspect, one.attribute, one.text, one.standard, plain(one.points)] for one in items]
    return json.dumps(rows, ensure_ascii=False)


def load_items(stored: str) -> Sheet:
    """Stored items; none where nothing is stored."""
    rows = json.loads(stored) if stored else []
    return tuple(Item(a, b, c, d, Decimal(points)) for a, b, c, d, points in rows)


def dump_marks(marks: Iterable[Decimal]) -> str:
    """The marks as they are stored."""
    return json.dumps([plain(mark) for mark in marks])


def load_marks(stored: str) -> Marks:
    """Stored marks; none where nothing is stored."""
    return tuple(Decimal(mark) for mark in json.loads(stored)) if stored else ()


def attributes_of(leaf: Component) -> tuple[str, ...]:
    """The attributes a sheet's items are divided into (共性, 个性), in the order of the rule."""
    return tuple(sorted((name for name, _ in leaf.points.by_attribute), key=_usual_order))


def _usual_order(attribute: str) -> tuple[bool, str]:
    return (attribute != "共性", attribute)


def sheet_problems(person: str, leaf: Component, items: Sequence[Item]) -> list[Problem]:
    """Everything that keeps a sheet from being fixed: its texts, points and their sums."""
    if not items:
        return [Problem(person, N_("考核评鉴表还没有指标"), N_("请至少填写一项指标和分值"))]
    problems = [
        problem
        for number, item in enumerate(items, start=1)
        for problem in _item_problems(f"{person} · {number}", leaf, item)
    ]
    rows = [(indicator_row(person, leaf, n, item), leaf) for n, item in enumerate(items, start=1)]
    return problems or points_problems({}, rows)


def _item_problems(where: str, leaf: Component, item: Item) -> list[Problem]:
    problems = []
    if not item.text:
        problems.append(Problem(where, N_("没有写考核内容"), N_("请写明考核什么，或删去分值")))
    if item.points <= 0 or item.points != round(item.points, 2):
        problems.append(Problem(where, N_("分值应大于 0，最多两位小数"), N_("请改正分值")))
    wanted = attributes_of(leaf)
    if wanted and item.attribute not in wanted:
        values = {"allowed": "、".join(wanted)}
        problems.append(Problem(where, N_("没有写明属性"), N_("请选择：{allowed}"), values))
    return problems


def sheet_warnings(person: str, scheme: Scheme, leaf: Component, items: Sheet) -> list[Problem]:
    """What should be looked at again: vague wording, points out of range, a missing emphasis."""
    words = (*VAGUE_WORDS, *scheme.vague_words)
    warnings = []
    for number, item in enumerate(items, start=1):
        hits = [
            text for text, is_hit in mark_words(f"{item.text} {item.standard}", words) if is_hit
        ]
        if hits:
            values = {"words": "、".join(dict.fromkeys(hits))}
            remedy = N_("请改成看得见、数得清的说法")
            warnings.append(
                Problem(f"{person} · {number}", N_("表述含糊：{words}"), remedy, values)
            )
        warnings += _range_warnings(f"{person} · {number}", leaf, item)
    return warnings + _emphasis_warnings(person, leaf, items)


def _range_warnings(where: str, leaf: Component, item: Item) -> list[Problem]:
    return [
        Problem(
            where,
            N_("{points} 分不在{attribute}指标通常的 {low}–{high} 分之间"),
            N_("请核对分值"),
            {
                "points": plain(item.points),
                "attribute": attribute,
                "low": plain(low),
                "high": plain(high),
            },
        )
        for attribute, low, high in leaf.points.ranges
        if item.attribute == attribute and not low <= item.points <= high
    ]


def _emphasis_warnings(person: str, leaf: Component, items: Sheet) -> list[Problem]:
    wanted = leaf.points.emphasis
    total = sum((item.points for item in items), Decimal(0))
    share = sum((item.points for item in items if item.attribute == wanted), Decimal(0))
    if not wanted or share * 2 > total:
        return []
    values = {"attribute": wanted, "points": plain(share), "total": plain(total)}
    message = N_("应侧重{attribute}，现在只占 {total} 分中的 {points} 分")
    return [Problem(person, message, N_("请把侧重的一类调到一半以上"), values)]


def marks_problems(person: str, items: Sheet, marks: Sequence[Decimal | None]) -> list[Problem]:
    """A mark for each item, from 0 to its points."""
    if len(marks) != len(items):
        message = N_("有 {n} 项指标，却有 {m} 个评分")
        values: dict[str, str | int] = {"n": len(items), "m": len(marks)}
        return [Problem(person, message, N_("请给每一项评分"), values)]
    return [
        Problem(
            f"{person} · {number}",
            N_("评分应在 0 到 {points} 之间，最多两位小数"),
            N_("请改正这一项的评分"),
            {"points": plain(item.points)},
        )
        for number, (item, mark) in enumerate(zip(items, marks, strict=True), start=1)
        if mark is None or not 0 <= mark <= item.points or mark != round(mark, 2)
    ]


def read_number(text: str) -> Decimal | None:
    """A number as typed; None where it is none."""
    return exact(text.strip())


def hundredths(marks: Iterable[Decimal]) -> int:
    """The sum of the marks × 100."""
    return int(sum(marks, Decimal(0)) * 100)


def indicator_row(
    person: str, leaf: Component, number: int, item: Item, mark: Decimal | None = None
) -> IndicatorRow:
    """An item of a sheet as an indicator that is scored by marks."""
    return IndicatorRow(
        indicator=f"{number:02d}",
        name=item.text,
        ratee=person,
        component=leaf.path,
        kind="qualitative",
        points=item.points,
        target=None,
        actual=mark,
        method="marks",
        attribute=item.attribute,
        standard=item.standard,
    )
