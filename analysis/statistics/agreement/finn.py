"""Finn's coefficient: agreement that stays defined when all ratees are nearly alike."""

from dataclasses import dataclass

from scipy import special

from analysis.note import Note
from analysis.statistics.agreement.anova import TwoWay
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_


@dataclass(frozen=True, slots=True)
class Finn:
    """F compares chance with what is left (df ∞ and df2); None where nothing is left."""

    value: float
    f: float | None
    df2: int
    p: float | None


def finn(two: TwoWay, levels: int, *, is_two_way: bool = True) -> Finn:
    """Finn's r = 1 − MS/σ²_chance, σ²_chance = (A² − 1)/12 of A equally likely levels.

    MS is the error mean square (two-way: severity of raters forgiven) or that within ratees
    (one-way). Source: Finn 1970; Asendorpf & Wallbott 1979, pp. 245–246.
    What it is for: 19 of 20 ratees get 4 or 5 and any correlation is near 0 although raters agree.
    What goes wrong: a uniform spread is a lenient idea of chance; compare rwg, which is Finn's
    coefficient of one ratee. df2 = n(k − 1) also two-way, as irr::finn has it.
    """
    if levels < 2:
        raise NoEstimate("undefined", Note(N_("至少要两个档次，机会方差才大于 0")))
    chance = (levels**2 - 1) / 12
    error = two.ms_error if is_two_way else two.ms_within
    df2 = two.rows * (two.columns - 1)
    if error <= 1e-20 * chance:
        return Finn(1.0, None, df2, None)
    f = chance / error
    # With infinitely many df above, F·… is df2 over a chi-square: P(F > f) = P(χ² < df2/f).
    return Finn(1 - error / chance, f, df2, float(special.chdtr(df2, df2 / f)))
