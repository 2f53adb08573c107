"""What a threshold costs: the false-alarm rate among honest ballots, by simulation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.statistics.items.moments import moments_of_rows

Floats = NDArray[np.float64]
SHEETS = 4000


@dataclass(frozen=True, slots=True)
class CutOff:
    """Flag a score beyond `threshold` (`is_high`: at or above it; else at or below it).

    `rate` is the share of simulated honest ballots it flags, never more than asked for unless even
    the most extreme value is commoner: then `threshold` is None and nothing is flagged.
    """

    threshold: float | None
    rate: float
    is_high: bool

    def flags(self, score: Floats) -> NDArray[np.bool_]:
        """Which of these scores are beyond the threshold; an undefined score is not."""
        if self.threshold is None:
            return np.zeros(len(score), dtype=np.bool_)
        known = np.where(np.isnan(score), -np.inf if self.is_high else np.inf, score)
        return known >= self.threshold if self.is_high else known <= self.threshold


def honest_sheets(x: Floats, n: int, seed: int, part: Floats | None = None) -> Floats:
    """n simulated ballots with the shares and the correlations of the items of x.

    Gaussian copula: normal vectors with the items' correlation matrix (made positive
    semi-definite), each cut at the quantiles of its item's answers. x (ballots × items); nothing
    is missing in the simulated ones. With `part`, some of the ballots, the shares are theirs and
    only the correlations those of x: honest ballots of a part that answers higher or lower. An item
    without an answer in `part` has the shares of x.

    What goes wrong: if many ballots of x are careless, they shape the shares and correlations, and
    the threshold is too lenient; cutting weakens correlations by a tenth or so, which makes honest
    runs a little too short. The rate is a guide, not a guarantee.

    Source: Cario & Nelson 1997, NORTA, §2; Meade & Craig 2012, p. 449, simulate likewise.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    moments = moments_of_rows(x)
    used = moments.varying
    normal = np.random.default_rng(seed).standard_normal((n, x.shape[1]))
    if len(used):
        values, vectors = np.linalg.eigh(moments.restricted(used).correlation())
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        root /= np.sqrt((root**2).sum(axis=1, keepdims=True))
        normal[:, used] = normal[:, used] @ root.T
    share: Floats = special.ndtr(normal)
    for i, column in enumerate(x.T):
        own = column if part is None or np.isnan(part[:, i]).all() else part[:, i]
        answers = np.sort(own[~np.isnan(own)])
        place = np.minimum((share[:, i] * len(answers)).astype(np.int64), len(answers) - 1)
        share[:, i] = answers[place]
    return share


def cut_off(score: Floats, rate: float, *, is_high: bool) -> CutOff:
    """The mildest threshold that flags at most `rate` of honest ballots with these scores.

    score (n,) of simulated honest ballots; an undefined score counts as not flagged.
    """
    known = np.sort(score[~np.isnan(score)])
    if not is_high:
        known = -known[::-1]
    values, first = np.unique(known, return_index=True)
    beyond = (len(known) - first) / max(len(score), 1)
    fits = np.flatnonzero(beyond <= rate)
    if len(fits) == 0:
        return CutOff(None, 0.0, is_high)
    place = int(fits[0])
    threshold = float(values[place])
    return CutOff(threshold if is_high else -threshold, float(beyond[place]), is_high)


def threshold_of(
    detector: Callable[[Floats], Floats], sheets: Floats, rate: float, *, is_high: bool
) -> CutOff:
    """The cut-off of a detector (ballots × items → scores) on simulated honest sheets."""
    return cut_off(np.asarray(detector(sheets), dtype=np.float64), rate, is_high=is_high)
