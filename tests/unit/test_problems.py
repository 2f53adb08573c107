"""Problems for people, and the one spelling a digest is taken of."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.problems import InputError, Problem, canonical_json, digest, plain

PROBLEM = Problem("a.csv:3", "单位 {name} 不存在", "请改为 {guess}", {"name": "统计", "guess": "x"})


def test_a_problem_says_place_message_and_remedy() -> None:
    assert PROBLEM.text() == "a.csv:3：单位 统计 不存在。请改为 x。"


def test_a_problem_is_translated_before_it_is_filled() -> None:
    catalog = {
        "单位 {name} 不存在": "no unit {name}",
        "请改为 {guess}": "use {guess}",
        "统计": "stats",
    }
    assert PROBLEM.text(lambda text: catalog.get(text, text)) == "a.csv:3：no unit stats。use x。"


def test_braces_in_a_value_are_only_text() -> None:
    problem = Problem("x", "{name}", "删去", {"name": "{0.__class__}"})
    assert problem.text() == "x：{0.__class__}。删去。"


def test_an_input_error_lists_all_problems() -> None:
    assert str(InputError([PROBLEM, PROBLEM])).count("a.csv:3") == 2


def test_canonical_json_has_one_spelling() -> None:
    decomposed = "e\u0301"
    value = {"b": [Decimal("30.00"), True, None], "a": decomposed, "数": -1}
    assert canonical_json(value).decode() == '{"a":"é","b":["30",true,null],"数":-1}'


def test_digest_is_the_sha256_of_canonical_json() -> None:
    # echo -n '{}' | sha256sum
    assert digest({}) == ("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, {1: "a"}, b"x", {1, 2}])
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_plain_notation_keeps_the_number_and_one_spelling(number: Decimal) -> None:
    text = plain(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert plain(Decimal(text)) == text
