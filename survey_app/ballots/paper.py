"""A form as the templates show it: units, questions and choices in one language, with what was
answered and what is wrong.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from forms.ballot import BallotForm, ballot_form
from forms.decoder import FieldError
from forms.definition import Text
from forms.problems import N_
from forms.questionnaire import Item, Option, Questionnaire
from forms.sheet import SKIP_VALUE, Sheet, SheetRow, field_name
from survey_app.rounds.frozen import FrozenRound

Pairs = Sequence[tuple[str, str]]
SECONDS_PER_QUESTION = 8
SHORT_CHOICE = 6  # characters of the longest choice that still fits a tile
WIDEST_TABLE = 42  # columns of choices that fit a desktop without scrolling
OVERALL = N_("总体评价")
OPINION = N_("意见建议")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to tick."""

    id: str
    code: str
    text: str
    is_checked: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one unit. `aside` holds 不了解, set apart from the scale.

    `shown_if` is (name of the deciding field, its question's number, codes, their texts).
    """

    name: str
    number: int
    kind: str
    text: str
    label: str
    choices: tuple[Choice, ...]
    aside: tuple[Choice, ...]
    value: str
    error: str
    shown_if: tuple[str, int, str, str] | None
    is_optional: bool

    @property
    def is_answered(self) -> bool:
        return bool(self.value) or any(one.is_checked for one in self.choices + self.aside)

    @property
    def has_short_choices(self) -> bool:
        return all(len(one.text) <= SHORT_CHOICE for one in self.choices)


@dataclass(frozen=True, slots=True)
class Unit:
    """One ratee on the form."""

    number: int
    name: str
    group: str
    questions: tuple[Question, ...]
    skip_field: str
    is_skipped: bool
    error: str

    @property
    def is_done(self) -> bool:
        return self.is_skipped or any(one.is_answered for one in self.questions)


@dataclass(frozen=True, slots=True)
class Section:
    """The units that are asked the same questions."""

    title: str
    units: tuple[Unit, ...]

    @property
    def is_table(self) -> bool:
        """Whether the answers of a unit fit one line of a desktop's table."""
        questions = self.units[0].questions
        return sum(len(one.choices) + len(one.aside) for one in questions) <= WIDEST_TABLE


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of the error summary: where to go, and what is wrong there."""

    target: str
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole form."""

    intro: str
    sections: tuple[Section, ...]
    faults: tuple[Fault, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(unit for section in self.sections for unit in section.units)

    @property
    def is_list(self) -> bool:
        return len(self.units) > 1

    @property
    def n_questions(self) -> int:
        return len(self.units[0].questions)

    @property
    def n_done(self) -> int:
        return sum(1 for unit in self.units if unit.is_done)

    @property
    def next_unit(self) -> Unit | None:
        """The first unit not yet rated, where some are."""
        waiting = next((unit for unit in self.units if not unit.is_done), None)
        return waiting if self.n_done else None

    @property
    def minutes(self) -> int:
        seconds = SECONDS_PER_QUESTION * sum(len(unit.questions) for unit in self.units)
        return max(1, round(seconds / 60))


@dataclass(frozen=True, slots=True)
class _Lines:
    """What turning a sheet into a paper needs at every step."""

    form: BallotForm
    language: str
    translate: Callable[[str], str]
    errors: Mapping[str, str]

    def say(self, text: str) -> str:
        return str(text.localized(self.language)) if isinstance(text, Text) else str(text)

    def given(self, name: str) -> list[str]:
        return [value for value in self.form[name].raw_data or [] if value]

    def unit(self, round_: FrozenRound, row: SheetRow, skips: Mapping[str, int]) -> Unit:
        ratee = round_.ratee(row.ratee)
        has_skip = row.skip_field in skips
        return Unit(
            number=ratee.number,
            name=ratee.name,
            group=ratee.group,
            questions=tuple(
                self.question(row, item, place)
                for place, item in enumerate(row.questionnaire.items, start=1)
            ),
            skip_field=row.skip_field if has_skip else "",
            is_skipped=has_skip and self.given(row.skip_field) == [SKIP_VALUE],
            error=self.errors.get(row.skip_field, ""),
        )

    def question(self, row: SheetRow, item: Item, place: int) -> Question:
        name = field_name(row.ratee, item.key)
        field: Any = self.form[name]
        options = row.questionnaire.scale_of(item).options if item.kind != "text" else ()
        choices = self._choices(name, options)
        has_points = any(option.points is not None for option in options)
        is_aside = [has_points and option.points is None for option in options]
        return Question(
            name=name,
            number=place,
            kind=item.kind,
            text=self.say(item.text),
            label=self._label(row.questionnaire, item),
            choices=tuple(one for one, aside in zip(choices, is_aside, strict=True) if not aside),
            aside=tuple(one for one, aside in zip(choices, is_aside, strict=True) if aside),
            value=(field.data or "") if item.kind == "text" else "",
            error=self.errors.get(name, ""),
            shown_if=self._condition(row, item),
            is_optional=not item.required,
        )

    def _choices(self, name: str, options: Iterable[Option]) -> list[Choice]:
        given = self.given(name)
        return [
            Choice(f"{name}-{place}", option.code, self.say(option.text), option.code in given)
            for place, option in enumerate(options)
        ]

    def _label(self, questionnaire: Questionnaire, item: Item) -> str:
        """The few words that stand for a question at the head of a column."""
        for dimension in questionnaire.dimensions:
            if dimension.key == item.dimension:
                return self.say(dimension.text)
        if item.kind == "text":
            return self.translate(OPINION)
        return self.translate(OVERALL) if item.key == questionnaire.overall else ""

    def _condition(self, row: SheetRow, item: Item) -> tuple[str, int, str, str] | None:
        if item.shown_if is None:
            return None
        keys = [one.key for one in row.questionnaire.items]
        decider = row.questionnaire.item(item.shown_if.item)
        by_code = row.questionnaire.scale_of(decider).by_code
        return (
            field_name(row.ratee, decider.key),
            keys.index(decider.key) + 1,
            " ".join(item.shown_if.options),
            "、".join(self.say(by_code[code].text) for code in item.shown_if.options),
        )


def paper(
    round_: FrozenRound,
    sheet: Sheet,
    language: str,
    translate: Callable[[str], str],
    given: Pairs = (),
    errors: Sequence[FieldError] = (),
) -> Paper:
    """The form of a sheet with the answers given so far and what the decoder found wrong."""
    form = ballot_form(sheet)(MultiDict(given))
    messages: dict[str, str] = {}
    for error in errors:
        messages.setdefault(error.field, error.text(translate))
    lines = _Lines(form, language, translate, messages)
    units = [lines.unit(round_, row, sheet.skips) for row in sheet.rows]
    titles = {row.ratee: lines.say(row.questionnaire.title) for row in sheet.rows}
    by_title: dict[str, list[Unit]] = {}
    for unit in units:
        by_title.setdefault(titles[unit.number], []).append(unit)
    sections = tuple(Section(title, tuple(members)) for title, members in by_title.items())
    intro = lines.say(sheet.rows[0].questionnaire.intro)
    return Paper(intro, sections, _faults(units, messages, translate))


def _faults(
    units: Sequence[Unit], messages: Mapping[str, str], translate: Callable[[str], str]
) -> tuple[Fault, ...]:
    """The summary in the order of the page; first what belongs to no field of it."""
    is_list = len(units) > 1
    found = []
    for unit in units:
        if unit.error:
            found.append((unit.skip_field, Fault(f"u-{unit.number}", unit.name, unit.error)))
        for question in unit.questions:
            if question.error:
                place = translate("第 {n} 题").format(n=question.number)
                where = f"{unit.name} · {place}" if is_list else place
                found.append((question.name, Fault(f"q-{question.name}", where, question.error)))
    known = {name for name, _ in found}
    loose = [Fault("f", "", text) for name, text in messages.items() if name not in known]
    return (*loose, *(fault for _, fault in found))
