"""The price of a rank, entrance by entrance: what the round as a whole should know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, median_low

from analysis.attacks.gates import Entrance
from analysis.attacks.price import ClassPrices, Cost, Prices
from analysis.note import Note
from analysis.small_groups import PRIVACY_MINIMUM
from forms.problems import N_

FEWEST = PRIVACY_MINIMUM
"""Fewer ballots of one ratee by one entrance are not shown."""

OPEN = (
    N_("公开海报：谁都能再交一份。短时集中、满分集中、同一设备、又快又整份同一选项四项检查盯着它"),
    N_("改用凭码或评议卡，或在方案里按凭据分开计权"),
)
CARD = (
    N_(
        "评议卡：一张卡只能用一次，整批卡落到一人手里才成问题。"
        "卡不记入口和时间，只有整份同一选项、答案整份雷同两项检查看得到它"
    ),
    N_("按户登记发卡，收回没发出的卡，不整批交给被评单位"),
)
CODE = (
    N_("凭码：不能增加答卷，只能说服有码的人。答案里看不出一个人是不是真心的"),
    N_("多请几个人、按类别计权、去掉最高和最低分，使一个人移动不了名次"),
)


@dataclass(frozen=True, slots=True)
class EntranceLine:
    """One entrance for one class of ratees, over its `ratees` with somebody above them.

    `n` usual ballots of one ratee (median); `place_least` ballots for one place where it is
    cheapest, `place_median` for half of the ratees (None: never), `unreachable` how many ratees
    gain no place by it; `rival_least`, `rival_median` likewise against the one above; `moved` and
    `moved_most` are points (median and most) a standard attack moves, `places` the most places it
    wins: 50 ballots added, or a tenth of the raters turned; `one`, `one_places` the most one turned
    rater does.
    """

    entrance: Entrance
    ratees: int
    n: int
    place_least: int | None
    place_median: int | None
    unreachable: int
    grade_least: int | None
    rival_least: int | None
    rival_median: int | None
    moved: float
    moved_most: float
    places: int
    one: float
    one_places: int

    @property
    def watched(self) -> Note:
        """What looks at this entrance."""
        return Note(self._words[0])

    @property
    def closed_by(self) -> Note:
        """What makes it stronger."""
        return Note(self._words[1])

    @property
    def _words(self) -> tuple[str, str]:
        if "open" in self.entrance.evidence:
            return OPEN
        return CARD if self.entrance.is_open else CODE


def by_entrance(prices: Prices, of: ClassPrices) -> tuple[EntranceLine, ...]:
    """Every entrance of a class of ratees, the cheapest first."""
    found = []
    for place, entrance in enumerate(prices.entrances):
        costs = [
            (one.gap is not None, cost)
            for one in of.ratees
            for cost in one.costs
            if cost.entrance == place and cost.n >= FEWEST
        ]
        if costs:
            found.append(_line(entrance, costs))
    return tuple(sorted(found, key=_cheapness))


def _cheapness(line: EntranceLine) -> tuple[float, str, str, str]:
    middle = float("inf") if line.place_median is None else line.place_median
    one = line.entrance
    return middle, one.leaf, one.rater_class, one.part


def _line(entrance: Entrance, costs: Sequence[tuple[bool, Cost]]) -> EntranceLine:
    below = [cost for has_above, cost in costs if has_above]
    every = [cost for _, cost in costs]
    is_open = entrance.is_open
    moved = [cost.fifty if is_open else cost.tenth for cost in every]
    return EntranceLine(
        entrance=entrance,
        ratees=len(below),
        n=median_low(cost.n for cost in every),
        place_least=_least(below, lambda cost: cost.place),
        place_median=_middle(below, lambda cost: cost.place),
        unreachable=sum(cost.place is None for cost in below),
        grade_least=_least(below, lambda cost: cost.grade),
        rival_least=_least(below, lambda cost: cost.rival),
        rival_median=_middle(below, lambda cost: cost.rival),
        moved=median(moved),
        moved_most=max(moved),
        places=max(cost.fifty_places if is_open else cost.tenth_places for cost in every),
        one=max(cost.one for cost in every),
        one_places=max(cost.one_places for cost in every),
    )


def _least(costs: Sequence[Cost], of: Callable[[Cost], int | None]) -> int | None:
    known = [value for cost in costs if (value := of(cost)) is not None]
    return min(known, default=None)


def _middle(costs: Sequence[Cost], of: Callable[[Cost], int | None]) -> int | None:
    """The least k that does for half of them; None where it never does."""
    known = sorted(value for cost in costs if (value := of(cost)) is not None)
    half = (len(costs) + 1) // 2
    return known[half - 1] if costs and len(known) >= half else None
