"""Intervals by hand and what must hold for all of them."""

from math import isclose, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.intervals.composite import Reach, combined_interval, combined_reach
from analysis.statistics.intervals.proportions import (
    KINDS,
    clopper_pearson,
    jeffreys,
    korn_graubard,
    wald,
    wilson,
)
from analysis.statistics.intervals.scores import (
    is_shown,
    score_interval,
    score_intervals,
    trimmed_interval,
)
from analysis.statistics.intervals.simultaneous import goodman, sison_glaz

Z = 1.959963984540054
SCALE = (20.0, 100.0)


def test_wilson_by_hand() -> None:
    # 25 of 25: lo = n/(n + z²) = 25/28.841459
    lo, hi = wilson(25, 25)
    assert (float(lo), float(hi)) == (pytest.approx(25 / 28.841458820694124), 1.0)
    # Wald says [1, 1]
    assert [float(one) for one in wald(25, 25)] == [1, 1]


def test_clopper_pearson_and_jeffreys_by_hand() -> None:
    # 0 of n: hi = 1 - (α/2)^(1/n)
    assert float(clopper_pearson(0, 3)[1]) == pytest.approx(1 - 0.025 ** (1 / 3))
    # 1 of 1 by Jeffreys: Beta(3/2, 1/2)
    assert float(jeffreys(1, 1)[0]) == pytest.approx(stats.beta.ppf(0.025, 1.5, 0.5))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_known_of_no_answers(kind: str) -> None:
    lo, hi = KINDS[kind](0, 0, 0.95)
    assert (float(lo), float(hi)) == (0, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_successes_beyond_n_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="between"):
        KINDS[kind](3, 2, 0.95)


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from(sorted(KINDS)))
def test_a_share_lies_in_its_interval_and_the_other_answer_mirrors_it(
    x: int, n: int, kind: str
) -> None:
    x = min(x, n)
    lo, hi = (float(one) for one in KINDS[kind](x, n, 0.95))
    mirrored = [1 - float(one) for one in KINDS[kind](n - x, n, 0.95)]
    assert 0 <= lo <= hi <= 1
    if kind != "jeffreys" or 0 < x < n:
        assert lo - 1e-12 <= x / n <= hi + 1e-12
    assert [hi, lo] == pytest.approx(mirrored, abs=1e-9)


def test_many_shares_at_once_are_each_alone() -> None:
    x, n = np.arange(40), np.arange(40) + 3
    lo, hi = wilson(x, n)
    alone = [wilson(a, b) for a, b in zip(x, n, strict=True)]
    assert [(a, b) for a, b in zip(lo, hi, strict=True)] == [(float(a), float(b)) for a, b in alone]


def test_korn_graubard_uses_the_effective_number() -> None:
    # p = 0.9, v = 0.003: pq/v = 30; with df = 99 = n - 1 there is no t ratio: 27 of 30
    found = korn_graubard(0.9, 0.003, 100, 99)
    assert [float(one) for one in found] == pytest.approx([0.7347115495257919, 0.9788828629702774])
    # what R's svyciprop(method = "beta") says of `awards` in apistrat, 200 schools, 197 df
    found = korn_graubard(0.638936064050578, 0.00118376719323479, 200, 197)
    assert [float(one) for one in found] == pytest.approx(
        [0.567218701479749, 0.706354783014459], rel=1e-8
    )
    # a design effect below 1 is not used, and at 1 the variance says nothing
    for known, x in (((0.9, 0.0001, 30, 29), 27), ((1.0, 0.0, 30, 29), 30)):
        found, plain = korn_graubard(*known), clopper_pearson(x, 30)
        assert [float(one) for one in found] == pytest.approx([float(one) for one in plain])


def test_goodman_is_wilson_at_bonferronis_level() -> None:
    found = goodman([3, 17, 0])
    b = stats.chi2.ppf(1 - 0.05 / 3, 1)
    lo, hi = wilson([3, 17, 0], 20, float(stats.chi2.cdf(b, 1)))
    assert found[0] == pytest.approx(lo)
    assert found[1] == pytest.approx(hi)
    with pytest.raises(NoEstimate):
        goodman([0, 0])


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8).filter(sum))
def test_simultaneous_intervals_hold_their_shares(counts: list[int]) -> None:
    for found in (goodman(counts), sison_glaz(counts)):
        share = np.array(counts) / sum(counts)
        assert np.all((found[0] <= share + 1e-12) & (share <= found[1] + 1e-12))
        assert np.all((found[0] >= 0) & (found[1] <= 1))


def test_a_score_by_hand() -> None:
    # three votes 100, 100, 60 of 20-100: m = (1 + 1 + 0.5)/3 = 5/6, v = (1/12)/3 = 1/36,
    # with half a vote at each end: mean 3/4, squares 3·2/36 + 1/4 + 3/4·(1/3)² = 1/2,
    # variance 1/2/(2·4) = 1/16, total (3/16)/(1/16) - 1 = 2: Beta(3/2, 1/2)
    lo, hi = score_interval(20 + 80 * 5 / 6, 80**2 / 36, 3, SCALE)
    assert lo == pytest.approx(20 + 80 * stats.beta.ppf(0.025, 1.5, 0.5))
    assert hi == pytest.approx(20 + 80 * stats.beta.ppf(0.975, 1.5, 0.5))


def test_equal_votes_leave_a_width_that_shrinks_like_the_rule_of_three() -> None:
    lows = [score_interval(100, 0, n, (0, 100))[0] for n in (2, 8, 30, 100, 1000)]
    assert lows == sorted(lows)
    assert 100 - lows[-1] < 3 * 100 / 1000
    assert all(score_interval(100, 0, n, (0, 100))[1] == 100 for n in (2, 8, 1000))
    lo, hi = score_interval(75, 0, 8, (0, 100))
    assert lo < 75 < hi


