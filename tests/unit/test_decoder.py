"""What a submitted page is read as, and what is refused with which words."""

import pytest

from forms.decoder import (
    FOREIGN_FIELD,
    LONG_TEXT,
    MISSING_ANSWER,
    NOTHING_RATED,
    REPEATED_FIELD,
    SKIPPED_AND_RATED,
    UNKNOWN_OPTION,
    UNTOUCHED_RATEE,
    Decoded,
    RateeAnswers,
    clean_text,
    decode,
)
from forms.questionnaire import library
from forms.sheet import Sheet

UNIT = Sheet.prepare([(7, library()["unit"].short())])
SERVICE = Sheet.prepare([(1, library()["service"])])
LEADER = Sheet.prepare([(2, library()["leader"]), (3, library()["leader"])])

GOOD_UNIT = [("7.D1", "5"), ("7.D3", "4"), ("7.D5", "9"), ("7.D7", "1"), ("7.D0", "3")]
GOOD_SERVICE = [(f"1.S{n}", "4") for n in (1, 2, 3, 4, 5, 6, 7)]
GOOD_LEADER = [(f"2.L{n}", "4") for n in (1, 2, 3, 4, 5, 0)]


def refusals(decoded: Decoded) -> list[tuple[str, str]]:
    assert decoded.answers == ()
    return [(error.field, error.message) for error in decoded.errors]


def test_options_become_the_numbers_of_the_columns() -> None:
    # Columns of the short form: D1 D3 D5 D7 D0 C1; C1 was left blank.
    assert decode(GOOD_UNIT, UNIT) == Decoded((RateeAnswers(7, bytes([5, 4, 9, 1, 3, 0]), ()),), ())


def test_the_order_of_the_fields_does_not_matter() -> None:
    assert decode(reversed(GOOD_UNIT), UNIT) == decode(GOOD_UNIT, UNIT)


def test_a_comment_is_kept_apart_from_the_columns() -> None:
    decoded = decode([*GOOD_UNIT, ("7.T1", " 窗口\x00太少\r\n\u202e请增加 ")], UNIT)
    assert decoded.answers[0].comments == (("T1", "窗口太少\n请增加"),)


def test_what_the_page_needs_for_itself_is_no_answer() -> None:
    own = [("nonce", "x"), ("nonce", "y"), ("code", "1"), ("elder", "1"), ("lang", "en")]
    assert decode([*own, *GOOD_UNIT], UNIT).errors == ()


@pytest.mark.parametrize(
    ("extra", "refused"),
    [
        (("7.D2", "5"), ("7.D2", FOREIGN_FIELD)),  # not of the short form
        (("8.D1", "5"), ("8.D1", FOREIGN_FIELD)),  # another ratee
        (("7.skip", "1"), ("7.skip", FOREIGN_FIELD)),  # one ratee cannot be skipped
        (("x" * 9000, "5"), ("x" * 64, FOREIGN_FIELD)),
        (("7.D1", "5"), ("7.D1", REPEATED_FIELD)),
        (("7.D1", "4"), ("7.D1", REPEATED_FIELD)),
        (("7.C1", "5"), ("7.C1", UNKNOWN_OPTION)),  # an option of another scale
        (("7.T1", "字" * 201), ("7.T1", LONG_TEXT)),
    ],
)
def test_what_does_not_belong_refuses_the_whole_page(
    extra: tuple[str, str], refused: tuple[str, str]
) -> None:
    assert refusals(decode([*GOOD_UNIT, extra], UNIT)) == [refused]


def test_200_characters_are_enough_and_the_excess_is_counted() -> None:
    assert decode([*GOOD_UNIT, ("7.T1", "字" * 200)], UNIT).errors == ()
    error = decode([*GOOD_UNIT, ("7.T1", "字" * 203)], UNIT).errors[0]
    assert error.text(str) == "最多 200 个字，现有 203 个字，请缩短"


def test_every_missing_and_wrong_answer_is_told_at_once() -> None:
    page = [("7.D1", ""), ("7.D3", "4"), ("7.D5", "满意"), ("7.D0", "3")]
    assert refusals(decode(page, UNIT)) == [
        ("7.D5", UNKNOWN_OPTION),
        ("7.D1", MISSING_ANSWER),
        ("7.D7", MISSING_ANSWER),
    ]


def test_several_reasons_become_one_bit_mask() -> None:
    # attitude is the 1st option (1), time the 3rd (4), other the 8th (128).
    page = [*GOOD_SERVICE, ("1.S0", "2")]
    page += [("1.S8", "attitude"), ("1.S8", "other"), ("1.S8", "time")]
    assert decode(page, SERVICE).answers[0].codes[8] == 1 + 4 + 128


def test_a_reason_named_twice_is_refused() -> None:
    page = [*GOOD_SERVICE, ("1.S0", "2"), ("1.S8", "time"), ("1.S8", "time")]
    assert refusals(decode(page, SERVICE)) == [("1.S8", REPEATED_FIELD)]


def test_reasons_of_somebody_content_are_not_kept() -> None:
    page = [*GOOD_SERVICE, ("1.S0", "4"), ("1.S8", "time")]
    assert decode(page, SERVICE).answers[0].codes[8] == 0


def test_a_ratee_the_rater_does_not_know_is_left_out() -> None:
    decoded = decode([*GOOD_LEADER, ("3.skip", "1")], LEADER)
    assert [answer.ratee for answer in decoded.answers] == [2]


@pytest.mark.parametrize(
    ("page", "refused"),
    [
        (GOOD_LEADER, [("3.skip", UNTOUCHED_RATEE)]),
        (
            [*GOOD_LEADER, ("3.skip", "yes")],
            [("3.skip", UNKNOWN_OPTION), ("3.skip", UNTOUCHED_RATEE)],
        ),
        ([*GOOD_LEADER, ("2.skip", "1"), ("3.skip", "1")], [("2.skip", SKIPPED_AND_RATED)]),
        ([("2.skip", "1"), ("3.skip", "1")], [("", NOTHING_RATED)]),
        ([("2.skip", "1"), ("2.skip", "1"), ("3.skip", "1")], [("2.skip", REPEATED_FIELD)]),
        ([], [("2.skip", UNTOUCHED_RATEE), ("3.skip", UNTOUCHED_RATEE)]),
    ],
)
def test_a_list_of_ratees_is_finished_one_by_one(
    page: list[tuple[str, str]], refused: list[tuple[str, str]]
) -> None:
    assert refusals(decode(page, LEADER)) == refused


def test_a_sheet_needs_ratees_each_once() -> None:
    with pytest.raises(ValueError, match="each once"):
        Sheet.prepare([])
    with pytest.raises(ValueError, match="each once"):
        Sheet.prepare([(1, library()["unit"]), (1, library()["leader"])])


def test_a_comment_keeps_its_lines_and_nothing_invisible() -> None:
    assert clean_text("\ufeffa\tb\rc\r\n\x07d\ud800 ") == "\ufeffa\tb\nc\nd"
