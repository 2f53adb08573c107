"""What results lead to: every consequence of the scheme whose conditions hold, as a proposal."""

from collections.abc import Iterable
from fractions import Fraction

from analysis.earlier import Earlier
from analysis.inputs import HistoryRow, RateeRow
from analysis.results import Proposal, RateeResult
from analysis.scheme import Scheme
from analysis.scheme.adjustments import Veto
from analysis.standing import Standing, Standings
from analysis.verdicts import all_hold, ask, why
from forms.definition import Text


def consequences(
    scheme: Scheme,
    ratees: Iterable[RateeRow],
    results: Iterable[RateeResult],
    history: Iterable[HistoryRow] = (),
    period: str = "",
) -> tuple[Proposal, ...]:
    """Proposals by ratee, then in the order of the scheme.

    Where people decided a grade otherwise, hand in the results with `grade` replaced.
    """
    if not scheme.consequences:
        return ()
    found = {one.key: one for one in results}
    standings = Standings(
        scheme,
        [_standing(scheme, row, found[row.key]) for row in ratees if row.key in found],
        Earlier(scheme.key, history, period),
        "graded",
    )
    standings.grades = {one.key: one.grade for one in found.values() if one.grade}
    return tuple(
        proposal for ratee in sorted(standings.of) for proposal in _proposals(standings, ratee)
    )


def _proposals(standings: Standings, ratee: str) -> Iterable[Proposal]:
    for one in standings.scheme.consequences:
        verdicts = ask(standings, one.when, ratee)
        if all_hold(verdicts):
            yield Proposal(ratee, one.key, one.name, one.kind, one.column, one.value, why(verdicts))


def _standing(scheme: Scheme, ratee: RateeRow, result: RateeResult) -> Standing:
    known = {veto.key: veto for veto in scheme.vetoes}
    vetoes = tuple(known.get(key) or Veto(key, Text(key), "no_excellent") for key in result.veto)
    is_zeroed = any(veto.effect == "zero" for veto in vetoes)
    exact = Fraction(0) if is_zeroed else result.total_exact
    return Standing(ratee, result.total, exact, result.nodes, vetoes)
