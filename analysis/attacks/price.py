"""The price of a rank: how many forged ballots one place, one grade or one rival costs.

A high price is a strong round. The figures say which gate is weakest, so that it can be closed: by
personal codes, cards counted out, a weight by evidence, or a class with more ballots.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.attacks.find_gates import find_gates
from analysis.attacks.gates import Entrance, Floats, Gates, Ints
from analysis.attacks.next_grade import needed_totals
from analysis.cells import FormCells
from analysis.inputs import RateeRow
from analysis.note import Note
from analysis.results import Assessment, RateeResult
from forms.problems import N_

MOST = 100_000
SURELY = 1e-9
FIFTY = 50


@dataclass(frozen=True, slots=True)
class Cost:
    """One gate of one ratee; `entrance` its place in the list, `n` the ballots there now.

    `place` and `grade`: forged full-mark ballots (or, where nothing can be added, raters turned to
    full marks) that bring the next place or the next better grade; `rival`: lowest-mark ballots
    against the one above (the cheapest of those tied there) that do the same as `place`. None: none
    is enough, or there is nothing above. `fifty`, `one` and `tenth`: by how many points the total
    moves with 50 full-mark ballots added, one rater turned, a tenth of the class turned;
    `fifty_places` and so on the places won.
    """

    entrance: int
    n: int
    place: int | None
    grade: int | None
    rival: int | None
    fifty: float
    one: float
    tenth: float
    fifty_places: int
    one_places: int
    tenth_places: int


@dataclass(frozen=True, slots=True)
class RateePrice:
    """One ratee: `gap` in points to the next one above (None for the first), and its gates."""

    key: str
    name: str
    rank: int
    total: float
    gap: float | None
    costs: tuple[Cost, ...]

    @property
    def weakest(self) -> Cost | None:
        """The gate by which the next place is cheapest."""
        priced = [one for one in self.costs if one.place is not None]
        return min(priced, key=lambda one: (one.place or 0, one.entrance), default=None)


@dataclass(frozen=True, slots=True)
class ClassPrices:
    """One class of ratees, the best first."""

    ratee_class: str
    ratees: tuple[RateePrice, ...]


@dataclass(frozen=True, slots=True)
class Prices:
    """The price of a rank in one round. `notes` say what is left out."""

    entrances: tuple[Entrance, ...]
    classes: tuple[ClassPrices, ...]
    notes: tuple[Note, ...]


def prices(
    assessment: Assessment, cells: Sequence[FormCells], ratees: Sequence[RateeRow]
) -> Prices:
    """The price of a place and of a grade for every ratee by every gate of the round.

    cells as collected for the round, ratees those of its inputs (their groups matter to places of
    a grade). Places are those within the class of ratees; only the ratee concerned moves.

    What goes wrong: a forged ballot is taken to answer every question and to be counted, so a
    screen that voids it makes the price higher; `turned` replaces the average ballot of the class.
    Ballots that rate several ratees may move all of them at once: this is the price for one.
    """
    gates = find_gates(assessment, cells)
    if gates is None:
        note = Note(N_("没有可以用答卷直接影响的得分，没有名次的价格可算"))
        return Prices((), (), (note,))
    above, below = _neighbours(gates.ratees)
    needed = needed_totals(assessment, ratees)
    graded = np.array([needed.get(one.key, np.inf) for one in gates.ratees])
    up = _least(lambda k: gates.forged(k, gates.best), _cap(gates), above[gates.ratee])
    grade = _least(lambda k: gates.forged(k, gates.best), _cap(gates), graded[gates.ratee])
    fall = _least(lambda k: -gates.forged(k, gates.worst), _cap(gates), -below[gates.ratee])
    costs = _costs(gates, up, grade, _against_rival(gates, fall))
    return Prices(gates.entrances, _classes(gates, above, costs), _notes(assessment))


Move = Callable[[Floats], Floats]


def _cap(gates: Gates) -> Ints:
    is_open = np.array([one.is_open for one in gates.entrances])[gates.entrance]
    most: Ints = np.where(is_open, MOST, gates.rows).astype(np.int64)
    return most


def _least(move: Move, cap: Ints, target: Floats) -> Ints:
    """The least k (g,) from 1 to cap for which `move` is beyond the target; 0 where none is.

    `move` grows with k, so halving the range finds it: 17 steps for 100 000.
    """
    goal = target + SURELY
    low, high = np.zeros_like(cap), cap.copy()
    reached = np.isfinite(goal) & (cap > 0) & (move(high.astype(np.float64)) > goal)
    while (high - low > 1).any():
        middle = (low + high) // 2
        enough = move(middle.astype(np.float64)) > goal
        high = np.where(enough & (high - low > 1), middle, high)
        low = np.where(~enough & (high - low > 1), middle, low)
    return np.where(reached, high, 0)


def _neighbours(ratees: Sequence[RateeResult]) -> tuple[Floats, Floats]:
    """Exact totals of the next one above and below in the class; +inf where there is none."""
    of_class = np.array([one.ratee_class for one in ratees])
    rank = np.array([one.rank_class or 0 for one in ratees])
    exact = np.array([_exact(one) for one in ratees])
    peers = of_class == of_class[:, None]
    above = np.where(peers & (rank < rank[:, None]), exact, np.inf).min(axis=1)
    below = np.where(peers & (rank > rank[:, None]), exact, -np.inf).max(axis=1)
    return above, np.where(np.isfinite(below), below, np.inf)


def _exact(one: RateeResult) -> float:
    return float(one.total_exact or 0)


def _against_rival(gates: Gates, fall: Ints) -> dict[tuple[str, int], int]:
    """By (ratee, entrance): lowest-mark ballots on one next above that put it below."""
    under: dict[int, list[str]] = {}
    for place, one in enumerate(gates.ratees):
        later = [
            two
            for two in gates.ratees
            if two.ratee_class == one.ratee_class and (two.rank_class or 0) > (one.rank_class or 0)
        ]
        first = min((two.rank_class or 0 for two in later), default=0)
        under[place] = [two.key for two in later if two.rank_class == first]
    found: dict[tuple[str, int], int] = {}
    gate = zip(gates.ratee.tolist(), gates.entrance.tolist(), fall.tolist(), strict=True)
    for ratee, entrance, k in gate:
        for key in under[ratee] if k else ():
            found[key, entrance] = min(k, found.get((key, entrance), k))
    return found


def _costs(
    gates: Gates, up: Ints, grade: Ints, rival: Mapping[tuple[str, int], int]
) -> dict[int, list[Cost]]:
    ones = np.ones(len(gates.rows))
    fifty = gates.added(FIFTY * ones, gates.best)
    one = gates.turned(np.minimum(ones, gates.rows), gates.best)
    tenth = gates.turned(gates.rows / 10, gates.best)
    places = [_places(gates, totals).tolist() for totals in (fifty, one, tenth)]
    costs: dict[int, list[Cost]] = {}
    for g, (ratee, entrance) in enumerate(
        zip(gates.ratee.tolist(), gates.entrance.tolist(), strict=True)
    ):
        now = float(gates.total[g])
        costs.setdefault(ratee, []).append(
            Cost(
                entrance=entrance,
                n=int(gates.rows[g]),
                place=int(up[g]) or None,
                grade=int(grade[g]) or None,
                rival=rival.get((gates.ratees[ratee].key, entrance)),
                fifty=float(fifty[g]) - now,
                one=float(one[g]) - now,
                tenth=float(tenth[g]) - now,
                fifty_places=places[0][g],
                one_places=places[1][g],
                tenth_places=places[2][g],
            )
        )
    return costs


def _places(gates: Gates, totals: Floats) -> Ints:
    """How many of its class each gate's ratee passes with these totals (g,)."""
    of_class = np.array([one.ratee_class for one in gates.ratees])
    rank = np.array([one.rank_class or 0 for one in gates.ratees])
    exact = np.array([_exact(one) for one in gates.ratees])
    own = gates.ratee[:, None]
    passed = (of_class == of_class[own]) & (rank < rank[own]) & (exact < totals[:, None] - SURELY)
    places: Ints = passed.sum(axis=1)
    return places


def _classes(gates: Gates, above: Floats, costs: dict[int, list[Cost]]) -> tuple[ClassPrices, ...]:
    lines: dict[str, list[RateePrice]] = {}
    for place, one in enumerate(gates.ratees):
        gap = float(above[place]) - _exact(one)
        lines.setdefault(one.ratee_class, []).append(
            RateePrice(
                key=one.key,
                name=one.name,
                rank=one.rank_class or 0,
                total=float(one.total or 0),
                gap=gap if np.isfinite(gap) else None,
                costs=tuple(costs.get(place, ())),
            )
        )
    return tuple(
        ClassPrices(key, tuple(sorted(lines[key], key=lambda line: (line.rank, line.key))))
        for key in sorted(lines)
    )


def _notes(assessment: Assessment) -> tuple[Note, ...]:
    notes = [
        Note(N_("假定伪造的答卷每题都答、都计入；筛查认出其中一部分时，价格更高")),
        Note(N_("凭码评议的主体不能增加答卷，算的是被说服改打满分的人数")),
    ]
    if any(leaf.source == "parent" for leaf in assessment.scheme.leaves()):
        notes.append(Note(N_("所属单位的得分随上级单位变动，这里没有计入")))
    return tuple(notes)
