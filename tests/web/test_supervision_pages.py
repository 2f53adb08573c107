"""The pages of supervision: filed by a clerk, answered by a unit, read by those who may."""

import io
import re
from collections.abc import Iterator

import openpyxl
import pytest
from flask import Flask

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.core.config import Settings
from survey_app.core.services import Services
from tests.supervising import file
from tests.web.desk import (
    PASSWORD,
    PLAIN_ROUND,
    Desk,
    import_register,
    make_app,
    signed_in,
    ticket_of,
    workbook,
)
from tests.web.strict import Page

PLACE = "/admin/supervision"
CIRCULAR = {
    "title": "一季度工作通报",
    "ratees": ["101", "102"],
    "issued_on": "2026-03-02",
    "due_on": "2026-03-20",
    "content": "教育局第一，水利局第二。",
}


@pytest.fixture
def app(web_settings: Settings) -> Iterator[Flask]:
    app = make_app(web_settings)
    held: Services = app.extensions["survey"]
    spec = OperatorSpec("unit", "教育局经办", "unit", "101")
    create_operator(held.database, held.settings, "tests", spec, PASSWORD)
    import_register(signed_in(app, "clerk"))
    yield app
    held.database.dispose()


@pytest.fixture
def clerk(app: Flask) -> Desk:
    return signed_in(app, "clerk")


@pytest.fixture
def unit(app: Flask) -> Desk:
    return signed_in(app, "unit")


def read(desk: Desk, address: str) -> Page:
    page = Page(desk.get(address))
    assert page.faults == []
    return page


def filed(desk: Desk, kind: str, **fields: object) -> str:
    reply = desk.post(f"{PLACE}/new/{kind}", {**CIRCULAR, **fields})
    assert reply.status_code == 302, reply.text[-3000:]
    return str(reply.headers["Location"])


def test_a_circular_from_filing_to_acceptance(clerk: Desk, unit: Desk) -> None:
    address = filed(clerk, "circular")
    assert "通报〔2026〕1号" in read(clerk, f"{PLACE}/").text
    shown = read(unit, address)
    assert "市教育局" in shown.text
    assert "市水利局" not in shown.text
    said = unit.post(f"{address}/reply", {"ratee": "101", "words": "已整改"})
    assert said.status_code == 302
    assert "已回复，待审核" in read(clerk, address).text
    assert clerk.post(f"{address}/return", {"ratee": "101", "words": "缺附件"}).status_code == 302
    assert "缺附件" in read(unit, address).text
    unit.post(f"{address}/reply", {"ratee": "101", "words": "附件已补"})
    assert clerk.post(f"{address}/accept", {"ratee": "101"}).status_code == 302
    text = read(clerk, address).text
    assert "已办结" in text
    assert "逾期" in text  # the other unit has not answered


def test_every_kind_has_its_form_and_keeps_what_was_typed(clerk: Desk) -> None:
    kinds = re.findall(rf"{PLACE}/new/(\w+)", clerk.get(f"{PLACE}/"))
    assert len(kinds) == 10
    for kind in kinds:
        assert read(clerk, f"{PLACE}/new/{kind}").fields
        refused = clerk.post(f"{PLACE}/new/{kind}", {"title": "写了一半的事项"})
        assert refused.status_code == 422, kind
        assert "写了一半的事项" in refused.text
        assert Page(refused.text).faults == []


def test_a_step_that_comes_too_early_is_told_with_its_remedy(clerk: Desk) -> None:
    fields = {"ratee": "101", "step": "admonition", "due_on": "2999-01-01", "previous_id": ""}
    refused = clerk.post(f"{PLACE}/new/urging", {**CIRCULAR, **fields})
    assert refused.status_code == 422
    assert "没有上一步，不能直接诫勉谈话" in refused.text
    assert "跳级的理由" in refused.text
    address = filed(
        clerk, "urging", ratee="101", step="notice", due_on="2026-03-03", previous_id=""
    )
    assert "进到下一步" in clerk.get(address)
    record_id = address.rpartition("/")[2]
    form = read(clerk, f"{PLACE}/new/urging?previous={record_id}")
    assert form.value("title") == "一季度工作通报"
    assert ("step", "admonition") in form.checked()
    following = filed(
        clerk, "urging", ratee="101", step="admonition", previous_id=record_id, due_on="2026-04-01"
    )
    assert "上一步" in clerk.get(following)


def test_a_correction_shows_both_versions(clerk: Desk) -> None:
    address = filed(clerk, "circular")
    form = read(clerk, f"{address}/correct")
    assert form.value("title") == "一季度工作通报"
    refused = clerk.post(f"{address}/correct", {**CIRCULAR, "title": "改过的题目"})
    assert refused.status_code == 422
    changed = {**CIRCULAR, "title": "改过的题目", "reason": "题目写错"}
    assert clerk.post(f"{address}/correct", changed).status_code == 302
    text = read(clerk, address).text
    assert "改过的题目" in text
    assert "一季度工作通报" in text
    assert "题目写错" in text


def test_000_l_the_case_points_to_the_score(clerk: Desk, unit: Desk) -> None:
    address = filed(
        clerk,
        "falsification",
        ratee="101",
        indicator="A01 投资",
        sanction="discipline",
        round_id="",
    )
    assert "待重新核定" in read(clerk, f"{PLACE}/falsifications").text
    assert "待重新核定" in read(unit, f"{PLACE}/falsifications").text
    assert clerk.post(f"{address}/reopened", {"words": "改为 80"}).status_code == 302
    assert "已重新核定" in read(clerk, f"{PLACE}/falsifications").text


