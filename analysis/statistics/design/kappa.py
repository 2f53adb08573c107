"""Cohen's kappa of two answers under a design.

Cohen (1960), Educ. Psychol. Meas. 20, pp. 37-46; Lumley (2010) §2.4 for the delta method.
"""

import numpy as np

from analysis.note import Note
from analysis.statistics.design.design import Codes, Design
from analysis.statistics.design.linearisation import Linear, means
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_


def kappa(design: Design, a: Codes, b: Codes) -> Linear:
    """κ = (p_o − p_e)/(1 − p_e) for codes of one common list of levels, below 0 where missing.

    p_o = Σ p_ii, p_e = Σ p_i· p_·i from weighted shares. z is w/Σw times the deviation of u =
    [a = b]/(1−p_e) − (1−p_o)/(1−p_e)² (p_·a + p_b·) from its mean: κ moves by the mean of u.
    Undefined where p_e = 1, that is where everybody chose one and the same level.
    """
    taken = (a >= 0) & (b >= 0) & (design.weights > 0)
    if not taken.any():
        raise NoEstimate("too_few", Note(N_("没有两次判断都齐全的行")))
    levels = int(max(a.max(), b.max())) + 1
    w = np.where(taken, design.weights, 0.0)
    first, second = np.where(taken, a, 0), np.where(taken, b, 0)
    rows = np.bincount(first, w, levels) / w.sum()
    columns = np.bincount(second, w, levels) / w.sum()
    same = (first == second).astype(np.float64)
    observed, expected = float((w * same).sum() / w.sum()), float(rows @ columns)
    if 1 - expected < 1e-12:
        note = Note(N_("所有判断都落在同一类，kappa 没有定义；请直接报告一致率"))
        raise NoEstimate("undefined", note)
    left = 1 - expected
    u = same / left - (1 - observed) / left**2 * (columns[first] + rows[second])
    of = means(design, u, taken)
    value = np.array([(observed - expected) / left])
    return Linear(value, of.z, of.inside)
