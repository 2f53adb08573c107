"""What results lead to: the proposals of every scenario, and why each of them is made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from analysis.assessment import assess
from analysis.consequences import consequences
from analysis.inputs import HistoryRow, Inputs, RateeRow, VetoRow
from analysis.results import Proposal
from analysis.scheme import Scheme, shipped
from tests.unit.marked import ONE_PART, SIX, results_of, scheme_of, units
from tests.unit.sealing import Row, seal

SANCTIONS = """
[[consequence]]
key = "admonition"
name = "诫勉谈话"
kind = "admonition"
when = [{grades = ["g5"], consecutive = 1}]
[[consequence]]
key = "demotion"
name = "降职建议"
kind = "demotion"
when = [{grades = ["g5"], consecutive = 2}]
"""
LAST = """
[[consequence]]
key = "{key}"
name = "{name}"
kind = "{kind}"
when = [{{last = 1, scope = "class"}}]
"""


def proposed(
    scheme: Scheme,
    marks: Mapping[str, str | Fraction],
    history: Sequence[HistoryRow] = (),
    period: str = "2026",
    vetoes: Sequence[VetoRow] = (),
    ratees: Sequence[RateeRow] | None = None,
) -> tuple[Proposal, ...]:
    people = list(ratees or units(*marks))
    results = results_of(scheme, people, marks, history, period, vetoes)
    return consequences(scheme, people, results, history, period)


def keys(proposals: Sequence[Proposal]) -> list[tuple[str, str]]:
    return [(one.ratee, one.key) for one in proposals]


def test_000_d_not_qualified_leads_to_a_talk_and_twice_running_to_demotion() -> None:
    scheme = scheme_of(SIX, SANCTIONS)
    first = proposed(scheme, {"a": "45", "b": "95"}, period="2025")
    assert keys(first) == [("a", "admonition")]
    assert first[0].reason.text() == "2025年为「不合格」"
    history = [HistoryRow("a", "2025", "不合格", "t"), HistoryRow("b", "2025", "优秀", "t")]
    second = proposed(scheme, {"a": "45", "b": "45"}, history)
    assert keys(second) == [("a", "admonition"), ("a", "demotion"), ("b", "admonition")]
    assert second[1].name == "降职建议"
    assert second[1].reason.text() == "连续 2 期为「不合格」（2026年不合格、2025年不合格）"


def test_000_d_a_qualified_year_between_resets_the_count() -> None:
    scheme = scheme_of(SIX, SANCTIONS)
    history = [HistoryRow("a", "2024", "不合格", "t"), HistoryRow("a", "2025", "合格", "t")]
    assert keys(proposed(scheme, {"a": "45"}, history)) == [("a", "admonition")]
    absent = [HistoryRow("a", "2024", "不合格", "t")]
    assert keys(proposed(scheme, {"a": "45"}, absent)) == [("a", "admonition")]


def test_000_d_in_the_shipped_scheme() -> None:
    scheme = shipped()["three-evaluations"]
    history = [HistoryRow("a", "2025", "failed", scheme.key)]
    people = units("a", ratee_class="township")
    made = results_of(scheme, people, {"a": "45"}, history, "2026")
    given = [replace(one, grade="failed") for one in made]
    kinds = {one.kind for one in consequences(scheme, people, given, history, "2026")}
    assert {"admonition", "demotion"} <= kinds


def test_001_g_last_in_the_quarter_the_half_and_the_year() -> None:
    triggers = {
        "2026-Q1": ("remind", "谈话提醒", "talk"),
        "2026-H1": ("move", "岗位调整", "post"),
        "2026": ("severe", "严肃处理", "accountability"),
    }
    for period, (key, name, kind) in triggers.items():
        scheme = scheme_of(ONE_PART, LAST.format(key=key, name=name, kind=kind))
        (one,) = proposed(scheme, {"a": "90", "b": "80", "c": "70"}, period=period)
        assert (one.ratee, one.key, one.name, one.kind) == ("c", key, name, kind)
        assert one.reason.text() == "在 3 个中居倒数第 1"


def test_001_g_in_the_shipped_schemes() -> None:
    for key, kind in (
        ("new-area-quarterly", "talk"),
        ("new-area-half", "post"),
        ("new-area-yearly", "accountability"),
    ):
        scheme = shipped()[key]
        classes = list(scheme.ratee_classes) or ["unit"]
        people = units("a", "b", "c", ratee_class=classes[0])
        results = [
            replace(one, total=Decimal(total), total_exact=Fraction(total), grade=None)
            for one, total in zip(results_of(scheme, people, {}), ("95", "90", "85"), strict=True)
        ]
        found = consequences(scheme, people, results)
        assert ("c", kind) in {(one.ratee, one.kind) for one in found}
        assert {one.ratee for one in found if one.kind == kind} == {"c"}


def months(ratee: str, series: str, *scores: int) -> list[HistoryRow]:
    return [
        HistoryRow(ratee, f"2026-{month:02}", "", series, Decimal(score))
        for month, score in enumerate(scores, start=1)
    ]


def test_001_j_six_months_running_at_the_end_or_the_top() -> None:
    ends = """
