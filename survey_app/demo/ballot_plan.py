"""Honest ballots: who answers about whom, by which way in, when, and what.

Every draw comes from one seeded generator in a fixed order, so a seed is a city.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analysis.inputs import RateeRow
from forms.questionnaire import Questionnaire
from survey_app.demo.cities.zhangjiajie_2009 import KINDS
from survey_app.demo.raters import RaterKind
from survey_app.demo.truth import ITEM_NOISE, ItemScale, PlantedTruth

MOST_DAYS, ROWS_A_DAY = 7, 5000
FIRST_HOUR, LAST_HOUR = 8, 21
BINS_A_DAY = 144
# Scanning follows the day: few in the early morning, most around noon and in the evening.
HOURLY = (2, 4, 5, 5, 8, 7, 4, 4, 5, 6, 8, 9, 7, 3)
SCOPE_MINIMUM = 8
COMMENT_SHARE = 0.03
COMMENTS = (
    "窗口排队时间长，希望增加人手。",
    "网上办理流程还可以再简化。",
    "工作人员态度很好，继续保持。",
    "材料要求最好一次说清。",
    "电话不容易打通。",
    "反映的问题处理得比较及时。",
)


@dataclass(slots=True)
class Filled:
    """One form as a rater filled it in. `codes` leads from a ratee to its coded items' numbers.

    `way` names the way in: (rater class, list of ratees, stratum). `bin` counts ten minutes from
    the round's first midnight; `seconds` is how long the form was on the screen.
    """

    kind: RaterKind
    scope: tuple[str, ...]
    stratum: str
    codes: dict[str, bytes]
    bin: int
    seconds: float
    device: str = ""
    comment: str = ""
    label: str = "honest"
    original: "Filled | None" = None

    @property
    def way(self) -> tuple[str, tuple[str, ...], str]:
        return (self.kind.key, self.scope, self.stratum)

    def again(self, label: str, **changes: object) -> "Filled":
        """The same form once more, as this kind of dirt."""
        return replace(self, label=label, original=self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Ballots:
    """What honest raters hand in: `rows` ballot × ratee rows in all."""

    forms: list[Filled]

    @property
    def rows(self) -> int:
        return sum(len(one.codes) for one in self.forms)


@dataclass(slots=True)
class Drawer:
    """Draws forms of one city."""

    ratees: Sequence[RateeRow]
    questionnaires: Mapping[tuple[str, str], Questionnaire]
    """(rater class, ratee class) → the form they fill in."""
    truth: PlantedTruth
    rng: np.random.Generator
    days: int = 1
    next_device: int = 0
    by_key: dict[str, RateeRow] = field(init=False)
    moments: NDArray[np.int64] = field(init=False)
    weights: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.by_key = {row.key: row for row in self.ratees}
        hours = [hour for hour in range(FIRST_HOUR, LAST_HOUR + 1) for _ in range(6)]
        bins = [hour * 6 + tens for hour in range(FIRST_HOUR, LAST_HOUR + 1) for tens in range(6)]
        self.moments = np.array(
            [day * BINS_A_DAY + one for day in range(self.days) for one in bins]
        )
        weight = np.array([HOURLY[hour - FIRST_HOUR] for hour in hours] * self.days, dtype=float)
        self.weights = weight / weight.sum()

    def form_of(self, kind: RaterKind, ratee: str) -> Questionnaire:
        return self.questionnaires[kind.key, self.by_key[ratee].ratee_class]

    def new_device(self) -> str:
        self.next_device += 1
        return f"device-{self.next_device}"

    def bins(self, n: int) -> NDArray[np.int64]:
        """Moments of the round, as the day goes."""
        chosen: NDArray[np.int64] = self.rng.choice(self.moments, n, p=self.weights)
        return chosen

    def answers(self, kind: RaterKind, ratee: str, leniency: NDArray[np.float64]) -> list[bytes]:
        """What these raters (one each leniency) answer about a ratee: option numbers by item."""
        form = self.form_of(kind, ratee)
        n = len(leniency)
        columns = []
        for item in form.coded_items:
            scale = ItemScale.of(form, item)
            if scale is None:
                columns.append(self._unscored(form.scale_of(item).key, n))
                continue
            view = self.truth.mean(ratee, item.dimension, kind) + leniency
            chosen = scale.choose(view + self.rng.normal(0.0, ITEM_NOISE, n))
            is_unknown = self.rng.random(n) < kind.unknown
            columns.append(np.where(is_unknown, np.uint8(scale.unknown), chosen))
        codes = np.stack(columns, axis=1).astype(np.uint8)
        _hide_reasons(codes, form)
        return [row.tobytes() for row in codes]

    def _unscored(self, scale: str, n: int) -> NDArray[np.uint8]:
        """Items without points: whether somebody asked for answers, and reasons of discontent."""
        if scale == "integrity":
            return self.rng.choice(np.array([0, 1, 2, 9], np.uint8), n, p=[0.1, 0.87, 0.01, 0.02])
        return (1 << self.rng.integers(0, 8, n)).astype(np.uint8)

    def comment(self) -> str:
        if self.rng.random() >= COMMENT_SHARE:
            return ""
        return f"（模拟）{COMMENTS[int(self.rng.integers(len(COMMENTS)))]}"


def _hide_reasons(codes: NDArray[np.uint8], form: Questionnaire) -> None:
    """A question whose condition is not met was not on the page."""
    places = {item.key: place for place, item in enumerate(form.coded_items)}
    for item in form.coded_items:
        if item.shown_if is None:
            continue
        asked = form.item(item.shown_if.item)
        by_code = form.scale_of(asked).by_code
        shown = [by_code[code].number for code in item.shown_if.options]
        is_shown = np.isin(codes[:, places[asked.key]], shown)
        codes[~is_shown, places[item.key]] = 0


def days_for(rows: int) -> int:
    """How many days a round of this size is open: a week for a real one, a day for a small one."""
    return min(MOST_DAYS, max(1, round(rows / ROWS_A_DAY)))


def scopes(kind: RaterKind, ratees: Sequence[RateeRow], rows: int) -> list[tuple[str, ...]]:
    """The rating lists of a rater class: shorter ones where the whole would be too few raters."""
    counties = [row.key for row in ratees if row.ratee_class == "county"]
    units = [row.key for row in ratees if row.ratee_class == "unit"]
    if kind.lists == "all" and rows >= SCOPE_MINIMUM * len(ratees):
        return [tuple(row.key for row in ratees)]
    if kind.lists == "county" and rows >= SCOPE_MINIMUM * len(counties) * (1 + len(units)):
        return [(county, *units) for county in counties]
    groups: dict[str, list[str]] = {}
    for row in ratees:
        if row.ratee_class == "unit":
            groups.setdefault(row.group, []).append(row.key)
    return [
        (counties[place % len(counties)], *members) for place, members in enumerate(groups.values())
    ]


def draw_ballots(drawer: Drawer, rows: int, kinds: Sequence[RaterKind] = KINDS) -> Ballots:
    """Honest forms with exactly `rows` ballot × ratee rows in all.

    Raises ValueError where so few rows cannot bring every rater class to every ratee.
    """
    lists = [kind for kind in kinds if kind.way == "list"]
    singles = [kind for kind in kinds if kind.way != "list"]
    forms = [one for kind in lists for one in _draw_lists(drawer, kind, round(kind.share * rows))]
    spare = rows - sum(len(one.codes) for one in forms) - len(singles) * len(drawer.ratees)
    if spare < 0:
        raise ValueError("too few rows")
    shares = np.array([kind.share for kind in singles])
    quotas = len(drawer.ratees) + largest_remainder(shares / shares.sum() * spare)
    for kind, quota in zip(singles, quotas, strict=True):
        forms += _draw_singles(drawer, kind, quota)
    return Ballots(forms)


def _draw_lists(drawer: Drawer, kind: RaterKind, rows: int) -> Iterator[Filled]:
    """Forms about many ratees. The first of each list leaves nobody out, so all are rated."""
    lists = scopes(kind, drawer.ratees, rows)
    rated = sum(len(scope) for scope in lists) * (1 - kind.skip)
    raters = max(1, round(rows / rated))
    for scope in lists:
        leniency = drawer.rng.normal(0.0, kind.spread, raters)
        answers = {ratee: drawer.answers(kind, ratee, leniency) for ratee in scope}
        knows = drawer.rng.random((raters, len(scope))) >= kind.skip
        knows[0] = True
        knows[:, 0] |= ~knows.any(axis=1)
        bins = drawer.bins(raters)
        stratum = drawer.by_key[scope[0]].name if kind.lists == "county" else ""
        for rater in range(raters):
            codes = {
                ratee: answers[ratee][rater]
                for place, ratee in enumerate(scope)
                if knows[rater, place]
            }
            seconds = 6.0 * sum(len(one) for one in codes.values())
            yield Filled(kind, scope, stratum, codes, int(bins[rater]), seconds)


def _draw_singles(drawer: Drawer, kind: RaterKind, rows: int) -> Iterator[Filled]:
    """Forms about one ratee each; ratees draw unequal numbers, at least one."""
    size = len(drawer.ratees)
    appeal = drawer.rng.uniform(0.8, 1.2, size)
    counts = 1 + largest_remainder(appeal / appeal.sum() * (rows - size))
    for row, n in zip(drawer.ratees, counts, strict=True):
        leniency = drawer.rng.normal(0.0, kind.spread, n)
        answers = drawer.answers(kind, row.key, leniency)
        bins = drawer.bins(int(n))
        seconds = drawer.rng.lognormal(3.9, 0.4, n)
        for rater in range(n):
            yield Filled(
                kind,
                (row.key,),
                "",
                {row.key: answers[rater]},
                int(bins[rater]),
                max(float(seconds[rater]), 16.0),
                drawer.new_device() if kind.way == "poster" else "",
                drawer.comment(),
            )


def largest_remainder(wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers nearest to the wanted ones that keep their (whole) sum."""
    whole = np.floor(wanted).astype(np.int64)
    missing = round(float(wanted.sum())) - int(whole.sum())
    whole[np.argsort(whole - wanted, kind="stable")[:missing]] += 1
    return whole
