"""Sealing: the ballots of a closed round become files in which no order and no time is left."""

import json
import secrets
from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from analysis.engine.duckdb_engine import connect, parquet
from analysis.engine.protocol import literal, quoted
from analysis.sealed_round.columns import (
    KEY_COLUMNS,
    Arrivals,
    BallotColumns,
    Comment,
    Exclusion,
    SealedHeader,
    TextColumn,
)
from analysis.sealed_round.manifest import (
    ARRIVALS,
    BALLOTS,
    COMMENTS,
    EXCLUSIONS,
    MANIFEST,
    QUESTIONNAIRE,
    SCHEME,
    Definition,
    FileEntry,
    Manifest,
    file_sha256,
    write_manifest,
)
from forms.problems import N_, InputError, Problem, canonical_json


def write_sealed_round(
    folder: Path,
    header: SealedHeader,
    columns: BallotColumns,
    *,
    arrivals: Arrivals | None = None,
    comments: Sequence[Comment] = (),
    exclusions: Sequence[Exclusion] = (),
) -> Manifest:
    """Seal one questionnaire of one round into `folder`, which must be new or empty.

    Each submission gets a fresh random id of 128 bits and the rows are sorted by it; no seed is
    kept. Raises InputError for a folder in use, ValueError for columns of unequal length.
    """
    prepare_folder(folder)
    ids = _ballot_ids(columns.submission)
    with connect() as connection:
        _write_ballots(connection, folder / BALLOTS, header, columns, ids)
        if arrivals is not None:
            _write_arrivals(connection, folder / ARRIVALS, arrivals)
        write_comments(connection, folder / COMMENTS, comments)
        _write_exclusions(folder / EXCLUSIONS, exclusions, ids)
        return finish(connection, folder, header)


def prepare_folder(folder: Path) -> None:
    """Make the folder; InputError where it is in use."""
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            [Problem(str(folder), N_("文件夹不是空的"), N_("请换一个新的或空的文件夹"))]
        )
    folder.mkdir(parents=True, exist_ok=True)


def random_ids(n: int) -> list[str]:
    """Fresh random ids of 128 bits in hex."""
    text = secrets.token_hex(16 * n)
    return [text[start : start + 32] for start in range(0, len(text), 32)]


def device_numbers(groups: Sequence[int], submissions: Sequence[Hashable]) -> NDArray[np.int64]:
    """Fresh random numbers for devices that came again; 0 for a device seen once or unknown.

    Random over 62 bits, so that rounds and shards sealed apart never share one by chance.
    """
    seen = Counter(group for group, _ in set(zip(groups, submissions, strict=True)))
    fresh = {group: secrets.randbits(62) + 1 for group, n in seen.items() if group and n > 1}
    return np.array([fresh.get(group, 0) for group in groups], dtype=np.int64)


def finish(connection: duckdb.DuckDBPyConnection, folder: Path, header: SealedHeader) -> Manifest:
    """Write the definitions beside the tables and, last, the manifest over everything."""
    questionnaire = header.questionnaire
    (folder / QUESTIONNAIRE).write_bytes(canonical_json(questionnaire.as_json()))
    if header.scheme_json is not None:
        (folder / SCHEME).write_bytes(canonical_json(header.scheme_json))
    manifest = Manifest(
        round=header.round,
        title=header.title,
        questionnaire=Definition(questionnaire.key, questionnaire.version, questionnaire.digest),
        scheme=_scheme_definition(header),
        is_open=header.is_open,
        is_simulated=header.is_simulated,
        counts={**header.counts, **_own_counts(connection, folder / BALLOTS)},
        files=_entries(connection, folder),
        period=header.period,
    )
    write_manifest(folder, manifest)
    return manifest


def write_comments(
    connection: duckdb.DuckDBPyConnection, path: Path, comments: Sequence[Comment]
) -> None:
    """Write the comments in the order of their words, in which no order of arrival is left."""
    parts = sorted((one.ratee, one.item, one.text) for one in comments)
    columns = {
        name: np.array([part[place] for part in parts], dtype=object)
        for place, name in enumerate(("ratee", "item", "text"))
    }
    connection.register("comment_rows", columns)
    select = (
        "SELECT CAST(ratee AS VARCHAR) AS ratee, CAST(item AS VARCHAR) AS item,"
        " CAST(text AS VARCHAR) AS text FROM comment_rows"
    )
    copy_to(connection, select, path)


