"""How reliable means of ratings are, and how many raters would be enough."""

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.note import Note
from analysis.statistics.agreement.anova import OneWay
from analysis.statistics.agreement.d_study import RATERS, dependability, raters_needed, table
from analysis.statistics.agreement.generalisability import Design, Study
from forms.problems import N_

TARGETS = (0.8, 0.9)
FEW_RATEES = 10
MOST = 10_000
"""More raters than this are no advice."""
ALL_BUT = 0.95
"""From this share of all pairs on raters pass for having rated everything."""


@dataclass(frozen=True, slots=True)
class ReliabilityLine:
    """The reliability of a mean of `raters`: of the order (Eρ²) and of scores and grades (Φ)."""

    raters: int
    ranks: float
    scores: float
    is_now: bool


@dataclass(frozen=True, slots=True)
class Needed:
    """Raters for a reliability; None where no number of them is enough."""

    target: float
    ranks: int | None
    scores: int | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """`now` raters a ratee (harmonic mean); `n` ratings, `ratees`. Empty `lines`: no differences
    between ratees can be seen."""

    now: float
    n: int
    ratees: int
    is_crossed: bool
    lines: tuple[ReliabilityLine, ...]
    needed: tuple[Needed, ...]
    sentences: tuple[Note, ...]


def study_of_groups(ratings: OneWay) -> Study:
    """Raters inside ratees: σ²_p = (MSB − MSW)/k₀ and the rest, from a one-way layout."""
    plan = Design("p", ("r",), {"r": frozenset({"p"})})
    raw = ((ratings.ms_between - ratings.ms_within) / ratings.k0, ratings.ms_within)
    sizes = {"p": float(ratings.groups), "r": ratings.k0}
    parts = (max(raw[0], 0.0), raw[1])
    return Study(plan, plan.effects(), parts, raw, (), (), sizes, ratings.n, "anova")


def reliability(study: Study, now: float, ratees: int, density: float = 1.0) -> Reliability:
    """The decision table for 5, 10, 20, 40, … raters up to twice what there are now.

    Eρ² lets raters' severity cancel out of every order, which it does where the same raters rate
    all ratees; `density` is the share of all pairs of rater and ratee that there are, and below
    0.95 the words say what it means for the order.
    """
    is_crossed = study.design.nests("r") == frozenset()
    if study.variance("p") <= 0:
        note = Note(N_("看不出对象之间的差别，再多评分人也排不出可靠的名次。"))
        return Reliability(now, study.n, ratees, is_crossed, (), (), (note,))
    whole = max(1, round(now))
    numbers = sorted({*RATERS, *_doubled(whole), whole})
    lines = tuple(
        ReliabilityLine(n, one.e_rho2 or 0.0, one.phi or 0.0, n == whole)
        for n, one in zip(numbers, table(study, "r", numbers), strict=True)
    )
    needed = tuple(_needed(study, target) for target in TARGETS)
    sentences = (
        *_few(ratees),
        *_now(study, now, is_crossed=is_crossed),
        *_partly(density, is_crossed=is_crossed),
        *_enough(needed, is_crossed=is_crossed),
    )
    return Reliability(now, study.n, ratees, is_crossed, lines, needed, sentences)


def _doubled(now: int) -> Iterator[int]:
    number = RATERS[-1] * 2
    while number <= 2 * now:
        yield number
        number *= 2


def _needed(study: Study, target: float) -> Needed:
    ranks = raters_needed(study, target, "r", kind="relative")
    scores = raters_needed(study, target, "r", kind="absolute")
    return Needed(target, _advised(ranks), _advised(scores))


def _advised(number: int | None) -> int | None:
    return number if number is not None and number <= MOST else None


def _few(ratees: int) -> Iterator[Note]:
    if ratees < FEW_RATEES:
        text = N_("只有 {n} 个对象，它们之间的差别估计得不准，可靠性只作参考。")
        yield Note(text, {"n": ratees})


def _now(study: Study, now: float, *, is_crossed: bool) -> Iterator[Note]:
    at = dependability(study, {"r": now})
    values: dict[str, str | int | Note] = {
        "now": f"{now:.0f}",
        "ranks": f"{at.e_rho2 or 0:.2f}",
        "scores": f"{at.phi or 0:.2f}",
    }
    if is_crossed:
        text = N_(
            "现在每个对象平均由 {now} 名评分人来评，排名次的可靠性是 {ranks}，"
            "论分数、定等次的可靠性是 {scores}（1 是完全可靠）。"
        )
    else:
        text = N_("现在每个对象平均有 {now} 份答卷，平均分的可靠性是 {ranks}（1 是完全可靠）。")
    yield Note(text, values)


def _partly(density: float, *, is_crossed: bool) -> Iterator[Note]:
    if is_crossed and density < ALL_BUT:
        text = N_(
            "排名次的可靠性按每名评分人都评全部对象算，宽严就互相抵消；"
            "现在平均只评了其中的 {share}，抵消不完，实际的在这两个数之间。"
        )
        yield Note(text, {"share": f"{density:.0%}"})


def _enough(needed: tuple[Needed, ...], *, is_crossed: bool) -> Iterator[Note]:
    for one in needed:
        values: dict[str, str | int | Note] = {"target": f"{one.target:g}"}
        if one.ranks is None or one.scores is None:
            yield Note(N_("要达到 {target} 的可靠性，需要的评分人多到不现实。"), values)
        elif is_crossed:
            text = N_(
                "要达到 {target} 的可靠性，排名次每个对象需要 {ranks} 名评分人，"
                "论分数、定等次需要 {scores} 名。"
            )
            yield Note(text, {**values, "ranks": one.ranks, "scores": one.scores})
        else:
            text = N_("要达到 {target} 的可靠性，每个对象需要 {ranks} 份答卷。")
            yield Note(text, {**values, "ranks": one.ranks})
