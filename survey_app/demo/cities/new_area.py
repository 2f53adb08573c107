"""A new area through a year: twelve months, four quarters, two halves, the year; and two specials.

One area, four departments, four sections, four posts. 市政园林局 is last all year, so that 末尾督考
strikes three times: talk, change of post, strict handling. 经济发展局 has an outstanding month that
counts five times. What a department stands in for (its tier) is multiplied in, and so is growth.
"""

import calendar
import csv
import io
from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from analysis.inputs import AdjustmentRow, FigureRow, IndicatorRow, RateeRow
from survey_app.demo.drawn_rows import Line, RowMaker, day
from survey_app.demo.imprint import YEAR
from survey_app.demo.small_city import Period, SmallCity, Voice
from survey_app.supervision.checking import RecordSpec

AREA = "xq"
BUREAUS = (
    ("b1", "经济发展局", "t4", 0.9),
    ("b2", "招商投资局", "t3", 0.7),
    ("b3", "社会事务局", "t1", 0.8),
    ("b4", "市政园林局", "t2", -0.9),
)
SECTIONS = (
    ("k1", "产业科", "b1", 0.9),
    ("k2", "招商一科", "b2", 0.6),
    ("k3", "民生科", "b3", 0.7),
    ("k4", "环卫科", "b4", -0.5),
)
POSTS = (("p1", "k1", 1.0), ("p2", "k2", 0.7), ("p3", "k3", 0.8), ("p4", "k4", -0.6))
QUALITY = {
    AREA: 0.8,
    **{key: quality for key, _, _, quality in BUREAUS},
    **{key: quality for key, _, _, quality in SECTIONS},
    **{key: quality for key, _, quality in POSTS},
}
STRETCH = (
    ("地区生产总值（亿元）", "25"),
    ("一产增加值（亿元）", "5"),
    ("二产增加值（亿元）", "15"),
    ("三产增加值（亿元）", "15"),
    ("固定资产投资（亿元）", "15"),
    ("社会消费品零售总额（亿元）", "10"),
    ("一般公共预算收入（亿元）", "15"),
)
COMMON = ("政治思想建设", "基层党建", "生态文明建设", "法治建设", "优化营商环境")
SPECIFIC = (("招商引资", "30"), ("产业项目", "30"), ("经济效益", "20"), ("民生", "20"))
OF_TEAMS = ("政治思想建设", "领导能力", "工作实绩", "党风廉政", "作风")
OF_CADRES = ("德", "能", "勤", "绩", "廉")
GROWTH = (
    "9.5",
    "10.2",
    "11.0",
    "11.4",
    "10.8",
    "11.9",
    "12.5",
    "11.2",
    "10.6",
    "11.0",
    "11.8",
    "11.0",
)
OFFICE = "新区考核办"
FIGURES_OF = "经济发展局统计科"


def ratees() -> tuple[RateeRow, ...]:
    return (
        RateeRow(AREA, "示例新区", "area", ""),
        *(RateeRow(key, name, "bureau", "", "unit", AREA) for key, name, _, _ in BUREAUS),
        *(RateeRow(key, name, "section", "", "unit", bureau) for key, name, bureau, _ in SECTIONS),
        *(
            RateeRow(key, f"人员{number:04d}", "post", "", "person", section)
            for number, (key, section, _) in enumerate(POSTS, 1)
        ),
    )


def draw(seed: int) -> SmallCity:
    rows = RowMaker(QUALITY, np.random.default_rng([seed, 500]))
    return SmallCity(
        "new-area-monthly",
        "示例新区（月考核，双系数，末尾督考）",
        OFFICE,
        ratees(),
        QUALITY,
        tuple(_periods(rows)),
        seed,
        records=_records(),
        files={"work": _work_sheet()},
        scopes={"unit": "b4", "leader": "b3、b4", "person": "p4", "reporter": FIGURES_OF},
        looks=(
            "new-area-yearly 的结果页：月度 40%、政治素质 10%、年度测评 50%",
            "结果运用：市政园林局的谈话提醒、岗位调整、严肃处理",
            "工作记录：日考勤和周记录按岗位汇总",
        ),
    )


def _periods(rows: RowMaker) -> Iterator[Period]:
    for month in range(1, 13):
        yield _month(rows, month)
        if month % 3 == 0:
            name = f"{YEAR}-Q{month // 3}"
            yield Period("new-area-quarterly", name, f"示例新区{YEAR}年第{month // 3}季度考评")
        if month == 6:
            yield _special(rows)
        if month % 6 == 0:
            name = f"{YEAR}-H{month // 6}"
            yield Period("new-area-half", name, f"示例新区{YEAR}年第{month // 6}个半年考核")
    yield _year(rows)
    yield _term(rows)


def _month(rows: RowMaker, month: int) -> Period:
    outstanding = AdjustmentRow(
        *("b1", "bonus", Decimal("0.6"), "引进百亿项目", "突出贡献或影响新区考核"),
        *("省通报表扬（模拟）", day(month, 20), Decimal(5)),
    )
    return Period(
        "new-area-monthly",
        f"{YEAR}-{month:02d}",
        f"示例新区{YEAR}年{month}月考核",
        indicators=(*_stretch(rows), *_of_bureaus(rows), *_below(rows, month)),
        adjustments=(outstanding,) if month == 3 else (),
        figures=tuple(
            FigureRow(key, figure, value)
            for key, _, tier, _ in BUREAUS
            for figure, value in (("tier", tier), ("gdp_growth", GROWTH[month - 1]))
        ),
    )


