"""Taking complaints in, looking them up by code, and dealing with them (000-j)."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.complaints.tables import Complaint, ComplaintAct
from survey_app.complaints.words import (
    CHANNEL_NAMES,
    STATE_NAMES,
    TOPIC_NAMES,
    case_number,
)
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError, ProblemsError
from survey_app.record import service as record
from survey_app.rounds import codes
from survey_app.supervision.lines import today
from survey_app.supervision.numbering import next_number
from survey_app.supervision.units import names_of_all

MAX_TEXT = 2_000
MAX_CONTACT = 200
CODE_BITS = 128
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]+")


class UnknownCaseError(DomainError):
    status = 404
    message = N_("没有找到这个查询码。")
    remedy = N_("请核对后再输入；查询码丢失后无法补发，可以打监督电话询问。")


class WrongStateError(DomainError):
    status = 409
    message = N_("这一步现在不能做：案件的状态是“{state}”。")
    remedy = N_("请刷新页面，看清现在的状态再办理。")


@dataclass(frozen=True, slots=True)
class ComplaintSpec:
    """What a complaint says. `ratee` is a unit's key, "" where it could not be told."""

    topic: str
    content: str
    ratee: str = ""
    contact: str = ""
    channel: str = "web"
    is_simulated: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A case that was taken in; the code is known here only once."""

    id: int
    number: str
    code: str


@dataclass(frozen=True, slots=True)
class CaseStatus:
    """What the holder of the code may know."""

    number: str
    topic: str
    state: str
    received_on: str
    closed_on: str
    feedback: str


def clean(text: str) -> str:
    """The text as kept: line ends alike, no control or direction signs."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def check_complaint(database: Database, spec: ComplaintSpec) -> list[Problem]:
    """Everything that has to be put right first, by field."""
    with database.read() as session:
        return _problems(session, spec)


def _problems(session: Session, spec: ComplaintSpec) -> list[Problem]:
    found = []
    if spec.topic not in TOPIC_NAMES:
        found.append(Problem("topic", N_("还没有选是哪方面的问题"), N_("请选一项")))
    if not spec.content:
        found.append(Problem("text", N_("还没有写发生了什么"), N_("请写明时间、地点和经过")))
    if len(spec.content) > MAX_TEXT:
        found.append(Problem("text", N_("内容超过 2000 个字"), N_("请缩短")))
    if len(spec.contact) > MAX_CONTACT:
        found.append(Problem("contact", N_("联系方式超过 200 个字"), N_("请只留一种")))
    if spec.ratee and spec.ratee not in names_of_all(session):
        found.append(Problem("unit", N_("名单里没有这个单位"), N_("请重新选择，说不清可以不选")))
    if spec.channel not in CHANNEL_NAMES:
        found.append(Problem("channel", N_("没有这种来源"), N_("请重新选择")))
    return found