def test_all_counted_have_no_sampling_error_and_half_of_them_have_less() -> None:
    assert score_interval(90, 10, 8, SCALE, population=8) == (pytest.approx(90), pytest.approx(90))
    half, none = score_interval(90, 10, 8, SCALE, population=16), score_interval(90, 10, 8, SCALE)
    assert none[0] < half[0] < 90 < half[1] < none[1]
    # the uncounted half lies on the scale: (90 + 20)/2 to (90 + 100)/2
    assert 55 < half[0] < half[1] < 95
    # for large n the width is √(1 - f) times the plain one
    plain, counted = (score_interval(60, 0.5, 1000, SCALE, population=p) for p in (None, 2000))
    assert counted[1] - counted[0] == pytest.approx((plain[1] - plain[0]) * sqrt(0.5), rel=2e-3)


def test_a_variance_beyond_that_of_bounded_votes_counts_as_fewer() -> None:
    # m = 0.5, v = 0.05: as many as 1 + 0.25/0.05 = 6 votes, however many ballots there were
    assert score_interval(0.5, 0.05, 100, (0, 1)) == pytest.approx(
        score_interval(0.5, 0.05, 6, (0, 1))
    )


def test_a_trimmed_mean_reaches_the_end_that_its_t_interval_reaches() -> None:
    plain, trimmed = (
        score_interval(0.99, 0.0001, 60, (0, 1), is_trimmed=is_trimmed)
        for is_trimmed in (False, True)
    )
    assert plain[1] < 1 == trimmed[1]
    assert plain[0] == trimmed[0]


def test_trimming_away_all_dissent_does_not_make_sure() -> None:
    # 27 of 30 yes, three cut at either end: all left are yes; the plain share is 0.9
    plain = (0.9, 0.09 / 29, 30.0)
    lo, hi = trimmed_interval(1.0, 0.0, 24, plain, (0, 1))
    low, _ = score_interval(*plain, (0, 1))
    assert (lo, hi) == (pytest.approx(1 - (0.9 - low)), 1)
    # nothing cut but more of the same: the usual interval
    assert trimmed_interval(1.0, 0.0, 24, (1.0, 0.0, 30), (0, 1)) == score_interval(
        1.0, 0.0, 24, (0, 1), is_trimmed=True
    )


def test_rounding_of_equal_votes_is_no_spread() -> None:
    assert score_interval(1 - 1e-16, 1e-33, 8, (0, 1)) == pytest.approx(
        score_interval(1, 0, 8, (0, 1))
    )
    assert score_interval(1e-38, 1e-38, 2, (0, 1))[0] < 1e-37


def test_one_ballot_is_too_few() -> None:
    assert not is_shown(1)
    assert is_shown(2)


unit = st.floats(0, 1)
sizes = st.integers(2, 500)


@given(unit, unit, sizes, st.booleans())
def test_an_interval_holds_its_score_and_stays_on_the_scale(
    m: float, part: float, n: int, is_trimmed: bool
) -> None:
    variance = part * m * (1 - m) / (n - 1)
    lo, hi = score_interval(m, variance, n, (0, 1), is_trimmed=is_trimmed)
    assert 0 <= lo <= m <= hi <= 1


@given(unit, unit, sizes)
def test_the_other_way_round_mirrors_and_another_scale_stretches(
    m: float, part: float, n: int
) -> None:
    variance = part * m * (1 - m) / (n - 1)
    lo, hi = score_interval(m, variance, n, (0, 1))
    mirrored = score_interval(1 - m, variance, n, (0, 1))
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((lo, hi), abs=1e-7)
    stretched = score_interval(20 + 80 * m, 6400 * variance, n, SCALE)
    assert stretched == pytest.approx((20 + 80 * lo, 20 + 80 * hi), abs=1e-6)


@given(st.lists(st.tuples(unit, unit, sizes), min_size=1, max_size=6))
def test_arrays_and_numbers_give_the_same(rows: list[tuple[float, float, int]]) -> None:
    m = np.array([row[0] for row in rows])
    n = np.array([row[2] for row in rows], dtype=float)
    v = np.array([row[1] for row in rows]) * m * (1 - m) / (n - 1)
    lo, hi = score_intervals(m, v, n, (0, 1))
    for place in range(len(rows)):
        alone = score_interval(float(m[place]), float(v[place]), float(n[place]), (0, 1))
        assert (lo[place], hi[place]) == pytest.approx(alone, rel=1e-9, abs=1e-12)


def test_parts_add_side_by_side() -> None:
    # 0.5·80 + 0.5·90 = 85; below √(0.25·36 + 0.25·64) = 5, above √(0.25·9 + 0.25·16) = 2.5
    found = combined_interval([0.5, 0.5], [80, 90], [(74, 83), (82, 94)])
    assert found == pytest.approx((85, 80, 87.5))
    # in a difference the far side of the second part counts
    assert combined_reach([1, -1], [Reach(9, 16), Reach(1, 4)]) == Reach(13, 17)
    assert combined_reach([], []) == Reach(0, 0)


def test_equal_sides_give_the_root_of_the_sum_of_squares() -> None:
    _, lo, hi = combined_interval([0.6, 0.4], [0, 0], [(-Z, Z), (-2 * Z, 2 * Z)])
    assert isclose(hi, Z * sqrt(0.36 + 0.64))
    assert isclose(lo, -hi)
