"""Trimmed means (去掉最高分最低分) and their Tukey-McLaughlin standard error.

Symbols: n answers, h of them cut from each end, g the share that stands for (h = ⌊g n⌋), s_w the
Winsorised standard deviation: that of the answers with the h lowest set to the lowest kept and the
h highest to the highest kept, with divisor n - 1.
"""

from dataclasses import dataclass
from math import floor, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
LEVEL = 0.95
NOTHING_CUT = N_("{n} 个数的 {share} 不到一个，没有去掉任何数")
NO_SPREAD = N_("剩下的数全部相同，标准误为零")


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A trimmed mean with what stands behind it. `share` is g, `h` the answers cut from each end.

    `se` is None where fewer than two answers are left.
    """

    mean: float
    se: float | None
    df: int
    n: int
    h: int
    share: float
    winsor_mean: float
    winsor_sd: float | None

    def estimate(self, level: float = LEVEL) -> Estimate:
        """mean ± t(n - 2h - 1) · se, as Tukey & McLaughlin have it; not clipped to any scale."""
        notes = []
        if self.share and not self.h:
            words: dict[str, str | int | Note] = {"n": self.n, "share": f"{self.share:g}"}
            notes.append(Note(NOTHING_CUT, words))
        if self.se == 0:
            notes.append(Note(NO_SPREAD))
        lo = hi = None
        if self.se is not None and self.df > 0:
            reach = float(special.stdtrit(self.df, (1 + level) / 2)) * self.se
            lo, hi = self.mean - reach, self.mean + reach
        return Estimate(
            self.mean, self.se, self.df, lo, hi, self.n, "tukey_mclaughlin", tuple(notes)
        )


def cut_of(n: int, cut: float) -> tuple[int, float]:
    """(h, g): how many answers go from each end, and the share that stands for.

    `cut` below 1 is a share g, h = ⌊g n⌋ (a hair more than g n counts, so that 0.29 of 100 is 29);
    a whole number of 1 or more is h itself, "one highest, one lowest", and g = h/n.
    """
    if cut < 0 or (cut >= 1 and cut != floor(cut)):
        raise NoEstimate(
            "undefined",
            Note(N_("“去掉”应是不到一半的份额，或去掉的个数，不能是 {cut}"), {"cut": f"{cut:g}"}),
        )
    h = int(cut) if cut >= 1 else floor(cut * n * (1 + 1e-12))
    if 2 * h >= n:
        raise NoEstimate(
            "too_few", Note(N_("只有 {n} 个数，两端各去掉 {h} 个后没有剩下"), {"n": n, "h": h})
        )
    return h, (h / n if cut >= 1 else float(cut))


def kept_counts(counts: ArrayLike, h: ArrayLike) -> Counts:
    """What is left of counts (last axis: values in ascending order) when h go from each end.

    A rank is kept where it lies above h and not above n - h: with cumulative counts C_k the kept
    ones are min(C_k, n-h) - h, below 0 taken as 0. Whole numbers throughout, so that ties need no
    rule and every row is trimmed in one pass.
    """
    whole = np.asarray(counts, dtype=np.int64)
    cut = np.asarray(h, dtype=np.int64)[..., None]
    up_to = np.cumsum(whole, axis=-1)
    n = up_to[..., -1:]
    inside = np.maximum(np.minimum(up_to, n - cut) - cut, 0)
    kept: Counts = np.diff(inside, axis=-1, prepend=0)
    return kept


def winsorised_counts(kept: ArrayLike, h: ArrayLike) -> Counts:
    """Kept counts with the h cut at each end put back on the lowest and the highest value kept."""
    left = np.asarray(kept, dtype=np.int64)
    cut = np.asarray(h, dtype=np.int64)[..., None]
    is_kept = left > 0
    first = is_kept & (np.cumsum(is_kept, axis=-1) == 1)
    last = is_kept & (np.cumsum(is_kept[..., ::-1], axis=-1)[..., ::-1] == 1)
    replaced: Counts = left + cut * first + cut * last
    return replaced


def trimmed_from_counts(points: ArrayLike, counts: ArrayLike, cut: float) -> Trimmed:
    """The trimmed mean of a scale's points from whole counts.

    mean = Σ kept · v / (n - 2h); se = s_w / ((1 - 2g) √n) with df = n - 2h - 1.

    Source: Tukey & McLaughlin 1963, Sankhyā A 25:331; Wilcox 2022, Introduction to Robust
    Estimation, §4.3. With `cut` a share, g is that share also where h is less than g n, as
    `scipy` and Wilcox have it. Goes wrong: n = 8 and g = 0.1 cuts nothing (a note says so); on a
    scale of five points a cut that ends exactly between two options makes the error too small; a
    20 % trim of a split vote moves the score by most of an option.
    """
    v = np.asarray(points, dtype=np.float64)
    order = np.argsort(v, kind="stable")
    v, left = v[order], np.asarray(counts, dtype=np.int64)[order]
    n = int(left.sum())
    if n == 0:
        raise NoEstimate("too_few", Note(N_("没有可以计算的数")))
    h, share = cut_of(n, cut)
    kept = kept_counts(left, h)
    winsor = winsorised_counts(kept, h)
    origin = float(v[np.flatnonzero(kept)[0]])
    mean = origin + float(kept @ (v - origin)) / (n - 2 * h)
    centre = origin + float(winsor @ (v - origin)) / n
    sd = sqrt(float(winsor @ (v - centre) ** 2) / (n - 1)) if n > 1 else None
    if np.count_nonzero(kept) == 1:
        sd = None if n == 1 else 0.0
    df = n - 2 * h - 1
    se = sd / ((1 - 2 * share) * sqrt(n)) if sd is not None and df > 0 else None
    return Trimmed(mean, se, df, n, h, share, centre, sd)


def trimmed(values: ArrayLike, cut: float) -> Trimmed:
    """The trimmed mean of single values; NaN values are left out. See `trimmed_from_counts`.

    Equal values are counted first, so the order of rows cannot matter.
    """
    x = np.asarray(values, dtype=np.float64)
    points, counts = np.unique(x[~np.isnan(x)], return_counts=True)
    return trimmed_from_counts(points, counts, cut)
