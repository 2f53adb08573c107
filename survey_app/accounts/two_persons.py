"""Acts of two persons: one operator asks with a reason, another approves, and then it happens.

A room hands in its kinds of acts with `register` when it is imported. What an approval brings
about runs in the transaction of the approval: both are kept, or neither. A kind without anything
to carry out is a permit, used once within a day by whoever asked (`require_permit`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.accounts.act_tables import ActDecision, PermitUse, TwoPersonAct
from survey_app.accounts.people import people_within
from survey_app.accounts.tables import Operator
from survey_app.core import clock
from survey_app.core.access import ROLE_NAMES, Role, SignedIn
from survey_app.core.database import Database, is_unique_violation
from survey_app.core.errors import DomainError, ForbiddenError, NotFoundError, ProblemsError
from survey_app.record import service as record
from survey_app.record.tables import RecordEntry

LAPSES_AFTER = timedelta(days=7)
PERMIT_LASTS = timedelta(hours=24)
MAX_REASON = 500
APART: Role = "security"
"""Who does no rounds and so may approve what others ask for: two operators are enough."""
NO_SECOND = N_(
    "现在没有第二位可以批准的操作员。请在“操作员”页新建一位{roles}，"
    "由本人设密码、用自己的账号登录后批准；两个账号不能由同一个人使用。"
)
State = Literal["asked", "approved", "declined", "lapsed"]
STATE_NAMES: dict[State, str] = {
    "asked": N_("等待批准"),
    "approved": N_("已批准"),
    "declined": N_("没有批准"),
    "lapsed": N_("已过期"),
}


class OwnActError(DomainError):
    status = 403
    message = N_("这件事是您自己提出的，要由另一位操作员批准。")
    remedy = N_("请通知另一位有权批准的操作员，用自己的账号登录后办理。")


class DecidedError(DomainError):
    status = 409
    message = N_("这件事已经有人办理过了，或者已经过期。")
    remedy = N_("请回到“待批事项”查看结果，需要时重新提出。")


class PermitNeededError(DomainError):
    status = 403
    message = N_("“{name}”要先由另一位操作员批准。")
    remedy = N_("请先写明理由提出申请；批准后 24 小时内有效，只能用一次。")


@dataclass(frozen=True, slots=True)
class Act:
    """An approved act, as the room that carries it out sees it."""

    id: int
    kind: str
    round_id: int | None
    reason: str
    details: dict[str, Any]
    asked_by: str
    approved_by: str
    database: Database

    @property
    def round(self) -> int:
        """The round it is about, of kinds that always have one."""
        if self.round_id is None:
            raise NotFoundError
        return self.round_id


CarryOut = Callable[[Session, Act], None]
Describe = Callable[[int | None, Mapping[str, Any]], tuple[str, str]]
"""From the round and the details to words, and an address where to look at it ("" for none)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of act: its name, what an approval brings about, who may ask for and approve it."""

    name: str
    carry_out: CarryOut | None
    askers: tuple[Role, ...]
    approvers: tuple[Role, ...]
    describe: Describe | None
    is_of_round: bool


KINDS: dict[str, Kind] = {}


def register(
    kind: str,
    name: str,
    carry_out: CarryOut | None = None,
    *,
    askers: tuple[Role, ...] = ("admin",),
    approvers: tuple[Role, ...] = (),
    describe: Describe | None = None,
    is_of_round: bool = True,
) -> None:
    """Make a kind of act known. Without `carry_out` it is a permit.

    Nobody approves what they could not ask for themselves, except security, which is kept apart;
    `approvers` can only narrow that.
    """
    able = dict.fromkeys((*askers, APART))
    if not able.keys() >= set(approvers):
        raise ValueError(kind)
    KINDS[kind] = Kind(name, carry_out, askers, approvers or tuple(able), describe, is_of_round)


def ask(
    session: Session, by: str, kind: str, reason: str, round_id: int | None = None, **details: Any
) -> int:
    """Ask for an act within the caller's transaction, on record; gives its id.

    Raises ProblemsError without a reason. The same act is not asked twice while it waits.
    """
    reason = " ".join(reason.split())
    problems = reason_problems(reason)
    if problems:
        raise ProblemsError(problems)
    same = [
        one
        for one in _acts(session)
        if (one.kind, one.round_id, one.details, one.asked_by) == (kind, round_id, details, by)
    ]
    waiting = [one.id for one in same if state_of(one, clock.now()) == "asked"]
    if waiting:
        return waiting[0]
    row = TwoPersonAct(
        kind=kind,
        round_id=round_id,
        reason=reason,
        details=details,
        asked_by=by,
        asked_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _note(session, by, "act.ask", row, reason=reason, **details)
    return row.id


def reason_problems(reason: str) -> list[Problem]:
    """What is wrong with a reason."""
    if not reason.strip():
        return [Problem(N_("理由"), N_("没有写理由"), N_("请写明为什么要这样做"))]
    if len(reason) > MAX_REASON:
        return [Problem(N_("理由"), N_("理由超过 500 个字"), N_("请缩短"))]
    return []


def approve(database: Database, by: SignedIn, act_id: int, note: str = "") -> None:
    """Approve an act somebody else asked for, and bring it about in the same transaction.

    Raises OwnActError, ForbiddenError (not a role that may), DecidedError, and whatever the act
    itself says when it cannot be done now: then nothing is kept, and it still waits.
    """
    with database.write() as session:
        row, kind = _open_act(session, by, act_id)
        if row.asked_by == by.login:
            raise OwnActError
        _decide(session, row, by.login, "approve", note)
        if kind.carry_out is not None:
            kind.carry_out(
                session,
                Act(
                    row.id,
                    row.kind,
                    row.round_id,
                    row.reason,
                    row.details,
                    row.asked_by,
                    by.login,
                    database,
                ),
            )


def decline(database: Database, by: SignedIn, act_id: int, note: str) -> None:
    """Decline an act; whoever asked may take it back in the same way."""
    note = " ".join(note.split())
    if reason_problems(note):
        raise ProblemsError(reason_problems(note))
    with database.write() as session:
        row, _kind = _open_act(session, by, act_id)
        _decide(session, row, by.login, "decline", note)


def _open_act(session: Session, by: SignedIn, act_id: int) -> tuple[TwoPersonAct, Kind]:
    row = session.get(TwoPersonAct, act_id)
    if row is None or row.kind not in KINDS:
        raise NotFoundError
    kind = KINDS[row.kind]
    if by.login != row.asked_by and not by.has_role(*kind.approvers):
        raise ForbiddenError
    if state_of(row, clock.now()) != "asked":
        raise DecidedError
    return row, kind


def _decide(session: Session, row: TwoPersonAct, by: str, verdict: str, note: str) -> None:
    """One decision an act: of two at once the primary key lets one in."""
    session.add(
        ActDecision(
            act_id=row.id,
            asked_by=row.asked_by,
            approved_by=by,
            verdict=verdict,
            note=" ".join(note.split()),
            at=clock.now(),
        )
    )
    try:
        session.flush()
    except IntegrityError as error:
        if is_unique_violation(error):
            raise DecidedError from error
        raise
    recent = people_within(session).recently((row.asked_by, by), clock.now())
    _note(session, by, f"act.{verdict}", row, asked_by=row.asked_by, note=note, recent=recent)


def _note(session: Session, by: str, action: str, row: TwoPersonAct, **details: Any) -> None:
    details = {"act": row.id, "kind": row.kind} | {
        name: held for name, held in details.items() if name not in ("act", "kind")
    }
    record.append(session, by, action, round_id=row.round_id, **details)


def state_of(row: TwoPersonAct, at: datetime) -> State:
    """Where an act stands; one nobody decided lapses after a week."""
    if row.decision is not None:
        return "approved" if row.decision.verdict == "approve" else "declined"
    return "lapsed" if at - row.asked_at > LAPSES_AFTER else "asked"


def require_permit(
    session: Session, by: str, kind: str, round_id: int | None, **details: Any
) -> int:
    """Use up the permit this operator has, within the caller's transaction; gives the act's id.

    Raises PermitNeededError where none is approved, unused and younger than a day.
    """
    found = find_permit(session, by, kind, round_id, **details)
    if found is None:
        raise PermitNeededError(name=KINDS[kind].name)
    session.add(PermitUse(act_id=found.id, at=clock.now()))
    try:
        session.flush()
    except IntegrityError as error:
        if is_unique_violation(error):
            raise PermitNeededError(name=KINDS[kind].name) from error
        raise
    _note(session, by, "act.permit_used", found)
    return found.id


def find_permit(
    session: Session, by: str, kind: str, round_id: int | None, **details: Any
) -> TwoPersonAct | None:
    """The oldest permit of this operator, asked for with these details, that can still be used."""
    youngest = clock.now() - PERMIT_LASTS
    for row in sorted(_acts(session), key=lambda one: one.id):
        if (row.kind, row.round_id, row.asked_by, row.details) != (kind, round_id, by, details):
            continue
        decision = row.decision
        if decision is None or decision.use is not None:
            continue
        if decision.verdict == "approve" and decision.at >= youngest:
            return row
    return None


def _acts(session: Session) -> Sequence[TwoPersonAct]:
    """Every act, the newest first: there are a few hundred in the life of an installation."""
    return session.scalars(select(TwoPersonAct).order_by(TwoPersonAct.id.desc())).all()


@dataclass(frozen=True, slots=True)
class Listed:
    """The acts as one operator sees them, newest first."""

    to_decide: tuple[TwoPersonAct, ...]
    asked_by_me: tuple[TwoPersonAct, ...]
    done: tuple[TwoPersonAct, ...]
    rounds: Mapping[int, str]
    """Id → key of every round on record."""


def listed(database: Database, viewer: SignedIn) -> Listed:
    """What waits for this operator, what they asked for, and what is done."""
    now = clock.now()
    with database.read() as session:
        rows = [row for row in _acts(session) if row.kind in KINDS]
        created = session.scalars(select(RecordEntry).where(RecordEntry.action == "round.create"))
        rounds = {one.round_id: str(one.details.get("key")) for one in created if one.round_id}
    waiting = [row for row in rows if state_of(row, now) == "asked"]
    return Listed(
        to_decide=tuple(row for row in waiting if _may_approve(row, viewer)),
        asked_by_me=tuple(row for row in waiting if row.asked_by == viewer.login),
        done=tuple(row for row in rows if state_of(row, now) != "asked"),
        rounds=rounds,
    )


def n_to_decide(database: Database, viewer: SignedIn) -> int:
    """How many acts wait for this operator."""
    if not any(viewer.has_role(*kind.approvers) for kind in KINDS.values()):
        return 0
    now = clock.now()
    with database.read() as session:
        young = TwoPersonAct.asked_at > now - LAPSES_AFTER
        rows = session.scalars(select(TwoPersonAct).where(young)).all()
    return sum(
        row.kind in KINDS and state_of(row, now) == "asked" and _may_approve(row, viewer)
        for row in rows
    )


def waiting_for_round(database: Database, round_id: int) -> tuple[TwoPersonAct, ...]:
    """The acts about a round that nobody decided yet."""
    now = clock.now()
    with database.read() as session:
        return tuple(
            row
            for row in _acts(session)
            if row.round_id == round_id and state_of(row, now) == "asked"
        )


def no_second(database: Database, kind: str, by: str) -> str:
    """What to do where nobody else could approve an act of this kind; "" where somebody could."""
    approvers = KINDS[kind].approvers
    others = select(Operator.id).where(
        Operator.is_active, Operator.role.in_(approvers), Operator.login != by
    )
    with database.read() as session:
        if session.scalar(others.limit(1)) is not None:
            return ""
    roles = gettext("或").join(gettext(ROLE_NAMES[role]) for role in approvers)
    return str(gettext(NO_SECOND).format(roles=roles))


def _may_approve(row: TwoPersonAct, viewer: SignedIn) -> bool:
    return row.asked_by != viewer.login and viewer.has_role(*KINDS[row.kind].approvers)
