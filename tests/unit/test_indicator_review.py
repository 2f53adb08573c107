"""What full marks must add up to, and what is warned of before indicators are used."""

from dataclasses import replace
from decimal import Decimal

import pytest

from analysis.indicator_review import IndicatorWarning, mark_words, review
from analysis.indicators import score_indicators
from analysis.inputs import IndicatorRow, RateeRow
from analysis.scheme import Scheme
from forms.problems import InputError

SCHEME = """
key = "s"
version = "1"
title = "s"
vague_words = ["马马虎虎"]
[[component]]
key = "targets"
name = "指标考核"
weight = "100"
source = "indicators"
[component.points]
{rule}
"""
UNITS = [RateeRow(f"u{n}", f"第{n}局", "unit", "") for n in range(1, 11)]


def scheme(rule: str = "") -> Scheme:
    return Scheme.load(SCHEME.format(rule=rule).encode())


def row(code: str, points: str, attribute: str = "", ratee: str = "u1") -> IndicatorRow:
    return IndicatorRow(
        indicator=code,
        name=f"指标{code}",
        ratee=ratee,
        component="",
        kind="quantitative",
        points=Decimal(points),
        target=Decimal(100),
        actual=Decimal(90),
        method="completion",
        attribute=attribute,
    )


def refused(rule: str, *rows: IndicatorRow) -> list[str]:
    with pytest.raises(InputError) as caught:
        score_indicators(scheme(rule), UNITS, rows)
    return [problem.text() for problem in caught.value.problems]


def warned(rule: str, *rows: IndicatorRow) -> list[IndicatorWarning]:
    used = scheme(rule)
    results = score_indicators(used, UNITS, rows).results
    return list(review(used, UNITS, rows, results))


def test_001_b_seven_indicators_must_make_100() -> None:
    seven = [row(f"A{n}", "14") for n in range(6)]
    assert refused('total = "100"', *seven, row("A7", "15")) == [
        "第1局：「指标考核」各项指标的分值相加是 99，总分必须为100。请改正分值，或补上缺少的指标。"
    ]
    score_indicators(scheme('total = "100"'), UNITS, [*seven, row("A7", "16")])


def test_002_i_five_common_make_40_and_five_specific_60() -> None:
    rule = 'by_attribute = { "共性" = "40", "个性" = "60" }'
    common = [row(f"C{n}", "8", "共性") for n in range(5)]
    own = [row(f"S{n}", "12", "个性") for n in range(5)]
    score_indicators(scheme(rule), UNITS, [*common, *own])
    assert refused(rule, *common, *own[1:], row("S9", "11", "个性")) == [
        "第1局：「指标考核」属性为个性的指标分值相加是 59，必须为60。"
        "请改正分值或属性，或补上缺少的指标。"
    ]


def test_several_assessors_do_not_double_the_points() -> None:
    marks = [
        replace(row("A", "100"), method="marks", target=None, assessor=who) for who in ("甲", "乙")
    ]
    score_indicators(scheme('total = "100"'), UNITS, marks)


def test_001_e_a_common_indicator_of_8_points_is_out_of_range() -> None:
    rule = '[component.points.ranges]\n"共性" = { low = "10", high = "15" }'
    said = warned(rule, row("A", "8", "共性"), row("B", "10", "共性"), row("C", "8", "个性"))
    assert [one.told() for one in said] == [
        "A 指标A：分值 8 不在共性指标通常的 10–15 分之间。请核对分值，确实如此时可以确认。"
    ]


@pytest.mark.parametrize(("own", "n"), [("40", 1), ("60", 1), ("61", 0)])
def test_004_d_the_posts_own_work_should_weigh_more(own: str, n: int) -> None:
    said = warned('emphasis = "本职"', row("A", "60", "公共"), row("B", own, "本职"))
    assert [one.kind for one in said] == ["emphasis"] * n
    if own == "40":
        assert "应侧重本职，现在只占 100 分中的 40 分" in said[0].told()


@pytest.mark.parametrize("word", ["重视不够", "不到位", "酌情扣分", "不准确", "适当加分"])
def test_004_c_vague_wording_is_found(word: str) -> None:
    vague = replace(row("A", "10"), standard=f"上报材料{word}的，扣分")
    (one,) = warned("", vague, row("B", "10"))
    assert (one.kind, one.words, one.text) == ("vague", (word,), vague.standard)
    assert f"评分标准表述含糊：{word}" in one.told()


def test_words_of_the_scheme_count_and_a_clear_standard_is_left_alone() -> None:
    own = replace(row("A", "10"), standard="工作马马虎虎的扣 1 分")
    clear = replace(row("B", "10"), standard="每迟报一次扣 0.5 分，扣完为止")
    assert [one.words for one in warned("", own, clear)] == [("马马虎虎",)]


def test_the_same_standard_is_told_once_and_its_key_stays() -> None:
    rows = [
        replace(row("A", "10", ratee=unit.key), standard="协调不到位的酌情扣分")
        for unit in UNITS[:3]
    ]
    (one,) = warned("", *rows)
    assert one.words == ("协调不到位", "酌情扣分")
    assert one.n == 3
    assert warned("", rows[0])[0].key == one.key
    assert warned("", replace(rows[0], standard="酌情"))[0].key != one.key


def test_marked_words_keep_the_text_whole() -> None:
    text = "协调不到位的，酌情扣分"
    pieces = mark_words(text, ("不到位", "协调不到位", "酌情", "酌情扣分"))
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, is_hit in pieces if is_hit] == ["协调不到位", "酌情扣分"]
    assert mark_words(text, ()) == ((text, False),)
    assert mark_words("", ("x",)) == ()


@pytest.mark.parametrize(("n", "full", "is_told"), [(10, 9, True), (10, 8, False), (4, 4, False)])
def test_an_indicator_at_which_nearly_all_have_full_marks(
    n: int, full: int, *, is_told: bool
) -> None:
    rows = [
        replace(row("A", "10", ratee=unit.key), actual=Decimal(100 if place < full else 50))
        for place, unit in enumerate(UNITS[:n])
    ]
    said = [one.told() for one in warned("", *rows)]
    assert ("10 个评议对象中 9 个满分（90.0%）" in "".join(said)) == is_told
