"""Conditions: what each of them holds for, and what is said of it."""

from decimal import Decimal

import pytest

from analysis.composition import Composed
from analysis.earlier import Earlier
from analysis.inputs import HistoryRow, RateeRow, VetoRow
from analysis.scheme import Scheme
from analysis.scheme.conditions import Condition
from analysis.standing import Stage, Standing, Standings
from analysis.verdicts import all_hold, ask, why
from forms.definition import Section
from forms.problems import Problem
from tests.unit.marked import SIX, quarters, scheme_of, totals, units

SIX_GRADES = scheme_of(SIX)


def condition(**said: object) -> Condition:
    problems: list[object] = []
    made = Condition.read(Section(said, "", problems))
    assert not problems
    return made


def standings(
    *history: HistoryRow,
    period: str = "2026",
    stage: Stage = "graded",
    ratees: list[RateeRow] | None = None,
    marks: dict[str, str] | None = None,
    vetoes: tuple[VetoRow, ...] = (),
    scheme: Scheme = SIX_GRADES,
    grades: dict[str, str] | None = None,
) -> Standings:
    made = totals(scheme, ratees or units("a"), marks or {}, vetoes)
    found = Standings(
        scheme, map(_standing, made.values()), Earlier(scheme.key, history, period), stage
    )
    found.grades = grades or {}
    return found


def _standing(one: Composed) -> Standing:
    return Standing(one.ratee, one.total, one.counted_exact, one.nodes, one.vetoes)


def said(found: Standings, one: Condition, ratee: str = "a") -> tuple[bool | None, str]:
    (verdict,) = ask(found, [one], ratee)
    return verdict.holds, verdict.why.text()


def years(*words: str, series: str = "t", last: int = 2025) -> list[HistoryRow]:
    """Results of years up to `last`; "-" is a year without one."""
    first = last - len(words) + 1
    return [
        HistoryRow("a", str(first + number), word, series)
        for number, word in enumerate(words)
        if word != "-"
    ]


# counts ------------------------------------------------------------------------------------------


def test_grades_are_counted_in_the_series_and_the_span() -> None:
    found = standings(
        *quarters("a", "好 较好 好 一般"),
        *quarters("a", "好 好 好 好", year=2025),
        *quarters("a", "好 好 好 好", year=2027),  # later than the round: not yet
        *quarters("a", "好 好 好 好", series="other"),
        *quarters("b", "好 好 好 好"),
    )
    two = condition(grades=["好"], series="quarterly", span="period", at_least=2)
    assert said(found, two) == (True, "2026年第一季度—2026年第四季度「好」2 次，达到 2 次")
    three = condition(grades=["好"], series="quarterly", span="period", at_least=3)
    assert said(found, three) == (False, "2026年第一季度—2026年第四季度「好」2 次，应至少 3 次")
    earlier = condition(grades=["好"], series="quarterly", at_most=3)
    assert said(found, earlier) == (False, "2025年第一季度—2025年第四季度「好」4 次，应至多 3 次")
    everything = condition(grades=["好", "较好"], series="quarterly", span="all", at_least=7)
    assert said(found, everything) == (
        True,
        "2025年第一季度—2026年第四季度「好、较好」7 次，达到 7 次",
    )
    none = condition(grades=["较差"], series="quarterly", span="all", at_most=0)
    assert said(found, none)[0] is True


def test_a_number_of_times_can_have_both_bounds() -> None:
    one_or_two = condition(grades=["好"], series="quarterly", span="all", at_least=1, at_most=2)
    for words, holds in (("较好", False), ("好", True), ("好 好", True), ("好 好 好", False)):
        assert said(standings(*quarters("a", words)), one_or_two)[0] is holds


def test_the_schemes_own_grades_go_by_key_or_name_and_others_as_written() -> None:
    own = standings(*years("优秀", "g0", "良好"))
    for word in ("g0", "优秀"):
        assert said(own, condition(grades=[word], at_least=2)) == (
            True,
            "2023年—2025年「优秀」2 次，达到 2 次",
        )
    others = standings(*years("优秀", "g0", series="u"))
    assert said(others, condition(grades=["g0"], series="u", at_least=2))[0] is False
    assert said(others, condition(grades=["g0"], series="u", at_least=1))[0] is True


def test_a_row_without_a_series_is_the_schemes_own() -> None:
    found = standings(*years("优秀", series=""))
    assert said(found, condition(grades=["优秀"], at_least=1))[0] is True
    assert said(found, condition(grades=["优秀"], series="t", at_least=1))[0] is True
    assert said(found, condition(grades=["优秀"], series="u", at_least=1))[0] is False


