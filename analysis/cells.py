"""The sufficient statistics: counts and ballot moments, integers that shards add up exactly."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.answers import Form
from analysis.engine import Engine, literal
from forms.questionnaire import Item

Ints = NDArray[np.int64]
Points = Mapping[str, Mapping[int, Fraction]]
Detail = Literal["full", "scores"]
LEFT_OUT = "left_out"


class Key(NamedTuple):
    """A combination that occurs, and its rows. `round_number` is the place in the answers' list."""

    round_number: int
    ratee: str
    rater_class: str
    stratum: str
    channel: str
    evidence: str
    status: str
    n: int
    unit: int


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """Counts of one item: `n` rows under key `key_number` hold `option_number` (0 is a blank)."""

    key_number: Ints
    option_number: Ints
    n: Ints


@dataclass(frozen=True, slots=True)
class FormCells:
    """The cells of one questionnaire: its keys in order of their number, and counts by item key.

    `is_regrouped` says that the keys' units are no longer those of the engine's tables.
    """

    form: Form
    keys: tuple[Key, ...]
    items: Mapping[str, ItemCounts]
    is_regrouped: bool = False

    def units(self) -> tuple[tuple[str, str], ...]:
        """(ratee, rater class) by unit number."""
        named = {key.unit: (key.ratee, key.rater_class) for key in self.keys if key.unit >= 0}
        return tuple(named[unit] for unit in range(len(named)))

    def regrouped(self, group: Callable[[Key], str | None]) -> "FormCells":
        """The same cells with what `group` says of a key instead of its rater class.

        Keys of which it says nothing do not count, whatever is asked for.
        """
        named = [(key, group(key)) for key in self.keys]
        units = sorted({(key.ratee, name) for key, name in named if name is not None})
        number = {unit: place for place, unit in enumerate(units)}
        keys = tuple(
            key._replace(status=LEFT_OUT, unit=-1)
            if name is None
            else key._replace(rater_class=name, unit=number[key.ratee, name])
            for key, name in named
        )
        return FormCells(self.form, keys, self.items, is_regrouped=True)

    def by_unit(self, item: Item, statuses: Collection[str]) -> Ints:
        """Counts over the rows with one of `statuses`, shaped units x option numbers from 0 on."""
        counts = self.items[item.key]
        unit = np.array([key.unit for key in self.keys], dtype=np.int64)
        keep = np.array([key.status in statuses for key in self.keys], dtype=bool)
        chosen = keep[counts.key_number]
        width = int(counts.option_number.max(initial=0)) + 1
        totals = np.zeros((int(unit.max(initial=-1)) + 1, width), dtype=np.int64)
        places = (unit[counts.key_number[chosen]], counts.option_number[chosen])
        np.add.at(totals, places, counts.n[chosen])
        return totals


