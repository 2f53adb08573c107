"""What all attacks share: forged ballots laid beside the honest ones."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analysis.attacks.honest import Ballots, Bools, Floats, Ints, Round

Attack = Callable[[Round, int, int, int], Round]
"""(an honest round, the ratee's place, how many ballots or raters, seed) → the dirty round."""


def forged_by_link(
    x: Floats, target: int, bin: Ints, is_fast: Bools, device: Ints | None = None
) -> Ballots:
    """Forged ballots (n, items) by the link of one unit."""
    n = len(x)
    return Ballots(
        x=x,
        unit=np.full(n, target),
        is_card=np.zeros(n, dtype=np.bool_),
        serial=np.full(n, -1),
        bin=bin,
        is_fast=is_fast,
        device=np.zeros(n, dtype=np.int64) if device is None else device,
        is_forged=np.ones(n, dtype=np.bool_),
    )


def with_ballots(honest: Round, more: Ballots) -> Round:
    """The round with these ballots as well."""
    return replace(honest, ballots=honest.ballots.with_forged(more))
