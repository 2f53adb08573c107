"""Entering what was counted: each form once, whatever is uploaded or typed a second time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from forms.problems import N_, Problem
from survey_app.ballots.accept import ACCEPTING_STATES, Outcome, Submission, accept_many
from survey_app.ballots.entrance import Entrance
from survey_app.ballots.nonce import RANDOM_BYTES, Nonce
from survey_app.ballots.service import submission
from survey_app.ballots.tables import Receipt
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError
from survey_app.core.spreadsheet import read_upload
from survey_app.core.uploads import Upload
from survey_app.intake.reading import Asked, Form, read_forms
from survey_app.intake.sessions import Standing, VoidSessionError, free_cards, session_of
from survey_app.record import service as record
from survey_app.rounds.frozen import FrozenRound, FrozenRounds, load_round
from survey_app.rounds.keys import KeyStore

CHUNK = 500


class NotCountedError(DomainError):
    status = 409
    message = N_("这一场的票还没有清点，不能录入。")
    remedy = N_("请先由监票人清点，登记发出、收回和作废的份数。")


class NotTakingError(DomainError):
    status = 409
    message = N_("本轮现在不收答卷，不能录入。")
    remedy = N_("录入要在本轮开放期间完成；还没有开放的请等开放以后再录。")


@dataclass(frozen=True, slots=True)
class Desk:
    """What entering needs of the application."""

    database: Database
    keys: KeyStore
    rounds: FrozenRounds


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would bring: forms not yet entered, and those that were."""

    new: tuple[Form, ...]
    before: tuple[Form, ...]
    standing: Standing

    @property
    def left(self) -> int:
        """Forms still missing once these are entered."""
        return self.standing.missing - len(self.new)


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of the forms: counts, and the numbers that were not taken."""

    new: int
    before: int
    failed: tuple[str, ...]


def asked_of(desk: Desk, standing: Standing) -> Asked:
    """What the forms of a session may say. Raises NotTakingError, VoidSessionError and so on."""
    with desk.database.read() as session:
        row = load_round(session, standing.row.round_id)
        if row.state not in ACCEPTING_STATES:
            raise NotTakingError
        frozen = desk.rounds.of(row)
    if standing.row.is_void:
        raise VoidSessionError
    if standing.valid is None:
        raise NotCountedError
    issued = standing.row.issued if standing.row.kind == "paper" else None
    return Asked(frozen, frozen.sheet(standing.rater_class, standing.scope), issued)


def read(desk: Desk, round_id: int, session_id: int, upload: Upload) -> Plan:
    """What an uploaded file would bring. Raises InputError, and as `plan` does."""
    asked = asked_of(desk, session_of(desk.database, round_id, session_id))
    forms = read_forms(read_upload(upload.name, upload.data), asked)
    return plan(desk, round_id, session_id, forms)


def plan(desk: Desk, round_id: int, session_id: int, forms: Sequence[Form]) -> Plan:
    """These forms apart into new ones and ones entered before.

    Raises ProblemsError where there are more than were counted, or numbers were void.
    """
    standing = session_of(desk.database, round_id, session_id)
    known = _known(desk, standing, forms)
    new = tuple(one for one in forms if one.number not in known)
    before = tuple(one for one in forms if one.number in known)
    if len(new) > standing.missing:
        raise ProblemsError([_too_many(standing, len(new))])
    return Plan(new, before, standing)


def _too_many(standing: Standing, n: int) -> Problem:
    return Problem(
        standing.row.name,
        N_("有效票 {valid} 张，已录 {entered} 张，文件里还有 {n} 张没录过的，多出 {over} 张"),
        N_("请对照记录单：废票不要录；票号写错的请改正。什么都没有录入"),
        {
            "valid": standing.valid or 0,
            "entered": standing.entered,
            "n": n,
            "over": n - standing.missing,
        },
    )


def _known(desk: Desk, standing: Standing, forms: Sequence[Form]) -> set[str]:
    round_id = standing.row.round_id
    by_hash = {
        desk.keys.hash(round_id, "nonce", nonce_of(standing, one.number).value): one.number
        for one in forms
    }
    hashes = list(by_hash)
    found: set[str] = set()
    with desk.database.read() as session:
        for start in range(0, len(hashes), CHUNK):
            some = hashes[start : start + CHUNK]
            given = session.scalars(select(Receipt.nonce_hash).where(Receipt.nonce_hash.in_(some)))
            found |= {by_hash[one] for one in given}
    return found


def nonce_of(standing: Standing, number: str) -> Nonce:
    """The same form of the same session always has the same nonce, so it counts once."""
    name = f"counted {standing.row.kind} {standing.row.id} {number}"
    return Nonce(hashlib.sha256(name.encode()).digest()[:RANDOM_BYTES], 0.0)


def enter(
    desk: Desk, operator: str, round_id: int, session_id: int, forms: Sequence[Form]
) -> Entered:
    """Enter forms, each with a card of its session; what was entered before changes nothing.

    Raises as `plan` and `asked_of` do; NotRecordedError where the store could take none.
    """
    found = plan(desk, round_id, session_id, forms)
    asked = asked_of(desk, found.standing)
    with desk.database.read() as session:
        cards = free_cards(session, found.standing.row.batch_id)
    submissions = [
        _submission(desk, asked.round, found.standing, one, card)
        for one, card in zip(found.new, cards, strict=False)
    ]
    outcomes = (
        accept_many(desk.database, desk.keys, submissions, at=clock.now()) if submissions else []
    )
    entered = _sorted_out(found, outcomes)
    with desk.database.write() as session:
        record.append(
            session,
            operator,
            f"{found.standing.row.kind}.enter",
            round_id=round_id,
            counted=session_id,
            new=entered.new,
            before=entered.before,
        )
    return entered


def _submission(
    desk: Desk, frozen: FrozenRound, standing: Standing, form: Form, card: bytes
) -> Submission:
    entrance = Entrance(
        round=frozen,
        phase="open",
        rater_class=standing.rater_class,
        channel=standing.row.kind,
        stratum=form.stratum or standing.stratum,
        evidence="card",
        scope=standing.scope,
        link_id=standing.row.link_id,
        link=standing.token,
        card_id=card,
    )
    return submission(entrance, nonce_of(standing, form.number), form.answers, desk.keys)


def _sorted_out(found: Plan, outcomes: Sequence[Outcome]) -> Entered:
    kinds = [one.kind for one in outcomes]
    failed = tuple(
        form.number for form, what in zip(found.new, outcomes, strict=False) if not what.is_recorded
    )
    return Entered(kinds.count("accepted"), len(found.before) + kinds.count("replayed"), failed)