def count_cells(engine: Engine, form: Form) -> FormCells:
    """Count every item by one grouped scan."""
    listed = engine.query(form.sql("key_list"))
    keys = tuple(Key(*row) for row in zip(*(c.tolist() for c in listed.values()), strict=True))
    items = {}
    for item, name in form.columns:
        found = engine.query(form.sql("cells_item", item=name))
        order = np.lexsort((found["option_number"], found["key_number"]))
        items[item.key] = ItemCounts(
            *(found[c][order].astype(np.int64) for c in ("key_number", "option_number", "n"))
        )
    return FormCells(form, keys, items)


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the ballots of one ratee and rater class, dimensions in order.

    `y` are sums of points times `scale`, `n` sums of valued answers; `yy[d][e]`, `yn[d][e]` and
    `nn[d][e]` are sums of the products within a ballot. `ballots` counts ballots with a valued
    answer anywhere, `answered[d]` those with one in a dimension.
    """

    scale: int
    ballots: int
    answered: tuple[int, ...]
    y: tuple[int, ...]
    n: tuple[int, ...]
    yy: tuple[tuple[int, ...], ...]
    yn: tuple[tuple[int, ...], ...]
    nn: tuple[tuple[int, ...], ...]

    def __add__(self, other: "Moments") -> "Moments":
        """The moments of both sets of ballots together; scales must agree."""
        if self.scale != other.scale:
            raise ValueError("moments of different scales")
        return Moments(
            self.scale,
            self.ballots + other.ballots,
            _added(self.answered, other.answered),
            _added(self.y, other.y),
            _added(self.n, other.n),
            *(
                tuple(_added(a, b) for a, b in zip(mine, theirs, strict=True))
                for mine, theirs in (
                    (self.yy, other.yy),
                    (self.yn, other.yn),
                    (self.nn, other.nn),
                )
            ),
        )


def _added(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(first, second, strict=True))


def dimension_items(form: Form) -> list[tuple[str, list[tuple[Item, str]]]]:
    """The dimensions that have items, in order, with their items and columns."""
    keys = [one.key for one in form.questionnaire.dimensions]
    grouped = [(key, [pair for pair in form.scored if pair[0].dimension == key]) for key in keys]
    return [(key, pairs) for key, pairs in grouped if pairs]


def count_moments(
    engine: Engine,
    cells: FormCells,
    points: Points,
    scale: int,
    statuses: Collection[str],
    detail: Detail = "full",
) -> dict[int, Moments]:
    """Ballot moments by unit number over rows with one of `statuses`.

    `points` holds, by item key, the points of each option number that is valued under the scheme;
    times `scale` they must be whole numbers. With `detail` "scores" only the ballots are counted.
    """
    form = cells.form
    dimensions = dimension_items(form)
    if not dimensions:
        return {}
    d = range(len(dimensions))
    valued = " + ".join(f"n{place}" for place in d)
    sums = {"ballots": f"CASE WHEN {valued} > 0 THEN 1 ELSE 0 END"}
    d = range(len(dimensions) if detail == "full" else 0)
    sums |= {f"a{i}": f"CASE WHEN n{i} > 0 THEN 1 ELSE 0 END" for i in d}
    sums |= {f"{kind}{i}": f"{kind}{i}" for kind in "yn" for i in d}
    sums |= {f"yn{i}_{j}": f"y{i} * n{j}" for i in d for j in d}
    sums |= {f"{k}{k}{i}_{j}": f"{k}{i} * {k}{j}" for k in "yn" for i in d for j in d if j >= i}
    select = ", ".join(f"CAST(SUM({what}) AS BIGINT) AS {name}" for name, what in sums.items())
    found = engine.query(
        form.sql(
            "moments",
            group="key_number" if cells.is_regrouped else "unit",
            sums=select,
            dimensions=dimension_sums(form, points, scale),
            counting=", ".join(literal(status) for status in sorted(statuses)),
        )
    )
    groups = found.pop("number").tolist()
    columns_at = {name: at for at, name in enumerate(found)}
    rows = zip(*(column.tolist() for column in found.values()), strict=True)
    layout = _layout(columns_at, len(d))
    made = {group: _moments(row, scale, layout) for group, row in zip(groups, rows, strict=True)}
    return _by_unit(made, cells, statuses) if cells.is_regrouped else made


def _by_unit(
    by_key: Mapping[int, Moments], cells: FormCells, statuses: Collection[str]
) -> dict[int, Moments]:
    """Moments by key added up to those of the units the keys now belong to."""
    found: dict[int, Moments] = {}
    for number in sorted(by_key):
        key = cells.keys[number]
        if key.status in statuses:
            before = found.get(key.unit)
            found[key.unit] = before + by_key[number] if before else by_key[number]
    return found


def dimension_sums(form: Form, points: Points, scale: int) -> str:
    """The columns y0, n0, y1, … of a row, in SQL: its points (times `scale`) and valued answers."""
    columns = []
    for place, (_, pairs) in enumerate(dimension_items(form)):
        y = " + ".join(points_case(name, points[item.key], scale) for item, name in pairs)
        n = " + ".join(valued_case(name, points[item.key]) for item, name in pairs)
        columns += [f"{y} AS y{place}", f"{n} AS n{place}"]
    return ", ".join(columns)


def points_case(column: str, points: Mapping[int, Fraction], scale: int) -> str:
    """The points of an answer times `scale`, in SQL; 0 for one without."""
    if not points:
        return "0"
    whens = " ".join(f"WHEN {number} THEN {int(value * scale)}" for number, value in points.items())
    return f"CAST(CASE {column} {whens} ELSE 0 END AS BIGINT)"


def valued_case(column: str, points: Mapping[int, Fraction]) -> str:
    """1 for an answer with points, else 0, in SQL."""
    if not points:
        return "0"
    numbers = ", ".join(str(number) for number in points)
    return f"CAST(CASE WHEN {column} IN ({numbers}) THEN 1 ELSE 0 END AS BIGINT)"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the parts of moments stand in a row of the query."""

    ballots: int
    answered: tuple[int, ...]
    y: tuple[int, ...]
    n: tuple[int, ...]
    yy: tuple[tuple[int, ...], ...]
    yn: tuple[tuple[int, ...], ...]
    nn: tuple[tuple[int, ...], ...]


def _layout(place: Mapping[str, int], size: int) -> _Layout:
    d = range(size)

    def symmetric(kind: str) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(place[f"{kind}{min(i, j)}_{max(i, j)}"] for j in d) for i in d)

    return _Layout(
        ballots=place["ballots"],
        answered=tuple(place[f"a{i}"] for i in d),
        y=tuple(place[f"y{i}"] for i in d),
        n=tuple(place[f"n{i}"] for i in d),
        yy=symmetric("yy"),
        yn=tuple(tuple(place[f"yn{i}_{j}"] for j in d) for i in d),
        nn=symmetric("nn"),
    )


def _moments(row: tuple[int, ...], scale: int, at: _Layout) -> Moments:
    pick = row.__getitem__
    return Moments(
        scale=scale,
        ballots=row[at.ballots],
        answered=tuple(map(pick, at.answered)),
        y=tuple(map(pick, at.y)),
        n=tuple(map(pick, at.n)),
        yy=tuple(tuple(map(pick, one)) for one in at.yy),
        yn=tuple(tuple(map(pick, one)) for one in at.yn),
        nn=tuple(tuple(map(pick, one)) for one in at.nn),
    )
