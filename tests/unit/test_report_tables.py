"""Every table from one assessment worked by hand; see hand_made.py for the votes."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.results import Assessment, CellTable, Participation
from analysis.scheme import Scheme
from analysis.screening import Finding
from analysis.small_groups import hidden_places
from survey_app.assessments.explanation import Step, exact_text, explain
from survey_app.reports.sheets import Mark, Sheet, Value
from survey_app.reports.tables import all_sheets
from survey_app.reports.votes import Tally
from survey_app.reports.writing import write_csv, write_workbook
from tests.unit.hand_made import INPUTS, SCHEME, U1, assessment, ballots, cells


def sheets(of: Assessment | None = None) -> dict[str, Sheet]:
    made = all_sheets(of or assessment(), INPUTS, target_per_ratee=800)
    return {sheet.name: sheet for sheet in made}


def row(sheet: Sheet, name: str) -> dict[str, Value]:
    """The row of a unit, by full heading."""
    titles = [column.full_title for column in sheet.columns]
    found = [values for _, values in sheet.rows() if name in values]
    assert len(found) == 1, found
    return dict(zip(titles, found[0], strict=True))


def test_the_sheets_and_their_order() -> None:
    assert list(sheets()) == [
        "综合得分排名表",
        "满意度测评汇总表",
        "民主测评结果汇总表",
        "分评议主体（公众评议）",
        "分评议主体（内部评估）",
        "分维度（领导评议表）",
        "分维度（群众评议问卷）",
        "分渠道",
        "答卷质量情况",
        "指标完成情况",
        "抽样与参与情况",
        "各对象份数",
        "加减分台账",
        "一票否决台账",
        "得分来历",
        "口径说明",
    ]


def test_ranking_prints_parts_adjustments_and_the_score_of_record() -> None:
    # 0.6·92.5 + 0.3·88 + 0.1·90 + 3 - 1 = 55.5 + 26.4 + 9 + 3 - 1 = 92.90
    found = row(sheets()["综合得分排名表"], "市教育局")
    assert found["指标考核·折算(60%)"] == Decimal("55.50")
    assert found["公众评议·得分"] == Decimal("88.00")
    assert found["公众评议·折算(30%)"] == Decimal("26.40")
    assert found["内部评估·折算(10%)"] == Decimal("9.00")
    assert (found["加分"], found["减分"], found["总分"]) == (3, 1, Decimal("92.90"))
    assert found["95%区间"] == "90.45–95.35"
    assert (found["类内名次"], found["组内名次"], found["评定等次"]) == (1, 1, "优秀")


def test_caps_and_vetoes_are_said() -> None:
    found = row(sheets()["综合得分排名表"], "=永定区")
    assert found["备注"] == "加分合计 62，封顶"
    assert found["一票否决"] == "重大安全事故"
    entries = [values for _, values in sheets()["加减分台账"].rows()]
    assert len(entries) == 4
    assert entries[0][5:9] == (62, 1, 62, 50)  # points, times, sum of the unit, counted
    (veto,) = [values for _, values in sheets()["一票否决台账"].rows()]
    assert veto[1:4] == ("重大安全事故", "安监〔2009〕9号", "不能评为最高等次")


def test_classes_stand_apart() -> None:
    sections = sheets()["综合得分排名表"].sections
    assert [(one.label, len(one.rows)) for one in sections] == [("区县", 1), ("市直单位", 1)]


def test_satisfaction_counts_shares_score_rate_and_wilson() -> None:
    # 总体评价: 非常满意 6+2, 满意 3+6, 不满意 1, 不了解 2; 20 answered, 18 with points.
    # score (800 + 720 + 40) / 18 = 86.67; rate 17/18 = 94.44 %; Wilson 17 of 18, z = 1.96:
    # centre (0.94444 + 0.10671)/1.21341 = 0.86627, reach 1.95996·0.076675/1.21341 = 0.12385.
    found = row(sheets()["满意度测评汇总表"], "市教育局")
    assert (found["收回"], found["有效"], found["无效"]) == (24, 20, 4)
    assert found["发出"] is Mark.NONE
    assert (found["非常满意·票"], found["非常满意·%"]) == (8, Decimal("0.4000"))
    assert (found["满意·票"], found["满意·%"]) == (9, Decimal("0.4500"))
    assert (found["不了解·票"], found["不了解·%"]) == (2, Decimal("0.1000"))
    assert found["满意度得分"] == Decimal("86.67")
    assert found["满意率(%)"] == Decimal("0.9444")
    assert found["95%置信区间"] == "74.24%–99.01%"
    assert found["公众评议加权得分（计入总分）"] == Decimal("88.00")


def test_rater_classes_keep_their_own_scores() -> None:
    found = row(sheets()["分评议主体（公众评议）"], "市教育局")
    assert (found["市民（权重 60）·有效份数"], found["市民（权重 60）·得分"]) == (12, 90)
    assert (found["人大代表（权重 40）·有效份数"], found["人大代表（权重 40）·得分"]) == (8, 85)
    assert found["加权得分"] == Decimal("88.00")


def test_dimensions_pool_the_votes_of_all_raters() -> None:
    # 职责: (100·7 + 80·11) / 18 = 87.78, 不了解 2 of 20; 效率: (100·8 + 80·9 + 60) / 18 = 87.78.
    found = row(sheets()["分维度（群众评议问卷）"], "市教育局")
    assert found["履行职责·得分"] == Decimal("87.78")
    assert found["履行职责·不了解率"] == Decimal("0.1000")
    assert found["行政效率·得分"] == Decimal("87.78")
    assert found["行政效率·满意率"] == Decimal("1.0000")
    assert found["行政效率·不了解率"] == Decimal("0.0526")  # 1 of 19, one left blank
    assert found["总体评价"] == Decimal("86.67")


def test_channels_add_up_to_the_summary() -> None:
    found = row(sheets()["分渠道"], "市教育局")
    assert (found["网上评议·份数"], found["集中测评·份数"], found["合计·份数"]) == (12, 8, 20)
    # 网上 (600 + 240 + 40) / 10 = 88; 集中 (200 + 480) / 8 = 85; together 1560 / 18 = 86.67.
    assert found["网上评议·得分"] == Decimal("88.00")
    assert found["集中测评·得分"] == Decimal("85.00")
    assert found["合计·得分"] == Decimal("86.67")


def test_indicators_show_completion_and_score() -> None:
    # 185 / 200 = 92.5 %; 20 · 0.925 = 18.5.
    found = row(sheets()["指标完成情况"], "001")
    assert (found["目标值"], found["完成值"]) == (200, 185)
    assert (found["完成率"], found["得分"]) == (Decimal("0.9250"), Decimal("18.50"))
    assert (found["类型"], found["认定状态"]) == ("定量", "已认定")


def test_quality_adds_up_and_participation_has_a_rate() -> None:
    quality = sheets()["答卷质量情况"]
    found = [values for _, values in quality.rows()]
    assert found[0][1:8] == ("群众评议问卷", "市民", 32, 6, 2, 24, Decimal("0.7500"))
    assert all(values[3] == values[4] + values[5] + values[6] for values in found)
    part = [values for _, values in sheets()["抽样与参与情况"].rows()]
    assert part[1][2:6] == (10, 9, 8, Decimal("0.8000"))
    assert part[0][2] is Mark.NONE  # nobody knows how many citizens there are to ask
    assert row(sheets()["各对象份数"], "市教育局")["是否达标"] == "样本不足"


def test_the_basis_names_everything_the_figures_rest_on() -> None:
    basis = sheets()["口径说明"]
    said = {str(values[0]): str(values[1]) for _, values in basis.rows()}
    of = assessment()
    assert said["方案摘要"] == of.scheme.digest
    assert of.content_digest in said["数据摘要"]
    assert said["程序版本"].startswith("survey-app ")
    assert said["公众评议"] == "占总分的 30%；评议主体：市民 60、人大代表 40"
    assert "收到 60 份次" in said["份次"]
    assert said["筛查：雷同作答"].startswith("2 份次")
    assert "市教育局 92.90→92.40" in said["同一设备的重复答卷也计入"]
    assert said["说明"] == "有 4 份答卷的评议主体不在方案里，不计分。"
    assert "模拟数据" in said


def test_the_basis_says_which_evidence_counts_and_how_parts_are_mixed() -> None:
    public = """
