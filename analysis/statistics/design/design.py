"""A sampling design: who stood for how many, and which rows were drawn together.

Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, §§3.7 (strata), 4.2 (clusters),
4.3 (two stages); Lumley (2010), Complex Surveys, §2.2, §3.1 (weights and population sizes).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_, InputError, Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Rows = NDArray[np.bool_]
SAME = 1e-9
FEW = 10


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of drawing. m units in H strata; rows point at units, units at strata.

    `unit` (rows,) the unit of each row; `stratum` (m,) the stratum of each unit, at later stages
    the unit drawn before; `sampled` (H,) the units drawn; `population` (H,) the units there were,
    inf where the sample is a negligible part of them or nothing was said; `reach` (H,) the product
    of the sampling fractions of the stages before, 1 at the first.
    """

    unit: Codes
    stratum: Codes
    sampled: Floats
    population: Floats
    reach: Floats

    @property
    def fraction(self) -> Floats:
        """f_h = n_h / N_h of each stratum, 0 where the population is unbounded."""
        return self.sampled / self.population


@dataclass(frozen=True, slots=True)
class Design:
    """A design of `n` rows. `weights` (rows,) is the number of persons a row stands for."""

    weights: Floats
    stages: tuple[Stage, ...]
    stratified: bool
    weighted: bool

    @property
    def n(self) -> int:
        return len(self.weights)

    @property
    def psu(self) -> Codes:
        """The primary sampling unit of each row."""
        return self.stages[0].unit

    @property
    def simple(self) -> bool:
        """Whether nothing was said: equal weights, no strata, clusters or population sizes."""
        first = self.stages[0]
        own = len(self.stages) == 1 and len(first.stratum) == self.n
        return own and not (self.weighted or self.stratified or np.isfinite(first.population).any())

    def degrees(self, inside: Rows | None = None) -> int:
        """#PSU − #strata, among the rows inside a domain that have a weight (Lumley 2010, §2.2)."""
        counted = self.weights != 0 if inside is None else (self.weights != 0) & inside
        units = np.bincount(self.psu[counted]) > 0
        strata = np.bincount(self.stages[0].stratum[: len(units)][units]) > 0
        return int(units.sum()) - int(strata.sum())

    def notes(self) -> tuple[Note, ...]:
        """What must be said of every variance under this design."""
        first = self.stages[0]
        lonely = int(((first.sampled == 1) & (first.fraction < 1)).sum())
        found = []
        if lonely and len(first.sampled) > 1:
            text = N_("有 {n} 层只有一个初级单元，其方差按总均值居中计算")
            found.append(Note(text, {"n": lonely}))
        if (first.fraction >= 1).all():
            text = N_("这是全面调查：抽样误差为 0，测量误差不在其中")
            found.append(Note(text))
        return tuple(found)


def make_design(
    n: int,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    clusters: Sequence[ArrayLike] = (),
    fpc: Sequence[ArrayLike] = (),
) -> Design:
    """The design of n rows from its columns, all of length n.

    weights: how many each row stands for; without them 1, or with `fpc` Π N/n over the stages
    (one over the probability of being drawn). strata: any labels. clusters: labels of the unit of
    each stage, first stage first; none means that every row was drawn by itself. Labels need be
    unique only within the stratum, and at later stages within the unit before. fpc: for each stage
    the number of units in the row's stratum, or the fraction drawn (all ≥ 1, or all ≤ 1).

    A stage without fpc counts as drawn from an unbounded population; after such a first stage the
    later ones add nothing (the "ultimate cluster" rule, Särndal et al. 1992, §4.6). Unlike R's
    `survey`, a label that occurs in two strata is always two units (its `nest = TRUE`).
    """
    if n == 0:
        raise NoEstimate("too_few", Note(N_("没有可用的行；请检查缺失值和筛选")))
    _check_lengths(len(fpc), max(1, len(clusters)))
    stratum = np.zeros(n, dtype=np.int64) if strata is None else _codes(strata)
    reach = np.ones(int(stratum.max()) + 1)
    stages: list[Stage] = []
    for place, labels in enumerate(clusters or [np.arange(n)]):
        size = np.asarray(fpc[place], dtype=np.float64) if place < len(fpc) else None
        stages.append(_stage(place, stratum, _codes(labels), size, reach))
        last = stages[-1]
        stratum, reach = last.unit, (last.reach * last.fraction)[last.stratum]
    given = None if weights is None else _checked_weights(weights)
    used = _weights_of(stages, n) if given is None else given
    return Design(used, tuple(stages), strata is not None, weights is not None)


