"""Mean squares of a one-way and of a complete two-way layout, for the intraclass correlations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.agreement.group_moments import GroupMoments
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OneWay:
    """Ratings in groups (a group is a ratee). Mean squares are in squared points.

    `k` is the mean group size N/g, `k0` = (N − Σn²/N)/(g − 1) the size that makes
    E(MSB) = σ²_w + k0·σ²_b exact for unequal groups. Both are n when all groups have n.
    """

    groups: int
    n: int
    ms_between: float
    ms_within: float
    k: float
    k0: float
    is_balanced: bool

    @property
    def df_between(self) -> int:
        return self.groups - 1

    @property
    def df_within(self) -> int:
        return self.n - self.groups


@dataclass(frozen=True, slots=True)
class TwoWay:
    """A complete table of n targets (rows) × k raters (columns), one rating a cell."""

    rows: int
    columns: int
    ms_rows: float
    ms_columns: float
    ms_error: float
    ms_within: float


def one_way(moments: GroupMoments) -> OneWay:
    """One-way analysis of variance from group n, mean and squares.

    MSB = Σ n_i (x̄_i − x̄)²/(g − 1), MSW = Σ S_i/(N − g). Groups nobody rated do not count.
    Source: Shrout & Fleiss 1979, p. 422, table 2; k0 from Snedecor & Cochran 1980, ch. 13.
    """
    some = moments.rated()
    groups, total = len(some.n), int(some.n.sum())
    if groups < 2 or total <= groups:
        raise NoEstimate(
            "too_few",
            Note(
                N_("只有 {groups} 个对象、{n} 个评分：至少要两个对象，且有对象得到两个以上评分"),
                {"groups": groups, "n": total},
            ),
        )
    grand = float(some.n @ some.mean) / total
    between = float(some.n @ (some.mean - grand) ** 2) / (groups - 1)
    within = float(some.squares.sum()) / (total - groups)
    k0 = (total - float((some.n.astype(float) ** 2).sum()) / total) / (groups - 1)
    is_balanced = bool((some.n == some.n[0]).all())
    return OneWay(groups, total, between, within, total / groups, k0, is_balanced)


def two_way(table: Floats) -> TwoWay:
    """Mean squares of a complete table rows × columns without replication.

    Source: Shrout & Fleiss 1979, p. 422, table 2. Rows are sorted first: which row comes first
    must not change the last digit. NaN is not allowed; leave such rows out and say so.
    """
    rows, columns = table.shape
    if rows < 2 or columns < 2:
        raise NoEstimate(
            "too_few",
            Note(
                N_("完整的表只有 {rows} 行 {columns} 列：至少要两个对象和两个评分人"),
                {"rows": rows, "columns": columns},
            ),
        )
    centred = table[np.lexsort(table.T[::-1])]
    centred = centred - centred.mean()
    by_row, by_column = centred.mean(axis=1), centred.mean(axis=0)
    residual = centred - by_row[:, None] - by_column
    return TwoWay(
        rows,
        columns,
        columns * float((by_row**2).sum()) / (rows - 1),
        rows * float((by_column**2).sum()) / (columns - 1),
        float((residual**2).sum()) / ((rows - 1) * (columns - 1)),
        float(((centred - by_row[:, None]) ** 2).sum()) / (rows * (columns - 1)),
    )
