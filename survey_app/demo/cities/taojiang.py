"""A county's education system: responsibility from leader to office to person, and three schools.

Two leaders, four offices under them, six persons in the offices. Each level takes over the score of
the one above (一级抓一级), so a weak leader is felt all the way down.
"""

from decimal import Decimal

import numpy as np

from analysis.inputs import AdjustmentRow, IndicatorRow, RateeRow
from survey_app.demo.drawn_rows import Line, RowMaker, day
from survey_app.demo.imprint import YEAR
from survey_app.demo.small_city import Period, SmallCity, Voice

SCHEME = "taojiang-education"
LEADERS = (("l1", 0.9), ("l2", -0.4))
OFFICES = (
    ("o1", "基础教育股", "l1", 0.9),
    ("o2", "职业教育股", "l1", 0.6),
    ("o3", "安全保卫股", "l2", 0.3),
    ("o4", "计划财务股", "l2", 0.7),
)
PERSONS = (
    ("p1", "o1", 1.0),
    ("p2", "o1", 0.6),
    ("p3", "o2", 0.7),
    ("p4", "o3", 0.2),
    ("p5", "o3", 0.8),
    ("p6", "o4", 0.9),
)
SCHOOLS = (("x1", "第一中学", 1.0), ("x2", "实验小学", 0.8), ("x3", "职业中专", 0.2))
QUALITY = {
    **dict(LEADERS),
    **{key: quality for key, _, _, quality in OFFICES},
    **{key: quality for key, _, quality in PERSONS},
    **{key: quality for key, _, quality in SCHOOLS},
}
GOALS = (
    Line("M1", "年度目标任务完成（%）", "targets", "60", "岗位目标", "县教育局办公室"),
    Line("M2", "责任事项按期办结（%）", "targets", "40", "岗位目标", "县教育局办公室"),
)
CLEAN = Line("L1", "违反廉政规定（次）", "integrity", "100", "党风廉政", "县纪委派驻组")
ANNUAL = Line(
    *("N1", "年度考核评分", "annual", "100", "年度考核", "县教育局人事股", "考核领导小组"),
    standard="德能勤绩廉各 20 分，逐项写明扣分的事实",
)


def ratees() -> tuple[RateeRow, ...]:
    return (
        *(
            RateeRow(key, f"人员{number:04d}（责任领导）", "edu_leader", "", "person")
            for number, (key, _) in enumerate(LEADERS, 1)
        ),
        *(
            RateeRow(key, name, "edu_office", "", "unit", leader)
            for key, name, leader, _ in OFFICES
        ),
        *(
            RateeRow(key, f"人员{number:04d}", "edu_person", "", "person", office)
            for number, (key, office, _) in enumerate(PERSONS, 11)
        ),
        *(RateeRow(key, name, "school", "") for key, name, _ in SCHOOLS),
    )


def draw(seed: int) -> SmallCity:
    rows = RowMaker(QUALITY, np.random.default_rng([seed, 400]))
    period = Period(
        SCHEME,
        str(YEAR),
        f"示例县教育系统{YEAR}年岗位目标责任考核",
        _voices(),
        indicators=tuple(_indicators(rows)),
        adjustments=(
            AdjustmentRow(
                *("x1", "bonus", Decimal(1), "课后服务被省级媒体报道", "舆论监督", "报道（模拟）"),
                day(5, 18),
            ),
            AdjustmentRow(
                *("o3", "deduction", Decimal(2), "校车隐患被曝光", "舆论监督", "报道（模拟）"),
                day(10, 9),
            ),
        ),
    )
    return SmallCity(
        SCHEME,
        "示例县教育系统（责任到人）",
        "示例县教育局考核领导小组",
        ratees(),
        QUALITY,
        (period,),
        seed,
        opened=Period(
            SCHEME, str(YEAR + 1), f"示例县教育系统{YEAR + 1}年民主和群众监督", _voices()
        ),
        scopes={"unit": "o3", "person": "p4"},
        looks=("结果页里点开人员0014：得分怎样从责任领导、部门传到本人", "workbook.xlsx"),
    )


def _voices() -> tuple[Voice, ...]:
    watched = tuple(key for key, *_ in (*OFFICES, *SCHOOLS))
    asked = ("edu_office", "school")
    return (
        Voice("teacher", dict.fromkeys(asked, "leader"), "list", 8, (watched,)),
        Voice("parent", dict.fromkeys(asked, "unit"), "poster", 12),
    )


def _indicators(rows: RowMaker) -> list[IndicatorRow]:
    once = {"o3": 1}
    made = [rows.completion(line, key) for line in GOALS for key in QUALITY]
    made += [rows.deduction(CLEAN, key, once.get(key, 0), "20") for key in QUALITY]
    yearly = [key for key, *_ in (*LEADERS, *PERSONS)]
    return [*made, *(rows.marks(ANNUAL, key) for key in yearly)]