def test_what_the_round_itself_left_behind_is_not_counted_beside_its_result() -> None:
    rows = [HistoryRow("a", "2026", "不合格", "t"), *years("不合格")]
    twice = condition(grades=["不合格"], span="all", at_least=2)
    assert said(standings(*rows), twice)[0] is False
    assert said(standings(*rows, grades={"a": "g5"}), twice)[0] is True  # 2025, and the one now


def test_the_present_grade_counts_in_its_period_and_not_before() -> None:
    found = standings(*years("优秀"), grades={"a": "g0"})
    assert said(found, condition(grades=["优秀"], at_least=2))[0] is False
    assert said(found, condition(grades=["优秀"], span="period", at_least=1))[0] is True
    assert said(found, condition(grades=["优秀"], span="all", at_least=2))[0] is True


def test_without_a_period_of_the_round_everything_is_earlier() -> None:
    found = standings(*quarters("a", "好 好"), period="")
    assert said(found, condition(grades=["好"], series="quarterly", at_least=2))[0] is True
    within = condition(grades=["好"], series="quarterly", span="period", at_least=2)
    assert said(found, within) == (None, "本轮没有写期间，无从统计期内的「好」")


def test_a_score_without_a_grade_is_no_result_of_grades() -> None:
    rows = [*quarters("a", "较差 较差"), HistoryRow("a", "2026-Q3", "", "quarterly", Decimal(80))]
    every = condition(grades=["较差"], series="quarterly", span="period", every=True)
    assert said(standings(*rows), every)[0] is True


# every -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "holds", "sentence"),
    [
        ("较差 较差 较差 较差", True, "2026年第一季度—2026年第四季度共 4 次，都是「较差」"),
        ("- - 较差 较差", True, "2026年第三季度—2026年第四季度共 2 次，都是「较差」"),
        ("- - - 较差", None, "2026年第四季度只有 1 次结果，都是「较差」，不足 2 次"),
        ("较差 一般", False, "2026年第一季度—2026年第二季度共 2 次，其中「较差」1 次"),
        ("-", False, "共 0 次，其中「较差」0 次"),
    ],
)
def test_every_wants_all_on_record_and_at_least_two(
    words: str, holds: bool | None, sentence: str
) -> None:
    found = standings(*quarters("a", words))
    every = condition(grades=["较差"], series="quarterly", span="period", every=True)
    assert said(found, every) == (holds, sentence)


def test_every_may_ask_for_more_or_fewer() -> None:
    found = standings(*quarters("a", "较差 较差"))
    for at_least, holds in ((1, True), (2, True), (3, None)):
        every = condition(
            grades=["较差"], series="quarterly", span="period", every=True, at_least=at_least
        )
        assert said(found, every)[0] is holds


# in a row ----------------------------------------------------------------------------------------

TWICE = condition(grades=["不合格"], consecutive=2)


def test_000_d_two_years_running_and_a_good_year_between_resets() -> None:
    failed = {"a": "g5"}
    assert said(standings(*years("不合格"), grades=failed), TWICE) == (
        True,
        "连续 2 期为「不合格」（2026年不合格、2025年不合格）",
    )
    assert said(standings(*years("不合格", "合格"), grades=failed), TWICE) == (
        False,
        "没有连续 2 期为「不合格」（最近：2026年不合格、2025年合格）",
    )
    assert said(standings(*years("不合格", "不合格"), grades={"a": "g2"}), TWICE)[0] is False


def test_a_year_without_a_result_breaks_the_row() -> None:
    assert said(standings(*years("不合格", "-"), grades={"a": "g5"}), TWICE) == (
        False,
        "没有连续 2 期为「不合格」（最近：2026年不合格）",
    )


def test_once_grades_are_given_who_has_none_has_no_row() -> None:
    rows = years("不合格", "不合格")
    assert said(standings(*rows), TWICE)[0] is False
    assert said(standings(*rows, stage="grading"), TWICE)[0] is True
    assert said(standings(*rows, stage="history"), TWICE)[0] is True


def test_a_row_is_of_one_length_of_period() -> None:
    rows = [*years("不合格"), HistoryRow("a", "2025-H2", "合格", "t")]
    assert said(standings(*rows, grades={"a": "g5"}), TWICE)[0] is True


def test_without_a_period_the_present_result_follows_the_latest() -> None:
    assert said(standings(*years("不合格"), period="", grades={"a": "g5"}), TWICE)[0] is True


