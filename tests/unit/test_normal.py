"""Text in Unicode's normal form: as the standard has it, at a cost that grows with its length."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.normal import MOST_MARKS, normal

MARKS = "\u0301\u0316\u0327\u0f73\uff9e\u0344"
LETTERS = st.characters(exclude_categories=["Cs", "Mn"])
WRITTEN = st.lists(st.tuples(LETTERS, st.text(MARKS, max_size=5)).map("".join), max_size=200)


@given(WRITTEN.map("".join), st.sampled_from(["NFC", "NFKC"]))
def test_what_people_write_is_normal_as_unicode_says(text: str, form: str) -> None:
    assert normal(text, form) == unicodedata.normalize(form, text)  # type: ignore[arg-type]


@given(st.text(MARKS + "aé字", min_size=1000, max_size=3000))
def test_no_letter_keeps_more_marks_than_can_be_ordered_cheaply(text: str) -> None:
    done = unicodedata.normalize("NFKD", normal(text))
    starts = [n for n, one in enumerate(done) if unicodedata.combining(one) == 0]
    assert max(after - before for before, after in pairwise([-1, *starts, len(done)])) <= (
        2 * MOST_MARKS + 2  # a mark may be two in one
    )


@pytest.mark.parametrize("marks", ["\u0301" + "\u0316", "\u0f73", "\uff9e"])
def test_a_megabyte_of_marks_on_one_letter_becomes_a_short_text(marks: str) -> None:
    assert len(normal("e" + marks * (1_000_000 // len(marks)))) <= 2 * MOST_MARKS + 1
