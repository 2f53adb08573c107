"""Opening and closing minutes (开启记录、关闭记录): what is printed, signed by people, and kept.

A head on signed paper is out of the server's reach: no later log can differ from it unnoticed.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms.problems import N_
from survey_app.accounts.people import People, people_within
from survey_app.ballots.tables import Admission
from survey_app.core.database import Database
from survey_app.core.errors import DomainError
from survey_app.public_log.service import Head, key_of
from survey_app.record.tables import LogCheckpoint, LogLeaf, RecordEntry
from survey_app.rounds.frozen import load_round
from survey_app.rounds.tables import Link, Round

Kind = Literal["opening", "closing"]
ACTS: Mapping[Kind, tuple[str, ...]] = {
    "opening": ("round.open",),
    "closing": ("round.close", "round.close_early"),
}
CHUNK = 100


class NoMinutesError(DomainError):
    status = 409
    message = N_("还没有可以打印的记录。")
    remedy = N_("开启记录在本轮开放之后打印，关闭记录在本轮关闭之后打印。")


class NotSignedError(DomainError):
    status = 409
    message = N_("公开日志还没有签名，记录不能打印。")
    remedy = N_("请过几秒再试；仍然不行时，看本轮页面上关于公开日志的提示。")


@dataclass(frozen=True, slots=True)
class Minutes:
    """What one of the minutes says; `head` is the first signed over all of it."""

    row: Round
    kind: Kind
    at: datetime
    issued: Mapping[str, int]
    """Rater class → cards."""
    posters: int
    received: Mapping[str, int]
    """Rater class → answer sheets; empty at the opening."""
    cards_used: int
    is_early: bool
    head: Head
    key: str
    by: str
    """Log-in of whoever opened or closed it, or the clock."""
    asked_by: str
    """Who asked for closing early, "" where it took one person."""
    recent: Mapping[str, Mapping[str, int]]
    """Accounts of these two that were new or changed then, see accounts.people."""
    people: People


def minutes(database: Database, round_id: int, kind: Kind) -> Minutes:
    """The minutes of a round. Raises NoMinutesError before their time, NotSignedError."""
    with database.read() as session:
        row = load_round(session, round_id)
        at = row.opened_at if kind == "opening" else row.closed_at
        place, issued, told = _told(session, row, kind)
        if at is None or place is None:
            raise NoMinutesError
        head = _head_over(session, round_id, place)
        links = select(func.count(Link.id)).where(Link.round_id == round_id)
        used = select(func.count(Admission.card_id)).where(Admission.round_id == round_id)
        act = _last(session, row, ACTS[kind])
        early = _last(session, row, ("act.approve",)) if act.action == "round.close_early" else None
        return Minutes(
            by=act.operator,
            asked_by=early.details["asked_by"] if early else "",
            recent=early.details.get("recent", {}) if early else {},
            people=people_within(session),
            row=row,
            kind=kind,
            at=at,
            issued=issued,
            posters=session.scalar(links) or 0,
            received=told.get("received", {}),
            cards_used=session.scalar(used) or 0,
            is_early=told.get("is_early", False),
            head=Head(head.size, head.root.hex(), head.note),
            key=key_of(session, head),
        )


def _last(session: Session, row: Round, actions: tuple[str, ...]) -> RecordEntry:
    """The last entry about a round that tells of one of these."""
    entries = select(RecordEntry).where(
        RecordEntry.round_id == row.id, RecordEntry.action.in_(actions)
    )
    return session.scalars(entries.order_by(RecordEntry.id.desc()).limit(1)).one()


def _told(
    session: Session, row: Round, kind: Kind
) -> tuple[int | None, Counter[str], dict[str, Any]]:
    """Place of the last leaf the minutes are about, cards issued up to it, and what it says."""
    if kind == "closing":
        if row.state == "open":
            return None, Counter(), {}
        for place, leaf in _leaves(session, row.id, is_backwards=True):
            if leaf["type"] == "close":
                return place, _issued(session, row.id, place), leaf
        return None, Counter(), {}
    end = None
    for place, leaf in _leaves(session, row.id):
        if leaf["type"] not in ("round", "issuance"):
            break
        end = place
    return end, Counter() if end is None else _issued(session, row.id, end), {}


def _issued(session: Session, round_id: int, end: int) -> Counter[str]:
    """Cards by rater class. Issuance stands early in a log or beside its act, never in bulk."""
    issued: Counter[str] = Counter()
    few = LogLeaf.subject.is_(None)
    bodies = select(LogLeaf.body).where(LogLeaf.round_id == round_id, LogLeaf.place <= end, few)
    for body in session.scalars(bodies):
        leaf = json.loads(body)
        if leaf["type"] == "issuance":
            issued[leaf["rater_class"]] += leaf["issued"]
    return issued


def _leaves(
    session: Session, round_id: int, *, is_backwards: bool = False
) -> Iterator[tuple[int, dict[str, Any]]]:
    order = LogLeaf.place.desc() if is_backwards else LogLeaf.place
    found = select(LogLeaf.place, LogLeaf.body).where(LogLeaf.round_id == round_id).order_by(order)
    # Whoever reads stops early: the cursor at the server is closed with the generator.
    with session.execute(found.execution_options(yield_per=CHUNK)) as rows:
        for place, body in rows:
            yield place, json.loads(body)


def _head_over(session: Session, round_id: int, place: int) -> LogCheckpoint:
    head = session.scalar(
        select(LogCheckpoint)
        .where(LogCheckpoint.round_id == round_id, LogCheckpoint.size > place)
        .order_by(LogCheckpoint.size)
        .limit(1)
    )
    if head is None:
        raise NotSignedError
    return head
