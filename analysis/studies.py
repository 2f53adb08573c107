"""Studies (推演): the same answers weighed otherwise, and why a rank changes. Never a result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from analysis.answers import LeftOut
from analysis.assessment import in_period, prepare, ratee_results, under
from analysis.binding import bind
from analysis.changes import Change, changed_scheme
from analysis.effective_weights import ADJUSTMENTS
from analysis.engine import start_engine
from analysis.indicator_points import leaves_of
from analysis.inputs import Inputs
from analysis.results import RateeResult
from analysis.scheme import Scheme
from analysis.sealed_round import open_sealed_rounds


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a ratee stands. `exact` is the unrounded sum of its blocks, whatever a veto does."""

    total: Decimal | None
    exact: Fraction | None
    rank: int | None
    grade: str

    def as_json(self) -> dict[str, object]:
        return {
            "total": None if self.total is None else str(self.total),
            "exact": _text(self.exact),
            "rank": self.rank,
            "grade": self.grade,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        total = None if data["total"] is None else Decimal(data["total"])
        return cls(total, _fraction(data["exact"]), data["rank"], data["grade"])


@dataclass(frozen=True, slots=True)
class Block:
    """What a block adds to the total, before and after; None where there is no such block."""

    name: str
    before: Fraction | None
    after: Fraction | None

    @property
    def difference(self) -> Fraction:
        return (self.after or Fraction(0)) - (self.before or Fraction(0))

    def as_json(self) -> dict[str, object]:
        return {"name": self.name, "before": _text(self.before), "after": _text(self.after)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["name"], _fraction(data["before"]), _fraction(data["after"]))


@dataclass(frozen=True, slots=True)
class Line:
    """One ratee before and after. The blocks' differences add up exactly to `difference`."""

    key: str
    name: str
    ratee_class: str
    before: Standing
    after: Standing
    blocks: tuple[Block, ...]

    @property
    def difference(self) -> Fraction | None:
        """Of the unrounded totals; None where one of them is missing."""
        if self.before.exact is None or self.after.exact is None:
            return None
        return self.after.exact - self.before.exact

    @property
    def places_won(self) -> int:
        """By how many places the rank rises; 0 where there is no rank to compare."""
        if self.before.rank is None or self.after.rank is None:
            return 0
        return self.before.rank - self.after.rank

    def as_json(self) -> dict[str, object]:
        return {
            "key": self.key,
            "name": self.name,
            "class": self.ratee_class,
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "blocks": [block.as_json() for block in self.blocks],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            data["key"],
            data["name"],
            data["class"],
            Standing.from_json(data["before"]),
            Standing.from_json(data["after"]),
            tuple(Block.from_json(one) for one in data["blocks"]),
        )


@dataclass(frozen=True, slots=True)
class Study:
    """A comparison, whole. `titles` are of the scheme before and the one tried."""

    titles: tuple[str, str]
    differences: tuple[str, ...]
    lines: tuple[Line, ...]

    def movers_first(self) -> tuple[Line, ...]:
        """By class; who moves most first, then the order before."""
        return tuple(
            sorted(
                self.lines,
                key=lambda one: (
                    one.ratee_class,
                    -abs(one.places_won),
                    one.before.rank is None,
                    one.before.rank or 0,
                    one.key,
                ),
            )
        )

    def as_json(self) -> dict[str, object]:
        return {
            "titles": list(self.titles),
            "differences": list(self.differences),
            "lines": [line.as_json() for line in self.lines],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        before, after = data["titles"]
        lines = tuple(Line.from_json(one) for one in data["lines"])
        return cls((before, after), tuple(data["differences"]), lines)


def study(
    folders: Sequence[Path], inputs: Inputs, scheme: Scheme, change: Change, engine: str = "duckdb"
) -> Study:
    """What a change would do to a round. The answers are read once unless rows are left out.

    Raises InputError where the change makes no scheme or the inputs do not fit it, NoAnswer where
    the changed scheme gives no totals.
    """
    tried = changed_scheme(scheme, change)
    sealed = open_sealed_rounds(folders)
    inputs = in_period(inputs, sealed)
    known = bind(inputs, scheme)
    wanted = bind(_given(inputs, scheme, change), tried)
    with start_engine(engine) as running:
        run = prepare(running, sealed, known, scheme)
        before = ratee_results(run)
        if change.left_out == LeftOut() and tried.void == scheme.void:
            return compare(scheme, tried, before, ratee_results(under(run, wanted, tried)))
    with start_engine(engine) as running:
        run = prepare(running, sealed, wanted, tried, change.left_out)
        return compare(scheme, tried, before, ratee_results(run))


def _given(inputs: Inputs, scheme: Scheme, change: Change) -> Inputs:
    """The inputs a study takes: indicators of a component it leaves out go with it."""
    if not change.has_adjustments:
        inputs = replace(inputs, adjustments=())
    if not change.without or change.scheme is not None:
        return inputs
    leaves = leaves_of(scheme, inputs.indicators)
    gone = f"{change.without}/"
    rows = (
        row for row in inputs.indicators if not f"{leaves[row.component].path}/".startswith(gone)
    )
    return replace(inputs, indicators=tuple(rows))


def compare(
    before: Scheme, after: Scheme, old: Sequence[RateeResult], new: Sequence[RateeResult]
) -> Study:
    """Two sets of results of the same ratees side by side."""
    later = {one.key: one for one in new}
    names = {part.path: str(part.name) for part in (*after.components, *before.components)}
    return Study(
        (f"{before.title}（{before.version}）", f"{after.title}（{after.version}）"),
        tuple(before.diff(after)) if before.key == after.key else (),
        tuple(_line(names, one, later[one.key]) for one in old),
    )


def _line(names: Mapping[str, str], old: RateeResult, new: RateeResult) -> Line:
    blocks = [
        Block(name, _converted(old, path), _converted(new, path)) for path, name in names.items()
    ]
    blocks.append(Block(ADJUSTMENTS, _ledger(old), _ledger(new)))
    return Line(
        old.key,
        old.name,
        old.ratee_class,
        _standing(old),
        _standing(new),
        tuple(one for one in blocks if one.before is not None or one.after is not None),
    )


def _standing(one: RateeResult) -> Standing:
    return Standing(one.total, one.total_exact, one.rank_class, one.grade_name)


def _converted(one: RateeResult, path: str) -> Fraction | None:
    return next((node.converted for node in one.nodes if node.path == path), None)


def _ledger(one: RateeResult) -> Fraction:
    return Fraction(one.bonus_counted) - Fraction(one.deduction_counted)


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
