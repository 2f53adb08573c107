"""Opening sealed folders for an assessment, and putting shards of a round together."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from analysis.engine.duckdb_engine import connect, parquet
from analysis.sealed_round.checking import Check, expected_columns, quick_checks, raise_for
from analysis.sealed_round.columns import SealedHeader
from analysis.sealed_round.manifest import (
    ARRIVALS,
    BALLOTS,
    COMMENTS,
    EXCLUSIONS,
    MANIFEST,
    QUESTIONNAIRE,
    SCHEME,
    Manifest,
    read_manifest,
)
from analysis.sealed_round.writing import copy_to, finish, prepare_folder
from forms.problems import N_, InputError, Problem, canonical_json
from forms.questionnaire import Questionnaire

_MERGED_TABLES = {
    BALLOTS: "FROM {source} ORDER BY ballot, ratee",
    ARRIVALS: "SELECT link, bin, CAST(SUM(n) AS BIGINT) AS n FROM {source}"
    " GROUP BY link, bin ORDER BY link, bin",
    COMMENTS: "FROM {source} ORDER BY ratee, item, text",
}


@dataclass(frozen=True, slots=True)
class SealedRound:
    """One folder, found whole. Several with the same round key are shards of one round."""

    folder: Path
    manifest: Manifest
    questionnaire: Questionnaire

    @property
    def round(self) -> str:
        return self.manifest.round

    def file(self, name: str) -> Path | None:
        """The path of a file of the manifest, or None where there is none."""
        return self.folder / name if self.manifest.file(name) else None


def expand(paths: Iterable[Path]) -> list[Path]:
    """The sealed folders that `paths` name: a folder that holds sealed folders stands for them.

    Sorted by path. Raises InputError for every path where nothing is sealed, and for one given
    twice.
    """
    problems, found = [], []
    for path in paths:
        inside = [path] if (path / MANIFEST).is_file() else _inside(path)
        if not inside:
            problems.append(
                Problem(
                    str(path),
                    N_("这里没有封存的轮次"),
                    N_("请给出含 manifest.json 的文件夹，或它的上级文件夹"),
                )
            )
        found += inside
    problems += [
        Problem(str(folder), N_("同一个封存文件夹给了两次"), N_("请只给一次"))
        for folder in sorted({one for one in found if found.count(one) > 1})
    ]
    if problems:
        raise InputError(problems)
    return sorted(found)


def _inside(path: Path) -> list[Path]:
    return sorted(entry.parent for entry in path.glob(f"*/{MANIFEST}"))


def open_sealed_rounds(paths: Iterable[Path]) -> tuple[SealedRound, ...]:
    """Open sealed folders and their shards, sorted by round and path.

    Raises InputError for missing folders and shards that do not fit together, IntegrityError for a
    file that is not as sealed.
    """
    folders = expand(paths)
    checks, opened = [], []
    for folder in folders:
        manifest = read_manifest(folder)
        found = quick_checks(folder, manifest)
        checks += found
        if all(check.ok for check in found):
            data = json.loads((folder / QUESTIONNAIRE).read_bytes())
            opened.append(SealedRound(folder, manifest, Questionnaire.from_json(data)))
    raise_for([*checks, *_column_checks(opened)])
    opened.sort(key=lambda one: (one.round, str(one.folder)))
    problems = [*_differing(opened), *_same_shard(opened)] or [
        problem
        for _, shards in groupby(opened, key=lambda one: one.round)
        for problem in _overlaps(list(shards))
    ]
    if problems:
        raise InputError(problems)
    return tuple(opened)


def _column_checks(opened: Sequence[SealedRound]) -> Iterator[Check]:
    """Whether every ballots file has the columns of its questionnaire and no others."""
    with connect() as connection:
        for one in opened:
            path = one.folder / BALLOTS
            described = connection.execute(f"DESCRIBE FROM {parquet(path)}").fetchall()
            wanted = expected_columns(one.questionnaire, one.manifest)
            yield Check("columns", ok={row[0] for row in described} == set(wanted), place=str(path))


def _differing(opened: Sequence[SealedRound]) -> list[Problem]:
    """Shards must agree in definitions, and a questionnaire's key must mean one questionnaire."""
    problems = []
    by_round: dict[str, SealedRound] = {}
    by_key: dict[str, SealedRound] = {}
    for one in opened:
        first = by_round.setdefault(one.round, one)
        same_key = by_key.setdefault(one.manifest.questionnaire.key, one)
        if _definitions(first) != _definitions(one):
            problems.append(
                Problem(
                    str(one.folder),
                    N_("与 {other} 同属一轮，问卷或方案却不同"),
                    N_("请只把同一轮次的分片放在一起"),
                    {"other": str(first.folder)},
                )
            )
        elif same_key.manifest.questionnaire != one.manifest.questionnaire:
            problems.append(
                Problem(
                    str(one.folder),
                    N_("问卷编号与 {other} 相同，内容却不同"),
                    N_("请分开核算，或给改过的问卷换一个编号"),
                    {"other": str(same_key.folder)},
                )
            )
    return problems


