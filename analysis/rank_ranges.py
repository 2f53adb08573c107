"""The ranks a ratee could have within its class, given the errors of all totals together."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.composition import Composed
from analysis.inputs import RateeRow
from analysis.shared_raters import Covariance
from analysis.statistics.ranks.rank_sets import simultaneous

DRAWS = 1000
LEVEL = 0.95
HEX_DIGITS = 12

Range = tuple[int, int]


def seed_of(content_digest: str) -> int:
    """The seed of everything random in a run: the same content gives the same draws."""
    return int(content_digest.removeprefix("sha256:")[:HEX_DIGITS], 16)


def rank_ranges(
    ratees: Sequence[RateeRow],
    composed: Mapping[str, Composed],
    covariance: Covariance,
    seed: int,
) -> dict[str, Range | None]:
    """By ratee the best and worst rank that cannot be ruled out, at 95 % for a whole class at once.

    Ratees without a total are left out. A total without ballots has no sampling error; None where
    the error is not known, and nobody is told apart from such a one.
    """
    found: dict[str, Range | None] = {}
    for ratee_class in sorted({row.ratee_class for row in ratees}):
        ranked = [
            composed[row.key]
            for row in ratees
            if row.ratee_class == ratee_class and composed[row.key].counted_exact is not None
        ]
        if ranked:
            found |= _class_ranges(ranked, covariance, seed)
    return found


def _class_ranges(
    ranked: Sequence[Composed], covariance: Covariance, seed: int
) -> dict[str, Range | None]:
    keys = [one.ratee.key for one in ranked]
    scores = np.array([float(one.counted_exact or 0) for one in ranked])
    is_known = np.array([one.se is not None or one.n == 0 for one in ranked])
    matrix = covariance.of(keys)
    if not is_known.all():
        matrix[~is_known, ~is_known] = np.nan
    sets = simultaneous(scores, matrix, level=LEVEL, draws=DRAWS, seed=seed)
    return {
        key: (int(lo), int(hi)) if known else None
        for key, lo, hi, known in zip(keys, sets.lo, sets.hi, is_known, strict=True)
    }
