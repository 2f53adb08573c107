"""Indicators to one index, up a tree of weighted means.

At every node, over the parts that are not missing, with their weights w renormalised to sum 1:

    amean  Σ w·x             a weak part is made up for by a strong one
    gmean  exp(Σ w·ln x)     less so; every x must be above 0
    hmean  1/Σ(w/x)          least; every x must be above 0

OECD & JRC (2008), section 6.3; agrees with COINr's a_amean, a_gmean, a_hmean. What goes wrong: one
0 makes a geometric mean 0 whatever else was achieved, so scores of 0-100 are first mapped to
1 + 0.99·x (`lift`); weights are not importance (see weight_sensitivity); a unit with a missing part
is in effect given the mean of its other parts there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Mean = Literal["amean", "gmean", "hmean"]


@dataclass(frozen=True, slots=True)
class Part:
    """A node of the tree: an indicator or an aggregate, with its weight within its parent."""

    code: str
    parent: str
    weight: float
    direction: float = 1.0
    denominator: str = ""


def weighted_mean(x: Floats, weights: Floats, mean: Mean = "amean") -> Floats:
    """The mean of the columns of x (n, m) for each row; NaN where a row is missing altogether."""
    x = np.asarray(x, dtype=np.float64)
    known = np.isfinite(x)
    if mean != "amean" and (x[known] <= 0).any():
        raise NoEstimate(
            "undefined",
            Note(N_("几何平均和调和平均只能用于大于0的数，请先换算到1到100")),
        )
    w = np.where(known, np.asarray(weights, dtype=np.float64), 0.0)
    total = w.sum(axis=1)
    filled = np.where(known, x, 1.0)
    if mean != "amean":
        filled = np.log(filled) if mean == "gmean" else 1 / filled
    summed = (w * filled).sum(axis=1)
    inner = np.divide(summed, total, out=np.full(len(x), np.nan), where=total > 0)
    if mean == "gmean":
        inner = np.exp(inner)
    return np.asarray(1 / inner if mean == "hmean" else inner, dtype=np.float64)


def aggregate(
    columns: Mapping[str, Floats], tree: Sequence[Part], mean: Mean = "amean"
) -> dict[str, Floats]:
    """The score of every aggregate by its code, parts before wholes. `columns` are the indicators.

    Indicators of the tree without a column are refused.
    """
    children: dict[str, list[Part]] = defaultdict(list)
    for part in tree:
        children[part.parent].append(part)
    missing = [part.code for part in tree if part.code not in columns and part.code not in children]
    if missing:
        raise NoEstimate(
            "undefined", Note(N_("数据里没有这些指标：{codes}"), {"codes": "、".join(missing)})
        )
    found: dict[str, Floats] = {}

    def score(code: str) -> Floats:
        if code in columns and code not in children:
            return columns[code]
        if code not in found:
            below = children[code]
            x = np.column_stack([score(part.code) for part in below])
            found[code] = weighted_mean(x, np.array([part.weight for part in below]), mean)
        return found[code]

    for root in children[""]:
        score(root.code)
    return found


def leaf_weights(tree: Sequence[Part]) -> dict[str, float]:
    """The weight of each indicator in the index, 0-1, all sums 1: products down the tree."""
    children: dict[str, list[Part]] = defaultdict(list)
    for part in tree:
        children[part.parent].append(part)
    found: dict[str, float] = {}

    def descend(code: str, share: float) -> None:
        below = children.get(code, [])
        total = sum(part.weight for part in below)
        if not below:
            found[code] = share
        for part in below:
            descend(part.code, share * part.weight / total if total > 0 else 0.0)

    for root in children[""]:
        descend(root.code, 1.0)
    return found


def lift(x: Floats) -> Floats:
    """0-100 to 1-100, so that no score of 0 kills a geometric mean."""
    return 1 + 0.99 * x
