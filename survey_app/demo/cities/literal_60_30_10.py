"""The other reading of 60/30/10 on ten ratees: the ratings are one score, leaders weigh least.

Two units are made for the comparison: leaders think highly of one and its users do not; the other
is loved by those it serves and unknown to leaders.
"""

from decimal import Decimal

import numpy as np

from analysis.inputs import AdjustmentRow, RateeRow
from survey_app.demo.drawn_rows import Line, RowMaker, day
from survey_app.demo.imprint import YEAR
from survey_app.demo.small_city import Period, SmallCity, Voice

SCHEME, OTHER = "literal-60-30-10", "zhangjiajie-2009"
COUNTIES = ("甲县", "乙县")
UNITS = ("财政局", "教育局", "公安局", "民政局", "住建局", "农业农村局", "商务局", "政务服务中心")
QUALITY = {"q1": 0.7, "q2": 0.3} | dict(
    zip(
        (f"u{n}" for n in range(1, 9)),
        (0.55, 0.9, 0.35, 0.6, -0.1, 0.45, 0.75, 0.5),
        strict=True,
    )
)
LINES = (
    Line("S1", "重点工作任务完成（项）", "indicators", "40", "重点工作", "市政府办公室"),
    Line("S2", "为民办实事完成（件）", "indicators", "30", "为民办实事", "市政府办公室"),
    Line("M1", "法定职责履行抽查合格率（%）", "indicators", "30", "履行法定职责", "市统计局"),
)
LEADERS = ("leader_city", "leader_dept")


def ratees() -> tuple[RateeRow, ...]:
    counties = [RateeRow(f"q{n}", name, "county", "县组") for n, name in enumerate(COUNTIES, 1)]
    units = [RateeRow(f"u{n}", f"市{name}", "unit", "市直组") for n, name in enumerate(UNITS, 1)]
    return (*counties, *units)


def voices(keys: tuple[str, ...]) -> tuple[Voice, ...]:
    """Everybody who is asked: the public, those served, delegates and leaders."""
    public = {"county": "county", "unit": "unit"}
    service = {"county": "service", "unit": "service"}
    delegate = {"county": "delegate-county", "unit": "delegate-unit"}
    leader = {"county": "leader", "unit": "leader"}
    return (
        Voice("citizen", public, "poster", 12),
        Voice("netizen", public, "poster", 6, shift=-0.2),
        Voice("service_user", service, "card", 10, shift=0.1),
        Voice("village", public, "card", 3, shift=0.1),
        *(
            Voice(key, delegate if "leader" not in key else leader, "list", n, (keys,))
            for key, n in (
                ("delegate_city", 6),
                ("delegate_county", 6),
                ("cppcc_city", 6),
                ("cppcc_county", 6),
            )
        ),
        Voice("enterprise", public, "list", 6, (keys,)),
        *(Voice(key, leader, "list", 6, (keys,), shift=0.2) for key in LEADERS),
    )


def draw(seed: int) -> SmallCity:
    people = ratees()
    keys = tuple(row.key for row in people)
    rows = RowMaker(QUALITY, np.random.default_rng([seed, 100]))
    period = Period(
        SCHEME,
        str(YEAR),
        f"示例市{YEAR}年度绩效评估（两种读法对照）",
        voices(keys),
        indicators=tuple(rows.completion(line, key) for line in LINES for key in keys),
        adjustments=(
            AdjustmentRow(
                *("u4", "bonus", Decimal(1), "经验被省级推广", "", "推广文件（模拟）"), day(6, 12)
            ),
            AdjustmentRow(
                *("u5", "deduction", Decimal(1), "督办事项逾期", "", "督办函（模拟）"), day(9, 3)
            ),
        ),
    )
    return SmallCity(
        SCHEME,
        "示例市（两种读法）",
        "示例市绩效评估委员会办公室",
        people,
        QUALITY,
        (period,),
        seed,
        opened=Period(SCHEME, str(YEAR + 1), f"示例市{YEAR + 1}年度评议", voices(keys)),
        looks=("reading.csv：两种读法并排，谁的名次变了、为什么",),
    )
