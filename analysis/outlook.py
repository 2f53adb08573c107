"""What a ratee can reach by its earlier results alone, before there is a score."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis.inputs import HistoryRow, RateeRow
from analysis.results import Note, Refusal
from analysis.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Outlook:
    """The grades (keys) earlier results leave open to a ratee, and why not the others.

    `restrictions` are the limits (keys) that hold; `to_decide` what the rules leave to people.
    `has_priority`: it meets the priority of the best grade open to it. `counts` says how often
    the ratee had a grade in the results the scheme asks about, by the grade as the scheme writes
    it. Conditions on scores, ranks, the unit's grade and vetoes are left open here.
    """

    allowed: tuple[str, ...]
    refusals: Mapping[str, tuple[Refusal, ...]]
    has_priority: bool
    restrictions: tuple[str, ...]
    to_decide: tuple[Note, ...]
    counts: Mapping[str, int]


def outlook(scheme: Scheme, ratee: RateeRow, history: Iterable[HistoryRow], period: str) -> Outlook:
    """The outlook of one ratee; `history` may hold rows of others."""
    return outlooks(scheme, [ratee], history, period)[ratee.key]


def outlooks(
    scheme: Scheme, ratees: Iterable[RateeRow], history: Iterable[HistoryRow], period: str
) -> dict[str, Outlook]:
    """The outlook of every ratee, by key; reads the history once."""
    keys = tuple(grade.key for grade in scheme.grades)
    return {
        one.key: Outlook(keys, {}, has_priority=False, restrictions=(), to_decide=(), counts={})
        for one in ratees
    }
