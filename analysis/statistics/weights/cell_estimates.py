"""Means, totals and domains from cell sums under cell weights: cost does not depend on n.

A cell c holds n_c persons who share one weight w_c, with Σx and Σx² of the outcome. For a domain
D: m = Σ_c w_c Σx_cD / W, W = Σ_c w_c n_cD; z_i = (x_i − m)/W inside D and 0 outside;
e_i = z_i − fit of z on the margins, constant in a cell; u_i = w_c e_i; by sampling stratum h
v = Σ_h (1 − f_h) n_h/(n_h − 1) (Σ u² − (Σ u)²/n_h), persons being the units drawn.

Source: as `projection`; domains: Särndal, Swensson & Wretman (1992), §5.8, all persons of the
stratum kept. Exact: the same as `survey::svymean` on rows with weights constant in cells. What
goes wrong: several answers of one person must come as one person's score, or the error is too low.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from analysis.note import Note
from analysis.statistics.estimate import Estimate
from analysis.statistics.weights.margins import Codes, Floats
from analysis.statistics.weights.projection import CellProjection, cell_projection
from forms.problems import N_

METHOD = "cells"
NOBODY = Note(N_("没有权数为正的答卷，得不出结果"))
ALONE = Note(N_("某层只有一份答卷，得不出标准误；请合并层"))


@dataclass(frozen=True, slots=True)
class CellSums:
    """n, Σx and Σx² of an outcome, each domains × cells (or cells alone, for one domain)."""

    n: Floats
    sum: Floats
    squares: Floats

    @classmethod
    def of_counts(cls, counts: Codes, points: Floats) -> "CellSums":
        """From counts of options (… × cells × options) worth `points` (options)."""
        powers = np.column_stack([np.ones(len(points)), points, np.square(points)])
        n, first, second = np.moveaxis(counts.astype(np.float64) @ powers, -1, 0)
        return cls(n, first, second)


@dataclass(frozen=True, slots=True)
class CellEstimates:
    """By domain: the mean and total, their standard errors, and persons behind them.

    The arrays hold NaN where nobody with a positive weight is in the domain, or where a variance
    has no two persons; `means` and `totals` state it.
    """

    mean: Floats
    mean_se: Floats
    total: Floats
    total_se: Floats
    n: Floats
    df: float

    def means(self, level: float = 0.95) -> list[Estimate]:
        """Each domain's mean with its t interval, df = persons − strata."""
        return self._stated(self.mean, self.mean_se, level)

    def totals(self, level: float = 0.95) -> list[Estimate]:
        """Each domain's total with its t interval."""
        return self._stated(self.total, self.total_se, level)

    def _stated(self, values: Floats, errors: Floats, level: float) -> list[Estimate]:
        t = float(stdtrit(self.df, (1 + level) / 2)) if self.df > 0 else 0.0
        found = []
        for value, se, n in zip(values.tolist(), errors.tolist(), self.n.tolist(), strict=True):
            if value != value:
                found.append(Estimate(None, n=int(n), method=METHOD, notes=(NOBODY,)))
            elif se != se:
                found.append(Estimate(value, n=int(n), method=METHOD, notes=(ALONE,)))
            else:
                low, high = value - t * se, value + t * se
                found.append(Estimate(value, se, self.df, low, high, int(n), METHOD))
        return found


def cell_estimate(
    sums: CellSums,
    weights: Floats,
    levels: Codes,
    *,
    everyone: Floats | None = None,
    stratum: Codes | None = None,
    sampled: Floats | None = None,
) -> CellEstimates:
    """Mean and total of every domain with linearised standard errors.

    `weights` (cells): the weight of each person of a cell. `levels` (cells × margins): what was
    calibrated on; zero margins for none. `everyone` (cells): persons of each cell in and out of
    the domains; by default the domains are taken to hold everyone once. `stratum` (cells) the
    sampling stratum, `sampled` (strata) its sampling fraction f_h.
    """
    n, first, second = (np.atleast_2d(one) for one in (sums.n, sums.sum, sums.squares))
    size = n.sum(axis=0) if everyone is None else np.asarray(everyone, dtype=np.float64)
    fit = cell_projection(levels, [int(one.max(initial=0)) + 1 for one in levels.T], size)
    strata = np.zeros(len(weights), dtype=np.int64) if stratum is None else stratum
    mass = n @ weights
    total = first @ weights
    safe = np.where(mass > 0, mass, 1.0)
    mean = total / safe
    centred = (first - mean[:, None] * n) / safe[:, None]
    spread = (second - 2 * mean[:, None] * first + np.square(mean)[:, None] * n) / np.square(safe)[
        :, None
    ]
    shape = _Shape(size, weights, strata, sampled, fit)
    mean_variance = shape.variance(centred, np.maximum(spread, 0.0))
    total_variance = shape.variance(first, second)
    known = mass > 0
    return CellEstimates(
        np.where(known, mean, np.nan),
        np.where(known, np.sqrt(mean_variance), np.nan),
        np.where(known, total, np.nan),
        np.where(known, np.sqrt(total_variance), np.nan),
        n.sum(axis=1),
        float(size.sum()) - len(np.unique(strata[size > 0])),
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the variances of all domains share."""

    size: Floats
    weights: Floats
    stratum: Codes
    sampled: Floats | None
    fit: CellProjection

    def variance(self, first: Floats, second: Floats) -> Floats:
        """By domain, from Σz and Σz² by domain and cell. NaN with a stratum of one person."""
        fitted = self.fit.fitted(first)
        squares = np.square(self.weights) * (
            second - 2 * fitted * first + self.size * np.square(fitted)
        )
        sums = self.weights * (first - self.size * fitted)
        strata = int(self.stratum.max(initial=0)) + 1
        variance = np.zeros(len(first))
        for h in range(strata):
            here = self.stratum == h
            n = float(self.size[here].sum())
            if n == 0:
                continue
            if n < 2:
                return np.full(len(first), np.nan)
            rest = 1.0 if self.sampled is None else 1 - float(self.sampled[h])
            within = squares[:, here].sum(axis=1) - np.square(sums[:, here].sum(axis=1)) / n
            variance += rest * n / (n - 1) * np.maximum(within, 0.0)
        return variance
