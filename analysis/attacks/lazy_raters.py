"""Lazy raters: members of the panel who give everybody the same mark."""

from dataclasses import replace

import numpy as np

from analysis.attacks.honest import Round


def lazy_raters(honest: Round, target: int, size: int, seed: int) -> Round:
    """`size` raters tick one option on every question about every unit: best or second best.

    Nobody is aimed at, so `target` has no part in it; the order flattens.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(honest.panel))[:size]
    best = honest.setting.panel_upper.shape[2]
    panel, is_false = honest.panel.copy(), honest.is_false.copy()
    panel[chosen] = rng.integers(best - 1, best + 1, size=size)[:, None, None]
    is_false[chosen] = True
    return replace(honest, panel=panel, is_false=is_false)