def _stretch(rows: RowMaker) -> Iterator[IndicatorRow]:
    """The seven, in all 100 points: 总量×80% + 增速×20%."""
    for number, (name, points) in enumerate(STRETCH, 1):
        line = Line(f"F{number}", name, "stretch", points, "奋斗指标", FIGURES_OF, OFFICE)
        yield rows.growth(line, AREA, 100, "11", 1.0)


def _of_bureaus(rows: RowMaker) -> Iterator[IndicatorRow]:
    for key, *_ in BUREAUS:
        for number, name in enumerate(COMMON, 1):
            line = Line(f"G{number}", name, "bureau/common", "12", "共性", OFFICE, OFFICE)
            yield rows.marks(line, key)
        for number, (name, points) in enumerate(SPECIFIC, 1):
            line = Line(f"Z{number}", name, "bureau/specific", points, "个性", FIGURES_OF, OFFICE)
            yield rows.completion(line, key)


def _below(rows: RowMaker, month: int) -> Iterator[IndicatorRow]:
    """Tasks of sections; attendance and weekly records of posts, summed from their entries."""
    task = Line("K1", "科室任务完成（项）", "section/tasks", "100", "科室任务", OFFICE, OFFICE)
    absent = Line("R1", "缺勤、迟到（次）", "post/attendance", "100", "日考勤", OFFICE, OFFICE)
    weekly = Line("R2", "周记录和月对账", "post/weekly", "100", "周记录", OFFICE, OFFICE)
    for key, *_ in SECTIONS:
        yield rows.completion(task, key)
    for key, *_ in POSTS:
        yield rows.deduction(absent, key, _absences(key, month), "5")
        yield rows.marks(weekly, key)


def _absences(post: str, month: int) -> int:
    return 2 if post == "p4" else int(post == "p2" and month % 4 == 0)


def _special(rows: RowMaker) -> Period:
    line = Line("X1", "防汛专项任务", "task", "100", "专项", OFFICE, OFFICE)
    keys = [key for key, *_ in (*BUREAUS, *POSTS)]
    return Period(
        "new-area-special",
        f"{YEAR}-06",
        f"示例新区{YEAR}年防汛专项考核",
        indicators=tuple(rows.marks(line, key) for key in keys),
    )


def _year(rows: RowMaker) -> Period:
    teams, cadres = [key for key, *_ in BUREAUS], [key for key, *_ in POSTS]
    plus = Line("Y1", "政治素质正向情形", "political", "60", "正向", OFFICE, OFFICE)
    minus = Line("Y2", "政治素质反向情形（次）", "political", "40", "反向", OFFICE, OFFICE)
    reviewed = [
        rows.marks(Line(f"{code}{n}", name, "review/panel", "20", "测评", OFFICE, OFFICE), key)
        for code, names, keys in (("T", OF_TEAMS, teams), ("C", OF_CADRES, cadres))
        for n, name in enumerate(names, 1)
        for key in keys
    ]
    return Period(
        "new-area-yearly",
        str(YEAR),
        f"示例新区{YEAR}年度考核",
        (
            Voice("counterpart", {"bureau": "unit", "post": "person"}, "card", 8),
            Voice("citizen", {"bureau": "unit"}, "poster", 10),
        ),
        indicators=(
            *(rows.marks(plus, key) for key in (*teams, *cadres)),
            *(rows.deduction(minus, key, int(key == "b4"), "10") for key in (*teams, *cadres)),
            *reviewed,
        ),
    )


def _term(rows: RowMaker) -> Period:
    goals = Line("D1", "任期目标完成（%）", "goals", "100", "任期", OFFICE, OFFICE)
    panel = Line("D2", "任期评定", "panel", "100", "任期", OFFICE, OFFICE)
    keys = [key for key, *_ in BUREAUS]
    return Period(
        "new-area-term",
        f"{YEAR}-12",
        f"示例新区领导班子任期考核（{YEAR - 2}—{YEAR}）",
        indicators=(
            *(rows.completion(goals, key) for key in keys),
            *(rows.marks(panel, key) for key in keys),
        ),
    )


def _records() -> tuple[RecordSpec, ...]:
    """容错纠错 as a recorded exemption, and the talk after the first quarter."""
    return (
        RecordSpec(
            *("exemption", "先行先试的审批改革未达预期", ("b2",), day(7, 6)),
            exempts="招商引资指标少完成部分免予扣分",
            approved_by="新区容错纠错领导小组（模拟）",
            is_simulated=True,
        ),
        RecordSpec(
            *("talk", "第一季度末位谈话提醒", ("b4",), day(4, 12)),
            result="限期整改市容问题",
            is_simulated=True,
        ),
    )


def _work_sheet() -> bytes:
    """日考勤 (a line for each absence) and 周记录 (marks of every week) of the posts."""
    stream = io.StringIO(newline="")
    sheet = csv.writer(stream)
    sheet.writerow(["单位", "人员编号", "岗位", "日期", "类型", "数值", "备注"])
    unit_of = {key: bureau for key, _, bureau, _ in SECTIONS}
    for post, section, quality in POSTS:
        who = (unit_of[section], post, "")
        for month in range(1, 13):
            for n in range(_absences(post, month)):
                sheet.writerow([*who, day(month, 6 + n), "日考勤", 1, "迟到（模拟）"])
            for date in range(7, calendar.monthrange(YEAR, month)[1] + 1, 7):
                sheet.writerow([*who, day(month, date), "周记录", round(84 + 10 * quality), ""])
    return stream.getvalue().encode("utf-8-sig")
