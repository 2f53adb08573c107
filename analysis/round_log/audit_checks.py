"""The checks of results, exclusions and an auditor's material: V5 to V8 of docs/round-log.md §7.

Each yields the places where it does not hold.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

from analysis.engine.duckdb_engine import connect, parquet
from analysis.engine.protocol import quoted
from analysis.results import Assessment, NoAnswer
from analysis.round_log import bundle_files as names
from analysis.round_log.answer_rows import AnswerReader
from analysis.round_log.bundle import Bundle, Leaf, Unreadable, value_of
from analysis.round_log.counting import CountRow, counts_json
from analysis.round_log.leaves import CONTENT_FIELDS, batch_root, commitment
from analysis.round_log.log_checks import Places, has_two_names
from analysis.round_log.recomputing import assess_again
from analysis.sealed_round import IntegrityError
from analysis.sealed_round.checking import check_sealed_round
from analysis.sealed_round.manifest import BALLOTS, MANIFEST
from forms.problems import InputError, canonical_json, digest

SealedRow = tuple[str, str, str, str, str, str, bytes]
"""Questionnaire, ratee, rater class, stratum, channel, evidence, codes."""

ALTERNATIVES = frozenset({"with_excluded", "with_screened"})


class Answers:
    """The openings of a bundle, read once, and the rows within them."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.broken: list[str] = []
        self.found: list[tuple[bytes, Mapping[str, Any]]] = []
        self.rows: Counter[SealedRow] = Counter()

    @cached_property
    def reader(self) -> AnswerReader:
        return AnswerReader(self._bundle.config)

    def read(self) -> None:
        """Read every line; those that cannot be go to `broken`."""
        for number, line in enumerate(self._bundle.lines(names.OPENINGS), start=1):
            try:
                self._take(value_of(line, ""))
            except (ValueError, TypeError, KeyError, AttributeError):
                self.broken.append(f"{names.OPENINGS}:{number}")

    def _take(self, opened: Mapping[str, Any]) -> None:
        content, opening = opened["content"], opened["opening"]
        texts = content.keys() - {"device"}
        if opened.keys() != {"content", "opening"} or content.keys() != CONTENT_FIELDS:
            raise ValueError("fields")
        if not all(isinstance(content[name], str) for name in texts):
            raise ValueError("texts")
        if not isinstance(content["device"], bool) or opening != opening.lower():
            raise ValueError("device or opening")
        promised = commitment(bytes.fromhex(opening), content)
        rater_class = content["rater_class"]
        traits = (rater_class, content["stratum"], content["channel"], content["evidence"])
        rows = list(self.reader.rows(rater_class, bytes.fromhex(content["payload"])))
        self.found.append((promised, content))
        self.rows.update((one.questionnaire, one.ratee, *traits, codes) for one, codes in rows)

    def counts(self) -> dict[str, Any]:
        """audit/counts.json as the openings give it."""
        totals: Counter[tuple[str, str, str]] = Counter()
        cells: Counter[tuple[str, str, str, str, int]] = Counter()
        items = {key: one.coded_items for key, one in self.reader.questionnaires.items()}
        for (key, ratee, rater_class, _, _, _, codes), n in self.rows.items():
            totals[key, ratee, rater_class] += n
            for item, code in zip(items[key], codes, strict=True):
                cells[key, ratee, rater_class, item.key, code] += n
        rows: list[CountRow] = [(*cell, n) for cell, n in cells.items()]
        return counts_json(self.reader.questionnaires, totals, rows, len(self.found))


def check_openings(bundle: Bundle, answers: Answers) -> Places:
    """V5: the answers handed over are those that came in, all and only they."""
    answers.read()
    yield from answers.broken
    promised = [one for one, _ in answers.found]
    yield from (
        f"{names.OPENINGS}:{number}"
        for number, (one, following) in enumerate(pairwise(promised), 2)
        if one >= following
    )
    if bundle.is_sealed:
        yield from _sealed_openings(bundle, answers)
    else:
        yield from _plain_openings(bundle, answers)


