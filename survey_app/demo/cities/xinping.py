"""Posts and duties: four units on trial for a quarter, then everybody.

县委宣传部, 国土局, 经委 and 环保局 with two persons each are the trial; two more units and their
persons see nothing of it until it is rolled out. A person's score counts by the post's coefficient
and takes over that of the unit; one sheet leans to the public part and is warned of. 920 service
promises are published; five persons have been held to account.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from analysis.inputs import FigureRow, IndicatorRow, RateeRow
from analysis.scheme import SCHEMES
from survey_app.appraisals.roster import MemberRow
from survey_app.appraisals.sheets import Item, Sheet
from survey_app.core.services import Services
from survey_app.demo.appraised import Quarter, file_plans, file_quarters, filled
from survey_app.demo.drawn_rows import Line, RowMaker
from survey_app.demo.imprint import YEAR
from survey_app.demo.small_city import Built, Period, SmallCity, Voice
from survey_app.demo.ways_in import OPERATOR
from survey_app.followup import service as followup
from survey_app.followup.service import ItemSpec
from survey_app.schemes import service as schemes

SCHEME, OWN = "xinping-posts", "gangwei-shixing"
UNITS = (
    ("xcb", "县委宣传部", 0.8),
    ("gtj", "国土局", 0.4),
    ("jw", "经委", 0.7),
    ("hbj", "环保局", 1.0),
    ("mzj", "民政局", 0.6),
    ("sfj", "司法局", 0.5),
)
PILOT = tuple(key for key, *_ in UNITS[:4])
PERSONS = tuple(
    (f"{unit}-{n}", unit, post, quality)
    for (unit, *_), pair in zip(
        UNITS,
        (
            (("general", 0.9), ("general", 0.5)),
            (("window", 0.6), ("enforcement", 0.3)),
            (("general", 0.7), ("general", -0.2)),
            (("enforcement", 1.0), ("window", 0.8)),
            (("window", 0.6), ("general", 0.6)),
            (("general", 0.5), ("window", 0.7)),
        ),
        strict=True,
    )
    for n, (post, quality) in enumerate(pair, 1)
)
QUALITY = {key: quality for key, _, quality in UNITS} | {
    key: quality for key, _, _, quality in PERSONS
}
EFFICACY = (
    Line("X1", "限时办结率（%）", "efficacy", "50", "效能", "县政务服务中心"),
    Line("X2", "服务承诺兑现率（%）", "efficacy", "50", "效能", "县政务服务中心"),
)
PUBLIC = (
    ("德", "学习", "缺一次扣 1 分"),
    ("勤", "纪律", "违反一次扣 2 分"),
    ("廉", "作风", "查实一次扣 2 分"),
)
DUTIES = (("绩", "岗位任务", "逾期一项扣 3 分"), ("能", "办件质量", "退件一次扣 2 分"))
DUE = date(YEAR + 1, 1, 10)
Post = tuple[str, str, str, float]
LEANING = "jw-2"
"""Whose sheet gives the public part 60 of 100: a warning, not a refusal."""
N_PROMISES, HELD = 920, 5
OFFICE = "示例县绩效考核办公室"


def draw(seed: int) -> SmallCity:
    rows = RowMaker(QUALITY, np.random.default_rng([seed, 700]))
    text = (SCHEMES / f"{SCHEME}.toml").read_text(encoding="utf-8")
    rolled_out = text.replace('pilot = ["xcb", "gtj", "jw", "hbj"]\n', "")
    people = tuple(one for one in PERSONS if one[1] in PILOT)
    return SmallCity(
        SCHEME,
        "示例县（设岗定责）",
        OFFICE,
        _ratees(),
        QUALITY,
        (
            Period(
                SCHEME,
                f"{YEAR}-Q4",
                f"示例县{YEAR}年第四季度绩效考核试行",
                (_served(PILOT),),
                indicators=tuple(_rows(rows)),
                figures=tuple(FigureRow(key, "post", post) for key, _, post, _ in people),
            ),
        ),
        seed,
        opened=Period(
            SCHEME,
            f"{YEAR + 1}-Q1",
            f"示例县{YEAR + 1}年第一季度绩效考核（全面推广）",
            (_served(tuple(key for key, *_ in UNITS)),),
            own_toml=rolled_out,
        ),
        files={"promises": _promises()},
        scopes={"unit": "gtj", "leader": "gtj、hbj", "person": "gtj-1"},
        looks=(
            "方案库：试点方案和推广后的新版本",
            "服务承诺：920 条，按单位列出",
            "结果页：岗位系数前后的得分并列",
        ),
        beforehand=_TryOut(_quarter(people)),
        afterwards=_roll_out,
    )


def _ratees() -> tuple[RateeRow, ...]:
    return (
        *(RateeRow(key, name, "county_unit", "") for key, name, _ in UNITS),
        *(
            RateeRow(key, f"人员{number:04d}", "staff", "", "person", unit)
            for number, (key, unit, *_) in enumerate(PERSONS, 1)
        ),
    )


def _served(units: tuple[str, ...]) -> Voice:
    """Service users answer for 首问负责, 承诺兑现 and 限时办结."""
    return Voice("service_user", {"county_unit": "service"}, "card", 10, among=units)


def _rows(rows: RowMaker) -> Iterator[IndicatorRow]:
    for line in EFFICACY:
        for unit in PILOT:
            yield rows.completion(line, unit)


def _sheet(person: str) -> Sheet:
    """公共部分 (学习、纪律、作风) and 本职工作; one person's leans to the public part."""
    common, own = ("20", "20") if person == LEANING else ("10", "35")
    return (
        *(
            Item(aspect, "公共部分", text, standard, Decimal(common))
            for aspect, text, standard in PUBLIC
        ),
        *(
            Item(aspect, "本职工作", text, standard, Decimal(own))
            for aspect, text, standard in DUTIES
        ),
    )


