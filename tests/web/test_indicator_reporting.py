"""Data owners, assessors and the certifying bureau at their pages, as browsers without scripts."""

import io
from collections.abc import Iterator

import openpyxl
import pytest
from flask import Flask

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.core.access import Role
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.indicators.service import stored_sheets
from tests.web.desk import (
    PASSWORD,
    PLAIN_ROUND,
    Desk,
    Sheets,
    import_register,
    make_app,
    signed_in,
    ticket_of,
    workbook,
)
from tests.web.strict import Page

HEADER = (
    *("编号", "指标名称", "责任单位", "类型", "分值", "目标值", "完成值", "数据采集单位"),
    *("考核单位", "计分方法", "增速目标", "评分标准"),
)
INDICATORS: Sheets = {
    "指标完成情况": [
        HEADER,
        ["A01", "项目投资", "101", "定量", 20, 100, "", "市统计局", "", "", "", ""],
        ["A01", "项目投资", "102", "定量", 20, 100, "", "市统计局", "", "", "", ""],
        ["A02", "生产总值", "001", "定量", 20, 100, "", "市统计局", "", "总量加增速", 11, ""],
        ["B01", "党建", "101", "定性", 10, "", "", "市委办", "督查室", "", "", "按次扣分"],
    ],
}
PLACE = "/admin/reporting"
SCHEMED = {**PLAIN_ROUND, "scheme": "zhangjiajie-2009"}


@pytest.fixture
def app(web_settings: Settings) -> Iterator[Flask]:
    app = make_app(web_settings)
    held: Services = app.extensions["survey"]
    people: tuple[tuple[str, Role, str], ...] = (
        ("bureau", "reporter", "市统计局"),
        ("inspector", "reporter", "督查室"),
        ("certifier", "certifier", ""),
    )
    for login, role, scope in people:
        spec = OperatorSpec(login, login, role, scope)
        create_operator(held.database, held.settings, "tests", spec, PASSWORD)
    clerk = signed_in(app, "clerk")
    import_register(clerk)
    assert clerk.post("/admin/rounds/new", SCHEMED).status_code == 302
    bring_in(clerk, INDICATORS)
    yield app
    held.database.dispose()


def bring_in(desk: Desk, sheets: Sheets) -> None:
    place = "/admin/rounds/1/inputs"
    preview = desk.upload(f"{place}/import", "数据.xlsx", workbook(sheets), kind="")
    assert preview.status_code == 200, preview.text[-2500:]
    reply = desk.post(f"{place}/confirm", {"ticket": ticket_of(preview.text), "kind": ""})
    assert reply.status_code == 302, reply.text[-2500:]


def strict(html: str) -> Page:
    page = Page(html)
    assert page.faults == []
    return page


def ids(desk: Desk) -> list[str]:
    """The ids of the rows one can fill in, in order."""
    page = strict(desk.get(f"{PLACE}/1"))
    names = [field.get("name", "") for field in page.fields]
    return [name.removeprefix("seen:") for name in names if name.startswith("seen:")]


def actuals(app: Flask) -> list[str]:
    held: Services = app.extensions["survey"]
    sheet = stored_sheets(held.database, 1)["indicators"]
    return [row[sheet.headers.index("actual")] for row in sheet.rows]


