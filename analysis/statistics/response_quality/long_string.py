"""Long strings: the longest run of one option down the page."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Runs:
    """Per ballot (n,): length of the longest run of one answer, and the mean length of its runs.

    0 and NaN for a ballot without an answer.
    """

    longest: Counts
    average: Floats


def long_string(x: Floats) -> Runs:
    """Longest run and mean run of identical consecutive answers, in the order shown.

    x (ballots × items), NaN where nothing was answered: a blank ends a run and belongs to none.
    mean run = answers / runs.

    What goes wrong: a contented person who ticks 非常满意 ten times is the usual honest answer
    where all items are keyed one way; alone this is no evidence. Only within a screen of at least 8
    items on one scale. Where the threshold should lie: `honest.cut_off`.

    Source: Johnson 2005, J. Res. Personality 39, p. 109; Meade & Craig 2012, Psychol. Methods 17,
    p. 443; Curran 2016, J. Exp. Soc. Psychol. 66, p. 8. Agrees with careless::longstring(avg=TRUE)
    where nothing is missing.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    n = len(x)
    answered = ~np.isnan(x)
    longest = np.zeros(n, dtype=np.int64)
    current = np.zeros(n, dtype=np.int64)
    runs = np.zeros(n, dtype=np.int64)
    before = np.full(n, np.nan)
    for column, here in zip(x.T, answered.T, strict=True):
        same = column == before
        current = np.where(same, current + 1, here)
        runs += here & ~same
        np.maximum(longest, current, out=longest)
        before = column
    total = answered.sum(axis=1)
    average = np.where(runs > 0, total / np.maximum(runs, 1), np.nan)
    return Runs(longest, average)
