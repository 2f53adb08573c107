"""From the database's ballots to sealed columns: the last look anybody takes at the rows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.sealed_round import (
    Arrivals,
    BallotColumns,
    Comment,
    Exclusion,
    SealedHeader,
    write_sealed_round,
)
from survey_app.ballots.payload import unpack
from survey_app.ballots.tables import Arrival, Ballot, Refusal
from survey_app.ballots.tables import Comment as StoredComment
from survey_app.intake.voiding import RULE, void_links
from survey_app.rounds.frozen import FrozenRound
from survey_app.rounds.tables import Batch, Link

TEXT_COLUMNS = ("ratee", "rater_class", "stratum", "channel", "evidence", "link", "pace")


@dataclass(slots=True)
class _Rows:
    """The rows of one questionnaire while they are gathered."""

    submission: list[bytes] = field(default_factory=list)
    codes: list[bytes] = field(default_factory=list)
    device: list[bytes | None] = field(default_factory=list)
    text: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in TEXT_COLUMNS})
    void: dict[bytes, str] = field(default_factory=dict)
    """Ballots of sessions made void by two persons → why."""

    def add(self, ballot: Ballot, ratee: str, codes: bytes, link: str) -> None:
        self.submission.append(ballot.id)
        self.codes.append(codes)
        self.device.append(ballot.device_mark)
        values = (
            ratee,
            ballot.rater_class,
            ballot.stratum,
            ballot.channel,
            ballot.evidence,
            link,
            ballot.pace or "normal",
        )
        for name, value in zip(TEXT_COLUMNS, values, strict=True):
            self.text[name].append(value)

    def columns(self, n_items: int) -> BallotColumns:
        codes = np.frombuffer(b"".join(self.codes), dtype=np.uint8).reshape(-1, n_items)
        text = {name: np.array(values, dtype=object) for name, values in self.text.items()}
        return BallotColumns(
            submission=self.submission,
            codes=codes,
            same_device=_device_groups(self.device),
            **text,
        )


def write_sealed_folders(
    session: Session, frozen: FrozenRound, home: Path
) -> dict[str, Mapping[str, object]]:
    """Write a sealed folder for each questionnaire under `home`: folder name → manifest."""
    links = _link_names(session, frozen.id)
    rows = _gather(session, frozen, links)
    comments = _comments(session, frozen)
    counts = _counts(session, frozen)
    arrivals = _arrivals(session, frozen.id, links)
    manifests: dict[str, Mapping[str, object]] = {}
    for key, questionnaire in frozen.questionnaires.items():
        gathered = rows.get(key, _Rows())
        name = f"{frozen.key}.{key}"
        is_open = any(gathered.text["link"])
        header = SealedHeader(
            round=name,
            title=frozen.title,
            questionnaire=questionnaire,
            scheme=_scheme_name(frozen),
            scheme_json=frozen.scheme,
            is_open=is_open,
            is_simulated=frozen.is_simulated,
            counts=counts,
            period=frozen.period,
        )
        manifest = write_sealed_round(
            home / name,
            header,
            gathered.columns(len(questionnaire.coded_items)),
            arrivals=_of_links(arrivals, set(gathered.text["link"])) if is_open else None,
            comments=comments.get(key, []),
            exclusions=[Exclusion(one, RULE, why) for one, why in gathered.void.items()],
        )
        manifests[name] = manifest.as_json()
    return manifests


def _gather(session: Session, frozen: FrozenRound, links: Mapping[int, str]) -> dict[str, _Rows]:
    rows: dict[str, _Rows] = {}
    void = void_links(session, frozen.id)
    widths = {rater_class: frozen.widths(rater_class) for rater_class in frozen.rater_classes}
    stored = select(Ballot).where(Ballot.round_id == frozen.id).order_by(Ballot.id)
    for ballot in session.scalars(stored.execution_options(yield_per=5_000)):
        link = links[ballot.link_id] if ballot.link_id is not None else ""
        for number, codes in unpack(ballot.payload, widths[ballot.rater_class]):
            ratee = frozen.ratee(number)
            key = frozen.bindings[ballot.rater_class, ratee.ratee_class]
            held = rows.setdefault(key, _Rows())
            held.add(ballot, ratee.key, codes, link)
            if ballot.link_id in void:
                held.void[ballot.id] = void[ballot.link_id]
        session.expunge(ballot)
    return rows


def _device_groups(marks: list[bytes | None]) -> NDArray[np.int64]:
    """Equal numbers for equal marks; 0 where there is none."""
    numbers: dict[bytes, int] = {}
    return np.array(
        [0 if mark is None else numbers.setdefault(mark, len(numbers) + 1) for mark in marks],
        dtype=np.int64,
    )


def _link_names(session: Session, round_id: int) -> dict[int, str]:
    """What stands for a link in sealed files: its name, told apart where two are alike."""
    links = session.scalars(select(Link).where(Link.round_id == round_id).order_by(Link.id)).all()
    seen = Counter(link.name for link in links)
    return {
        link.id: link.name if seen[link.name] == 1 else f"{link.name} ({link.token})"
        for link in links
    }


def _comments(session: Session, frozen: FrozenRound) -> dict[str, list[Comment]]:
    """Comments by questionnaire: the one of the ratee's class that has the item."""
    found: dict[str, list[Comment]] = {}
    rows = session.scalars(select(StoredComment).where(StoredComment.round_id == frozen.id))
    for row in rows:
        ratee = frozen.ratee(row.ratee_number)
        key = next(
            questionnaire
            for (_, ratee_class), questionnaire in frozen.bindings.items()
            if ratee_class == ratee.ratee_class
            and any(
                item.key == row.item for item in frozen.questionnaires[questionnaire].text_items
            )
        )
        found.setdefault(key, []).append(Comment(ratee.key, row.item, row.text))
    return found


def _counts(session: Session, frozen: FrozenRound) -> dict[str, Any]:
    issued = session.execute(
        select(Batch.rater_class, func.sum(Batch.issued))
        .where(Batch.round_id == frozen.id)
        .group_by(Batch.rater_class)
    )
    sheets = session.execute(
        select(Ballot.rater_class, func.count())
        .where(Ballot.round_id == frozen.id)
        .group_by(Ballot.rater_class)
    )
    refused = session.execute(
        select(Refusal.reason, Refusal.n).where(Refusal.round_id == frozen.id)
    )
    return {
        "expected": dict(frozen.expected),
        "issued": {rater_class: int(n) for rater_class, n in issued},
        "received": dict(sheets.all()),
        "refused": dict(refused.all()),
        "target_per_ratee": frozen.target_per_ratee,
    }


ArrivalRow = tuple[str, int, int]


def _arrivals(session: Session, round_id: int, links: Mapping[int, str]) -> list[ArrivalRow]:
    rows = session.execute(
        select(Arrival.link_id, Arrival.bin, Arrival.n)
        .join(Link, Arrival.link_id == Link.id)
        .where(Link.round_id == round_id)
    )
    return [(links[link_id], bin_number, n) for link_id, bin_number, n in rows]


def _of_links(rows: list[ArrivalRow], links: set[str]) -> Arrivals:
    kept = [row for row in rows if row[0] in links]
    return Arrivals(
        link=np.array([row[0] for row in kept], dtype=object),
        bin=np.array([row[1] for row in kept], dtype=np.int64),
        n=np.array([row[2] for row in kept], dtype=np.int64),
    )


def _scheme_name(frozen: FrozenRound) -> dict[str, str]:
    from analysis.scheme import Scheme

    scheme = Scheme.from_json(frozen.scheme)
    return {"key": scheme.key, "version": scheme.version, "digest": scheme.digest}