evidence = ["code", "card"]

[component.mix]
by = "evidence"
weights = {code = "60", card = "40"}
rater_classes = ["citizen"]
"""
    at = "min_n = 5"
    scheme = Scheme.load(SCHEME.decode().replace(at, at + public, 1).encode())
    of = replace(assessment(), scheme=scheme)
    said = {str(values[0]): str(values[1]) for _, values in sheets(of)["口径说明"].rows()}
    assert "只计这些凭据的答卷：验证码、评议卡；" in said["公众评议的计票"]
    assert said["公众评议的计票"].endswith(
        "按凭据加权（限市民）：验证码 60、评议卡 40；没有写到的不计分。"
    )
    assert "凭据" not in said["内部评估的计票"]


def test_findings_are_listed_with_names_and_figures() -> None:
    found = Finding(
        "one_sided_link",
        "r",
        "海报7",
        "u1",
        40,
        (("full_share", "0.9"), ("rater_class", "citizen")),
    )
    listed = row(sheets(replace(assessment(), findings=(found,)))["筛查发现"], "市教育局")
    assert (listed["规则"], listed["入口或答案模式"], listed["份次"]) == ("入口一边倒", "海报7", 40)
    assert listed["依据"] == "满分比例 0.9；评议主体 市民"


def test_every_sheet_says_its_scheme() -> None:
    of = assessment()
    for name, sheet in sheets().items():
        if name != "口径说明":
            assert any(
                "hand，版本 7" in note and of.scheme.digest[:19] in note for note in sheet.notes
            ), name


def test_the_long_and_the_short_form_are_counted_together() -> None:
    of = assessment()
    short = replace(of.questionnaires["small"], key="small.short")
    rows = [
        one._replace(questionnaire="small.short") if one.rater_class == "delegate" else one
        for one in of.cells.rows
        if one.questionnaire == "small"
    ]
    forms = [
        replace(one, questionnaire="small.short") if one.rater_class == "delegate" else one
        for one in of.cells.ballots
        if one.questionnaire == "small"
    ]
    both = replace(
        of,
        cells=CellTable(tuple(rows), tuple(forms)),
        questionnaires={"small": of.questionnaires["small"], "small.short": short},
        participation=(
            Participation("r.small", "轮次", "delegate", 10, 9, 3),
            Participation("r.small.short", "轮次", "delegate", 10, 9, 8),
        ),
    )
    made = sheets(both)
    assert row(made["分维度"], "市教育局") == row(sheets()["分维度（群众评议问卷）"], "市教育局")
    took_part = [values for _, values in made["抽样与参与情况"].rows()]
    assert len(took_part) == 1  # one rater class, whoever filled in one form or both
    assert took_part[0][2:6] == (10, 9, 8, Decimal("0.8000"))
    assert took_part[0][-1] == "群众评议问卷 3；群众评议问卷（简版） 8"


def test_a_round_on_another_scale_still_has_its_summary() -> None:
    of = assessment()
    alone = replace(of, questionnaires={"merit": of.questionnaires["merit"]})
    found = row(sheets(alone)["满意度测评汇总表"], "市教育局")
    # 优秀 3, 良好 3: (300 + 240) / 6 = 90
    assert (found["优秀·票"], found["得分"], found["好评率(%)"]) == (3, Decimal("90.00"), 1)


def small(n: int) -> Assessment:
    """The same with delegates' forms cut down to n, so that their channel is too small."""
    rows = [
        one._replace(n=0 if one.option_number == 4 else n)
        if one.ratee == "u1" and one.rater_class == "delegate"
        else one
        for one in [*cells("c1"), *cells("u1")]
    ]
    forms = [
        replace(one, n=n) if one.ratee == "u1" and one.rater_class == "delegate" else one
        for one in [*ballots("c1"), *ballots("u1")]
    ]
    nodes = tuple(
        replace(node, suppressed=True, score=None, converted=None)
        if node.path == "public/delegate"
        else node
        for node in U1.nodes
    )
    of = assessment()
    return replace(
        of,
        cells=CellTable(tuple(rows), tuple(forms)),
        ratees=(of.ratees[0], replace(of.ratees[1], nodes=nodes)),
    )


