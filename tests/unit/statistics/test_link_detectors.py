"""Detectors that point at links, units and batches: by hand, on what is planted, on the honest."""

from itertools import pairwise, permutations
from math import comb, isclose

import numpy as np
import pytest

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.response_quality.collisions import collisions
from analysis.statistics.response_quality.one_sided import one_sided
from analysis.statistics.response_quality.own_history import own_history
from analysis.statistics.response_quality.pace import fast_links
from analysis.statistics.response_quality.runs_of_cards import _alike, _moments, runs_of_cards
from analysis.statistics.response_quality.turnout import turnout_fingerprint


def test_moments_of_neighbours_alike_over_every_order():
    x = np.array([[1, 2], [1, 2], [1, 3], [2, 2], [1, 2], [2, 3]], dtype=float)
    alike = _alike(x, 0)
    orders = [sum(alike[a, b] for a, b in pairwise(order)) for order in permutations(range(6))]
    assert np.allclose(_moments(alike), [np.mean(orders), np.var(orders)])


def test_a_run_of_cards_from_one_hand_is_seen_and_shuffled_cards_are_not():
    rng = np.random.default_rng(2)
    x = rng.integers(1, 6, (120, 8)).astype(float)
    x[40:70] = x[40]
    found = runs_of_cards(x, seed=1)
    assert found.is_flagged
    assert found.longest == 29
    shuffled = runs_of_cards(rng.permutation(x), seed=1)
    assert not shuffled.is_flagged
    assert isclose(shuffled.expected, found.expected)
    # all alike: every neighbour agrees, and so they do in any order
    same = runs_of_cards(np.ones((40, 8)), seed=1)
    assert (same.alike, same.expected, same.z, same.p) == (39, 39.0, None, 1.0)


def test_blank_cards_are_alike_and_small_batches_are_refused():
    x = np.full((30, 3), np.nan)
    assert runs_of_cards(x, seed=1).alike == 29
    with pytest.raises(NoEstimate):
        runs_of_cards(x[:29], seed=1)


def test_a_collision_by_hand():
    # unit 0: 12 of 20 share pattern 1; elsewhere 1 of 100. π = (1 + ½)/(100 + 3·½)
    counts = [[8, 12, 0], [95, 1, 4]]
    found = collisions(counts, [True, False, False], seed=5)
    assert (found[0].pattern, found[0].n) == (1, 12)
    assert isclose(found[0].expected, 20 * 1.5 / 101.5)
    tail = 0.0
    for ballots in (1.5, 4.5):
        share = ballots / 101.5
        if share * 20 * 5 <= 12:
            tail += sum(comb(20, j) * share**j * (1 - share) ** (20 - j) for j in range(12, 21))
    assert isclose(found[0].p, tail, rel_tol=1e-9)
    assert [one.is_flagged for one in found] == [True, False]


def test_a_popular_honest_pattern_is_no_collision():
    counts = np.tile([40, 30, 10], (6, 1))
    assert not any(one.is_flagged for one in collisions(counts, [True, False, False], seed=1))
    assert collisions(np.array([[5, 0], [7, 0]]), [True, False], seed=1) == ()


def test_collisions_repeat_with_their_seed():
    counts = np.random.default_rng(1).integers(0, 12, (5, 40))
    constant = np.zeros(40, dtype=bool)
    assert collisions(counts, constant, seed=3) == collisions(counts, constant, seed=3)


def test_a_farm_does_not_excuse_itself() -> None:
    # the farm would raise the spread between links so far that nothing stood out
    draw = np.random.default_rng(1)
    size = draw.integers(40, 300, 12)
    fast = draw.binomial(size, 0.08)
    fast[0] = round(0.6 * size[0])
    found = fast_links(size, fast)
    assert [place for place, one in enumerate(found) if one.is_flagged] == [0]


def test_honest_links_of_different_pace_are_left_alone() -> None:
    draw = np.random.default_rng(2)
    flagged = 0
    for _ in range(60):
        size = draw.integers(40, 300, 12)
        share = draw.beta(0.08 * 49, 0.92 * 49, 12)  # intra-class correlation 0.02
        flagged += any(one.is_flagged for one in fast_links(size, draw.binomial(size, share)))
    assert flagged <= 4