def copy_to(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    """Write the rows of a query, in its order, as a Parquet file."""
    connection.execute(
        f"COPY ({select}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
    )


def _ballot_ids(submissions: Sequence[Hashable]) -> dict[Hashable, str]:
    distinct = dict.fromkeys(submissions)
    return dict(zip(distinct, random_ids(len(distinct)), strict=True))


def _write_ballots(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    header: SealedHeader,
    columns: BallotColumns,
    ids: dict[Hashable, str],
) -> None:
    source: dict[str, NDArray[Any]] = {
        "ballot": np.array([ids[one] for one in columns.submission], dtype=object)
    }
    source |= {name: getattr(columns, name) for name in KEY_COLUMNS}
    select = [f"CAST({name} AS VARCHAR) AS {name}" for name in source]
    if header.is_open:
        extra = _open_columns(columns)
        source |= extra
        select += [
            f"CAST({name} AS {'BIGINT' if name == 'same_device' else 'VARCHAR'}) AS {name}"
            for name in extra
        ]
    for number, item in enumerate(header.questionnaire.coded_items):
        source[f"item_{number}"] = np.ascontiguousarray(columns.codes[:, number], dtype=np.uint8)
        select.append(f"item_{number} AS {quoted(item.key)}")
    _check_lengths(source)
    connection.register("ballot_rows", source)
    rows = f"SELECT {', '.join(select)} FROM ballot_rows ORDER BY ballot, ratee"  # noqa: S608 -- our own names
    copy_to(connection, rows, path)


def _open_columns(columns: BallotColumns) -> dict[str, NDArray[Any]]:
    n = len(columns.submission)
    same_device = columns.same_device
    return {
        "link": _or_filled(columns.link, n, ""),
        "same_device": device_numbers(
            [0] * n if same_device is None else same_device.tolist(), columns.submission
        ),
        "pace": _or_filled(columns.pace, n, "normal"),
    }


def _or_filled(column: TextColumn | None, n: int, value: str) -> TextColumn:
    return np.array([value] * n, dtype=object) if column is None else column


def _check_lengths(source: dict[str, NDArray[Any]]) -> None:
    lengths = {name: len(array) for name, array in source.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns of unequal length: {lengths}")


def _write_arrivals(connection: duckdb.DuckDBPyConnection, path: Path, arrivals: Arrivals) -> None:
    connection.register(
        "arrival_rows", {"link": arrivals.link, "bin": arrivals.bin, "n": arrivals.n}
    )
    select = (
        "SELECT CAST(link AS VARCHAR) AS link, CAST(bin AS BIGINT) AS bin,"
        " CAST(SUM(n) AS BIGINT) AS n FROM arrival_rows GROUP BY 1, 2 ORDER BY 1, 2"
    )
    copy_to(connection, select, path)


def _write_exclusions(
    path: Path, exclusions: Sequence[Exclusion], ids: dict[Hashable, str]
) -> None:
    rows = sorted(
        (ids[one.submission], one.ratee or "", one.rule, one.evidence) for one in exclusions
    )
    path.write_bytes(
        canonical_json(
            [
                {"ballot": ballot, "ratee": ratee or None, "rule": rule, "evidence": evidence}
                for ballot, ratee, rule, evidence in rows
            ]
        )
    )


def _scheme_definition(header: SealedHeader) -> Definition | None:
    if header.scheme is None:
        return None
    scheme = header.scheme
    return Definition(scheme["key"], scheme["version"], scheme["digest"])


def _own_counts(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, object]:
    source = parquet(path)
    totals = f"SELECT COUNT(DISTINCT ballot), COUNT(*) FROM {source}"  # noqa: S608 -- our own names
    classes = (
        "SELECT rater_class, COUNT(*), COUNT(DISTINCT ballot)"  # noqa: S608 -- our own names
        f" FROM {source} GROUP BY 1 ORDER BY 1"
    )
    ballots, rows = connection.execute(totals).fetchall()[0]
    by_class = connection.execute(classes).fetchall()
    return {
        "ballots": ballots,
        "rows": rows,
        "by_class": {name: n for name, n, _ in by_class},
        "ballots_by_class": {name: n for name, _, n in by_class},
    }


def _entries(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[FileEntry, ...]:
    return tuple(
        FileEntry(path.name, count_rows(connection, path), file_sha256(path))
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
    )


def count_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int | None:
    """Rows of a table, entries of the exclusions, None for a single document."""
    if path.suffix == ".parquet":
        text = f"SELECT COUNT(*) FROM {parquet(path)}"  # noqa: S608 -- our own names
        return int(connection.execute(text).fetchall()[0][0])
    if path.name == EXCLUSIONS:
        return len(json.loads(path.read_bytes()))
    return None
