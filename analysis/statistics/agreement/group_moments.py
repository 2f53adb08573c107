"""Groups of ratings by their sufficient statistics: number, mean, squares about the mean."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.agreement.value_counts import ValueCounts

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupMoments:
    """One entry a group: `n` ratings, `mean` in points, `squares` Σ(x − mean)² in points²."""

    n: Codes
    mean: Floats
    squares: Floats

    @property
    def variance(self) -> Floats:
        """Variance with n − 1 below; 0 for a group of one, where it is not defined."""
        spread: Floats = self.squares / np.maximum(self.n - 1, 1)
        return spread

    def rated(self) -> "GroupMoments":
        """Only the groups anybody rated."""
        some = self.n > 0
        return GroupMoments(self.n[some], self.mean[some], self.squares[some])


def of_values(group: Codes, value: Floats, groups: int) -> GroupMoments:
    """Moments of single ratings. Missing values (NaN) are left out.

    Ratings are sorted within their group first, so the figures do not depend on the order of rows
    in any digit; squares are taken about the mean, so a large common offset costs no digits.
    """
    present = ~np.isnan(value)
    order = np.lexsort((value[present], group[present]))
    codes, values = group[present][order], value[present][order]
    n = np.bincount(codes, minlength=groups).astype(np.int64)
    mean = np.bincount(codes, weights=values, minlength=groups) / np.maximum(n, 1)
    deviation: Floats = values - mean[codes]
    squares: Floats = np.bincount(codes, weights=deviation**2, minlength=groups).astype(float)
    return GroupMoments(n, mean, squares)


def of_sums(n: Codes, total: Codes, squared: Codes) -> GroupMoments:
    """Moments from integer sums Σx and Σx², as cells hold them: (nΣx² − (Σx)²)/n is exact above.

    The products are taken in Python's integers, which do not overflow.
    """
    triples = [tuple(map(int, one)) for one in zip(n, total, squared, strict=True)]
    return GroupMoments(
        np.array([m for m, _, _ in triples], dtype=np.int64),
        np.array([s / m if m else 0.0 for m, s, _ in triples]),
        np.array([(m * q - s * s) / m if m else 0.0 for m, s, q in triples]),
    )


def of_counts(ratings: ValueCounts) -> GroupMoments:
    """Moments from units × values counts."""
    n = ratings.ratings
    mean = ratings.counts @ ratings.values / np.maximum(n, 1)
    squares = (ratings.counts * (ratings.values[None, :] - mean[:, None]) ** 2).sum(axis=1)
    return GroupMoments(n, mean, squares)
