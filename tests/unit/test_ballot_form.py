"""The form judges as the decoder does, whatever the page says."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from forms.ballot import BallotForm, ballot_form
from forms.decoder import decode
from forms.questionnaire import Questionnaire, library
from forms.sheet import Sheet

OPTIONAL = b"""
key = "optional"
version = "1"
title = "t"
[[scale]]
key = "s"
options = [{code = "a", text = "a"}, {code = "b", text = "b"}]
[[item]]
key = "A"
scale = "s"
text = "A"
[[item]]
key = "B"
scale = "s"
text = "B"
shown_if = {item = "A", options = ["b"]}
[[item]]
key = "C"
kind = "multiple"
scale = "s"
text = "C"
required = true
shown_if = {item = "B", options = ["a"]}
[[item]]
key = "T"
kind = "text"
text = "T"
required = true
shown_if = {item = "A", options = ["b"]}
"""
CONDITIONAL = Questionnaire.load(OPTIONAL)

SHEETS = {
    "citizen": Sheet.prepare([(4, library()["unit"].short())]),
    "service": Sheet.prepare([(0, library()["service"])]),
    "leader": Sheet.prepare([(1, library()["leader"]), (2, library()["leader"])]),
    "conditional": Sheet.prepare([(1, CONDITIONAL)]),
    "conditional list": Sheet.prepare([(1, CONDITIONAL), (12, CONDITIONAL)]),
}
Page = list[tuple[str, str]]


def form_of(sheet: Sheet, page: Sequence[tuple[str, str]]) -> BallotForm:
    return ballot_form(sheet)(MultiDict(page))


def same_verdict(sheet: Sheet, page: Page) -> bool:
    decoded = decode(page, sheet)
    form = form_of(sheet, page)
    accepted = form.validate()
    assert accepted == (not decoded.errors), (page, decoded.errors, form.errors, form.page_errors)
    if not accepted:
        blamed = {name for name in form.errors if name} | {e.field for e in form.page_errors}
        assert {error.field for error in decoded.errors} == blamed
    return accepted


@st.composite
def complete_pages(draw: st.DrawFn, sheet: Sheet) -> Page:
    """Pages that answer every question, or skip a ratee where that is possible."""
    page: Page = []
    rated = draw(st.integers(0, len(sheet.rows) - 1))
    for place, row in enumerate(sheet.rows):
        if place != rated and draw(st.booleans()):
            page.append((row.skip_field, "1"))
            continue
        for field in row.fields:
            if field.kind == "text":
                page.append((field.name, draw(st.text(max_size=30)) + "x"))
            elif field.kind == "single":
                page.append((field.name, draw(st.sampled_from(sorted(field.numbers)))))
            else:
                codes = draw(st.sets(st.sampled_from(sorted(field.numbers)), min_size=1))
                page += [(field.name, code) for code in codes]
    return draw(st.permutations(page))


@st.composite
def damaged_pages(draw: st.DrawFn, sheet: Sheet) -> Page:
    """Pages with fields left out, repeated, exchanged or invented."""
    page = list(draw(complete_pages(sheet)))
    names = st.sampled_from([*sheet.fields, *sheet.skips, "1.skip", "9.D1", "nonce", "csrf_token"])
    codes = {code for field in sheet.fields.values() for code in field.numbers}
    values = st.sampled_from([*sorted(codes), "", "1", "x", " ", "\x00", "字" * 201]) | st.text()
    page = draw(st.lists(st.sampled_from(page), max_size=len(page) + 2)) if page else page
    return page + draw(st.lists(st.tuples(names, values), max_size=4))


@pytest.mark.parametrize("name", SHEETS)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_complete_page_is_accepted_by_both(name: str, data: st.DataObject) -> None:
    sheet = SHEETS[name]
    assert same_verdict(sheet, data.draw(complete_pages(sheet)))


@pytest.mark.parametrize("name", SHEETS)
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_page_gets_the_same_verdict_and_the_same_fields_are_blamed(
    name: str, data: st.DataObject
) -> None:
    sheet = SHEETS[name]
    same_verdict(sheet, data.draw(damaged_pages(sheet)))


@given(page=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=6))
@example(page=[])
@example(page=[("sheet", "1")])
@example(page=[("validate", "1"), ("data", "1"), ("errors", "x")])
@settings(deadline=None)
def test_noise_is_never_accepted(page: Page) -> None:
    for sheet in SHEETS.values():
        assert not same_verdict(sheet, page)


def test_the_form_keeps_every_answer_typed() -> None:
    page = [("4.D1", "5"), ("4.D3", "x"), ("4.T1", "请<b>改进")]
    form = form_of(SHEETS["citizen"], page)
    assert not form.validate()
    assert form["4.D1"].data == "5"
    assert 'value="5"' in str(form["4.D1"])
    assert "checked" in str(form["4.D1"])
    assert "请&lt;b&gt;改进" in str(form["4.T1"])


def test_the_form_is_made_once_a_sheet_and_offers_its_options() -> None:
    sheet = SHEETS["leader"]
    assert ballot_form(sheet) is ballot_form(sheet)
    form = ballot_form(sheet)()
    assert [choice.value for choice in form["2.L1"].choices] == ["4", "3", "2", "1", "9"]
    assert 'value="1"' in str(form["2.skip"])
    assert "checked" not in "".join(str(field) for field in form)
