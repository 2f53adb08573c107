"""Detectors that look at one ballot: by hand, and what must not change them."""

from math import isclose, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.response_quality.even_odd import even_odd, row_correlation
from analysis.statistics.response_quality.honest import cut_off, honest_sheets, threshold_of
from analysis.statistics.response_quality.long_string import long_string
from analysis.statistics.response_quality.mahalanobis import mahalanobis
from analysis.statistics.response_quality.response_variability import response_variability
from analysis.statistics.response_quality.synonyms import synonyms

NAN = np.nan


def answers(seed: int, n: int = 150, k: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 6, (n, k)).astype(float)


def test_runs_by_hand():
    x = np.array([[1, 1, 2, 2, 2, 5], [3, 3, NAN, 3, 3, 3], [NAN] * 6, [4] * 6])
    found = long_string(x)
    assert found.longest.tolist() == [3, 3, 0, 6]
    assert found.average[[0, 1, 3]].tolist() == [2.0, 2.5, 6.0]
    assert np.isnan(found.average[2])


def test_variability_by_hand():
    found = response_variability([[1, 2, 3], [2, NAN, 4], [5, NAN, NAN], [4, 4, 4]])
    assert found[:2].tolist() == [1.0, sqrt(2)]
    assert np.isnan(found[2])
    assert found[3] == 0


def test_distance_by_hand():
    # uncorrelated corners of a square with variance 4/3 each: D² = 2 · 1 / (4/3)
    x = np.array([[1, 1], [1, 3], [3, 1], [3, 3]], dtype=float)
    found = mahalanobis(x)
    assert found.squared == pytest.approx([1.5] * 4)
    assert found.rank == 2
    assert isclose(found.cutoff, -2 * np.log(0.001))
    assert found.notes  # four ballots are few


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.2, 5), st.integers(-9, 9))
def test_distance_does_not_see_order_shift_or_scale(seed, factor, shift):
    x = answers(seed % 40)
    one = mahalanobis(x).squared
    rows = np.random.default_rng(seed).permutation(len(x))
    assert mahalanobis(x[rows]).squared == pytest.approx(one[rows])
    assert mahalanobis(x * factor + shift).squared == pytest.approx(one)
    assert isclose(one.sum(), 6 * 149)


def test_a_copied_item_adds_no_dimension():
    x = answers(1)
    found = mahalanobis(np.column_stack([x, x[:, 0], np.full(150, 3.0)]))
    assert found.rank == 6
    assert found.squared == pytest.approx(mahalanobis(x).squared)


def test_a_missing_answer_leaves_the_others_to_judge():
    x = answers(2)
    x[0, 3:] = NAN
    x[1] = NAN
    found = mahalanobis(x)
    s = np.cov(x[~np.isnan(x[:, 0]), :3].T)
    d = x[0, :3] - np.nanmean(x[:, :3], axis=0)
    assert isclose(found.squared[0], d @ np.linalg.solve(s, d))
    assert np.isnan(found.squared[1])
    assert not found.flagged[1]


def test_the_empirical_point_lists_one_in_a_thousand():
    x = answers(3, 3000)
    found = mahalanobis(x, empirical=True)
    assert found.rule == "empirical"
    assert int(found.flagged.sum()) == 3
    assert found.squared[found.flagged].min() >= found.cutoff * (1 - 1e-9)
    assert mahalanobis(x[:1000], empirical=True).rule == "chi2"


def test_distance_of_nothing_is_refused():
    for x in (np.ones((5, 3)), np.full((3, 2), NAN), np.empty((0, 2))):
        with pytest.raises(NoEstimate):
            mahalanobis(x)


def test_even_odd_by_hand():
    x = np.array(
        [
            [1, 1, 3, 3, 5, 5],  # r = 1: consistent, −1
            [1, 5, 3, 3, 5, 1],  # r = −1: 1
            [1, 2, 1, 4, 1, 5],  # the odd half never varies
            [1, 2, 2, 1, 3, 3],  # r = 1/2: −2·½/(3/2)
        ],
        dtype=float,
    )
    found = even_odd(x, [2, 2, 2])
    assert found[[0, 1, 3]] == pytest.approx([-1, 1, -2 / 3])
    assert np.isnan(found[2])
    # items of the last scale lie in the columns after those of the first
    assert even_odd(x, [2, 4])[0] == pytest.approx(-1)
    for sizes in ([6], [2, 1], [4, 4]):
        with pytest.raises(NoEstimate):
            even_odd(x, sizes)


