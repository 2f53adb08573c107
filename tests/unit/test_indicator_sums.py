"""Whole-number sums by ratee and leaf: exact, in any order, at any size."""

from collections import defaultdict
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.indicator_sums import sum_scores

ROWS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 3),
        st.integers(-(2**62), 2**62),
        st.integers(1, 2**62),
    ),
    max_size=40,
)


@given(rows=ROWS, data=st.data())
def test_sums_are_exact_in_any_order(
    rows: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    wanted: dict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for ratee, leaf, score, points in rows:
        before = wanted[ratee, leaf]
        wanted[ratee, leaf] = (before[0] + score, before[1] + points)
    mixed = data.draw(st.permutations(rows))
    columns = [np.array([row[n] for row in mixed], dtype=np.int64) for n in range(4)]
    made = sum_scores(*columns)
    assert made.scores() == {
        place: Fraction(100 * score, points) for place, (score, points) in wanted.items()
    }
    assert sum(made.counts().values()) == len(rows)


def test_a_leaf_without_points_has_no_score() -> None:
    zeros = np.zeros(1, dtype=np.int64)
    assert sum_scores(zeros, zeros, zeros, zeros).scores() == {(0, 0): None}
