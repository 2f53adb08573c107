"""What comes before an index: figures per head, and gaps filled within groups.

OECD & JRC (2008), sections 4 and 5; agrees with COINr's Denominate and i_mean_grp. What goes wrong:
a filled gap looks like a measured value: list them. 不了解 in a survey is never filled in this way.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def denominate(x: Floats, size: Floats) -> Floats:
    """x ÷ size, missing where the size is missing or 0."""
    x = np.asarray(x, dtype=np.float64)
    empty = np.full(len(x), np.nan)
    known = np.nan_to_num(size) != 0
    return np.asarray(np.divide(x, size, out=empty, where=known), dtype=np.float64)


def fill_by_group(x: Floats, groups: Sequence[str]) -> Floats:
    """Missing values become the mean of their group; a group without any value keeps its gaps."""
    filled = np.array(x, dtype=np.float64)
    names = np.asarray(groups, dtype=np.str_)
    for name in sorted(set(groups)):
        inside = names == name
        known = inside & np.isfinite(x)
        if known.any():
            filled[inside & ~np.isfinite(x)] = x[known].mean()
    return filled