def _plain_openings(bundle: Bundle, answers: Answers) -> Places:
    waiting = Counter(
        (leaf["commitment"], leaf["rater_class"], leaf["evidence"]) for leaf in bundle.of("ballot")
    )
    for number, (promised, content) in enumerate(answers.found, start=1):
        key = promised.hex(), content["rater_class"], content["evidence"]
        if not waiting[key]:
            yield f"{names.OPENINGS} {key[0]} ({number})"
        waiting[key] -= 1
    left = {key[0] for key, n in waiting.items() if n > 0}
    yield from (leaf.place for leaf in bundle.of("ballot") if leaf["commitment"] in left)


def _sealed_openings(bundle: Bundle, answers: Answers) -> Places:
    came = Counter((leaf["rater_class"], leaf["evidence"]) for leaf in bundle.of("ballot"))
    opened = Counter((one["rater_class"], one["evidence"]) for _, one in answers.found)
    last = list(bundle.of("opened"))[-1:]
    root = batch_root(promised for promised, _ in answers.found).hex()
    if came != opened or any(leaf["root"] != root for leaf in last):
        yield names.OPENINGS


def check_releases(bundle: Bundle) -> Places:
    """V6: every published file is the one announced."""
    for leaf in bundle.of("release"):
        place = f"{names.RESULTS}/{leaf.n}/{leaf['name']}"
        if leaf.n in bundle.index["absent"] and not (bundle.folder / place).exists():
            continue
        if sha256(bundle.content(place)).hexdigest() != leaf["digest"]:
            yield place


def check_results(bundle: Bundle, answers: Answers) -> Places:
    """V6: and, to an auditor, the scores follow from the answers."""
    counts = answers.counts()
    if bundle.content(names.COUNTS) != canonical_json(counts):
        yield names.COUNTS
    closes = [leaf.n for leaf in bundle.of("close")]
    for leaf in bundle.of("result"):
        if leaf["config"] != digest(bundle.config):
            yield leaf.place
        is_last = bool(closes) and leaf.n > closes[-1]
        yield from _run(bundle, leaf, counts["rows"] if is_last else None)


def _run(bundle: Bundle, leaf: Leaf, n_rows: int | None) -> Places:
    home = f"{names.RUNS}/{leaf['run']}"
    stored = bundle.content(f"{home}/{names.SCORES}")
    if sha256(stored).hexdigest() != leaf["scores"]:
        yield f"{home}/{names.SCORES}"
    sheets = bundle.canonical(f"{home}/{names.SHEETS}")
    if n_rows is None:  # its sealed files were replaced when the round was opened again
        return
    if _raw(stored) != n_rows:
        yield f"{home}/{names.SCORES}"
    assessment = _assessed(bundle, sheets)
    if assessment is None or assessment.scores_json() != stored:
        yield f"{home}/{names.SHEETS}"
        return
    said = {one.key for one in assessment.alternatives}
    if _in_force(bundle, leaf.n) and not said & ALTERNATIVES:
        yield f"{home}/{names.SHEETS} (with what was excluded)"


def _raw(scores: bytes) -> object:
    try:
        return json.loads(scores)["counts"]["raw"]
    except (ValueError, KeyError, TypeError):
        return None


def _assessed(bundle: Bundle, sheets: Mapping[str, Any]) -> Assessment | None:
    home = bundle.folder / names.SEALED
    folders = sorted(path.parent for path in home.glob(f"*/{MANIFEST}"))
    try:
        return assess_again(bundle.config, sheets, folders)
    except (InputError, IntegrityError, NoAnswer, KeyError, TypeError, ValueError):
        return None


def _in_force(bundle: Bundle, n: int) -> bool:
    """Whether a decision on a finding excluded ballots at leaf n: its last leaf before holds.

    A session made void as a whole is no such decision: nobody offers its result with it.
    """
    contents = [value_of(line, names.EXCLUSIONS) for line in bundle.lines(names.EXCLUSIONS)]
    decided = zip(bundle.of("exclusion"), contents, strict=False)
    last = {
        leaf["decision"]: leaf["act"]
        for leaf, content in decided
        if leaf.n < n and "decision" in content
    }
    return "exclude" in last.values()