def test_000_l_the_case_leads_to_the_indicator_itself(clerk: Desk) -> None:
    scheme = {**PLAIN_ROUND, "scheme": "zhangjiajie-2009"}
    assert clerk.post("/admin/rounds/new", scheme).status_code == 302
    rows = [
        ["编号", "指标名称", "责任单位", "类型", "分值", "目标值", "完成值"],
        ["A01", "重点项目投资", "市教育局", "定量", 20, 100, 96.5],
        ["A01", "重点项目投资", "市水利局", "定量", 20, 100, 96.5],
        ["A02", "就业", "市教育局", "定量", 20, 100, 96.5],
    ]
    place = "/admin/rounds/1/inputs"
    preview = clerk.upload(f"{place}/import", "a.xlsx", workbook({"指标完成情况": rows}), kind="")
    clerk.post(f"{place}/confirm", {"ticket": ticket_of(preview.text), "kind": ""})
    case = {"ratee": "101", "indicator": "A01 投资额", "sanction": "measure", "round_id": "1"}
    address = filed(clerk, "falsification", **case)
    (link,) = [one for one in read(clerk, address).links if "/reporting/" in one]
    assert "重点项目投资" in read(clerk, link).text


def test_000_10_the_file_of_a_unit_and_year(clerk: Desk, unit: Desk) -> None:
    filed(clerk, "spot_check", ratees=["101"], result="窗口缺岗一人")
    own = read(unit, f"{PLACE}/archive/101/2026").text
    assert "窗口缺岗一人" in own
    assert "抽查〔2026〕1号" in own
    assert "市水利局" not in read(unit, f"{PLACE}/archive/").text
    assert "市水利局" in read(clerk, f"{PLACE}/archive/?year=2026").text
    clerk.get(f"{PLACE}/archive/nobody/2026", 404)
    clerk.get(f"{PLACE}/archive/101/99999", 404)


def test_what_is_not_the_units_is_forbidden_to_it(app: Flask, unit: Desk) -> None:
    held: Services = app.extensions["survey"]
    other = file(held.database, "talk", "102")
    both = file(held.database, "circular", "101", "102")
    unit.get(f"{PLACE}/records/{other}", 403)
    unit.get(f"{PLACE}/archive/102/2026", 403)
    assert "市水利局" not in unit.get(f"{PLACE}/?unit=102")
    said = {"ratee": "102", "words": "冒名的回复"}
    assert unit.post(f"{PLACE}/records/{both}/reply", said).status_code == 403
    for act in ("urge", "accept", "return", "correct", "reopened"):
        own = {"ratee": "101", "words": "自己审核"}
        assert unit.post(f"{PLACE}/records/{both}/{act}", own).status_code == 403, act
    for page in ("new/talk", f"records/{both}/correct", "import/promises"):
        unit.get(f"{PLACE}/{page}", 403)
    book = unit.client.get(f"{PLACE}/ledger.xlsx")
    cells = openpyxl.load_workbook(io.BytesIO(book.data)).active
    names = [row[2].value for row in cells.iter_rows(min_row=4)]
    assert "市教育局" in names
    assert "市水利局" not in names


def test_a_viewer_reads_and_changes_nothing(app: Flask, clerk: Desk) -> None:
    address = filed(clerk, "circular")
    viewer = signed_in(app, "viewer")
    assert "催办" not in read(viewer, address).text
    for act in ("reply", "urge", "accept", "return", "correct"):
        assert viewer.post(f"{address}/{act}", {"ratee": "101", "words": "x"}).status_code == 403


def test_promises_and_work_records_come_from_a_sheet(clerk: Desk, unit: Desk) -> None:
    sheet = {
        "服务承诺": [
            ["编号", "单位", "事项", "承诺内容"],
            ["C1", "市教育局", "教师资格认定", "一次办结"],
            ["C2", "102", "取水许可", "五日办结"],
        ]
    }
    upload = f"{PLACE}/import/promises"
    preview = clerk.upload(upload, "承诺.xlsx", workbook(sheet))
    assert preview.status_code == 200, preview.text[-2000:]
    assert Page(preview.text).faults == []
    confirmed = clerk.post(f"{upload}/confirm", {"ticket": ticket_of(preview.text)})
    assert confirmed.status_code == 302
    assert "取水许可" in read(clerk, f"{PLACE}/promises/").text
    assert "取水许可" not in read(unit, f"{PLACE}/promises/").text
    assert "教师资格认定" in read(unit, f"{PLACE}/archive/101/2026").text
    bad = clerk.upload(
        f"{PLACE}/import/work", "记录.csv", "单位,日期,类型,数值\n无此局,x,y,z\n".encode()
    )
    assert bad.status_code == 422
    assert "名册里没有“无此局”" in bad.text
    good = "单位,岗位,日期,类型,数值\n市教育局,窗口一,2026-03-02,日考勤,0.5\n".encode()
    preview = clerk.upload(f"{PLACE}/import/work", "记录.csv", good)
    clerk.post(f"{PLACE}/import/work/confirm", {"ticket": ticket_of(preview.text)})
    assert "0.5" in read(clerk, f"{PLACE}/work/?period=2026-03").text
    assert clerk.client.get(f"{PLACE}/work/sums.xlsx?period=2026-03").status_code == 200
    for what in ("promises", "work"):
        assert clerk.client.get(f"{PLACE}/import/{what}/template.xlsx").status_code == 200


def test_every_post_wants_its_token(clerk: Desk) -> None:
    address = filed(clerk, "circular")
    for act in ("reply", "urge", "accept", "return", "correct", "reopened"):
        sent = clerk.client.post(f"{address}/{act}", data={"ratee": "101", "words": "x"})
        assert sent.status_code == 400, act
