"""What should be looked at before indicators are used: warnings, never a reason to refuse."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from analysis.indicator_points import leaves_of, sum_points
from analysis.inputs import IndicatorRow, RateeRow
from analysis.rounding import half_up
from analysis.scheme import Scheme
from analysis.scheme.components import Component
from forms.problems import N_, Problem, digest, plain

if TYPE_CHECKING:
    from analysis.indicators import IndicatorResult

WarningKind = Literal["vague", "saturated", "range", "emphasis"]
VAGUE_WORDS = (
    *("重视不够", "协调不到位", "不到位", "信息不准确", "不准确", "不及时", "不力"),
    *("酌情扣分", "酌情加分", "酌情", "适当加分", "适当扣分", "适当"),
)
"""Wording that leaves the score to whoever gives it."""
SATURATED = Fraction(9, 10)
MIN_RATEES = 5


@dataclass(frozen=True, slots=True)
class IndicatorWarning:
    """One thing to look at. `key` stays the same while what is warned of does.

    `text` is the standard that is vague ("" for the other kinds), `words` the words in it,
    `n` the rows that share it.
    """

    kind: WarningKind
    key: str
    problem: Problem
    text: str = ""
    words: tuple[str, ...] = ()
    n: int = 1

    def told(self, translate: Callable[[str], str] = str) -> str:
        """The whole sentence: place, what is to be looked at, what to do."""
        return self.problem.text(translate)


def review(
    scheme: Scheme,
    ratees: Iterable[RateeRow],
    rows: Sequence[IndicatorRow],
    results: "Iterable[IndicatorResult]" = (),
) -> tuple[IndicatorWarning, ...]:
    """Everything worth a second look; `results` bring in what the scores show."""
    people = {ratee.key: ratee for ratee in ratees}
    leaves = leaves_of(scheme, rows)
    placed = [(row, leaves[row.component]) for row in rows]
    return (
        *_vague(rows, (*VAGUE_WORDS, *scheme.vague_words)),
        *_outside_range(placed),
        *_without_emphasis(people, placed),
        *_saturated(results),
    )


def mark_words(text: str, words: Iterable[str]) -> tuple[tuple[str, bool], ...]:
    """The text in pieces, each with whether it is one of the words; the longest word wins."""
    by_length = sorted(set(words) - {""}, key=lambda word: (-len(word), word))
    if not by_length:
        return ((text, False),) if text else ()
    pattern = re.compile("(" + "|".join(map(re.escape, by_length)) + ")")
    pieces = pattern.split(text)
    return tuple((piece, bool(place % 2)) for place, piece in enumerate(pieces) if piece)


def _vague(rows: Iterable[IndicatorRow], words: Sequence[str]) -> Iterator[IndicatorWarning]:
    found: dict[str, list[IndicatorRow]] = defaultdict(list)
    for row in rows:
        if row.standard:
            found[row.standard].append(row)
    for standard, some in found.items():
        hits = tuple(dict.fromkeys(p for p, is_hit in mark_words(standard, words) if is_hit))
        if hits:
            yield IndicatorWarning(
                kind="vague",
                key=digest(["vague", standard]),
                problem=Problem(
                    f"{some[0].indicator} {some[0].name}",
                    N_("评分标准表述含糊：{words}"),
                    N_("请改成数得出来的标准，或说明理由后确认"),
                    {"words": "、".join(hits)},
                ),
                text=standard,
                words=hits,
                n=len(some),
            )


def _outside_range(placed: Iterable[tuple[IndicatorRow, Component]]) -> Iterator[IndicatorWarning]:
    seen: set[str] = set()
    for row, leaf in placed:
        for attribute, low, high in leaf.points.ranges:
            key = digest(["range", row.indicator, attribute, plain(row.points), leaf.path])
            if row.attribute != attribute or low <= row.points <= high or key in seen:
                continue
            seen.add(key)
            yield IndicatorWarning(
                "range",
                key,
                Problem(
                    f"{row.indicator} {row.name}",
                    N_("分值 {points} 不在{attribute}指标通常的 {low}–{high} 分之间"),
                    N_("请核对分值，确实如此时可以确认"),
                    {
                        "points": plain(row.points),
                        "attribute": attribute,
                        "low": plain(low),
                        "high": plain(high),
                    },
                ),
            )


def _without_emphasis(
    people: Mapping[str, RateeRow], placed: Iterable[tuple[IndicatorRow, Component]]
) -> Iterator[IndicatorWarning]:
    for (ratee, path), its in sorted(sum_points(placed).items()):
        wanted = its.leaf.points.emphasis
        share = its.by_attribute.get(wanted, Decimal(0))
        if wanted and share * 2 <= its.total:
            values = {
                "component": its.leaf.name,
                "attribute": wanted,
                "points": plain(share),
                "total": plain(its.total),
            }
            yield IndicatorWarning(
                "emphasis",
                digest(["emphasis", ratee, path, values["points"], values["total"]]),
                Problem(
                    people[ratee].name if ratee in people else ratee,
                    N_("「{component}」应侧重{attribute}，现在只占 {total} 分中的 {points} 分"),
                    N_("请把侧重的一类调到一半以上，确实如此时可以确认"),
                    values,
                ),
            )


def _saturated(results: "Iterable[IndicatorResult]") -> Iterator[IndicatorWarning]:
    """Indicators at which nearly everybody has full marks tell nobody apart."""
    full: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for one in results:
        if one.score is not None and one.row.is_reported:
            place = (one.row.indicator, one.row.name)
            full[place].append(one.score >= one.row.points)
    for (code, name), reached in sorted(full.items()):
        n, n_full = len(reached), sum(reached)
        if n >= MIN_RATEES and Fraction(n_full, n) >= SATURATED:
            values: dict[str, str | int] = {
                "n": n,
                "full": n_full,
                "share": f"{half_up(Fraction(100 * n_full, n), 1)}%",
            }
            yield IndicatorWarning(
                "saturated",
                digest(["saturated", code, n, n_full]),
                Problem(
                    f"{code} {name}",
                    N_("几乎都得满分，拉不开差距：{n} 个评议对象中 {full} 个满分（{share}）"),
                    N_("请提高目标值或换一种计分方法，确实如此时可以确认"),
                    values,
                ),
            )
