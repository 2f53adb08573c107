"""Codes on cards: hard to guess, easy to type, forgiving of how people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.rounds.codes import (
    ALPHABET,
    MistypedCodeError,
    display,
    new_qr,
    new_typed,
    read_code,
)

bodies = st.integers(0, 10_000).map(lambda _: new_typed())


def test_codes_are_long_enough_and_never_alike() -> None:
    qr, typed = {new_qr() for _ in range(2000)}, {new_typed() for _ in range(2000)}
    assert (len(qr), len(typed)) == (2000, 2000)
    assert {len(one) for one in qr} == {26}
    assert {len(one) for one in typed} == {13}


@given(bodies)
def test_a_code_is_read_however_it_is_written(code: str) -> None:
    for written in (code.lower(), display(code), f" {display(code)} ".replace("-", " ")):
        assert read_code(written).text == code
    assert read_code(code.replace("1", "l").replace("0", "o").replace("V", "u")).text == code


@given(bodies, st.integers(0, 12), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(code: str, place: int, other: str) -> None:
    if code[place] != other:
        with pytest.raises(MistypedCodeError):
            read_code(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "  ", "12345", "！@#", "A" * 25, "A" * 27, "你好你好你好你好你好你好你"]
)
def test_what_cannot_be_a_code_is_refused_before_any_look_up(text: str) -> None:
    with pytest.raises(MistypedCodeError):
        read_code(text)
