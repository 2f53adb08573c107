import numpy as np
import pytest

from analysis.statistics.design.design import make_design
from analysis.statistics.weights.calibrated_estimates import calibrated_mean, calibrated_total
from analysis.statistics.weights.cell_estimates import CellSums, cell_estimate
from analysis.statistics.weights.projection import (
    cell_projection,
    linear_residuals,
    margin_residuals,
)
from analysis.statistics.weights.raking import rake_cells

POINTS = np.array([100.0, 80.0, 60.0, 0.0])
NO_MARGIN = np.zeros((2, 0), dtype=np.int64)


def test_mean_and_error_by_hand_without_margins() -> None:
    """Values 1, 3 with weight 1 and 5 with weight 2: m = 14/4; u = w(x − m)/4, n/(n−1) = 3/2."""
    sums = CellSums(np.array([2.0, 1.0]), np.array([4.0, 5.0]), np.array([10.0, 25.0]))
    found = cell_estimate(sums, np.array([1.0, 2.0]), NO_MARGIN)
    assert found.mean == pytest.approx([3.5])
    u = np.array([-2.5, -0.5, 3.0]) / 4
    assert found.mean_se == pytest.approx([np.sqrt(1.5 * (u**2).sum())], rel=1e-14)
    assert found.total == pytest.approx([14.0])
    t = np.array([1.0, 3.0, 10.0])
    assert found.total_se == pytest.approx([np.sqrt(1.5 * ((t - t.mean()) ** 2).sum())])


def test_an_outcome_the_margin_explains_has_no_error() -> None:
    levels = np.array([[0], [1]])
    sums = CellSums(np.array([4.0, 6.0]), np.array([4.0, 12.0]), np.array([4.0, 24.0]))
    found = cell_estimate(sums, np.array([2.0, 0.5]), levels)
    assert found.mean_se == pytest.approx([0.0], abs=1e-7)


def population(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows: cell of 6 (margins 2 × 3), option, domain."""
    rng = np.random.default_rng(seed)
    cell = np.concatenate([np.arange(6), rng.integers(0, 6, 200)])
    return cell, rng.integers(0, 4, len(cell)), rng.integers(0, 3, len(cell))


LEVELS = np.array([[a, b] for a in range(2) for b in range(3)])


@pytest.mark.parametrize("seed", range(6))
def test_cells_agree_with_rows(seed: int) -> None:
    cell, option, domain = population(seed)
    n = np.bincount(cell, minlength=6)
    fit = rake_cells(n, LEVELS, [[600, 400], [300, 300, 400]])
    key = (domain * 6 + cell) * 4 + option
    counts = np.bincount(key, minlength=72).reshape(3, 6, 4)
    found = cell_estimate(CellSums.of_counts(counts, POINTS), fit.factor, LEVELS)
    weights, x = fit.factor[cell], POINTS[option]
    design = make_design(len(cell))

    def residuals(weighted: np.ndarray) -> np.ndarray:
        return margin_residuals(weighted, weights, cell, LEVELS, passes=40)

    for place in range(3):
        mean = calibrated_mean(design, weights, x, residuals, domain == place)
        total = calibrated_total(design, weights, x, residuals, domain == place)
        assert found.mean[place] == pytest.approx(mean.estimate, rel=1e-12)
        assert found.mean_se[place] == pytest.approx(mean.se, rel=1e-8)
        assert found.total_se[place] == pytest.approx(total.se, rel=1e-8)


def test_strata_and_sampling_fractions() -> None:
    rng = np.random.default_rng(2)
    cell, x = rng.integers(0, 4, 100), rng.normal(size=100)
    stratum = np.array([0, 0, 1, 1])
    size = np.bincount(cell).astype(float)
    sums = CellSums(size, np.bincount(cell, x), np.bincount(cell, x**2))
    weights = np.array([1.0, 2.0, 3.0, 1.5])
    f = np.array([0.1, 0.4])
    none = np.zeros((4, 0), dtype=np.int64)
    found = cell_estimate(sums, weights, none, stratum=stratum, sampled=f)
    drawn = np.bincount(stratum[cell])
    design = make_design(100, weights[cell], stratum[cell], fpc=[(drawn / f)[stratum[cell]]])
    row = calibrated_mean(design, weights[cell], x, lambda z: z)
    assert found.mean_se[0] == pytest.approx(row.se, rel=1e-10)


def test_margin_and_dummy_residuals_agree() -> None:
    cell, option, _ = population(1)
    weights = np.linspace(1, 3, 6)[cell]
    z = (weights * POINTS[option])[:, None]
    dummies = np.column_stack(
        [LEVELS[cell, 0] == one for one in range(2)] + [LEVELS[cell, 1] == one for one in range(3)]
    ).astype(float)
    for d in (np.ones(len(cell)), 1.0 + cell):
        slow = linear_residuals(z, weights, dummies, d)
        quick = margin_residuals(z, weights, cell, LEVELS, d, passes=400)
        assert quick == pytest.approx(slow, abs=1e-9)
        mass = np.bincount(cell, d)
        sums = np.bincount(cell, d * POINTS[option])
        fit = cell_projection(LEVELS, [2, 3], mass).fitted(sums)
        assert z[:, 0] - weights * fit[cell] == pytest.approx(slow[:, 0], abs=1e-9)


def test_ten_passes_are_near_the_limit() -> None:
    cell, option, _ = population(4)
    weights = np.ones(len(cell))
    z = POINTS[option][:, None]
    ten = margin_residuals(z, weights, cell, LEVELS)
    limit = margin_residuals(z, weights, cell, LEVELS, passes=1000)
    assert ten == pytest.approx(limit, abs=1e-6)


def test_nobody_and_one_person_have_stated_answers() -> None:
    nobody = CellSums(np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2)))
    found = cell_estimate(nobody, np.ones(2), NO_MARGIN)
    answers = found.means()
    assert [one.estimate for one in answers] == [None, None]
    assert all(one.notes for one in answers)
    alone = CellSums(np.array([1.0, 0.0]), np.array([7.0, 0.0]), np.array([49.0, 0.0]))
    one = cell_estimate(alone, np.ones(2), NO_MARGIN).means()[0]
    assert one.estimate == 7.0
    assert one.se is None
    assert one.notes


def test_weighting_every_person_alike_changes_no_mean() -> None:
    sums = CellSums(np.array([2.0, 1.0]), np.array([4.0, 5.0]), np.array([10.0, 25.0]))
    first = cell_estimate(sums, np.array([1.0, 1.0]), NO_MARGIN)
    second = cell_estimate(sums, np.array([7.0, 7.0]), NO_MARGIN)
    assert second.mean == pytest.approx(first.mean)
    assert second.mean_se == pytest.approx(first.mean_se)
    assert first.mean_se == pytest.approx([2.0 / np.sqrt(3)])
