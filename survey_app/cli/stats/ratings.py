"""Ratings of a file as a table ratees × raters or as counts, from wide or long form."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.agreement import value_counts
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_
from survey_app.cli.stats.data import MISSING, Codes, Data, Floats
from survey_app.cli.stats.method import Ask


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings with their codes. Numbers are their own codes, categories are numbered by name.

    `values` is ratees × raters, NaN where missing; `codes` are the distinct values, rising, and
    `labels` their names.
    """

    values: Floats
    raters: list[str]
    codes: Floats
    labels: list[str]
    is_numeric: bool
    notes: tuple[Note, ...] = ()

    def with_categories(self, values: tuple[float, ...]) -> "Ratings":
        """With these numbers among the categories, though nobody may have given them."""
        if not self.is_numeric:
            return self
        codes = np.union1d(self.codes, np.array(values))
        return replace(self, codes=codes, labels=[f"{one:g}" for one in codes])

    def complete(self) -> "Ratings":
        """Only ratees whom every rater rated, with a note on how many were left out."""
        keep = ~np.isnan(self.values).any(axis=1)
        if keep.all():
            return self
        why = Note(N_("{n} 个对象没有被所有评分人评到，未计入"), {"n": int((~keep).sum())})
        values = self.values[keep]
        codes = np.unique(values)
        names = dict(zip(self.codes.tolist(), self.labels, strict=True))
        labels = [names[one] for one in codes.tolist()]
        return replace(self, values=values, codes=codes, labels=labels, notes=(*self.notes, why))


@dataclass(frozen=True, slots=True)
class Marks:
    """Units × values counts with the names of the values."""

    counts: value_counts.ValueCounts
    labels: list[str]
    is_numeric: bool
    notes: tuple[Note, ...]


def table(
    data: Data, ask: Ask, *, is_transposed: bool = False, is_text_allowed: bool = False
) -> Ratings:
    """The ratings as a table: `--items` are the raters, or `--ratee --rater --y` in long form."""
    if ask.items:
        columns = [_coded(data, name, is_text_allowed) for name in ask.items]
        coded = _together(columns, data, ask.items)
        if not (is_transposed or rows_are_raters(data, ask)):
            return coded
        own = ask.rater or ask.id
        names = data.text(own) if own else [str(row + 1) for row in range(data.n)]
        return replace(coded, values=coded.values.T, raters=list(names))
    ask.need("ratee", "rater", "y")
    return _pivoted(data, ask, is_text_allowed)


def rows_are_raters(data: Data, ask: Ask) -> bool:
    """Whether `--rater` names each row, and no ratee does: then the columns are the ratees."""
    return bool(ask.rater and not ask.ratee and len(set(data.text(ask.rater))) == data.n)


def marks(
    data: Data, ask: Ask, *, is_transposed: bool = False, is_text_allowed: bool = False
) -> Marks:
    """The ratings as counts; `--ratee --y` suffices in long form, whoever the raters are."""
    if ask.items:
        found = table(data, ask, is_transposed=is_transposed, is_text_allowed=is_text_allowed)
        counts = value_counts.of_table(found.values)
        return Marks(counts, found.labels, found.is_numeric, found.notes)
    ask.need("ratee", "y")
    groups = data.groups([ask.column("ratee")])
    name = ask.column("y")
    coded = _together([_coded(data, name, is_text_allowed)], data, (name,))
    y = coded.values[:, 0]
    counts = value_counts.of_ratings(groups.code, y, len(groups))
    return Marks(counts, coded.labels, coded.is_numeric, dropped(np.isnan(y)))


def dropped(missing: NDArray[np.bool_]) -> tuple[Note, ...]:
    """The note that so many ratings were missing."""
    n = int(missing.sum())
    return (Note(N_("{n} 行没有评分，未计入"), {"n": n}),) if n else ()


def few(n: int) -> tuple[Note, ...]:
    """The note that so few ratees make an interval a guess."""
    return (Note(N_("只有 {n} 个对象，少于 10 个，区间只作参考"), {"n": n}),) if n < 10 else ()


def _coded(data: Data, name: str, is_text_allowed: bool) -> Floats | None:  # noqa: FBT001
    """The numbers of a column; None where it holds text and text is allowed."""
    if not is_text_allowed:
        return data.numbers(name)
    try:
        [float(one) for one in data.text(name) if one not in MISSING]
    except ValueError:
        return None
    return data.numbers(name)


def _together(columns: list[Floats | None], data: Data, names: tuple[str, ...]) -> Ratings:
    numbers = [one for one in columns if one is not None]
    if len(numbers) == len(columns):
        values = np.column_stack(numbers)
        codes = np.unique(values[~np.isnan(values)])
        return Ratings(values, list(names), codes, [f"{one:g}" for one in codes], is_numeric=True)
    texts = [data.text(name) for name in names]
    labels = sorted({one for column in texts for one in column if one not in MISSING})
    place = {label: float(number) for number, label in enumerate(labels)}
    values = np.array([[place.get(one, np.nan) for one in column] for column in texts]).T
    return Ratings(
        values, list(names), np.arange(len(labels), dtype=float), labels, is_numeric=False
    )


def _pivoted(data: Data, ask: Ask, is_text_allowed: bool) -> Ratings:  # noqa: FBT001
    name = ask.column("y")
    coded = _together([_coded(data, name, is_text_allowed)], data, (name,))
    y = coded.values[:, 0]
    ratees, raters = data.groups([ask.column("ratee")]), data.groups([ask.column("rater")])
    present = ~np.isnan(y)
    refuse_twice(ratees.code[present], raters.code[present])
    values = np.full((len(ratees), len(raters)), np.nan)
    values[ratees.code, raters.code] = y
    return replace(coded, values=values, raters=list(raters.names), notes=dropped(np.isnan(y)))


def refuse_twice(ratee: Codes, rater: Codes) -> None:
    """Refuse a rater with several marks for one ratee: which of them counts is not ours to say."""
    times = np.unique(np.column_stack([ratee, rater]), axis=0, return_counts=True)[1]
    if (times > 1).any():
        raise NoEstimate(
            "undefined",
            Note(
                N_("有 {n} 对评分人和对象出现了不止一次，每对只能有一个分；有多道题请先合计"),
                {"n": int((times > 1).sum())},
            ),
        )
