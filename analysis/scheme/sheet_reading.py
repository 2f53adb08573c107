"""Reading a workbook of a scheme: rows become the canonical form, problems find their cell.

What is wrong between the parts is found by the scheme itself, which knows only paths such as
"component[2].weight"; every path is remembered with the cell it was read from.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from analysis.scheme import sheets
from analysis.scheme.definition import Scheme
from analysis.scheme.sheet_lines import Line, Record, Workbook
from analysis.scheme.sheets import SHEETS, Sheet
from analysis.tables import Table
from forms.definition import nearest
from forms.problems import N_, InputError

_LAST_STEP = re.compile(r"(\.[^.\[]*|\[\d+\])$")
_SINGLE = ("last", "first", "score")
_PARTS = (
    ("adjustments.source", sheets.SOURCES),
    ("veto", sheets.VETOES),
    ("grade", sheets.GRADES),
    ("restriction", sheets.RESTRICTIONS),
    ("consequence", sheets.CONSEQUENCES),
)


def read_tables(tables: Sequence[Table]) -> Scheme:
    """The scheme of a workbook; InputError with every problem at its sheet, column and row."""
    reading = _Reading(tables)
    data = reading.scheme()
    try:
        scheme = Scheme.from_json(data)
    except InputError as error:
        found = [replace(one, where=reading.place(one.where)) for one in error.problems]
        raise InputError([*reading.problems, *found]) from error
    if reading.problems:
        raise InputError(reading.problems)
    return scheme


def from_tables(tables: Sequence[Table]) -> Mapping[str, object]:
    """The canonical form; InputError where cells cannot be read. The parts are not checked."""
    reading = _Reading(tables)
    data = reading.scheme()
    if reading.problems:
        raise InputError(reading.problems)
    return data


class _Reading(Workbook):
    """A workbook read as a scheme in canonical form."""

    def scheme(self) -> Record:
        """The whole workbook in canonical form."""
        data = self._basic()
        data["component"] = self._components()
        for part, sheet in _PARTS:
            self.places[part] = self.names[sheet.name]
            made = [
                self._part(line, sheet, f"{part}[{place}]")
                for place, line in enumerate(self.lines[sheet.name], start=1)
            ]
            self.waiting[sheet.name] = []
            if part == "adjustments.source":
                data.setdefault("adjustments", {})["source"] = made
            else:
                data[part] = made
        for part, word in sheets.CLASS_NAMES.items():
            data[part] = self._class_names(part, word)
        self._report_leftovers()
        return data

    def _basic(self) -> Record:
        data: Record = {}
        item, content = sheets.BASIC_HEADERS
        fields = {field.header: field for field in sheets.BASIC.fields}
        for line in self.lines[sheets.BASIC.name]:
            field = fields.get(line.text(item))
            if field is None:
                guess = nearest(line.text(item), fields) or "、".join(fields)
                values = {"item": line.text(item) or "—", "guess": guess}
                self.report(
                    line.where(item), N_("不认识的项目 {item}"), N_("是否想写 {guess}"), **values
                )
                continue
            known_as = (sheets.BASIC.name, "", field.header)
            value = self.value(line, content, field, known_as)
            if value is None:
                continue
            path = ".".join(field.path)
            inner = data.setdefault(field.path[0], {}) if len(field.path) > 1 else data
            if field.kind == "list":
                text = line.text(content)
                inner.setdefault(field.path[-1], []).append(field.key_of(text) or text)
            elif field.path[-1] in inner:
                self.report(
                    line.where(item), N_("{name} 写了两次"), N_("请只留一行"), name=field.header
                )
            else:
                inner[field.path[-1]] = value
            self.places.setdefault(path, line.where(content))
        return data

    def _components(self) -> list[Record]:
        below: dict[str, dict[str, Line]] = {}
        for line in self.lines[sheets.COMPONENTS.name]:
            path = line.text("路径")
            parent, _, key = path.rpartition("/")
            if not key:
                self.report(line.where("路径"), N_("没有写路径"), N_("请写构成的编号"))
            elif key in below.get(parent, {}):
                self.report(
                    line.where("路径"),
                    N_("路径 {path} 重复"),
                    N_("请删去或改正其中一行"),
                    path=path,
                )
            else:
                below.setdefault(parent, {})[key] = line
        made = self._siblings(below, "", "component")
        for parent, lines in below.items():
            for line in lines.values():
                guess = nearest(parent, self.paths) or "—"
                self.report(
                    line.where("路径"),
                    N_("上级构成 {parent} 不存在"),
                    N_("请先写上级的一行，或改正路径（最接近：{guess}）"),
                    parent=parent,
                    guess=guess,
                )
        return made

    def _siblings(self, below: dict[str, dict[str, Line]], parent: str, where: str) -> list[Record]:
        lines = below.pop(parent, {})
        first = next(iter(lines.values()), None)
        self.places[where] = first.where() if first else self.names[sheets.COMPONENTS.name]
        if first:
            self.places[f"{where}.weight"] = first.where("权重")
        made = []
        for place, (key, line) in enumerate(lines.items(), start=1):
            path, here = line.text("路径"), f"{where}[{place}]"
            self.paths[path] = here
            node: Record = {"key": key, **self.record(line, sheets.COMPONENTS, here, path)}
            self.places[f"{here}.key"] = line.where("路径")
            self._of_component(node, path, here)
            if path in below:
                node["component"] = self._siblings(below, path, f"{here}.component")
            made.append(node)
        return made

    def _of_component(self, node: Record, path: str, here: str) -> None:
        """What other sheets say of a component."""
        for line in self.take(sheets.CLASS_WEIGHTS, path):
            if not isinstance(node.get("weight"), dict):
                self.places[f"{here}.weight"] = line.where("权重")
                node["weight"] = {}
            key = line.text("评议对象类别")
            self._set(node["weight"], key, line, "权重", f"{here}.weight")
        for line in self.take(sheets.RATER_WEIGHTS, path):
            of_class, key = line.text("评议对象类别"), line.text("评议主体")
            inner, where = node.setdefault("rater_classes", {}), f"{here}.rater_classes"
            self.places.setdefault(where, line.where("评议主体"))
            if of_class:
                inner, where = inner.setdefault(of_class, {}), f"{where}.{of_class}"
            if isinstance(inner, dict):
                self._set(inner, key, line, "权重", where)
        for line in self.take(sheets.PARTS, path):
            mix, where = node.setdefault("mix", {}), f"{here}.mix"
            self.places.setdefault(where, line.where("部分"))
            weights = mix.setdefault("weights", {})
            self._set(weights, line.text("部分"), line, "权重", f"{where}.weights")
        for line in self.take(sheets.POINTS, path):
            self._points(node.setdefault("points", {}), line, f"{here}.points")
        transforms = self._transforms(path, here)
        if transforms:
            node["transform"] = transforms

    def _set(self, inner: Record, key: str, line: Line, header: str, where: str) -> None:
        """One weight of a table; the same key twice, or none, is a problem."""
        if not key or key in inner:
            self.report(
                line.where(), N_("「{key}」没有写或写了两次"), N_("每个只写一行"), key=key or "—"
            )
        else:
            inner[key] = line.text(header)
            self.places[f"{where}.{key}"] = line.where(header)

    def _points(self, rule: Record, line: Line, where: str) -> None:
        attribute = line.text("属性")
        if line.text("应有分值"):
            self._set(
                rule.setdefault("by_attribute", {}),
                attribute,
                line,
                "应有分值",
                f"{where}.by_attribute",
            )
        if line.text("最低") or line.text("最高"):
            one = {"low": line.text("最低"), "high": line.text("最高")}
            rule.setdefault("ranges", {})[attribute] = {
                key: text for key, text in one.items() if text
            }
            self.places[f"{where}.ranges.{attribute}"] = line.where("最低")

    def _transforms(self, path: str, here: str) -> list[Record]:
        mine = [line for line in self.waiting[sheets.TRANSFORMS.name] if line.text("构成") == path]
        made = []
        for place, line in enumerate(mine, start=1):
            order = line.text("次序")
            self.take(sheets.TRANSFORMS, path, order)
            where = f"{here}.transform[{place}]"
            transform = self.record(line, sheets.TRANSFORMS, where, path)
            self._steps(transform, self.take(sheets.STEPS, path, order), where)
            made.append(transform)
        return made

    def _steps(self, transform: Record, lines: Iterable[Line], where: str) -> None:
        gives = "points" if transform.get("kind") == "bands" else "factor"
        by_field = sheets.STEPS.fields[0]
        for line in lines:
            by = self.value(line, "依据", by_field, ("", "", "")) or "bands"
            at, result = line.text("取值"), line.text("结果")
            if by == "table":
                self._set(transform.setdefault("table", {}), at, line, "结果", f"{where}.table")
                continue
            steps = transform.setdefault(str(by), [])
            bound = "at" if by == "line" else "min"
            steps.append({bound: at or None, gives: result or None})
            here = f"{where}.{by}[{len(steps)}]"
            self.places[here] = line.where()
            self.places[f"{here}.{bound}"] = line.where("取值")
            self.places[f"{here}.{gives}"] = line.where("结果")

    def _part(self, line: Line, sheet: Sheet, where: str) -> Record:
        key = line.text("编号")
        made = self.record(line, sheet, where, key)
        if sheet is sheets.GRADES:
            made["quota"] = [
                self.record(one, sheets.QUOTAS, f"{where}.quota[{place}]", key)
                for place, one in enumerate(self.take(sheets.QUOTAS, key), start=1)
            ]
        for use, (_part, name, owner) in sheets.USES.items():
            if owner is sheet:
                made[name] = [
                    self._condition(one, f"{where}.{name}[{place}]")
                    for place, one in enumerate(self.take(sheets.CONDITIONS, use, key), start=1)
                ]
        return made

    def _condition(self, line: Line, where: str) -> Record:
        made = self.record(line, sheets.CONDITIONS, where, "")
        subject, content = made.pop("subject", None), made.pop("content", [])
        if subject is None:
            return made
        self.places[f"{where}.{subject}"] = line.where("内容")
        if subject not in _SINGLE:
            return {**made, subject: content}
        if not content:
            self.report(line.where("内容"), N_("没有写内容"), N_("请写名次或得分的路径"))
        return {**made, subject: sheets.BETWEEN.join(content) or "1"}

    def _class_names(self, part: str, word: str) -> Record:
        made: Record = {}
        name = sheets.NAMES.fields[1]
        for line in self.take(sheets.NAMES, word):
            key = line.text("编号")
            value = self.value(line, "名称", name, (sheets.NAMES.name, key, word))
            if not key or key in made:
                self.report(
                    line.where("编号"),
                    N_("「{key}」没有写或写了两次"),
                    N_("每个只写一行"),
                    key=key or "—",
                )
            made[key] = value or ""
            self.places[f"{part}.{key}"] = line.where("名称")
        return made

    def _report_leftovers(self) -> None:
        """Lines that belong to nothing: the owner they name does not exist."""
        for sheet in SHEETS:
            for line in self.waiting.get(sheet.name, ()):
                owner = "、".join(line.text(header) or "—" for header in sheet.owner)
                self.report(
                    line.where(sheet.owner[0]),
                    N_("没有 {owner}，这一行没有着落"),
                    N_("请改正，或删去这一行"),
                    owner=owner,
                )
        for (_sheet, key, _column), texts in self.translations.items():
            for _text, line in texts.values():
                self.report(
                    line.where("编号"),
                    N_("没有 {owner}，这一行没有着落"),
                    N_("请改正，或删去这一行"),
                    owner=key or "—",
                )

    def place(self, where: str) -> str:
        """The cell (or row, or sheet) a path of the canonical form was read from."""
        for path in _shorter(where):
            if path in self.places:
                return self.places[path]
        for path, here in sorted(self.paths.items(), key=lambda one: -len(one[0])):
            if where == path or where.startswith((f"{path}.", f"{path}[")):
                return self.place(here + where[len(path) :])
        return where


def _shorter(where: str) -> Iterator[str]:
    """A path, then with its last step left out, and so on."""
    while where:
        yield where
        shorter = _LAST_STEP.sub("", where)
        where = shorter if shorter != where else ""
