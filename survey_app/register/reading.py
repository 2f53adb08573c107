"""From the sheets of an uploaded file to the rows of the register, with every problem by row."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from analysis.inputs import RateeRow, read_ratees
from analysis.tables import Column, Row, Table, read_rows
from forms.definition import nearest
from forms.problems import N_, Problem
from survey_app.core.spreadsheet import sheet_name
from survey_app.core.template_books import NOTES
from survey_app.register.names import key_of, ratee_class_names

Kind = Literal["ratees", "rater_classes", "roster"]
KIND_NAMES: dict[Kind, str] = {
    "ratees": N_("评议对象"),
    "rater_classes": N_("评议主体"),
    "roster": N_("名册"),
}
SHEET_NAMES: dict[str, Kind] = {
    "评议对象": "ratees",
    "ratees": "ratees",
    "评议主体": "rater_classes",
    "rater_classes": "rater_classes",
    "名册": "roster",
    "人员名册": "roster",
    "roster": "roster",
}
CLASS_COLUMNS = (
    Column("key", N_("代码"), ("编号",)),
    Column("name", N_("名称"), ("评议主体",)),
)
ROSTER_COLUMNS = (
    Column("rater_class", N_("评议主体"), ("类别",)),
    Column("label", N_("人员编号"), ("编号", "人员")),
    Column("stratum", N_("分层"), ("层级", "代表团", "界别"), required=False),
    Column("scope", N_("评议范围"), ("分管单位", "范围"), required=False),
)
EVERYTHING = ("全部", "所有", "all")
MAX_LABEL = 20
_SEPARATORS = re.compile("[、,，;；|]+")
_LONG_NUMBER = re.compile(r"[0-9]{11}")
_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class of raters."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class RosterRow:
    """An expected rater: class key, alias, stratum, and the keys of the ratees in charge."""

    rater_class: str
    label: str
    stratum: str = ""
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Register:
    """The whole register, in its order."""

    ratees: tuple[RateeRow, ...] = ()
    rater_classes: tuple[ClassRow, ...] = ()
    roster: tuple[RosterRow, ...] = ()


@dataclass(slots=True)
class Reading:
    """What a file holds: rows of the kinds it has sheets for, and everything wrong with them."""

    ratees: list[RateeRow] | None = None
    rater_classes: list[ClassRow] | None = None
    roster: list[RosterRow] | None = None
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> list[Kind]:
        return [kind for kind in KIND_NAMES if getattr(self, kind) is not None]


def read_register(
    file_name: str, tables: Sequence[Table], kind_of_only: Kind | None, present: Register
) -> Reading:
    """Read every sheet that is one of the register's.

    `kind_of_only` says what the one table of a file is where its name does not. Names in one sheet
    may refer to rows of another, or to what the register holds at present.
    """
    reading = Reading()
    found: dict[Kind, Table] = {}
    for table in tables:
        kind = SHEET_NAMES.get(sheet_name(table).strip().lower())
        if kind is None and len(tables) == 1:
            kind = kind_of_only
        if kind is None:
            if sheet_name(table) != NOTES:
                reading.ignored.append(sheet_name(table))
        elif kind in found:
            reading.problems.append(
                Problem(table.name, N_("有两张“{kind}”工作表"), N_("请只留一张"), _kind(kind))
            )
        else:
            found[kind] = table
    if not found:
        reading.problems.append(_nothing_found(file_name))
    if "ratees" in found:
        reading.ratees = _read_ratees(found["ratees"], reading.problems)
    if "rater_classes" in found:
        reading.rater_classes = _read_classes(found["rater_classes"], reading.problems)
    if "roster" in found:
        reading.roster = _read_roster(found["roster"], reading, present)
    return reading


def _kind(kind: Kind) -> dict[str, str | int]:
    return {"kind": KIND_NAMES[kind]}


def _nothing_found(file_name: str) -> Problem:
    return Problem(
        file_name,
        N_("没有找到可以导入的工作表"),
        N_("请把工作表命名为“评议对象”“评议主体”或“名册”，CSV 文件请选明内容"),
    )


def _read_ratees(table: Table, problems: list[Problem]) -> list[RateeRow]:
    rows, found = read_ratees(table)
    problems += found
    return [replace(row, ratee_class=key_of(row.ratee_class, ratee_class_names())) for row in rows]


def _read_classes(table: Table, problems: list[Problem]) -> list[ClassRow]:
    rows = []
    seen: dict[str, str] = {}
    for row in read_rows(table, CLASS_COLUMNS, problems):
        made = ClassRow(row.needed("key"), row.needed("name"))
        rows.append(made)
        for text in {made.key, made.name} - {""}:
            _report_repeated(row, text, seen)
    return rows


def _report_repeated(row: Row, text: str, seen: dict[str, str]) -> None:
    if text in seen:
        row.report(N_("{key} 与 {first} 重复"), N_("请删去其中一行"), key=text, first=seen[text])
    seen.setdefault(text, row.where)


class _Names:
    """Finds what a rating list names: a ratee by key or name, or all of a group or class."""

    def __init__(self, ratees: Iterable[RateeRow]) -> None:
        self.found: dict[str, list[str]] = {}
        for row in ratees:
            for text in {row.group, row.ratee_class, _class_name(row)} - {""}:
                self.found.setdefault(text, []).append(row.key)
        # A ratee's own name or key wins over a group of the same name.
        for row in ratees:
            self.found[row.name] = [row.key]
        for row in ratees:
            self.found[row.key] = [row.key]

    def scope(self, row: Row) -> tuple[str, ...]:
        text = row.text("scope")
        if not text or text.lower() in EVERYTHING:
            return ()
        keys: list[str] = []
        for part in _SEPARATORS.split(text):
            name = part.strip()
            if not name:
                continue
            if name not in self.found:
                row.report(
                    N_("评议范围里的“{name}”不在评议对象里"),
                    N_("请改为单位的编号、名称或分组（最接近：{guess}）"),
                    name=name,
                    guess=nearest(name, list(self.found)) or "—",
                )
            keys += [key for key in self.found.get(name, []) if key not in keys]
        return tuple(keys)


def _class_name(row: RateeRow) -> str:
    return ratee_class_names().get(row.ratee_class, row.ratee_class)


def _read_roster(table: Table, reading: Reading, present: Register) -> list[RosterRow]:
    classes = {one.key: one.name for one in present.rater_classes}
    classes |= {one.key: one.name for one in reading.rater_classes or ()}
    ratees = {one.key: one for one in present.ratees}
    ratees |= {one.key: one for one in reading.ratees or ()}
    names = _Names(list(ratees.values()))
    rows = []
    seen: dict[str, str] = {}
    for row in read_rows(table, ROSTER_COLUMNS, reading.problems):
        made = RosterRow(
            rater_class=_rater_class(row, classes),
            label=_label(row),
            stratum=row.text("stratum"),
            scope=names.scope(row),
        )
        rows.append(made)
        if made.label:
            _report_repeated(row, f"{row.text('rater_class')} {made.label}", seen)
    return rows


def _rater_class(row: Row, classes: dict[str, str]) -> str:
    text = row.needed("rater_class")
    key = key_of(text, classes)
    if text and key not in classes:
        row.report(
            N_("没有叫“{name}”的评议主体"),
            N_("请改正，或先在“评议主体”表里加上（最接近：{guess}）"),
            name=text,
            guess=nearest(text, [*classes.values(), *classes]) or "—",
        )
    return key


LABEL_RULES: tuple[tuple[Callable[[str], bool], str, str], ...] = (
    (
        lambda label: bool(_LONG_NUMBER.search(label)),
        N_("“{label}”像是手机号或证件号"),
        N_("请改用人员0001这样的编号，系统不保存个人信息"),
    ),
    (
        lambda label: not _DIGIT.search(label),
        N_("“{label}”像是姓名"),
        N_("请改用人员0001这样的编号，系统不保存个人信息"),
    ),
    (lambda label: len(label) > MAX_LABEL, N_("“{label}”太长"), N_("编号不超过 20 个字")),
)


def _label(row: Row) -> str:
    label = row.needed("label")
    for is_wrong, message, remedy in LABEL_RULES:
        if label and is_wrong(label):
            row.report(message, remedy, label=label)
            break
    return label