def reweighted(design: Design, weights: Floats) -> Design:
    """The same design with other weights, such as calibrated ones."""
    return replace(design, weights=_checked_weights(weights), weighted=True)


def _codes(labels: ArrayLike) -> Codes:
    return np.unique(np.asarray(labels), return_inverse=True)[1].astype(np.int64).ravel()


def _stage(place: int, stratum: Codes, label: Codes, size: Floats | None, reach: Floats) -> Stage:
    pairs, unit = np.unique(stratum * (label.max() + 1) + label, return_inverse=True)
    of_unit = (pairs // (label.max() + 1)).astype(np.int64)
    strata = len(reach)
    sampled = np.bincount(of_unit, minlength=strata).astype(np.float64)
    if size is None:
        population = np.full(strata, np.inf)
    else:
        population = _population(place, stratum, size, sampled)
    return Stage(unit.astype(np.int64).ravel(), of_unit, sampled, population, reach)


def _population(place: int, stratum: Codes, size: Floats, sampled: Floats) -> Floats:
    """N_h of each stratum from counts or fractions; InputError where they cannot be that."""
    where = f"fpc[{place + 1}]"
    if not np.isfinite(size).all() or (size <= 0).any():
        text, remedy = N_("总体数有缺失或不是正数"), N_("请填每层的单位总数，或抽样比")
        raise InputError([Problem(where, text, remedy)])
    if (size < 1).any() and (size > 1).any():
        text = N_("总体数与抽样比混用")
        raise InputError([Problem(where, text, N_("请全部填总数（≥ 1）或全部填抽样比（≤ 1）"))])
    largest, smallest = np.zeros(len(sampled)), np.full(len(sampled), np.inf)
    np.maximum.at(largest, stratum, size)
    np.minimum.at(smallest, stratum, size)
    if (largest - smallest > SAME * largest).any():
        text = N_("同一层内的总体数不一致")
        raise InputError([Problem(where, text, N_("同一层（或同一群）的各行请填同一个数"))])
    population = largest if (size > 1).any() else sampled / largest
    over = np.flatnonzero(population < sampled * (1 - SAME))
    if len(over):
        values: dict[str, str | int] = {"n": int(sampled[over[0]]), "N": f"{population[over[0]]:g}"}
        text = N_("样本有 {n} 个单位，多于总体数 {N}")
        raise InputError([Problem(where, text, N_("请核对总体数，它不能小于样本数"), values)])
    return np.maximum(population, sampled)


def _weights_of(stages: Sequence[Stage], n: int) -> Floats:
    weights = np.ones(n)
    for stage in stages:
        share = np.where(np.isfinite(stage.population), stage.fraction, 1.0)
        weights /= share[stage.stratum[stage.unit]]
    return weights


def _checked_weights(weights: ArrayLike) -> Floats:
    values = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        text = N_("权数有缺失或为负")
        raise InputError([Problem("weights", text, N_("请填不小于 0 的数；不用的行填 0"))])
    if not values.any():
        raise NoEstimate("undefined", Note(N_("权数全部为 0，没有可估计的对象")))
    return values


def _check_lengths(sizes: int, stages: int) -> None:
    if sizes > stages:
        text = N_("给了 {sizes} 列总体数，只有 {stages} 个抽样阶段")
        remedy = N_("每个阶段一列总体数，与 --clusters 的列一一对应")
        raise InputError([Problem("fpc", text, remedy, {"sizes": sizes, "stages": stages})])
