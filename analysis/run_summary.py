"""What a run says about its ballots: counts, quality by round and rater class, participation."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import repeat

import numpy as np

from analysis.answers import Answers
from analysis.cells import FormCells
from analysis.dedupe import void_reasons
from analysis.engine import Engine
from analysis.results import BallotCount, Cell, CellTable, Counts, Participation, RoundQuality
from analysis.screening import Screened
from analysis.sealed_round import SealedRound, shard_counts

OUT = frozenset({"void", "screened", "excluded"})


def count_rows(cells: Sequence[FormCells], statuses: Collection[str]) -> Counts:
    """Raw, duplicate, void and valid rows; with "count" duplicates are among the valid."""
    by_status: Counter[str] = Counter()
    for one in cells:
        for key in one.keys:
            by_status[key.status] += key.n
    valid = sum(n for status, n in by_status.items() if status in statuses)
    void = sum(by_status[status] for status in OUT)
    raw = by_status.total()
    return Counts(raw=raw, duplicate=raw - void - valid, void=void, valid=valid)


def cell_table(
    answers: Answers, cells: Sequence[FormCells], statuses: Collection[str]
) -> CellTable:
    """Cells that count, summed over rounds and sorted, and the rows behind them."""
    ballots = tuple(
        BallotCount(
            answers.rounds[key.round_number],
            one.form.questionnaire.key,
            key.ratee,
            key.rater_class,
            key.stratum,
            key.channel,
            key.evidence,
            key.status,
            key.n,
        )
        for one in cells
        for key in one.keys
    )
    rows = tuple(cell for one in cells for cell in _cells(one, statuses))
    return CellTable(rows, ballots)


def _cells(cells: FormCells, statuses: Collection[str]) -> Iterator[Cell]:
    """The counting cells of a questionnaire, items in order, summed over rounds and statuses."""
    places = [
        (key.ratee, key.rater_class, key.stratum, key.channel, key.evidence) for key in cells.keys
    ]
    named = sorted(set(places))
    number = {place: at for at, place in enumerate(named)}
    place_of = np.array([number[place] for place in places], dtype=np.int64)
    keep = np.array([key.status in statuses for key in cells.keys], dtype=bool)
    columns = [np.array(column, dtype=object) for column in zip(*named, strict=True)]
    form = repeat(cells.form.questionnaire.key)
    for item, counts in cells.items.items():
        chosen = keep[counts.key_number]
        at = place_of[counts.key_number[chosen]] * 256 + counts.option_number[chosen]
        found, inverse = np.unique(at, return_inverse=True)
        totals = np.zeros(len(found), dtype=np.int64)
        np.add.at(totals, inverse, counts.n[chosen])
        if len(found):
            ratee, *rest = (column[found // 256].tolist() for column in columns)
            yield from map(
                Cell, ratee, form, repeat(item), *rest, (found % 256).tolist(), totals.tolist()
            )


def quality(
    engine: Engine,
    answers: Answers,
    sealed: Sequence[SealedRound],
    cells: Sequence[FormCells],
    screened: Screened,
    statuses: Collection[str],
) -> tuple[RoundQuality, ...]:
    """One entry a round and rater class, sorted."""
    titles = round_titles(sealed)
    rows: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    reasons: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    flagged: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for one in cells:
        for key in one.keys:
            rows[key.round_number, key.rater_class][key.status] += key.n
        for (number, rater_class, reason), n in void_reasons(engine, one.form).items():
            reasons[number, rater_class][reason] += n
    for (number, rater_class, rule), n in sorted(screened.counts.items()):
        flagged[number, rater_class][rule] = n
    found = []
    for (number, rater_class), by_status in sorted(rows.items()):
        valid = sum(n for status, n in by_status.items() if status in statuses)
        void = sum(by_status[status] for status in OUT)
        found.append(
            RoundQuality(
                round=answers.rounds[number],
                title=titles[answers.rounds[number]],
                rater_class=rater_class,
                submitted=by_status.total(),
                valid=valid,
                duplicate=by_status.total() - void - valid,
                void=void,
                flagged=flagged[number, rater_class],
                reasons=dict(sorted(reasons[number, rater_class].items())),
            )
        )
    return tuple(found)


def round_titles(sealed: Sequence[SealedRound]) -> dict[str, str]:
    """Titles by round key."""
    return {one.round: one.manifest.title for one in sealed}


def participation(sealed: Sequence[SealedRound]) -> tuple[Participation, ...]:
    """Expected, issued and received submissions by round and rater class, from the manifests."""
    shards: dict[str, list[SealedRound]] = defaultdict(list)
    for one in sealed:
        shards[one.round].append(one)
    titles = round_titles(sealed)
    found = []
    for name in sorted(shards):
        counts = shard_counts(shards[name])
        expected, issued = _by_class(counts, "expected"), _by_class(counts, "issued")
        in_all = _by_class(counts, "received")
        received = _by_class(counts, "ballots_by_class") or _by_class(counts, "by_class")
        found += [
            Participation(
                round=name,
                title=titles[name],
                rater_class=rater_class,
                expected=expected.get(rater_class),
                issued=issued.get(rater_class),
                received=received.get(rater_class, 0),
                received_in_all=in_all.get(rater_class),
            )
            for rater_class in sorted({*expected, *issued, *received})
        ]
    return tuple(found)


def _by_class(counts: Mapping[str, object], key: str) -> dict[str, int]:
    value = counts.get(key)
    return {str(k): int(v) for k, v in value.items()} if isinstance(value, Mapping) else {}
