"""The raw counts of a round: every answer that came in, before anything is taken out.

Made from the sealed files here, and from the openings by the verifiers; both must agree.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from analysis.engine.duckdb_engine import connect, parquet
from analysis.engine.protocol import quoted
from analysis.sealed_round.manifest import BALLOTS, MANIFEST, QUESTIONNAIRE
from forms.questionnaire import Questionnaire

FORMAT = "round-counts/1"

CountRow = tuple[str, str, str, str, int, int]
"""Questionnaire, ratee, rater class, item, option number, n."""


def counts_of_sealed(folders: Iterable[Path], n_ballots: int) -> dict[str, Any]:
    """audit/counts.json of the sealed folders, named "<round>.<questionnaire>" each."""
    definitions: dict[str, Questionnaire] = {}
    rows: list[CountRow] = []
    totals: dict[tuple[str, str, str], int] = {}
    with connect() as connection:
        for folder in sorted(folders):
            questionnaire = Questionnaire.from_json(
                json.loads((folder / QUESTIONNAIRE).read_bytes())
            )
            key = questionnaire_of(folder)
            definitions[key] = questionnaire
            totals |= _totals(connection, folder, key)
            rows += _rows(connection, folder, key, questionnaire)
    return counts_json(definitions, totals, rows, n_ballots)


def questionnaire_of(folder: Path) -> str:
    """The questionnaire of a sealed folder: what follows the round's key in its name."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    return str(manifest["questionnaire"]["key"])


def counts_json(
    definitions: Mapping[str, Questionnaire],
    totals: Mapping[tuple[str, str, str], int],
    rows: Iterable[CountRow],
    n_ballots: int,
) -> dict[str, Any]:
    """Totals by (questionnaire, ratee, rater class) and counts as the one document."""
    tables: dict[str, Any] = {}
    for (key, ratee, rater_class), n in totals.items():
        table: dict[str, Any] = {"items": {}, "mean": None, "n": n}
        tables.setdefault(key, {}).setdefault(ratee, {})[rater_class] = table
    valued: dict[tuple[str, str, str], list[tuple[Fraction, int]]] = {}
    points = {key: _points(one) for key, one in definitions.items()}
    for key, ratee, rater_class, item, number, n in rows:
        table = tables[key][ratee][rater_class]
        table["items"].setdefault(item, {})[str(number)] = n
        value = points[key].get((item, number))
        if value is not None:
            valued.setdefault((key, ratee, rater_class), []).append((value, n))
    for (key, ratee, rater_class), parts in valued.items():
        mean = sum((value * n for value, n in parts), Fraction(0)) / sum(n for _, n in parts)
        tables[key][ratee][rater_class]["mean"] = f"{mean.numerator}/{mean.denominator}"
    return {
        "format": FORMAT,
        "ballots": n_ballots,
        "rows": sum(totals.values()),
        "questionnaires": tables,
    }


def _points(questionnaire: Questionnaire) -> dict[tuple[str, int], Fraction]:
    return {
        (item.key, option.number): Fraction(option.points)
        for item in questionnaire.scored_items
        if item.kind == "single"
        for option in questionnaire.scale_of(item).options
        if option.points is not None
    }


def _totals(
    connection: duckdb.DuckDBPyConnection, folder: Path, key: str
) -> dict[tuple[str, str, str], int]:
    source = parquet(folder / BALLOTS)
    text = f"SELECT ratee, rater_class, COUNT(*) FROM {source} GROUP BY 1, 2"  # noqa: S608 -- our own names
    return {(key, ratee, name): n for ratee, name, n in connection.execute(text).fetchall()}


def _rows(
    connection: duckdb.DuckDBPyConnection, folder: Path, key: str, questionnaire: Questionnaire
) -> Iterator[CountRow]:
    source = parquet(folder / BALLOTS)
    for item in questionnaire.coded_items:
        text = (
            f"SELECT ratee, rater_class, {quoted(item.key)}, COUNT(*)"  # noqa: S608 -- our own names
            f" FROM {source} GROUP BY 1, 2, 3"
        )
        for ratee, rater_class, number, n in connection.execute(text).fetchall():
            yield key, ratee, rater_class, item.key, number, n
