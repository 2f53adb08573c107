"""Paid praise: full marks by the open link of one unit, in a few sittings, quickly."""

import numpy as np

from analysis.attacks.forged import forged_by_link, with_ballots
from analysis.attacks.honest import BINS_A_DAY, Round

SITTINGS = 2
FAST = 0.8
BY_ONE_DEVICE = 2


def paid_praise(honest: Round, target: int, size: int, seed: int) -> Round:
    """`size` full-mark ballots in two sittings of ten minutes, four in five fast, two a device."""
    rng = np.random.default_rng(seed)
    setting = honest.setting
    x = np.full((size, setting.upper.shape[1]), float(setting.options))
    day = rng.integers(setting.days, size=SITTINGS)
    sitting = day * BINS_A_DAY + rng.integers(9 * 6, 21 * 6, size=SITTINGS)
    bins = np.sort(rng.choice(sitting, size=size))
    device = 1 + np.arange(size) // BY_ONE_DEVICE
    return with_ballots(honest, forged_by_link(x, target, bins, rng.random(size) < FAST, device))
