"""Discrimination of an item: do ballots high on the rest of the scale answer it higher?"""

import numpy as np

from analysis.statistics.items.cronbach import Figures
from analysis.statistics.items.moments import Floats

TAIL = 0.27


def discrimination(x: Floats, tail: float = TAIL) -> Figures:
    """D_i = (mean of item i in the upper group − mean in the lower group) / range of the scale.

    x (ballots × items), complete rows only. Groups: ballots whose sum of the other items lies at or
    beyond its `tail` and 1 − `tail` quantile, ties all in, so the answer does not depend on row
    order. None where the two groups coincide or nothing varies.

    What goes wrong: 27 % is best for a normal sum; with a heavy ceiling the two groups overlap.

    Source: Kelley 1939, J. Educ. Psychol. 30, p. 17; Crocker & Algina 1986, p. 314.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    x = x[~np.isnan(x).any(axis=1)]
    k: int = x.shape[1]
    width = float(x.max() - x.min()) if x.size else 0.0
    if width == 0 or k < 2:
        return (None,) * k
    rest = x.sum(axis=1, keepdims=True) - x
    low, high = np.quantile(rest, [tail, 1 - tail], axis=0, method="inverted_cdf")
    return tuple(
        float(x[rest[:, i] >= high[i], i].mean() - x[rest[:, i] <= low[i], i].mean()) / width
        if high[i] > low[i]
        else None
        for i in range(k)
    )
