"""Appraisals in the browser: a quarter from roster to filing, by everybody whose step it is."""

import csv
import io
from collections.abc import Iterator

import openpyxl
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.appraisals import books, form_page, service
from survey_app.core.access import Role
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.schemes import service as schemes
from tests.appraising import (
    ANNUAL,
    COMMON,
    QUARTERLY,
    SPECIFIC,
    fill_units,
    member,
    open_period,
    set_roster,
    whole_forms,
)
from tests.web.desk import PASSWORD, Desk, make_app, signed_in, ticket_of, workbook
from tests.web.strict import Page

BASE = "/admin/appraisals"
ONE = f"{BASE}/1/persons/人员0001"
UNIT_ONE = f"{BASE}/1/units/u1"
SCOPED: tuple[tuple[str, Role, str], ...] = (
    ("unit", "unit", "u1"),
    ("other", "unit", "u2"),
    ("leader", "leader", "u1"),
    ("person", "person", "人员0001"),
)
ROSTER = [
    ["人员编号", "单位", "考核组", "岗位", "分管领导"],
    *([f"人员{n:04d}", "县1局", "一般干部", "文秘岗", "领导01"] for n in range(1, 6)),
    ["人员0009", "县2局", "一般干部", "文秘岗", "领导02"],
]


@pytest.fixture
def app(web_settings: Settings) -> Iterator[Flask]:
    app = make_app(web_settings)
    held: Services = app.extensions["survey"]
    for login, role, scope in SCOPED:
        spec = OperatorSpec(login, login, role, scope)
        create_operator(held.database, held.settings, "tests", spec, PASSWORD)
    fill_units(held.database)
    yield app
    held.database.dispose()


@pytest.fixture
def services(app: Flask) -> Services:
    held: Services = app.extensions["survey"]
    return held


def seen(desk: Desk, address: str) -> str:
    """The text of a page that is as it must be."""
    page = Page(desk.get(address))
    assert page.faults == [], (address, page.faults)
    return page.text


def done(reply: TestResponse) -> None:
    assert reply.status_code == 302, reply.text[-2500:]


def typed(items: tuple[object, ...]) -> dict[str, str]:
    fields = {}
    for number, item in enumerate(items, start=1):
        for name in ("aspect", "attribute", "text", "standard", "points"):
            fields[f"{name}_{number}"] = str(getattr(item, name))
    return fields


def test_a_quarter_from_the_roster_to_the_filing(app: Flask, services: Services) -> None:
    desks = {who: signed_in(app, who) for who in ("clerk", "unit", "leader", "person", "viewer")}
    clerk, unit, leader, person = (desks[one] for one in ("clerk", "unit", "leader", "person"))
    for text in (QUARTERLY, ANNUAL):
        made = schemes.create(services.database, "admin", text, "试用")
        schemes.set_status(services.database, "admin", made.key, made.number, "full")
    spec = {
        "period": "2021-Q1",
        "title": "",
        "organiser": "县公务员办",
        "scheme": "county-quarterly:1",
        "annual": "county-annual:1",
        "due_on": "2021-04-10",
        "objection_days": "5",
        "is_simulated": "y",
    }
    assert "county-quarterly" in clerk.get(f"{BASE}/new")
    wrong = clerk.post(f"{BASE}/new", {**spec, "period": "一季度"})
    assert wrong.status_code == 422
    assert "县公务员办" in wrong.text
    done(clerk.post(f"{BASE}/new", spec))
    preview = clerk.upload(
        f"{BASE}/1/roster-import", "名册.xlsx", workbook({"平时考核名册": ROSTER})
    )
    assert preview.status_code == 200, preview.text[-2000:]
    done(clerk.post(f"{BASE}/1/roster-import/confirm", {"ticket": ticket_of(preview.text)}))
    assert "县1局" in seen(clerk, f"{BASE}/1/")

    done(clerk.post(f"{BASE}/1/template", {"post": "", **typed(COMMON)}))
    done(unit.post(f"{UNIT_ONE}/template", {"post": "文秘岗", **typed(SPECIFIC)}))
    done(unit.post(f"{UNIT_ONE}/draw-up"))
    assert "已为 5 人确定指标" in seen(unit, UNIT_ONE)

    assert "写小结" in seen(person, ONE + "/")
    done(person.post(f"{ONE}/summary", {"summary": "办文 120 件，无差错。"}))
    marks = {f"mark_{n}": "8" for n in range(1, 6)} | {f"mark_{n}": "11" for n in range(6, 11)}
    over = {**marks, "mark_1": "8.5", "proposed": "good", "opinion": "写了很久的意见"}
    refused = leader.post(f"{ONE}/review", over)
    assert refused.status_code == 422
    assert "评分应在 0 到 8 之间" in refused.text
    assert "写了很久的意见" in refused.text
    done(leader.post(f"{ONE}/review", {**marks, "proposed": "good", "opinion": "踏实"}))

    page = seen(unit, f"{UNIT_ONE}/decisions")
    assert "95.00" in page
    blank = unit.post(f"{UNIT_ONE}/decisions", {"on": "2021-03-30", "grade:人员0001": "fair"})
    assert blank.status_code == 422
    assert "没有写理由" in blank.text
    done(unit.post(f"{UNIT_ONE}/decisions", {"on": "2026-11-20", "grade:人员0001": "good"}))

    done(person.post(f"{ONE}/confirm"))
    done(unit.post(f"{UNIT_ONE}/publish", {"on": "2026-11-21"}))
    done(unit.post(f"{UNIT_ONE}/submit"))
    assert "1 人待备案" in seen(clerk, f"{BASE}/1/")
    done(clerk.post(f"{ONE}/return", {"words": "缺会议记录"}))
    assert "缺会议记录" in seen(unit, ONE + "/")
    done(unit.post(f"{UNIT_ONE}/submit"))
    done(clerk.post(f"{UNIT_ONE}/accept"))
    assert "已备案" in seen(person, f"{BASE}/")
    done(clerk.post(f"{ONE}/correct", {"words": "评分登记错误", "step": "2"}))
    assert "评分登记错误" in seen(clerk, ONE + "/")
    assert "第 1 版" in seen(desks["viewer"], ONE + "/?version=1")
    log = clerk.get("/admin/record/")
    assert "更正考核表" in log


