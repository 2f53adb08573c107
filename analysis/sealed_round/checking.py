"""Is a sealed round still what it was when it was sealed? Every check, with its place."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analysis.engine.duckdb_engine import connect, parquet
from analysis.engine.protocol import literal, quoted
from analysis.sealed_round.columns import KEY_COLUMNS, OPEN_COLUMNS, PACES
from analysis.sealed_round.manifest import (
    ARRIVALS,
    BALLOTS,
    EXCLUSIONS,
    MANIFEST,
    QUESTIONNAIRE,
    SCHEME,
    IntegrityError,
    Manifest,
    file_sha256,
    read_manifest,
)
from analysis.sealed_round.writing import count_rows
from forms.problems import N_, InputError, Problem, digest
from forms.questionnaire import Item, Questionnaire


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `place` names the file, and the column or row where it can."""

    id: str
    ok: bool
    place: str


def check_sealed_round(folder: Path) -> list[Check]:
    """Every check of a sealed folder; an unreadable manifest ends with that one check."""
    try:
        manifest = read_manifest(folder)
    except (IntegrityError, InputError):
        return [Check("manifest", ok=False, place=str(folder / MANIFEST))]
    checks = [Check("manifest", ok=True, place=str(folder / MANIFEST))]
    checks += quick_checks(folder, manifest)
    if all(check.ok for check in checks):
        checks += _deep_checks(folder, manifest)
    return checks


def quick_checks(folder: Path, manifest: Manifest) -> list[Check]:
    """What can be said from bytes and definitions, without reading the ballots."""
    names = {entry.name for entry in manifest.files}
    checks = [
        Check(
            "sha256",
            ok=(folder / entry.name).is_file() and file_sha256(folder / entry.name) == entry.sha256,
            place=str(folder / entry.name),
        )
        for entry in manifest.files
    ]
    checks += [
        Check("file", ok=name in names, place=str(folder / name))
        for name in (BALLOTS, QUESTIONNAIRE)
    ]
    checks += [
        Check("foreign-file", ok=False, place=str(path))
        for path in sorted(folder.iterdir())
        if path.name not in names | {MANIFEST}
    ]
    if all(check.ok for check in checks):
        checks += _definition_checks(folder, manifest)
    return checks


def raise_for(checks: list[Check]) -> None:
    """Raise IntegrityError that names every place of a failed check."""
    failed = tuple(
        Problem(
            check.place,
            N_("与封存时不一致（检查项 {check}）"),
            N_("请使用原始的封存文件夹"),
            {"check": check.id},
        )
        for check in checks
        if not check.ok
    )
    if failed:
        raise IntegrityError(failed)


def _definition_checks(folder: Path, manifest: Manifest) -> Iterator[Check]:
    for name, definition in ((QUESTIONNAIRE, manifest.questionnaire), (SCHEME, manifest.scheme)):
        path = folder / name
        if definition is not None and path.is_file():
            try:
                is_same = digest(json.loads(path.read_bytes())) == definition.digest
            except (ValueError, TypeError):
                is_same = False
            yield Check("digest", ok=is_same, place=str(path))


def _deep_checks(folder: Path, manifest: Manifest) -> list[Check]:
    questionnaire = Questionnaire.from_json(json.loads((folder / QUESTIONNAIRE).read_bytes()))
    place = str(folder / BALLOTS)
    with connect() as connection:
        connection.execute(f"CREATE VIEW ballot AS FROM {parquet(folder / BALLOTS)}")
        found = dict(
            connection.execute("SELECT column_name, column_type FROM (DESCRIBE ballot)").fetchall()
        )
        is_shaped = found == expected_columns(questionnaire, manifest)
        checks = [Check("columns", ok=is_shaped, place=place)]
        checks += _row_checks(connection, folder, manifest)
        if is_shaped:
            checks += _option_checks(connection, questionnaire, place)
            checks += _ballot_checks(connection, manifest, place)
            checks += _exclusion_checks(connection, folder)
    return checks


def expected_columns(questionnaire: Questionnaire, manifest: Manifest) -> dict[str, str]:
    """The columns of the ballots file and their types as the engine calls them."""
    names = ("ballot", *KEY_COLUMNS, *(OPEN_COLUMNS if manifest.is_open else ()))
    kinds = dict.fromkeys(names, "VARCHAR")
    if manifest.is_open:
        kinds["same_device"] = "BIGINT"
    return kinds | {item.key: "UTINYINT" for item in questionnaire.coded_items}


def _row_checks(
    connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest
) -> Iterator[Check]:
    for entry in manifest.files:
        path = folder / entry.name
        yield Check("rows", ok=count_rows(connection, path) == entry.rows, place=str(path))
    yield Check(
        "arrivals", ok=manifest.is_open or manifest.file(ARRIVALS) is None, place=str(folder)
    )


def stored_numbers(questionnaire: Questionnaire, item: Item) -> list[int]:
    """What a ballot may hold for an item, 0 for a blank included."""
    options = questionnaire.scale_of(item).options
    if item.kind == "multiple":
        return list(range(1 << len(options)))
    return [0, *(option.number for option in options)]


def _option_checks(
    connection: duckdb.DuckDBPyConnection, questionnaire: Questionnaire, place: str
) -> Iterator[Check]:
    for item in questionnaire.coded_items:
        column = quoted(item.key)
        numbers = ", ".join(map(str, stored_numbers(questionnaire, item)))
        row = connection.execute(
            f"SELECT MIN(ballot) FROM ballot WHERE {column} NOT IN ({numbers}) OR {column} IS NULL"  # noqa: S608 -- our own names
        ).fetchone()
        ballot = row and row[0]
        where = f"{place}:{item.key}" + (f":{ballot}" if ballot else "")
        yield Check("options", ok=ballot is None, place=where)


def _ballot_checks(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, place: str
) -> Iterator[Check]:
    twice = connection.execute(
        "SELECT ballot, ratee FROM ballot GROUP BY ballot, ratee HAVING COUNT(*) > 1"
        " ORDER BY 1, 2 LIMIT 1"
    ).fetchone()
    yield Check("unique", ok=twice is None, place=":".join([place, *(twice or ())]))
    ballots = connection.execute("SELECT ballot FROM ballot").fetchnumpy()["ballot"].tolist()
    yield Check("sorted", ok=ballots == sorted(ballots), place=place)
    by_class = dict(
        connection.execute("SELECT rater_class, COUNT(*) FROM ballot GROUP BY 1").fetchall()
    )
    counts = manifest.counts
    yield Check(
        "counts",
        ok=counts.get("rows") == len(ballots)
        and counts.get("ballots") == len(set(ballots))
        and counts.get("by_class") == by_class,
        place=place,
    )
    if manifest.is_open:
        paces = ", ".join(map(literal, PACES))
        row = connection.execute(
            f"SELECT COUNT(*) FROM ballot WHERE pace NOT IN ({paces}) OR pace IS NULL"  # noqa: S608 -- our own names
        ).fetchone()
        yield Check("pace", ok=row == (0,), place=f"{place}:pace")


def _exclusion_checks(connection: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Check]:
    path = folder / EXCLUSIONS
    if not path.is_file():
        return
    ballots = set(connection.execute("SELECT ballot FROM ballot").fetchnumpy()["ballot"].tolist())
    strangers = sorted({row["ballot"] for row in json.loads(path.read_bytes())} - ballots)
    place = str(path) + "".join(f":{ballot}" for ballot in strangers[:1])
    yield Check("exclusions", ok=not strangers, place=place)
