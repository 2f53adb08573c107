"""The acceptance scenarios of composition, with the figures of the sources worked by hand."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from analysis.assessment import assess
from analysis.binding import adjustment_problems, bind
from analysis.composition import compose
from analysis.inputs import AdjustmentRow, FigureRow, IndicatorRow, Inputs
from analysis.results import Assessment, NoAnswer, NodeScore
from analysis.scheme import Scheme, shipped
from forms.problems import InputError
from tests.unit.composing import (
    entry,
    leaf,
    months,
    node_of,
    ratee,
    readds,
    scheme_of,
    scores,
)
from tests.unit.sealing import Row, seal

WEIGHTS = (leaf("indicators", "60"), leaf("public", "30"), leaf("internal", "10"))
CAPS = '[adjustments]\nbonus_cap = "50"\ndeduction_cap = "50"'
GOOD = scores({("u", "indicators"): "92.50", ("u", "public"): "88.00", ("u", "internal"): "90.00"})
TIERS = """
[[component.transform]]
kind = "coefficient"
figure = "tier"
table = {t1 = "1.000", t2 = "1.036", t3 = "1.072", t4 = "1.108", t5 = "1.144", t6 = "1.180"}
[[component.transform]]
kind = "coefficient"
figure = "gdp"
line = [{at = "0", factor = "0.95"}, {at = "11", factor = "1"}]
default = "1"
"""
MULTIPLIED = """
[adjustments]
deduction_cap = "20"
[[adjustments.source]]
key = "harm"
name = "影响新区考核"
kind = "both"
multiplier = {low = "3", high = "10"}
[[adjustments.source]]
key = "media"
name = "媒体曝光"
kind = "deduction"
cap = "2"
[[adjustments.source]]
key = "praise"
name = "群众好评"
kind = "bonus"
cap = "1.5"
"""


def test_003_a_weights_60_30_10_with_bonus_and_deduction() -> None:
    # 55.50 + 26.40 + 9.00 = 90.90; + 3 - 1 = 92.90
    scheme = scheme_of(*WEIGHTS, CAPS)
    made = compose(scheme, [ratee("u")], GOOD, [entry("bonus", "3"), entry("deduction", "1")])["u"]
    assert [node.converted for node in made.nodes] == [Fraction("55.5"), Fraction("26.4"), 9]
    assert str(made.total) == "92.90"
    assert made.notes == ()
    assert readds(made)


def test_003_b_bonus_and_deduction_are_capped_apart_and_the_raw_sums_stay() -> None:
    rows = [entry("bonus", "40"), entry("bonus", "22"), entry("deduction", "55")]
    made = compose(scheme_of(*WEIGHTS, CAPS), [ratee("u")], GOOD, rows)["u"]
    assert (made.bonus_raw, made.bonus_counted) == (62, 50)
    assert (made.deduction_raw, made.deduction_counted) == (55, 50)
    assert str(made.total) == "90.90"
    assert [note.text() for note in made.notes] == [
        "加分合计 62，封顶计 50",
        "减分合计 55，封顶计 50",
        "计入的加分 50、减分 50，超过满分的 10%",
    ]


def test_003_c_the_same_unit_on_a_base_of_1000() -> None:
    # 555 + 264 + 90 = 909.0
    scheme = scheme_of(*WEIGHTS, head='base = "1000"\ndecimals = 1')
    made = compose(scheme, [ratee("u")], GOOD)["u"]
    assert [node.converted for node in made.nodes] == [555, 264, 90]
    assert str(made.total) == "909.0"


PUBLIC = """
[component.rater_classes]
citizen = "40"
served = "30"
delegate = "20"
leader = "10"
"""
# Counts of 100s and 80s with these means: (21 × 100 + 79 × 80) / 100 = 84.2,
# (43 × 100 + 57 × 80) / 100 = 88.6, (101 × 100 + 99 × 80) / 200 = 90.1,
# (60 × 100 + 40 × 80) / 100 = 92
VOTES = {"citizen": (21, 79), "served": (43, 57), "delegate": (101, 99), "leader": (60, 40)}


def assessed(folder: Path, votes: Mapping[str, tuple[int, int]], missing: str) -> Assessment:
    rows = [
        Row("u", (code,) * 5, kind, channel=("scattered", "meeting", "online", "field")[n % 4])
        for kind, counts in votes.items()
        for code, count in zip((5, 4), counts, strict=True)
        for n in range(count)
    ]
    seal(folder, rows)
    scheme = scheme_of(leaf("public", "100", "questionnaire", PUBLIC), missing=missing)
    return assess([folder], Inputs((ratee("u"),)), scheme)


def test_003_k_class_means_are_weighted_never_pooled(tmp_path: Path) -> None:
    # 0.4 × 84.2 + 0.3 × 88.6 + 0.2 × 90.1 + 0.1 × 92 = 33.68 + 26.58 + 18.02 + 9.2 = 87.48
    result = assessed(tmp_path / "r", VOTES, "redistribute")
    assert str(result.ratees[0].total) == "87.48"


def test_003_j_a_class_without_answers_hands_its_weight_on_and_is_told(tmp_path: Path) -> None:
    # (33.68 + 26.58 + 18.02) / 0.9 = 86.9777…
    votes = {kind: counts for kind, counts in VOTES.items() if kind != "leader"}
    one = assessed(tmp_path / "r", votes, "redistribute").ratees[0]
    assert str(one.total) == "86.98"
    node = next(node for node in one.nodes if node.path == "public/leader")
    assert node.note == "没有有效答卷，权重已分给其他评议主体"
    with pytest.raises(NoAnswer):
        assessed(tmp_path / "strict", votes, "fail")


def test_003_i_the_channels_of_a_class_add_up_to_all_of_it(tmp_path: Path) -> None:
    result = assessed(tmp_path / "r", VOTES, "redistribute")
    channels: dict[str, int] = {}
    for row in result.cells.ballots:
        channels[row.channel] = channels.get(row.channel, 0) + row.n
    assert set(channels) == {"scattered", "meeting", "online", "field"}
    assert sum(channels.values()) == result.counts.valid == 500


@pytest.mark.parametrize("multiplier", ["2", "11"])
def test_001_c_a_multiplier_outside_3_to_10_is_refused(multiplier: str) -> None:
    scheme = scheme_of(*WEIGHTS, MULTIPLIED)
    row = entry("deduction", "0.6", "harm", multiplier)
    assert [problem.text() for problem in adjustment_problems(scheme, [row])] == [
        f"u 事项：倍数 {multiplier} 不在 3 到 10 之间。请改正倍数或来源。"
    ]
    with pytest.raises(InputError):
        bind(Inputs((ratee("u"),), adjustments=(row,)), scheme)


def test_001_c_five_times_what_was_lost() -> None:
    # 0.6 × 5 = 3.0
    row = entry("deduction", "0.6", "影响新区考核", "5")
    scheme = scheme_of(*WEIGHTS, MULTIPLIED)
    inputs = bind(Inputs((ratee("u"),), adjustments=(row,)), scheme)
    made = compose(scheme, inputs.ratees, GOOD, inputs.adjustments)["u"]
    assert made.deduction_counted == Decimal("3.0")
    assert made.total_exact == Fraction("87.9")
    assert [(one.key, one.kind, one.counted) for one in made.sources] == [
        ("harm", "deduction", Decimal("3.0"))
    ]


def test_a_source_has_its_own_cap_before_the_one_of_all() -> None:
    # media 3 → 2; harm 4 × 5 = 20; together 22 → 20. praise 2 → 1.5
    rows = [
        entry("deduction", "3", "media"),
        entry("deduction", "4", "harm", "5"),
        entry("bonus", "2", "praise"),
    ]
    made = compose(scheme_of(*WEIGHTS, MULTIPLIED), [ratee("u")], GOOD, rows)["u"]
    assert (made.deduction_raw, made.deduction_counted) == (23, 20)
    assert (made.bonus_raw, made.bonus_counted) == (2, Decimal("1.5"))
    assert [(one.key, one.raw, one.counted) for one in made.sources] == [
        ("harm", 20, 20),
        ("media", 3, 2),
        ("praise", 2, Decimal("1.5")),
    ]
    assert readds(made)


def test_004_a_what_the_media_exposed_needs_a_link_or_attachment() -> None:
    scheme = scheme_of(*WEIGHTS, MULTIPLIED)
    row = entry("deduction", "1", "媒体曝光", evidence="")
    assert [problem.text() for problem in adjustment_problems(scheme, [row])] == [
        "u 事项：来源“媒体曝光”没有依据。请写明文件号或链接，或附上文件。"
    ]


def test_004_b_praise_is_a_bonus_of_its_own_source_and_nothing_else() -> None:
    scheme = scheme_of(*WEIGHTS, MULTIPLIED)
    assert adjustment_problems(scheme, [entry("bonus", "1", "praise")]) == []
    told = adjustment_problems(
        scheme, [entry("deduction", "1", "praise"), entry("bonus", "1", "好评")]
    )
    assert [problem.text() for problem in told] == [
        "u 事项：来源“群众好评”不能用于减分。请改正来源或加减。",
        "u 事项：方案里没有加减分来源“好评”。可选：影响新区考核、媒体曝光、群众好评。",
    ]


def test_001_d_a_static_and_a_dynamic_coefficient() -> None:
    # 92 × 1.072 × 1.0 = 98.624
    scheme = scheme_of(leaf("a", "100"), TIERS)
    figures = (FigureRow("u", "tier", "t3"), FigureRow("u", "gdp", "11"))
    made = compose(scheme, [ratee("u")], scores({("u", "a"): "92"}), figures=figures)["u"]
    assert made.total_exact == Fraction("98.624")
    assert str(made.total) == "98.62"


def test_001_d_a_tier_outside_the_six_is_refused() -> None:
    figures = (FigureRow("u", "tier", "1.2"),)
    with pytest.raises(InputError, match=r"依据数据「tier」不能是 1\.2"):
        bind(Inputs((ratee("u"),), figures=figures), scheme_of(leaf("a", "100"), TIERS))


def test_001_f_the_year_weighs_otherwise_for_teams_and_for_cadres() -> None:
    # 班子 0.4 × 94 + 0.1 × 90 + 0.5 × 88 = 90.60; 干部 0.3 × 94 + 0.1 × 90 + 0.6 × 88 = 90.00
    scheme = scheme_of(
        leaf("months", '{team = "40", cadre = "30"}', "runs", 'series = "monthly"\nexpected = 12'),
        leaf("political", "10"),
        leaf("review", '{team = "50", cadre = "60"}', "appraisal"),
    )
    people = (ratee("班子", "team"), ratee("干部", "cadre"))
    history = tuple(
        row
        for one in people
        for row in months(one.key, {f"2026-{n:02d}": str(93 + n % 3) for n in range(1, 13)})
    )
    marks = tuple(
        marked(one.key, component, points)
        for one in people
        for component, points in (("political", "90"), ("review", "88"))
    )
    result = assess([], Inputs(people, marks, history=history, period="2026"), scheme)
    assert {one.key: str(one.total) for one in result.ratees} == {"班子": "90.60", "干部": "90.00"}
    assert result.notes == ()


def marked(who: str, component: str, points: str) -> IndicatorRow:
    return IndicatorRow(
        indicator=f"{component} {who}",
        name=component,
        ratee=who,
        component=component,
        kind="qualitative",
        points=Decimal(100),
        target=None,
        actual=Decimal(points),
        method="marks",
        is_certified=True,
    )


def test_001_h_a_missing_month_is_shown_as_missing_and_never_counts_0() -> None:
    # eleven months of 94: the mean is 94; month 7 is missing
    scheme = scheme_of(
        leaf("months", "100", "runs", 'series = "monthly"\nexpected = 12'), missing="fail"
    )
    marks = {f"2026-{n:02d}": "94" for n in range(1, 13) if n != 7}
    inputs = Inputs((ratee("u"),), history=tuple(months("u", marks)), period="2026")
    one = assess([], inputs, scheme).ratees[0]
    nodes = {node.path: node for node in one.nodes}
    assert one.total_exact == 94
    assert nodes["months"].note == "缺 1 期：2026年7月"
    assert nodes["months/2026-07"].note == "缺"


def test_001_i_scores_can_be_walked_from_the_area_down_to_the_post() -> None:
    # 新区 90; 部门 0.2 × 90 + 0.8 × 80 = 82; 科室 0.4 × 82 + 0.6 × 70 = 74.8;
    # 岗位 0.3 × 74.8 + 0.7 × 100 = 92.44
    scheme = scheme_of(
        leaf("own", '{area = "100", bureau = "80", section = "60", post = "70"}'),
        leaf("above", '{bureau = "20", section = "40", post = "30"}', "parent"),
    )
    people = [
        ratee("岗位", "post", "科室"),
        ratee("科室", "section", "部门"),
        ratee("部门", "bureau", "新区"),
        ratee("新区", "area"),
    ]
    own = {"新区": "90", "部门": "80", "科室": "70", "岗位": "100"}
    made = compose(scheme, people, scores({(key, "own"): mark for key, mark in own.items()}))
    assert made["岗位"].total_exact == Fraction("92.44")
    walked = [node_of(made[key], "above").score for key in ("岗位", "科室", "部门")]
    assert walked == [made[key].total_exact for key in ("科室", "部门", "新区")]
    assert all(readds(one) for one in made.values())


def test_004_h_a_post_coefficient_stands_beside_the_raw_score() -> None:
    # 85 × 1.1 = 93.5
    by = '[component.transform]\nkind = "coefficient"\nfigure = "post"\ntable = {law = "1.10"}'
    scheme = scheme_of(leaf("post", "100", "appraisal"), by)
    figures = (FigureRow("u", "post", "law"),)
    made = compose(scheme, [ratee("u")], scores({("u", "post"): "85"}), figures=figures)["u"]
    node: NodeScore = node_of(made, "post")
    assert [(step.before, step.factor, step.after) for step in node.steps] == [
        (85, Fraction("1.1"), Fraction("93.5"))
    ]
    assert str(made.total) == "93.50"


def test_indicators_of_a_leaf_the_class_does_not_have_are_refused() -> None:
    scheme: Scheme = scheme_of(
        leaf("own", '{unit = "100", staff = "70"}'), leaf("more", '{staff = "30"}')
    )
    with pytest.raises(InputError, match="构成「more」不适用于类别 unit"):
        assess([], Inputs((ratee("u"),), (marked("u", "more", "90"),)), scheme)


def test_a_figure_no_coefficient_follows_is_told() -> None:
    scheme = scheme_of(leaf("a", "100"), TIERS)
    figures = (FigureRow("u", "tier", "t1"), FigureRow("u", "gpd", "11"))
    inputs = Inputs((ratee("u"),), (marked("u", "a", "90"),), figures=figures)
    told = [note.text() for note in assess([], inputs, scheme).notes]
    assert told == ["方案没有用到依据数据「gpd」，是否想写 gdp"]


def test_large_adjustments_are_told_of_the_run() -> None:
    rows = (AdjustmentRow("u", "bonus", Decimal(11), "事项", "", "文", date(2026, 1, 1)),)
    inputs = Inputs((ratee("u"),), (marked("u", "a", "90"),), rows)
    result = assess([], inputs, scheme_of(leaf("a", "100")))
    assert [note.text() for note in result.notes] == [
        "1 个评议对象计入的加分或减分超过满分的 10%：u"
    ]


def test_every_shipped_scheme_weighs_each_of_its_classes() -> None:
    for scheme in shipped().values():
        people = tuple(ratee(f"r-{one}", one) for one in scheme.ratee_classes)
        bind(Inputs(people or (ratee("r"),)), scheme)
