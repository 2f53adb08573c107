"""The fields of one answering page: which ratees, which questions, under which names.

Prepared once per round and rater class, then shared by the decoder, the form and the page.
A field is named "<ratee number>.<item key>" ("3.D1"); "3.skip" says that the rater does not know
ratee 3 at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from forms.questionnaire import Item, ItemKind, Questionnaire

SKIP = "skip"
SKIP_VALUE = "1"
MAX_COMMENT = 200
IGNORED_FIELDS = frozenset({"nonce", "code", "action", "csrf_token", "elder", "lang"})


def field_name(ratee: int, item_key: str) -> str:
    """The name of an item's field in the page, for the ratee of this number."""
    return f"{ratee}.{item_key}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A question counts only where the answer in `column` is one of these numbers."""

    column: int
    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class SheetField:
    """One field: its row in the sheet, its column in the ballot (-1 for text and skip).

    `numbers` leads from an option's code to what is stored: the option's number, or for a
    "multiple" item the option's bit.
    """

    name: str
    kind: ItemKind
    row: int
    column: int
    item: str
    numbers: dict[str, int]
    required: bool
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One ratee of the sheet, by its number in the round's frozen list."""

    ratee: int
    questionnaire: Questionnaire
    width: int
    fields: tuple[SheetField, ...]

    @property
    def skip_field(self) -> str:
        return field_name(self.ratee, SKIP)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What one page asks. A sheet is itself, never equal to another: forms are cached by it.

    `skips` leads from the name of a skip field to its row; a sheet of one ratee has none.
    """

    rows: tuple[SheetRow, ...]
    fields: dict[str, SheetField]
    skips: dict[str, int]

    @classmethod
    def prepare(cls, asked: Sequence[tuple[int, Questionnaire]]) -> Self:
        """Lay out the page for these ratees; ValueError where a ratee occurs twice or none does."""
        if not asked or len({ratee for ratee, _ in asked}) != len(asked):
            raise ValueError("a sheet needs ratees, each once")
        rows = tuple(
            _row(place, ratee, questionnaire) for place, (ratee, questionnaire) in enumerate(asked)
        )
        skips = {row.skip_field: place for place, row in enumerate(rows)}
        return cls(
            rows=rows,
            fields={field.name: field for row in rows for field in row.fields},
            skips=skips if len(rows) > 1 else {},
        )


def _row(place: int, ratee: int, questionnaire: Questionnaire) -> SheetRow:
    columns = {item.key: column for column, item in enumerate(questionnaire.coded_items)}
    fields = tuple(
        SheetField(
            name=field_name(ratee, item.key),
            kind=item.kind,
            row=place,
            column=columns.get(item.key, -1),
            item=item.key,
            numbers=_numbers(questionnaire, item),
            required=item.required,
            condition=_condition(questionnaire, item, columns),
        )
        for item in questionnaire.items
    )
    return SheetRow(ratee, questionnaire, len(columns), fields)


def _numbers(questionnaire: Questionnaire, item: Item) -> dict[str, int]:
    if item.kind == "text":
        return {}
    options = questionnaire.scale_of(item).options
    if item.kind == "multiple":
        return {option.code: 1 << place for place, option in enumerate(options)}
    return {option.code: option.number for option in options}


def _condition(
    questionnaire: Questionnaire, item: Item, columns: dict[str, int]
) -> Condition | None:
    if item.shown_if is None:
        return None
    asked = questionnaire.item(item.shown_if.item)
    by_code = questionnaire.scale_of(asked).by_code
    return Condition(
        columns[asked.key], frozenset(by_code[code].number for code in item.shown_if.options)
    )
