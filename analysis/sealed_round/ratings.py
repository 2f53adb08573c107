"""Sealing ratings that another system collected, a row a rating."""

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np

from analysis.engine.duckdb_engine import connect
from analysis.engine.protocol import literal, quoted
from analysis.sealed_round.columns import KEY_COLUMNS, OPEN_COLUMNS, Comment, SealedHeader
from analysis.sealed_round.manifest import BALLOTS, COMMENTS, Manifest
from analysis.sealed_round.rating_rows import RatingTable, stage_ratings
from analysis.sealed_round.writing import (
    copy_to,
    device_numbers,
    finish,
    prepare_folder,
    random_ids,
    write_comments,
)
from forms.problems import N_, InputError, Problem
from forms.questionnaire import Questionnaire


def seal_csv(ratings: Path | RatingTable, header: SealedHeader, folder: Path) -> Manifest:
    """Seal a file of ratings (CSV, also gzipped) or the rows of a sheet.

    Columns as in the formats: rater, ratee, rater_class, item, option and, if wished, ballot
    (defaults to the rater), stratum, channel, evidence, link, same_device, pace. An option is given
    by its code or its text; of a "multiple" item the codes chosen, in the scale's order, joined by
    ";"; an empty option is a blank; of a text item the words. The rater is not kept. With link,
    same_device or pace the round is an open one. Raises InputError with every problem by row.
    """
    with connect() as connection:
        given = stage_ratings(connection, ratings, header.questionnaire)
        _refuse_nothing(connection, ratings)
        prepare_folder(folder)
        _number_ballots(connection)
        _number_devices(connection)
        is_open = not given.isdisjoint(OPEN_COLUMNS)
        select = _wide(header.questionnaire, OPEN_COLUMNS if is_open else ())
        copy_to(connection, select, folder / BALLOTS)
        write_comments(connection, folder / COMMENTS, _comments(connection, header.questionnaire))
        return finish(connection, folder, replace(header, is_open=is_open))


def _refuse_nothing(connection: duckdb.DuckDBPyConnection, ratings: Path | RatingTable) -> None:
    if connection.execute("SELECT 1 FROM rating LIMIT 1").fetchone() is None:
        name = ratings.name
        raise InputError([Problem(name, N_("没有任何评分"), N_("请在表头下面填写评分"))])


def _number_ballots(connection: duckdb.DuckDBPyConnection) -> None:
    given = connection.execute("SELECT DISTINCT ballot FROM rating").fetchnumpy()["ballot"]
    fresh = np.array(random_ids(len(given)), dtype=object)
    connection.register("fresh_ballot", {"given": given, "ballot": fresh})


def _number_devices(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT DISTINCT same_device, ballot FROM rating WHERE same_device <> ''"
    ).fetchall()
    groups = {name: number for number, name in enumerate(dict.fromkeys(r[0] for r in rows), 1)}
    numbers = device_numbers([groups[name] for name, _ in rows], [ballot for _, ballot in rows])
    fresh = dict(zip((name for name, _ in rows), numbers.tolist(), strict=True))
    columns = {
        "given": np.array(list(fresh), dtype=object),
        "number": np.array(list(fresh.values()), dtype=np.int64),
    }
    connection.register("fresh_device", columns)


def _wide(questionnaire: Questionnaire, extra: tuple[str, ...]) -> str:
    """The query that turns a row a rating into a row a ballot and ratee."""
    columns = [f"MIN(r.{name}) AS {name}" for name in KEY_COLUMNS[1:]]
    columns += [
        "COALESCE(MIN(d.number), 0) AS same_device"
        if name == "same_device"
        else f"MIN(r.{name}) AS {name}"
        for name in extra
    ]
    columns += [
        f"CAST(COALESCE(MAX(CASE WHEN r.item = {literal(item.key)} THEN r.number END), 0)"
        f" AS UTINYINT) AS {quoted(item.key)}"
        for item in questionnaire.coded_items
    ]
    return (
        f"SELECT b.ballot AS ballot, r.ratee AS ratee, {', '.join(columns)}"  # noqa: S608 -- our own names
        " FROM rating r JOIN fresh_ballot b ON b.given = r.ballot"
        " LEFT JOIN fresh_device d ON d.given = r.same_device"
        " GROUP BY b.ballot, r.ratee ORDER BY b.ballot, r.ratee"
    )


def _comments(connection: duckdb.DuckDBPyConnection, questionnaire: Questionnaire) -> list[Comment]:
    keys = ", ".join(literal(item.key) for item in questionnaire.text_items)
    if not keys:
        return []
    rows = connection.execute(
        f"SELECT ratee, item, option FROM rating WHERE item IN ({keys}) AND option <> ''"  # noqa: S608 -- our own names
    ).fetchall()
    return [Comment(*row) for row in rows]
