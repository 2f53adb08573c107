"""Tails of counts by hand."""

from math import comb, isclose

import numpy as np

from analysis.statistics.response_quality.tails import (
    beta_binomial_tail,
    binomial_tail,
    count_tail,
    intra_class,
)


def test_the_tails_by_hand():
    # Poisson(1): P(N >= 2) = 1 - 2/e; binomial(3, 1/2): P(K >= 2) = 4/8
    assert isclose(float(count_tail(2, 1.0, 0.0)), 1 - 2 / np.e)
    assert isclose(float(binomial_tail(2, 3, 0.5)), 0.5)
    assert float(count_tail(0, 1.0, 0.5)) == float(binomial_tail(0, 3, 0.5)) == 1
    # negative binomial with mean 1 and α = 1 is geometric with p = 1/2: P(N >= 2) = 1/4
    assert isclose(float(count_tail(2, 1.0, 1.0)), 0.25)


def test_a_uniform_chance_makes_every_count_equally_likely():
    # beta(1, 1) mixing: mean 1/2 and ρ = 1/3; each of 0 … 4 has probability 1/5
    assert np.allclose(beta_binomial_tail([1, 3, 4], 4, 0.5, 1 / 3), [4 / 5, 2 / 5, 1 / 5])
    assert float(beta_binomial_tail(0, 4, 0.5, 1 / 3)) == 1


def test_without_variation_between_places_it_is_the_binomial():
    p = sum(comb(12, j) * 0.3**j * 0.7 ** (12 - j) for j in range(7, 13))
    assert isclose(float(beta_binomial_tail(7, 12, 0.3, 0.0)), p)
    assert isclose(float(beta_binomial_tail(7, 12, 0.3, 1e-7)), p, rel_tol=1e-4)


def test_variation_between_places_by_moments():
    # two places of 10 at mean 1/2 with 9 and 1: (16 / 2.5 - 1) / 9 each
    assert isclose(intra_class(np.array([9.0, 1]), np.array([10.0, 10]), 0.5), 0.6)
    assert intra_class(np.array([5.0, 5]), np.array([10.0, 10]), 0.5) == 0
    assert intra_class(np.array([1.0]), np.array([1.0]), 0.5) == 0
