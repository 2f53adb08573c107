"""Comments for reading: masked, shuffled, and only where enough people answered."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from analysis.disclosure.masking import masked
from survey_app.assessments.service import OpenedRun
from survey_app.core.config import Settings

COUNTING = ("valid", "doubtful")


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one ratee; `n` are its ballots that count."""

    ratee: str
    name: str
    n: int
    texts: tuple[str, ...]
    is_hidden: bool


def comments_of(run: OpenedRun, settings: Settings) -> tuple[Said, ...]:
    """The comments by ratee, in the order of the roster, masked.

    Those of a ratee with fewer ballots than the minimum are not shown; how many there are is not
    told either. The order within a ratee says nothing: it is that of a digest.
    """
    ballots: Counter[str] = Counter()
    for row in run.whole.cells.ballots:
        if row.status in COUNTING:
            ballots[row.ratee] += row.n
    least = run.guarded.minimum.comments
    found = _read(run.folders(settings))
    return tuple(
        Said(
            one.key,
            one.name,
            ballots[one.key],
            _shuffled(found[one.key], run) if ballots[one.key] >= least else (),
            ballots[one.key] < least,
        )
        for one in run.whole.ratees
        if found[one.key]
    )


def _shuffled(texts: list[str], run: OpenedRun) -> tuple[str, ...]:
    salt = run.whole.content_digest.encode()
    masks = [masked(text) for text in texts]
    return tuple(sorted(masks, key=lambda text: hashlib.sha256(salt + text.encode()).digest()))


def _read(folders: list[Path]) -> dict[str, list[str]]:
    import duckdb

    from analysis.sealed_round import expand
    from analysis.sealed_round.manifest import COMMENTS

    found: dict[str, list[str]] = defaultdict(list)
    with duckdb.connect() as connection:
        for folder in expand(folders) if folders else ():
            path = folder / COMMENTS
            if path.is_file():
                rows = connection.read_parquet(str(path)).fetchall()
                for ratee, _item, text in rows:
                    found[ratee].append(text)
    return found
