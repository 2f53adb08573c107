"""The simulated city: 49 ratees in two classes, and its rater classes with their habits.

The shape (counts of ratees, indicators, rater classes and channels) follows a real evaluation of
2009; names of bodies are those any city has, counties and persons are placeholders.
"""

from dataclasses import replace

from analysis.inputs import RateeRow
from survey_app.demo.drawn_rows import day
from survey_app.demo.imprint import SIMULATED
from survey_app.demo.raters import ASSEMBLY, FIELD, ONLINE, SEPARATE, RaterKind
from survey_app.supervision.checking import RecordSpec

CITY = "示例市"
ORGANISER = f"{CITY}绩效评估委员会办公室（{SIMULATED}）"

COUNTIES = ("甲区", "乙区", "丙县", "丁县")
COUNTY_GROUP = "区县组"
GROUPS: dict[str, tuple[str, ...]] = {
    "分管组一（综合财税）": (
        "市政府办公室",
        "市发展和改革委员会",
        "市财政局",
        "市审计局",
        "市统计局",
        "市税务局",
        "市人力资源和社会保障局",
    ),
    "分管组二（工业科技）": (
        "市工业和信息化局",
        "市国有资产监督管理委员会",
        "市应急管理局",
        "市科学技术局",
        "市地方金融管理局",
        "市大数据管理局",
    ),
    "分管组三（农业农村）": (
        "市农业农村局",
        "市水利局",
        "市林业局",
        "市乡村振兴局",
        "市供销合作社",
        "市气象局",
    ),
    "分管组四（城建交通）": (
        "市自然资源和规划局",
        "市住房和城乡建设局",
        "市交通运输局",
        "市生态环境局",
        "市城市管理局",
        "市住房公积金管理中心",
        "市人民防空办公室",
    ),
    "分管组五（商贸旅游）": (
        "市商务局",
        "市文化旅游广电局",
        "市市场监督管理局",
        "市外事办公室",
        "市招商促进中心",
        "市粮食和物资储备局",
    ),
    "分管组六（教育卫生）": (
        "市教育局",
        "市卫生健康委员会",
        "市体育局",
        "市医疗保障局",
        "市民政局",
        "市退役军人事务局",
        "市残疾人联合会",
    ),
    "分管组七（政法服务）": (
        "市公安局",
        "市司法局",
        "市信访局",
        "市民族宗教事务局",
        "市政务服务中心",
        "市消防救援支队",
    ),
}

_PUBLIC = (("county", "county"), ("unit", "unit"))
_SERVICE = (("county", "service"), ("unit", "service"))
_DELEGATE = (("county", "delegate-county"), ("unit", "delegate-unit"))
_LEADER = (("county", "leader"), ("unit", "leader"))

KINDS: tuple[RaterKind, ...] = (
    RaterKind("citizen", 0.28, ONLINE, "poster", "one", _PUBLIC, "long", 0.00, 0.55, 0.06, 0.00),
    RaterKind("netizen", 0.10, ONLINE, "poster", "one", _PUBLIC, "long", -0.25, 0.65, 0.08, 0.00),
    RaterKind(
        "service_user", 0.18, SEPARATE, "card", "one", _SERVICE, "long", 0.15, 0.60, 0.02, 0.00
    ),
    RaterKind("village", 0.05, FIELD, "card", "one", _PUBLIC, "long", 0.10, 0.45, 0.10, 0.00),
    RaterKind(
        "enterprise", 0.10, SEPARATE, "list", "group", _PUBLIC, "short", 0.05, 0.50, 0.05, 0.15
    ),
    RaterKind(
        "delegate_city", 0.06, ASSEMBLY, "list", "all", _DELEGATE, "short", 0.10, 0.40, 0.03, 0.30
    ),
    RaterKind(
        "delegate_county",
        0.05,
        ASSEMBLY,
        "list",
        "county",
        _DELEGATE,
        "short",
        0.05,
        0.40,
        0.04,
        0.35,
    ),
    RaterKind(
        "cppcc_city", 0.05, ASSEMBLY, "list", "all", _DELEGATE, "short", 0.00, 0.40, 0.03, 0.30
    ),
    RaterKind(
        "cppcc_county", 0.04, ASSEMBLY, "list", "county", _DELEGATE, "short", 0.05, 0.40, 0.04, 0.35
    ),
    RaterKind(
        "leader_city", 0.02, ASSEMBLY, "list", "all", _LEADER, "long", 0.20, 0.30, 0.01, 0.10
    ),
    RaterKind(
        "leader_dept", 0.07, SEPARATE, "list", "all", _LEADER, "long", 0.30, 0.35, 0.02, 0.20
    ),
)


def ratees() -> tuple[RateeRow, ...]:
    """The register: counties first, then the units by group."""
    counties = [
        RateeRow(f"q{number:02d}", name, "county", COUNTY_GROUP)
        for number, name in enumerate(COUNTIES, start=1)
    ]
    named = [(group, name) for group, names in GROUPS.items() for name in names]
    units = [
        RateeRow(f"u{number:02d}", name, "unit", group)
        for number, (group, name) in enumerate(named, start=1)
    ]
    return (*counties, *units)


def records() -> tuple[RecordSpec, ...]:
    """The process of the year: four bulletins, a notice of supervision, a talk, a self-check."""
    counties = tuple(f"q{number:02d}" for number in range(1, len(COUNTIES) + 1))
    circulars = tuple(
        RecordSpec("circular", f"第{number}期绩效工作通报", counties, day(3 * number - 1, 10))
        for number in (1, 2, 3, 4)
    )
    made = (
        *circulars,
        RecordSpec("urging", "两通工程督办", ("q03",), day(6, 2), step="notice", due_on=day(6, 20)),
        RecordSpec("talk", "重点项目进度约谈", ("u24",), day(7, 8), result="限期整改"),
        RecordSpec("self_check", "年度绩效自查", counties, day(11, 10), due_on=day(11, 25)),
    )
    return tuple(replace(one, is_simulated=True) for one in made)
