"""The totals under treatments not chosen, beside those of record: always both results.

Only ballots with a code or a card; doubtful answers left out; screened ones or a device's second
ones counted. A change is shown beside the standard error of the total of record, as a yardstick
only: both results come from largely the same ballots, so the difference is no test.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from analysis.note import Note
from analysis.results import Alternative, Assessment, RateeResult
from analysis.round_statistics.estimates import classes_in_order, shown
from forms.problems import N_


@dataclass(frozen=True, slots=True)
class Beside:
    """One ratee: total and rank of record, and in the order of the treatments their totals and
    ranks within the class, None where there is none.
    """

    key: str
    name: str
    total: Decimal
    se: float | None
    n: int
    rank: int | None
    totals: tuple[Decimal | None, ...]
    ranks: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class ClassAlternatives:
    """One class of ratees under the other treatments, the best total of record first."""

    ratee_class: str
    lines: tuple[Beside, ...]
    sentences: tuple[Note, ...]


def class_alternatives(assessment: Assessment) -> tuple[ClassAlternatives, ...]:
    """Every class; nothing where no other treatment would make a difference."""
    if not assessment.alternatives:
        return ()
    made = []
    for ratee_class in classes_in_order(assessment):
        ratees = [one for one in shown(assessment) if one.ratee_class == ratee_class]
        ratees.sort(key=lambda one: (-float(one.total or 0), one.key))
        if ratees:
            ranks = [_ranks(one, ratees) for one in assessment.alternatives]
            lines = tuple(
                Beside(
                    one.key,
                    one.name,
                    one.total or Decimal(0),
                    one.se,
                    one.n,
                    one.rank_class,
                    tuple(other.totals.get(one.key) for other in assessment.alternatives),
                    tuple(rank.get(one.key) for rank in ranks),
                )
                for one in ratees
            )
            made.append(ClassAlternatives(ratee_class, lines, tuple(_told(assessment, lines))))
    return tuple(made)


def _ranks(other: Alternative, ratees: list[RateeResult]) -> dict[str, int]:
    """Ranks by the other totals, equal ones alike."""
    totals = {one.key: total for one in ratees if (total := other.totals.get(one.key)) is not None}
    ordered = sorted(totals.values(), reverse=True)
    return {key: ordered.index(total) + 1 for key, total in totals.items()}


def _told(assessment: Assessment, lines: tuple[Beside, ...]) -> Iterator[Note]:
    for place, other in enumerate(assessment.alternatives):
        moved = [
            (total - one.total, one) for one in lines if (total := one.totals[place]) is not None
        ]
        if not moved:
            continue
        most, who = max(moved, key=lambda one: (abs(one[0]), one[1].key))
        ranks = sum(one.ranks[place] != one.rank for _, one in moved if one.rank is not None)
        large = sum(one.se is not None and abs(gap) > 2 * one.se for gap, one in moved)
        yield Note(
            N_(
                "{name}：计 {n_valid} 份次；总分变动最大的是 {who}（{most} 分），"
                "超过两倍标准误的有 {large} 个，名次不同的有 {ranks} 个。"
            ),
            {
                "name": Note(other.name),
                "n_valid": other.n_valid,
                "who": who.name,
                "most": f"{most:+.2f}",
                "large": large,
                "ranks": ranks,
            },
        )
