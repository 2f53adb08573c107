"""A standard answer sheet: people copy one set of answers, each at a time of their own."""

import numpy as np

from analysis.attacks.forged import forged_by_link, with_ballots
from analysis.attacks.honest import Round, arrivals

FAITHFUL = 0.97
SECOND = 0.3


def answer_sheet(honest: Round, target: int, size: int, seed: int) -> Round:
    """`size` ballots by the link that copy one sheet: mostly best marks, some second best.

    Each answer is copied with probability 0.97, otherwise it is the second best; usual times and
    pace.
    """
    rng = np.random.default_rng(seed)
    setting = honest.setting
    items, best = setting.upper.shape[1], float(setting.options)
    sheet = np.full(items, best)
    sheet[rng.permutation(items)[: max(2, int(SECOND * items))]] = best - 1
    x = np.where(rng.random((size, items)) < FAITHFUL, sheet, best - 1)
    fast = rng.random(size) < setting.fast
    return with_ballots(honest, forged_by_link(x, target, arrivals(setting, size, rng), fast))
