"""The columns of a CSV file, as the methods take them."""

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from forms.problems import N_, InputError, Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
MISSING = frozenset({"", "NA", "NaN", "nan"})
SHOWN = 10
LARGEST = 1e100
"""Squares of larger numbers, and sums of them, no longer fit a float."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows grouped by the values of columns: `labels[code[row]]`, labels in sorted order."""

    columns: tuple[str, ...]
    code: Codes
    labels: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """One text for each group, the values joined by a colon."""
        return tuple(":".join(one) for one in self.labels)

    def by_number(self) -> "Groups":
        """In the order of the numbers where every label is one, else as they are."""
        try:
            order = sorted(range(len(self)), key=lambda one: [float(x) for x in self.labels[one]])
        except ValueError:
            return self
        place = np.empty(len(self), dtype=np.int64)
        place[order] = np.arange(len(self))
        return Groups(self.columns, place[self.code], tuple(self.labels[one] for one in order))

    def by(self, group: int) -> dict[str, str]:
        """The level of each column in this group."""
        return dict(zip(self.columns, self.labels[group], strict=True))


@dataclass(frozen=True, slots=True)
class Data:
    """A file read: columns of text, all of one length. Rows are counted from 2, as in a sheet."""

    file: str
    columns: dict[str, list[str]]
    n: int

    def text(self, name: str) -> list[str]:
        """A column as it stands; InputError where there is none of this name."""
        self.require([name])
        return self.columns[name]

    def require(self, names: Sequence[str]) -> None:
        """Refuse, all at once, names of columns the file does not have."""
        problems = [
            Problem(
                f"{self.file}:1",
                N_("没有“{column}”这一列"),
                N_("文件有这些列：{columns}"),
                {"column": name, "columns": "、".join(self.columns)},
            )
            for name in names
            if name not in self.columns
        ]
        if problems:
            raise InputError(problems)

    def numbers(self, name: str) -> Floats:
        """A column of numbers, NaN where the field is empty or NA."""
        texts = self.text(name)
        values = np.empty(self.n)
        problems = []
        for row, text in enumerate(texts):
            try:
                values[row] = np.nan if text in MISSING else _number(text)
            except ValueError:
                problems.append(
                    Problem(
                        f"{self.file}:{row + 2}",
                        N_("“{column}”列的“{text}”不是数字"),
                        N_("请改成数字，缺失的留空"),
                        {"column": name, "text": text},
                    )
                )
        if problems:
            raise InputError(problems[:SHOWN])
        return values

    def matrix(self, names: Sequence[str]) -> Floats:
        """Several columns of numbers, shaped rows × columns."""
        self.require(names)
        return np.column_stack([self.numbers(name) for name in names])

    def groups(self, names: Sequence[str]) -> Groups:
        """The rows grouped by these columns together; no column gives one group of all."""
        self.require(names)
        keys = list(zip(*(self.columns[name] for name in names), strict=True)) or [()] * self.n
        labels = sorted(set(keys))
        place = {label: number for number, label in enumerate(labels)}
        return Groups(
            tuple(names), np.array([place[key] for key in keys], dtype=np.int64), tuple(labels)
        )

    def kept(self, rows: NDArray[np.bool_]) -> "Data":
        """Only these rows. Row numbers in later messages then count what is left."""
        chosen = np.flatnonzero(rows).tolist()
        columns = {name: [texts[row] for row in chosen] for name, texts in self.columns.items()}
        return Data(self.file, columns, len(chosen))


def _number(text: str) -> float:
    value = float(text)
    if abs(value) > LARGEST:
        raise ValueError(text)
    return value


def _content(path: Path) -> bytes:
    """The bytes of a file, gunzipped where it is gzipped."""
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise InputError(
            [Problem(path.name, N_("压缩文件不完整或已损坏"), N_("请重新压缩，或给出未压缩的 CSV"))]
        ) from None


def _refuse_twice(path: Path, header: Sequence[str]) -> None:
    """Two columns of one name: which of them is meant is not ours to say."""
    names = [name.strip() for name in header]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        text, remedy = N_("有不止一列叫“{column}”"), N_("请给各列不同的名称")
        raise InputError(
            [Problem(f"{path.name}:1", text, remedy, {"column": one}) for one in twice]
        )


def read(path: Path) -> Data:
    """Read a CSV file in UTF-8, gzipped or not; InputError says which row is broken."""
    raw = _content(path)
    try:
        lines = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
        header, *rows = [row for row in lines if row]
    except UnicodeDecodeError:
        raise InputError(
            [Problem(path.name, N_("不是 UTF-8 编码"), N_("请另存为 UTF-8 的 CSV"))]
        ) from None
    except ValueError:
        raise InputError([Problem(path.name, N_("文件是空的"), N_("请给出有表头的 CSV"))]) from None
    problems = [
        Problem(
            f"{path.name}:{number}",
            N_("有 {n} 个字段，表头有 {columns} 个"),
            N_("请补齐或去掉多余的逗号"),
            {"n": len(row), "columns": len(header)},
        )
        for number, row in enumerate(rows, start=2)
        if len(row) != len(header)
    ]
    if problems:
        raise InputError(problems[:SHOWN])
    _refuse_twice(path, header)
    columns = {
        name.strip(): [row[place].strip() for row in rows] for place, name in enumerate(header)
    }
    return Data(path.name, columns, len(rows))
