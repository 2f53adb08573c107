"""The key ceremony of a sealed round (密钥仪式): three holders, each with a share on paper.

One step follows the other, and each is on record: names, then each holder sees the own share
once and types it again, then any two open a trial envelope. Until the round is frozen the whole
may be begun anew; the key before is then destroyed.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.ballots import envelope
from survey_app.closing import shares
from survey_app.closing.key_files import KeyFiles, WrongKeyError
from survey_app.closing.shares import HOLDERS, NEEDED, Share, WrongShareError, read_share
from survey_app.closing.tables import KeyHolder
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError
from survey_app.record import service as record
from survey_app.rounds.frozen import hold_round, load_round
from survey_app.rounds.tables import Round

TRIAL_BYTES = 64
FIELDS = (N_("第一份"), N_("第二份"))


class NoCeremonyError(DomainError):
    status = 409
    message = N_("这一轮现在不能举行密钥仪式。")
    remedy = N_("只有还是草稿的密封轮次才能举行。已冻结的请先解除冻结。")


class OutOfTurnError(DomainError):
    status = 409
    message = N_("密钥仪式现在不是这一步。")
    remedy = N_("请回到“密钥仪式”页，按页面上的下一步做。")


class ShownBeforeError(DomainError):
    status = 410
    message = N_("这一份已经显示过一次，不会再显示。")
    remedy = N_("没有印下来的，请在“密钥仪式”页重新开始仪式，三份都会重新生成。")


class KeyGoneError(DomainError):
    status = 503
    message = N_("这台服务器上没有本轮的密钥文件，现在不能开封。")
    remedy = N_("请管理员从带密钥的备份恢复 keys 文件夹；两份份额只有和这个文件一起才有用。")


@dataclass(frozen=True, slots=True)
class Ceremony:
    """How far the ceremony of a round is."""

    row: Round
    holders: tuple[KeyHolder, ...]

    @property
    def can_change(self) -> bool:
        return self.row.is_sealed and self.row.state == "draft"

    @property
    def turn(self) -> KeyHolder | None:
        """Who is next to see or to confirm the own share."""
        return next((one for one in self.holders if one.confirmed_at is None), None)

    @property
    def is_done(self) -> bool:
        return self.row.rehearsed_at is not None

    @property
    def hashes(self) -> dict[int, bytes]:
        """What the right shares are known by."""
        return {one.number: one.share_hash for one in self.holders}

    def name(self, number: int) -> str:
        return next(one.name for one in self.holders if one.number == number)


def read(database: Database, round_id: int) -> Ceremony:
    """How far the ceremony is. Raises NotFoundError."""
    with database.read() as session:
        return ceremony_of(session, load_round(session, round_id))


def begin(
    database: Database, folder: Path, operator: str, round_id: int, names: Sequence[str]
) -> None:
    """Make the key and its shares for these three holders; nobody has seen anything yet."""
    names = [" ".join(name.split()) for name in names]
    problems = _name_problems(names)
    if problems:
        raise ProblemsError(problems)
    with database.write() as session:
        row = _held(session, round_id)
        if ceremony_of(session, row).holders:
            raise OutOfTurnError
        private, public = envelope.new_keys()
        key = shares.new_key()
        parts, files = shares.split(key), KeyFiles(folder, round_id)
        files.destroy()
        files.wrap(private, key, public)
        for part, name in zip(parts, names, strict=True):
            files.keep_share(part.number, part.text)
            hashed = part.hash(row.key)
            session.add(
                KeyHolder(round_id=row.id, number=part.number, name=name, share_hash=hashed)
            )
        row.public_key, row.rehearsed_at = public, None
        record.append(
            session,
            operator,
            "ceremony.begin",
            round_id=round_id,
            holders="、".join(names),
            public_key=public.hex(),
        )


def show(database: Database, folder: Path, operator: str, round_id: int, number: int) -> Share:
    """The share of the holder whose turn it is, once. From then on it is on paper only."""
    with database.write() as session:
        row = _held(session, round_id)
        holder = _turn(ceremony_of(session, row), number)
        text = KeyFiles(folder, round_id).take_share(number)
        if holder.shown_at is not None or text is None:
            raise ShownBeforeError
        holder.shown_at = clock.now()
        record.append(session, operator, "ceremony.show", round_id=round_id, holder=_said(holder))
        return read_share(text, holder.name, {number: holder.share_hash}, row.key)


def confirm(database: Database, operator: str, round_id: int, number: int, text: str) -> None:
    """A holder has typed the own share from paper. Raises WrongShareError."""
    with database.write() as session:
        row = _held(session, round_id)
        holder = _turn(ceremony_of(session, row), number)
        if holder.shown_at is None:
            raise OutOfTurnError
        read_share(text, holder.name, {number: holder.share_hash}, row.key)
        holder.confirmed_at = clock.now()
        record.append(
            session, operator, "ceremony.confirm", round_id=round_id, holder=_said(holder)
        )


def rehearse(
    database: Database, folder: Path, operator: str, round_id: int, texts: Sequence[str]
) -> tuple[int, ...]:
    """Open a trial envelope with two shares; the numbers of their holders.

    Raises WrongShareError, KeyGoneError.
    """
    with database.write() as session:
        row = _held(session, round_id)
        found = ceremony_of(session, row)
        if not found.holders or found.turn is not None:
            raise OutOfTurnError
        private, numbers = unlock(found, folder, texts)
        trial = secrets.token_bytes(TRIAL_BYTES)
        assert row.public_key is not None
        if envelope.open_trial(envelope.seal_trial(trial, row.public_key), private) != trial:
            raise KeyGoneError
        row.rehearsed_at = clock.now()
        record.append(
            session,
            operator,
            "ceremony.rehearse",
            round_id=round_id,
            holders="、".join(map(str, numbers)),
        )
        return numbers


def restart(database: Database, folder: Path, operator: str, round_id: int) -> None:
    """Begin anew: key and shares so far are destroyed, and that goes on record."""
    with database.write() as session:
        row = _held(session, round_id)
        KeyFiles(folder, round_id).destroy()
        session.execute(delete(KeyHolder).where(KeyHolder.round_id == round_id))
        row.public_key = row.rehearsed_at = None
        record.append(session, operator, "ceremony.restart", round_id=round_id)


def unlock(
    found: Ceremony, folder: Path, texts: Sequence[str]
) -> tuple[X25519PrivateKey, tuple[int, ...]]:
    """The round's private key by two typed shares, and whose they were.

    Raises WrongShareError, which names every wrong one; KeyGoneError.
    """
    assert len(texts) == NEEDED
    given: list[Share] = []
    problems: list[Problem] = []
    for where, text in zip(FIELDS, texts, strict=True):
        try:
            given.append(read_share(text, where, found.hashes, found.row.key))
        except WrongShareError as error:
            problems += error.problems
    if not problems and len({one.number for one in given}) < NEEDED:
        what = N_("两次输入的是同一份")
        problems.append(Problem(FIELDS[1], what, N_("请另一位保管人输入自己的一份")))
    if problems:
        raise WrongShareError(problems)
    assert found.row.public_key is not None
    try:
        raw = KeyFiles(folder, found.row.id).unwrap(shares.combine(given), found.row.public_key)
    except (FileNotFoundError, WrongKeyError) as error:
        raise KeyGoneError from error
    return X25519PrivateKey.from_private_bytes(raw), tuple(one.number for one in given)


def ceremony_of(session: Session, row: Round) -> Ceremony:
    """The same within a session."""
    holders = session.scalars(
        select(KeyHolder).where(KeyHolder.round_id == row.id).order_by(KeyHolder.number)
    )
    return Ceremony(row, tuple(holders))


def _held(session: Session, round_id: int) -> Round:
    row = hold_round(session, round_id)
    if not row.is_sealed or row.state != "draft":
        raise NoCeremonyError
    return row


def _turn(found: Ceremony, number: int) -> KeyHolder:
    if found.turn is None or found.turn.number != number:
        raise OutOfTurnError
    return found.turn


def _said(holder: KeyHolder) -> str:
    return f"{holder.number} {holder.name}"


def _name_problems(names: Sequence[str]) -> list[Problem]:
    where = N_("保管人")
    if len(names) != HOLDERS or not all(names):
        return [Problem(where, N_("要写满三位的姓名"), N_("请每格写一位"))]
    if len(set(names)) < HOLDERS:
        return [Problem(where, N_("有两位的姓名相同"), N_("三份要由三个不同的人保管"))]
    return []


def hold_at_once(
    database: Database, folder: Path, operator: str, round_id: int, names: Sequence[str]
) -> list[Share]:
    """The whole ceremony without pages or paper, for a rehearsal and for simulated rounds.

    Whoever runs this sees all three shares, so it protects nobody's answers.
    """
    begin(database, folder, operator, round_id, names)
    seen = []
    for number in range(1, HOLDERS + 1):
        share = show(database, folder, operator, round_id, number)
        confirm(database, operator, round_id, number, share.text)
        seen.append(share)
    rehearse(database, folder, operator, round_id, [one.text for one in seen[:NEEDED]])
    return seen
