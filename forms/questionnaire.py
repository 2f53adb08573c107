"""A questionnaire as data: scales, dimensions and items, read from TOML and frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from forms.definition import Section, Text, in_file, read_toml
from forms.problems import N_, InputError, Problem, digest, plain
from forms.questionnaire_checks import check_questionnaire

ItemKind = Literal["single", "multiple", "text"]
KINDS: tuple[ItemKind, ...] = ("single", "multiple", "text")
SHORT_SUFFIX = ".short"
LIBRARY = Path(__file__).parent / "library"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a scale. `number` is what a ballot stores (1-255).

    `points` None means the answer stays outside the denominator (不了解).
    """

    code: str
    number: int
    text: Text
    points: Decimal | None


@dataclass(frozen=True, slots=True)
class Scale:
    """The answers an item offers, in the order shown."""

    key: str
    options: tuple[Option, ...]

    @property
    def by_number(self) -> dict[int, Option]:
        return {option.number: option for option in self.options}

    @property
    def by_code(self) -> dict[str, Option]:
        return {option.code: option for option in self.options}


@dataclass(frozen=True, slots=True)
class Dimension:
    """Items that are scored together; weights are ratios within the questionnaire."""

    key: str
    text: Text
    weight: Decimal


@dataclass(frozen=True, slots=True)
class ShownIf:
    """An item is asked only where an earlier item of one choice has one of these codes."""

    item: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One question. Without a dimension it is reported, not scored.

    A "multiple" item stores a bit mask: 1 for the first option of its scale, 2 for the second, …
    A "text" item has no column; its words go to the comments.
    """

    key: str
    kind: ItemKind
    dimension: str | None
    scale: str | None
    text: Text
    required: bool
    short_form: bool
    shown_if: ShownIf | None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A questionnaire, frozen. Its digest does not depend on the language it is read in."""

    key: str
    version: str
    title: Text
    intro: Text
    scales: tuple[Scale, ...]
    dimensions: tuple[Dimension, ...]
    items: tuple[Item, ...]
    overall: str | None

    @property
    def coded_items(self) -> tuple[Item, ...]:
        """The items with a column in a ballot, in order."""
        return tuple(item for item in self.items if item.kind != "text")

    @property
    def text_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.kind == "text")

    @property
    def scored_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.coded_items if item.dimension is not None)

    def item(self, key: str) -> Item:
        """The item of this key; KeyError where there is none."""
        for item in self.items:
            if item.key == key:
                return item
        raise KeyError(key)

    def scale_of(self, item: Item) -> Scale:
        """The scale of a coded item; KeyError for a text item."""
        for scale in self.scales:
            if scale.key == item.scale:
                return scale
        raise KeyError(item.scale)

    def short(self) -> "Questionnaire":
        """The short form: of the items with a dimension only those marked for it.

        A questionnaire of its own, with the key suffix ".short"; a round freezes one of the two.
        """
        items = tuple(item for item in self.items if item.dimension is None or item.short_form)
        used = {item.dimension for item in items}
        return replace(
            self,
            key=self.key + SHORT_SUFFIX,
            items=items,
            dimensions=tuple(one for one in self.dimensions if one.key in used),
        )

    def localized(self, language: str) -> "Questionnaire":
        """The same questionnaire read in "zh_CN", "zh_TW" or "en", Chinese where untranslated."""
        return replace(
            self,
            title=self.title.localized(language),
            intro=self.intro.localized(language),
            scales=tuple(
                replace(
                    scale,
                    options=tuple(
                        replace(option, text=option.text.localized(language))
                        for option in scale.options
                    ),
                )
                for scale in self.scales
            ),
            dimensions=tuple(
                replace(one, text=one.text.localized(language)) for one in self.dimensions
            ),
            items=tuple(replace(item, text=item.text.localized(language)) for item in self.items),
        )

    def as_json(self) -> dict[str, object]:
        """The canonical form, shaped like the TOML; numbers as text."""
        return {
            "key": self.key,
            "version": self.version,
            "title": self.title.as_json(),
            "intro": self.intro.as_json(),
            "overall": self.overall,
            "scale": [_scale_json(scale) for scale in self.scales],
            "dimension": [
                {"key": one.key, "text": one.text.as_json(), "weight": plain(one.weight)}
                for one in self.dimensions
            ],
            "item": [_item_json(item) for item in self.items],
        }

    @property
    def digest(self) -> str:
        return digest(self.as_json())

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Questionnaire":
        """Read the canonical form; InputError with every problem."""
        return _read(data, "")

    @classmethod
    def load(cls, source: Path | bytes) -> "Questionnaire":
        """Read a TOML file or its bytes; InputError with every problem."""
        data, name = read_toml(source)
        return _read(data, name)


