"""Even–odd inconsistency: do two halves of every scale agree within one ballot?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


def even_odd(x: Floats, sizes: Sequence[int]) -> Floats:
    """−r* per ballot (n,): high means inconsistent. r* = max(−1, 2r/(1 + r)), r the correlation
    over the scales of (mean of the even items, mean of the odd items).

    x (ballots × items) with the items of one scale side by side; sizes (scales,) items in each, at
    least 2 of them and each with at least 2 items. A scale is left out for a ballot that lacks one
    half. NaN where fewer than two scales are left or one of the halves is the same in all scales.

    What goes wrong: few scales make r a coin toss: from 30 items and several scales on; reversed
    items must be turned round first; a person equally content with everything has no r at all.

    Source: Johnson 2005, p. 111; Meade & Craig 2012, p. 441. Agrees with careless::evenodd (1.2),
    which turned the sign so that high is careless.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    if len(sizes) < 2 or min(sizes) < 2 or sum(sizes) > x.shape[1]:
        raise NoEstimate(
            "undefined",
            Note(N_("奇偶一致性至少需要两个量表、每个量表至少两道题，且题数之和不超过题目列数")),
        )
    odd, even, start = [], [], 0
    for size in sizes:
        part = x[:, start : start + size]
        odd.append(_mean(part[:, 0::2]))
        even.append(_mean(part[:, 1::2]))
        start += size
    r = row_correlation(np.column_stack(even), np.column_stack(odd))
    bottom = r <= -1
    stepped = np.maximum(2 * r / np.where(bottom, 1.0, 1 + r), -1.0)
    return np.where(bottom, 1.0, -stepped)


def _mean(part: Floats) -> Floats:
    seen = ~np.isnan(part)
    n = seen.sum(axis=1)
    total = np.where(seen, part, 0.0).sum(axis=1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def row_correlation(a: Floats, b: Floats) -> Floats:
    """Correlation along each row over the places where both are there; NaN where undefined."""
    both = ~(np.isnan(a) | np.isnan(b))
    n = np.maximum(both.sum(axis=1, keepdims=True), 1)
    a, b = np.where(both, a, 0.0), np.where(both, b, 0.0)
    da = np.where(both, a - a.sum(axis=1, keepdims=True) / n, 0.0)
    db = np.where(both, b - b.sum(axis=1, keepdims=True) / n, 0.0)
    va, vb = (da**2).sum(axis=1), (db**2).sum(axis=1)
    small = 1e-12 * np.maximum((a**2 + b**2).sum(axis=1), 1e-300)
    ok = (va > small) & (vb > small)
    r = (da * db).sum(axis=1) / np.sqrt(np.where(ok, va * vb, 1.0))
    return np.where(ok, np.clip(r, -1.0, 1.0), np.nan)
