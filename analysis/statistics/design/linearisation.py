"""Variances by linearisation: every estimate is, up to second order, a total of z-values.

Särndal, Swensson & Wretman (1992) §5.5 (linearisation), §5.8 (domains), Result 3.7.2 (strata),
Result 4.3.1 (two stages); Binder (1983), Int. Stat. Review 51, pp. 279-292; Lumley (2010)
§§2.2, 3.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import sparse, special

from analysis.note import Note
from analysis.statistics.design.design import FEW, Codes, Design, Floats, Rows, Stage
from analysis.statistics.estimate import Estimate
from forms.problems import N_

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Linear:
    """k estimates and what each row does to them.

    `value` (k,), NaN where there is none; `z` (rows, k) weighted z-values whose design covariance
    as totals is that of the estimates, 0 outside the domain; `inside` (rows, k) the rows in it.
    """

    value: Floats
    z: Floats
    inside: Rows


def covariance_of_totals(design: Design, z: Floats) -> Floats:
    """The (k, k) design covariance of the totals Σ z of z (rows, k), already weighted.

    V = Σ_stages Σ_h r_h (1−f_h) n_h/(n_h−1) Σ_i (z_hi − z̄_h)(z_hi − z̄_h)ᵀ with z_hi the sum over
    the unit i of stratum h, f_h = n_h/N_h, r_h the product of the sampling fractions of the stages
    before (1 at the first): Särndal et al. 1992, Result 4.3.1 in its recursive form, as R's
    `survey::svyrecvar`. A stratum with a single unit is centred at the mean of all units of the
    stage instead of being dropped ("adjust"); this is `survey`'s rule wherever Σ z = 0 (means,
    ratios, regression), while for a total `survey` centres at zero.
    """
    z = z.reshape(design.n, -1)
    found = np.zeros((z.shape[1], z.shape[1]))
    for stage in design.stages:
        scale = _scales(stage)
        if not scale.any():
            continue
        units = summed(stage.unit, z, len(stage.stratum))
        off = units - _centres(stage, units)[stage.stratum]
        found += (off * scale[stage.stratum, None]).T @ off
    return found


def _scales(stage: Stage) -> Floats:
    """r_h (1−f_h) n_h/(n_h−1) of each stratum, without the last factor where n_h is 1."""
    n = stage.sampled
    scale: Floats = (
        stage.reach * (1 - stage.fraction) * np.where(n > 1, n / np.maximum(n - 1, 1), 1)
    )
    return scale


def _centres(stage: Stage, units: Floats) -> Floats:
    centre = summed(stage.stratum, units, len(stage.sampled)) / stage.sampled[:, None]
    centre[stage.sampled == 1] = units.mean(axis=0)
    return centre


def means(design: Design, x: Floats, inside: Rows | None = None) -> Linear:
    """m = Σ w x / Σ w of each column of x (rows, k), z = w (x − m) / Σ w.

    Over the rows of a domain where `inside` (rows,) is given: the other rows keep their place in
    the design with z = 0 (Särndal et al. 1992, §5.8). A missing x (NaN) puts its row outside.
    """
    x, taken, w = _prepared(design, x, inside)
    total = w.sum(axis=0)
    value = _over((w * x).sum(axis=0), total)
    return Linear(value, _over(w * (x - _zero(value)), total, 0.0), taken)


def totals(design: Design, x: Floats, inside: Rows | None = None) -> Linear:
    """t = Σ w x of each column of x (rows, k), z = w x; domains and missing x as in `means`."""
    x, taken, w = _prepared(design, x, inside)
    value = np.where(w.any(axis=0), (w * x).sum(axis=0), np.nan)
    return Linear(value, w * x, taken)


def ratios(design: Design, y: Floats, x: Floats, inside: Rows | None = None) -> Linear:
    """R = Σ w y / Σ w x, z = w (y − R x) / Σ w x (Särndal et al. 1992, §5.6); y, x (rows, k).

    Rows where either is missing are outside. NaN where the denominator's total is 0.
    """
    y, x = y.reshape(design.n, -1), x.reshape(design.n, -1)
    y, taken, w = _prepared(design, np.where(np.isnan(x), np.nan, y), inside)
    x = np.where(taken, x, 0.0)
    total = (w * x).sum(axis=0)
    value = _over((w * y).sum(axis=0), total)
    return Linear(value, _over(w * (y - _zero(value) * x), total, 0.0), taken)


def variances(design: Design, x: Floats, inside: Rows | None = None) -> Linear:
    """S² = n/(n−1) · Σ w (x − m)² / Σ w of each column, as the mean of its squared deviations.

    n counts the rows used that have a weight (R's `svyvar` with na.rm counts those with a missing
    x too). m is held fixed in z: it moves S² only to second order.
    """
    centre = means(design, x, inside)
    n = (centre.inside & (design.weights != 0)[:, None]).sum(axis=0)
    off = np.where(centre.inside, _filled(x, centre.inside) - _zero(centre.value), np.nan)
    spread = np.where(n > 1, n / np.maximum(n - 1, 1), np.nan)
    return means(design, off**2 * spread, inside)


def contrast(of: Linear, coefficients: Floats) -> Linear:
    """Linear combinations of the estimates: coefficients (k, c). The covariance comes along."""
    inside = of.inside.astype(np.float64) @ (coefficients != 0) > 0
    return Linear(of.value @ coefficients, of.z @ coefficients, inside)


def together(parts: Sequence[Linear]) -> Linear:
    """Several sets of estimates as one, so that their covariances are known."""
    return Linear(
        np.concatenate([one.value for one in parts]),
        np.column_stack([one.z for one in parts]),
        np.column_stack([one.inside for one in parts]),
    )


def covariance(design: Design, of: Linear) -> Floats:
    """The (k, k) design covariance of the estimates."""
    return covariance_of_totals(design, of.z)


def estimates(
    design: Design, of: Linear, level: float = 0.95, method: str = "linear"
) -> list[Estimate]:
    """Each estimate with SE, df = #PSU − #strata within its domain, and the t interval."""
    return finished(design, of, np.diag(covariance(design, of)), level, method)


