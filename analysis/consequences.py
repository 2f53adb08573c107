"""What results lead to: every consequence of the scheme whose conditions hold, as a proposal."""

from collections.abc import Iterable

from analysis.inputs import HistoryRow, RateeRow
from analysis.results import Proposal, RateeResult
from analysis.scheme import Scheme


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
    return ()
