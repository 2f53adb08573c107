"""Guttman's bounds of reliability, and the best and worst of all split halves."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.items.moments import Floats, ItemMoments, inverse_diagonal, usable
from forms.problems import N_

MOST_ITEMS = 16


@dataclass(frozen=True, slots=True)
class Guttman:
    """Lower bounds λ1 … λ6 of the reliability of the sum of standardised items.

    `lambda4_max` and `beta_min`: the greatest and least reliability of a split into halves; None
    beyond 16 items. `lambda6` None where the correlation matrix is singular.
    """

    lambda1: float
    lambda2: float
    lambda3: float
    lambda4_max: float | None
    lambda5: float
    lambda6: float | None
    beta_min: float | None
    eigenvalues: tuple[float, ...]
    n: int
    notes: tuple[Note, ...]


def guttman(moments: ItemMoments) -> Guttman:
    """With V = 1ᵀR1, k items, c_ij = r_ij off the diagonal:

    λ1 = 1 − k/V; λ2 = λ1 + √(k/(k−1) Σ c²)/V; λ3 = k/(k−1) λ1 (standardised alpha);
    λ4 of a split (A, B) = 4 Σ_{i∈A, j∈B} r_ij / V; λ5 = λ1 + 2√(max_j Σ_i c²_ij)/V;
    λ6 = 1 − Σ(1 − R²_i)/V. Halves of k // 2 and the rest, all of them: 462 for 11 items, 6 435
    for 16. β proper needs unequal clusters too; the least half split is what `psych` prints.

    Difference on purpose: psych::splitHalf tries the first half of the list of halves, which for an
    odd k are not all distinct splits; its maximum then depends on the order of the items. Here
    every split is tried, so λ4 max can be greater (11 items of lq2002: 0.9428, psych 0.9394).

    What goes wrong: the maximum over splits capitalises on chance below about 1 000 ballots
    (Benton 2015); read λ4 max as an upper figure there.

    Source: Guttman 1945, Psychometrika 10, p. 255–282 (λ1–λ6); Revelle 1979, Multivar. Behav.
    Res. 14, p. 57 (β).
    """
    chosen, _, notes = usable(moments, 2)
    r = chosen.correlation()
    k, whole = len(r), float(r.sum())
    if whole <= 1e-12 * k:
        raise NoEstimate("undefined", Note(N_("各题之和没有差异，信度没有定义")))
    square = r**2 - np.eye(k)
    first = 1 - k / whole
    diagonal = inverse_diagonal(r)
    halves = _halves(r) if k <= MOST_ITEMS else None
    if halves is None:
        notes += (Note(N_("题目多于 {k} 道，没有逐一比较所有对半分法"), {"k": MOST_ITEMS}),)
    return Guttman(
        first,
        first + float(np.sqrt(k / (k - 1) * square.sum())) / whole,
        k / (k - 1) * first,
        None if halves is None else float(halves.max()),
        first + 2 * float(np.sqrt(square.sum(axis=0).max())) / whole,
        None if diagonal is None else 1 - float((1 / diagonal).sum()) / whole,
        None if halves is None else float(halves.min()),
        tuple(np.linalg.eigvalsh(r)[::-1].tolist()),
        moments.n,
        notes,
    )


def _halves(r: Floats) -> Floats:
    k = len(r)
    half = k // 2
    chosen = [one for one in combinations(range(k), half) if 2 * half < k or one[0] == 0]
    side = np.zeros((len(chosen), k))
    np.put_along_axis(side, np.array(chosen), 1.0, axis=1)
    between = ((side @ r) * (1 - side)).sum(axis=1)
    result: Floats = 4 * between / r.sum()
    return result
