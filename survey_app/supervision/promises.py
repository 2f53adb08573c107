"""Service promises (服务承诺): the register of what each unit has promised, read from a sheet."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from analysis.tables import Column, Row, Table, read_rows
from forms.definition import nearest
from forms.problems import N_, InputError, Problem
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.core.uploads import Upload
from survey_app.record import service as record
from survey_app.supervision.importing import Plan, only_table
from survey_app.supervision.tables import ServicePromise
from survey_app.supervision.units import EVERYTHING, Scope, key_of, names_of_all

SHEET = "服务承诺"
COLUMNS = (
    Column("code", N_("编号"), ("承诺编号",)),
    Column("ratee", N_("单位"), ("单位名称", "承诺单位")),
    Column("post", N_("岗位"), ("职位",), required=False),
    Column("matter", N_("事项"), ("服务事项",)),
    Column("promise", N_("承诺内容"), ("承诺",)),
    Column("time_limit", N_("办结时限"), ("时限",), required=False),
    Column("phone", N_("监督电话"), ("投诉电话", "电话"), required=False),
)


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A promise as a sheet gives it."""

    code: str
    ratee: str
    post: str
    matter: str
    promise: str
    time_limit: str
    phone: str


NAMES = tuple(field.name for field in fields(PromiseRow))


def promises_of(session: Session, ratee: str | None = None) -> Sequence[ServicePromise]:
    """The promises that hold now, of one unit or of all, by code."""
    newer = aliased(ServicePromise)
    found = select(ServicePromise).where(
        ~exists().where(newer.code == ServicePromise.code, newer.version > ServicePromise.version)
    )
    if ratee is not None:
        found = found.where(ServicePromise.ratee == ratee)
    return session.scalars(found.order_by(ServicePromise.code)).all()


def list_promises(database: Database, scope: Scope = EVERYTHING) -> list[ServicePromise]:
    """Those of the units in scope."""
    with database.read() as session:
        return [one for one in promises_of(session) if scope is None or one.ratee in scope]


def preview(database: Database, upload: Upload) -> Plan:
    """What the file would add or change, or every row's problems; nothing is changed."""
    with database.read() as session:
        try:
            return _plan(session, only_table(upload, (SHEET,)))[0]
        except InputError as error:
            return Plan(problems=error.problems)


def carry_out(database: Database, operator: str, upload: Upload) -> Plan:
    """Store the file's promises; one that changed gets a new version, the old one stays.

    Raises ProblemsError.
    """
    table = only_table(upload, (SHEET,))
    with database.write() as session:
        plan, rows, present = _plan(session, table)
        if not plan.is_ready:
            raise ProblemsError(list(plan.problems))
        now = clock.now()
        for row in rows:
            before = present.get(row.code)
            if before is None or _as_row(before) != row:
                session.add(
                    ServicePromise(
                        version=before.version + 1 if before else 1,
                        at=now,
                        **{name: getattr(row, name) for name in NAMES},
                    )
                )
        record.append(
            session,
            operator,
            "promise.import",
            file=upload.name,
            counts={"added": len(plan.added), "changed": len(plan.changed)},
        )
        return plan


def _plan(
    session: Session, table: Table
) -> tuple[Plan, list[PromiseRow], dict[str, ServicePromise]]:
    problems: list[Problem] = []
    rows = _read(table, names_of_all(session), problems)
    present = {one.code: one for one in promises_of(session)}
    plan = Plan(
        added=tuple(row.code for row in rows if row.code not in present),
        changed=tuple(
            row.code for row in rows if row.code in present and _as_row(present[row.code]) != row
        ),
        n_same=sum(row.code in present and _as_row(present[row.code]) == row for row in rows),
        problems=tuple(problems),
    )
    return plan, rows, present


def _as_row(stored: ServicePromise) -> PromiseRow:
    return PromiseRow(**{name: getattr(stored, name) for name in NAMES})


def _read(table: Table, names: dict[str, str], problems: list[Problem]) -> list[PromiseRow]:
    rows: list[PromiseRow] = []
    seen: dict[str, str] = {}
    for row in read_rows(table, COLUMNS, problems):
        code = row.needed("code")
        if code and code in seen:
            row.report(
                N_("编号 {code} 与 {first} 重复"), N_("请改用别的编号"), code=code, first=seen[code]
            )
        seen.setdefault(code, row.where)
        rows.append(
            PromiseRow(
                code=code,
                ratee=read_unit(row, names),
                post=row.text("post"),
                matter=row.needed("matter"),
                promise=row.needed("promise"),
                time_limit=row.text("time_limit"),
                phone=row.text("phone"),
            )
        )
    if not rows and not problems:
        problems.append(Problem(table.name, N_("没有内容"), N_("请从第二行起每行填一条")))
    return rows


def read_unit(row: Row, names: dict[str, str], column: str = "ratee") -> str:
    """The key of the unit a row names; "" and a problem where the register has none such."""
    text = row.needed(column)
    key = key_of(text, names)
    if text and key is None:
        guess = nearest(text, names.values())
        remedy = N_("是否想写 {guess}") if guess else N_("请先在名册里加上，或改正名称")
        row.report(N_("名册里没有“{name}”"), remedy, name=text, guess=guess or "")
    return key or ""
