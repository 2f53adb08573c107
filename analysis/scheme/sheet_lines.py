"""The lines of a workbook while a scheme is read from it: cells, their places, translations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.scheme import sheets
from analysis.scheme.sheets import SHEETS, Field, Sheet
from analysis.tables import Cell, Table, cell_text
from forms.definition import nearest
from forms.problems import N_, Problem

Record = dict[str, Any]
NOTES = "填写说明"


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is not blank, by its headers."""

    table: str
    number: int
    headers: Sequence[str]
    cells: Mapping[str, str]

    def text(self, header: str) -> str:
        return self.cells.get(header, "")

    def where(self, header: str = "") -> str:
        """Sheet, column and row, as people name them."""
        if header not in self.headers:
            return f"{self.table}:{self.number}"
        return f"{self.table}·{_letter(list(self.headers).index(header))}列:{self.number}"


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"A{chr(ord('A') + place - 26)}"


def _text(cell: Cell) -> str:
    return cell.strip() if isinstance(cell, str) else cell_text(cell)


class Workbook:
    """The sheets of one workbook: lines wait until somebody takes them."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.problems: list[Problem] = []
        self.places: dict[str, str] = {}
        self.paths: dict[str, str] = {}
        """Path of a component in the tree → where it stands in the canonical form."""
        self.lines: dict[str, list[Line]] = {sheet.name: [] for sheet in SHEETS}
        self.names = {sheet.name: sheet.name for sheet in SHEETS}
        for table in tables:
            self._take_table(table)
        self.waiting = {
            name: list(lines)
            for name, lines in self.lines.items()
            if name not in (sheets.BASIC.name, sheets.COMPONENTS.name)
        }
        self.translations = self._read_translations()

    def report(self, where: str, message: str, remedy: str, /, **values: str) -> None:
        self.problems.append(Problem(where, message, remedy, values))

    def _take_table(self, table: Table) -> None:
        name = table.name.partition("·")[2] or table.name
        sheet = next((one for one in SHEETS if one.name == name.strip()), None)
        if sheet is None:
            if name != NOTES:
                guess = nearest(name, self.lines) or "、".join(self.lines)
                self.report(table.name, N_("不认识的工作表"), N_("是否想写 {guess}"), guess=guess)
            return
        self.names[sheet.name] = table.name
        headers = [cell_text(header) for header in table.headers]
        known = sheets.BASIC_HEADERS if sheet is sheets.BASIC else sheet.headers
        for header in headers:
            if header and header not in known:
                values = {"header": header, "guess": nearest(header, known) or "、".join(known)}
                self.report(
                    f"{table.name}:1", N_("不认识的列 {header}"), N_("是否想写 {guess}"), **values
                )
        for number, row in table.rows:
            cells = dict(zip(headers, map(_text, row), strict=False))
            if any(cells.values()):
                self.lines[sheet.name].append(Line(table.name, number, headers, cells))

    def take(self, sheet: Sheet, *owner: str) -> list[Line]:
        """The lines of a sheet that belong to this owner, in order; each is taken once."""
        found = [
            line
            for line in self.waiting[sheet.name]
            if tuple(line.text(header) for header in sheet.owner) == owner
        ]
        self.waiting[sheet.name] = [
            line for line in self.waiting[sheet.name] if not any(line is one for one in found)
        ]
        return found

    def record(self, line: Line, sheet: Sheet, path: str, known_as: str) -> Record:
        """The fields of a line; each remembers its cell under its path."""
        made: Record = {}
        self.places[path] = line.where()
        for field in sheet.fields:
            value = self.value(line, field.header, field, (sheet.name, known_as, field.header))
            if value is None:
                continue
            self.places[".".join((path, *field.path))] = line.where(field.header)
            inner = made
            for key in field.path[:-1]:
                inner = inner.setdefault(key, {})
            inner[field.path[-1]] = value
        return made

    def value(
        self, line: Line, header: str, field: Field, known_as: tuple[str, str, str]
    ) -> object:
        """What a cell says; None where it is blank or no allowed word."""
        text = line.text(header)
        others = self.translations.pop(known_as, None) if field.kind == "words" else None
        if others:
            return ({"zh_CN": text} if text else {}) | {
                key: one for key, (one, _) in others.items()
            }
        if not text:
            return None
        value = field.read(text)
        if value is None:
            allowed = " | ".join((field.choices or {"": "是", " ": "否"}).values())
            self.report(
                line.where(header),
                N_("「{name}」不能是 {value}"),
                N_("可选：{allowed}"),
                name=field.header,
                value=text,
                allowed=allowed,
            )
            return next(iter(field.choices or ()), None)
        return value

    def _read_translations(self) -> dict[tuple[str, str, str], dict[str, tuple[str, Line]]]:
        found: dict[tuple[str, str, str], dict[str, tuple[str, Line]]] = {}
        languages = {word: key for key, word in sheets.LANGUAGES.items()}
        for line in self.waiting.pop(sheets.TRANSLATIONS.name):
            word = line.text("语言")
            language = languages.get(word, word)
            if language not in sheets.LANGUAGES:
                allowed = " | ".join(languages)
                self.report(
                    line.where("语言"),
                    N_("「{name}」不能是 {value}"),
                    N_("可选：{allowed}"),
                    name="语言",
                    value=word,
                    allowed=allowed,
                )
                continue
            if line.text("译文"):
                owner = (line.text("工作表"), line.text("编号"), line.text("列"))
                found.setdefault(owner, {})[language] = (line.text("译文"), line)
        return found