def code_for(secret: bytes, nonce: bytes, spec: ComplaintSpec) -> str:
    """The code of a complaint sent with a form: the same form sent twice is the same case.

    It follows from the form's random number under the installation's secret and need not be kept.
    """
    said = hashlib.sha256(repr(astuple(spec)).encode()).digest()
    mark = hmac.digest(secret, b"complaint code 1" + nonce + said, hashlib.sha256)
    number = int.from_bytes(mark[: CODE_BITS // 8])
    return "".join(
        codes.ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(codes.QR_LENGTH))
    )


def take(database: Database, spec: ComplaintSpec, code: str) -> Taken:
    """Take a complaint in; one that came before under the same code is found again.

    Raises ProblemsError.
    """
    with database.write() as session:
        return _take(session, spec, code)


def enter(database: Database, operator: str, spec: ComplaintSpec) -> Taken:
    """Take in what came by phone or box, on record; the code is for the caller to note down."""
    with database.write() as session:
        taken = _take(session, spec, codes.new_qr())
        _add_act(session, operator, taken.id, "enter")
        record.append(session, operator, "complaint.enter", number=taken.number)
        return taken


def _take(session: Session, spec: ComplaintSpec, code: str) -> Taken:
    day = today()
    number = next_number(session, Complaint.number, Complaint.year == day.year)
    problems = _problems(session, spec)
    if problems:
        raise ProblemsError(problems)
    mark = _hash(code)
    row = session.scalar(select(Complaint).where(Complaint.code_hash == mark))
    if row is None:
        row = Complaint(
            year=day.year,
            number=number,
            channel=spec.channel,
            topic=spec.topic,
            ratee=spec.ratee,
            content=spec.content,
            contact=spec.contact,
            code_hash=mark,
            received_on=day,
            is_simulated=spec.is_simulated,
        )
        session.add(row)
        session.flush()
    return Taken(row.id, case_number(row.year, row.number), code)


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def find_status(database: Database, typed: str) -> CaseStatus:
    """Where the case of a code stands. Raises UnknownCaseError."""
    try:
        code = codes.read_code(typed)
    except codes.MistypedCodeError as error:
        raise UnknownCaseError from error
    with database.read() as session:
        row = session.scalar(select(Complaint).where(Complaint.code_hash == _hash(code.text)))
        if row is None:
            raise UnknownCaseError
        return CaseStatus(
            case_number(row.year, row.number),
            row.topic,
            row.state,
            row.received_on.isoformat(),
            row.closed_on.isoformat() if row.closed_on else "",
            row.feedback if row.is_informed else "",
        )


def list_complaints(database: Database, state: str = "", topic: str = "") -> Sequence[Complaint]:
    """The cases, newest first."""
    found = select(Complaint).order_by(Complaint.year.desc(), Complaint.number.desc())
    if state:
        found = found.where(Complaint.state == state)
    if topic:
        found = found.where(Complaint.topic == topic)
    with database.read() as session:
        return session.scalars(found).all()


def open_complaint(
    database: Database, complaint_id: int
) -> tuple[Complaint, Sequence[ComplaintAct]]:
    """A case and its log; NotFoundError."""
    with database.read() as session:
        row = session.get(Complaint, complaint_id)
        if row is None:
            raise NotFoundError
        acts = select(ComplaintAct).where(ComplaintAct.complaint_id == complaint_id)
        return row, session.scalars(acts.order_by(ComplaintAct.id)).all()


def investigate(
    database: Database, operator: str, complaint_id: int, handling: str, handler: str, words: str
) -> None:
    """受理 → 调查: by the office itself, or handed to a unit that is named."""
    with database.write() as session:
        row = _hold(session, complaint_id, ("received",))
        problems = []
        if handling not in ("direct", "transferred"):
            problems.append(Problem(N_("怎样调查"), N_("没有选择"), N_("请选一项")))
        if handling == "transferred" and not handler.strip():
            problems.append(_missing(N_("转给谁")))
        _refuse(problems)
        row.state, row.handling, row.handler = "investigating", handling, handler.strip()
        said = "；".join(part for part in (handler.strip(), words.strip()) if part)
        _log(session, operator, row, "investigate", said)


def note(database: Database, operator: str, complaint_id: int, words: str) -> None:
    """What the investigation found so far."""
    with database.write() as session:
        row = _hold(session, complaint_id, ("received", "investigating"))
        _refuse([] if words.strip() else [_missing(N_("调查记录"))])
        _log(session, operator, row, "note", words.strip())


def inform(database: Database, operator: str, complaint_id: int, feedback: str) -> None:
    """Tell the complainant: by the contact left, and always by the code."""
    with database.write() as session:
        row = _hold(session, complaint_id, ("investigating",))
        _refuse([] if feedback.strip() else [_missing(N_("给投诉人的反馈"))])
        row.feedback, row.is_informed, row.informed_on = feedback.strip(), True, today()
        _log(session, operator, row, "inform", feedback.strip())


def report(database: Database, operator: str, complaint_id: int, words: str) -> None:
    """The written filing to 监察、人事; `words` says which document."""
    with database.write() as session:
        row = _hold(session, complaint_id, ("investigating",))
        _refuse([] if words.strip() else [_missing(N_("备案的文号或说明"))])
        row.is_filed, row.filed_on = True, today()
        _log(session, operator, row, "file", words.strip())


def close(database: Database, operator: str, complaint_id: int, result: str) -> None:
    """调查 → 办结: only when the complainant was told and the filing is done."""
    with database.write() as session:
        row = _hold(session, complaint_id, ("investigating",))
        problems = [
            Problem(name, N_("还没有办"), N_("办结前两项都要完成"))
            for name, is_done in (
                (N_("反馈投诉人"), row.is_informed),
                (N_("报监察人事备案"), row.is_filed),
            )
            if not is_done
        ]
        if not result.strip():
            problems.append(_missing(N_("调查结论")))
        _refuse(problems)
        row.state, row.result, row.closed_on = "closed", result.strip(), today()
        _log(session, operator, row, "close", result.strip())


def _hold(session: Session, complaint_id: int, states: Iterable[str]) -> Complaint:
    row = session.get(Complaint, complaint_id, with_for_update=True)
    if row is None:
        raise NotFoundError
    if row.state not in states:
        raise WrongStateError(state=STATE_NAMES[row.state])
    return row


def _log(session: Session, operator: str, row: Complaint, kind: str, words: str) -> None:
    _add_act(session, operator, row.id, kind, words)
    number = case_number(row.year, row.number)
    record.append(session, operator, f"complaint.{kind}", number=number)


def _add_act(
    session: Session, operator: str, complaint_id: int, kind: str, words: str = ""
) -> None:
    session.add(
        ComplaintAct(
            complaint_id=complaint_id,
            kind=kind,
            content=words,
            operator=operator,
            at=clock.now(),
        )
    )


def _missing(name: str) -> Problem:
    return Problem(name, N_("没有填写"), N_("请填写这一项"))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ProblemsError(problems)
