"""DuckDB in process: the default engine, and the reader and writer of Parquet."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np

from analysis.engine.protocol import Column, Columns, literal

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory that reaches neither for the network nor for Python's variables."""
    connection = duckdb.connect(config=_SETTINGS)
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET enable_progress_bar = false")
    return connection


def file_list(files: Sequence[Path]) -> str:
    """Paths as a SQL list. A path with a wildcard in its name is taken as it is."""
    return "[" + ", ".join(literal(_escaped(path)) for path in files) + "]"


def parquet(*files: Path) -> str:
    """Parquet files as the source of a query; nothing is read out of their folders' names."""
    return f"read_parquet({file_list(files)}, hive_partitioning = false)"


def _escaped(path: Path) -> str:
    text = str(path)
    for sign in "[*?":
        text = text.replace(sign, f"[{sign}]")
    return text


class DuckDBEngine:
    """An Engine on DuckDB."""

    def __init__(self) -> None:
        self._connection = connect()

    def add_files(self, name: str, files: Sequence[tuple[int, Path]]) -> None:
        parts = [
            f"SELECT *, {number} AS round_number FROM {parquet(path)}"  # noqa: S608 -- our own names
            for number, path in files
        ]
        self.run(f"CREATE VIEW {name} AS " + " UNION ALL BY NAME ".join(parts))

    def add_columns(self, name: str, columns: Mapping[str, Column]) -> None:
        source = f"{name}_columns"
        self._connection.register(source, dict(columns))
        kinds = ", ".join(
            f"CAST({key} AS {_kind(array)}) AS {key}" for key, array in columns.items()
        )
        self.run(f"CREATE TABLE {name} AS SELECT {kinds} FROM {source}")  # noqa: S608 -- our own names
        self._connection.unregister(source)

    def run(self, text: str) -> None:
        self._connection.execute(text)

    def query(self, text: str) -> Columns:
        columns = self._connection.execute(text).fetchnumpy()
        return {name: np.asarray(array) for name, array in columns.items()}

    def close(self) -> None:
        self._connection.close()


def _kind(array: Column) -> str:
    return "BIGINT" if np.issubdtype(array.dtype, np.integer) else "VARCHAR"
