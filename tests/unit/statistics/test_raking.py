import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.margins import Margin, coded, numbered
from analysis.statistics.weights.raking import rake, rake_cells
from forms.problems import InputError

SQUARE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def test_independent_counts_are_fitted_in_one_round() -> None:
    """All four cells hold 25: a product of margins stays one, w = 100 · p_i · q_j / 25."""
    fit = rake_cells(np.full(4, 25), SQUARE, [[60, 40], [30, 70]])
    assert fit.factor == pytest.approx([0.72, 1.68, 0.48, 1.12], rel=1e-14)
    assert fit.iterations == 1


def test_raking_keeps_odds_ratios_and_meets_margins() -> None:
    counts = np.array([10, 20, 30, 5])
    fit = rake_cells(counts, SQUARE, [[50, 50], [20, 80]])
    made = counts * fit.factor
    assert made[0] + made[1] == pytest.approx(50, rel=1e-12)
    assert made[0] + made[2] == pytest.approx(20, rel=1e-12)
    odds = made[0] * made[3] / (made[1] * made[2])
    assert odds == pytest.approx(10 * 5 / (20 * 30), rel=1e-11)
    assert fit.deviation < 1e-12
    first = fit.margins[0]
    assert first.before == (30, 35)
    assert first.after == pytest.approx((50, 50))
    assert first.target == (50, 50)


def test_margins_with_other_totals_are_rescaled_to_the_first() -> None:
    counts = np.array([10, 20, 30, 5])
    told = rake_cells(counts, SQUARE, [[50, 50], [0.2, 0.8]])
    alike = rake_cells(counts, SQUARE, [[50, 50], [20, 80]])
    assert told.factor == pytest.approx(alike.factor, rel=1e-11)
    assert len(told.notes) == 1
    assert alike.notes == ()
    assert "100" in told.notes[0].text()


def test_every_category_without_its_other_half_is_named() -> None:
    margins = [Margin("sex", ("f", "m", "x"), (5, 5, 2)), Margin("age", ("young",), (12,))]
    codes, known = coded(margins, [["f", "m", "f"], ["young", "old", "old"]])
    with pytest.raises(InputError) as caught:
        rake(np.ones(3), codes, known)
    told = [(one.where, one.values["level"]) for one in caught.value.problems]
    assert told == [("margin.sex", "x"), ("margin.age", "old")]


def test_a_code_beyond_the_targets_is_named() -> None:
    with pytest.raises(InputError) as caught:
        rake_cells(np.ones(2), np.array([[0], [2]]), [[1.0, 1.0]])
    assert "2" in {one.values["level"] for one in caught.value.problems}


@pytest.mark.parametrize("total", [float("nan"), float("inf"), -1.0])
def test_a_target_that_is_no_count_is_refused(total: float) -> None:
    with pytest.raises(InputError):
        rake_cells(np.ones(2), np.array([[0], [1]]), [[1.0, total]])


def test_contradicting_margins_do_not_converge() -> None:
    """With an empty off-diagonal both margins must be alike."""
    diagonal = np.array([[0, 0], [1, 1]])
    with pytest.raises(NoEstimate) as caught:
        rake_cells(np.array([5, 5]), diagonal, [[5, 5], [3, 7]])
    assert caught.value.status == "not_converged"


counts_of_12 = st.lists(st.integers(1, 500), min_size=12, max_size=12)
GRID = np.array([[a, b] for a in range(3) for b in range(4)])


@given(counts_of_12)
def test_relabelling_and_splitting_cells_change_nothing(counts: list[int]) -> None:
    targets = [[50.0, 30.0, 20.0], [40.0, 30.0, 20.0, 10.0]]
    whole = rake_cells(np.array(counts), GRID, targets).factor
    order = np.random.default_rng(sum(counts)).permutation(12)
    moved = rake_cells(np.array(counts)[order], GRID[order], targets).factor
    assert moved == pytest.approx(whole[order], rel=1e-9)
    halves = np.repeat(np.array(counts) / 2, 2)
    split = rake_cells(halves, np.repeat(GRID, 2, axis=0), targets).factor
    assert split[::2] == pytest.approx(whole, rel=1e-9)
    doubled = rake_cells(2 * np.array(counts), GRID, targets).factor
    assert doubled == pytest.approx(whole / 2, rel=1e-9)


@given(st.permutations(range(40)))
def test_rows_agree_with_cells_in_any_order(order: list[int]) -> None:
    rng = np.random.default_rng(3)
    codes = np.column_stack([rng.integers(0, 2, 40), rng.integers(0, 3, 40)])
    codes[:6] = [[a, b] for a in range(2) for b in range(3)]
    margins = [numbered("a", [30, 10]), numbered("b", [10, 10, 20])]
    weights, fit, cell = rake(np.ones(40), codes, margins)
    shuffled, _, _ = rake(np.ones(40), codes[order], margins)
    assert shuffled == pytest.approx(weights[order], rel=1e-12)
    assert weights == pytest.approx(fit.factor[cell], rel=1e-15)
