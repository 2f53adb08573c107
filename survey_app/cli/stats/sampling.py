"""The sampling design and the variables of a file, as the methods on designs take them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.design.design import Codes, Design, Floats, Rows, make_design
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_, InputError, Problem
from survey_app.cli.stats.data import MISSING, SHOWN, Data
from survey_app.cli.stats.method import Ask


@dataclass(frozen=True, slots=True)
class Variables:
    """Columns of numbers (rows, k) under their names; a text column gives one share a level."""

    names: tuple[str, ...]
    values: Floats
    notes: tuple[Note, ...]


def sampling(data: Data, ask: Ask) -> Design:
    """The design the common options describe; `--weights` and `--fpc` may also be numbers.

    Where raters are named and clusters are not, the rater is the cluster: what one person says of
    many is not independent.
    """
    clusters = ask.clusters or ((ask.rater,) if ask.rater else ())
    return make_design(
        data.n,
        None if ask.weights is None else column_or_number(data, ask.weights),
        None if ask.strata is None else labels(data, ask.strata),
        [labels(data, name) for name in clusters],
        [column_or_number(data, name) for name in ask.fpc],
    )


def column_or_number(data: Data, name: str) -> Floats:
    """A column of numbers, or the number itself in every row where it is no column."""
    try:
        constant = float(name)
    except ValueError:
        return data.numbers(name)
    return data.numbers(name) if name in data.columns else np.full(data.n, constant)


def labels(data: Data, name: str) -> Codes:
    """The codes of a column of labels that must be there in every row."""
    texts = data.text(name)
    problems = [
        Problem(
            f"{data.file}:{row + 2}",
            N_("“{column}”列缺失"),
            N_("层和群必须每行都有"),
            {"column": name},
        )
        for row, text in enumerate(texts)
        if text in MISSING
    ]
    if problems:
        raise InputError(problems[:SHOWN])
    code, levels = codes(data, name)
    # half-samples go by the order of units: 9 before 10, as a person would number them
    order = np.argsort([float(one) for one in levels]) if is_numeric(data, name) else None
    return code if order is None else np.argsort(order)[code]


def codes(data: Data, name: str) -> tuple[Codes, tuple[str, ...]]:
    """The code of each row's level, below 0 where missing, and the sorted levels."""
    texts = data.text(name)
    levels = sorted(set(texts) - MISSING)
    place = {level: number for number, level in enumerate(levels)}
    return np.array([place.get(text, -1) for text in texts], dtype=np.int64), tuple(levels)


def domains(data: Data, by: Sequence[str]) -> tuple[Codes, list[dict[str, str]]]:
    """The group of each row by these columns, below 0 where one is missing, and the levels."""
    data.require(by)
    keys = list(zip(*(data.columns[name] for name in by), strict=True))
    found = sorted({key for key in keys if not MISSING.intersection(key)})
    place = {key: number for number, key in enumerate(found)}
    group = np.array([place.get(key, -1) for key in keys], dtype=np.int64)
    return group, [dict(zip(by, key, strict=True)) for key in found]


def pair(data: Data, ask: Ask) -> tuple[Codes, tuple[str, ...]]:
    """The codes 0 and 1 of the two groups of `--by`; refuses any other number of groups."""
    ask.need("by")
    group, levels = domains(data, ask.by)
    if len(levels) != 2:
        text = N_("--by 有 {n} 组，这个方法正好比较两组")
        raise NoEstimate("undefined", Note(text, {"n": len(levels)}))
    return group, tuple(":".join(level.values()) for level in levels)


def is_numeric(data: Data, name: str) -> bool:
    """Whether every value of a column is a number or missing."""
    try:
        return all(text in MISSING or np.isfinite(float(text)) for text in data.text(name))
    except ValueError:
        return False


def _is_meant_numeric(data: Data, name: str) -> bool:
    """Whether most values are numbers: a word among them is a slip, not a class."""
    known = [text for text in data.text(name) if text not in MISSING]
    return 2 * sum(map(_is_number, known)) > len(known)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def variables(data: Data, names: Sequence[str]) -> Variables:
    """Columns as numbers; a column with text as one column of 0 and 1 for each of its levels."""
    data.require(names)
    found: list[tuple[str, Floats]] = []
    notes: list[Note] = []
    for name in names:
        if is_numeric(data, name) or _is_meant_numeric(data, name):
            found.append((name, data.numbers(name)))
        else:
            found += indicators(data, name)
        notes += missing(name, np.isnan(found[-1][1]))
    return Variables(
        tuple(name for name, _ in found), np.column_stack([x for _, x in found]), tuple(notes)
    )


def indicators(data: Data, name: str) -> list[tuple[str, Floats]]:
    """For each level of a column its name and 1 where it is, 0 where not, NaN where missing."""
    code, levels = codes(data, name)
    return [
        (f"{name}{level}", np.where(code < 0, np.nan, code == place))
        for place, level in enumerate(levels)
    ]


def missing(name: str, rows: Rows) -> list[Note]:
    """The note on rows left out for a missing value, if there are any."""
    left = int(rows.sum())
    text = N_("“{column}”缺失 {n} 行，未计入（设计中仍保留其位置）")
    return [Note(text, {"column": name, "n": left})] if left else []


def counted(rows: NDArray[np.bool_] | np.bool_) -> int:
    """How many rows have what the method needs; no answer where none has."""
    n = int(rows.sum())
    if n == 0:
        raise NoEstimate("too_few", Note(N_("没有可用的值；请检查缺失值")))
    return n
