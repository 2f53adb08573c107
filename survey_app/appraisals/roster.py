"""Rosters by period: read from a sheet, changed by units, compared from quarter to quarter."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from analysis import periods
from analysis.tables import Column, Row, Table, read_rows
from forms.problems import N_, InputError, Problem
from survey_app.appraisals import loading
from survey_app.appraisals.rules import quota_problems, rules_of
from survey_app.appraisals.tables import AppraisalMember, AppraisalPeriod
from survey_app.appraisals.who import EVERYTHING, Sight, sight_of
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, ProblemsError
from survey_app.core.uploads import Upload
from survey_app.record import service as record
from survey_app.register.reading import LABEL_RULES
from survey_app.supervision.importing import only_table
from survey_app.supervision.promises import read_unit
from survey_app.supervision.units import names_of_all

SHEET = "平时考核名册"
COLUMNS = (
    Column("person", N_("人员编号"), ("编号", "姓名（编号）")),
    Column("unit", N_("单位"), ("单位名称", "所在单位")),
    Column("pool", N_("考核组"), ("类别", "评优池"), required=False),
    Column("post", N_("岗位"), ("职务", "职务（岗位）"), required=False),
    Column("leader", N_("分管领导"), ("分管领导编号",), required=False),
)
_PLAIN = re.compile(r"[\w.·-]+")
_LONG_NUMBER = re.compile(r"[0-9]{11}")


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody on a roster."""

    person: str
    unit: str
    pool: str = ""
    post: str = ""
    leader: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """How a roster differs from that of the period before, by alias."""

    joined: tuple[MemberRow, ...]
    left: tuple[MemberRow, ...]
    moved: tuple[tuple[MemberRow, MemberRow], ...]
    """Before and after, of those in another unit or pool."""

    @property
    def is_empty(self) -> bool:
        return not (self.joined or self.left or self.moved)

    def of(self, unit: str) -> "Changes":
        """Those that concern one unit."""
        return Changes(
            tuple(one for one in self.joined if one.unit == unit),
            tuple(one for one in self.left if one.unit == unit),
            tuple(pair for pair in self.moved if unit in (pair[0].unit, pair[1].unit)),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do to a roster, or everything that stands against it."""

    rows: tuple[MemberRow, ...] = ()
    changes: Changes = Changes((), (), ())
    n_same: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def is_ready(self) -> bool:
        return not self.problems


def compare(before: Sequence[MemberRow], after: Sequence[MemberRow]) -> Changes:
    """Joiners, leavers and moves from one roster to the next."""
    old = {one.person: one for one in before}
    new = {one.person: one for one in after}
    return Changes(
        tuple(one for one in after if one.person not in old),
        tuple(one for one in before if one.person not in new),
        tuple(
            (old[one.person], one)
            for one in after
            if one.person in old
            and (old[one.person].unit, old[one.person].pool) != (one.unit, one.pool)
        ),
    )


def roster_rows(session: Session, period_id: int) -> list[MemberRow]:
    """A roster as rows."""
    return [
        MemberRow(one.person, one.unit, one.pool, one.post, one.leader)
        for one in loading.load_roster(session, period_id)
    ]


def previous_of(session: Session, period: AppraisalPeriod) -> AppraisalPeriod | None:
    """The latest period before this one."""
    earlier = [
        one
        for one in session.scalars(select(AppraisalPeriod))
        if periods.order(one.period) < periods.order(period.period)
    ]
    return max(earlier, key=lambda one: periods.order(one.period), default=None)


def changes_of(session: Session, period: AppraisalPeriod) -> Changes:
    """What changed since the period before; everybody has joined where there is none."""
    before = previous_of(session, period)
    return compare(
        roster_rows(session, before.id) if before else [], roster_rows(session, period.id)
    )


def store_roster(
    database: Database, operator: str, period_id: int, rows: Sequence[MemberRow]
) -> None:
    """Make the roster of a period exactly this one. Raises ProblemsError."""
    with database.write() as session:
        _store(session, operator, period_id, rows, "roster")


def copy_roster(database: Database, operator: str, period_id: int) -> int:
    """Start an empty roster with that of the period before; how many people that is."""
    with database.write() as session:
        period = loading.load_period(session, period_id)
        before = previous_of(session, period)
        if before is None or loading.load_roster(session, period_id):
            return 0
        rows = roster_rows(session, before.id)
        _store(session, operator, period_id, rows, "copy")
        return len(rows)


def put_member(database: Database, by: SignedIn, period_id: int, row: MemberRow) -> None:
    """Add somebody, or change unit, pool, post and leader. Raises ForbiddenError, ProblemsError."""
    with database.write() as session:
        sight = sight_of(by)
        sight.check(row.unit)
        present = roster_rows(session, period_id)
        before = next((one for one in present if one.person == row.person), None)
        if before is not None and not sight.sees(before.unit):
            message = N_("这个编号在别的单位的名册里")
            remedy = N_("请原单位先报备调出，或请主管部门办理")
            raise ProblemsError([Problem(row.person, message, remedy)])
        problems = row_problems(row)
        if row.unit not in names_of_all(session):
            problems.append(Problem(row.unit, N_("名册里没有这个单位"), N_("请先导入名册")))
        if problems:
            raise ProblemsError(problems)
        after = [one for one in present if one.person != row.person]
        _store(session, by.login, period_id, [*after, row], "member")


def remove_member(database: Database, by: SignedIn, period_id: int, person: str) -> None:
    """Take somebody off a roster. Raises ForbiddenError, ProblemsError (a form is begun)."""
    with database.write() as session:
        member = loading.load_member(session, period_id, person)
        sight_of(by).check(member.unit)
        rows = [one for one in roster_rows(session, period_id) if one.person != person]
        _store(session, by.login, period_id, rows, "member")


def _store(
    session: Session, operator: str, period_id: int, rows: Sequence[MemberRow], how: str
) -> None:
    period = loading.load_period(session, period_id, is_locked=True)
    present = {one.person: one for one in loading.load_roster(session, period_id)}
    wanted = {one.person: one for one in rows}
    problems = _roster_problems(period, present, wanted)
    if problems:
        raise ProblemsError(problems)
    gone = [person for person in present if person not in wanted]
    for start in range(0, len(gone), 500):
        session.execute(
            delete(AppraisalMember).where(
                AppraisalMember.period_id == period_id,
                AppraisalMember.person.in_(gone[start : start + 500]),
            )
        )
    for person, member in present.items():
        if person in wanted:
            row = wanted[person]
            member.unit, member.pool = row.unit, row.pool
            member.post, member.leader = row.post, row.leader
    fresh = [
        {"period_id": period_id, "version": 0, **_values(row)}
        for person, row in wanted.items()
        if person not in present
    ]
    if fresh:
        session.execute(insert(AppraisalMember), fresh)
    session.flush()
    rules = rules_of(period)
    problems = quota_problems(rules, loading.places_of(session, period_id, rules))
    if problems:
        raise ProblemsError(problems)
    record.append(
        session,
        operator,
        "appraisal.roster",
        period=period.period,
        how=how,
        counts={"n": len(wanted), "added": len(fresh), "removed": len(gone)},
    )


def _values(row: MemberRow) -> dict[str, str]:
    return {name: getattr(row, name) for name in ("person", "unit", "pool", "post", "leader")}


def _roster_problems(
    period: AppraisalPeriod,
    present: Mapping[str, AppraisalMember],
    wanted: Mapping[str, MemberRow],
) -> list[Problem]:
    """A closed period keeps its roster, and somebody whose form is begun their place."""
    if period.state != "open":
        return [Problem(period.title, N_("这一期已经结束"), N_("请先重新打开"))]
    problems = []
    for person, member in present.items():
        row = wanted.get(person)
        if not member.version:
            continue
        if row is None:
            message = N_("考核表已经开始填写，不能从名册里删除")
            problems.append(Problem(person, message, N_("请保留这一行；下一期再报备离开")))
        elif (row.unit, row.pool) != (member.unit, member.pool):
            message = N_("考核表已经开始填写，不能改单位或考核组")
            problems.append(Problem(person, message, N_("请保持原样；下一期再报备变动")))
    return problems


def row_problems(row: MemberRow) -> list[Problem]:
    """Why somebody cannot be put on a roster like this: aliases only, never names."""
    problems = []
    for label in (row.person, row.leader):
        for is_wrong, message, remedy in LABEL_RULES if label else ():
            if is_wrong(label):
                problems.append(Problem(row.person, message, remedy, {"label": label}))
                break
        else:
            if label and not _PLAIN.fullmatch(label):
                message = N_("“{label}”里有不能用的符号")
                remedy = N_("编号只用汉字、字母、数字、点和横线")
                problems.append(Problem(row.person, message, remedy, {"label": label}))
    if any(_LONG_NUMBER.search(text) for text in (row.pool, row.post)):
        message = N_("岗位或考核组像是手机号或证件号")
        problems.append(Problem(row.person, message, N_("请改写岗位名称，系统不保存个人信息")))
    if not row.person:
        problems.append(Problem(N_("名册"), N_("没有填写人员编号"), N_("请填写，例如 人员0001")))
    return problems


def preview(database: Database, by: SignedIn, period_id: int, upload: Upload) -> Plan:
    """What a file would make of the roster, or every row's problems; nothing is changed."""
    with database.read() as session:
        try:
            table = only_table(upload, (SHEET,))
        except InputError as error:
            return Plan(problems=error.problems)
        return _plan(session, sight_of(by), period_id, table)


def carry_out(database: Database, by: SignedIn, period_id: int, upload: Upload) -> Plan:
    """Store what a file makes of the roster now, whole or not at all. Raises ProblemsError."""
    table = only_table(upload, (SHEET,))
    with database.write() as session:
        plan = _plan(session, sight_of(by), period_id, table)
        if not plan.is_ready:
            raise ProblemsError(list(plan.problems))
        _store(session, by.login, period_id, plan.rows, "import")
        return plan


def _plan(session: Session, sight: Sight, period_id: int, table: Table) -> Plan:
    """The file is the whole roster; a unit's file is that of the unit, the others stay."""
    if sight.person:
        raise ForbiddenError
    period = loading.load_period(session, period_id)
    problems: list[Problem] = []
    given = _read(table, names_of_all(session), problems, sight)
    present = roster_rows(session, period_id)
    others = [] if sight == EVERYTHING else [one for one in present if not sight.sees(one.unit)]
    elsewhere = {one.person for one in others}
    problems += [
        Problem(one.person, N_("这个编号在别的单位的名册里"), N_("请原单位先报备调出"))
        for one in given
        if one.person in elsewhere
    ]
    rows = [*others, *given]
    if not problems:
        stored = {one.person: one for one in loading.load_roster(session, period_id)}
        problems += _roster_problems(period, stored, {one.person: one for one in rows})
    same = set(present) & set(rows)
    return Plan(tuple(rows), compare(present, rows), len(same), tuple(problems))


def _read(
    table: Table, names: dict[str, str], problems: list[Problem], sight: Sight
) -> list[MemberRow]:
    rows: list[MemberRow] = []
    seen: dict[str, str] = {}
    for row in read_rows(table, COLUMNS, problems):
        made = _member(row, names, sight)
        rows.append(made)
        if made.person in seen and made.person:
            row.report(
                N_("{key} 与 {first} 重复"),
                N_("请删去其中一行"),
                key=made.person,
                first=seen[made.person],
            )
        seen.setdefault(made.person, row.where)
    if not rows and not problems:
        problems.append(Problem(table.name, N_("没有内容"), N_("请从第二行起每行填一人")))
    return rows


def _member(row: Row, names: dict[str, str], sight: Sight) -> MemberRow:
    made = MemberRow(
        person=row.needed("person"),
        unit=read_unit(row, names, "unit"),
        pool=row.text("pool"),
        post=row.text("post"),
        leader=row.text("leader"),
    )
    if made.person:
        row.problems.extend(replace(one, where=row.where) for one in row_problems(made))
    if made.unit and not sight.sees(made.unit):
        row.report(N_("“{unit}”不是您的单位"), N_("请只填本单位的人员"), unit=names[made.unit])
    return made
