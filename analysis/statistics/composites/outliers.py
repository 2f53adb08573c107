"""Heavy-tailed indicators: one unit's extreme value must not decide everybody's scale.

A column fails where |skewness| >= 2 and excess kurtosis >= 3.5 together, with

    skewness  √(n(n−1))/(n−2) · m3/m2^{3/2}              (G1)
    kurtosis  (n−1)/((n−2)(n−3)) · [(n+1)·m4/m2² − 3(n−1)]   (G2), m_r central moments over n

(Joanes & Gill 1998, The Statistician 47(1):183-189, type 2.) Winsorising pulls the points at the
longer end back to the next value, all tied points at once, until the column passes or `most` points
sit at the new end. A column that still fails may be taken in logarithms instead,
ln(x − min + 0.01·(max − min)).

OECD & JRC (2008), section 3; agrees with COINr's winsorise and log_CT. What goes wrong: an
indicator's extreme value may be the truth; treat only with the word of the data's owner, and show
what was changed. Below 10 units the moments say little; below 4 nothing is done.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SKEWNESS = 2.0
KURTOSIS = 3.5
MOST = 5
FEWEST = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """Skewness and excess kurtosis; None for fewer than 4 values or values all equal."""

    skewness: float | None
    kurtosis: float | None

    @property
    def passes(self) -> bool:
        """Not heavy-tailed, or not to be judged."""
        if self.skewness is None or self.kurtosis is None:
            return True
        return abs(self.skewness) < SKEWNESS or self.kurtosis < KURTOSIS


@dataclass(frozen=True, slots=True)
class Treated:
    """The column after treatment, how ("", "winsorise" or "log"), and its shape before and after.

    `moved` is the number of points that changed by winsorising.
    """

    x: Floats
    how: str
    moved: int
    before: Shape
    after: Shape


def shape(x: Floats) -> Shape:
    """The shape of a column; missing values are left out."""
    x = x[np.isfinite(x)]
    n = len(x)
    if n < FEWEST or not np.ptp(x) > 0:
        return Shape(None, None)
    gap = x - x.mean()
    m2, m3, m4 = (float(np.mean(gap**power)) for power in (2, 3, 4))
    skewness = float(np.sqrt(n * (n - 1)) / (n - 2) * m3 / m2**1.5)
    kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * m4 / m2**2 - 3 * (n - 1))
    return Shape(skewness, kurtosis)


def winsorise(x: Floats, most: int = MOST) -> Floats:
    """Pull the longer end in, step by step, until the column passes or `most` points were moved."""
    x = np.array(x, dtype=np.float64)
    ends: dict[bool, int] = {}
    while sum(ends.values()) < most and not (now := shape(x)).passes:
        is_high = (now.skewness or 0.0) >= 0
        known = x[np.isfinite(x)]
        end = known.max() if is_high else known.min()
        inner = known[known != end]
        at_end = x == end
        x[at_end] = inner.max() if is_high else inner.min()
        ends[is_high] = int(at_end.sum())
    return x


def log_shift(x: Floats) -> Floats:
    """ln(x − min + 0.01·(max − min)); a constant column stays as it is."""
    known = x[np.isfinite(x)]
    span = float(np.ptp(known)) if len(known) else 0.0
    return np.log(x - known.min() + 0.01 * span) if span > 0 else x


def treat(x: Floats, most: int = MOST, *, or_log: bool = True) -> Treated:
    """Winsorise a column that fails; where that does not help, logarithms of the original."""
    x = np.asarray(x, dtype=np.float64)
    before = shape(x)
    if before.passes:
        return Treated(x, "", 0, before, before)
    pulled = winsorise(x, most)
    after = shape(pulled)
    if after.passes or not or_log:
        moved = int((pulled != x)[np.isfinite(x)].sum())
        return Treated(pulled, "winsorise", moved, before, after)
    logged = log_shift(x)
    return Treated(logged, "log", 0, before, shape(logged))
