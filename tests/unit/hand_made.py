"""An assessment worked by hand, small enough to check every figure with a pencil.

Unit u1 has 指标 92.50, 公众 88.00, 内部 90.00, bonus 3, deduction 1:
0.6·92.5 + 0.3·88 + 0.1·90 + 3 - 1 = 55.5 + 26.4 + 9 + 2 = 92.90.
公众 88 = 0.6·90 (市民) + 0.4·85 (人大代表); each class has two dimensions of equal weight:
市民 职责 (100·5 + 80·5) / 10 = 90, 效率 (100·6 + 80·3 + 60·1) / 10 = 90;
人大代表 (100·2 + 80·6) / 8 = 85 in both. 内部 (100·3 + 80·3) / 6 = 90.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from analysis.indicators import IndicatorResult
from analysis.inputs import AdjustmentRow, IndicatorRow, Inputs, RateeRow, VetoRow
from analysis.note import Note
from analysis.results import (
    Alternative,
    Assessment,
    BallotCount,
    Cell,
    CellTable,
    Counts,
    NodeKind,
    NodeScore,
    Participation,
    RateeResult,
    RoundQuality,
)
from analysis.scheme import Scheme
from forms.questionnaire import Questionnaire

SCHEME = """
key = "hand"
version = "7"
title = "测试方案"
missing = "redistribute"
void = ["straight_line"]

[rater_class]
citizen = "市民"
delegate = "人大代表"
leader = "领导"

[ratee_class]
county = "区县"
unit = "市直单位"

[[component]]
key = "indicators"
name = "指标考核"
weight = "60"
source = "indicators"

[[component]]
key = "public"
name = "公众评议"
weight = "30"
source = "questionnaire"
questionnaires = ["small"]
rater_classes = { citizen = "60", delegate = "40" }
min_n = 5

[[component]]
key = "internal"
name = "内部评估"
weight = "10"
source = "questionnaire"
questionnaires = ["merit"]
rater_classes = { leader = "100" }
min_n = 5

[adjustments]
bonus_cap = "50"
deduction_cap = "50"

