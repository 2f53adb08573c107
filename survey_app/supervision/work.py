"""日考勤 and 周记录 (001-11): entries by post and date, summed into the month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import periods
from analysis.tables import Column, Row, Table, read_rows
from forms.problems import N_, InputError, Problem
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.core.uploads import Upload
from survey_app.record import service as record
from survey_app.supervision.importing import Plan, only_table
from survey_app.supervision.promises import read_unit
from survey_app.supervision.tables import WorkEntry
from survey_app.supervision.units import EVERYTHING, Scope, key_of, names_of_all

SHEET = "工作记录"
WORK_NAMES: dict[str, str] = {"attendance": N_("日考勤"), "weekly": N_("周记录")}
WORK_WORDS = {
    "日考勤": "attendance",
    "考勤": "attendance",
    "周记录": "weekly",
    **{key: key for key in WORK_NAMES},
}
COLUMNS = (
    Column("unit", N_("单位"), ("单位名称",)),
    Column("person", N_("人员编号"), ("人员",), required=False),
    Column("post", N_("岗位"), (), required=False),
    Column("on", N_("日期")),
    Column("kind", N_("类型"), ("记录类型",)),
    Column("value", N_("数值"), ("分值", "得分")),
    Column("note", N_("备注"), ("说明",), required=False),
)
MOST = Decimal(1_000_000)
Place = tuple[str, str, str, str, date]


@dataclass(frozen=True, slots=True)
class WorkSum:
    """The entries of one kind for a person or post over a period."""

    unit: str
    unit_name: str
    person: str
    post: str
    kind: str
    total: Decimal
    n: int

    @property
    def kind_name(self) -> str:
        return WORK_NAMES[self.kind]


@dataclass(frozen=True, slots=True)
class WorkRow:
    """An entry as a sheet gives it."""

    unit: str
    person: str
    post: str
    kind: str
    on: date
    hundredths: int
    note: str

    @property
    def place(self) -> Place:
        return (self.unit, self.person, self.post, self.kind, self.on)

    @property
    def name(self) -> str:
        return f"{self.person or self.post} {WORK_NAMES[self.kind]} {self.on}"


def month_sums(session: Session, period: str) -> list[WorkSum]:
    """Total and number of entries by person or post and kind; a longer period works as well."""
    return sums_of(session, period)


def sums_of(session: Session, period: str, unit: str | None = None) -> list[WorkSum]:
    """The same, of one unit or of all. Nothing where the text names no period."""
    whole = periods.parse(period)
    if whole is None:
        return []
    group = (WorkEntry.unit, WorkEntry.person, WorkEntry.post, WorkEntry.kind)
    last = (whole.year + whole.last // 12, whole.last % 12 + 1)
    found = (
        select(*group, func.sum(WorkEntry.hundredths), func.count())
        .where(WorkEntry.on >= date(whole.year, whole.first, 1), WorkEntry.on < date(*last, 1))
        .group_by(*group)
        .order_by(*group)
    )
    if unit is not None:
        found = found.where(WorkEntry.unit == unit)
    names = names_of_all(session)
    return [
        WorkSum(key, names.get(key, key), person, post, kind, Decimal(int(total)) / 100, n)
        for key, person, post, kind, total, n in session.execute(found)
    ]


def list_sums(database: Database, period: str, scope: Scope = EVERYTHING) -> list[WorkSum]:
    """The sums of the units in scope."""
    with database.read() as session:
        found = sums_of(session, period)
        return [one for one in found if scope is None or one.unit in scope]


def preview(database: Database, upload: Upload) -> Plan:
    """What the file would add or change, or every row's problems; nothing is changed."""
    with database.read() as session:
        try:
            return _plan(session, only_table(upload, (SHEET,)))[0]
        except InputError as error:
            return Plan(problems=error.problems)


def carry_out(database: Database, operator: str, upload: Upload) -> Plan:
    """Store the file's entries; one of the same post, kind and day takes the new value, on record.

    Raises ProblemsError.
    """
    table = only_table(upload, (SHEET,))
    with database.write() as session:
        plan, rows, present = _plan(session, table)
        if not plan.is_ready:
            raise ProblemsError(list(plan.problems))
        for row in rows:
            stored = present.get(row.place)
            if stored is None:
                session.add(WorkEntry(**{name: getattr(row, name) for name in row.__slots__}))
            else:
                stored.hundredths, stored.note = row.hundredths, row.note
        record.append(
            session,
            operator,
            "work.import",
            file=upload.name,
            counts={"added": len(plan.added), "changed": len(plan.changed)},
        )
        return plan


def _plan(session: Session, table: Table) -> tuple[Plan, list[WorkRow], dict[Place, WorkEntry]]:
    problems: list[Problem] = []
    rows = _read(table, names_of_all(session), problems)
    present = _present(session, rows)

    def is_same(row: WorkRow) -> bool:
        stored = present[row.place]
        return (stored.hundredths, stored.note) == (row.hundredths, row.note)

    plan = Plan(
        added=tuple(row.name for row in rows if row.place not in present),
        changed=tuple(row.name for row in rows if row.place in present and not is_same(row)),
        n_same=sum(row.place in present and is_same(row) for row in rows),
        problems=tuple(problems),
    )
    return plan, rows, present


def _present(session: Session, rows: Iterable[WorkRow]) -> dict[Place, WorkEntry]:
    days = [row.on for row in rows]
    if not days:
        return {}
    found = session.scalars(select(WorkEntry).where(WorkEntry.on.between(min(days), max(days))))
    return {(one.unit, one.person, one.post, one.kind, one.on): one for one in found}


def _read(table: Table, names: dict[str, str], problems: list[Problem]) -> list[WorkRow]:
    rows: list[WorkRow] = []
    seen: dict[Place, str] = {}
    for row in read_rows(table, COLUMNS, problems):
        made = _row(row, names)
        if made is None:
            continue
        if made.place in seen:
            row.report(
                N_("与 {first} 是同一人（岗位）同一天的同一种记录"),
                N_("请合成一行"),
                first=seen[made.place],
            )
        seen.setdefault(made.place, row.where)
        rows.append(made)
    if not rows and not problems:
        problems.append(Problem(table.name, N_("没有内容"), N_("请从第二行起每行填一条")))
    return rows


def _row(row: Row, names: dict[str, str]) -> WorkRow | None:
    """The entry of a row, None where a part of it cannot be read (which is then reported)."""
    n_before = len(row.problems)
    unit = read_unit(row, names, "unit")
    person, post = row.text("person"), row.text("post")
    if not person and not post:
        row.report(N_("没有写是谁的记录"), N_("请填人员编号或岗位"))
    on = row.date("on")
    if row.needed("on") and on is None:
        return None
    kind = row.choice("kind", WORK_WORDS)
    value = row.number("value") if row.needed("value") else None
    if value is not None and (abs(value) > MOST or (value * 100) % 1):
        row.report(N_("数值 {value} 太大或多于两位小数"), N_("请改正"), value=str(value))
    if len(row.problems) > n_before or on is None or value is None:
        return None
    known = key_of(person, names) or person
    return WorkRow(unit, known, post, kind, on, int(value * 100), row.text("note"))
