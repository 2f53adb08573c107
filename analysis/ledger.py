"""The ledger of bonuses and deductions, added up within the caps of the scheme. Exact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from analysis.inputs import AdjustmentKind, AdjustmentRow
from analysis.note import Note
from analysis.results import SourceSum
from analysis.scheme import Scheme
from forms.problems import N_, plain

CAPPED = {
    "bonus": N_("加分合计 {raw}，封顶计 {counted}"),
    "deduction": N_("减分合计 {raw}，封顶计 {counted}"),
}
LARGE = N_("计入的加分 {bonus}、减分 {deduction}，超过满分的 {share}%")
KINDS: tuple[AdjustmentKind, ...] = ("bonus", "deduction")
LARGE_SHARE = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a ratee's entries come to: each points × multiplier, capped by source, then in all.

    `raw` are the sums before any cap. `sources` are empty where the scheme lists none.
    """

    bonus_raw: Decimal = Decimal(0)
    bonus: Decimal = Decimal(0)
    deduction_raw: Decimal = Decimal(0)
    deduction: Decimal = Decimal(0)
    sources: tuple[SourceSum, ...] = ()
    notes: tuple[Note, ...] = ()


NOTHING = Counted()


def count_ledger(scheme: Scheme, rows: Iterable[AdjustmentRow]) -> dict[str, Counted]:
    """The counted entries by ratee."""
    by_ratee: dict[str, list[AdjustmentRow]] = {}
    for row in rows:
        by_ratee.setdefault(row.ratee, []).append(row)
    return {ratee: _count(scheme, entries) for ratee, entries in by_ratee.items()}


def _count(scheme: Scheme, rows: Sequence[AdjustmentRow]) -> Counted:
    rules = scheme.adjustments
    sources = _by_source(scheme, rows)
    bonus_raw, deduction_raw = (
        sum((row.points * row.multiplier for row in rows if row.kind == kind), Decimal(0))
        for kind in KINDS
    )
    bonus = _capped(_within(sources, "bonus", bonus_raw), rules.bonus_cap)
    deduction = _capped(_within(sources, "deduction", deduction_raw), rules.deduction_cap)
    notes = [
        Note(CAPPED[kind], {"raw": plain(raw), "counted": plain(counted)})
        for kind, raw, counted in (
            ("bonus", bonus_raw, bonus),
            ("deduction", deduction_raw, deduction),
        )
        if raw != counted
    ]
    if is_large(scheme.base, bonus, deduction):
        values = {"bonus": plain(bonus), "deduction": plain(deduction)}
        notes.append(Note(LARGE, {**values, "share": plain(100 * LARGE_SHARE)}))
    return Counted(bonus_raw, bonus, deduction_raw, deduction, sources, tuple(notes))


def is_large(base: Decimal, bonus: Decimal, deduction: Decimal) -> bool:
    """Whether adjustments weigh so much that people should look: more than 10 % of the base."""
    return max(bonus, deduction) > LARGE_SHARE * base


def _by_source(scheme: Scheme, rows: Sequence[AdjustmentRow]) -> tuple[SourceSum, ...]:
    """A sum for every source and side that has entries, in the scheme's order."""
    rules = scheme.adjustments
    sums: dict[tuple[str, AdjustmentKind], Decimal] = {}
    for row in rows:
        source = rules.source(row.source)
        if source is not None:
            place = (source.key, row.kind)
            sums[place] = sums.get(place, Decimal(0)) + row.points * row.multiplier
    return tuple(
        SourceSum(source.key, source.name, kind, raw, _capped(raw, source.cap))
        for source in rules.sources
        for kind in KINDS
        if (raw := sums.get((source.key, kind))) is not None
    )


def _within(sources: Sequence[SourceSum], kind: str, raw: Decimal) -> Decimal:
    """What is left after the caps of the sources; everything where the scheme lists none."""
    if not sources:
        return raw
    return sum((one.counted for one in sources if one.kind == kind), Decimal(0))


def _capped(points: Decimal, cap: Decimal | None) -> Decimal:
    return points if cap is None else min(points, cap)