def test_003_m_as_the_data_owner_and_the_bureau_see_it(app: Flask) -> None:
    bureau, certifier = signed_in(app, "bureau"), signed_in(app, "certifier")
    page = strict(bureau.get(f"{PLACE}/"))
    assert "由“市统计局”采集或评分的指标" in page.text
    assert "测试年度评议" in page.text
    one, two, gdp = ids(bureau)
    assert "B01" not in bureau.get(f"{PLACE}/1")
    typed = {f"seen:{one}": "0", f"actual:{one}": "96.5", f"seen:{two}": "0", f"actual:{two}": ""}
    typed |= {f"seen:{gdp}": "0", f"actual:{gdp}": "105", f"growth:{gdp}": "10"}
    assert bureau.post(f"{PLACE}/1", typed).status_code == 302
    assert "已保存 2 项" in bureau.get(f"{PLACE}/1")
    assert actuals(app) == ["96.5", "", "105", ""]
    assert bureau.post(f"{PLACE}/1/certify", {"chosen": f"{one}:1"}).status_code == 403
    page = strict(certifier.get(f"{PLACE}/1?state=reported"))
    assert [f["value"] for f in page.fields if f.get("name") == "chosen"] == [
        f"{one}:1",
        f"{gdp}:1",
    ]
    assert certifier.post(f"{PLACE}/1/certify", {"chosen": f"{one}:1"}).status_code == 302
    assert "已认定 1 项" in certifier.get(f"{PLACE}/1")
    assert one not in ids(bureau)
    refused = bureau.post(f"{PLACE}/1", {f"seen:{one}": "1", f"actual:{one}": "1", "reason": "x"})
    assert refused.status_code == 422
    assert "已经认定，不能再改" in strict(refused.text).text
    story = f"{PLACE}/1/rows/{one}"
    assert "重新开放" not in bureau.get(story)
    assert certifier.post(f"{story}/reopen", {"reason": ""}).status_code == 422
    assert certifier.post(f"{story}/reopen", {"reason": "口径有误"}).status_code == 302
    told = strict(bureau.get(story)).text
    assert "口径有误" in told
    given = {f"seen:{one}": "1", f"actual:{one}": "95", "reason": "口径有误"}
    assert bureau.post(f"{PLACE}/1", given).status_code == 302
    assert actuals(app)[0] == "95"
    record = signed_in(app, "admin").get("/admin/record/")
    for words in ("填报指标", "认定指标", "重新开放指标"):
        assert words in record


def test_what_was_typed_comes_back_with_every_problem_and_nothing_is_saved(app: Flask) -> None:
    bureau = signed_in(app, "bureau")
    one, two, gdp = ids(bureau)
    typed = {f"seen:{one}": "0", f"actual:{one}": "96.5", f"seen:{two}": "0"}
    typed |= {f"actual:{two}": "八十", f"seen:{gdp}": "0", f"actual:{gdp}": "105"}
    reply = bureau.post(f"{PLACE}/1", typed)
    assert reply.status_code == 422
    page = strict(reply.text)
    assert "有 2 行要改，什么都没有保存" in page.text
    assert "「完成值」八十 不是数" in page.text
    assert "总量和增速要一起填" in page.text
    assert [page.value(f"actual:{its_id}") for its_id in (one, two, gdp)] == ["96.5", "八十", "105"]
    assert actuals(app) == ["", "", "", ""]


def test_an_assessor_marks_and_nobody_reaches_a_foreign_row(app: Flask) -> None:
    bureau, inspector = signed_in(app, "bureau"), signed_in(app, "inspector")
    (mark,) = ids(inspector)
    assert "按次扣分" in inspector.get(f"{PLACE}/1")
    given = {f"seen:{mark}": "0", f"actual:{mark}": "8.5"}
    assert bureau.post(f"{PLACE}/1", given).status_code == 403
    assert inspector.post(f"{PLACE}/1", given).status_code == 302
    bureau.get(f"{PLACE}/1/rows/{mark}", status=404)
    bureau.get("/admin/rounds/1/inputs/", status=403)
    bureau.get("/admin/rounds/", status=403)
    assert actuals(app)[3] == "8.5"
    assert signed_in(app, "clerk").post(f"{PLACE}/1", given).status_code == 403
    assert f'name="actual:{mark}"' not in signed_in(app, "viewer").get(f"{PLACE}/1")


