"""How many ballots each rater class needs for a wanted precision or gap: pure, with sentences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Literal

from analysis.note import Note
from forms.problems import N_
from survey_app.planning.asked import Pair, Unit

if TYPE_CHECKING:
    from analysis.statistics.planning.sample_size import Assumptions, Needed

FEW = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the plan is for: an interval of ± `points`, or a gap of `points` to be seen."""

    aim: Literal["precision", "gap"]
    points: float
    level: float = 0.95
    power: float = 0.8


@dataclass(frozen=True, slots=True)
class Guess:
    """What is assumed of one rater class; `response` between 0 and 1."""

    sd: float
    deff: float
    response: float


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """One ratee: what is needed, and what the cards and posters of today will give.

    `width` and `gap` belong to the ballots needed, `now_width` and `now_gap` to the `expected`
    ones; None where no ballot is expected, or nobody is on the roster (then `needed` is None too).
    `most` is the best ± within reach where the wanted one is out of reach.
    """

    unit: Unit
    needed: "Needed | None"
    width: float | None
    gap: float | None
    expected: int
    now_width: float | None
    now_gap: float | None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class PairPlan:
    """One row of the table, with the sentences about it."""

    pair: Pair
    lines: tuple[UnitPlan, ...]
    sentences: tuple[Note, ...]

    def span(self, of: Callable[[UnitPlan], float | None]) -> tuple[float, float] | None:
        """Smallest and largest of a figure over the ratees; None where no ratee has it."""
        found = [value for line in self.lines if (value := of(line)) is not None]
        return (min(found), max(found)) if found else None

    @property
    def is_out_of_reach(self) -> bool:
        """Whether the wanted precision cannot be had for some ratee."""
        return any(one.needed is not None and one.needed.is_out_of_reach for one in self.lines)

    @property
    def is_census(self) -> bool:
        """Whether for some ratee everybody has to be asked."""
        return any(one.needed is not None and one.needed.is_census for one in self.lines)

    @property
    def is_even(self) -> bool:
        """Whether one line says it for all ratees."""
        return len({(one.unit.population, one.expected) for one in self.lines}) <= 1


def plan_pairs(
    pairs: Sequence[Pair], guesses: Mapping[str, Guess], wanted: Wanted, target: int
) -> tuple[PairPlan, ...]:
    """The plan of every pair that has ratees. `target` is what posters are planned to bring."""
    return tuple(
        _plan(pair, guesses[pair.rater_class], wanted, target) for pair in pairs if pair.units
    )


def _plan(pair: Pair, guess: Guess, wanted: Wanted, target: int) -> PairPlan:
    lines = tuple(_line(unit, guess, wanted, target) for unit in pair.units)
    return PairPlan(pair, lines, tuple(_sentences(lines, guess, wanted)))


def expected_ballots(unit: Unit, guess: Guess, target: int) -> int:
    """Valid ballots to be expected from the cards issued, or the target where there is a poster."""
    cards = unit.cards if unit.population is None else min(unit.cards, unit.population)
    coming = floor(cards * guess.response + 1e-9)
    return max(coming, target) if unit.is_posted else coming


def _line(unit: Unit, guess: Guess, wanted: Wanted, target: int) -> UnitPlan:
    expected = expected_ballots(unit, guess, target)
    if unit.population == 0:
        return UnitPlan(unit, None, None, None, expected, None, None)
    from analysis.statistics.planning.sample_size import Assumptions, for_gap, for_precision

    given = Assumptions(guess.sd, unit.population, guess.deff, guess.response, wanted.level)
    if wanted.aim == "precision":
        needed = for_precision(wanted.points, given)
    else:
        needed = for_gap(wanted.points, given, power=wanted.power)
    width, gap = _worth(needed.n, given, wanted)
    now_width, now_gap = _worth(expected, given, wanted)
    most = None
    if needed.is_out_of_reach and unit.population is not None:
        best = _worth(floor(unit.population * guess.response + 1e-9), given, wanted)
        most = best[0 if wanted.aim == "precision" else 1]
    return UnitPlan(unit, needed, width, gap, expected, now_width, now_gap, most)


def _worth(n: int, given: "Assumptions", wanted: Wanted) -> tuple[float | None, float | None]:
    """The half-width n ballots give and the gap they let see; None for no ballot."""
    from analysis.statistics.planning.sample_size import half_width, smallest_gap

    if n < 1:
        return None, None
    return half_width(n, given), smallest_gap(n, given, power=wanted.power)


