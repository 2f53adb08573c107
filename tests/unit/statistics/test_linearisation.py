"""Linearised variances against figures worked by hand, and what must not change them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.design.design import make_design
from analysis.statistics.design.linearisation import (
    contrast,
    covariance,
    covariance_of_totals,
    design_effects,
    domain_ratios,
    domain_totals,
    estimates,
    means,
    ratios,
    together,
    totals,
    variances,
)


def array(*values):
    return np.array(values, dtype=float)


def test_simple_random_sample():
    # S² = 20/3, v = (1 − 4/8) S²/4 = 5/6; the total is 8 times the mean
    design, x = make_design(4, fpc=[[8] * 4]), array(1, 3, 5, 7)
    one = estimates(design, means(design, x))[0]
    assert (one.estimate, one.df, one.n) == (4, 3, 4)
    assert one.se**2 == pytest.approx(5 / 6)
    assert one.hi - 4 == pytest.approx(3.182446305 * (5 / 6) ** 0.5)
    total = estimates(design, totals(design, x))[0]
    assert (total.estimate, total.se**2) == (32, pytest.approx(64 * 5 / 6))


def test_strata():
    # W = 1/3, 2/3; v = (1/9)(1/2)(2/2) + (4/9)(3/4)(8/2) = 25/18
    design = make_design(4, strata=[1, 1, 2, 2], fpc=[[4, 4, 8, 8]])
    one = estimates(design, means(design, array(1, 3, 10, 14)))[0]
    assert one.estimate == pytest.approx(26 / 3)
    assert one.se**2 == pytest.approx(25 / 18)
    assert one.df == 2


def test_two_stages():
    # totals of the units 8 and 10: 16·(1/2)·2/2 + (4/2)·16·(1/2)·2/2 = 8 + 16; b is complete
    design = make_design(4, clusters=[[1, 1, 2, 2], [1, 2, 1, 2]], fpc=[[4] * 4, [4, 4, 2, 2]])
    one = estimates(design, totals(design, array(1, 3, 5, 5)))[0]
    assert one.estimate == pytest.approx(36)
    assert one.se**2 == pytest.approx(24)
    first = make_design(4, clusters=[[1, 1, 2, 2], [1, 2, 1, 2]], weights=design.weights)
    # without sizes only the first stage counts: 2/1 · ((16 − 18)² + (20 − 18)²)
    assert estimates(first, totals(first, array(1, 3, 5, 5)))[0].se ** 2 == pytest.approx(16)


def test_a_domain_keeps_all_units():
    # z = ±1/2 inside, 0 outside: 4/3 · (1/4 + 1/4)
    design, x = make_design(4), array(1, 3, 50, 70)
    inside = np.array([True, True, False, False])
    one = estimates(design, means(design, x, inside))[0]
    assert (one.estimate, one.n, one.df) == (2, 2, 1)
    assert one.se**2 == pytest.approx(2 / 3)
    missing = estimates(design, means(design, array(1, 3, np.nan, np.nan)))[0]
    assert missing == one


def test_ratio():
    # R = 1/2, z = (y − x/2)/12 = (0.5, -0.5, 0)/12: v = 3/2 · 0.5/144
    design = make_design(3)
    one = estimates(design, ratios(design, array(1.5, 1.5, 3), array(2, 4, 6)))[0]
    assert one.estimate == 0.5
    assert one.se**2 == pytest.approx(1.5 * 0.5 / 144)


def test_a_difference_is_that_of_the_pairs():
    design, pairs = make_design(3), np.array([[1.0, 2], [5, 4], [9, 3]])
    both = means(design, pairs)
    one = estimates(design, contrast(both, np.array([[1.0], [-1.0]])))[0]
    direct = estimates(design, means(design, pairs[:, 0] - pairs[:, 1]))[0]
    assert (one.estimate, one.se, one.n) == (
        pytest.approx(direct.estimate),
        pytest.approx(direct.se),
        3,
    )
    v = covariance(design, both)
    assert one.se**2 == pytest.approx(v[0, 0] + v[1, 1] - 2 * v[0, 1])
    assert v[0, 1] == pytest.approx(np.cov(pairs.T)[0, 1] / 3)


def test_parts_put_together_know_their_covariance():
    design, x = make_design(4), array(1, 3, 5, 9)
    group = np.array([0, 0, 1, 1])
    parts = together([means(design, x, group == place) for place in (0, 1)])
    assert parts.value.tolist() == [2, 7]
    assert covariance(design, parts)[0, 1] == pytest.approx(0)


def test_a_stratum_with_one_unit_is_centred_at_the_mean_of_all():
    # z of the mean: (−8, −2, 10)/9, single unit about 0: 2·2·(1/3)² + (10/9)² = 136/81
    design, x = make_design(3, strata=[1, 1, 2]), array(0, 2, 6)
    one = estimates(design, means(design, x))[0]
    assert one.se**2 == pytest.approx(136 / 81)
    assert "只有一个初级单元" in one.notes[0].text()
    assert covariance(design, totals(design, x))[0, 0] == pytest.approx(136 / 9)


def test_variance_of_a_variable():
    design, x = make_design(4), array(1, 3, 5, 7)
    one = estimates(design, variances(design, x))[0]
    assert one.estimate == pytest.approx(20 / 3)
    # squared deviations times 4/3: 12, 4/3, 4/3, 12 have S² 1024/27 and mean 20/3
    assert one.se**2 == pytest.approx(1024 / 27 / 4)


def test_a_simple_sample_has_no_design_effect():
    design, x = make_design(4, fpc=[[8] * 4]), array(1, 3, 5, 7)
    assert design_effects(design, x) == ([pytest.approx(1)], [pytest.approx(0.5)])
    census = make_design(4)
    assert design_effects(census, x) == ([None], [pytest.approx(1)])
    assert design_effects(census, array(2, 2, 2, 2)) == ([None], [None])


def test_degenerate_input_is_answered():
    one = make_design(1)
    alone = estimates(one, means(one, array(3)))[0]
    assert (alone.estimate, alone.se, alone.lo) == (3, None, None)
    assert alone.notes
    same = make_design(3)
    assert estimates(same, means(same, array(2, 2, 2)))[0].se == 0
    none = estimates(same, means(same, array(np.nan, np.nan, np.nan)))[0]
    assert (none.estimate, none.n) == (None, 0)
    assert estimates(same, ratios(same, array(1, 2, 3), array(0, 0, 0)))[0].estimate is None
    empty = np.zeros(3, dtype=bool)
    assert estimates(same, totals(same, array(1, 2, 3), empty))[0].estimate is None
    each = make_design(2, strata=[1, 2])
    edge = estimates(each, means(each, array(1, 3)))[0]
    assert (edge.df, edge.lo) == (0, None)
    assert edge.se > 0
    domain = np.array([True, False, False])
    single = estimates(same, means(same, array(2, 5, 9), domain))[0]
    assert (single.estimate, single.se, single.df) == (2, None, 0)
    assert "标准误" in single.notes[-1].text()
    census = make_design(3, fpc=[[3, 3, 3]])
    assert estimates(census, means(census, array(1, 2, 6)))[0].se == 0


@st.composite
def samples(draw):
    n = draw(st.integers(4, 16))

    def column(low, high):
        return np.array(draw(st.lists(st.integers(low, high), min_size=n, max_size=n)))

    sizes = draw(st.booleans())
    return {
        "x": column(-9, 9).astype(float),
        "y": column(-9, 9).astype(float),
        "weights": column(1, 5).astype(float),
        "strata": column(0, 2),
        "clusters": [column(0, 3), column(0, 2)],
        "fpc": [np.full(n, 20), np.full(n, 30)] if sizes else [],
        "group": column(-1, 3),
        "order": np.array(draw(st.permutations(range(n)))),
    }


def built(one, order=slice(None)):
    return make_design(
        len(one["x"]),
        one["weights"][order],
        one["strata"][order],
        [c[order] for c in one["clusters"]],
        [f[order] for f in one["fpc"]],
    )


@given(samples())
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_and_the_names_of_groups_do_not_matter(one):
    order = one["order"]
    x = np.column_stack([one["x"], one["y"]])
    design, turned = built(one), built(one, order)
    renamed = built(
        {**one, "strata": 7 - one["strata"], "clusters": [9 - c for c in one["clusters"]]}
    )
    expected = covariance(design, means(design, x))
    for other, rows in ((turned, order), (renamed, slice(None))):
        found = covariance(other, means(other, x[rows]))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@given(samples(), st.integers(1, 4), st.integers(-5, 5))
@settings(max_examples=25, deadline=None)
def test_scale_and_shift_go_through(one, scale, shift):
    design = built(one)
    before = means(design, one["x"])
    after = means(design, scale * one["x"] + shift)
    assert after.value == pytest.approx(scale * before.value + shift)
    expected = scale**2 * covariance(design, before)
    np.testing.assert_allclose(covariance(design, after), expected, rtol=1e-9, atol=1e-12)


@given(samples())
@settings(max_examples=25, deadline=None)
def test_all_groups_at_once_are_each_group_by_itself(one):
    design, group = built(one), one["group"]
    above = np.abs(one["y"]) + 1
    fast = (
        domain_ratios(design, one["x"], above, group, 4),
        domain_totals(design, one["x"], group, 4),
    )
    for g in range(4):
        slow = (
            estimates(design, ratios(design, one["x"], above, group == g))[0],
            estimates(design, totals(design, one["x"], group == g))[0],
        )
        for quick, single in zip(fast, slow, strict=True):
            assert quick[g].n == single.n
            assert quick[g].df == single.df
            for field in ("estimate", "se", "lo"):
                expected = getattr(single, field)
                found = getattr(quick[g], field)
                assert found == (None if expected is None else pytest.approx(expected, abs=1e-7))


@given(samples())
@settings(max_examples=25, deadline=None)
def test_the_covariance_of_totals_has_no_negative_direction(one):
    design = built(one)
    z = np.column_stack([one["x"], one["y"], one["weights"]])
    v = covariance_of_totals(design, z)
    assert v == pytest.approx(v.T)
    assert np.linalg.eigvalsh(v).min() >= -1e-9 * max(1.0, np.abs(v).max())


def test_more_of_the_population_drawn_is_less_variance():
    x = array(1, 4, 2, 8)
    errors = []
    for size in (4, 5, 8, 100):
        design = make_design(4, [1] * 4, fpc=[[size] * 4])
        errors.append(estimates(design, means(design, x))[0].se)
    assert errors == sorted(errors)
    assert errors[0] == 0


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_the_level_widens_the_interval_only(level):
    design, x = make_design(3), array(0, 3, 6)
    one = estimates(design, means(design, x), level)[0]
    # t(2) has the closed quantile (2p − 1) √(2 / (4p(1 − p)))
    p = (1 + level) / 2
    t = (2 * p - 1) * (2 / (4 * p * (1 - p))) ** 0.5
    assert one.hi - one.estimate == pytest.approx(t * 3**0.5)
