"""Detection and false alarm of every detector: a short form, and 50 seeds with bounds."""

import numpy as np
import pytest

from analysis.attacks.from_round import setting_from
from analysis.attacks.honest import draw, synthetic
from analysis.attacks.measure import KINDS, Measured, Rate, measure
from analysis.round_statistics.tables import Sufficient
from analysis.shared_raters import Covariance

SLOW = ("corner",)
"""Its own rate of false alarms is simulated anew for every round."""


@pytest.fixture(scope="module")
def few() -> Measured:
    return measure(synthetic(), 2, without=SLOW)


def found(measured: Measured, attack: str, detector: str) -> Rate:
    rate = next(
        one.rate for one in measured.found if (one.attack, one.detector) == (attack, detector)
    )
    assert rate is not None
    return rate


def alarm(measured: Measured, detector: str) -> Rate:
    rate = next(one.rate for one in measured.quiet if one.detector == detector)
    assert rate is not None
    return rate


def test_a_few_seeds_already_show_the_plain_cases(few):
    assert found(few, "paid_praise", "link_burst").share == 1
    assert found(few, "card_farm", "link_burst").share == 1
    assert found(few, "answer_sheet", "repeated_answers").share == 1
    assert found(few, "paid_praise", "straight_line").share == 1
    assert found(few, "paid_praise", "same_device").share == 0.5
    assert found(few, "copying_robots", "link_burst").share == 0
    assert few.seen_by("copying_robots") == ()
    seen = {one.detector for one in few.seen_by("paid_praise")}
    assert "link_burst" in seen
    assert "straight_line" not in seen, "one honest ballot in fourteen is a straight line"
    assert {one.detector for one in few.seen_by("answer_sheet")} <= {"repeated_answers"}


def test_every_attack_meets_every_detector_of_its_kind(few):
    assert len(few.found) == 4 * 14 + 2 * 2
    assert len(few.quiet) == 16
    without = {one.attack for one in few.found if one.rate is None}
    assert without == {"answer_sheet", "paid_praise", "copying_robots"}, "they use no card"
    for one in few.moved:
        assert one.mean > 0, one
        assert 0 < one.size < one.of


def test_the_same_seeds_give_the_same_figures():
    small = synthetic(units=4, ballots=60, items=8, raters=20)
    first, again, other = (
        measure(small, 1, first=seed, ballots=20, without=SLOW) for seed in (2, 2, 3)
    )
    assert first == again
    assert first != other


def test_what_an_attack_moves_is_the_closed_form(few):
    """Paid praise adds 50 of 100 to 300 ballots: the mean moves by 50 (100 - m)/350."""
    shifts = []
    for seed in range(2):
        x = draw(synthetic(), seed).ballots
        mean = 25 * (x.x[x.unit == seed % 12].mean() - 1)
        shifts.append(50 * (100 - mean) / 350)
    moved = next(one for one in few.moved if one.attack == "paid_praise")
    assert moved.mean == pytest.approx(sum(shifts) / 2, abs=1e-9)


def test_a_round_without_an_open_entrance_gives_no_setting():
    nothing = Sufficient((), (), Covariance((), np.zeros((0, 0))), ())
    assert setting_from(nothing) is None


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_rates_over_fifty_seeds():
    """Bounds of what the page and the document claim. Nominal rates are those of the detectors."""
    many = measure(synthetic(), 50)
    for attack, detector, least in (
        ("paid_praise", "link_burst", 0.95),
        ("paid_praise", "straight_line", 0.99),
        ("paid_praise", "fast_straight_line", 0.7),
        ("card_farm", "link_burst", 0.95),
        ("card_farm", "one_sided_link", 0.5),
        ("answer_sheet", "repeated_answers", 0.95),
        ("lazy_raters", "flat_rater", 0.8),
    ):
        assert found(many, attack, detector).share >= least, (attack, detector)
    assert many.seen_by("copying_robots") == ()
    for one in many.quiet:
        if one.nominal is None or one.rate is None or one.nominal == 0:
            continue
        assert one.rate.lo <= max(3 * one.nominal, 0.01), one
    for detector in ("link_burst", "one_sided_link", "one_sided_burst", "fast_link"):
        assert alarm(many, detector).hi <= 0.01, detector
    assert alarm(many, "same_device").k == 0
    assert {kind.key for kind in KINDS if not many.seen_by(kind.key)} <= {
        "copying_robots",
        "collusion",
    }
