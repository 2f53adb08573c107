"""A card farm: neighbouring cards of one batch, filled in by one hand."""

from dataclasses import replace

import numpy as np

from analysis.attacks.forged import with_ballots
from analysis.attacks.honest import BINS_A_DAY, Ballots, Round

DIFFERS = 0.03
SITTINGS = 3


def card_farm(honest: Round, target: int, size: int, seed: int) -> Round:
    """`size` neighbouring cards of the target's batch: full marks, an answer in 33 second best.

    Entered in three sittings of ten minutes, quickly, each card from a device of its own as far as
    the round can see (a card needs no phone). They stand somewhere in the batch, one after the
    other; the cards behind them move on.

    The batch is taken for a link of its own with counts of arrivals. Where a round keeps neither
    for cards, as today's do, the detectors of links see nothing of the farm.
    """
    rng = np.random.default_rng(seed)
    setting, old = honest.setting, honest.ballots
    best = float(setting.options)
    items = setting.upper.shape[1]
    start = int(rng.integers(setting.cards[target] + 1))
    behind = old.is_card & (old.unit == target) & (old.serial >= start)
    moved = replace(old, serial=old.serial + size * behind)
    day = rng.integers(setting.days, size=SITTINGS)
    sitting = day * BINS_A_DAY + rng.integers(9 * 6, 21 * 6, size=SITTINGS)
    more = Ballots(
        x=np.where(rng.random((size, items)) < DIFFERS, best - 1, best),
        unit=np.full(size, target),
        is_card=np.ones(size, dtype=np.bool_),
        serial=start + np.arange(size),
        bin=np.sort(rng.choice(sitting, size=size)),
        is_fast=rng.random(size) < 0.5,
        device=np.zeros(size, dtype=np.int64),
        is_forged=np.ones(size, dtype=np.bool_),
    )
    return with_ballots(replace(honest, ballots=moved), more)
