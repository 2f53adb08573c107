"""A file of population totals, and the rows of a data file brought to its margins."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.margins import Codes, Margin, coded
from forms.problems import N_, InputError, Problem
from survey_app.cli.stats.data import MISSING, Data

TOTALS = ("total", "totals")


@dataclass(frozen=True, slots=True)
class Targets:
    """`[margin.<column>] level = total` and `[total] column = total`, as numbers.

    The total of a numeric column may also stand under `[totals]`, as `[margin] column = total`, or
    alone in `[margin.column]` by the name of the column or `total`.

    A margin of several columns is named "A:B", its levels "a:b".
    """

    margins: tuple[Margin, ...]
    totals: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that have a level in every margin: which they are, and their codes."""

    kept: NDArray[np.bool_]
    codes: Codes
    margins: tuple[Margin, ...]
    notes: tuple[Note, ...]


def read_targets(path: Path) -> Targets:
    """Read a file of totals; InputError says what is not a table of numbers."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        text, remedy = (
            N_("不是 TOML 文件（{why}）"),
            N_("请按 [margin.列名] 类别 = 总体数 的样子写"),
        )
        raise InputError([Problem(path.name, text, remedy, {"why": str(why)})]) from None
    problems: list[Problem] = []
    _refuse_unknown(path, content, problems)
    totals: dict[str, float] = {}
    margins = []
    for name, table in _tables("", content.get("margin", {})):
        numbers = tuple(_number(path, f"margin.{name}", table, problems))
        if not name:
            totals |= dict(zip(table, numbers, strict=True))
        elif [*table] in (["total"], [name]):
            totals[name] = numbers[0]
        else:
            margins.append(Margin(name, tuple(table), numbers))
    for place in TOTALS:
        table = content.get(place, {})
        totals |= dict(zip(table, _number(path, place, table, problems), strict=True))
    if problems:
        raise InputError(problems)
    if not margins and not totals:
        text, remedy = N_("没有总体数"), N_("请写 [margin.列名]，或 [total]")
        raise InputError([Problem(path.name, text, remedy)])
    return Targets(tuple(margins), totals)


def _refuse_unknown(path: Path, content: Mapping[str, Any], problems: list[Problem]) -> None:
    """A table of another name would be left out of the weights without a word."""
    for name, table in content.items():
        if name not in ("margin", *TOTALS) or not isinstance(table, dict):
            problems.append(
                Problem(
                    f"{path.name}:{name}",
                    N_("“{name}”不是总体数的表"),
                    N_("请写 [margin.列名] 类别 = 总体数；数值列的总量写在 [total]"),
                    {"name": name},
                )
            )


def _tables(name: str, table: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Margins by name. TOML reads [margin.sch.wide] as a table in a table: the dot is ours."""
    own = {key: value for key, value in table.items() if not isinstance(value, dict)}
    if own:
        yield name, own
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _tables(f"{name}.{key}" if name else key, value)


def _number(
    path: Path, place: str, table: Mapping[str, Any], problems: list[Problem]
) -> Iterator[float]:
    for key, value in table.items():
        try:
            yield float(value)
        except (TypeError, ValueError):
            problems.append(
                Problem(
                    f"{path.name}:{place}.{key}",
                    N_("“{text}”不是数字"),
                    N_("请填总体人数或总量"),
                    {"text": str(value)},
                )
            )
            yield 0.0


def columns_of(data: Data, margin: Margin) -> tuple[str, ...]:
    """The columns a margin speaks of: one of its name, or several joined by a colon."""
    if margin.name in data.columns:
        return (margin.name,)
    return tuple(margin.name.split(":"))


def rows_of(data: Data, margins: tuple[Margin, ...]) -> Rows:
    """Code the rows; those without a value in some margin are left out, and a note says so."""
    kept = np.ones(data.n, dtype=np.bool_)
    labels = []
    for margin in margins:
        columns = columns_of(data, margin)
        data.require(columns)
        texts = [data.text(one) for one in columns]
        joined = [":".join(row) for row in zip(*texts, strict=True)]
        named = set(margin.levels)
        kept &= np.array(
            [
                label in named or not any(text in MISSING for text in row)
                for label, row in zip(joined, zip(*texts, strict=True), strict=True)
            ],
            dtype=np.bool_,
        )
        labels.append(joined)
    if not kept.any():
        raise NoEstimate("too_few", Note(N_("没有一行在各个边际都有值")))
    chosen = np.flatnonzero(kept).tolist()
    codes, known = coded(margins, [[one[row] for row in chosen] for one in labels])
    if not margins:
        codes = np.zeros((len(chosen), 0), dtype=np.int64)
    lost = data.n - len(chosen)
    text = N_("有 {n} 行缺少加权用的类别，未参加计算，权数为空")
    notes = (Note(text, {"n": lost}),) if lost else ()
    return Rows(kept, codes, known, notes)
