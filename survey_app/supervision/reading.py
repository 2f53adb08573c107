"""Looking into the supervision records: by kind, year and unit, what is overdue, one in full."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.indicators.tables import Indicator
from survey_app.rounds.tables import Round
from survey_app.supervision.lines import Line, is_overdue, state_of, today
from survey_app.supervision.tables import SupervisionAct, SupervisionObject, SupervisionRecord
from survey_app.supervision.units import EVERYTHING, Scope, check_scope, names_of_all

Records = Sequence[SupervisionRecord]
_SEPARATORS = re.compile(r"[\s、,，;；]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines to show; "" and None want them all."""

    kind: str = ""
    year: int | None = None
    unit: str = ""
    state: str = ""
    """A state of lines, or "overdue"."""


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A record as it stands, with its versions and everything that came after it."""

    record: SupervisionRecord
    earlier: Records
    lines: tuple[Line, ...]
    acts: Sequence[SupervisionAct]
    names: Mapping[str, str]
    previous: SupervisionRecord | None
    following: SupervisionRecord | None
    round_title: str
    affected: Sequence[Indicator]
    """The indicators of the round that a falsified figure went into, as far as named."""

    @property
    def is_reopened(self) -> bool:
        return any(act.kind == "reopened" for act in self.acts)


@dataclass(frozen=True, slots=True)
class Reopening:
    """A score that a falsified figure went into, to be settled anew (追究 → 重新核定)."""

    file_id: int
    number_text: str
    ratee: str
    ratee_name: str
    indicator: str
    sanction: str
    period: str
    round_id: int | None
    is_done: bool


def find_lines(database: Database, wanted: Wanted, scope: Scope = EVERYTHING) -> list[Line]:
    """The lines wanted within the scope, newest record first."""
    with database.read() as session:
        return lines_of(session, wanted, scope)


def lines_of(session: Session, wanted: Wanted, scope: Scope = EVERYTHING) -> list[Line]:
    """The same within the caller's session."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind:
        conditions.append(SupervisionRecord.kind == wanted.kind)
    if wanted.year is not None:
        conditions.append(func.substr(SupervisionRecord.period, 1, 4) == str(wanted.year))
    records = session.scalars(
        current_records()
        .where(*conditions)
        .order_by(SupervisionRecord.issued_on.desc(), SupervisionRecord.id.desc())
    ).all()
    made = make_lines(session, records)
    return [
        line
        for line in made
        if (scope is None or line.ratee in scope)
        and wanted.unit in ("", line.ratee)
        and (wanted.state in ("", line.state) or (wanted.state == "overdue" and line.is_overdue))
    ]


def current_records() -> Select[SupervisionRecord]:
    """The newest version of every record."""
    newer = aliased(SupervisionRecord)
    return select(SupervisionRecord).where(
        ~exists().where(
            newer.kind == SupervisionRecord.kind,
            newer.year == SupervisionRecord.year,
            newer.number == SupervisionRecord.number,
            newer.version > SupervisionRecord.version,
        )
    )


def make_lines(session: Session, records: Iterable[SupervisionRecord]) -> list[Line]:
    """One line for each unit of each record."""
    found = list(records)
    names = names_of_all(session)
    place = {key: number for number, key in enumerate(names)}
    objects = _objects(session, found)
    acts = _acts(session, found)
    day = today()
    lines = []
    for record in found:
        for ratee in sorted(objects[record.id], key=lambda key: (place.get(key, len(place)), key)):
            its = acts[record.file_id, ratee]
            state = state_of(its, record.due_on)
            replies = [act.content for act in its if act.kind == "reply"]
            lines.append(
                Line(
                    file_id=record.file_id,
                    kind=record.kind,
                    year=record.year,
                    number=record.number,
                    ratee=ratee,
                    ratee_name=names.get(ratee, ratee),
                    title=record.title,
                    issued_on=record.issued_on,
                    due_on=record.due_on,
                    period=record.period,
                    step=record.step,
                    result=record.result,
                    reply=replies[-1] if replies else "",
                    n_urged=sum(act.kind == "urge" for act in its),
                    state=state,
                    is_overdue=is_overdue(state, record.due_on, day),
                    is_simulated=record.is_simulated,
                )
            )
    return lines


def _objects(session: Session, records: Records) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for row in session.scalars(
        select(SupervisionObject).where(SupervisionObject.record_id.in_([r.id for r in records]))
    ):
        found[row.record_id].append(row.ratee)
    return found


def _acts(session: Session, records: Records) -> dict[tuple[int, str], list[SupervisionAct]]:
    found: dict[tuple[int, str], list[SupervisionAct]] = defaultdict(list)
    for act in session.scalars(
        select(SupervisionAct)
        .where(SupervisionAct.record_id.in_([record.file_id for record in records]))
        .order_by(SupervisionAct.id)
    ):
        found[act.record_id, act.ratee].append(act)
    return found


