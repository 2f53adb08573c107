"""Item analysis by hand, and what must not change it."""

from math import isclose, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.items.cronbach import cronbach
from analysis.statistics.items.dif import dif
from analysis.statistics.items.differences import differences
from analysis.statistics.items.discrimination import discrimination
from analysis.statistics.items.factor import factors
from analysis.statistics.items.guttman import guttman
from analysis.statistics.items.item_statistics import item_statistics
from analysis.statistics.items.moments import moments_of_pair_counts, moments_of_rows
from analysis.statistics.items.oblimin import quartimin
from analysis.statistics.items.omega import omega_hierarchical, omega_total
from analysis.statistics.items.polychoric import (
    joint_counts,
    normal_corner,
    polychoric,
    polychoric_pair,
)
from analysis.statistics.items.rewording import rewording
from analysis.statistics.items.scalability import scalability

NAN = np.nan
SMALL = np.array([[1, 2, 3], [2, 2, 4], [3, 4, 4], [4, 5, 5]], dtype=float)


def scale(seed: int, n: int = 200, k: int = 6, strength: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    latent = strength * rng.standard_normal((n, 1)) + rng.standard_normal((n, k))
    return np.clip(np.round(latent + 3), 1, 5)


def test_alpha_by_hand():
    # variances 5/3, 9/4, 2/3; sums 6 8 11 14: variance 12.25; α = 3/2 (1 − (55/12)/12.25)
    found = cronbach(moments_of_rows(SMALL))
    assert isclose(found.alpha.estimate, 1.5 * (1 - (55 / 12) / 12.25))
    # item 1 against the sum of the others 5 6 8 10
    assert isclose(found.r_drop[0], np.corrcoef([1, 2, 3, 4], [5, 6, 8, 10])[0, 1])
    two = np.cov(SMALL[:, 1:].T)
    assert isclose(found.alpha_drop[0], 2 * (1 - np.trace(two) / two.sum()))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.5, 3), st.integers(-5, 5))
def test_alpha_does_not_see_order_shift_or_scale(seed, factor, shift):
    x = scale(seed % 50)
    one = cronbach(moments_of_rows(x))
    rows = np.random.default_rng(seed).permutation(len(x))
    assert cronbach(moments_of_rows(x[rows])) == one
    other = cronbach(moments_of_rows(x * factor + shift))
    assert isclose(other.alpha.estimate, one.alpha.estimate, rel_tol=1e-9)
    turned = cronbach(moments_of_rows(x[:, ::-1]))
    assert turned.r_drop == pytest.approx(one.r_drop[::-1])


def test_pair_counts_say_the_same_as_rows():
    x = scale(1, 80)
    x[::7, 2] = NAN
    x[::5, 0] = NAN
    joint, values = joint_counts(x)
    from_rows, from_counts = moments_of_rows(x), moments_of_pair_counts(joint, values, len(x))
    assert np.allclose(from_rows.covariance, from_counts.covariance, rtol=1e-12)
    assert np.array_equal(from_rows.pairs, from_counts.pairs)
    assert np.allclose(from_rows.mean, from_counts.mean)


def test_differences_between_units_are_centred_out():
    x = scale(2, 120, strength=0.0)
    unit = np.arange(120) % 4
    moved = x + 3 * unit[:, None]
    within = moments_of_rows(moved, unit=unit)
    assert np.allclose(within.covariance, moments_of_rows(x, unit=unit).covariance)
    assert (within.df, within.is_within) == (116, True)
    raw = cronbach(moments_of_rows(moved)).alpha.estimate
    assert raw > 0.9 > 0.5 > cronbach(within).alpha.estimate
    tables = np.stack([joint_counts(x[unit == u])[0] for u in range(4)])
    values = joint_counts(x)[1]
    assert np.allclose(
        moments_of_pair_counts(tables, values, 120).covariance,
        moments_of_rows(x, unit=unit).covariance,
    )


def test_complete_rows_and_pairwise_are_two_things():
    x = np.vstack([scale(3, 50), [[NAN, 1, 1, 1, 1, 5]]])
    assert moments_of_rows(x, "complete").n == 50
    assert moments_of_rows(x).n == 51


@pytest.mark.parametrize("x", [np.ones((5, 3)), np.full((4, 2), NAN), np.ones((1, 3))])
def test_alpha_of_nothing_is_refused(x):
    with pytest.raises(NoEstimate):
        cronbach(moments_of_rows(x))


def test_an_item_that_does_not_vary_is_left_out_and_named():
    x = np.column_stack([SMALL, np.full(4, 3.0)])
    found = cronbach(moments_of_rows(x))
    assert isclose(found.alpha.estimate, cronbach(moments_of_rows(SMALL)).alpha.estimate)
    assert found.r_drop[3] is None
    assert any("1 道题" in note.text() for note in found.notes)


def test_opposite_items_have_no_reliability_and_twins_no_lambda_6():
    x = np.column_stack([SMALL[:, 0], 5 - SMALL[:, 0]])
    assert cronbach(moments_of_rows(x)).alpha.estimate is None
    twins = cronbach(moments_of_rows(np.column_stack([SMALL[:, 0], SMALL[:, 0]])))
    assert (twins.alpha.estimate, twins.g6) == (1.0, None)


