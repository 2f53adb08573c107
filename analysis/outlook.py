"""What a ratee can reach by its earlier results alone, before there is a score."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis.earlier import Earlier
from analysis.inputs import HistoryRow, RateeRow
from analysis.note import Note
from analysis.openings import openings
from analysis.results import Refusal
from analysis.scheme import Scheme
from analysis.standing import Standing, Standings, rules_of_grades
from analysis.verdicts import all_hold, ask


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
    rows = [Standing(one) for one in ratees]
    standings = Standings(scheme, rows, Earlier(scheme.key, history, period), "history")
    return {ratee: _outlook(standings, ratee) for ratee in standings.of}


def _outlook(standings: Standings, ratee: str) -> Outlook:
    open_to = openings(standings, ratee)
    best = standings.scheme.grade(open_to.allowed[0]) if open_to.allowed else None
    return Outlook(
        allowed=open_to.allowed,
        refusals=open_to.refusals,
        has_priority=best is not None
        and bool(best.priority)
        and all_hold(ask(standings, best.priority, ratee)) is True,
        restrictions=open_to.restrictions,
        to_decide=open_to.to_decide,
        counts=_counts(standings, ratee),
    )


def _counts(standings: Standings, ratee: str) -> Counter[str]:
    """How often each grade occurs in the results that any condition asks about."""
    earlier = standings.earlier
    asked = {
        (earlier.series(one.series), one.span)
        for one in rules_of_grades(standings.scheme)
        if one.subject == "grades"
    }
    rows = {
        (series, row.period): row.grade
        for series, span in asked
        for row in earlier.grades(ratee, series, span)
    }
    own = standings.own(())
    return Counter(grade if series else own.key(grade) for (series, _), grade in rows.items())
