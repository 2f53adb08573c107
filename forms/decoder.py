"""From a submitted page to option numbers, or to every reason why not."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from forms.normal import normal
from forms.problems import N_
from forms.sheet import IGNORED_FIELDS, MAX_COMMENT, SKIP_VALUE, Sheet, SheetField, SheetRow

FOREIGN_FIELD = N_("页面上没有这一项")
REPEATED_FIELD = N_("这一项填了两次，请只选一个答案")
UNKNOWN_OPTION = N_("这个答案不在选项里，请重新选择")
MISSING_ANSWER = N_("请选择一个答案；不清楚的可以选“不了解”")
LONG_TEXT = N_("最多 {limit} 个字，现有 {length} 个字，请缩短")
UNTOUCHED_RATEE = N_("还没有评价该单位；不了解的请勾选“不了解该单位”")
SKIPPED_AND_RATED = N_("既勾选了“不了解该单位”，又作了评价，请只保留一种")
NOTHING_RATED = N_("还没有评价任何单位")

# Characters nobody types: control, broken halves, and those that turn the reading direction.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SHOWN_NAME = 64


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that cannot be accepted; `message` is a Chinese message id that `values` fills."""

    field: str
    message: str
    values: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def text(self, translate: Callable[[str], str]) -> str:
        return translate(self.message).format_map(self.values)


@dataclass(frozen=True, slots=True)
class RateeAnswers:
    """The answers about one ratee: `codes` holds a number a coded item, 0 where left blank."""

    ratee: int
    codes: bytes
    comments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a page said. With any error there are no answers: nothing is accepted by halves."""

    answers: tuple[RateeAnswers, ...]
    errors: tuple[FieldError, ...]


def clean_text(text: str) -> str:
    """A comment as it is kept: NFC, line ends as "\\n", no control characters, trimmed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return normal(_UNWANTED.sub("", text)).strip()


@dataclass(slots=True)
class _Page:
    """A page while it is being read."""

    sheet: Sheet
    codes: list[bytearray]
    comments: list[list[tuple[SheetField, str]]]
    skipped: set[int]
    seen: set[str]
    errors: list[FieldError]

    def take(self, name: str, value: str) -> None:
        asked = self.sheet.fields.get(name)
        if asked is None:
            self._take_other(name, value)
            return
        if asked.kind == "text":
            value = clean_text(value)
        if not value:
            return
        if asked.kind == "multiple":
            self._take_multiple(asked, value)
        elif name in self.seen:
            self.errors.append(FieldError(name, REPEATED_FIELD))
        elif asked.kind == "single":
            self._take_single(asked, value)
        else:
            self._take_text(asked, value)
        self.seen.add(name)

    def _take_single(self, asked: SheetField, value: str) -> None:
        number = asked.numbers.get(value)
        if number is None:
            self.errors.append(FieldError(asked.name, UNKNOWN_OPTION))
        else:
            self.codes[asked.row][asked.column] = number

    def _take_multiple(self, asked: SheetField, value: str) -> None:
        bit = asked.numbers.get(value)
        chosen = self.codes[asked.row]
        if bit is None:
            self.errors.append(FieldError(asked.name, UNKNOWN_OPTION))
        elif chosen[asked.column] & bit:
            self.errors.append(FieldError(asked.name, REPEATED_FIELD))
        else:
            chosen[asked.column] |= bit

    def _take_text(self, asked: SheetField, text: str) -> None:
        if len(text) <= MAX_COMMENT:
            self.comments[asked.row].append((asked, text))
        else:
            values = {"limit": MAX_COMMENT, "length": len(text)}
            self.errors.append(FieldError(asked.name, LONG_TEXT, values))

    def _take_other(self, name: str, value: str) -> None:
        row = self.sheet.skips.get(name)
        if row is None:
            if name not in IGNORED_FIELDS:
                self.errors.append(FieldError(name[:_SHOWN_NAME], FOREIGN_FIELD))
        elif value and row in self.skipped:
            self.errors.append(FieldError(name, REPEATED_FIELD))
        elif value == SKIP_VALUE:
            self.skipped.add(row)
        elif value:
            self.errors.append(FieldError(name, UNKNOWN_OPTION))

    def finish_row(self, place: int, row: SheetRow) -> RateeAnswers | None:
        """Blank what was not asked, demand what was; None where the ratee is skipped."""
        codes, seen = self.codes[place], self.seen
        touched = any(field.name in seen for field in row.fields)
        if place in self.skipped:
            if touched:
                self.errors.append(FieldError(row.skip_field, SKIPPED_AND_RATED))
            return None
        if not touched and self.sheet.skips:
            self.errors.append(FieldError(row.skip_field, UNTOUCHED_RATEE))
            return None
        for asked in row.fields:
            if not is_asked(asked, codes):
                if asked.column >= 0:
                    codes[asked.column] = 0
            elif asked.required and asked.name not in seen:
                self.errors.append(FieldError(asked.name, MISSING_ANSWER))
        comments = tuple(
            (asked.item, text) for asked, text in self.comments[place] if is_asked(asked, codes)
        )
        return RateeAnswers(row.ratee, bytes(codes), comments)


def is_asked(asked: SheetField, codes: bytes | bytearray) -> bool:
    """Whether a question counts, given the numbers chosen for its ratee."""
    condition = asked.condition
    return condition is None or codes[condition.column] in condition.numbers


def decode(pairs: Iterable[tuple[str, str]], sheet: Sheet) -> Decoded:
    """Read the submitted fields of a page, in any order, repeated names included.

    A question whose condition is not met is read as blank; an empty value is no answer. Every
    problem is found in one go.
    """
    page = _Page(
        sheet,
        codes=[bytearray(row.width) for row in sheet.rows],
        comments=[[] for _ in sheet.rows],
        skipped=set(),
        seen=set(),
        errors=[],
    )
    for name, value in pairs:
        page.take(name, value)
    found = [page.finish_row(place, row) for place, row in enumerate(sheet.rows)]
    answers = tuple(answer for answer in found if answer is not None)
    if not page.seen and not page.errors:
        page.errors.append(FieldError("", NOTHING_RATED))
    if page.errors:
        return Decoded((), tuple(page.errors))
    return Decoded(answers, ())
