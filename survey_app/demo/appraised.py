"""Quarters of appraisals of persons on paper, and filing them in the store as offices do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from analysis.scheme import shipped
from survey_app.appraisals import filings, roster
from survey_app.appraisals.bulk import FilledForm, file_many
from survey_app.appraisals.roster import MemberRow
from survey_app.appraisals.service import PeriodSpec, create_period
from survey_app.appraisals.sheets import Item, Sheet
from survey_app.core.access import SignedIn
from survey_app.core.services import Services
from survey_app.demo.imprint import SIMULATED
from survey_app.demo.ways_in import OPERATOR

SHEET: Sheet = tuple(
    Item(aspect, attribute, text, standard, Decimal(points))
    for aspect, attribute, text, standard, points in (
        ("德", "共性", "政治学习", "缺一次学习扣 1 分", "8"),
        ("德", "共性", "职业操守", "被通报一次扣 2 分", "8"),
        ("勤", "共性", "出勤", "迟到早退一次扣 0.5 分", "8"),
        ("勤", "共性", "值班值守", "脱岗一次扣 2 分", "8"),
        ("廉", "共性", "廉洁自律", "违反规定一次扣 4 分", "8"),
        ("能", "个性", "业务办理", "退件一次扣 1 分", "12"),
        ("能", "个性", "文稿质量", "退回一次扣 1 分", "12"),
        ("绩", "个性", "重点任务", "逾期一项扣 2 分", "12"),
        ("绩", "个性", "日常任务", "逾期一项扣 1 分", "12"),
        ("绩", "个性", "服务对象反映", "查实一次扣 2 分", "12"),
    )
)
"""德勤廉 40 points in common, 能绩 60 by post; every standard says what is counted."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter: who is on the roster, everybody's form, which units have not filed changes yet."""

    period: str
    due_on: date
    roster: tuple[MemberRow, ...]
    forms: tuple[FilledForm, ...]
    late_units: frozenset[str] = frozenset()


def file_quarters(
    services: Services, quarters: Sequence[Quarter], organiser: str, scheme_key: str
) -> None:
    """Open each quarter, file its roster, and enter every form with all five steps."""
    scheme, known = shipped()[scheme_key], tuple(shipped().values())
    by = SignedIn(0, OPERATOR, OPERATOR, "admin")
    database = services.database
    for quarter in quarters:
        spec = PeriodSpec(
            quarter.period,
            "",
            f"{organiser}（{SIMULATED}）",
            scheme,
            quarter.due_on,
            is_simulated=True,
        )
        period_id = create_period(database, OPERATOR, spec, known)
        roster.store_roster(database, OPERATOR, period_id, quarter.roster)
        for unit in sorted({one.unit for one in quarter.roster} - quarter.late_units):
            filings.file_changes(database, by, period_id, unit, "人员变动属实（模拟）")
        file_many(database, OPERATOR, period_id, quarter.forms)


def file_plans(services: Services, year: int, units: Iterable[str]) -> None:
    """The plans of these units for a year."""
    by = SignedIn(0, OPERATOR, OPERATOR, "admin")
    for unit in units:
        filings.file_plan(services.database, by, year, unit, "平时考核方案和名册（模拟）")


def filled(person: str, items: Sheet, marks: Sequence[Decimal], grade: str, on: date) -> FilledForm:
    """A form that has gone the whole way, as proposed."""
    return FilledForm(
        person=person,
        items=items,
        summary="（模拟）本期完成岗位各项工作。",
        marks=tuple(marks),
        proposed=grade,
        opinion="（模拟）按考核评鉴表逐项评分。",
        grade=grade,
        decided_on=on,
        published_on=on,
        is_filed=True,
    )


def filled_evenly(person: str, score: Decimal, grade: str, on: date) -> FilledForm:
    """The usual sheet with the same share of every item; `score` is a multiple of 0.25."""
    return filled(person, SHEET, [item.points * score / 100 for item in SHEET], grade, on)
