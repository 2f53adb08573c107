"""Appraisals for tests: a county's scheme, its units, people by alias, and whole sheets."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from analysis.scheme import Scheme
from survey_app.appraisals import feedback, form_page, roster, service
from survey_app.appraisals.bulk import FilledForm
from survey_app.appraisals.roster import MemberRow
from survey_app.appraisals.service import Decision, PeriodSpec, Review
from survey_app.appraisals.sheets import Item, Sheet
from survey_app.appraisals.tables import AppraisalForm
from survey_app.core.access import Role, SignedIn
from survey_app.core.database import Database
from survey_app.register.tables import Ratee

QUARTERLY = """
key = "county-quarterly"
version = "1"
title = "平时考核"
rhythm = "quarter"
filing_on = "12-20"

[[component]]
key = "sheet"
name = "考核评鉴"
weight = 100
source = "appraisal"
points = { total = "100", by_attribute = { "共性" = "40", "个性" = "60" }, emphasis = "个性" }

[[grade]]
key = "good"
name = "好"
quota = { scope = "pool", share = "0.4" }

[[grade]]
key = "fair"
name = "较好"

[[grade]]
key = "average"
name = "一般"

[[grade]]
key = "poor"
name = "较差"
"""
ANNUAL = """
key = "county-annual"
version = "1"
title = "年度考核"
rhythm = "year"

[[component]]
key = "review"
name = "年度评鉴"
weight = 100
source = "appraisal"

[[grade]]
key = "excellent"
name = "优秀"
eligibility = [
  { grades = ["好"], series = "county-quarterly", span = "period", at_least = 2 },
  { grades = ["一般", "较差"], series = "county-quarterly", span = "period", at_most = 0 },
]
priority = [{ grades = ["好"], series = "county-quarterly", span = "period", at_least = 4 }]

[[grade]]
key = "competent"
name = "称职"

[[grade]]
key = "basic"
name = "基本称职"

[[grade]]
key = "incompetent"
name = "不称职"

[[restriction]]
key = "floor"
name = "一般、较差累计超过两次"
when = [
  { grades = ["一般", "较差"], series = "county-quarterly", span = "period", at_least = 3 },
]
grades = ["basic", "incompetent"]
"""
QUARTERLY_SCHEME = Scheme.load(QUARTERLY.encode())
ANNUAL_SCHEME = Scheme.load(ANNUAL.encode())
ASPECTS = "德勤廉学纪"
COMMON: Sheet = tuple(
    Item(aspect, "共性", f"共性指标{n}", "完成记满分，少一次扣1分", Decimal(8))
    for n, aspect in enumerate(ASPECTS, start=1)
)
SPECIFIC: Sheet = tuple(
    Item("能" if n < 3 else "绩", "个性", f"个性指标{n}", "按期完成记满分", Decimal(12))
    for n in range(1, 6)
)
ITEMS: Sheet = COMMON + SPECIFIC
MARKS = tuple(map(Decimal, ("8", "8", "8", "7", "7", "11", "11", "11", "11", "10")))
"""38 of the 40 common points and 54 of the 60 specific ones: 92."""
DAY = date(2021, 3, 25)
MIDDLE, STAFF = "中层干部", "一般干部"
ONE = "人员0001"


def operator(role: Role, scope: str = "") -> SignedIn:
    return SignedIn(1, role, role, role, scope)


ADMIN, CLERK = operator("admin"), operator("clerk")
UNIT, LEADER = operator("unit", "u1"), operator("leader", "u1，u2")


def himself(person: str) -> SignedIn:
    return operator("person", person)


def fill_units(database: Database, n: int = 3) -> None:
    """Units u1 … in the register."""
    with database.write() as session:
        session.add_all(
            Ratee(
                key=f"u{k}",
                name=f"县{k}局",
                ratee_class="unit",
                group="",
                kind="unit",
                position=k,
            )
            for k in range(1, n + 1)
        )


def open_period(
    database: Database, period: str = "2021-Q1", scheme: Scheme = QUARTERLY_SCHEME
) -> int:
    spec = PeriodSpec(
        period, "", "县公务员办", scheme, date(2021, 4, 10), ANNUAL_SCHEME, is_simulated=True
    )
    return service.create_period(database, "admin", spec)


def member(n: int, unit: str = "u1", pool: str = STAFF, post: str = "文秘岗") -> MemberRow:
    return MemberRow(f"人员{n:04d}", unit, pool, post, "领导01")


def set_roster(database: Database, period_id: int, rows: Iterable[MemberRow]) -> None:
    roster.store_roster(database, "admin", period_id, list(rows))


def marks_of(share: str) -> tuple[Decimal, ...]:
    """Every item at this share of its points."""
    return tuple(round(item.points * Decimal(share), 2) for item in ITEMS)


def whole(person: str, grade: str, *, is_filed: bool = True) -> FilledForm:
    """A form that went the whole way, with this grade proposed and decided."""
    return FilledForm(
        person,
        ITEMS,
        "本季度完成了各项任务。",
        MARKS,
        grade,
        "同意",
        grade,
        decided_on=DAY,
        published_on=DAY,
        is_filed=is_filed,
    )


def whole_forms(people: Sequence[MemberRow], grade: str) -> list[FilledForm]:
    return [whole(one.person, grade) for one in people]


def open_county(database: Database) -> int:
    """A quarter with five people in u1, a pool each of middle and other staff, and one in u2."""
    fill_units(database)
    made = open_period(database)
    staff = [member(n) for n in range(1, 6)]
    middle = [member(n, pool=MIDDLE) for n in range(6, 11)]
    set_roster(database, made, [*staff, *middle, member(11, "u2")])
    return made


def bring_to(database: Database, period_id: int, step: int, person: str = ONE) -> None:
    """The steps up to this one, each by the one whose it is."""
    if step >= 1:
        service.fix_indicators(database, UNIT, period_id, person, ITEMS)
    if step >= 2:
        service.write_summary(database, himself(person), period_id, person, "完成了任务")
    if step >= 3:
        service.review(database, LEADER, period_id, person, Review(MARKS, "good", "踏实"))
    if step >= 4:
        service.decide(database, UNIT, period_id, [Decision(person, "good")])


def file_it(database: Database, period_id: int, person: str = ONE) -> None:
    bring_to(database, period_id, 4, person)
    feedback.confirm(database, himself(person), period_id, person)
    feedback.publish(database, UNIT, period_id, [person], DAY)
    feedback.submit(database, UNIT, period_id, [person])
    feedback.accept(database, CLERK, period_id, [person])


def form_of(database: Database, period_id: int, person: str = ONE) -> AppraisalForm:
    found = form_page.read_form(database, period_id, person).form
    assert found is not None
    return found
