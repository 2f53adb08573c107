"""A district with 三测评: seven departments, two townships, a street, and the heads of all ten.

Made so that every rule shows. 综合执法局 fails two years running (降职), 投资促进局 for the first
time (诫勉谈话); heads of excellent and of good units may be excellent, the others' not; the
half-year assessment stands beside the annual one; a falsified report is a veto.
"""

from dataclasses import replace
from decimal import Decimal

import numpy as np

from analysis.inputs import AdjustmentRow, HistoryRow, IndicatorRow, RateeRow, VetoRow
from survey_app.demo.drawn_rows import Line, RowMaker, day
from survey_app.demo.imprint import YEAR
from survey_app.demo.small_city import Period, SmallCity, Voice
from survey_app.supervision.checking import RecordSpec

SCHEME, HALF = "three-evaluations", "three-evaluations-half"
UNITS = (
    ("d1", "区发展改革局", "district_unit", 1.05),
    ("d2", "区教育局", "district_unit", 0.95),
    ("d3", "区住建局", "district_unit", 0.5),
    ("d4", "区民政局", "district_unit", 1.0),
    ("d5", "区综合执法局", "district_unit", -3.4),
    ("d6", "区投资促进局", "district_unit", -3.3),
    ("d7", "区统计局", "district_unit", 0.7),
    ("t1", "东河镇", "township", 0.9),
    ("t2", "西岭乡", "township", -0.35),
    ("s1", "新华街道", "street", 0.8),
)
IN_CHARGE = (("d1", "d3", "d6", "d7"), ("d2", "d4", "s1"), ("d5", "t1", "t2"))
"""分管关系: each district leader rates only the units in his charge, and their heads."""
QUALITY = {key: quality for key, _, _, quality in UNITS} | {
    f"h-{key}": quality + 0.9 for key, _, _, quality in UNITS
}
LINES = (
    Line("G1", "责任目标完成（项）", "duty", "60", "工作目标责任制", "区统计局", "考核办"),
    Line("G2", "招商到位资金（万元）", "duty", "40", "工作目标责任制", "区投资促进局", "考核办"),
    Line("Z1", "重点工程进度（%）", "key-work", "60", "重点工作", "区发展改革局", "考核办"),
    Line("Z2", "信访积案化解（件）", "key-work", "40", "重点工作", "区信访局", "考核办"),
    Line("C1", "常规工作完成（项）", "routine", "100", "常规工作", "区统计局", "牵头部门"),
)
DAILY = Line(
    *("R1", "公务员记实手册考核", "daily", "100", "公务员日常表现", "区人社局", "考核办"),
    standard="按《公务员记实手册》逐项核分",
)


def ratees() -> tuple[RateeRow, ...]:
    units = [RateeRow(key, name, kind, "全区") for key, name, kind, _ in UNITS]
    heads = [
        RateeRow(f"h-{row.key}", f"人员{number:04d}", "head", "全区", "person", row.key)
        for number, row in enumerate(units, start=101)
    ]
    return (*units, *heads)


def voices() -> tuple[Voice, ...]:
    """三测评: the public by posters, those served by cards, leaders by 分管关系."""
    kinds = ("district_unit", "township", "street")
    lists = tuple((*keys, *(f"h-{key}" for key in keys)) for keys in IN_CHARGE)
    return (
        Voice("citizen", dict.fromkeys(kinds, "unit"), "poster", 14),
        Voice("service_user", dict.fromkeys(kinds, "service"), "card", 8, shift=0.1),
        Voice(
            "leader_district",
            {**dict.fromkeys(kinds, "leader"), "head": "person"},
            "list",
            2,
            lists,
        ),
    )


def draw(seed: int) -> SmallCity:
    rows = RowMaker(QUALITY, np.random.default_rng([seed, 200]))
    return SmallCity(
        SCHEME,
        "示例区（三测评）",
        "示例区绩效考核办公室",
        ratees(),
        QUALITY,
        (
            Period(
                *(HALF, f"{YEAR}-H1", f"示例区{YEAR}年半年初评"),
                indicators=_indicators(rows, has_daily=False),
            ),
            _annual(rows),
        ),
        seed,
        opened=Period(SCHEME, str(YEAR + 1), f"示例区{YEAR + 1}年三测评", voices()),
        records=_records(),
        scopes={"unit": "d5", "leader": "d5、t1、t2", "reporter": "区统计局", "certifier": ""},
        looks=(
            "结果页：负责人评优的资格，拒绝时写明是哪一条",
            "督查室：督办的三级台阶、抽查、追究",
            f"{SCHEME}.{YEAR}/workbook.xlsx",
        ),
    )


def _annual(rows: RowMaker) -> Period:
    return Period(
        SCHEME,
        str(YEAR),
        f"示例区{YEAR}年全年总评",
        voices(),
        indicators=_indicators(rows, has_daily=True),
        adjustments=(
            AdjustmentRow(
                *("d1", "bonus", Decimal(2), "“一窗通办”改革", "创新", "区委改革办文件（模拟）"),
                day(10, 8),
            ),
            AdjustmentRow(
                *("d3", "deduction", Decimal(1), "督办事项逾期", "督办通报", "督办〔2026〕1号"),
                day(9, 20),
            ),
        ),
        vetoes=(VetoRow("d6", "虚报失实、失真、失控", "追究〔2026〕1号（模拟）", day(11, 5)),),
        history=tuple(_last_year()),
    )


def _indicators(rows: RowMaker, *, has_daily: bool) -> tuple[IndicatorRow, ...]:
    made = [rows.completion(line, key) for line in LINES for key, *_ in UNITS]
    daily = [rows.marks(DAILY, key) for key, *_ in UNITS] if has_daily else []
    return (*made, *daily)


def _last_year() -> list[HistoryRow]:
    """综合执法局 failed last year too; its head was warned then."""
    grades = {"d1": "优秀", "d5": "不合格", "t2": "基本合格"}
    return [HistoryRow(key, str(YEAR - 1), grades.get(key, "良好"), SCHEME) for key, *_ in UNITS]


def _records() -> tuple[RecordSpec, ...]:
    """The six systems: 调度, 通报, 公示, 立档, 督办, 追究; and spot checks of any day."""
    everyone = tuple(key for key, *_ in UNITS)
    made = (
        RecordSpec("dispatch", "重点项目调度会", ("d1", "d3"), day(3, 12), due_on=day(4, 30)),
        RecordSpec("circular", "第一季度工作通报和排名", everyone, day(4, 10), "排名见附件"),
        RecordSpec("publication", "半年初评结果公示", everyone, day(7, 15), place="《工作简报》"),
        RecordSpec("filing", "半年初评结果立档", everyone, day(7, 20), result="归入单位年度档案"),
        RecordSpec("spot_check", "窗口在岗抽查", ("d5",), day(8, 6), result="两个窗口无人"),
        RecordSpec(
            *("urging", "道路亮化工程督办", ("d3",), day(8, 20)),
            step="notice",
            due_on=day(9, 10),
        ),
        RecordSpec(
            *("falsification", "虚报招商到位资金", ("d6",), day(11, 5)),
            indicator="招商到位资金（万元）",
            sanction="circular",
        ),
    )
    return tuple(replace(one, is_simulated=True) for one in made)
