"""A scheme as a workbook of sheets people can read and edit, and back, exactly."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.scheme import sheets
from analysis.scheme.definition import Scheme
from analysis.scheme.sheet_reading import from_tables, read_tables
from analysis.scheme.sheets import SHEETS, Sheet, value_at
from analysis.scheme.words import SUBJECT
from analysis.tables import Table

__all__ = ["from_tables", "read_tables", "to_tables"]

Record = Mapping[str, Any]


def to_tables(scheme: Scheme) -> list[Table]:
    """Every sheet of a scheme, the empty ones too, so that each can be filled in."""
    data: Record = scheme.as_json()
    writer = _Writer()
    writer.basic(data)
    for path, node in _walk(data["component"], ""):
        writer.component(path, node)
    for source in data["adjustments"]["source"]:
        writer.add(sheets.SOURCES, (), source)
    for veto in data["veto"]:
        writer.add(sheets.VETOES, (), veto)
    writer.grades(data)
    for part, word in sheets.CLASS_NAMES.items():
        for key, name in data[part].items():
            writer.add(sheets.NAMES, (word,), {"key": key, "name": name})
    return writer.tables()


def _walk(components: Sequence[Record], parent: str) -> Iterator[tuple[str, Record]]:
    """(path, component), parents before their children."""
    for node in components:
        path = f"{parent}/{node['key']}" if parent else node["key"]
        yield path, node
        yield from _walk(node.get("component", ()), path)


def _condition(condition: Record) -> Record:
    subject = next(key for key in SUBJECT if key in condition)
    content = condition[subject]
    return {
        **condition,
        "subject": subject,
        "content": content if isinstance(content, list) else [str(content)],
        "every": condition.get("every") or None,
    }


class _Writer:
    """Gathers the rows of every sheet."""

    def __init__(self) -> None:
        self.rows: dict[str, list[list[str]]] = {sheet.name: [] for sheet in SHEETS}

    def tables(self) -> list[Table]:
        return [
            Table(
                sheet.name,
                list(sheets.BASIC_HEADERS if sheet is sheets.BASIC else sheet.headers),
                [(line, list(row)) for line, row in enumerate(self.rows[sheet.name], start=2)],
            )
            for sheet in SHEETS
        ]

    def add(self, sheet: Sheet, owner: tuple[str, ...], record: Record) -> None:
        """A row, and rows for the translations of its names."""
        cells = [field.write(record) for field in sheet.fields]
        self.rows[sheet.name].append([*owner, *cells])
        known_as = owner[0] if sheet is sheets.COMPONENTS else str(record.get("key", ""))
        for field in sheet.fields:
            column = owner[0] if sheet is sheets.NAMES else field.header
            self._translations(sheet, known_as, column, value_at(record, field.path))

    def _translations(self, sheet: Sheet, known_as: str, column: str, value: object) -> None:
        for language, word in sheets.LANGUAGES.items():
            if isinstance(value, Mapping) and language in value:
                row = [sheet.name, known_as, column, word, str(value[language])]
                self.rows[sheets.TRANSLATIONS.name].append(row)

    def basic(self, data: Record) -> None:
        """One line an item; one line for each item of a list."""
        for field in sheets.BASIC.fields:
            value = value_at(data, field.path)
            if field.kind == "list" and isinstance(value, list):
                lines = [(field.choices or {}).get(item, item) for item in value]
            else:
                lines = [field.write(data)]
            self.rows[sheets.BASIC.name] += [[field.header, line] for line in lines or [""]]
            if field.kind == "words":
                self._translations(sheets.BASIC, "", field.header, value)

    def component(self, path: str, node: Record) -> None:
        """A component with its weights, points and transforms."""
        # A weight for each class of ratee, or 3 : 6 for each class of rater, has rows of its own.
        self.add(sheets.COMPONENTS, (path,), node)
        if isinstance(node["weight"], Mapping):
            for key, weight in node["weight"].items():
                self.add(sheets.CLASS_WEIGHTS, (path,), {"class": key, "weight": weight})
        for key, value in node.get("rater_classes", {}).items():
            for rater_class, weight in (
                value.items() if isinstance(value, Mapping) else [(key, value)]
            ):
                one = {"class": key if isinstance(value, Mapping) else ""}
                one |= {"rater_class": rater_class, "weight": weight}
                self.add(sheets.RATER_WEIGHTS, (path,), one)
        for part, weight in node.get("mix", {}).get("weights", {}).items():
            self.add(sheets.PARTS, (path,), {"part": part, "weight": weight})
        self._points(path, node.get("points", {}))
        for place, transform in enumerate(node["transform"], start=1):
            self._transform((path, str(place)), transform)

    def grades(self, data: Record) -> None:
        """Grades and all that asks for conditions."""
        for grade in data["grade"]:
            self.add(sheets.GRADES, (), grade)
            for quota in grade["quota"]:
                self.add(sheets.QUOTAS, (grade["key"],), quota)
        for one in data["restriction"]:
            self.add(sheets.RESTRICTIONS, (), one)
        for one in data["consequence"]:
            self.add(sheets.CONSEQUENCES, (), one)
        for use, (part, key, _sheet) in sheets.USES.items():
            for one in data[part]:
                for condition in one[key]:
                    self.add(sheets.CONDITIONS, (use, one["key"]), _condition(condition))

    def _points(self, path: str, rule: Record) -> None:
        sums, ranges = rule.get("by_attribute", {}), rule.get("ranges", {})
        for attribute in dict.fromkeys([*sums, *ranges]):
            one = {"attribute": attribute, "sum": sums.get(attribute)}
            self.add(sheets.POINTS, (path,), one | ranges.get(attribute, {}))

    def _transform(self, owner: tuple[str, str], transform: Record) -> None:
        self.add(sheets.TRANSFORMS, owner, transform)
        for word, factor in transform.get("table", {}).items():
            self.add(sheets.STEPS, owner, {"by": "table", "at": word, "gives": factor})
        for by, at in (("bands", "min"), ("line", "at")):
            for step in transform.get(by, ()):
                gives = step.get("factor", step.get("points"))
                self.add(sheets.STEPS, owner, {"by": by, "at": step[at], "gives": gives})
