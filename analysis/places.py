"""Places (名额) of a grade: how many are left in every cell of each of its quotas."""

from collections import Counter
from collections.abc import Sequence

from analysis.inputs import RateeRow
from analysis.results import Refusal
from analysis.scheme.conditions import Scope
from analysis.scheme.grades import Grade
from analysis.standing import Cell, cell_of
from forms.problems import N_

NO_PLACE: dict[Scope, str] = {
    "all": N_("{grade}名额 {places} 个已满"),
    "class": N_("本类别{grade}名额 {places} 个已满"),
    "group": N_("本组{grade}名额 {places} 个已满"),
    "pool": N_("本评优池{grade}名额 {places} 个已满"),
    "parent": N_("本单位{grade}名额 {places} 个已满"),
}

Seat = tuple[int, Cell]


class Places:
    """The places of one grade. Every quota must have one; none is lent to another cell."""

    def __init__(self, grade: Grade, ratees: Sequence[RateeRow]) -> None:
        self.grade = grade
        self.places: dict[Seat, int] = {}
        self._seats: dict[str, list[Seat]] = {ratee.key: [] for ratee in ratees}
        for number, quota in enumerate(grade.quotas):
            sizes: Counter[Cell] = Counter()
            for ratee in ratees:
                cell = cell_of(ratee, quota.scope)
                sizes[cell] += 1
                self._seats[ratee.key].append((number, cell))
            in_order = {cell: sizes[cell] for cell in sorted(sizes)}
            for cell, n in quota.all_places(in_order).items():
                self.places[number, cell] = n
        self.left = dict(self.places)

    def refusal(self, ratee: str) -> Refusal | None:
        """Why there is no place for a ratee; None where every quota has one left."""
        full = next((seat for seat in self._seats[ratee] if self.left[seat] <= 0), None)
        if full is None:
            return None
        message = NO_PLACE[self.grade.quotas[full[0]].scope]
        places = self.places[full]
        return Refusal(message, {"grade": self.grade.name, "places": places}, self.grade.key)

    def take(self, equals: Sequence[str]) -> set[str]:
        """Take places for equals, none of whom is refused one; the keys of those who got one.

        Where a cell has fewer places than equals ask for, none of them gets one: the places left
        there wait for people, and so do as many in the other cells that those equals need.
        """
        asked = Counter(seat for ratee in equals for seat in self._seats[ratee])
        short = {seat for seat, n in asked.items() if n > self.left[seat]}
        got = [ratee for ratee in equals if short.isdisjoint(self._seats[ratee])]
        if short:
            waiting = [ratee for ratee in equals if ratee not in got]
            for seat, n in self._kept(waiting, short).items():
                self.left[seat] -= n
        for ratee in got:
            for seat in self._seats[ratee]:
                self.left[seat] -= 1
        return set(got)

    def _kept(self, waiting: Sequence[str], short: set[Seat]) -> dict[Seat, int]:
        """The places that wait for people to decide between equals."""
        kept = {seat: self.left[seat] for seat in short}
        needed: dict[Seat, tuple[int, set[Seat]]] = {}
        for ratee in waiting:
            seats = set(self._seats[ratee])
            for seat in seats - short:
                n, contested = needed.get(seat, (0, set()))
                needed[seat] = (n + 1, contested | (seats & short))
        for seat, (n, contested) in needed.items():
            kept[seat] = min(n, sum(self.left[one] for one in contested))
        return kept