def _scale_json(scale: Scale) -> dict[str, object]:
    return {
        "key": scale.key,
        "options": [
            {
                "code": option.code,
                "text": option.text.as_json(),
                "points": None if option.points is None else plain(option.points),
            }
            for option in scale.options
        ],
    }


def _item_json(item: Item) -> dict[str, object]:
    shown_if = item.shown_if
    return {
        "key": item.key,
        "kind": item.kind,
        "dimension": item.dimension,
        "scale": item.scale,
        "text": item.text.as_json(),
        "required": item.required,
        "short_form": item.short_form,
        "shown_if": shown_if and {"item": shown_if.item, "options": list(shown_if.options)},
    }


def _read(data: Mapping[str, object], file: str) -> Questionnaire:
    problems: list[Problem] = []
    root = Section(data, "", problems)
    questionnaire = Questionnaire(
        key=root.key("key", N_("编号")),
        version=root.text("version", N_("版本")),
        title=root.words("title", N_("标题")),
        intro=root.words("intro", N_("说明"), ""),
        scales=tuple(_read_scale(scale) for scale in root.tables("scale", N_("量表"))),
        dimensions=tuple(_read_dimension(one) for one in root.tables("dimension", N_("维度"))),
        items=tuple(_read_item(item) for item in root.tables("item", N_("题目"))),
        overall=root.text("overall", N_("总体评价题"), "") or None,
    )
    root.finish()
    problems += check_questionnaire(questionnaire)
    if problems:
        raise InputError(in_file(problems, file))
    return questionnaire


def _read_dimension(section: Section) -> Dimension:
    dimension = Dimension(
        key=section.key("key", N_("编号")),
        text=section.words("text", N_("文字")),
        weight=section.decimal("weight", N_("权重"), default=Decimal(1)),
    )
    section.finish()
    return dimension


def _read_scale(section: Section) -> Scale:
    key = section.key("key", N_("编号"))
    rows = []
    for row in section.tables("options", N_("选项")):
        code = row.key("code", N_("代码"))
        rows.append(
            (code, row.words("text", N_("文字")), row.optional_decimal("points", N_("分值")))
        )
        row.finish()
    section.finish()
    numbers = option_numbers([code for code, _, _ in rows])
    return Scale(
        key,
        tuple(
            Option(code, number, text, points)
            for (code, text, points), number in zip(rows, numbers, strict=True)
        ),
    )


def _read_item(section: Section) -> Item:
    kind = section.choice("kind", N_("题型"), KINDS, "single")
    shown_if = None
    if section.has("shown_if"):
        condition = section.table("shown_if", N_("显示条件"))
        shown_if = ShownIf(
            condition.key("item", N_("题目")), condition.texts("options", N_("选项"))
        )
        condition.finish()
    item = Item(
        key=section.key("key", N_("编号")),
        kind=kind,
        dimension=section.text("dimension", N_("维度"), "") or None,
        scale=section.text("scale", N_("量表"), "") or None,
        text=section.words("text", N_("文字")),
        required=section.flag("required", N_("必答"), default=False),
        short_form=section.flag("short_form", N_("简版"), default=False),
        shown_if=shown_if,
    )
    section.finish()
    return item


def option_numbers(codes: Sequence[str]) -> list[int]:
    """The number stored for each option code of a scale.

    A code that is a whole number 1-255 keeps it; any other takes its place in the scale, counted
    from 1, or the next number still free.
    """
    taken = {int(code) for code in codes if _is_number(code)}
    numbers = []
    for place, code in enumerate(codes, start=1):
        number = int(code) if _is_number(code) else place
        if not _is_number(code):
            while number in taken:
                number += 1
            taken.add(number)
        numbers.append(number)
    return numbers


def _is_number(code: str) -> bool:
    return code.isascii() and code.isdigit() and str(int(code)) == code and 1 <= int(code) <= 255


@cache
def library() -> dict[str, Questionnaire]:
    """The questionnaires that ship with the product, by key, each in its long form."""
    loaded = (Questionnaire.load(path) for path in sorted(LIBRARY.glob("*.toml")))
    return {questionnaire.key: questionnaire for questionnaire in loaded}
