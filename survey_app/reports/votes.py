"""Votes by what the tables ask for: sums of cells, their score, rate and interval."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from analysis.estimation import wilson
from analysis.results import Cell
from analysis.small_groups import is_unanimous
from forms.questionnaire import Item, Questionnaire

SATISFIED_FROM = Decimal(60)

Options = tuple[tuple[str, Decimal | None], ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes by option, in the order of the scale; `blank` are forms without an answer."""

    options: Options
    counts: tuple[int, ...]
    blank: int = 0

    @property
    def valued(self) -> int:
        """Votes that enter the score: those for an option with points."""
        return self._sum(lambda points: points is not None)

    @property
    def unknown(self) -> int:
        """Votes for options without points (不了解)."""
        return self._sum(lambda points: points is None)

    @property
    def answered(self) -> int:
        return sum(self.counts)

    @property
    def satisfied(self) -> int:
        """Votes for options worth at least 60 points (基本满意 and better)."""
        return self._sum(lambda points: points is not None and points >= SATISFIED_FROM)

    @property
    def is_unanimous(self) -> bool:
        """Whether everybody gave the same answer."""
        return is_unanimous(self.counts)

    @property
    def score(self) -> Fraction | None:
        """Σ v·n ÷ Σ n over the valued votes; None without one."""
        if not self.valued:
            return None
        pairs = zip(self.options, self.counts, strict=True)
        total = sum((Fraction(v) * n for (_, v), n in pairs if v is not None), Fraction(0))
        return total / self.valued

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the rate of satisfaction (Wilson), as shares."""
        return wilson(self.satisfied, self.valued)

    def __add__(self, other: "Tally") -> "Tally":
        if self.options != other.options:
            raise ValueError("tallies of different scales")
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return Tally(self.options, counts, self.blank + other.blank)

    def _sum(self, wanted: Callable[[Decimal | None], bool]) -> int:
        pairs = zip(self.options, self.counts, strict=True)
        return sum(n for (_, points), n in pairs if wanted(points))


class Votes:
    """The counting cells of an assessment, indexed for the tables."""

    def __init__(self, rows: Iterable[Cell], questionnaires: Mapping[str, Questionnaire]) -> None:
        self.questionnaires = questionnaires
        self._counts: dict[tuple[str, str, str], dict[tuple[str, int], int]] = defaultdict(
            lambda: defaultdict(int)
        )
        for row in rows:
            place = (row.questionnaire, row.item, row.ratee)
            self._counts[place][row.channel, row.option_number] += row.n

    def tally(
        self, form: Questionnaire, item: Item, ratee: str, channel: str | None = None
    ) -> Tally:
        """Votes on one item, of one channel or of all."""
        scale = form.scale_of(item)
        found: dict[int, int] = defaultdict(int)
        for (where, number), n in self._counts.get((form.key, item.key, ratee), {}).items():
            if channel is None or where == channel:
                found[number] += n
        counts = tuple(found[option.number] for option in scale.options)
        return Tally(scale_options(form, item), counts, found[0])

    def dimension(self, form: Questionnaire, key: str, ratee: str) -> Tally:
        """Votes on all items of a dimension together, every vote equal."""
        items = [item for item in form.scored_items if item.dimension == key]
        return summed([self.tally(form, item, ratee) for item in items])

    def overall(
        self, forms: Sequence[Questionnaire], ratee: str, channel: str | None = None
    ) -> Tally:
        """Votes on the overall items of several questionnaires with one scale."""
        return summed(
            [self.tally(form, item, ratee, channel) for form in forms for item in overall(form)]
        )

    def has(self, form: Questionnaire, ratee: str) -> bool:
        """Whether anybody answered this questionnaire about the ratee."""
        return any((form.key, item.key, ratee) in self._counts for item in form.coded_items)

    def channels(self) -> list[str]:
        """Every channel that occurs, sorted."""
        return sorted({channel for cells in self._counts.values() for channel, _ in cells})


def overall(form: Questionnaire) -> tuple[Item, ...]:
    """The overall item (总体评价); every scored item where a questionnaire has none."""
    return form.scored_items if form.overall is None else (form.item(form.overall),)


def scale_options(form: Questionnaire, item: Item) -> Options:
    """The options of an item as people read them, with their points."""
    return tuple((str(option.text), option.points) for option in form.scale_of(item).options)


def by_scale(forms: Iterable[Questionnaire]) -> dict[Options, list[Questionnaire]]:
    """Questionnaires that can be counted together: their overall items have one scale."""
    groups: dict[Options, list[Questionnaire]] = {}
    for form in forms:
        scales = {scale_options(form, item) for item in overall(form)}
        if len(scales) == 1:
            groups.setdefault(scales.pop(), []).append(form)
    return groups


def summed(tallies: Sequence[Tally]) -> Tally:
    """All tallies together; ValueError for none, or for different scales."""
    if not tallies:
        raise ValueError("no tally to add up")
    total = tallies[0]
    for one in tallies[1:]:
        total += one
    return total
