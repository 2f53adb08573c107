"""What is taken for an attack: a burst is, an honest day is not."""

from collections import Counter

import numpy as np
import pytest

from analysis.attacks.honest import BINS_A_DAY, arrivals, synthetic
from survey_app.ballots import rates

START = 3_000_000
"""A ten minutes of no importance at which simulated rounds begin."""


def asked(bins: list[int]) -> int:
    """How many of these arrivals would have been asked to wait, each seen as it comes."""
    n = 0
    held: dict[int, int] = {}
    for place, count in sorted(Counter(bins).items()):
        n += max(0, count - rates.limit(rates.usual(held, place)))
        held[place] = count
    return n


@pytest.mark.parametrize("ballots", [240, 2_000, 10_000, 40_000])
def test_honest_people_are_hardly_ever_asked(ballots: int) -> None:
    """One link over a fortnight, at the hours people come: at most one in a hundred."""
    setting = synthetic(units=1, ballots=ballots)
    rng = np.random.default_rng(6)
    bins = (START + arrivals(setting, ballots, rng)).tolist()
    assert asked(bins) <= ballots / 100


def test_a_burst_at_a_quiet_entrance_is_asked_from_the_floor_on() -> None:
    quiet = [START + place for place in range(0, 3 * BINS_A_DAY, 12)]
    burst = [START + 3 * BINS_A_DAY + 10] * 240
    assert asked(quiet) == 0
    assert asked(quiet + burst) == 240 - rates.FLOOR


def test_without_the_limit_the_burst_goes_through_at_full_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counter-proof: nothing else slows it."""
    monkeypatch.setattr(rates, "FLOOR", 10**9)
    assert asked([START] * 5_000) == 0


def test_a_busy_entrance_is_measured_by_its_own_days() -> None:
    busy = {START + place: 50 for place in range(2 * BINS_A_DAY)}
    now = START + 2 * BINS_A_DAY + rates.RECENT
    assert rates.usual(busy, now) == 50
    assert rates.limit(50) == 200
    assert rates.usual(busy, now + rates.BINS_A_WEEK + BINS_A_DAY * 2) == 0


def test_an_attack_does_not_make_itself_usual_at_once() -> None:
    counts = {START + place: 2 for place in range(60)} | {START + 60 + k: 300 for k in range(3)}
    assert rates.usual(counts, START + 62) == 2


def test_the_last_ten_minutes_slide() -> None:
    counts = {10: 30, 11: 4}
    assert rates.last_ten_minutes(counts, 11, 0.0) == 34
    assert rates.last_ten_minutes(counts, 11, 1.0) == 4