def _definitions(one: SealedRound) -> tuple[object, ...]:
    manifest = one.manifest
    return manifest.questionnaire, manifest.scheme, manifest.is_open


def _same_shard(opened: Sequence[SealedRound]) -> list[Problem]:
    problems = []
    seen: dict[tuple[str, str], SealedRound] = {}
    for one in opened:
        entry = one.manifest.file(BALLOTS)
        if entry is None or entry.rows == 0:
            continue
        other = seen.setdefault((one.round, entry.sha256), one)
        if other is not one:
            problems.append(
                Problem(
                    str(one.folder),
                    N_("与 {other} 是同一份答卷"),
                    N_("请只给其中一个"),
                    {"other": str(other.folder)},
                )
            )
    return problems


def _overlaps(shards: Sequence[SealedRound]) -> list[Problem]:
    """A ballot's answer on a ratee lies in one shard only."""
    files = [path for shard in shards if (path := shard.file(BALLOTS))]
    if len(files) < 2:
        return []
    with connect() as connection:
        twice = connection.execute(
            f"SELECT ballot FROM {parquet(*files)}"  # noqa: S608 -- our own names
            " GROUP BY ballot, ratee HAVING COUNT(*) > 1 ORDER BY ballot LIMIT 1"
        ).fetchone()
    if twice is None:
        return []
    return [
        Problem(
            ", ".join(str(shard.folder) for shard in shards),
            N_("答卷 {ballot} 在不止一个分片里"),
            N_("请给出互不重叠的分片"),
            {"ballot": twice[0]},
        )
    ]


def shard_counts(shards: Sequence[SealedRound]) -> dict[str, Any]:
    """The counts of a round from its shards.

    What was counted in the shard is added up; what the collecting side stated for the whole round
    ("expected", "issued", …) stands in each shard alike, so the greatest holds.
    """
    merged: dict[str, Any] = {}
    for shard in shards:
        for key, value in shard.manifest.counts.items():
            merged[key] = _merged(key, merged.get(key), value)
    return merged


_COUNTED = frozenset({"ballots", "rows", "by_class", "ballots_by_class"})


def _merged(key: str, before: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        earlier = before or {}
        return {
            name: _merged(key, earlier.get(name, 0), value.get(name, 0))
            for name in {**earlier, **value}
        }
    if before is None or not isinstance(value, int):
        return value
    return before + value if key in _COUNTED else max(before, value)


def merge_shards(shards: Sequence[SealedRound], folder: Path) -> Manifest:
    """Write shards of one round as one sealed folder.

    Raises InputError where they are not of one round or a ballot lies in two of them.
    """
    if len({shard.round for shard in shards}) > 1:
        raise InputError([Problem(str(folder), N_("分片不属于同一轮次"), N_("请分开合并"))])
    problems = _overlaps(shards)
    if problems:
        raise InputError(problems)
    prepare_folder(folder)
    exclusions = [row for shard in shards for row in read_exclusions(shard)]
    exclusions.sort(key=lambda row: (row["ballot"], row["ratee"] or "", row["rule"]))
    (folder / EXCLUSIONS).write_bytes(canonical_json(exclusions))
    with connect() as connection:
        for name, select in _MERGED_TABLES.items():
            files = [path for shard in shards if (path := shard.file(name))]
            if files:
                source = parquet(*files)
                copy_to(connection, select.format(source=source), folder / name)
        return finish(connection, folder, _header(shards))


def read_exclusions(sealed: SealedRound) -> list[dict[str, Any]]:
    """The official acts of a folder: ballot, ratee (or None), rule, evidence."""
    path = sealed.file(EXCLUSIONS)
    return [] if path is None else list(json.loads(path.read_bytes()))


def _header(shards: Sequence[SealedRound]) -> SealedHeader:
    first = shards[0]
    manifest = first.manifest
    scheme = first.file(SCHEME)
    return SealedHeader(
        round=manifest.round,
        title=manifest.title,
        questionnaire=first.questionnaire,
        scheme=manifest.scheme.as_json() if manifest.scheme else None,
        scheme_json=json.loads(scheme.read_bytes()) if scheme else None,
        is_open=manifest.is_open,
        is_simulated=any(shard.manifest.is_simulated for shard in shards),
        counts=shard_counts(shards),
        period=manifest.period,
    )