[[consequence]]
key = "always-{word}"
name = "长期"
kind = "note"
when = [{{{word} = 1, scope = "class", series = "monthly", consecutive = 6}}]
"""
    scheme = scheme_of(ONE_PART, ends.format(word="last"), ends.format(word="first"))
    history = [
        *months("a", "monthly", 90, 90, 90, 90, 90, 90),
        *months("b", "monthly", 80, 80, 80, 80, 80, 80),
        *months("c", "monthly", 85, 70, 70, 70, 70, 70),
    ]
    found = proposed(scheme, {"a": "90", "b": "80", "c": "70"}, history, "2026-H1")
    assert keys(found) == [("a", "always-first")]  # c was last for five months only
    assert found[0].reason.text() == "连续 6 期居前 1 名（2026年1月—2026年6月）"
    longer = [
        *history,
        *(
            HistoryRow(key, "2026-07", "", "monthly", Decimal(score))
            for key, score in (("a", 90), ("b", 80), ("c", 70))
        ),
    ]
    found = proposed(scheme, {"a": "90", "b": "80", "c": "70"}, longer, "2026")
    assert keys(found) == [("a", "always-first"), ("c", "always-last")]


LINKAGES = (
    """
[[veto]]
key = "safety"
name = "重大安全事故"
[[grade]]
key = "top"
name = "优秀"
min = "90"
[[grade]]
key = "fair"
name = "合格"
"""
    + "".join(
        f"""
[[consequence]]
key = "{key}-{grade}"
name = "{column}"
kind = "{kind}"
column = "{column}"
value = "{value}"
when = [{{grades = ["{grade}"], consecutive = 1}}]
"""
        for key, kind, column, values in (
            ("quota", "quota", "公务员年度考核优秀比例", {"top": "25%", "fair": "20%"}),
            ("honour", "honour", "领导评先资格", {"top": "有", "fair": "无"}),
            ("pay", "pay", "绩效工资系数", {"top": "1.2", "fair": "1.0"}),
        )
        for grade, value in values.items()
    )
    + """
[[consequence]]
key = "accountability"
name = "行政问责"
kind = "accountability"
column = "问责"
value = "启动问责"
when = [{veto = []}]
"""
)


def test_003_q_the_four_linkages_have_a_value_for_each_grade() -> None:
    scheme = scheme_of(ONE_PART, LINKAGES)
    vetoes = [VetoRow("c", "safety", "安委3号", None)]
    found = proposed(scheme, {"a": "95", "b": "80", "c": "96"}, vetoes=vetoes)
    table = {
        ratee: {one.column: one.value for one in found if one.ratee == ratee} for ratee in "abc"
    }
    top = {"公务员年度考核优秀比例": "25%", "领导评先资格": "有", "绩效工资系数": "1.2"}
    fair = {"公务员年度考核优秀比例": "20%", "领导评先资格": "无", "绩效工资系数": "1.0"}
    assert table == {"a": top, "b": fair, "c": {**fair, "问责": "启动问责"}}
    assert found[-1].reason.text() == "有一票否决（重大安全事故）"


def test_what_people_decide_is_what_follows() -> None:
    scheme = scheme_of(SIX, SANCTIONS)
    people = units("a")
    made = results_of(scheme, people, {"a": "55"})
    assert consequences(scheme, people, made, (), "2026") == ()
    decided = [replace(made[0], grade="g5")]
    assert keys(consequences(scheme, people, decided, (), "2026")) == [("a", "admonition")]


def test_all_conditions_of_a_consequence_must_hold() -> None:
    both = """
[[consequence]]
key = "both"
name = "约谈"
kind = "talk"
when = [{score = "total", below = "60"}, {last = 1}]
"""
    scheme = scheme_of(ONE_PART, both)
    (one,) = proposed(scheme, {"a": "59", "b": "50"})
    assert one.reason.text() == "总分 50，低于 60；在 2 个中居倒数第 1"
    assert one.ratee == "b"
    assert proposed(scheme, {"a": "70", "b": "61"}) == ()


def test_without_a_result_nothing_follows_from_grades_of_the_same_series() -> None:
    scheme = scheme_of(SIX, SANCTIONS)
    history = [HistoryRow("a", "2024", "不合格", "t"), HistoryRow("a", "2025", "不合格", "t")]
    assert proposed(scheme, {"b": "90"}, history, ratees=units("a", "b")) == ()


def test_ratees_without_a_result_are_left_out() -> None:
    scheme = scheme_of(SIX, SANCTIONS)
    results = results_of(scheme, units("a"), {"a": "45"})
    assert keys(consequences(scheme, units("a", "b"), results)) == [("a", "admonition")]


def test_a_zeroed_total_is_the_last_one() -> None:
    veto = '[[veto]]\nkey = "v"\nname = "造假"\neffect = "zero"\n'
    scheme = scheme_of(ONE_PART, veto, LAST.format(key="k", name="n", kind="talk"))
    found = proposed(scheme, {"a": "99", "b": "10"}, vetoes=[VetoRow("a", "v", "1", None)])
    assert keys(found) == [("a", "k")]


def test_an_assessment_carries_refusals_what_is_open_and_what_follows(tmp_path: Path) -> None:
    survey = ONE_PART.replace("indicators", "questionnaire").replace(
        'source = "questionnaire"', 'source = "questionnaire"\nmin_n = 1'
    )
    scheme = scheme_of(SIX.replace(ONE_PART, survey), SANCTIONS)
    seal(tmp_path / "r", [Row("a", (1, 1, 1, 1, 1)), Row("b", (5, 5, 5, 5, 5))])
    history = (HistoryRow("a", "2025", "不合格", "t"),)
    inputs = Inputs(tuple(units("a", "b")), history=history, period="2026")
    worst, best = assess([tmp_path / "r"], inputs, scheme).ratees
    assert (worst.grade_name, best.grade_name) == ("不合格", "优秀")
    assert keys(worst.consequences) == [("a", "admonition"), ("a", "demotion")]
    assert [one.grade for one in worst.refusals] == ["g0", "g1", "g2", "g3", "g4"]
    assert worst.grade_reason == "；".join(one.text() for one in worst.refusals)
    assert (best.consequences, best.refusals) == ((), ())
    assert best.allowed == ("g0", "g1", "g2", "g3", "g4", "g5")
