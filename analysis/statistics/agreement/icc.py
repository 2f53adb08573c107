"""Intraclass correlations of a complete table: the same raters rated every target."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.note import Note
from analysis.statistics.agreement.anova import TwoWay
from analysis.statistics.estimate import Estimate
from forms.problems import N_

EXACT = 1e-20
"""A mean square below this share of the others is rounding, not disagreement."""

NO_SPREAD = 1e-12
"""A total below this share of its parts has cancelled: the quotient would be noise."""


@dataclass(frozen=True, slots=True)
class Form:
    """One intraclass correlation with its F test; F and p are None where no error is left.

    The test is H0: ICC = 0 against ICC > 0. `lo`, `hi` at the level asked for.
    """

    name: str
    icc: float | None
    f: float | None
    df1: float
    df2: float | None
    p: float | None
    lo: float | None
    hi: float | None
    notes: tuple[Note, ...] = ()

    def estimate(self, n: int) -> Estimate:
        return Estimate(
            self.icc, lo=self.lo, hi=self.hi, n=n, method=self.name, notes=self.notes + self._low()
        )

    def _low(self) -> tuple[Note, ...]:
        if self.icc is None or self.icc > 0:
            return ()
        return (
            Note(N_("{name} 不大于 0：评分人之间的差别盖过了对象之间的差别"), {"name": self.name}),
        )


def shrout_fleiss(two: TwoWay, confidence: float = 0.95) -> tuple[Form, ...]:
    """The six forms ICC1, ICC2, ICC3 (one rater) and ICC1k, ICC2k, ICC3k (mean of k raters).

    With mean squares of rows R, columns C, error E and within rows W, n rows, k columns:
    ICC1 (R − W)/(R + (k−1)W) · ICC2 (R − E)/(R + (k−1)E + k(C − E)/n) · ICC3 (R − E)/(R + (k−1)E)
    ICC1k (R − W)/R · ICC2k (R − E)/(R + (C − E)/n) · ICC3k (R − E)/R.
    F is R/W for ICC1 and R/E for the others, also for ICC2. The limits of ICC2k are those of ICC2
    put through Spearman–Brown, as Shrout & Fleiss and psych::ICC do; `mcgraw_wong` has the others.
    Source: Shrout & Fleiss 1979, pp. 422–426 (table 2, eqs. 1–7).

    What goes wrong: ICC2k for marks that stand for themselves, ICC3k only for ranks: a severe
    rater costs every target the same in ICC3k. n below 10 gives limits from 0 to 1.
    """
    one, one_k = _consistent(two, two.ms_within, two.rows * (two.columns - 1), confidence)
    three, three_k = _consistent(two, two.ms_error, _df_error(two), confidence)
    two_1 = _agreement(two, confidence, power=1)
    two_k = _stepped_up(two_1, two)
    named = zip(
        ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"),
        (one, _with_f(two_1, three), three, one_k, _with_f(two_k, three), three_k),
        strict=True,
    )
    return tuple(_named(form, name) for name, form in named)


def mcgraw_wong(two: TwoWay, confidence: float = 0.95) -> tuple[Form, ...]:
    """ICC(1), ICC(C,1), ICC(A,1), ICC(k), ICC(C,k), ICC(A,k) with F, df and limits as irr::icc.

    Values are those of `shrout_fleiss`. The agreement forms are tested with Satterthwaite's df
    v = (aC + bE)²/((aC)²/(k−1) + (bE)²/((n−1)(k−1))), a = kρ/(n(1−ρ)), b = 1 + kρ(n−1)/(n(1−ρ)).
    Source: McGraw & Wong 1996, pp. 34–36 (table 4) and pp. 40–42 (tables 7, 8).

    For ICC(A,k) irr 0.84.1 puts the coefficient of the mean itself into a and b, which keep the
    factor k; that is followed here, so that the figures agree with the package. The limits of
    ICC2k put the single coefficient there. Both are in use, and they differ for few targets.
    """
    one, one_k = _consistent(two, two.ms_within, two.rows * (two.columns - 1), confidence)
    three, three_k = _consistent(two, two.ms_error, _df_error(two), confidence)
    agree = _agreement(two, confidence, power=1)
    agree_k = _agreement(two, confidence, power=two.columns)
    names = ("ICC(1)", "ICC(C,1)", "ICC(A,1)", "ICC(k)", "ICC(C,k)", "ICC(A,k)")
    forms = (one, three, agree, one_k, three_k, agree_k)
    return tuple(_named(form, name) for name, form in zip(names, forms, strict=True))


def quantile(p: float, df1: float, df2: float) -> float:
    """The F quantile with `p` below it."""
    share = float(special.betaincinv(df1 / 2, df2 / 2, p))
    rest = float(special.betaincinv(df2 / 2, df1 / 2, 1 - p))
    return df2 * share / (df1 * rest) if df1 * rest > 0 else float("inf")


def upper_tail(f: float, df1: float, df2: float) -> float:
    """P(F ≥ f)."""
    return float(special.betainc(df2 / 2, df1 / 2, df2 / (df2 + df1 * f)))


def _df_error(two: TwoWay) -> int:
    return (two.rows - 1) * (two.columns - 1)


def _none_left(two: TwoWay, error: float) -> bool:
    return error <= EXACT * (two.ms_rows + two.ms_columns + two.ms_within)


def _undefined(df1: float) -> Form:
    why = Note(N_("各对象的平均分没有差别，组内相关没有定义"))
    return Form("", None, None, df1, None, None, None, None, (why,))


def _perfect(df1: float, df2: float) -> Form:
    why = Note(N_("除对象之间的差别外没有剩下误差，组内相关为 1，不给区间"))
    return Form("", 1.0, None, df1, df2, None, None, None, (why,))


def _consistent(two: TwoWay, error: float, df2: int, confidence: float) -> tuple[Form, Form]:
    """The forms (R − E)/(R + (k−1)E) and (R − E)/R with exact limits by the F distribution."""
    df1, k = two.rows - 1, two.columns
    if _none_left(two, two.ms_rows):
        return _undefined(df1), _undefined(df1)
    if _none_left(two, error):
        return _perfect(df1, df2), _perfect(df1, df2)
    tail = (1 - confidence) / 2
    f = two.ms_rows / error
    low, high = f / quantile(1 - tail, df1, df2), f * quantile(1 - tail, df2, df1)
    p = upper_tail(f, df1, df2)
    single = [(one - 1) / (one + k - 1) for one in (f, low, high)]
    mean = [1 - 1 / one for one in (f, low, high)]
    return (
        Form("", single[0], f, df1, df2, p, single[1], single[2]),
        Form("", mean[0], f, df1, df2, p, mean[1], mean[2]),
    )


def _agreement(two: TwoWay, confidence: float, power: int) -> Form:
    """ICC(A,1) with `power` 1, ICC(A,k) with `power` k: raters' severity counts as error."""
    n, k, df1 = two.rows, two.columns, two.rows - 1
    rows, columns, error = two.ms_rows, two.ms_columns, two.ms_error
    rest = ((k - 1) * error if power == 1 else 0.0) + (k / power) * (columns - error) / n
    if _none_left(two, rows) or rows + rest <= NO_SPREAD * (rows + columns + error):
        return _undefined(df1)
    if _none_left(two, error) and _none_left(two, columns):
        return _perfect(df1, _df_error(two))
    icc = (rows - error) / (rows + rest)
    # a and b times n(1 − ρ): the ratio v is the same and ρ = 1 needs no case of its own.
    a = k * icc * columns
    b = (n * (1 - icc) + k * icc * (n - 1)) * error
    below = a**2 / (k - 1) + b**2 / _df_error(two)
    if below <= 0 or _none_left(two, error):
        return Form("", icc, None, df1, None, None, None, None)
    v = (a + b) ** 2 / below
    if v <= 0:
        return Form("", icc, rows / error, df1, None, None, None, None)
    f = rows / error
    upper, lower = (quantile((1 + confidence) / 2, *df) for df in ((df1, v), (v, df1)))
    if not np.isfinite([upper, lower]).all():
        return Form("", icc, f, df1, v, upper_tail(f, df1, v), None, None)
    spread = columns - error if power > 1 else k * columns + (k * n - k - n) * error
    lo = n * (rows - upper * error) / (upper * spread + n * rows)
    hi = n * (lower * rows - error) / (spread + n * lower * rows)
    return Form("", icc, f, df1, v, upper_tail(f, df1, v), lo, hi)


