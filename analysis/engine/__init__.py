"""Engines that run the analysis's SQL, and the texts' loader."""

from contextlib import AbstractContextManager, closing
from typing import Literal

from analysis.engine.duckdb_engine import DuckDBEngine
from analysis.engine.protocol import (
    Column,
    Columns,
    Engine,
    empty_columns,
    literal,
    quoted,
    sql,
)

EngineName = Literal["duckdb"]

__all__ = [
    "Column",
    "Columns",
    "Engine",
    "EngineName",
    "empty_columns",
    "literal",
    "quoted",
    "sql",
    "start_engine",
]


def start_engine(name: str) -> AbstractContextManager[Engine]:
    """An engine by name, closed at the end of the with block. ValueError for one not built in."""
    if name != "duckdb":
        raise ValueError(f"no engine {name!r}; there is: duckdb")
    return closing(DuckDBEngine())
