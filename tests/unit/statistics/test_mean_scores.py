"""The mean-score test, by hand and by what must not change it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.items.mean_scores import mean_scores, over


def sums(*strata):
    """n, Σy, Σy² (strata × groups) of strata given as lists of groups of answers."""
    return tuple(
        np.array([[sum(y**power for y in group) for group in one] for one in strata], dtype=float)
        for power in (0, 1, 2)
    )


def test_one_stratum_by_hand():
    # Groups (1, 2) and (3, 4): mean 2.5, squares in all 5, between groups 4;
    # with one stratum Q = (N - 1) · between / all = 3 · 4/5.
    found = mean_scores(*sums([[1, 2], [3, 4]]))
    assert found.statistic == pytest.approx(2.4)
    assert found.df == 1
    assert found.p == pytest.approx(0.12134, abs=1e-5)
    assert found.shift == pytest.approx((-1, 1))
    assert (found.gap, found.n) == (pytest.approx(2), 4)


def test_strata_add_up_by_hand():
    # Twice the same stratum at another level: F - E and V double, so Q doubles.
    found = mean_scores(*sums([[1, 2], [3, 4]], [[11, 12], [13, 14]]))
    assert found.statistic == pytest.approx(4.8)
    assert found.shift == pytest.approx((-1, 1))


def test_three_groups_have_two_degrees_of_freedom():
    found = mean_scores(*sums([[1, 2], [3, 4], [5, 6]]))
    # squares in all 17.5, between groups 16: Q = 5 · 16/17.5.
    assert (found.statistic, found.df) == (pytest.approx(5 * 16 / 17.5), 2)


@given(
    st.lists(
        st.tuples(*[st.lists(st.integers(1, 5), min_size=1, max_size=6)] * 3),
        min_size=1,
        max_size=4,
    ),
    st.integers(-50, 50),
)
def test_levels_of_strata_and_the_order_of_groups_do_not_matter(strata, level):
    plain = mean_scores(*sums(*strata))
    moved = mean_scores(
        *sums(*([[y + level * n for y in g] for g in s] for n, s in enumerate(strata)))
    )
    turned = mean_scores(*sums(*(list(s)[::-1] for s in strata)))
    for other in (moved, turned):
        assert other.df == plain.df
        assert other.gap == pytest.approx(plain.gap, abs=1e-9)
        if plain.statistic is None:
            assert other.statistic is None
        else:
            assert other.statistic == pytest.approx(plain.statistic, abs=1e-6)
    assert tuple(reversed(turned.shift)) == pytest.approx(plain.shift)


def test_what_cannot_be_compared_says_so():
    alone = mean_scores(*sums([[1, 2], []], [[], [3, 4]]))
    assert (alone.statistic, alone.gap, alone.shift, alone.n) == (None, None, (None, None), 0)
    alike = mean_scores(*sums([[4, 4], [4, 4]]))
    assert (alike.statistic, alike.p) == (None, None)
    assert alike.gap == 0
    nobody = mean_scores(*np.zeros((3, 0, 2)))
    assert (nobody.statistic, nobody.n) == (None, 0)


def test_a_group_that_is_never_beside_another_has_no_shift():
    found = mean_scores(*sums([[1, 2], [3, 4], []], [[], [], [5, 5]]))
    assert found.shift[2] is None
    assert found.shift[:2] == pytest.approx((-1, 1))


def test_q_is_over_the_family():
    family = [
        mean_scores(*sums([[1, 1, 2, 2, 1], [4, 5, 4, 5, 5]])),
        mean_scores(*sums([[1], [1]])),
    ]
    clear, none = over(family)
    assert clear.q == pytest.approx(clear.p)
    assert none.q is None
    twice = over([family[0], family[0]])
    assert twice[0].q == pytest.approx(family[0].p)