def test_an_unreadable_period_ends_a_row() -> None:
    rows = [HistoryRow("a", "上年度", "不合格", "t")]
    assert said(standings(*rows, grades={"a": "g5"}), TWICE)[0] is False


def test_a_row_in_another_series_needs_no_present_result() -> None:
    three = condition(grades=["好"], series="quarterly", span="period", consecutive=3)
    assert said(standings(*quarters("a", "较好 好 好 好")), three)[0] is True
    assert said(standings(*quarters("a", "好 好 好 较好")), three)[0] is False
    assert said(standings(*quarters("a", "好 - 好 好")), three)[0] is False


def test_once_is_the_present_grade() -> None:
    once = condition(grades=["优秀"], consecutive=1)
    assert said(standings(grades={"a": "g0"}), once) == (True, "2026年为「优秀」")
    assert said(standings(grades={"a": "g1"}), once)[0] is False
    assert said(standings(*years("优秀")), once)[0] is False


# the unit ----------------------------------------------------------------------------------------

GOOD_UNIT = condition(parent=["g0", "良好"])


def test_the_units_grade_is_asked_by_key_or_name_of_the_parent() -> None:
    ratees = [
        RateeRow("u", "教育局", "unit", ""),
        RateeRow("h1", "人员0001", "head", "", "person", "u"),
        RateeRow("h2", "人员0002", "head", "", "person", "教育局"),
    ]
    for key in ("h1", "h2"):
        good = standings(ratees=ratees, grades={"u": "g1"})
        assert said(good, GOOD_UNIT, key) == (True, "所属单位教育局为「良好」")
        fair = standings(ratees=ratees, grades={"u": "g2"})
        assert said(fair, GOOD_UNIT, key) == (False, "所属单位教育局为「合格」，应为「优秀、良好」")
        none = standings(ratees=ratees)
        assert said(none, GOOD_UNIT, key) == (None, "所属单位没有等次，应为「优秀、良好」")


def test_a_ratee_of_no_unit_is_not_meant() -> None:
    (verdict,) = ask(standings(), [GOOD_UNIT], "a")
    assert (verdict.holds, verdict.is_for_people) == (None, False)


# rank --------------------------------------------------------------------------------------------

FOUR = {"a": "90", "b": "80", "c": "70", "d": "60"}


def ranked(marks: dict[str, str], one: Condition, ratees: list[RateeRow] | None = None) -> set[str]:
    people = ratees or units(*marks)
    found = standings(ratees=people, marks=marks)
    return {row.key for row in people if said(found, one, row.key)[0]}


def test_the_last_and_the_first_of_those_with_a_total() -> None:
    people = units(*FOUR, "e")  # e has no total
    assert ranked(FOUR, condition(last=1), people) == {"d"}
    assert ranked(FOUR, condition(last=2), people) == {"c", "d"}
    assert ranked(FOUR, condition(first=1), people) == {"a"}
    found = standings(ratees=people, marks=FOUR)
    assert said(found, condition(last=1), "d") == (True, "在 4 个中居倒数第 1")
    assert said(found, condition(first=1), "d") == (False, "在 4 个中居第 4")
    assert said(found, condition(last=1), "e") == (False, "没有名次")


def test_equals_at_the_end_are_all_last_and_who_is_alone_is_neither() -> None:
    assert ranked({"a": "90", "b": "60", "c": "60"}, condition(last=1)) == {"b", "c"}
    assert ranked({"a": "60"}, condition(last=1)) == set()
    assert ranked({"a": "60"}, condition(first=1)) == set()
    assert ranked({"a": "60", "b": "60"}, condition(last=1)) == set()
    assert ranked({"a": "90", "b": "60"}, condition(last=3)) == {"b"}  # the first is not last


def test_ranks_are_within_the_scope() -> None:
    people = [
        RateeRow("a", "a", "unit", "东", pool="p", parent="x"),
        RateeRow("b", "b", "unit", "西", pool="p", parent="y"),
        RateeRow("c", "c", "unit", "西", pool="q", parent="x"),
        RateeRow("d", "d", "county", "西", pool="q", parent="y"),
    ]
    last = {
        scope: ranked(FOUR, condition(last=1, scope=scope), people)
        for scope in ("all", "class", "group", "pool", "parent")
    }
    assert last == {
        "all": {"d"},
        "class": {"c"},
        "group": {"c"},
        "pool": {"b"},
        "parent": {"c", "d"},
    }


def monthly(ratee: str, *scores: int | None, series: str = "monthly") -> list[HistoryRow]:
    return [
        HistoryRow(ratee, f"2026-{month:02}", "", series, Decimal(score))
        for month, score in enumerate(scores, start=1)
        if score is not None
    ]