@pytest.fixture
def filled(services: Services) -> None:
    """Two filed quarters: 人员0001–0010 in u1 and 0011–0020 in u2."""
    rows = [member(n, "u1" if n <= 10 else "u2") for n in range(1, 21)]
    for period in ("2021-Q1", "2021-Q2"):
        made = open_period(services.database, period)
        set_roster(services.database, made, rows)
        good = [*rows[:4], *rows[10:14]]
        rest = [one for one in rows if one not in good]
        service.file_many(services.database, "clerk", made, whole_forms(good, "good"))
        service.file_many(services.database, "clerk", made, whole_forms(rest, "fair"))


PAGES = (
    *("/", "/help", "/1/", "/1/units/u1", "/1/roster", "/1/roster/u1", "/filings"),
    *("/years/2021", "/years/2021/print", "/plans/2021", "/1/units/u1/print"),
    *("/1/persons/人员0001/", "/1/persons/人员0001/print/sheet"),
    *("/1/persons/人员0001/print/record", "/years/2021/persons/人员0001/print"),
    "/years/2021/persons/人员0005/print",
)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("who", ["admin", "clerk", "viewer", "unit", "leader"])
def test_every_page_is_whole_for_everybody_who_may_see_it(app: Flask, who: str) -> None:
    desk = signed_in(app, who)
    for address in PAGES:
        text = seen(desk, BASE + address)
        if address not in ("/help", "/plans/2021"):
            assert "模拟数据" in text, address


@pytest.mark.usefixtures("filled")
def test_a_scope_ends_where_it_ends(app: Flask) -> None:
    """Another unit's pages, papers and people are forbidden; lists show one's own."""
    elsewhere = (
        *("/1/units/u1", "/1/units/u1/print", "/1/roster/u1", "/1/persons/人员0001/"),
        *("/1/persons/人员0001/print/sheet", "/years/2021/persons/人员0001/print"),
    )
    other = signed_in(app, "other")
    for address in elsewhere:
        other.get(BASE + address, 403)
    for address in ("/1/units/u1/template", "/1/units/u1/decisions", "/1/template"):
        other.get(BASE + address, 403)
    for address in ("/filings", "/years/2021", "/filings.csv", "/years/2021/list.csv"):
        text = other.client.get(BASE + address).text
        assert "人员0011" in text
        assert "人员0001" not in text
    for action in ("draw-up", "publish", "submit"):
        assert other.post(f"{UNIT_ONE}/{action}").status_code == 403
    assert other.post(f"{BASE}/1/roster/u1/file").status_code == 403

    person = signed_in(app, "person")
    own = ("/", "/help", "/1/persons/人员0001/", "/years/2021/persons/人员0001/print")
    for address in own:
        assert "人员0002" not in seen(person, BASE + address)
    for address in (
        *("/1/", "/filings", "/years/2021", "/1/units/u1", "/1/persons/人员0002/"),
        *("/years/2021/persons/人员0002/print", "/1/persons/人员0002/print/record"),
    ):
        person.get(BASE + address, 403)
    assert person.post(f"{BASE}/1/persons/人员0002/confirm").status_code == 403
    leader = signed_in(app, "leader")
    leader.get(f"{BASE}/1/units/u2", 403)
    leader.get(f"{BASE}/1/persons/人员0011/review", 403)