def finished(
    design: Design, of: Linear, variance: Floats, level: float, method: str
) -> list[Estimate]:
    """The estimates with these variances (k,)."""
    columns = zip(of.value, variance, of.inside.T, strict=True)
    return [
        interval(
            design, float(value), float(v), int(inside.sum()), design.degrees(inside), level, method
        )
        for value, v, inside in columns
    ]


def interval(
    design: Design, value: float, variance: float, n: int, df: int, level: float, method: str
) -> Estimate:
    """value ± t(df) √variance; without a standard error where there is no second unit."""
    if not np.isfinite(value):
        return Estimate(None, n=n, method=method, notes=(Note(N_("没有可用的值，得不出估计")),))
    notes = design.notes()
    if n < FEW:
        notes += (Note(N_("不足 {n} 行，标准误很不可靠"), {"n": FEW}),)
    if len(design.stages[0].stratum) < 2 and design.stages[0].fraction[0] < 1:
        alone = Note(N_("只有一个初级单元，得不出标准误；至少要有两个"))
        return Estimate(value, n=n, method=method, notes=(*notes, alone))
    if not np.isfinite(variance):
        return Estimate(value, n=n, method=method, notes=notes)
    se = sqrt(max(variance, 0.0))
    if df < 1:
        if se <= ROUNDING * max(1.0, abs(value)) and (design.stages[0].fraction < 1).any():
            text = N_("只有一个初级单元，或各层各有一个且没有差异，标准误无从得知")
            return Estimate(value, df=float(df), n=n, method=method, notes=(*notes, Note(text)))
        none = Note(N_("自由度不足（初级单元数不多于层数），得不出区间；请合并层"))
        return Estimate(value, se, float(df), n=n, method=method, notes=(*notes, none))
    half = float(special.stdtrit(df, (1 + level) / 2)) * se
    return Estimate(value, se, float(df), value - half, value + half, n, method, notes)


def design_effects(
    design: Design, x: Floats, inside: Rows | None = None
) -> tuple[list[float | None], list[float | None]]:
    """Kish's deff of each mean: V over that of a simple random sample of the same size.

    Without replacement S²(N−n)/(N n), with replacement S²/n; N = Σ w, n rows with a weight
    (Kish 1965, Survey Sampling, §8.2; Särndal et al. 1992, p. 53). None where S² is 0 or N ≤ n.
    """
    mean, spread = means(design, x, inside), variances(design, x, inside)
    actual = np.diag(covariance(design, mean))
    counted = mean.inside & (design.weights != 0)[:, None]
    size = counted.sum(axis=0)
    known = (counted * design.weights[:, None]).sum(axis=0)
    without, replaced = [], []
    for v, s2, n, total in zip(actual, spread.value, size, known, strict=True):
        good = n > 1 and np.isfinite(s2) and s2 > 0
        replaced.append(float(v * n / s2) if good else None)
        left = total - n > 1e-9 * total
        without.append(float(v * n * total / (s2 * (total - n))) if good and left else None)
    return without, replaced


def domain_ratios(
    design: Design, y: Floats, x: Floats, group: Codes, groups: int, level: float = 0.95
) -> list[Estimate]:
    """Σ w y / Σ w x in every group at once, y and x (rows,); a mean has x = 1.

    The same figures as `ratios` with `inside` for each group, in one pass over the rows: only the
    pairs of unit and group that occur are summed. Rows with a missing value or group < 0 are
    outside. The covariances between groups are not formed.
    """
    taken = ~(np.isnan(y) | np.isnan(x)) & (group >= 0)
    w, code, y, x = design.weights[taken], group[taken], y[taken], x[taken]
    total = _sums(code, w * x, groups)
    value = _over(_sums(code, w * y, groups), total)
    z = w * (y - _zero(value)[code] * x) / np.where(total == 0, 1.0, total)[code]
    return _domains(design, value, z, taken, code, level)


