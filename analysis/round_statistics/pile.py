"""The pile (待决): everything the screens of a round point at, with what each finding is worth."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal

from analysis.assessment import in_period, prepare, ratee_results_under
from analysis.binding import bind
from analysis.engine import start_engine
from analysis.inputs import Inputs
from analysis.results import Assessment, RateeResult
from analysis.scheme import Scheme
from analysis.screened_rows import Place, ScreenedRow
from analysis.screening import Finding
from analysis.screening_rules import BALLOT_RULES
from analysis.sealed_round import SealedRound
from forms.problems import canonical_json

HonestRate = Callable[[str, str, str], float | None]
"""How often an honest sheet trips a rule: (sealed round, rater class, rule) to a share."""


LEAST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Pointed:
    """One entry of the pile: what a rule points at, and what that is worth as evidence.

    `n` ballots are concerned. Rules that test (links, patterns) have a `score`, the adjusted
    p-value, at most `threshold`; then `false_alarms` is what is expected among all that the rule
    found in this round. Rules of ballots have none; there `false_alarms` are the ballots that
    would trip it if everybody answered honestly, None where that cannot be said.
    """

    place: Place
    n: int
    evidence: tuple[tuple[str, str], ...]
    score: float | None
    threshold: float | None
    false_alarms: float | None

    @property
    def key(self) -> str:
        return key_of(self.place)

    @property
    def rule(self) -> str:
        return self.place[1]


def key_of(place: Place) -> str:
    """A short name for a finding, for addresses."""
    return hashlib.sha256(canonical_json(list(place))).hexdigest()[:16]


def pile(assessment: Assessment, honest: HonestRate) -> tuple[Pointed, ...]:
    """Links and patterns first, then the rules of ballots by round and rater class."""
    found = Counter(one.rule for one in assessment.findings)
    entries = [
        Pointed(
            place_of(one),
            one.n,
            one.evidence,
            one.score,
            one.threshold,
            None if one.score is None else one.threshold * found[one.rule],
        )
        for one in assessment.findings
    ]
    for quality in assessment.quality:
        for rule in BALLOT_RULES:
            n = quality.flagged.get(rule, 0)
            if n:
                rate = honest(quality.round, quality.rater_class, rule)
                entries.append(
                    Pointed(
                        (quality.round, rule, quality.rater_class, "", ""),
                        n,
                        (("submitted", str(quality.submitted)),),
                        None,
                        None,
                        None if rate is None else rate * quality.submitted,
                    )
                )
    return tuple(entries)


def place_of(one: Finding) -> Place:
    """What a decision on a finding is about."""
    return one.round, one.rule, one.rater_class, one.subject, one.ratee


@dataclass(frozen=True, slots=True)
class Moved:
    """A ratee's total and rank within its class with the ballots and without them.

    `n` of its ballots leave.
    """

    key: str
    name: str
    total_with: Decimal | None
    total_without: Decimal | None
    rank_with: int | None
    rank_without: int | None
    n: int


@dataclass(frozen=True, slots=True)
class BothResults:
    """Everybody whose total or rank depends on a finding, the largest change first.

    `is_possible` is False where the scheme gives no answer without the ballots. `hidden` ratees
    lose a few ballots only: their difference would give those ballots away.
    """

    moved: tuple[Moved, ...]
    hidden: int
    is_possible: bool


def both_results(
    sealed: Collection[SealedRound],
    inputs: Inputs,
    scheme: Scheme,
    places: Collection[Place],
    assessment: Assessment | None = None,
) -> dict[Place, BothResults]:
    """The results with and without what each finding points at, every other decision as it is.

    Both are computed from the sealed answers, as a run would; where a device's other answer takes
    the place of one left out, that is in the figures. `assessment`, where the caller has it, is the
    one of these same answers, inputs and scheme; its results need not be made again then.
    """
    folders = tuple(sealed)
    bound = bind(in_period(inputs, folders), scheme)
    made: dict[frozenset[Place], tuple[RateeResult, ...] | None] = {}
    if assessment is not None:
        made[_excluded(bound.screened)] = assessment.ratees
    with start_engine("duckdb") as engine:
        run = prepare(engine, folders, bound, scheme)

        def results(decisions: list[ScreenedRow]) -> tuple[RateeResult, ...] | None:
            key = _excluded(decisions)
            if key not in made:
                made[key] = ratee_results_under(run, decisions)
            return made[key]

        found = {}
        for place in places:
            others = [one for one in bound.screened if one.place != place]
            without = results([*others, ScreenedRow(*place, "exclude", "")])
            found[place] = _both(results(others), without)
    return found


def _excluded(decisions: Collection[ScreenedRow]) -> frozenset[Place]:
    return frozenset(one.place for one in decisions if one.decision == "exclude")


def _both(
    counted: tuple[RateeResult, ...] | None, left_out: tuple[RateeResult, ...] | None
) -> BothResults:
    if counted is None or left_out is None:
        return BothResults((), 0, is_possible=False)
    moved = _moved(counted, left_out)
    shown = tuple(one for one in moved if not 0 < one.n < LEAST_SHOWN)
    return BothResults(shown, len(moved) - len(shown), is_possible=True)


def _moved(
    counted: Collection[RateeResult], left_out: Collection[RateeResult]
) -> tuple[Moved, ...]:
    without = {one.key: one for one in left_out}
    moved = [
        Moved(
            one.key,
            one.name,
            one.total,
            without[one.key].total,
            one.rank_class,
            without[one.key].rank_class,
            one.n - without[one.key].n,
        )
        for one in counted
    ]
    changed = [
        one
        for one in moved
        if (one.total_with, one.rank_with) != (one.total_without, one.rank_without)
    ]
    return tuple(sorted(changed, key=lambda one: (-_change(one), one.key)))


def _change(one: Moved) -> Decimal:
    if one.total_with is None or one.total_without is None:
        return Decimal(10**6)
    return abs(one.total_with - one.total_without)
