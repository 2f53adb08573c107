"""How many valid ballots a wanted precision, or a wanted gap between two units, needs.

Precision e (half the width of the interval at `level`, in points) of a mean with standard deviation
S from a population of N (Cochran 1977, §4.6-4.7): n0 = deff z² S² / e², n = n0 / (1 + n0 / N). With
N people asked in full the sampling error is 0 and n never exceeds N.

Gap Δ between two units, seen with probability `power` by a two-sided test at 1 - level (Fleiss,
Levin & Paik 2003, §4; Chow et al. 2018, §3.2): n = deff (z_{α/2} + z_β)² 2 S² (1 - ρ) / Δ² each,
where ρ is the correlation of the two units' scores through raters they share, and the same
correction for N holds. With m comparisons looked at together, α is divided by m (Bonferroni).

Expected response r: ⌈n / r⌉ are to be asked. Rounding is up, after the last digits, which are
rounding noise, are taken off. These are plans from assumptions: S, ρ, deff and r are guesses until
the round is over.
"""

from dataclasses import dataclass
from math import ceil

from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

NOISE = 1e-9


@dataclass(frozen=True, slots=True)
class Needed:
    """`n` valid ballots needed, `asked` to be asked for them; `exact` is n before rounding up.

    `is_census`: everybody must be asked. `is_out_of_reach`: at the expected response even asking
    everybody does not bring n ballots.
    """

    n: int
    asked: int
    exact: float
    is_census: bool
    is_out_of_reach: bool


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan rests on. `sd` is in points; `population` None means very large."""

    sd: float
    population: int | None = None
    deff: float = 1.0
    response: float = 1.0
    level: float = 0.95

    def __post_init__(self) -> None:
        if not (self.sd >= 0 and self.deff > 0 and 0 < self.response <= 1 and 0 < self.level < 1):
            raise NoEstimate(
                "undefined",
                Note(N_("标准差不能为负，设计效应要大于 0，应答率和置信水平要在 0 和 1 之间")),
            )
        if self.population is not None and self.population < 1:
            raise NoEstimate("undefined", Note(N_("总体至少要有 1 人")))


def for_precision(half_width: float, given: Assumptions) -> Needed:
    """Ballots for an interval of ± `half_width` points."""
    _refuse_nothing(half_width)
    z = float(special.ndtri((1 + given.level) / 2))
    return _needed(given.deff * (z * given.sd / half_width) ** 2, given)


def for_gap(
    gap: float,
    given: Assumptions,
    *,
    power: float = 0.8,
    correlation: float = 0.0,
    comparisons: int = 1,
) -> Needed:
    """Ballots for each of two units, so that a true difference of `gap` points is seen."""
    _refuse_nothing(gap)
    if not (0 < power < 1 and -1 <= correlation < 1 and comparisons >= 1):
        raise NoEstimate(
            "undefined", Note(N_("把握度要在 0 和 1 之间，相关系数要小于 1，比较次数至少为 1"))
        )
    z = _z_sum(given.level, power, comparisons)
    return _needed(given.deff * 2 * (1 - correlation) * (z * given.sd / gap) ** 2, given)


def smallest_gap(
    n: int,
    given: Assumptions,
    *,
    power: float = 0.8,
    correlation: float = 0.0,
    comparisons: int = 1,
) -> float:
    """The gap in points that n ballots each let see: `for_gap` the other way round."""
    if n < 1:
        raise NoEstimate("too_few", Note(N_("没有答卷，看不出任何差距")))
    fpc = 1.0 if given.population is None else max(0.0, 1 - n / given.population)
    variance = given.deff * 2 * (1 - correlation) * given.sd**2 / n * fpc
    return float(_z_sum(given.level, power, comparisons) * variance**0.5)


def half_width(n: int, given: Assumptions) -> float:
    """Half the interval that n ballots give: `for_precision` the other way round."""
    if n < 1:
        raise NoEstimate("too_few", Note(N_("没有答卷，没有区间")))
    fpc = 1.0 if given.population is None else max(0.0, 1 - n / given.population)
    z = float(special.ndtri((1 + given.level) / 2))
    return z * float((given.deff * given.sd**2 / n * fpc) ** 0.5)


def _z_sum(level: float, power: float, comparisons: int) -> float:
    return float(special.ndtri(1 - (1 - level) / 2 / comparisons) + special.ndtri(power))


def _refuse_nothing(wanted: float) -> None:
    if not wanted > 0:
        raise NoEstimate("undefined", Note(N_("想要的精度或差距要大于 0 分")))


def _needed(infinite: float, given: Assumptions) -> Needed:
    people = given.population
    exact = infinite if people is None else infinite / (1 + infinite / people)
    n = max(1, ceil(exact - NOISE))
    n = n if people is None else min(n, people)
    asked = ceil(n / given.response - NOISE)
    out_of_reach = people is not None and asked > people
    if people is not None:
        asked = min(asked, people)
    return Needed(n, asked, exact, people is not None and asked == people, out_of_reach)
