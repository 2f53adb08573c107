"""What the analysis asks of an engine: files become tables, a query becomes columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Columns = dict[str, Column]
SQL_FOLDER = Path(__file__).parent.parent / "sql"


class Engine(Protocol):
    """A place where SQL runs. Integers come back as int64 or uint8, text as object arrays.

    A query must not return a null; the texts in `analysis/sql` see to that.
    """

    def add_files(self, name: str, files: Sequence[tuple[int, Path]]) -> None:
        """Let Parquet files be one table; the number beside a file stands in `round_number`.

        A column that a file lacks is null in its rows.
        """

    def add_columns(self, name: str, columns: Mapping[str, Column]) -> None:
        """Let columns of equal length in memory be a table."""

    def run(self, text: str) -> None:
        """Run a statement that returns nothing."""

    def query(self, text: str) -> Columns:
        """Run a query and return its columns by name, in the order of the select list."""

    def close(self) -> None:
        """Give everything back."""


def sql(name: str, **values: str) -> str:
    """The text `analysis/sql/<name>.sql`, its $placeholders filled; KeyError for one left."""
    return Template((SQL_FOLDER / f"{name}.sql").read_text("utf-8")).substitute(values)


def quoted(identifier: str) -> str:
    """A column name as SQL spells it."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text value as SQL spells it."""
    return "'" + text.replace("'", "''") + "'"


def empty_columns(**kinds: str) -> Columns:
    """Columns without rows, by name and numpy type, e.g. `ballot="O", n="i8"`."""
    return {name: np.empty(0, dtype=kind) for name, kind in kinds.items()}