def test_too_few_answers_are_not_shown_nor_left_to_subtraction() -> None:
    made = sheets(small(4))
    found = row(made["分渠道"], "市教育局")
    assert found["集中测评·份数"] is Mark.SUPPRESSED
    assert found["集中测评·得分"] is Mark.SUPPRESSED
    assert found["网上评议·得分"] is Mark.SUPPRESSED  # the only other part of a total that is shown
    assert found["合计·得分"] is not Mark.SUPPRESSED
    classes = row(made["分评议主体（公众评议）"], "市教育局")
    assert classes["人大代表（权重 40）·得分"] is Mark.SUPPRESSED
    assert row(made["分渠道"], "=永定区")["集中测评·得分"] == Decimal("85.00")


@given(st.lists(st.integers(0, 50), max_size=8))
def test_hidden_parts_cannot_be_found_by_subtraction(sizes: list[int]) -> None:
    hidden = hidden_places(sizes, 5)
    assert {place for place, n in enumerate(sizes) if 0 < n < 5} <= hidden
    others = [place for place, n in enumerate(sizes) if n and place not in hidden]
    assert not hidden or not others or len(hidden) > 1
    assert not hidden or not others or sum(sizes[one] for one in hidden) >= 5


def test_tallies_add_and_refuse_other_scales() -> None:
    options = (("满意", Decimal(80)), ("不了解", None))
    total = Tally(options, (3, 1), 1) + Tally(options, (2, 0), 0)
    assert (total.counts, total.blank, total.valued, total.unknown) == ((5, 1), 1, 5, 1)
    assert total.score == 80
    with pytest.raises(ValueError, match="different scales"):
        total + Tally((("好", Decimal(100)),), (1,))