def current_of(session: Session, record_id: int) -> SupervisionRecord:
    """The newest version of the record one of whose versions has this id; NotFoundError."""
    given = session.get(SupervisionRecord, record_id)
    if given is None:
        raise NotFoundError
    return versions_of(session, given.file_id)[-1]


def versions_of(session: Session, file_id: int) -> Records:
    """All versions of a record, the first one first."""
    return session.scalars(
        select(SupervisionRecord)
        .where((SupervisionRecord.id == file_id) | (SupervisionRecord.first_id == file_id))
        .order_by(SupervisionRecord.version)
    ).all()


def following_of(session: Session, file_id: int) -> SupervisionRecord | None:
    """The step of a ladder that was taken after this one."""
    return session.scalar(current_records().where(SupervisionRecord.previous_id == file_id))


def open_record(database: Database, record_id: int, scope: Scope = EVERYTHING) -> OpenedRecord:
    """One record in full; within a scope, only what concerns its units.

    Raises ForbiddenError where it concerns none of them.
    """
    with database.read() as session:
        record = current_of(session, record_id)
        every = make_lines(session, [record])
        check_scope(scope, *(line.ratee for line in every))
        lines = tuple(line for line in every if scope is None or line.ratee in scope)
        shown = {line.ratee for line in lines} | {""}
        found = select(SupervisionAct).where(SupervisionAct.record_id == record.file_id)
        acts = session.scalars(found.order_by(SupervisionAct.id)).all()
        previous = record.previous_id
        round_row = session.get(Round, record.round_id) if record.round_id else None
        return OpenedRecord(
            record=record,
            earlier=[one for one in versions_of(session, record.file_id) if one is not record],
            lines=lines,
            acts=[act for act in acts if act.ratee in shown],
            names=names_of_all(session),
            previous=current_of(session, previous) if previous else None,
            following=following_of(session, record.file_id),
            round_title=round_row.title if round_row else "",
            affected=_affected(session, record, shown),
        )


def _affected(
    session: Session, record: SupervisionRecord, ratees: Collection[str]
) -> Sequence[Indicator]:
    """The rows of the round whose number or name the case mentions."""
    if record.kind != "falsification" or record.round_id is None:
        return ()
    words = set(_SEPARATORS.split(record.indicator))
    found = session.scalars(
        select(Indicator)
        .where(
            Indicator.round_id == record.round_id,
            Indicator.ratee.in_(ratees),
            Indicator.is_active,
        )
        .order_by(Indicator.position)
    )
    return [one for one in found if one.indicator in words or one.name in record.indicator]


def scores_to_reopen(session: Session, round_id: int | None = None) -> list[Reopening]:
    """The scores that falsified figures went into (000-l), of one round or of all."""
    conditions = [SupervisionRecord.kind == "falsification"]
    if round_id is not None:
        conditions.append(SupervisionRecord.round_id == round_id)
    order = SupervisionRecord.issued_on.desc(), SupervisionRecord.id.desc()
    records = session.scalars(current_records().where(*conditions).order_by(*order)).all()
    by_file = {record.file_id: record for record in records}
    acts = _acts(session, records)
    return [
        Reopening(
            file_id=line.file_id,
            number_text=line.number_text,
            ratee=line.ratee,
            ratee_name=line.ratee_name,
            indicator=by_file[line.file_id].indicator,
            sanction=by_file[line.file_id].sanction,
            period=line.period,
            round_id=by_file[line.file_id].round_id,
            is_done=bool(acts[line.file_id, ""]),
        )
        for line in make_lines(session, records)
    ]


def falsifications(database: Database, scope: Scope = EVERYTHING) -> list[Reopening]:
    """The register of falsified data cases (追究台账)."""
    with database.read() as session:
        return [one for one in scores_to_reopen(session) if scope is None or one.ratee in scope]


def ladders_of(database: Database) -> list[Line]:
    """The urging records that a next step may follow."""
    with database.read() as session:
        lines = lines_of(session, Wanted(kind="urging"))
        taken = set(
            session.scalars(
                select(SupervisionRecord.previous_id).where(
                    SupervisionRecord.previous_id.is_not(None)
                )
            )
        )
        return [line for line in lines if line.file_id not in taken and line.step != "measure"]


def years(database: Database) -> list[int]:
    """The years that records count for, this one included, the latest first."""
    with database.read() as session:
        found = session.scalars(select(func.substr(SupervisionRecord.period, 1, 4)).distinct())
        return sorted({int(text) for text in found} | {today().year}, reverse=True)


def round_choices(database: Database) -> dict[int, str]:
    """Id → title of every round, newest first."""
    with database.read() as session:
        rows = session.execute(select(Round.id, Round.title).order_by(Round.id.desc()))
        return dict(rows.all())