def test_my_rows_go_out_and_come_back_in_as_a_file(app: Flask) -> None:
    bureau = signed_in(app, "bureau")
    book = openpyxl.load_workbook(io.BytesIO(bureau.client.get(f"{PLACE}/1/rows.xlsx").data))
    sheet = book["指标填报"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[0] for row in cells] == ["编号", "A01", "A01", "A02"]
    assert cells[1][2] == "市教育局"
    column = cells[0].index("完成值")
    cells[1][column], cells[2][column] = "96.5", "120"
    done = bureau.upload(f"{PLACE}/1/import", "填报.xlsx", workbook({"指标填报": cells}))
    assert done.status_code == 302, done.text[-2000:]
    assert actuals(app) == ["96.5", "120", "", ""]
    cells[1][column], cells[3][0] = "一百", "A99"
    reply = bureau.upload(f"{PLACE}/1/import", "填报.xlsx", workbook({"指标填报": cells}))
    assert reply.status_code == 422
    page = strict(reply.text)
    assert "没有由您填报的这一行：A99 永安区" in page.text
    assert actuals(app) == ["96.5", "120", "", ""]
    cells[3][0] = "A02"
    page = strict(
        bureau.upload(f"{PLACE}/1/import", "填报.xlsx", workbook({"指标填报": cells})).text
    )
    assert "「完成值」一百 不是数" in page.text
    cells[1][column] = "97"
    page = strict(
        bureau.upload(f"{PLACE}/1/import", "填报.xlsx", workbook({"指标填报": cells})).text
    )
    assert "没有写更正原因" in page.text


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def test_evidence_is_checked_by_its_bytes_and_handed_out_as_a_download(app: Flask) -> None:
    bureau, inspector = signed_in(app, "bureau"), signed_in(app, "inspector")
    row = ids(bureau)[0]
    address = f"{PLACE}/1/rows/{row}"
    for name, data, words in (
        ("a.pdf", PNG, "名称以 pdf 结尾，内容却是 png"),
        ("a.html", b"<script>alert(1)</script>", "不收这种文件"),
        ("a.png", b"", "附件是空的"),
    ):
        reply = bureau.upload(f"{address}/evidence", name, data)
        assert reply.status_code == 422, name
        assert words in strict(reply.text).text
    assert bureau.upload(f"{address}/evidence", "截图.png", PNG).status_code == 302
    page = strict(bureau.get(address))
    (link,) = [one for one in page.links if "/evidence/" in one]
    reply = bureau.client.get(link)
    assert reply.data == PNG
    assert reply.headers["Content-Disposition"].startswith("attachment")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert inspector.client.get(link).status_code == 403
    assert signed_in(app, "viewer").client.get(link).status_code == 200
    assert app.test_client().get(link).status_code == 302
    held: Services = app.extensions["survey"]
    (stored,) = (held.settings.home / "evidence").iterdir()
    stored.write_bytes(b"other")
    assert "与上传时的校验值不符" in bureau.get(link, status=410)


def test_004_a_and_the_ledger_as_clerk_and_administrator(app: Flask) -> None:
    clerk, admin = signed_in(app, "clerk"), signed_in(app, "admin")
    place = "/admin/rounds/1/inputs/adjustments"
    fields = {"ratee": "101", "kind": "deduction", "points": "5", "matter": "被曝光"}
    fields |= {"source": "媒体曝光", "evidence": "", "on": "2026-05-01", "multiplier": "1"}
    reply = clerk.post(place, fields)
    assert reply.status_code == 422
    page = strict(reply.text)
    assert "没有依据" in page.text
    assert page.value("points") == "5"
    assert "被曝光" in page.text
    with_file = {**fields, "file": (io.BytesIO(PNG), "截图.png")}
    assert clerk.post(place, with_file).status_code == 302
    page = strict(clerk.get(place))
    assert "待核定" in page.text
    assert "截图.png" in page.text
    assert clerk.post(f"{place}/1/approve", {"points": "5"}).status_code == 403
    assert admin.post(f"{place}/1/approve", {"points": "60"}).status_code == 302
    page = strict(clerk.get(place))
    assert "60 50 封顶" in page.text
    assert admin.post(f"{place}/1/withdraw", {"reason": "查无此事"}).status_code == 302
    page = strict(admin.get(place))
    assert "已撤销" in page.text
    assert "查无此事" in page.text
    assert "封顶）" not in page.text


def test_vetoes_are_entered_and_withdrawn_with_a_reason(app: Flask) -> None:
    clerk, admin = signed_in(app, "clerk"), signed_in(app, "admin")
    place = "/admin/rounds/1/inputs/vetoes"
    fields = {"ratee": "102", "veto": "重大安全事故", "document": "", "on": "2026-05-01"}
    reply = clerk.post(place, fields)
    assert reply.status_code == 422
    assert "缺少「文号」" in strict(reply.text).text
    fields |= {"document": "安委1号", "department": "市应急局", "handling": "不得评优"}
    with_file = {**fields, "file": (io.BytesIO(PNG), "通报.png")}
    assert clerk.post(place, with_file).status_code == 302
    page = strict(clerk.get(place)).text
    assert "市应急局" in page
    assert "通报.png" in page
    assert "重大安全事故" in clerk.get(place)
    assert admin.post(f"{place}/1/withdraw", {"reason": "认定撤回"}).status_code == 302
    assert "认定撤回" in clerk.get(place)


