"""G and D studies by hand, balanced against likelihood, and designs that have no answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.agreement import anova, d_study, generalisability, icc
from analysis.statistics.agreement.generalisability import Study, design, implied, study
from analysis.statistics.estimate import NoEstimate
from tests.unit.statistics.finite import assert_finite

TABLE = np.array([[1.0, 2.0], [3.0, 5.0], [5.0, 5.0]])


def crossed(table: np.ndarray) -> Study:
    people, raters = table.shape
    codes = {
        "p": np.repeat(np.arange(people), raters),
        "r": np.tile(np.arange(raters), people),
    }
    return study(design("p", ["r"]), table.ravel(), codes)


def named(found: Study, values: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(map(found.design.name, found.effects), values, strict=True))


def simulated(people: int = 30, tasks: int = 4, raters: int = 3) -> tuple[np.ndarray, dict]:
    """p × (r:t) with components 1, 0.5, 0.3, 0.2, 0.4."""
    chance = np.random.default_rng(8)
    p, t, r = (one.ravel() for one in np.indices((people, tasks, raters)))
    y = (
        chance.normal(0, 1, people)[p]
        + chance.normal(0, 0.7, tasks)[t]
        + chance.normal(0, 0.5, (tasks, raters))[t, r]
        + chance.normal(0, 0.5, (people, tasks))[p, t]
        + chance.normal(0, 0.6, len(p))
    )
    return y, {"p": p, "t": t, "r": t * raters + r}


def test_crossed_by_hand():
    found = crossed(TABLE)
    assert found.mean_squares == pytest.approx((6.5, 1.5, 0.5))
    assert found.df == (2, 1, 2)
    assert found.variances == pytest.approx((3, 1 / 3, 0.5))
    assert found.method == "ems"


def test_coefficients_are_the_intraclass_correlations():
    now = d_study.dependability(crossed(TABLE))
    forms = {one.name: one.icc for one in icc.shrout_fleiss(anova.two_way(TABLE))}
    assert (now.e_rho2, now.phi) == pytest.approx((forms["ICC3k"], forms["ICC2k"]))
    single = d_study.dependability(crossed(TABLE), {"r": 1})
    assert (single.e_rho2, single.phi) == pytest.approx((forms["ICC3"], forms["ICC2"]))


def test_effects_of_a_nested_design():
    plan = design("p", ["t", "r:t"])
    assert [plan.name(one) for one in plan.effects()] == ["p", "t", "p:t", "r:t", "Residual"]
    assert design("p", ["r:t"]) == plan


def test_effects_of_three_crossed_factors():
    plan = design("p", ["i", "r"])
    names = [plan.name(one) for one in plan.effects()]
    assert names == ["p", "i", "r", "p:i", "p:r", "i:r", "Residual"]


def test_nested_mean_squares_by_hand():
    """2 persons × (2 raters in each of 2 tasks)."""
    y = np.array([1.0, 3, 5, 7, 2, 4, 8, 10])
    codes = {
        "p": np.repeat([0, 1], 4),
        "t": np.tile([0, 0, 1, 1], 2),
        "r": np.tile([0, 1, 2, 3], 2),
    }
    found = study(design("p", ["r:t"]), y, codes)
    squares = named(found, found.mean_squares)
    # Persons 4 and 6, tasks 2.5 and 7.5, cells 2, 6, 3, 9; raters lie one beside their task.
    wanted = {"p": 8, "t": 50, "p:t": 2, "r:t": 4, "Residual": 0}
    assert squares == pytest.approx(wanted)
    assert found.raw == pytest.approx((1.5, 11, 1, 2, 0))


def test_three_crossed_factors_by_their_expected_mean_squares():
    chance = np.random.default_rng(5)
    y = chance.normal(size=(5, 3, 2))
    p, i, r = (one.ravel() for one in np.indices(y.shape))
    found = study(design("p", ["i", "r"]), y.ravel(), {"p": p, "i": i, "r": r})
    ms, raw = named(found, found.mean_squares), named(found, found.raw)
    assert raw["p"] == pytest.approx((ms["p"] - ms["p:i"] - ms["p:r"] + ms["Residual"]) / 6)
    assert raw["p:i"] == pytest.approx((ms["p:i"] - ms["Residual"]) / 2)
    total = sum(m * d for m, d in zip(found.mean_squares, found.df, strict=True))
    assert total == pytest.approx(((y - y.mean()) ** 2).sum())
    assert sum(found.df) == y.size - 1


def test_negative_component_is_zero_and_keeps_its_sign():
    found = crossed(np.array([[1.0, 5], [5, 1], [1, 4], [5, 2]]))
    assert found.raw[0] < 0
    assert found.variances[0] == 0
    assert d_study.dependability(found).e_rho2 == 0


@given(st.permutations(range(6)))
@settings(max_examples=20, deadline=None)
def test_order_of_rows_changes_no_digit(order):
    codes = {"p": np.repeat(np.arange(3), 2), "r": np.tile(np.arange(2), 3)}
    rows = list(order)
    turned = {name: code[rows] for name, code in codes.items()}
    assert study(design("p", ["r"]), TABLE.ravel()[rows], turned) == crossed(TABLE)


def test_likelihood_agrees_with_mean_squares_when_balanced():
    y, codes = simulated()
    plan = design("p", ["r:t"])
    exact = study(plan, y, codes)
    assert min(exact.raw) > 0
    fitted = generalisability._by_likelihood(plan, y, codes)
    assert fitted.variances == pytest.approx(exact.variances, rel=1e-5)


def test_one_missing_mark_turns_to_likelihood_and_changes_little():
    y, codes = simulated()
    left = {name: code[1:] for name, code in codes.items()}
    found = study(design("p", ["r:t"]), y[1:], left)
    assert found.method == "reml"
    whole = study(design("p", ["r:t"]), y, codes)
    assert found.variances == pytest.approx(whole.variances, rel=0.05)
    assert found.sizes == {"p": 30, "t": 4, "r": 3}


def test_labels_of_raters_may_repeat_inside_tasks():
    y, codes = simulated()
    again = {**codes, "r": codes["r"] % 3}
    plan = design("p", ["r:t"])
    assert study(plan, y, again) == study(plan, y, codes)


def test_nesting_written_as_crossing_is_found():
    _, codes = simulated()
    assert implied(codes, ("t", "r")) == ("t", "r:t")
    assert implied({**codes, "r": codes["r"] % 3}, ("t", "r")) == ("t", "r")


def test_errors_of_a_nested_design_by_hand():
    y, codes = simulated()
    found = study(design("p", ["r:t"]), y, codes)
    now = d_study.dependability(found, {"t": 5, "r": 2})
    pt, rt, rest = found.variance("p", "t"), found.variance("r", "t"), found.variance("p", "r", "t")
    assert now.relative == pytest.approx(pt / 5 + rest / 10)
    assert now.absolute == pytest.approx(now.relative + found.variance("t") / 5 + rt / 10)


def test_raters_needed_by_hand():
    found = crossed(TABLE)
    assert d_study.raters_needed(found, 0.95, "r") == 4
    # Φ: (0.5 + 1/3)/n ≤ 3·0.05/0.95, so n ≥ 5.28.
    assert d_study.raters_needed(found, 0.95, "r", kind="absolute") == 6
    exact = d_study.dependability(found, {"r": 4}).e_rho2
    assert d_study.raters_needed(found, exact, "r") == 4


@given(st.floats(0.01, 0.99))
@settings(max_examples=50, deadline=None)
def test_needed_raters_reach_the_target_and_one_less_does_not(target):
    found = crossed(TABLE)
    n = d_study.raters_needed(found, target, "r")
    assert d_study.dependability(found, {"r": n}).e_rho2 >= target - 1e-9
    assert n == 1 or d_study.dependability(found, {"r": n - 1}).e_rho2 < target


def test_a_target_out_of_reach_is_none():
    y, codes = simulated()
    found = study(design("p", ["r:t"]), y, codes)
    assert d_study.raters_needed(found, 0.99, "r") is None
    assert d_study.raters_needed(found, 0.99, "t") > 1


def test_table_and_half_as_many_items():
    y, codes = simulated()
    found = study(design("p", ["r:t"]), y, codes)
    rows = d_study.table(found, "r")
    assert [one.sizes["r"] for one in rows] == [5, 10, 20, 40]
    assert [one.e_rho2 for one in rows] == sorted(one.e_rho2 for one in rows)
    half = d_study.table(found, "r", others=d_study.halved(found, "r"))
    assert half[0].sizes["t"] == 2
    assert all(less.phi < one.phi for less, one in zip(half, rows, strict=True))


def test_all_marks_alike_are_finite_and_undefined():
    found = crossed(np.full((3, 2), 4.0))
    assert d_study.dependability(found).e_rho2 is None
    assert_finite(found)
    assert d_study.raters_needed(found, 0.8, "r") is None


@pytest.mark.parametrize("shape", [(0, 2), (1, 2), (3, 1)])
def test_too_few_levels(shape):
    with pytest.raises(NoEstimate) as why:
        crossed(np.arange(shape[0] * shape[1], dtype=float).reshape(shape))
    assert why.value.status == "too_few"


@pytest.mark.parametrize("facets", [["p"], [], ["r:t", "t:r"], ["r:r"]])
def test_impossible_designs(facets):
    with pytest.raises(NoEstimate):
        design("p", facets)


def test_impossible_targets_and_sizes():
    found = crossed(TABLE)
    for target in (0.0, 1.0, 1.5):
        with pytest.raises(NoEstimate):
            d_study.raters_needed(found, target, "r")
    with pytest.raises(NoEstimate):
        d_study.dependability(found, {"r": 0})