def test_a_blank_scale_is_left_out_of_even_odd():
    x = np.array([[1, 1, 3, 3, NAN, 5, 5, 5], [1, 1, NAN, NAN, NAN, 5, NAN, NAN]])
    found = even_odd(x, [2, 2, 2, 2])
    assert isclose(found[0], -1)
    assert np.isnan(found[1])


def test_row_correlation_needs_both_and_variation():
    a = np.array([[1, 2, NAN, 4], [1, 1, 1, 1]])
    b = np.array([[2, 4, 9, 8], [1, 2, 3, 4]])
    found = row_correlation(a, b)
    assert isclose(found[0], 1)
    assert np.isnan(found[1])


def test_synonyms_by_hand():
    rng = np.random.default_rng(4)
    base = rng.integers(1, 6, (200, 3)).astype(float)
    x = np.column_stack([base, base])
    x[0] = [1, 3, 5, 5, 3, 1]  # the pairs contradict one another
    x[1] = 4.0
    found = synonyms(x)
    assert {(a, b) for a, b, _ in found.pairs} == {(3, 0), (4, 1), (5, 2)}
    assert isclose(found.score[0], -1)
    assert np.isnan(found.score[1])
    varied = [row for row in range(2, 200) if len(set(base[row])) > 1]
    assert found.score[varied] == pytest.approx(1.0)
    assert np.isnan(synonyms(rng.integers(1, 6, (100, 5)).astype(float)).score).all()
    assert synonyms(np.ones((5, 4))).pairs == ()


def test_the_mildest_threshold_within_the_rate():
    score = np.array([1.0, 1, 1, 1, 1, 2, 2, 3, 4, NAN])
    high = cut_off(score, 0.25, is_high=True)
    assert (high.threshold, high.rate) == (3.0, 0.2)
    assert high.flags(np.array([2.9, 3.0, NAN])).tolist() == [False, True, False]
    low = cut_off(score, 0.5, is_high=False)
    assert (low.threshold, low.rate) == (1.0, 0.5)
    assert low.flags(np.array([1.0, 1.1])).tolist() == [True, False]
    assert cut_off(np.ones(10), 0.01, is_high=True).threshold is None
    assert cut_off(np.full(3, NAN), 0.01, is_high=True).threshold is None


def test_honest_sheets_have_the_shares_and_the_correlations():
    rng = np.random.default_rng(5)
    latent = rng.standard_normal((2000, 1)) + rng.standard_normal((2000, 5))
    x = np.column_stack([np.clip(np.round(latent + 3), 1, 5), np.full(2000, 2.0)])
    sheets = honest_sheets(x, 4000, seed=1)
    assert (sheets[:, 5] == 2).all()
    assert sheets.mean(axis=0) == pytest.approx(x.mean(axis=0), abs=0.08)
    gap = np.corrcoef(sheets[:, :5].T) - np.corrcoef(x[:, :5].T)
    assert np.abs(gap).max() < 0.08
    assert np.array_equal(sheets, honest_sheets(x, 4000, seed=1))


def test_honest_sheets_of_a_part_have_its_shares_and_the_correlations_of_all():
    draw = np.random.default_rng(4)
    view = draw.normal(size=(3000, 1))
    x = np.clip(np.round(3.5 + view + draw.normal(size=(3000, 3))), 1, 5)
    part = np.clip(x[:200] - 1, 1, 5)
    part[:, 2] = np.nan  # nobody answered it there: the shares of all
    sheets = honest_sheets(x, 20000, 1, part)
    for item, of in ((0, part), (1, part), (2, x)):
        assert sheets[:, item].mean() == pytest.approx(of[:, item].mean(), abs=0.05)
    assert np.corrcoef(sheets.T)[0, 1] == pytest.approx(np.corrcoef(x.T)[0, 1], abs=0.08)


def test_a_threshold_costs_what_it_says_over_many_honest_rounds():
    rng = np.random.default_rng(6)
    flagged = []
    for seed in range(50):
        x = np.clip(np.round(rng.standard_normal((400, 10)) + 3), 1, 5)
        cut = threshold_of(response_variability, honest_sheets(x, 1000, seed), 0.05, is_high=False)
        flagged.append(cut.flags(response_variability(x)).mean() - cut.rate)
    assert abs(np.mean(flagged)) < 0.01
