"""Collusion of a department: raters of the panel who lift one unit and press its rivals."""

from dataclasses import replace

import numpy as np

from analysis.attacks.honest import Round

RIVALS = 3


def collusion(honest: Round, target: int, size: int, seed: int) -> Round:
    """`size` raters give the target best marks and the three nearest rivals the lowest.

    Rivals are the units whose panel means are nearest to the target's; all else stays as it was.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(honest.panel))[:size]
    means = honest.panel.mean(axis=(0, 2))
    nearest = np.argsort(np.abs(means - means[target]), kind="stable")
    rivals = [unit for unit in nearest.tolist() if unit != target][:RIVALS]
    panel, is_false = honest.panel.copy(), honest.is_false.copy()
    panel[chosen, target] = float(honest.setting.panel_upper.shape[2])
    for rival in rivals:
        panel[chosen, rival] = 1.0
    is_false[np.ix_(chosen, np.array([target, *rivals]))] = True
    return replace(honest, panel=panel, is_false=is_false)