def _sentences(lines: Sequence[UnitPlan], guess: Guess, wanted: Wanted) -> list[Note]:
    known = [one for one in lines if one.needed is not None]
    found = []
    if len(known) < len(lines):
        values: dict[str, str | int | Note] = {"n": len(lines) - len(known)}
        found.append(Note(N_("有 {n} 个对象，名册上没有人评它，请检查名册的评议范围。"), values))
    if not known:
        return found
    out = [one for one in known if one.needed and one.needed.is_out_of_reach]
    inside = [one for one in known if one.needed and not one.needed.is_out_of_reach]
    if inside:
        found += _needs(inside, guess)
    if out:
        found.append(_out_of_reach(out, len(lines), guess, wanted))
    found += _now(known)
    if any((one.needed and one.needed.n < FEW) or 0 < one.expected < FEW for one in known):
        found.append(Note(N_("份数不到 30 的，实际的误差会比这里算的大一些。")))
    return found


def _needs(lines: Sequence[UnitPlan], guess: Guess) -> list[Note]:
    """What is needed, of those within reach, and what it gives."""
    needed = [one.needed for one in lines if one.needed]
    found = [
        Note(
            N_(
                "每个对象收到 {n} 份有效答卷，得分的误差约 ±{width} 分；"
                "相差 {gap} 分以上的两个对象大致分得清。"
            ),
            {
                "n": between([one.n for one in needed]),
                "width": between([one.width or 0.0 for one in lines]),
                "gap": between([one.gap or 0.0 for one in lines]),
            },
        )
    ]
    census = sum(one.is_census for one in needed)
    asked = between([one.asked for one in needed])
    values: dict[str, str | int | Note] = {"asked": asked, "response": percent(guess.response)}
    if census == len(needed):
        found.append(Note(N_("名册上的 {asked} 人都要请到，也就是普查，不用抽样。"), values))
    else:
        found.append(Note(N_("按 {response}% 的应答率，每个对象要请 {asked} 人。"), values))
    return found


def _out_of_reach(out: Sequence[UnitPlan], n_all: int, guess: Guess, wanted: Wanted) -> Note:
    worst = max(
        out, key=lambda one: (one.needed.n if one.needed else 0) / (one.unit.population or 1)
    )
    people = worst.unit.population or 0
    needed = worst.needed.n if worst.needed else 0
    values: dict[str, str | int | Note] = {
        "n": len(out),
        "all": n_all,
        "people": people,
        "needed": needed,
        "back": floor(people * guess.response + 1e-9),
        "response": percent(min(1.0, needed / people)) if people else "—",
        "most": "—" if worst.most is None else figure(worst.most),
    }
    if wanted.aim == "precision":
        message = N_(
            "{all} 个对象中有 {n} 个达不到：名册 {people} 人全部请到，预计也只收回 {back} 份，"
            "需要 {needed} 份。可以把应答率提高到 {response}%，或把精度放宽到 ±{most} 分。"
        )
    else:
        message = N_(
            "{all} 个对象中有 {n} 个达不到：名册 {people} 人全部请到，预计也只收回 {back} 份，"
            "需要 {needed} 份。可以把应答率提高到 {response}%，或只求分清相差 {most} 分的对象。"
        )
    return Note(message, values)


def _now(lines: Sequence[UnitPlan]) -> list[Note]:
    """What the cards and posters of today will give."""
    coming = [one for one in lines if one.expected]
    found = []
    if coming:
        values: dict[str, str | int | Note] = {
            "n": between([one.expected for one in coming]),
            "width": between([one.now_width or 0.0 for one in coming]),
            "gap": between([one.now_gap or 0.0 for one in coming]),
        }
        message = N_(
            "照现在的卡和海报，每个对象预计 {n} 份，误差约 ±{width} 分，能分清相差 {gap} 分的。"
        )
        found.append(Note(message, values))
    if any(one.unit.is_posted for one in lines):
        found.append(Note(N_("海报能收多少事先不知道，这里按本轮“每个对象目标”的份数算。")))
    if len(coming) < len(lines):
        values = {"n": len(lines) - len(coming)}
        found.append(Note(N_("有 {n} 个对象还没有卡，也没有海报的目标份数。"), values))
    if any(_is_census_now(one) for one in lines):
        found.append(
            Note(N_("名册上的人都发了卡，是普查：误差只来自没有交的人，收齐就没有抽样误差。"))
        )
    return found


def _is_census_now(line: UnitPlan) -> bool:
    return bool(line.unit.population) and line.unit.cards >= (line.unit.population or 0)


def between(values: Sequence[float]) -> str:
    """One figure, or the range of several."""
    lo, hi = figure(min(values)), figure(max(values))
    return lo if lo == hi else f"{lo}–{hi}"


def figure(value: float) -> str:
    """A count as it is, points with one decimal."""
    return str(value) if isinstance(value, int) else f"{value:.1f}"


def percent(share: float) -> str:
    """A share in per cent, up to one decimal; rounded up, so that what it asks for is enough."""
    return f"{ceil(share * 1000 - 1e-9) / 10:g}"
