"""Clear neighbours, bands, the smallest gap, and the sets of the best."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.ranks.best_sets import best_sets
from analysis.statistics.ranks.comparisons import bands, neighbours, smallest_gap
from analysis.statistics.ranks.rank_sets import simultaneous

SCORES = np.array([70.0, 90.0, 89.0, 71.0, 50.0])
ERRORS = np.ones(5)


def test_bands_of_units_that_cannot_be_told_apart() -> None:
    """Two pairs a point apart and one alone, with errors of 1: three bands, best first."""
    sets = simultaneous(SCORES, ERRORS)
    assert bands(SCORES, sets) == ((1, 2), (3, 0), (4,))


def test_bands_overlap_along_a_slope() -> None:
    """Steps of 3 with errors of 1: c·√2 = 4.6 for 6 units, so neighbours alone are undecided."""
    scores = 3.0 * np.arange(6)
    sets = simultaneous(scores, np.ones(6), stepdown=False)
    assert 3 < sets.critical[0] * np.sqrt(2) < 6
    assert bands(scores, sets) == ((5, 4), (4, 3), (3, 2), (2, 1), (1, 0))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=9))
def test_bands_hold_everybody_and_no_clear_pair(values: list[int]) -> None:
    scores = np.array(values, dtype=np.float64)
    sets = simultaneous(scores, np.linspace(0, 4, len(values)), draws=200)
    found = bands(scores, sets)
    assert {unit for band in found for unit in band} == set(range(len(values)))
    assert not any(sets.better[a, b] for band in found for a in band for b in band)


def test_neighbours_in_the_order_of_the_table() -> None:
    sets = simultaneous(SCORES, ERRORS)
    found = neighbours(SCORES, ERRORS, sets)
    assert [(one.upper, one.lower, one.gap) for one in found] == [
        (1, 2, 1.0),
        (2, 3, 18.0),
        (3, 0, 1.0),
        (0, 4, 20.0),
    ]
    assert [one.is_clear for one in found] == [False, True, False, True]
    assert found[0].se == pytest.approx(np.sqrt(2))
    assert found[0].critical_gap == pytest.approx(sets.critical[0] * np.sqrt(2))


def test_the_smallest_gap() -> None:
    """Two units: se √(3² + 4²) = 5, critical gap 1.96·5 = 9.8, seen 8 times in 10: + 0.84·5."""
    sets = simultaneous(np.zeros(2), np.array([3.0, 4.0]), draws=100_000)
    gap = smallest_gap(np.array([3.0, 4.0]), sets)
    assert gap.critical == pytest.approx((9.8, 9.8, 9.8), abs=0.15)
    more = 5 * float(ndtri(0.8))
    assert np.subtract(gap.detectable, gap.critical) == pytest.approx([more] * 3)


def test_a_gap_as_large_as_stated_is_seen_as_often_as_stated() -> None:
    errors = np.array([3.0, 4.0])
    sets = simultaneous(np.zeros(2), errors, draws=20_000, stepdown=False)
    gap = smallest_gap(errors, sets)
    rounds = np.random.default_rng(3).normal(gap.detectable[0], 5.0, 20_000)
    assert (rounds > gap.critical[0]).mean() == pytest.approx(0.8, abs=0.012)


def test_no_gap_without_errors() -> None:
    with pytest.raises(NoEstimate, match="误差"):
        smallest_gap(np.zeros(2), simultaneous(np.array([1.0, 2.0]), np.zeros(2)))


def test_the_best_and_the_worst() -> None:
    """Ranks 1-2, 1-2, 3-4, 3-4, 5 as above."""
    sets = simultaneous(SCORES, ERRORS)
    one = best_sets(sets, 1)
    assert np.flatnonzero(one.best).tolist() == [1, 2]
    assert not one.surely_best.any()
    assert np.flatnonzero(one.worst).tolist() == np.flatnonzero(one.surely_worst).tolist() == [4]
    two = best_sets(sets, 2)
    assert two.best.tolist() == two.surely_best.tolist()
    assert best_sets(sets, 9).best.all()
