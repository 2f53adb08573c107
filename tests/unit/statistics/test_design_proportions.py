"""Shares under a design and intervals that stay between 0 and 1."""

from math import log, sqrt

import numpy as np
import pytest

from analysis.statistics.design.design import make_design
from analysis.statistics.design.proportions import share
from analysis.statistics.intervals.proportions import clopper_pearson

TEN = np.array([1.0] * 9 + [0.0])
KINDS = ["logit", "xlogit", "beta", "likelihood", "wilson"]
T9 = 2.262157163


def test_simple_counts_are_wilsons():
    one = share(make_design(10), TEN)
    assert (one.method, one.estimate, one.n) == ("wilson", 0.9, 10)
    assert one.lo == pytest.approx(0.5958499732047614)
    none = share(make_design(10), np.zeros(10))
    assert (none.lo, none.hi) == (0, pytest.approx(0.27753279986288926))


def test_logit_is_the_default_of_a_design():
    one = share(make_design(10, [3] * 10), TEN)
    assert one.method == "logit"
    v = 0.09 / 9
    assert one.se == pytest.approx(sqrt(v))
    for end, sign in ((one.lo, -1), (one.hi, 1)):
        expected = log(9) + sign * T9 * sqrt(v) / 0.09
        assert log(end / (1 - end)) == pytest.approx(expected)


def test_beta_is_clopper_and_pearson_with_the_effective_size():
    # t(n−1) = t(df) here, so n* = 0.09/0.01 = 9
    one = share(make_design(10, [3] * 10), TEN, kind="beta")
    assert (one.lo, one.hi) == pytest.approx(tuple(map(float, clopper_pearson(8.1, 9))))


def test_wilson_of_a_design_uses_the_effective_size_and_t():
    one = share(make_design(10, [3] * 10), TEN, kind="wilson")
    # its ends are where (p − p₀)² = t² p₀(1 − p₀)/n_eff
    for end in (one.lo, one.hi):
        assert (0.9 - end) ** 2 == pytest.approx(T9**2 * end * (1 - end) / 9)


def test_likelihood_ends_are_equally_unlikely():
    one = share(make_design(10, [3] * 10), TEN, kind="likelihood")
    for end in (one.lo, one.hi):
        distance = 0.9 * log(0.9 / end) + 0.1 * log(0.1 / (1 - end))
        assert 2 * 9 * 0.9 * distance == pytest.approx(T9**2, rel=1e-6)


def test_the_plain_interval_may_leave_the_range():
    assert share(make_design(10), TEN, kind="mean").hi > 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_or_nothing_falls_back_on_the_exact_interval(kind, value):
    one = share(make_design(10, [3] * 10), np.full(10, value), kind=kind)
    far = 1 - 0.025**0.1
    assert (one.lo, one.hi) == pytest.approx((0, far) if value == 0 else (1 - far, 1))
    assert "Clopper" in one.notes[-1].text()


@pytest.mark.parametrize("kind", KINDS)
def test_strata_without_any_difference_leave_a_point(kind):
    design = make_design(6, strata=[1, 1, 1, 2, 2, 2])
    one = share(design, np.array([1.0, 1, 1, 0, 0, 0]), kind=kind)
    assert (one.lo, one.estimate, one.hi) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_other_answer_mirrors_the_interval(kind):
    design = make_design(12, np.arange(1, 13), [1] * 6 + [2] * 6)
    hit = np.array([1.0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1])
    one, other = share(design, hit, kind=kind), share(design, 1 - hit, kind=kind)
    assert one.estimate == pytest.approx(1 - other.estimate)
    assert one.lo == pytest.approx(1 - other.hi)
    assert 0 < one.lo < one.estimate < one.hi < 1


def test_too_little_is_answered():
    # one yes of one: Wilson's lower end is 1/(1 + z²)
    one = share(make_design(1), np.array([1.0]))
    assert (one.lo, one.hi) == (pytest.approx(1 / (1 + 1.959963985**2)), 1)
    assert share(make_design(1, [2]), np.array([1.0])).lo is None
    assert share(make_design(2), np.array([np.nan, np.nan])).estimate is None
