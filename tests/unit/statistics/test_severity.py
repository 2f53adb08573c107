"""Does severity decide the order: the figures by hand, and the proof on simulated rounds."""

from functools import cache

import numpy as np
import pytest

from analysis.statistics.raters.crossed_effects import Crossed, fit_crossed
from analysis.statistics.raters.mixed_equations import equations
from analysis.statistics.raters.severity import Severity, halo, orders, severity
from analysis.statistics.raters.variance_components import fit_components

RATERS, RATEES = 12, 24
SEEDS = range(60)


def judged(y: np.ndarray, rater: np.ndarray, ratee: np.ndarray) -> tuple[Crossed, Severity]:
    full = fit_crossed(y, rater, ratee)
    return full, severity(full, equations(y, [ratee]))


def table(values: list[list[float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y = np.array(values, dtype=float)
    return (
        y.ravel(),
        np.repeat(np.arange(len(y)), y.shape[1]),
        np.tile(np.arange(y.shape[1]), len(y)),
    )


def test_shares_and_the_test_by_hand() -> None:
    # Mean squares 12, 12, 1: components 11/3, 11/3, 1 (test_variance_components).
    full, found = judged(*table([[1, 2, 3], [2, 4, 6], [3, 6, 9]]))
    assert found.shares == pytest.approx((11 / 25, 11 / 25, 3 / 25), rel=1e-6)
    y, _, ratee = table([[1, 2, 3], [2, 4, 6], [3, 6, 9]])
    alone = fit_components(y, [ratee]).criterion
    assert found.test.statistic == pytest.approx(alone - full.fit.criterion)
    # Half of P(chi2(1) > t) = P(N > sqrt t).
    assert 0 < found.test.p < 0.5
    assert found.spearman == pytest.approx(1)
    assert found.kendall == pytest.approx(1)
    assert found.movers == ()
    text = " ".join(note.text() for note in found.notes)
    for words in ("3 名评分人", "3 个评议对象", "平均每名评分人只评了 3.0", "几乎不改变名次"):
        assert words in text


def test_no_rater_differences_test_at_one() -> None:
    _, found = judged(*table([[1, 4, 7], [3, 4, 5], [2, 4, 6]]))
    assert (found.test.statistic, found.test.p) == (0, 1)
    assert found.shares[0] == 0


def test_orders_without_variation_have_no_correlation() -> None:
    assert orders(np.ones(3), np.arange(3.0)) == (None, None)
    # One swap of neighbours among four: rho = 1 - 6*2/(4*15), tau = (5 - 1)/6.
    rho, tau = orders(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4]))
    assert rho == pytest.approx(0.8)
    assert tau == pytest.approx(2 / 3)


def test_halo_by_hand() -> None:
    # Both items carry the same deviation from ratee and rater means: one mark for everything.
    y, rater, ratee = table([[1, 2, 3], [2, 4, 6], [3, 6, 9]])
    same = halo(np.column_stack([y, 2 * y + ratee]), rater, ratee)
    assert same.beyond_severity.estimate == pytest.approx(1)
    # Residuals of y are (1 0 -1 / 0 0 0 / -1 0 1); turned by a row they correlate -2/4.
    turned = np.array([0.0, 0, 0, -1, 0, 1, 1, 0, -1])
    half = halo(np.column_stack([y, turned + 5 * rater]), rater, ratee)
    assert half.beyond_severity.estimate == pytest.approx(-0.5)
    assert half.beyond_severity.lo is None or half.beyond_severity.lo >= -1


def test_severity_alone_is_no_halo_beyond_it() -> None:
    drawn = np.random.default_rng(2)
    rater, ratee = np.repeat(np.arange(20), 20), np.tile(np.arange(20), 20)
    strict = 2 * drawn.normal(size=20)[rater]
    items = drawn.normal(size=(400, 4)) + strict[:, None]
    found = halo(items, rater, ratee)
    assert found.within_ratee.estimate > 0.6
    assert found.beyond_severity.lo < 0 < found.beyond_severity.hi


def test_halo_without_variation_says_so() -> None:
    y, rater, ratee = table([[1, 2, 3], [2, 4, 6], [3, 6, 9]])
    for items in (np.column_stack([y, np.ones(9)]), y[:, None]):
        found = halo(items, rater, ratee)
        assert found.beyond_severity.estimate is None
        assert "光环" in found.beyond_severity.notes[0].text()


def simulated(seed: int, spread: float) -> tuple[float, ...]:
    """Errors (root mean square about the mean) of one round: raw, centred, one-way, crossed;
    and the p-value of the raters.

    Each rater rates eight of 24 ratees; the strict half of the raters meets mostly the first half.
    """
    drawn = np.random.default_rng(seed)
    strict = np.sort(drawn.normal(0, spread, RATERS))
    truth = drawn.normal(0, 1, RATEES)
    rater = np.repeat(np.arange(RATERS), 8)
    chosen = [
        drawn.choice(
            RATEES, 8, replace=False, p=np.where((np.arange(RATEES) < 12) == (r < 6), 3, 1) / 48
        )
        for r in range(RATERS)
    ]
    used, ratee = np.unique(np.concatenate(chosen), return_inverse=True)
    y = 3 + strict[rater] + truth[used][ratee] + drawn.normal(0, 1, len(rater))
    full, found = judged(y, rater, ratee)

    def error(score: np.ndarray) -> float:
        left = (score - score.mean()) - (truth[used] - truth[used].mean())
        return float(np.sqrt(np.mean(left**2)))

    return (
        error(full.raw),
        error(full.centred.score),
        error(found.one_way.effects[0].blup),
        error(full.corrected),
        found.test.p,
    )


@cache
def rounds(spread: float) -> np.ndarray:
    """The rows of `simulated` for every seed."""
    return np.array([simulated(seed, spread) for seed in SEEDS])


def test_correction_beats_none_where_raters_differ() -> None:
    raw, centred, one_way, crossed, _ = rounds(1.0).T
    for without, corrected in ((raw, centred), (one_way, crossed)):
        gain = without - corrected
        assert gain.mean() > 5 * gain.std(ddof=1) / len(gain) ** 0.5
        assert gain.mean() > 0.1 * without.mean()


def test_correction_costs_nearly_nothing_where_raters_do_not_differ() -> None:
    _, _, one_way, crossed, _ = rounds(0.0).mean(axis=0)
    assert crossed < 1.03 * one_way


def test_the_test_holds_its_level_and_finds_differences() -> None:
    assert np.mean(rounds(0.0)[:, 4] < 0.05) <= 0.05 + 2 * (0.05 * 0.95 / len(SEEDS)) ** 0.5
    assert np.mean(rounds(1.0)[:, 4] < 0.05) > 0.9
