"""What is usual at an open entrance and what is not, told from counts by ten minutes alone.

The one place with these thresholds. They lead to a small piece of work or to half a minute's
wait, never to a refusal, so they may be wrong now and then; a busy day must not be wronged.
"""

from collections.abc import Mapping

BINS_A_WEEK = 7 * 144
FLOOR = 60
"""Ballots in ten minutes that are never asked to wait: a full bus, a class, a hall that empties.
A person with a pile of forms reaches about 10 in ten minutes, a script as many as it likes."""
FACTOR = 4
"""How many times the usual: honest arrivals double or treble within an hour (the hours of a day
in analysis.attacks.honest), a burst is ten times and more."""
USUAL_SHARE = 0.9
"""The usual is what nine in ten of the busy ten minutes of a week stay under."""
RECENT = 3
"""The last half hour says nothing of what is usual."""
MINUTE_FLOOR = 30
"""Ballots in one minute, at one worker: a burst need not wait for its tenth minute to be seen."""


def usual(arrivals: Mapping[int, int], now_bin: int) -> int:
    """What the busy ten minutes of the last week brought; 0 where there were none."""
    first, last = now_bin - BINS_A_WEEK, now_bin - RECENT
    counts = sorted(n for place, n in arrivals.items() if first <= place <= last)
    return counts[int(USUAL_SHARE * (len(counts) - 1))] if counts else 0


def last_ten_minutes(arrivals: Mapping[int, int], now_bin: int, elapsed: float) -> float:
    """Ballots of the last ten minutes; `elapsed` is the share of the present ten that is over."""
    return arrivals.get(now_bin, 0) + (1 - elapsed) * arrivals.get(now_bin - 1, 0)


def limit(usual_count: int) -> int:
    """Ballots in ten minutes from which on people are asked to wait."""
    return max(FLOOR, FACTOR * usual_count)


def minute_limit(usual_count: int) -> int:
    """The same for one minute."""
    return max(MINUTE_FLOOR, FACTOR * usual_count // 5)
