"""Replicate weights: delete some, count the rest up, see how far the estimate moves.

Wolter (2007), Introduction to Variance Estimation, ch. 3 (half-samples), ch. 4 (jackknife);
Kott (2001), J. Official Statistics 17(4), pp. 521-526 (delete-a-group); Rao & Wu (1988), JASA 83,
pp. 231-241 (rescaled bootstrap). Use it for a chain of steps that cannot be linearised, and put
the whole chain, raking included, into `theta`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.note import Note
from analysis.statistics.design.design import Codes, Design, Floats, Rows, Stage
from analysis.statistics.design.linearisation import summed
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Kind = Literal["jk1", "jkn", "brr", "dagjk", "bootstrap"]
LARGEST = 50_000_000
GROUPS = 100
REPLICATIONS = 400


@dataclass(frozen=True, slots=True)
class Replicates:
    """R sets of factors on the weights.

    `factor` (PSU, R); `scale` (R,) the c_r of v = Σ c_r (θ_r − centre)²; `centred` whether the
    centre is the mean of the replicates (True) or the estimate itself.
    """

    kind: Kind
    factor: Floats
    scale: Floats
    centred: bool
    notes: tuple[Note, ...] = ()


def replicates(
    design: Design,
    kind: Kind,
    *,
    groups: int = GROUPS,
    replications: int = REPLICATIONS,
    seed: int = 1,
    mse: bool = False,
) -> Replicates:
    """Replicates of the first stage of a design.

    jk1: all PSUs one by one, no strata; c = (1−f)(n−1)/n. jkn: the same within each stratum, c =
    (1−f_h)(n_h−1)/n_h (Wolter 2007, §4.5). brr: half-samples of strata with exactly two PSUs by a
    Hadamard matrix, c = 1/R (§3.2). dagjk: `groups` random groups, c = (G−1)/G, with Kott's
    weights 1 ± Z where a stratum has fewer PSUs than groups. bootstrap: n_h−1 PSUs of n_h with
    replacement, counted n_h/(n_h−1) times; c = 1/R, or 1/(R−1) about their mean.

    Centre: as in R's `survey`, the mean of the replicates (of those with c > 0) for jk1, jkn, brr
    and bootstrap, the estimate itself with `mse`; for dagjk always the estimate (Kott's formula).
    Population sizes of later stages, and for brr, dagjk and bootstrap of the first too, are not
    used: the figure then errs on the safe side. A stratum with a single PSU is deleted whole in its
    turn by jkn, with c = (1−f_h)(H−1)/H (`survey` leaves the 1−f_h out), and is fixed by dagjk and
    bootstrap, which then miss its share of the variance.
    """
    first = design.stages[0]
    _check(design, kind)
    rng = np.random.default_rng(seed)
    centred = not mse and kind != "dagjk"
    notes = design.notes()
    if kind in ("jk1", "jkn"):
        factor, scale = _jackknife(first)
        ignored = any(np.isfinite(one.population).any() for one in design.stages[1:])
    else:
        ignored = any(np.isfinite(one.population).any() for one in design.stages)
        if kind == "brr":
            factor = _half_samples(first)
            scale = np.full(factor.shape[1], 1 / factor.shape[1])
        elif kind == "dagjk":
            factor = _groups(first, min(groups, len(first.stratum)), rng)
            scale = np.full(factor.shape[1], 1 - 1 / factor.shape[1])
        else:
            factor = _rao_wu(first, replications, rng)
            scale = np.full(replications, 1 / (replications - 1 if centred else replications))
    if ignored:
        notes += (Note(N_("重抽样没有用上全部总体数，标准误偏保守")),)
    return Replicates(kind, factor, scale, centred, notes)


def replicate_totals(design: Design, of: Replicates, x: Floats) -> Floats:
    """Σ w x under each replicate, (R, k), for x (rows, k): sums by PSU first, then one product."""
    x = x.reshape(design.n, -1)
    units = summed(design.psu, x * design.weights[:, None], len(of.factor))
    found: Floats = of.factor.T @ units
    return found


def replicate(design: Design, of: Replicates, theta: Callable[[Floats], Floats]) -> Floats:
    """θ of each set of weights, (R, k): theta takes weights (rows,) and gives estimates (k,)."""
    return np.array([np.ravel(theta(design.weights * one[design.psu])) for one in of.factor.T])


def replicate_ratios(
    design: Design, of: Replicates, y: Floats, x: Floats, inside: Rows | None = None
) -> Floats:
    """Σ w y / Σ w x under each replicate, (R, k), NaN where Σ w x = 0; a mean has x = 1.

    Rows with a missing value are left out, as are those outside the domain.
    """
    y, x = np.broadcast_arrays(y.reshape(design.n, -1), x.reshape(design.n, -1))
    taken = ~(np.isnan(y) | np.isnan(x))
    if inside is not None:
        taken = taken & inside[:, None]
    top = replicate_totals(design, of, np.where(taken, y, 0.0))
    bottom = replicate_totals(design, of, np.where(taken, x, 0.0))
    gone = np.isclose(bottom, 0)
    return np.where(gone, np.nan, top / np.where(gone, 1.0, bottom))


def replicate_covariance(of: Replicates, thetas: Floats, estimate: Floats) -> Floats:
    """V (k, k) = Σ c_r (θ_r − centre)(θ_r − centre)ᵀ; replicates without a value are left out."""
    good = np.isfinite(thetas).all(axis=1)
    if not good.any():
        raise NoEstimate("undefined", Note(N_("每次重抽样都得不出估计；请改用线性化方差")))
    scale, kept = of.scale[good], thetas[good]
    used = kept[scale > 0]
    centre = used.mean(axis=0) if of.centred and len(used) else estimate
    off = kept - centre
    found: Floats = (off * scale[:, None]).T @ off
    return found


def _check(design: Design, kind: Kind) -> None:
    first = design.stages[0]
    units = len(first.stratum)
    if units < 2:
        raise NoEstimate("too_few", Note(N_("只有一个初级单元，不能重抽样；至少要有两个")))
    if kind == "jk1" and design.stratified:
        raise NoEstimate("undefined", Note(N_("有层时不能用 jk1；请用 jkn")))
    if kind == "brr" and (first.sampled != 2).any():
        raise NoEstimate("undefined", Note(N_("brr 要求每层正好两个初级单元；请用 jkn")))
    if kind in ("jk1", "jkn") and units * units > LARGEST:
        values = {"n": units}
        raise NoEstimate(
            "undefined", Note(N_("{n} 个初级单元太多，逐个删去不可行；请用 dagjk"), values)
        )


def _jackknife(first: Stage) -> tuple[Floats, Floats]:
    n, strata = first.sampled, len(first.sampled)
    own = first.stratum
    same = own[:, None] == own[None, :]
    up = np.where(n > 1, n / np.maximum(n - 1, 1), 1.0)
    factor = np.where(same, up[own][None, :], 1.0)
    scale = (1 - first.fraction[own]) * (n[own] - 1) / n[own]
    if strata > 1:
        lonely = n[own] == 1
        factor[:, lonely] = strata / (strata - 1)
        scale[lonely] = ((1 - first.fraction[own]) * (strata - 1) / strata)[lonely]
    np.fill_diagonal(factor, 0.0)
    return factor, scale


def _half_samples(first: Stage) -> Floats:
    """2 for the PSU taken, 0 for the other, by row h + 1 of a Hadamard matrix in stratum h."""
    strata = len(first.sampled)
    size = 1 << strata.bit_length()
    common = (first.stratum + 1)[:, None] & np.arange(size)[None, :]
    odd = _parity(common)
    second = np.zeros(len(first.stratum), dtype=np.int64)
    order = np.argsort(first.stratum, kind="stable")
    second[order[1::2]] = 1
    return np.where(odd == second[:, None], 2.0, 0.0)


def _parity(number: Codes) -> Codes:
    bits = number.copy()
    for shift in (32, 16, 8, 4, 2, 1):
        bits ^= bits >> shift
    return bits & 1


def _groups(first: Stage, groups: int, rng: np.random.Generator) -> Floats:
    own, n = first.stratum, first.sampled[first.stratum]
    group = np.empty(len(own), dtype=np.int64)
    group[np.lexsort((rng.random(len(own)), own))] = np.arange(len(own)) % groups
    mine = group[:, None] == np.arange(groups)[None, :]
    gone = summed(own, mine.astype(np.float64), len(first.sampled))[own]
    large = (n >= groups)[:, None]
    plain = n[:, None] / np.maximum(n[:, None] - gone, 1)
    z = np.sqrt(groups / ((groups - 1) * n * np.maximum(n - 1, 1)))[:, None]
    small = np.where(mine, 1 - (n[:, None] - 1) * z, 1 + z)
    touched = np.where(large, np.where(mine, 0.0, plain), small)
    return np.where((gone > 0) & (n > 1)[:, None], touched, 1.0)


def _rao_wu(first: Stage, replications: int, rng: np.random.Generator) -> Floats:
    factor = np.ones((len(first.stratum), replications))
    for stratum, n in enumerate(first.sampled.astype(np.int64).tolist()):
        if n > 1:
            drawn = rng.multinomial(n - 1, np.full(n, 1 / n), size=replications)
            factor[first.stratum == stratum] = drawn.T * (n / (n - 1))
    return factor