def one_factor(loading: np.ndarray) -> np.ndarray:
    r = np.outer(loading, loading)
    np.fill_diagonal(r, 1.0)
    return r


@pytest.mark.parametrize("method", ["minres", "ml"])
def test_a_factor_that_fits_is_found(method):
    loading = np.array([0.8, 0.7, 0.6, 0.5, 0.4])
    fit = factors(one_factor(loading), 1, method)
    assert fit.loadings[:, 0] == pytest.approx(loading, abs=1e-6)
    assert fit.uniqueness == pytest.approx(1 - loading**2, abs=1e-6)


def test_rows_with_exact_moments_give_omega_by_hand():
    loading = np.array([0.8, 0.7, 0.6, 0.5])
    z = np.random.default_rng(1).standard_normal((300, 4))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T)).T)
    x = z @ np.linalg.cholesky(one_factor(loading)).T
    found = omega_total(moments_of_rows(x)).total
    # (Σλ)² = 2.6² = 6.76; Σ(1 − λ²) = 4 − 1.74 = 2.26
    assert isclose(found.estimate, 6.76 / 9.02, rel_tol=1e-5)
    assert found.lo < found.estimate < found.hi < 1


def test_a_bifactor_structure_is_taken_apart():
    gamma, own = np.array([0.8, 0.7, 0.6]), 0.75
    pattern = np.kron(np.eye(3), np.full((3, 1), own))
    phi = one_factor(gamma)
    r = pattern @ phi @ pattern.T
    np.fill_diagonal(r, 1.0)
    z = np.random.default_rng(2).standard_normal((400, 9))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T)).T)
    found = omega_hierarchical(moments_of_rows(z @ np.linalg.cholesky(r).T))
    general = np.repeat(own * gamma, 3)
    assert isclose(found.hierarchical, general.sum() ** 2 / r.sum(), rel_tol=1e-4)
    assert isclose(found.total, 1 - 9 * (1 - own**2) / r.sum(), rel_tol=1e-4)
    assert isclose(found.ecv, (general**2).sum() / (9 * own**2), rel_tol=1e-4)


def test_rotation_leaves_simple_structure_alone():
    pattern = np.array([[0.7, 0], [0.8, 0], [0, 0.6], [0, 0.9]])
    turned, phi = quartimin(pattern)
    assert np.allclose(turned, pattern)
    assert np.allclose(phi, np.eye(2))


def test_too_few_items_for_the_factors():
    with pytest.raises(NoEstimate):
        omega_total(moments_of_rows(SMALL[:, :2]))
    with pytest.raises(NoEstimate):
        omega_hierarchical(moments_of_rows(scale(1, 60, 5)))


def test_guttman_by_hand():
    # three items, all correlations 1/2: V = 6, λ1 = 1/2, λ3 = 3/4, λ4 of 1 against 2 = 4·1/6
    z = np.random.default_rng(3).standard_normal((50, 3))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T)).T)
    r = np.full((3, 3), 0.5) + np.eye(3) / 2
    found = guttman(moments_of_rows(z @ np.linalg.cholesky(r).T))
    assert isclose(found.lambda1, 0.5)
    assert isclose(found.lambda3, 0.75)
    assert isclose(found.lambda2, 0.5 + sqrt(1.5 * 1.5) / 6)
    assert isclose(found.lambda4_max, 4 / 6)
    assert isclose(found.lambda6, 1 - 3 * (2 / 3) / 6)
    assert found.eigenvalues == pytest.approx([2, 0.5, 0.5])


def test_the_normal_corner_at_the_origin():
    # Sheppard: P(X ≤ 0, Y ≤ 0) = 1/4 + asin ρ / 2π
    for rho in (-0.95, 0.0, 0.3, 0.99):
        corner = normal_corner(np.array(0.0), np.array(0.0), rho)
        assert isclose(float(corner), 0.25 + np.arcsin(rho) / (2 * pi), abs_tol=1e-12)


def test_a_tetrachoric_by_hand():
    # halved margins, P(both low) = 1/3 = 1/4 + asin ρ/2π, so ρ = sin(π/6) = 1/2
    found = polychoric_pair([[200, 100], [100, 200]])
    assert isclose(found.estimate, 0.5, abs_tol=1e-6)
    assert found.lo < 0.5 < found.hi


def test_polychoric_of_edge_cases():
    assert polychoric_pair([[5, 5], [0, 0]]).estimate is None
    assert polychoric_pair([[0, 0], [0, 0]]).estimate is None
    empty = polychoric_pair([[20, 0], [5, 20]])
    assert -1 < empty.estimate < 1
    assert empty.notes
    x = scale(4, 150, 3)
    joint, _ = joint_counts(x)
    turned, _ = joint_counts(6 - x)
    one, other = polychoric(joint), polychoric(turned)
    assert isclose(one.rho[0][1].estimate, other.rho[0][1].estimate, abs_tol=1e-5)