@pytest.mark.usefixtures("filled")
def test_002_l_lists_are_filtered_and_taken_away(app: Flask) -> None:
    desk = signed_in(app, "viewer")
    assert "共 40 份" in seen(desk, f"{BASE}/filings")
    assert "共 4 份" in seen(desk, f"{BASE}/filings?unit=u1&period=2021-Q2&grade=good")
    reply = desk.client.get(f"{BASE}/filings.csv?unit=u1&period=2021-Q2&grade=good")
    rows = list(csv.reader(io.StringIO(reply.data.decode("utf-8-sig"))))
    assert rows[0][:5] == ["时期", "单位", "姓名（编号）", "职务（岗位）", "类别"]
    assert [row[2] for row in rows[1:]] == [f"人员{n:04d}" for n in range(1, 5)]
    reply = desk.client.get(f"{BASE}/years/2021/list.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(reply.data)).worksheets[0]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[0][0] == "2021年度平时考核结果一览表（模拟数据）"
    assert cells[2][:4] == ["单位", "姓名（编号）", "职务（岗位）", "类别"]
    assert cells[2][4:10] == [
        *(f"第{n}季度等次" for n in "一二三四"),
        "好次数",
        "一般/较差次数",
    ]
    assert cells[3][1] == "人员0001"
    assert cells[3][4:12] == ["好", "好", "—", "—", "2", "0", "有", ""]


def test_nothing_in_a_file_runs_as_a_formula() -> None:
    ledger = books.Ledger("表", "表", ("甲", "乙"), (9, 9), [("=1+1", "@a"), ("-2", "+3")])
    assert books.as_csv(ledger).decode("utf-8-sig").splitlines()[1:] == ["'=1+1,'@a", "'-2,'+3"]
    sheet = openpyxl.load_workbook(io.BytesIO(books.as_xlsx(ledger))).worksheets[0]
    assert [cell.data_type for cell in sheet[4]] == ["s", "s"]


def test_a_refused_sheet_keeps_what_was_typed(app: Flask, services: Services) -> None:
    made = open_period(services.database)
    set_roster(services.database, made, [member(1)])
    unit = signed_in(app, "unit")
    reply = unit.post(f"{ONE}/indicators", typed(COMMON))
    assert reply.status_code == 422
    assert "属性为个性的指标分值相加是 0，必须为60" in reply.text
    assert "共性指标5" in reply.text
    assert form_page.read_form(services.database, made, "人员0001").form is None
    vague = (*COMMON, *SPECIFIC)
    fields = typed(vague) | {"standard_1": "重视不够的酌情扣分"}
    done(unit.post(f"{ONE}/indicators", fields))
    assert "表述含糊：重视不够、酌情扣分" in seen(unit, ONE + "/")


def test_a_file_with_a_name_in_it_is_refused(app: Flask, services: Services) -> None:
    made = open_period(services.database)
    clerk = signed_in(app, "clerk")
    rows = [ROSTER[0], ["张三", "县1局", "", "", ""]]
    reply = clerk.upload(
        f"{BASE}/{made}/roster-import", "名册.xlsx", workbook({"平时考核名册": rows})
    )
    assert reply.status_code == 422
    assert "“张三”像是姓名" in reply.text


def test_what_a_unit_types_about_its_people_is_kept(app: Flask, services: Services) -> None:
    made = open_period(services.database)
    unit = signed_in(app, "unit")
    address = f"{BASE}/{made}/roster/u1"
    reply = unit.post(f"{address}/member", {"person": "李四", "post": "档案岗"})
    assert reply.status_code == 422
    assert "档案岗" in reply.text
    done(unit.post(f"{address}/member", {"person": "人员0007", "post": "档案岗"}))
    assert "人员0007" in seen(unit, address)
    done(unit.post(f"{address}/file", {"content": "新增一人"}))
    done(unit.post(f"{address}/remove", {"person": "人员0007"}))
    done(unit.post(f"{BASE}/plans/2021", {"unit": "u1", "content": "方案一"}))
    assert unit.post(f"{BASE}/plans/2021", {"unit": "u2", "content": "x"}).status_code == 403


@pytest.mark.usefixtures("filled")
def test_a_units_file_of_the_year_shows_its_quarters(app: Flask) -> None:
    """Ten people of u1, all filed, nobody new in the second quarter."""
    text = seen(signed_in(app, "unit"), "/admin/supervision/archive/u1/2021")
    assert "2021-Q2 10 10 10 0 0 未报备" in text
    assert "2021-Q1 10 10 10 10 0 未报备" in text