def test_ranks_running_follow_the_scores_of_a_series() -> None:
    rows = [*monthly("a", 90, 60, 60, 60), *monthly("b", 80, 70, 70, 70), *monthly("c", 70, 80, 80)]
    found = standings(*rows, ratees=units("a", "b", "c"), marks={})
    three = condition(last=1, series="monthly", consecutive=3)
    assert said(found, three, "a") == (True, "连续 3 期居末 1 名（2026年2月—2026年4月）")
    four = condition(last=1, series="monthly", consecutive=4)
    assert said(found, four, "a") == (False, "没有连续 4 期居末 1 名")
    assert said(found, condition(first=1, series="monthly", consecutive=2), "c")[0] is True


def test_a_month_without_a_score_breaks_the_row() -> None:
    rows = [*monthly("a", 60, None, 60, 60), *monthly("b", 70, 70, 70, 70)]
    found = standings(*rows, ratees=units("a", "b"))
    assert said(found, condition(last=1, series="monthly", consecutive=3), "a")[0] is False
    assert said(found, condition(last=1, series="monthly", consecutive=2), "a")[0] is True


def test_in_its_own_series_the_present_rank_ends_the_row() -> None:
    rows = [*monthly("a", 60, 60, series="t"), *monthly("b", 70, 70, series="t")]
    three = condition(last=1, consecutive=3)
    kept = {"period": "2026-03", "ratees": units("a", "b")}
    last = standings(*rows, marks={"a": "60", "b": "70"}, **kept)
    assert said(last, three) == (True, "连续 3 期居末 1 名（2026年1月—2026年3月）")
    better = standings(*rows, marks={"a": "80", "b": "70"}, **kept)
    assert said(better, three)[0] is False


# score, veto, and several ------------------------------------------------------------------------


def test_scores_below_a_line_or_reaching_it() -> None:
    found = standings(marks={"a": "59.996"})  # 60.00 on record
    assert said(found, condition(score="total", below="60")) == (False, "总分 60，不低于 60")
    assert said(found, condition(score="total", reaches="60")) == (True, "总分 60，达到 60")
    assert said(found, condition(score="a", below="60")) == (True, "得分 59.996，低于 60")
    exact = scheme_of('grade_on = "exact"', SIX)
    found = standings(marks={"a": "59.999999"}, scheme=exact)
    assert said(found, condition(score="total", reaches="60")) == (False, "总分 59.9999，未达到 60")
    assert said(standings(), condition(score="total", below="60")) == (None, "没有「总分」的分数")


def test_a_veto_of_those_named_or_any() -> None:
    found = standings(vetoes=(VetoRow("a", "事故", "1号", None),))
    assert said(found, condition(veto=[])) == (True, "有一票否决（事故）")
    assert said(found, condition(veto=["事故"]))[0] is True
    assert said(found, condition(veto=["造假"]))[0] is False
    assert said(standings(), condition(veto=[]))[0] is False


def test_conditions_hold_together() -> None:
    found = standings(
        *quarters("a", "较差"), marks={"a": "50"}, vetoes=(VetoRow("a", "v", "1", None),)
    )
    low, vetoed = condition(score="total", below="60"), condition(veto=[])
    high = condition(score="total", reaches="60")
    unclear = condition(grades=["较差"], series="quarterly", span="period", every=True)
    assert all_hold(ask(found, [low, vetoed], "a")) is True
    assert why(ask(found, [low, vetoed], "a")).text() == "总分 50，低于 60；有一票否决（v）"
    assert all_hold(ask(found, [low, unclear], "a")) is None
    assert all_hold(ask(found, [unclear, high], "a")) is False
    assert all_hold([]) is True


def test_before_there_are_scores_only_earlier_grades_are_told() -> None:
    found = standings(*quarters("a", "好"), stage="history")
    assert (
        said(found, condition(grades=["好"], series="quarterly", span="all", at_least=1))[0] is True
    )
    for one in (
        condition(score="total", below="60"),
        condition(veto=[]),
        condition(last=1),
        GOOD_UNIT,
    ):
        (verdict,) = ask(found, [one], "a")
        assert (verdict.holds, verdict.is_for_people) == (None, False)


def test_a_row_of_no_results_at_all_is_no_condition() -> None:
    # It would hold for everybody.
    problems: list[Problem] = []
    Condition.read(Section({"grades": ["g5"], "consecutive": 0}, "", problems))
    assert [str(one.message) for one in problems]
