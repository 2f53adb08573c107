"""Scores corrected for severity, by hand and on simulated rounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.crossed_effects import fit_crossed, ranks, within_raters


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_fixed_raters_by_hand() -> None:
    # Rater 0 gives ratees 0, 1 the marks 60, 70; rater 1 gives ratees 1, 2 the marks 90, 80.
    # Ratee 1 shows rater 1 to be 20 milder: with severities -10, +10 the levels are 70, 80, 70.
    found = within_raters(np.array([60.0, 70, 90, 80]), codes(0, 0, 1, 1), codes(0, 1, 1, 2))
    assert found.severity == pytest.approx([-10, 10])
    assert found.score == pytest.approx([70, 80, 70])
    assert (found.residual, found.se) == (None, None)  # four ratings, four unknowns


def test_errors_of_fixed_raters_by_hand() -> None:
    # Rows 1 2 3 / 2 4 6 / 3 6 9: residual 4/4 = 1; a mean of three against the mean of three
    # such means has variance 1/3 (1 - 1/3).
    y = np.array([1.0, 2, 3, 2, 4, 6, 3, 6, 9])
    found = within_raters(y, np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3))
    assert found.residual == pytest.approx(1)
    assert found.score == pytest.approx([2, 4, 6])
    assert found.severity == pytest.approx([-2, 0, 2])
    assert found.se == pytest.approx([(2 / 9) ** 0.5] * 3)


def test_the_strict_rater_is_taken_out_of_the_order() -> None:
    # Six raters; the first three 20 stricter. Ratees 0..3 mostly meet the strict, 4..7 the mild.
    drawn = np.random.default_rng(5)
    rater = np.repeat(np.arange(6), 8)
    ratee = np.tile(np.arange(8), 6)
    seen = ((rater < 3) == (ratee < 4)) | (rater % 3 == ratee % 3)
    rater, ratee = rater[seen], ratee[seen]
    y = 70 + np.arange(8)[ratee] * -1.0 - 20 * (rater < 3) + drawn.normal(size=len(rater))
    found = fit_crossed(y, rater, ratee)
    truth = np.arange(1, 9)
    assert np.abs(found.raw_rank - truth).max() >= 3
    assert found.centred_rank.tolist() == truth.tolist()
    assert np.corrcoef(found.corrected, -truth)[0, 1] > 0.95
    assert found.n.tolist() == np.bincount(ratee).tolist()
    assert found.raw[0] == pytest.approx(y[ratee == 0].mean())


def test_corrected_is_the_mean_and_the_prediction() -> None:
    # Rows 1 2 3 / 2 4 6 / 3 6 9: mean 4, predictions -11/6, 0, 11/6 (test_variance_components).
    y = np.array([1.0, 2, 3, 2, 4, 6, 3, 6, 9])
    found = fit_crossed(y, np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3))
    assert found.corrected == pytest.approx([4 - 11 / 6, 4, 4 + 11 / 6], abs=1e-6)
    assert found.raw.tolist() == [2, 4, 6]
    assert found.corrected_rank.tolist() == [3, 2, 1]


def test_stated_ratios_are_kept() -> None:
    y = np.array([1.0, 2, 3, 2, 4, 6, 3, 6, 9])
    found = fit_crossed(y, np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3), theta=(0.5, 2))
    assert found.fit.theta == pytest.approx((0.5, 2))
    # Balanced: each factor shrinks by itself, 3 theta^2/(3 theta^2 + 1).
    assert found.fit.effects[0].blup == pytest.approx([-2 * 3 / 7, 0, 2 * 3 / 7])
    assert found.fit.effects[1].blup == pytest.approx([-2 * 12 / 13, 0, 2 * 12 / 13])


def test_equal_scores_share_the_best_rank() -> None:
    assert ranks(np.array([70.0, 80, 80, 60])).tolist() == [3, 1, 1, 4]
    assert ranks(np.array([0.1 + 0.2, 0.3, 0.4])).tolist() == [2, 2, 1]
    assert ranks(np.zeros(2)).tolist() == [1, 1]


def test_raters_without_differences_change_nothing() -> None:
    # Every rater has the mean 4; ratees differ.
    y = np.array([1.0, 4, 7, 3, 4, 5, 2, 4, 6])
    found = fit_crossed(y, np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3))
    assert found.fit.variances[0] == 0
    assert found.centred.score == pytest.approx(found.raw)
    assert "看不出评分人" in found.notes[-1].text()


def test_islands_are_refused() -> None:
    with pytest.raises(NoEstimate) as refused:
        fit_crossed(
            np.arange(8.0) % 3, codes(0, 0, 1, 1, 2, 2, 3, 3), codes(0, 1, 0, 1, 2, 3, 2, 3)
        )
    assert refused.value.status == "disconnected"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(-50, 50))
def test_fixed_raters_take_out_any_severity(seed: int, milder: float) -> None:
    drawn = np.random.default_rng(seed)
    rater = np.r_[np.arange(5), np.zeros(6, dtype=int), drawn.integers(0, 5, 30)]
    ratee = np.r_[np.zeros(5, dtype=int), np.arange(6), drawn.integers(0, 6, 30)]
    y = drawn.normal(size=len(rater))
    base, moved = (within_raters(one, rater, ratee) for one in (y, y + milder * (rater == 2)))
    assert moved.score - moved.score.mean() == pytest.approx(
        base.score - base.score.mean(), abs=1e-9
    )
    assert moved.severity[2] - moved.severity[0] == pytest.approx(
        base.severity[2] - base.severity[0] + milder, abs=1e-9
    )
    assert moved.residual == pytest.approx(base.residual, rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    rater, ratee = np.repeat(np.arange(6), 5), np.tile(np.arange(5), 6)
    y = drawn.integers(1, 6, 30).astype(float)
    y[0] += 7.0
    order = drawn.permutation(30)
    base, moved = fit_crossed(y, rater, ratee), fit_crossed(y[order], rater[order], ratee[order])
    assert moved.corrected.tolist() == base.corrected.tolist()
    assert moved.raw_rank.tolist() == base.raw_rank.tolist()
    assert moved.centred_rank.tolist() == base.centred_rank.tolist()