def _stepped_up(single: Form, two: TwoWay) -> Form:
    """ICC2k, its limits by Spearman–Brown from those of the single rater."""
    k = two.columns
    below = two.ms_rows + (two.ms_columns - two.ms_error) / two.rows
    total = two.ms_rows + two.ms_columns + two.ms_error
    if single.icc is None or below <= NO_SPREAD * total:
        return _undefined(two.rows - 1)
    lo, hi = (
        None if one is None or 1 + one * (k - 1) <= NO_SPREAD else one * k / (1 + one * (k - 1))
        for one in (single.lo, single.hi)
    )
    icc = (two.ms_rows - two.ms_error) / below
    return Form("", icc, single.f, single.df1, single.df2, single.p, lo, hi, single.notes)


def _with_f(form: Form, tested: Form) -> Form:
    """The form with the F test of another, as Shrout & Fleiss test both two-way models."""
    return Form(
        "", form.icc, tested.f, tested.df1, tested.df2, tested.p, form.lo, form.hi, form.notes
    )


def _named(form: Form, name: str) -> Form:
    values = (form.icc, form.f, form.df1, form.df2, form.p, form.lo, form.hi)
    finite = [None if one is None or not np.isfinite(one) else one for one in values]
    icc, f, df1, df2, p, lo, hi = finite
    return Form(name, icc, f, df1 or 0.0, df2, p, lo, hi, form.notes)