def _quarter(people: Sequence[Post]) -> Quarter:
    """The forms of the trial quarter. Within the places the best two are excellent."""
    shares = {key: Decimal(round(82 + 10 * quality)) / 100 for key, _, _, quality in people}
    best = sorted(shares, key=lambda key: -shares[key])[: len(people) // 4]
    forms = []
    for key, share in shares.items():
        items = _sheet(key)
        word = "excellent" if key in best else "competent"
        forms.append(filled(key, items, [item.points * share for item in items], word, DUE))
    members = tuple(MemberRow(key, unit, "", post, "") for key, unit, post, _ in people)
    return Quarter(f"{YEAR}-Q4", DUE, members, tuple(forms))


def _promises() -> bytes:
    stream = io.StringIO(newline="")
    sheet = csv.writer(stream)
    sheet.writerow(["编号", "单位", "岗位", "事项", "承诺内容", "办结时限", "监督电话"])
    for number in range(1, N_PROMISES + 1):
        name = UNITS[number % len(UNITS)][1]
        days = 1 + number % 10
        promise = f"材料齐全即受理，{days} 个工作日内办结（模拟）"
        sheet.writerow(
            [
                f"C{number:03d}",
                name,
                "窗口",
                f"事项{number:03d}",
                promise,
                f"{days} 个工作日",
                "12345",
            ]
        )
    return stream.getvalue().encode("utf-8-sig")


@dataclass(frozen=True, slots=True)
class _TryOut:
    """The office's own copy of the scheme goes on trial; all units but one file their plans."""

    quarter: Quarter

    def __call__(self, services: Services) -> None:
        source = schemes.version(services.database, SCHEME, schemes.SHIPPED)
        schemes.copy(services.database, OPERATOR, source, OWN, "设岗定责绩效方案（本县）")
        schemes.set_status(services.database, OPERATOR, OWN, 1, "pilot")
        file_plans(services, YEAR, PILOT[:-1])
        file_quarters(services, [self.quarter], OFFICE, SCHEME)


def _roll_out(built: Built) -> Iterator[str]:
    """After the quarter the trial is extended to everybody; five persons were held to account."""
    version = schemes.roll_out(built.services.database, OPERATOR, OWN)
    for key, *_ in PERSONS[:HELD]:
        spec = ItemSpec(
            key, "accountability", "行政问责", "违反限时办结（模拟）", is_simulated=True
        )
        followup.add_item(built.services.database, OPERATOR, spec)
    yield f"  试点方案 {OWN} 已推广为第 {version.number} 版"
    yield f"  问责登记 {HELD} 人；服务承诺 {N_PROMISES} 条"