[[veto]]
key = "safety"
name = "重大安全事故"
effect = "no_excellent"
""".encode()
OPTIONS = (
    ("5", "非常满意", "100"),
    ("4", "满意", "80"),
    ("3", "基本满意", "60"),
    ("2", "不满意", "40"),
    ("1", "非常不满意", "20"),
    ("9", "不了解", None),
)
MERIT = (("4", "优秀", "100"), ("3", "良好", "80"), ("9", "不了解", None))


def questionnaire(
    key: str,
    title: str,
    options: Sequence[tuple[str, str, str | None]],
    dimensions: Sequence[tuple[str, str]],
) -> Questionnaire:
    """A questionnaire with an item a dimension and an overall item Q0."""
    items: list[dict[str, object]] = [
        {"key": f"Q{n}", "dimension": dimension, "scale": "s", "text": f"您对{text}满意吗？"}
        for n, (dimension, text) in enumerate(dimensions, 1)
    ]
    items.append({"key": "Q0", "scale": "s", "text": "总体评价"})
    scale = [
        {"code": code, "text": text} | ({} if points is None else {"points": points})
        for code, text, points in options
    ]
    return Questionnaire.from_json(
        {
            "key": key,
            "version": "1",
            "title": title,
            "overall": "Q0",
            "scale": [{"key": "s", "options": scale}],
            "dimension": [{"key": one, "text": text} for one, text in dimensions],
            "item": items,
        }
    )


FORMS = {
    "small": questionnaire(
        "small", "群众评议问卷", OPTIONS, (("duty", "履行职责"), ("efficiency", "行政效率"))
    ),
    "merit": questionnaire("merit", "领导评议表", MERIT, (("tasks", "重点任务"),)),
}
# (rater class, channel) → item → votes by option number; 0 is a blank.
VOTES: dict[tuple[str, str, str], dict[str, dict[int, int]]] = {
    ("small", "citizen", "online"): {
        "Q1": {5: 5, 4: 5, 9: 2},
        "Q2": {5: 6, 4: 3, 3: 1, 9: 1, 0: 1},
        "Q0": {5: 6, 4: 3, 2: 1, 9: 2},
    },
    ("small", "delegate", "assembly"): {
        "Q1": {5: 2, 4: 6},
        "Q2": {5: 2, 4: 6},
        "Q0": {5: 2, 4: 6},
    },
    ("merit", "leader", "assembly"): {"Q1": {4: 3, 3: 3}, "Q0": {4: 3, 3: 3}},
}


def cells(ratee: str) -> list[Cell]:
    return [
        Cell(ratee, form, item, rater_class, "", channel, "code", option, n)
        for (form, rater_class, channel), items in VOTES.items()
        for item, votes in items.items()
        for option, n in votes.items()
    ]


def ballots(ratee: str) -> list[BallotCount]:
    """12 citizens' forms count; 3 more are a device's second and 1 was straight-lined."""
    rows = [
        ("small", "citizen", "online", "valid", 12),
        ("small", "citizen", "online", "duplicate", 3),
        ("small", "citizen", "online", "screened", 1),
        ("small", "delegate", "assembly", "valid", 8),
        ("merit", "leader", "assembly", "valid", 6),
    ]
    return [
        BallotCount("r", form, ratee, who, "", channel, "code", status, n)
        for form, who, channel, status, n in rows
    ]


def node(
    path: str,
    kind: NodeKind,
    name: str,
    share: str,
    score: int | str,
    n: int = 0,
    votes: tuple[tuple[str, int], ...] = (),
) -> NodeScore:
    part, value = Fraction(share), Fraction(score)
    return NodeScore(path, kind, name, part * 100, part, value, part * value, n=n, votes=votes)


def votes_of(form: str, rater_class: str, channel: str, item: str) -> tuple[tuple[str, int], ...]:
    asked = FORMS[form]
    counts = VOTES[form, rater_class, channel][item]
    options = asked.scale_of(asked.item(item)).options
    return tuple((str(option.text), counts.get(option.number, 0)) for option in options)


def nodes() -> tuple[NodeScore, ...]:
    citizen = ("small", "citizen", "online")
    delegate = ("small", "delegate", "assembly")
    leader = ("merit", "leader", "assembly")
    duty, speed = ("dimension", "履行职责", "1/2"), ("dimension", "行政效率", "1/2")
    return (
        node("indicators", "component", "指标考核", "3/5", "92.5"),
        node("public", "component", "公众评议", "3/10", 88, 20),
        node("public/citizen", "rater_class", "市民", "3/5", 90, 12),
        node("public/citizen/duty", *duty, 90, 10, votes_of(*citizen, "Q1")),
        node("public/citizen/efficiency", *speed, 90, 10, votes_of(*citizen, "Q2")),
        node("public/delegate", "rater_class", "人大代表", "2/5", 85, 8),
        node("public/delegate/duty", *duty, 85, 8, votes_of(*delegate, "Q1")),
        node("public/delegate/efficiency", *speed, 85, 8, votes_of(*delegate, "Q2")),
        node("internal", "component", "内部评估", "1/10", 90, 6),
        node("internal/leader", "rater_class", "领导", "1", 90, 6),
        node("internal/leader/tasks", "dimension", "重点任务", "1", 90, 6, votes_of(*leader, "Q1")),
    )


U1 = RateeResult(
    key="u1",
    name="市教育局",
    ratee_class="unit",
    group="第一组",
    total=Decimal("92.90"),
    total_exact=Fraction("92.9"),
    se=1.25,
    lo=90.45,
    hi=95.35,
    n=26,
    rank_class=1,
    rank_group=1,
    rank_lo=1,
    rank_hi=1,
    grade="excellent",
    grade_name="优秀",
    bonus_raw=Decimal(3),
    bonus_counted=Decimal(3),
    deduction_raw=Decimal(1),
    deduction_counted=Decimal(1),
    nodes=nodes(),
)
C1 = replace(
    U1,
    key="c1",
    name="=永定区",
    ratee_class="county",
    group="",
    total=Decimal("90.90"),
    total_exact=Fraction("90.9"),
    rank_group=None,
    bonus_raw=Decimal(62),
    bonus_counted=Decimal(50),
    deduction_raw=Decimal(50),
    deduction_counted=Decimal(50),
    veto=("safety",),
    grade_name="合格",
)
INDICATOR = IndicatorRow(
    indicator="001",
    name="财政收入",
    ratee="u1",
    component="indicators",
    kind="quantitative",
    points=Decimal(20),
    target=Decimal(200),
    actual=Decimal(185),
    method="completion",
    owner="市财政局",
    level="市",
    attribute="共性",
    is_certified=True,
)
INPUTS = Inputs(
    ratees=(RateeRow("u1", "市教育局", "unit", "第一组"), RateeRow("c1", "=永定区", "county", "")),
    indicators=(INDICATOR,),
    adjustments=(
        AdjustmentRow("u1", "bonus", Decimal(3), "创新奖", "表彰", "张政发〔2009〕1号", None),
        AdjustmentRow("u1", "deduction", Decimal(1), "迟报", "督查", "", date(2009, 11, 3)),
        AdjustmentRow("c1", "bonus", Decimal(62), "获奖", "表彰", "证书", None),
        AdjustmentRow("c1", "deduction", Decimal(50), "通报", "督查", "", None),
    ),
    vetoes=(VetoRow("c1", "safety", "安监〔2009〕9号", date(2009, 8, 1)),),
)


def assessment() -> Assessment:
    """The assessment of 市教育局 and =永定区, who got the same votes."""
    return Assessment(
        scheme=Scheme.load(SCHEME),
        content_digest="sha256:" + "ab" * 32,
        counts=Counts(raw=60, duplicate=6, void=2, valid=52),
        flags={"straight_line": 2, "too_many_blank": 0},
        findings=(),
        ratees=(C1, U1),
        cells=CellTable(
            tuple(sorted([*cells("c1"), *cells("u1")])), (*ballots("c1"), *ballots("u1"))
        ),
        quality=(
            RoundQuality(
                "r.small",
                "测试轮次",
                "citizen",
                32,
                24,
                6,
                2,
                {"straight_line": 2, "too_many_blank": 0},
                {"rule:straight_line": 2},
            ),
            RoundQuality("r.small", "测试轮次", "delegate", 16, 16, 0, 0, {}, {}),
            RoundQuality("r.merit", "测试轮次", "leader", 12, 12, 0, 0, {}, {}),
        ),
        participation=(
            Participation("r.small", "测试轮次", "citizen", None, None, 32),
            Participation("r.small", "测试轮次", "delegate", 10, 9, 8),
        ),
        indicators=(
            IndicatorResult(
                INDICATOR,
                "市教育局",
                "indicators",
                "指标考核",
                Fraction("92.5"),
                Fraction("92.5"),
                Decimal("18.500000"),
            ),
        ),
        questionnaires=FORMS,
        alternatives=(
            Alternative(
                "same_device_count",
                "同一设备的重复答卷也计入",
                58,
                {"u1": Decimal("92.40"), "c1": Decimal("90.90")},
            ),
        ),
        notes=(Note("有 {n} 份答卷的评议主体不在方案里，不计分", {"n": 4}),),
        is_simulated=True,
    )
