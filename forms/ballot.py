"""The Flask-WTF form of a sheet: renders the page, again with its errors where there are any.

It judges as the decoder does, by its own rules; a test holds the two against each other.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, RadioField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from forms.decoder import (
    FOREIGN_FIELD,
    LONG_TEXT,
    MISSING_ANSWER,
    NOTHING_RATED,
    REPEATED_FIELD,
    SKIPPED_AND_RATED,
    UNKNOWN_OPTION,
    UNTOUCHED_RATEE,
    FieldError,
    clean_text,
)
from forms.problems import N_
from forms.questionnaire import Item, Questionnaire
from forms.sheet import IGNORED_FIELDS, MAX_COMMENT, SKIP_VALUE, Sheet, SheetRow, field_name

SKIP_LABEL = N_("不了解该单位")


def _given(field: Field) -> list[str]:
    return [value for value in field.raw_data or [] if value]


class OneOf:
    """At most one answer, from the item's own options."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        given = _given(field)
        codes = {choice.value for choice in field.choices}
        if any(value not in codes for value in given):
            raise StopValidation(UNKNOWN_OPTION)
        if len(given) > 1:
            raise StopValidation(REPEATED_FIELD)


class SomeOf:
    """Any answers from the item's own options, each once."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        given = _given(field)
        codes = {choice.value for choice in field.choices}
        if any(value not in codes for value in given):
            raise StopValidation(UNKNOWN_OPTION)
        if len(set(given)) < len(given):
            raise StopValidation(REPEATED_FIELD)


class ShortText:
    """At most one text of at most 200 characters once it is cleaned."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        given = [clean_text(value) for value in _given(field)]
        if sum(1 for text in given if text) > 1:
            raise StopValidation(REPEATED_FIELD)
        for text in given:
            if len(text) > MAX_COMMENT:
                raise StopValidation(LONG_TEXT.format(limit=MAX_COMMENT, length=len(text)))


class SkipMark:
    """A skip box ticked once, or not at all."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        given = _given(field)
        if any(value != SKIP_VALUE for value in given):
            raise StopValidation(UNKNOWN_OPTION)
        if len(given) > 1:
            raise StopValidation(REPEATED_FIELD)


class BallotForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """What every ballot page has in common; `ballot_form` adds the fields of one sheet.

    `page_errors` holds what belongs to no field of the page, after `validate`.
    """

    sheet: Sheet

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # flask_wtf is untyped
        csrf = False  # a rater's page is guarded by its nonce
        locales = False

        def get_translations(self, form: FlaskForm) -> None:
            """Messages are ours; the page translates them."""

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        self.submitted = list(formdata) if formdata is not None else []
        self.page_errors: list[FieldError] = []
        super().__init__(formdata=formdata, **kwargs)

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether the decoder would accept the same page."""
        fields_are_fine = super().validate(extra_validators)
        self.page_errors = [
            FieldError(name, FOREIGN_FIELD)
            for name in self.submitted
            if name not in self and name not in IGNORED_FIELDS
        ]
        rows_are_fine = [self._validate_row(row) for row in self.sheet.rows]
        is_fine = fields_are_fine and all(rows_are_fine) and not self.page_errors
        if is_fine and not self._is_anything_answered():
            self.page_errors.append(FieldError("", NOTHING_RATED))
        return is_fine and not self.page_errors

    def _is_anything_answered(self) -> bool:
        return any(
            self._is_answered(row, item)
            for row in self.sheet.rows
            for item in row.questionnaire.items
        )

    def _is_skipped(self, row: SheetRow) -> bool:
        return bool(self.sheet.skips) and SKIP_VALUE in _given(self[row.skip_field])

    def _is_answered(self, row: SheetRow, item: Item) -> bool:
        given = _given(self[field_name(row.ratee, item.key)])
        return any(clean_text(value) for value in given) if item.kind == "text" else bool(given)

    def _validate_row(self, row: SheetRow) -> bool:
        items = row.questionnaire.items
        touched = any(self._is_answered(row, item) for item in items)
        if self._is_skipped(row):
            return not touched or self._refuse(row.skip_field, SKIPPED_AND_RATED)
        if self.sheet.skips and not touched:
            return self._refuse(row.skip_field, UNTOUCHED_RATEE)
        shown: set[str] = set()
        missing = []
        for item in items:
            if self._is_asked(row, item, shown):
                shown.add(item.key)
                if item.required and not self._is_answered(row, item):
                    missing.append(field_name(row.ratee, item.key))
        for name in missing:
            self._refuse(name, MISSING_ANSWER)
        return not missing

    def _is_asked(self, row: SheetRow, item: Item, shown: set[str]) -> bool:
        condition = item.shown_if
        if condition is None:
            return True
        given = _given(self[field_name(row.ratee, condition.item)])
        return condition.item in shown and any(code in condition.options for code in given[:1])

    def _refuse(self, name: str, message: str) -> bool:
        self[name].errors = [*self[name].errors, message]
        return False


def _item_field(questionnaire: Questionnaire, item: Item) -> Any:
    if item.kind == "text":
        return TextAreaField(item.text, [ShortText()])
    choices = [
        SelectChoice(option.code, option.text) for option in questionnaire.scale_of(item).options
    ]
    if item.kind == "single":
        return RadioField(item.text, [OneOf()], choices=choices, validate_choice=False)
    return SelectMultipleField(
        item.text,
        [SomeOf()],
        choices=choices,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def _fields(rows: Iterable[SheetRow], skips: dict[str, int]) -> Iterable[tuple[str, Any]]:
    for row in rows:
        for item in row.questionnaire.items:
            yield field_name(row.ratee, item.key), _item_field(row.questionnaire, item)
        if row.skip_field in skips:
            yield (
                row.skip_field,
                BooleanField(SKIP_LABEL, [SkipMark()], render_kw={"value": SKIP_VALUE}),
            )


@lru_cache(maxsize=64)
def ballot_form(sheet: Sheet) -> type[BallotForm]:
    """The form class of a sheet; fields are named as in the page ("3.D1", "3.skip")."""
    fields = dict(_fields(sheet.rows, sheet.skips))
    return type("SheetForm", (BallotForm,), {**fields, "sheet": sheet})
