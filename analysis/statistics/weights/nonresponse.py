"""Non-response: how representative the answers are, and weights that adjust for who is missing.

R-indicator R = 1 − 2 SD(ρ̂) of the response propensities: 1 when all answer alike, 0 at worst.
Weighting classes: g = Σ_class d / Σ_answered in class d. Propensity classes: the same with five
classes of equal size by ρ̂, which removes most of the bias the traits can explain.
Early and late: those who answered late stand in for those who did not.

Source: Schouten, Cobben & Bethlehem (2009), Survey Methodology 35, 101–113; Little
(1986), International Statistical Review 54, 139–157; five classes: Rosenbaum & Rubin (1984), JASA
79, 516–524. R uses SD with N − 1 in the denominator. What goes wrong: R is high by construction
when the traits say little; nothing here repairs selection on the answer itself. Traits belong to
the link's stratum, never to a person, or a ballot could be traced.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.weights.margins import Codes, Floats
from forms.problems import N_

CLASSES = 5


def r_indicator(propensity: Floats, weights: Floats | None = None) -> float:
    """1 − 2 SD(ρ̂) over everybody issued, with design `weights` where given.

    Weighted: √(Σ d (ρ − ρ̄)² / (Σ d − 1)) for weights that count persons, as in the source;
    weights with a sum of 1 or less are taken with the share alone.
    """
    d = np.ones(len(propensity)) if weights is None else weights
    total = float(d.sum())
    if len(propensity) < 2 or total <= 0:
        raise NoEstimate("too_few", Note(N_("至少要有两个发放对象，才能算代表性指标")))
    mean = float(d @ propensity) / total
    below = total - 1 if total > 1 else total
    return 1 - 2 * float(np.sqrt(d @ np.square(propensity - mean) / below))


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Weights by row (0 for those who did not answer) and the factor of each class."""

    weights: Floats
    factor: Floats
    notes: tuple[Note, ...] = ()


def adjust_by_class(answered: Floats, code: Codes, weights: Floats) -> Adjusted:
    """The answerers of each class stand for all of it: Σ w over a class is Σ d over everybody.

    `answered` (rows) 0 or 1, `code` (rows) the class. A class nobody answered in cannot be
    represented: its factor is 0 and a note says how many it loses.
    """
    size = int(code.max(initial=-1)) + 1
    everyone = np.bincount(code, weights, minlength=size)
    there = np.bincount(code, weights * answered, minlength=size)
    factor = np.divide(everyone, there, out=np.zeros(size), where=there > 0)
    empty = (there <= 0) & (everyone > 0)
    notes: tuple[Note, ...] = ()
    if empty.any():
        notes = (
            Note(
                N_("有 {n} 类无人应答，无法由别人代表；请先与相近的类合并"),
                {"n": int(empty.sum())},
            ),
        )
    return Adjusted(weights * answered * factor[code], factor, notes)


def propensity_classes(propensity: Floats, classes: int = CLASSES) -> Codes:
    """Classes of about equal size by propensity; equal propensities share a class.

    A row's class follows from the share of rows with a lower propensity, so order does not matter.
    """
    rank = stats.rankdata(propensity, method="min") - 1
    code = np.floor(rank * classes / len(propensity)).astype(np.int64)
    return np.unique(code, return_inverse=True)[1].astype(np.int64).ravel()


def adjust_by_propensity(
    answered: Floats, propensity: Floats, weights: Floats, classes: int = CLASSES
) -> Adjusted:
    """The weighting-class adjustment with classes by estimated propensity."""
    return adjust_by_class(answered, propensity_classes(propensity, classes), weights)


def inverse_odds(propensity: Floats) -> Floats:
    """(1 − p)/p: weights that turn the sample's mix into that of the others it was pooled with."""
    return (1 - propensity) / propensity


def early_late(early: Floats, late: Floats, level: float = 0.95) -> Estimate:
    """mean(late) − mean(early), Welch's standard error: a sign of what the missing may think.

    Source: Armstrong & Overton (1977), Journal of Marketing Research 14, 396–402; Welch (1947).
    """
    n = len(early) + len(late)
    if min(len(early), len(late)) < 2:
        note = Note(N_("早答和晚答至少各要两份，才能比较"))
        return Estimate(None, n=n, method="welch", notes=(note,))
    gap = float(late.mean() - early.mean())
    parts = [float(one.var(ddof=1)) / len(one) for one in (early, late)]
    variance = sum(parts)
    if variance == 0:
        note = Note(N_("全部答案相同，抽样误差为零"))
        return Estimate(gap, 0.0, None, gap, gap, n, "welch", (note,))
    df = variance**2 / (parts[0] ** 2 / (len(early) - 1) + parts[1] ** 2 / (len(late) - 1))
    half = float(stats.t.ppf((1 + level) / 2, df)) * variance**0.5
    return Estimate(gap, variance**0.5, df, gap - half, gap + half, n, "welch")
