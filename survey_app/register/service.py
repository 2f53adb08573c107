"""The register as a whole: read it, plan an import, carry the plan out in one transaction."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from analysis.inputs import RateeRow
from analysis.tables import Table
from forms.problems import N_, InputError, Problem
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.core.spreadsheet import read_upload
from survey_app.core.uploads import Upload
from survey_app.record import service as record
from survey_app.register.reading import (
    KIND_NAMES,
    ClassRow,
    Kind,
    Reading,
    Register,
    RosterRow,
    read_register,
)
from survey_app.register.tables import Ratee, RaterClass, RosterEntry

Mode = Literal["update", "replace"]
AnyRow = TypeVar("AnyRow", RateeRow, ClassRow, RosterRow)


@dataclass(frozen=True, slots=True)
class Change:
    """What an import would do to one part of the register, as names to show."""

    kind: Kind
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    n_same: int

    @property
    def name(self) -> str:
        return KIND_NAMES[self.kind]


@dataclass(frozen=True, slots=True)
class Plan:
    """An import that may be carried out, or everything that stands against it."""

    after: Register
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        return not self.problems


def load_register(session: Session) -> Register:
    """Everything, in its order."""
    ratees = session.scalars(select(Ratee).order_by(Ratee.position))
    classes = session.scalars(select(RaterClass).order_by(RaterClass.position))
    roster = session.scalars(select(RosterEntry).order_by(RosterEntry.id))
    return Register(
        tuple(_ratee_row(row) for row in ratees),
        tuple(ClassRow(row.key, row.name) for row in classes),
        tuple(
            RosterRow(row.rater_class, row.label, row.stratum, tuple(row.scope)) for row in roster
        ),
    )


def _ratee_row(row: Ratee) -> RateeRow:
    kind: Literal["unit", "person"] = "person" if row.kind == "person" else "unit"
    return RateeRow(
        row.key, row.name, row.ratee_class, row.group, kind, row.parent or "", row.pool or ""
    )


def read_present(database: Database) -> Register:
    """The register now."""
    with database.read() as session:
        return load_register(session)


def preview_import(database: Database, upload: Upload, kind: Kind | None, mode: Mode) -> Plan:
    """What this file would make of the register, or all that is wrong; nothing is changed."""
    present = read_present(database)
    try:
        tables = read_upload(upload.name, upload.data)
    except InputError as error:
        return Plan(present, (), error.problems, ())
    return _plan(present, upload.name, tables, kind, mode)


def _plan(
    present: Register, file_name: str, tables: Sequence[Table], kind: Kind | None, mode: Mode
) -> Plan:
    reading = read_register(file_name, tables, kind, present)
    after = Register(
        _merge(present.ratees, reading.ratees, mode, _ratee_key),
        _merge(present.rater_classes, reading.rater_classes, mode, _class_key),
        _merge(present.roster, reading.roster, mode, _roster_key),
    )
    problems = list(reading.problems)
    if not problems:
        problems += _whole_problems(after)
    return Plan(after, _changes(present, after, reading), tuple(problems), tuple(reading.ignored))


def carry_out(
    database: Database, operator: str, upload: Upload, kind: Kind | None, mode: Mode
) -> Plan:
    """Read the file again and store what it makes of the register as it is now, all or nothing.

    Raises ProblemsError where something came in between.
    """
    tables = read_upload(upload.name, upload.data)
    with database.write() as session:
        plan = _plan(load_register(session), upload.name, tables, kind, mode)
        if not plan.is_ready:
            raise ProblemsError(list(plan.problems))
        store_register(session, plan.after)
        counts = {
            change.kind: {
                "added": len(change.added),
                "changed": len(change.changed),
                "removed": len(change.removed),
            }
            for change in plan.changes
        }
        record.append(
            session, operator, "register.import", file=upload.name, mode=mode, counts=counts
        )
        return plan


def store_register(session: Session, register: Register) -> None:
    """Make the stored register exactly this one, within the caller's transaction."""
    for table in (RosterEntry, Ratee, RaterClass):
        session.execute(delete(table))
    session.add_all(
        Ratee(
            key=row.key,
            name=row.name,
            ratee_class=row.ratee_class,
            group=row.group,
            kind=row.kind,
            parent=row.parent or None,
            pool=row.pool or None,
            position=position,
        )
        for position, row in enumerate(register.ratees, start=1)
    )
    session.add_all(
        RaterClass(key=row.key, name=row.name, position=position)
        for position, row in enumerate(register.rater_classes, start=1)
    )
    session.flush()
    session.add_all(
        RosterEntry(
            rater_class=row.rater_class,
            label=row.label,
            stratum=row.stratum,
            scope=list(row.scope),
        )
        for row in register.roster
    )
    session.flush()


