"""What operators do with supervision records: file, correct, urge, reply, judge a reply."""

from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ForbiddenError, NotFoundError, ProblemsError
from survey_app.record import service as record
from survey_app.supervision.checking import RecordSpec, missing, problems_of
from survey_app.supervision.kinds import number_text
from survey_app.supervision.lines import Line
from survey_app.supervision.numbering import next_number, take_turn
from survey_app.supervision.reading import current_of, make_lines
from survey_app.supervision.tables import SupervisionAct, SupervisionObject, SupervisionRecord
from survey_app.supervision.units import EVERYTHING, Scope

MAX_TEXT = 5_000


class NotNowError(DomainError):
    status = 409
    message = N_("这一步现在不能做：这个单位的状态是“{state}”。")
    remedy = N_("请刷新页面，看清现在的状态再办理。")


class AlreadyReopenedError(DomainError):
    status = 409
    message = N_("这个案件已经登记为“已重新核定”。")
    remedy = N_("不用再登记。")


def check_record(
    database: Database, spec: RecordSpec, record_id: int | None = None
) -> list[Problem]:
    """Everything that stands against filing it, or against correcting the record of this id."""
    with database.read() as session:
        return problems_of(session, spec, record_id)


def file_record(database: Database, operator: str, spec: RecordSpec) -> int:
    """File a new record under the next number of its year and kind; returns its id.

    Raises ProblemsError with everything that stands against it.
    """
    with database.write() as session:
        year = spec.issued_on.year
        number = next_number(
            session,
            SupervisionRecord.number,
            SupervisionRecord.kind == spec.kind,
            SupervisionRecord.year == year,
        )
        _refuse(problems_of(session, spec, None))
        row = _row(spec, operator, year, number)
        _store(session, row, spec.ratees)
        record.append(
            session,
            operator,
            "supervision.file",
            round_id=spec.round_id,
            number=number_text(row.kind, row.year, row.number),
            ratees="、".join(spec.ratees),
            reason=spec.skip_reason,
        )
        return row.id


def correct_record(
    database: Database, operator: str, record_id: int, spec: RecordSpec, reason: str
) -> int:
    """Put a new version in the place of a record; the old one stays to be read.

    Kind, number and place in a ladder stay as they are. Raises ProblemsError.
    """
    with database.write() as session:
        take_turn(session)
        old = current_of(session, record_id)
        problems = problems_of(session, spec, old.file_id)
        if not reason.strip():
            problems.append(missing(N_("更正的理由")))
        _refuse(problems)
        row = _row(spec, operator, old.year, old.number)
        row.version, row.first_id, row.correction = old.version + 1, old.file_id, reason.strip()
        _store(session, row, spec.ratees)
        record.append(
            session,
            operator,
            "supervision.correct",
            number=number_text(row.kind, row.year, row.number),
            version=row.version,
            reason=row.correction,
        )
        return row.id


def urge(database: Database, operator: str, record_id: int, ratee: str, words: str = "") -> None:
    """Remind a unit of its deadline (催办)."""
    _act(database, operator, record_id, "urge", ratee, words)


def reply(
    database: Database,
    operator: str,
    record_id: int,
    ratee: str,
    words: str,
    scope: Scope = EVERYTHING,
) -> None:
    """A unit's answer, by itself or entered for it. Raises ForbiddenError outside the scope."""
    if scope is not None and ratee not in scope:
        raise ForbiddenError
    _act(database, operator, record_id, "reply", ratee, words)


def accept(database: Database, operator: str, record_id: int, ratee: str, words: str = "") -> None:
    """The answer stands; the matter is closed for this unit."""
    _act(database, operator, record_id, "accept", ratee, words)


def send_back(database: Database, operator: str, record_id: int, ratee: str, words: str) -> None:
    """The answer does not do, and why; the deadline stays what it was."""
    _act(database, operator, record_id, "return", ratee, words)


ALLOWED_IN = {
    "urge": ("waiting", "returned"),
    "reply": ("filed", "waiting", "returned"),
    "accept": ("replied",),
    "return": ("replied",),
}


def _act(
    database: Database, operator: str, record_id: int, kind: str, ratee: str, words: str
) -> None:
    with database.write() as session:
        take_turn(session)
        line = _line(session, record_id, ratee)
        if line.state not in ALLOWED_IN[kind]:
            raise NotNowError(state=line.state_name)
        if kind in ("reply", "return") and not words.strip():
            raise ProblemsError([missing(N_("内容"))])
        _add_act(session, operator, line.file_id, kind, ratee, words.strip())
        record.append(
            session,
            operator,
            f"supervision.{kind}",
            number=line.number_text,
            ratee=ratee,
        )


def mark_reopened(database: Database, operator: str, record_id: int, words: str) -> None:
    """The scores that a falsified figure went into have been settled anew; says how."""
    with database.write() as session:
        take_turn(session)
        row = current_of(session, record_id)
        if row.kind != "falsification":
            raise NotFoundError
        if not words.strip():
            raise ProblemsError([missing(N_("怎样重新核定的"))])
        done = session.query(SupervisionAct).filter_by(record_id=row.file_id, kind="reopened")
        if done.count():
            raise AlreadyReopenedError
        _add_act(session, operator, row.file_id, "reopened", "", words.strip())
        number = number_text(row.kind, row.year, row.number)
        record.append(
            session, operator, "supervision.reopened", round_id=row.round_id, number=number
        )


def _add_act(
    session: Session, operator: str, file_id: int, kind: str, ratee: str, words: str
) -> None:
    session.add(
        SupervisionAct(
            record_id=file_id,
            kind=kind,
            ratee=ratee,
            content=words[:MAX_TEXT],
            operator=operator,
            at=clock.now(),
        )
    )


def _line(session: Session, record_id: int, ratee: str) -> Line:
    lines = make_lines(session, [current_of(session, record_id)])
    found = next((line for line in lines if line.ratee == ratee), None)
    if found is None:
        raise NotFoundError
    return found


def _row(spec: RecordSpec, operator: str, year: int, number: int) -> SupervisionRecord:
    return SupervisionRecord(
        kind=spec.kind,
        year=year,
        number=number,
        version=1,
        title=spec.title.strip(),
        content=spec.content.strip(),
        document=spec.document.strip(),
        issued_on=spec.issued_on,
        due_on=spec.due_on,
        period=spec.period.strip() or str(spec.issued_on.year),
        place=spec.place.strip(),
        result=spec.result.strip(),
        step=spec.step,
        previous_id=spec.previous_id,
        skip_reason=spec.skip_reason.strip(),
        exempts=spec.exempts.strip(),
        approved_by=spec.approved_by.strip(),
        indicator=spec.indicator.strip(),
        sanction=spec.sanction,
        round_id=spec.round_id,
        evidence=spec.evidence.strip(),
        link=spec.link.strip(),
        is_simulated=spec.is_simulated,
        operator=operator,
        at=clock.now(),
    )


def _store(session: Session, row: SupervisionRecord, ratees: tuple[str, ...]) -> None:
    session.add(row)
    session.flush()
    session.add_all(SupervisionObject(record_id=row.id, ratee=ratee) for ratee in set(ratees))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ProblemsError(problems)