def test_004_c_the_page_marks_vague_words_and_takes_a_confirmation(app: Flask) -> None:
    clerk = signed_in(app, "clerk")
    vague = [list(row) for row in INDICATORS["指标完成情况"]]
    vague[4][-1] = "重视不够的酌情扣分"
    bring_in(clerk, {"指标完成情况": vague})
    assert "有 1 处在冻结之前要改好或确认" in clerk.get("/admin/rounds/1/inputs/")
    html = clerk.get("/admin/rounds/1/inputs/review")
    page = strict(html)
    assert "<mark>重视不够</mark>的<mark>酌情扣分</mark>" in html
    assert "评分标准表述含糊" in clerk.get("/admin/rounds/1")
    key = page.value("key")
    confirm = "/admin/rounds/1/inputs/review/confirm"
    assert clerk.post(confirm, {"key": key, "reason": ""}).status_code == 422
    assert clerk.post(confirm, {"key": key, "reason": "另有细则"}).status_code == 302
    page = strict(clerk.get("/admin/rounds/1/inputs/review"))
    assert "另有细则" in page.text
    assert "评分标准表述含糊" not in clerk.get("/admin/rounds/1")


def test_what_is_kept_goes_out_as_a_file_that_comes_in_unchanged(app: Flask) -> None:
    clerk = signed_in(app, "clerk")
    held: Services = app.extensions["survey"]
    before = stored_sheets(held.database, 1)
    book = clerk.client.get("/admin/rounds/1/inputs/export.xlsx").data
    place = "/admin/rounds/1/inputs"
    preview = clerk.upload(f"{place}/import", "现有.xlsx", book, kind="")
    assert preview.status_code == 200, preview.text[-2000:]
    clerk.post(f"{place}/confirm", {"ticket": ticket_of(preview.text), "kind": ""})
    assert stored_sheets(held.database, 1) == before


LEVELS: Sheets = {
    "评议对象": [
        ["编号", "单位名称", "类别", "分组", "对象类型", "所属单位"],
        ["n", "示例新区", "市直单位", "", "单位", ""],
        ["d", "经济发展局", "市直单位", "", "单位", "n"],
        ["s", "统计科", "市直单位", "", "单位", "经济发展局"],
        ["p", "人员0001", "市直单位", "", "个人", "s"],
    ],
    "评议主体": [["代码", "名称"], ["citizen", "市民"], ["leader_city", "市级领导"]],
}


def test_001_i_from_the_area_down_to_the_post(app: Flask) -> None:
    """GDP 90 of 100 is 9 of 10 points; the section's half 45 of 50 and the person's 20 of 20."""
    clerk = signed_in(app, "clerk")
    import_register(clerk, LEVELS)
    header = ["编号", "指标名称", "责任单位", "分值", "目标值", "完成值", "分解自"]
    lines = [
        ["G", "生产总值", "n", 10, 100, 90, ""],
        ["G", "生产总值", "d", 10, 50, 45, "n"],
        ["G", "生产总值", "s", 10, 50, 40, "经济发展局"],
        ["G", "生产总值", "p", 10, 20, 20, "s"],
    ]
    bring_in(clerk, {"指标完成情况": [header, *lines]})
    place = "/admin/rounds/1/inputs/breakdown"
    top = strict(clerk.get(place)).text
    assert "示例新区 1 1 90.00 1" in top
    assert "统计科" not in top
    area = strict(clerk.get(f"{place}?at=n")).text
    assert "经济发展局 ：45 / 50" in area or "经济发展局：45 / 50" in area
    section = strict(clerk.get(f"{place}?at=s"))
    assert "80.00" in section.text
    assert "人员0001 1 1 100.00 0" in section.text
    assert [one for one in section.links if one.endswith("at=d")]
    clerk.get(f"{place}?at=nobody", status=404)