def test_a_third_of_a_batch_filled_in_by_one_hand_is_seen() -> None:
    draw = np.random.default_rng(3)
    cards = draw.choice([5.0, 4.0, 3.0], (120, 6), p=[0.6, 0.3, 0.1])
    assert not runs_of_cards(cards, seed=1).is_flagged
    cards[40:80] = np.where(draw.random((40, 6)) < 0.95, 5.0, 4.0)
    assert runs_of_cards(cards, seed=1).is_flagged


def test_fast_links_against_the_others():
    n, fast = np.full(20, 100), np.full(20, 20)
    fast[::2] += 4
    fast[7] = 90
    found = fast_links(n, fast)
    assert [i for i, one in enumerate(found) if one.is_flagged] == [7]
    assert isclose(found[0].elsewhere, (fast.sum() - fast[0] - 90 + 0.5) / (1800 + 1))
    assert fast_links([100], [50])[0].p is None
    assert fast_links([100, 100, 5], [10, 10, 5])[2].p is None


def test_one_sided_by_hand():
    # 24 of 30 full marks where 0.3 is usual; 29 ballots are too few; 0.55 is no gap of 0.3
    assert one_sided([30, 29, 100], [24, 29, 55], [0.3, 0.3, 0.3]) == [0]
    assert one_sided([], [], []) == []


def history(rng: np.random.Generator, places: int = 30) -> tuple[np.ndarray, np.ndarray]:
    share = rng.uniform(0.6, 0.95, places)
    size = (1 - 0.02) / 0.02
    p = rng.beta((share * size)[:, None], ((1 - share) * size)[:, None], (places, 5))
    n = rng.integers(100, 400, (places, 5))
    return rng.binomial(n, p), n


def test_a_place_out_of_line_with_its_own_past():
    k, n = history(np.random.default_rng(4))
    k[3, -1] = n[3, -1] // 4
    found = own_history(k[:, -1], n[:, -1], k[:, :-1], n[:, :-1])
    assert [i for i, one in enumerate(found.places) if one.is_flagged] == [3]
    assert 0.005 < found.rho < 0.05
    assert found.df == 90


def test_a_drift_that_all_places_share_is_not_held_against_them():
    k, n = history(np.random.default_rng(6))
    k[:, -1] = (k[:, -1] * 0.8).astype(int)
    found = own_history(k[:, -1], n[:, -1], k[:, :-1], n[:, :-1])
    assert found.drift < -0.3
    assert not any(one.is_flagged for one in found.places)


def test_history_that_is_too_short_is_said_to_be():
    with pytest.raises(NoEstimate) as refused:
        own_history([50], [100], [[40]], [[100]])
    assert refused.value.status == "too_few"
    found = own_history([50, 5], [100, 10], [[40, 45], [3, 4]], [[100, 100], [8, 9]])
    assert found.places[1].t is None
    assert found.places[1].why is not None


def test_a_stuffed_box_sticks_out_of_the_fingerprint():
    rng = np.random.default_rng(8)
    invited = np.full(40, 1000)
    answered = rng.binomial(1000, rng.uniform(0.35, 0.6, 40))
    satisfied = rng.binomial(answered, rng.uniform(0.7, 0.85, 40))
    answered[5], satisfied[5] = 990, 988
    found = turnout_fingerprint(answered, invited, satisfied)
    assert np.flatnonzero(found.is_corner).tolist() == [5]
    assert 0.4 < found.centre[0] < 0.55
    assert found.outline.min() > 0
    assert found.outline.max() < 1
    assert found.rate < 0.02


def test_no_fingerprint_of_few_or_equal_units():
    with pytest.raises(NoEstimate):
        turnout_fingerprint([5] * 9, [10] * 9, [3] * 9)
    with pytest.raises(NoEstimate):
        turnout_fingerprint([5] * 12, [10] * 12, [3] * 12)