def domain_totals(
    design: Design, x: Floats, group: Codes, groups: int, level: float = 0.95
) -> list[Estimate]:
    """Σ w x in every group at once, as `domain_ratios`."""
    taken = ~np.isnan(x) & (group >= 0)
    code, z = group[taken], design.weights[taken] * x[taken]
    known = np.bincount(code, minlength=groups) > 0
    value = np.where(known, _sums(code, z, groups), np.nan)
    return _domains(design, value, z, taken, code, level)


def _domains(
    design: Design, value: Floats, z: Floats, taken: Rows, code: Codes, level: float
) -> list[Estimate]:
    groups = len(value)
    variance = domain_variances(design, z, taken, code, groups)
    counts = np.bincount(code, minlength=groups)
    weighty = design.weights[taken] != 0
    units = _distinct(design.psu[taken][weighty] * groups + code[weighty])
    strata = _distinct(design.stages[0].stratum[units // groups] * groups + units % groups)
    df = np.bincount(units % groups, minlength=groups) - np.bincount(
        strata % groups, minlength=groups
    )
    return [
        interval(design, float(m), float(v), int(n), int(d), level, "linear")
        for m, v, n, d in zip(value, variance, counts, df, strict=True)
    ]


def domain_variances(design: Design, z: Floats, taken: Rows, code: Codes, groups: int) -> Floats:
    """The diagonal (groups,) of `covariance_of_totals` for z that is 0 outside the row's group."""
    found = np.zeros(groups)
    for stage in design.stages:
        scale = _scales(stage)
        if not scale.any():
            continue
        pairs, place = np.unique(stage.unit[taken] * groups + code, return_inverse=True)
        sums = _sums(place.ravel(), z, len(pairs))
        stratum, of_group = stage.stratum[pairs // groups], pairs % groups
        found += _spread(stage, scale, sums, stratum, of_group, groups)
    return found


def _spread(
    stage: Stage, scale: Floats, sums: Floats, stratum: Codes, group: Codes, groups: int
) -> Floats:
    """Σ_h a_h (Σ t² − n_h t̄²) for each group, single-unit strata about the mean of all units."""
    lonely = stage.sampled[stratum] == 1
    centre = np.bincount(group, sums, groups) / len(stage.stratum)
    squares = np.bincount(group, scale[stratum] * sums**2, groups)
    cells, place = np.unique(stratum * groups + group, return_inverse=True)
    inner = np.bincount(place.ravel(), np.where(lonely, 0.0, sums), len(cells))
    of_stratum = cells // groups
    less = scale[of_stratum] * inner**2 / stage.sampled[of_stratum]
    alone = np.bincount(group, np.where(lonely, scale[stratum] * sums, 0.0), groups)
    weight = float(scale[stage.sampled == 1].sum())
    spread: Floats = (
        squares
        - np.bincount(cells % groups, less, groups)
        - 2 * centre * alone
        + centre**2 * weight
    )
    return np.maximum(spread, 0.0)


def summed(code: Codes, values: Floats, groups: int) -> Floats:
    """The sums (groups, k) of values (rows, k) by code, in one sparse product."""
    rows = len(code)
    cells = (np.ones(rows), code, np.arange(rows + 1))
    found: Floats = sparse.csr_matrix(cells, shape=(rows, groups)).T @ values
    return found


def _distinct(keys: Codes) -> Codes:
    # numpy.unique hashes where it need not say places, many times slower than sorting
    keys = np.sort(keys)
    return keys[np.diff(keys, prepend=-1) > 0]


def _sums(code: Codes, values: Floats, groups: int) -> Floats:
    return np.bincount(code, values, groups).astype(np.float64)


def _prepared(design: Design, x: Floats, inside: Rows | None) -> tuple[Floats, Rows, Floats]:
    x = x.reshape(design.n, -1)
    taken = ~np.isnan(x)
    if inside is not None:
        taken = taken & inside[:, None]
    return _filled(x, taken), taken, np.where(taken, design.weights[:, None], 0.0)


def _filled(x: Floats, taken: Rows) -> Floats:
    return np.where(taken, x.reshape(taken.shape), 0.0)


def _zero(value: Floats) -> Floats:
    return np.where(np.isfinite(value), value, 0.0)


def _over(top: Floats, bottom: Floats, otherwise: float = np.nan) -> Floats:
    """top / bottom, `otherwise` where the bottom is 0."""
    safe = np.where(bottom == 0, 1.0, bottom)
    return np.where(bottom == 0, otherwise, top / safe)