def walk() -> dict[str, Step]:
    of = assessment()
    return {step.path: step for step in explain(of, U1)}


def test_the_walk_goes_from_the_total_to_the_votes() -> None:
    steps = walk()
    assert list(steps)[:4] == ["", "+", "-", "indicators"]
    assert steps[""].figures == "55.50 ＋ 26.40 ＋ 9.00 ＋ 3 － 1 ＝ 92.90"
    assert steps["public"].figures == "90.00 × 60% ＋ 85.00 × 40% ＝ 88.00"
    assert steps["indicators"].figures == "18.5 ÷ 20 × 100 ＝ 92.50"
    duty = steps["public/citizen/duty"]
    assert duty.figures == "（100×5 ＋ 80×5）÷ 10 ＝ 90.00"
    assert duty.votes[0] == ("非常满意", 5)
    assert [step.level for step in steps.values()][:6] == [0, 1, 1, 1, 2, 1]
    assert all(step.readds for step in steps.values())


def test_a_walk_that_does_not_readd_says_so() -> None:
    wrong = replace(U1.nodes[1], score=Fraction(89))
    one = replace(U1, nodes=(U1.nodes[0], wrong, *U1.nodes[2:]))
    of = assessment()
    steps = {step.path: step for step in explain(of, one)}
    assert not steps["public"].readds
    assert steps["public"].figures.endswith("＝ 88.00 → 89.00")


def test_a_suppressed_step_shows_no_figures() -> None:
    of = small(4)
    steps = {step.path: step for step in explain(of, of.ratees[1])}
    hidden = steps["public/delegate"]
    assert (hidden.result, hidden.figures, hidden.votes, hidden.adds) == ("—", "", (), None)


def test_exact_values_are_short_decimals_or_fractions() -> None:
    assert exact_text(Fraction("92.9")) == "92.9"
    assert exact_text(Fraction(260, 3)) == "260/3"
    assert exact_text(Fraction(-1, 8)) == "-0.125"


@given(st.fractions(min_value=-1000, max_value=1000))
def test_exact_text_says_the_value_itself(value: Fraction) -> None:
    assert Fraction(exact_text(value)) == value


def test_workbook_and_csv_hold_the_same_tables(tmp_path: Path) -> None:
    path = tmp_path / "w.xlsx"
    write_workbook(assessment(), path, title="某市2009年度", organiser="市绩效办", inputs=INPUTS)
    files = write_csv(assessment(), tmp_path / "csv", inputs=INPUTS)
    book = openpyxl.load_workbook(path)
    assert [file.stem for file in files] == book.sheetnames
    for page in book.worksheets:
        assert str(page["A1"].value).startswith("某市2009年度")
        assert str(page["A1"].value).endswith("（模拟数据）")
    units = [cell.value for cell in book["综合得分排名表"]["B"]]
    assert "=永定区" in units
    assert all(cell.data_type != "f" for cell in book["综合得分排名表"]["B"])
