import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.balance import standardised_difference
from analysis.statistics.weights.effective_size import design_effect, effective_size, intraclass


def test_kish_by_hand() -> None:
    """Weights 1, 1, 2: n_eff = 16/6, deff = 18/16 = 1 + CV², CV² = (2/9)/(16/9) = 1/8."""
    found = effective_size(np.array([1.0, 1.0, 2.0]))
    assert found.n_eff == pytest.approx(16 / 6, rel=1e-15)
    assert found.deff == pytest.approx(1.125, rel=1e-15)
    assert found.n == 3
    assert found.is_publishable
    counted = effective_size(np.array([1.0, 2.0]), np.array([2, 1]))
    assert counted == found


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=30), st.floats(0.1, 1000))
def test_scale_does_not_matter_and_equal_weights_lose_nothing(
    values: list[float], unit: float
) -> None:
    weights = np.array(values)
    one, other = effective_size(weights), effective_size(weights * unit)
    assert other.n_eff == pytest.approx(one.n_eff)
    assert one.deff >= 1 - 1e-12
    assert effective_size(np.full(len(values), unit)).deff == pytest.approx(1)


def test_weighted_figures_are_refused_below_three_tenths() -> None:
    wild = effective_size(np.array([100.0] + [1.0] * 99))
    assert not wild.is_publishable
    assert len(wild.notes) == 1
    assert effective_size(np.ones(5)).notes == ()


@pytest.mark.parametrize("weights", [[], [0.0, 0.0]])
def test_no_weight_no_size(weights: list[float]) -> None:
    with pytest.raises(NoEstimate):
        effective_size(np.array(weights))


def test_the_design_effect_taken_apart() -> None:
    """Two clusters of three equal weights: b* = 3, 1 + 2ρ."""
    parts = design_effect(np.ones(6), np.array([0, 0, 0, 1, 1, 1]), 0.25)
    assert parts.cluster_size == pytest.approx(3)
    assert parts.clustering == pytest.approx(1.5)
    assert parts.weighting == pytest.approx(1)
    assert parts.total == pytest.approx(1.5)


def test_intraclass_by_hand() -> None:
    """Clusters (1, 3) and (5, 7): MSB = 16, MSW = 2, n0 = 2: 14/18."""
    y, code = np.array([1.0, 3.0, 5.0, 7.0]), np.array([0, 0, 1, 1])
    assert intraclass(y, code) == pytest.approx(14 / 18)
    assert intraclass(y, np.zeros(4, dtype=int)) is None
    assert intraclass(y, np.arange(4)) is None
    assert intraclass(np.ones(4), code) is None


def test_standardised_difference_by_hand() -> None:
    """Target 1, 2, 3: mean 2, SD 1; sample 2, 4 with weights 3, 1: mean 2.5."""
    target = np.array([1.0, 2.0, 3.0, np.nan])
    sample = np.array([2.0, np.nan, 4.0])
    assert standardised_difference(sample, target).estimate == pytest.approx(1.0)
    weighted = standardised_difference(sample, target, np.array([3.0, 9.0, 1.0]))
    assert weighted.estimate == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("sample", "target"), [([], [1.0, 2.0]), ([1.0], [2.0, 2.0]), ([1.0], [2.0]), ([1.0], [])]
)
def test_nothing_to_compare_is_said(sample: list[float], target: list[float]) -> None:
    found = standardised_difference(np.array(sample), np.array(target))
    assert found.estimate is None
    assert found.notes