def test_h_of_a_perfect_guttman_scale_is_one():
    x = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]] * 5, dtype=float)
    found = scalability(x)
    assert isclose(found.scale.estimate, 1.0)
    assert found.scale.se == pytest.approx(0, abs=1e-12)


def test_h_by_hand():
    # 2 × 2 with counts 4 1 / 2 3: cov = .3·... P(11) = .3, P1 = .5, P2 = .4; (.3 − .2)/(.4 − .2)
    x = np.array([[0, 0]] * 4 + [[0, 1]] + [[1, 0]] * 2 + [[1, 1]] * 3, dtype=float)
    found = scalability(x)
    assert isclose(found.scale.estimate, 0.5)
    # H = (p11 − p1 p2)/(p2 − p1 p2), gradient by hand: IF = (IF_s − H·IF_s⁺)/0.2
    d = x - x.mean(axis=0)
    numerator = d[:, 0] * d[:, 1] - 0.1
    top = d[:, 1] - 0.5 * d[:, 1] - 0.4 * d[:, 0]
    assert isclose(found.scale.se, sqrt((((numerator - 0.5 * top) / 0.2) ** 2).mean() / 10))
    assert [one.estimate for one in found.items] == pytest.approx([0.5, 0.5])


def test_h_of_nothing():
    with pytest.raises(NoEstimate):
        scalability(np.ones((5, 3)))
    with pytest.raises(NoEstimate):
        scalability(np.full((5, 3), NAN))
    still = scalability(np.column_stack([SMALL, np.ones(4)]))
    assert still.items[3].estimate is None


def test_item_statistics_by_hand():
    x = np.array([[1, 1], [2, 2], [2, 1], [NAN, 2]])
    joint, values = joint_counts(x)
    first, second = item_statistics(joint, values, [1, 0], 4)
    assert (first.n, first.shares, first.unknown_share) == (3, (1 / 3, 2 / 3), 0.25)
    assert isclose(first.mean, 5 / 3)
    assert isclose(first.sd, sqrt(1 / 3))
    assert (first.floor, first.ceiling) == (1 / 3, 2 / 3)
    assert first.same_as_previous is None
    assert second.same_as_previous == 2 / 3
    assert isclose(first.item_rest, 0.5)
    nothing = item_statistics(np.zeros((1, 1, 2, 2), dtype=int), [1, 2], [0], 0)[0]
    assert (nothing.n, nothing.mean, nothing.unknown_share) == (0, None, None)


def test_discrimination_by_hand():
    x = np.array([[1, 1, 1], [1, 1, 2], [3, 3, 3], [5, 5, 4], [5, 5, 5]], dtype=float)
    assert discrimination(x)[0] == 1.0
    assert discrimination(np.ones((4, 2))) == (None, None)


def test_a_difference_between_groups_by_hand():
    # 30 10 / 10 30: expected 20 each; X² = 20, V = √(20/80); G² = 2(60 ln 1.5 + 20 ln 0.5)
    one = differences([[[30, 10], [10, 30]]])[0]
    assert isclose(one.x2, 20)
    assert isclose(one.g2, 2 * (60 * log(1.5) + 20 * log(0.5)))
    assert isclose(one.cramer_v, 0.5)
    assert one.df == 1
    thin = differences([[[30, 1, 9], [10, 1, 29]]])[0]
    assert (thin.df, thin.options) == (1, 2)
    assert differences([[[5, 0], [7, 0]]])[0].p is None


def test_an_item_that_one_group_reads_differently_stands_out():
    x = scale(5, 600, 8, strength=1.5)
    group = np.arange(600) % 2
    assert min(one.q for one in dif(x, group)) > 0.01
    moved = x.copy()
    moved[:, 3] = np.clip(moved[:, 3] + group, 1, 5)
    found = dif(moved, group)
    assert int(np.argmin([one.p for one in found])) == 3
    assert found[3].q < 1e-6
    assert found[3].gap > 0.5
    assert dif(x, np.zeros(600))[0].p is None
    again = dif(moved[::-1], 1 - group[::-1])
    assert [one.statistic for one in again] == pytest.approx([one.statistic for one in found])


def test_what_to_reword_and_why():
    rng = np.random.default_rng(7)
    x = np.column_stack([scale(6, 300, 4, 2.0), rng.choice([4, 5], 300, p=[0.1, 0.9])])
    x = np.column_stack([x, x[:, 0]]).astype(float)
    joint, values = joint_counts(x)
    unknown = [0, 200, 0, 0, 0, 0]
    r = moments_of_rows(x).correlation()
    found = rewording(list("abcdef"), item_statistics(joint, values, unknown, 500), r)
    reasons = {one.item: " ".join(note.text() for note in one.reasons) for one in found}
    assert "“不了解”" in reasons[1]
    assert "最高一档" in reasons[4]
    assert "题目的相关" in reasons[4]
    assert "“f”" in reasons[0]
    assert "“a”" in reasons[5]
    assert set(reasons) == {0, 1, 4, 5}
    assert [one.urgency for one in found] == sorted((one.urgency for one in found), reverse=True)