def _ratee_key(row: RateeRow) -> Hashable:
    return row.key


def _class_key(row: ClassRow) -> Hashable:
    return row.key


def _roster_key(row: RosterRow) -> Hashable:
    return (row.rater_class, row.label)


def _merge(
    present: Sequence[AnyRow],
    given: Sequence[AnyRow] | None,
    mode: Mode,
    key: Callable[[AnyRow], Hashable],
) -> tuple[AnyRow, ...]:
    """Replacing gives exactly the given rows; updating changes in place and adds new ones last."""
    if given is None:
        return tuple(present)
    if mode == "replace":
        return tuple(given)
    rows = {key(row): row for row in present}
    rows |= {key(row): row for row in given}
    return tuple(rows.values())


def _changes(present: Register, after: Register, reading: Reading) -> tuple[Change, ...]:
    classes = {row.key: row.name for row in (*present.rater_classes, *after.rater_classes)}

    def person(row: RosterRow) -> str:
        return f"{classes.get(row.rater_class, row.rater_class)} {row.label}"

    made: list[Change] = []
    for kind in reading.kinds:
        before, later = getattr(present, kind), getattr(after, kind)
        if kind == "roster":
            made.append(_change(kind, before, later, _roster_key, person))
        else:
            made.append(_change(kind, before, later, lambda row: row.key, lambda row: row.name))
    return tuple(made)


def _change(
    kind: Kind,
    before: Iterable[Any],
    after: Iterable[Any],
    key: Callable[[Any], Hashable],
    name: Callable[[Any], str],
) -> Change:
    old = {key(row): row for row in before}
    new = {key(row): row for row in after}
    both = [place for place in new if place in old]
    return Change(
        kind,
        added=tuple(name(row) for place, row in new.items() if place not in old),
        changed=tuple(name(new[place]) for place in both if new[place] != old[place]),
        removed=tuple(name(row) for place, row in old.items() if place not in new),
        n_same=sum(new[place] == old[place] for place in both),
    )


def _whole_problems(register: Register) -> list[Problem]:
    """What no single row shows: doubled names, people and lists that point to nobody."""
    ratees = {row.key for row in register.ratees}
    classes = {row.key for row in register.rater_classes}
    return [
        *_doubled(N_("评议对象"), [row.name for row in register.ratees]),
        *_doubled(N_("评议主体"), [row.name for row in register.rater_classes]),
        *(
            Problem(
                f"{N_('名册')} {row.label}",
                N_("所属的评议主体“{name}”不在名单里"),
                N_("请在“评议主体”表里保留它，或同时替换名册"),
                {"name": row.rater_class},
            )
            for row in register.roster
            if row.rater_class not in classes
        ),
        *(
            Problem(
                f"{N_('名册')} {row.label}",
                N_("评议范围里的“{name}”不在评议对象里"),
                N_("请保留这个评议对象，或同时替换名册"),
                {"name": "、".join(sorted(set(row.scope) - ratees))},
            )
            for row in register.roster
            if not set(row.scope) <= ratees
        ),
    ]


def _doubled(where: str, names: Iterable[str]) -> list[Problem]:
    seen: set[str] = set()
    doubled: list[str] = []
    for name in names:
        if name in seen and name not in doubled:
            doubled.append(name)
        seen.add(name)
    return [
        Problem(where, N_("“{name}”出现了两次"), N_("名称不能重复，请加以区别"), {"name": name})
        for name in doubled
    ]
