"""Each attack laid into a small honest round, checked row by row."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.attacks.answer_sheet import answer_sheet
from analysis.attacks.card_farm import card_farm
from analysis.attacks.collusion import collusion
from analysis.attacks.copying_robots import copying_robots
from analysis.attacks.detectors import ON_BALLOTS, ON_PANELS, same_device, straight_line, truth
from analysis.attacks.honest import BINS_A_DAY, Round, draw, synthetic
from analysis.attacks.lazy_raters import lazy_raters
from analysis.attacks.measure import KINDS, rate
from analysis.attacks.paid_praise import paid_praise

SETTING = synthetic(units=4, ballots=40, items=8, raters=20)


@pytest.fixture(scope="module")
def honest() -> Round:
    return draw(SETTING, 3)


def test_honest_rounds_follow_their_seed(honest):
    again, other = draw(SETTING, 3), draw(SETTING, 4)
    np.testing.assert_array_equal(honest.ballots.x, again.ballots.x)
    assert (honest.ballots.x != other.ballots.x).any()
    assert honest.ballots.x.shape == (4 * 50, 8)
    assert set(np.unique(honest.ballots.x)) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    assert honest.ballots.bin.max() < SETTING.days * BINS_A_DAY
    assert not honest.ballots.is_forged.any()
    assert np.bincount(honest.ballots.unit).tolist() == [50] * 4
    assert honest.ballots.is_card.sum() == 40


def test_honest_shares_and_correlations_are_the_settings():
    """Of 40 000 ballots on one unit: shares within 0.01, and items go together."""
    big = synthetic(units=1, ballots=40_000, items=3)
    x = draw(big, 1).ballots.x
    shares = np.cumsum([(x == option).mean(axis=0) for option in range(1, 6)], axis=0).T
    np.testing.assert_allclose(shares, big.upper[0], atol=0.01)
    assert 0.35 < np.corrcoef(x.T)[0, 1] < 0.5  # 0.5 before the cut into five options


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_the_honest_rows_stay_and_the_seed_decides(honest, kind):
    dirty, again = (kind.attack(honest, 1, 6, 9) for _ in range(2))
    other = kind.attack(honest, 1, 6, 10)
    n = len(honest.ballots.x)
    np.testing.assert_array_equal(dirty.ballots.x[:n], honest.ballots.x)
    np.testing.assert_array_equal(dirty.ballots.x, again.ballots.x)
    np.testing.assert_array_equal(dirty.panel, again.panel)
    kept = ~dirty.is_false
    np.testing.assert_array_equal(dirty.panel[kept], honest.panel[kept])
    if kind.on == "ballots":
        assert dirty.ballots.is_forged.sum() == 6
        assert (dirty.ballots.unit[n:] == 1).all()
        assert not dirty.is_false.any()
        assert truth(dirty, "unit").tolist() == [False, True, False, False]
    else:
        assert len(dirty.ballots.x) == n
        assert truth(dirty, "rater").sum() == 6
        assert (dirty.is_false != other.is_false).any()


def test_paid_praise_is_full_marks_in_two_sittings(honest):
    more = paid_praise(honest, 2, 30, 1).ballots
    forged = more.is_forged
    assert (more.x[forged] == 5).all()
    assert len(np.unique(more.bin[forged])) <= 2
    assert not more.is_card[forged].any()
    assert np.bincount(more.device[forged])[1:].tolist() == [2] * 15
    assert 0.5 < more.is_fast[forged].mean() <= 1


def test_an_answer_sheet_is_one_vector_at_many_times(honest):
    more = answer_sheet(honest, 0, 60, 1).ballots
    forged = more.x[more.is_forged]
    _, n = np.unique(forged, axis=0, return_counts=True)
    assert n.max() > 35, "0.97 to the power of 8 is 0.78 of 60"
    assert forged.min() >= 4
    sheet = np.median(forged, axis=0)
    assert 0 < (sheet == 4).sum() <= 3, "not a straight line"
    assert len(np.unique(more.bin[more.is_forged])) > 40


def test_a_card_farm_fills_neighbours(honest):
    dirty = card_farm(honest, 1, 12, 5)
    cards = dirty.ballots
    own = cards.is_card & (cards.unit == 1)
    assert sorted(cards.serial[own].tolist()) == list(range(22)), "each card has a place"
    forged = np.sort(cards.serial[cards.is_forged])
    assert np.diff(forged).tolist() == [1] * 11
    others = cards.is_card & (cards.unit != 1)
    n = len(honest.ballots.serial)
    np.testing.assert_array_equal(cards.serial[:n][others[:n]], honest.ballots.serial[others[:n]])
    assert truth(dirty, "link").nonzero()[0].tolist() == [5]
    assert truth(dirty, "batch").tolist() == [False, True, False, False]


def test_robots_answer_like_the_people_of_the_best_unit():
    setting = synthetic(units=4, ballots=5000, items=4)
    dirty = copying_robots(draw(setting, 1), 0, 5000, 2).ballots
    robots = dirty.x[dirty.is_forged].mean()
    best = dirty.x[(dirty.unit == 3) & ~dirty.is_forged].mean()
    own = dirty.x[(dirty.unit == 0) & ~dirty.is_forged].mean()
    assert robots == pytest.approx(best, abs=0.03)
    assert robots > own + 0.2


def test_a_department_lifts_its_own_and_presses_three(honest):
    dirty = collusion(honest, 1, 4, 2)
    chosen = dirty.is_false.any(axis=1)
    assert chosen.sum() == 4
    assert (dirty.panel[chosen, 1] == 5).all()
    assert (dirty.panel[chosen][:, [0, 2, 3]] == 1).all()
    np.testing.assert_array_equal(dirty.panel[~chosen], honest.panel[~chosen])


def test_lazy_raters_tick_one_option(honest):
    dirty = lazy_raters(honest, 0, 5, 2)
    lazy = dirty.panel[dirty.is_false.all(axis=1)].reshape(5, -1)
    assert (lazy == lazy[:, :1]).all()
    assert set(np.unique(lazy)) <= {4.0, 5.0}


def test_straight_lines_count_from_eight_items_on(honest):
    short = draw(synthetic(units=3, ballots=30, items=7), 1)
    assert not straight_line(short, 0).any()
    dirty = paid_praise(honest, 0, 10, 1)
    assert straight_line(dirty, 0)[dirty.ballots.is_forged].all()


def test_one_ballot_of_a_device_is_its_own(honest):
    dirty = paid_praise(honest, 0, 9, 1)
    assert same_device(dirty, 0).sum() == 4, "pairs of ballots, and a single one"
    assert not same_device(honest, 0).any()


ON_SMALL_ROUNDS = [one for one in (*ON_BALLOTS, *ON_PANELS) if one.key != "corner"]


@pytest.mark.parametrize("detector", ON_SMALL_ROUNDS, ids=lambda one: one.key)
def test_a_detector_never_reads_the_truth(honest, detector):
    """The same round with the truth hidden is flagged the same way."""
    dirty = paid_praise(collusion(card_farm(honest, 1, 20, 1), 2, 3, 1), 1, 30, 1)
    blind = replace(
        dirty,
        ballots=replace(dirty.ballots, is_forged=np.zeros_like(dirty.ballots.is_forged)),
        is_false=np.zeros_like(dirty.is_false),
    )
    np.testing.assert_array_equal(detector.flag(dirty, 7), detector.flag(blind, 7))
    assert len(detector.flag(dirty, 7)) == len(truth(dirty, detector.subject))


def test_a_rate_by_hand():
    """2 of 10 and 4 of 10: 0.3; the rates vary by 0.02, so n_eff = 0.21/(0.02/2) = 21, at most 20;
    Wilson for 6 of 20 is 0.1455 to 0.5190.
    """
    found = rate([(2, 10), (4, 10)])
    assert found is not None
    assert (found.k, found.n, found.share, found.rounds) == (6, 20, 0.3, 1.0)
    assert (found.lo, found.hi) == (
        pytest.approx(0.1455, abs=1e-4),
        pytest.approx(0.5190, abs=1e-4),
    )
    apart = rate([(0, 100), (100, 100), (0, 100), (100, 100)])
    assert apart is not None
    assert apart.hi - apart.lo > 0.6, "four rounds say little where a round is all or nothing"
    none = rate([(0, 50), (0, 50)])
    assert none is not None
    assert (none.lo, none.rounds) == (0.0, 0.0)
    assert none.hi == pytest.approx(0.0370, abs=1e-4)
    assert rate([]) is None
    assert rate([(0, 0)]) is None
