"""A scheme as TOML: written from scratch, or changed in place so that comments and order stay."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import tomlkit
from tomlkit.items import AoT, Array, InlineTable, Item, Table

from analysis.scheme.definition import Scheme

Json = Mapping[str, Any]
Path = tuple[str | int, ...]
Change = tuple[Path, str | int | None]
"""Where in the canonical form (places count from 0), and the new value; None takes it out."""

_LISTS_OF_TABLES = ("component", "source", "veto", "grade", "restriction", "consequence")
_TABLES = ("rater_classes", "mix", "weights", "adjustments", "rater_class", "ratee_class")
_MEANT_EMPTY = ("veto", "parent", "grades")
"""In a condition an empty list means any, or none; everywhere else it is the default."""
_DEFAULTS: Json = {
    "grade_on": "record",
    "every": False,
    "span": "earlier",
    "trim": "0",
    "volume_share": "0.8",
    "rounding": "down",
}


def to_toml(scheme: Scheme) -> str:
    """A scheme as a file people can read; what is as usual is left out."""
    document = tomlkit.document()
    _fill(document, _without_defaults(scheme.as_json()))
    return tomlkit.dumps(document)


def _without_defaults(table: Json, *, is_condition: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        kept = _kept(value, is_condition=key in ("eligibility", "priority", "when"))
        is_default = kept in (None, "", [], {}) or (key in _DEFAULTS and _DEFAULTS[key] == kept)
        if not is_default or (is_condition and kept == [] and key in _MEANT_EMPTY):
            found[key] = kept
    return found


def _kept(value: object, *, is_condition: bool) -> object:
    if isinstance(value, Mapping):
        return _without_defaults(value)
    if isinstance(value, list):
        return [
            _without_defaults(one, is_condition=is_condition) if isinstance(one, Mapping) else one
            for one in value
        ]
    return value


def _fill(table: Any, values: Json) -> None:
    """Lines first, then the tables below, or TOML would count the lines to those."""
    later = []
    for key, value in values.items():
        is_list_of_tables = key in _LISTS_OF_TABLES and isinstance(value, list)
        if is_list_of_tables or (key in _TABLES and isinstance(value, Mapping)):
            later.append(key)
        else:
            table.append(key, _inline(value))
    for key in later:
        value = values[key]
        if isinstance(value, list):
            table.append(key, _list_of_tables(value))
        else:
            below = tomlkit.table()
            _fill(below, value)
            table.append(key, below)


def _list_of_tables(values: Sequence[Json]) -> AoT:
    made = tomlkit.aot()
    for one in values:
        below = tomlkit.table()
        _fill(below, one)
        made.append(below)
    return made


def _inline(value: object) -> Item:
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for key, one in value.items():
            table.append(key, _inline(one))
        return table
    if isinstance(value, list):
        array: Array = tomlkit.array()
        for one in value:
            array.append(_inline(one))
        return array.multiline(any(isinstance(one, Mapping) for one in value))
    return tomlkit.item(value)


def edit_toml(text: str, changes: Sequence[Change]) -> str:
    """The same file with these values changed; comments and order stay as they are."""
    document = tomlkit.parse(text)
    change(document, changes)
    return tomlkit.dumps(document)


def change(document: Any, changes: Sequence[Change]) -> None:
    """Change these values in a document, or in the plain content of a file."""
    for path, value in changes:
        table = document
        for step, following in pairwise(path):
            table = _below(table, step, following)
        _put(table, path[-1], value)


def _below(table: Any, step: str | int, following: str | int) -> Any:
    """The part a step leads to; made where it is missing.

    A file may write one table where the canonical form has a list of one.
    """
    if isinstance(step, int):
        return table[step] if isinstance(table, list) else table
    if step not in table:
        is_inline = isinstance(table, InlineTable)
        table[step] = tomlkit.inline_table() if is_inline or following == "low" else tomlkit.table()
    return table[step]


def _put(table: Any, key: str | int, value: str | int | None) -> None:
    if value is None:
        if isinstance(table, Table | InlineTable | dict) and key in table:
            del table[str(key)]
    else:
        table[key] = value
