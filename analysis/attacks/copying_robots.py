"""Robots that copy the true distribution: ballots drawn like the honest ones of a better unit."""

import numpy as np

from analysis.attacks.forged import forged_by_link, with_ballots
from analysis.attacks.honest import Round, answers, arrivals


def copying_robots(honest: Round, target: int, size: int, seed: int) -> Round:
    """`size` ballots on the target, answered as people answer about the best unit, at usual times.

    Nothing in such answers is unlike an honest one: they are drawn from an honest distribution.
    """
    rng = np.random.default_rng(seed)
    setting = honest.setting
    best = int(np.argmin(setting.upper.sum(axis=(1, 2))))
    x = answers(setting, np.full(size, best), rng)
    fast = rng.random(size) < setting.fast
    return with_ballots(honest, forged_by_link(x, target, arrivals(setting, size, rng), fast))