def check_exclusions(bundle: Bundle) -> Places:
    """V7: nobody alone took ballots out of the count."""
    decided = list(bundle.of("exclusion"))
    yield from (leaf.place for leaf in decided if not has_two_names(leaf))
    if not bundle.is_auditors:
        return
    contents = bundle.lines(names.EXCLUSIONS)
    for number, (leaf, content) in enumerate(zip_longest(decided, contents), start=1):
        is_of_it = leaf and content and sha256(content).hexdigest() == leaf["digest"]
        if not is_of_it:
            yield f"{names.EXCLUSIONS}:{number}"


def check_sealed_files(bundle: Bundle, answers: Answers) -> Places:
    """V8: what was assessed is what came in; what operators did is on record."""
    said: dict[str, str] = {}
    for leaf in bundle.of("sealed"):
        said = dict(leaf["manifests"])
    home = bundle.folder / names.SEALED
    there = {path.name for path in home.iterdir()} if home.is_dir() else set()
    yield from (f"{names.SEALED}/{name}" for name in sorted(there ^ said.keys()))
    for name in sorted(there & said.keys()):
        yield from _sealed_folder(bundle, home / name, said[name], answers)
    yield from _record(bundle)


def _sealed_folder(bundle: Bundle, folder: Path, stated: str, answers: Answers) -> Places:
    place = f"{names.SEALED}/{folder.name}"
    manifest = value_of(bundle.content(f"{place}/{MANIFEST}"), f"{place}/{MANIFEST}")
    manifest.pop("digest", None)
    if digest(manifest) != stated:
        yield f"{place}/{MANIFEST}"
    failed = [check for check in check_sealed_round(folder) if not check.ok]
    yield from (check.place.replace(f"{bundle.folder}/", "") for check in failed)
    if failed:
        return
    key = folder.name.removeprefix(f"{bundle.first['round']}.")
    expected = Counter({row: n for row, n in answers.rows.items() if row[0] == key})
    if _sealed_rows(folder, key, answers) != expected:
        yield f"{place}/{BALLOTS}"


def _sealed_rows(folder: Path, key: str, answers: Answers) -> Counter[SealedRow]:
    items = answers.reader.questionnaires[key].coded_items
    columns = ", ".join(quoted(item.key) for item in items)
    text = (
        f"SELECT ratee, rater_class, stratum, channel, evidence, {columns}"  # noqa: S608 -- our own names
        f" FROM {parquet(folder / BALLOTS)}"
    )
    with connect() as connection:
        found = connection.execute(text).fetchall()
    return Counter((key, *row[:5], bytes(row[5:])) for row in found)


def _record(bundle: Bundle) -> Iterator[str]:
    entries = bundle.lines(names.RECORD)
    for number, (leaf, line) in enumerate(zip_longest(bundle.of("act"), entries), start=1):
        place = f"{names.RECORD}:{number}"
        if leaf is None or line is None or not _is_entry(leaf, value_of(line, place)):
            yield place


def _is_entry(leaf: Leaf, entry: Mapping[str, Any]) -> bool:
    """Whether a record entry is the one an `act` leaf stands for."""
    try:
        previous = bytes.fromhex(entry["previous"])
        at = datetime.fromisoformat(entry["at"]).replace(microsecond=0)
        content = canonical_json({name: entry[name] for name in entry if name != "previous"})
        is_same_act = entry["action"] == leaf["action"] and at == datetime.fromisoformat(leaf["at"])
        is_same_act = is_same_act and previous.hex() == entry["previous"]
    except (ValueError, KeyError, TypeError):
        raise Unreadable(names.RECORD) from None
    return is_same_act and sha256(previous + content).hexdigest() == leaf["digest"]
