"""Ratees as handed in: the rows of the register, how other tables find them, and reading tables."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from analysis.tables import Column, Row, Table, read_rows
from forms.definition import nearest
from forms.problems import N_, Problem

RateeKind = Literal["unit", "person"]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class RateeRow:
    """A unit or person to be rated. `group` "" means the class as a whole is compared."""

    key: str
    name: str
    ratee_class: str
    group: str
    kind: RateeKind = "unit"
    parent: str = ""
    pool: str = ""


class Ratees:
    """Finds a ratee by its key, or by its name where only one has it."""

    def __init__(self, rows: Iterable[RateeRow]) -> None:
        self.by_key = {row.key: row for row in rows}
        self.by_name: dict[str, list[str]] = {}
        for row in self.by_key.values():
            self.by_name.setdefault(row.name, []).append(row.key)

    def find(self, row: Row, column: str = "ratee") -> str:
        """The key of the ratee a row names; a problem where it is nobody or not one alone."""
        text = row.needed(column)
        if not text or text in self.by_key:
            return text
        keys = self.by_name.get(text, [])
        if len(keys) == 1:
            return keys[0]
        if keys:
            row.report(N_("有 {n} 个评议对象叫 {name}"), N_("请改写编号"), n=len(keys), name=text)
            return text
        guess = nearest(text, [*self.by_name, *self.by_key])
        row.report(
            N_("评议对象 {name} 不在名册里"),
            N_("请改为名册里的名称或编号，或先补入名册（最接近：{guess}）"),
            name=text,
            guess=guess or "—",
        )
        return text


def read_unique_rows(
    table: Table,
    columns: Sequence[Column],
    make: Callable[[Row], Made],
    key: Callable[[Made], str] | None,
) -> tuple[list[Made], list[Problem]]:
    """Rows and problems; the same key twice names both lines."""
    problems: list[Problem] = []
    rows: list[Made] = []
    first: dict[str, str] = {}
    for row in read_rows(table, columns, problems):
        made = make(row)
        rows.append(made)
        same = key(made) if key else row.where
        if same in first:
            row.report(
                N_("{key} 与 {first} 重复"), N_("请删去其中一行"), key=same, first=first[same]
            )
        first.setdefault(same, row.where)
    return rows, problems
