"""Importing the register: every problem by row, nothing by halves, nothing on trust."""

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.register.reading import Register
from survey_app.register.service import read_present
from tests.unit.test_spreadsheet import archive
from tests.web.desk import (
    REGISTER,
    Desk,
    Sheets,
    import_register,
    make_app,
    signed_in,
    ticket_of,
    workbook,
)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = make_app(settings)
    yield app
    held: Services = app.extensions["survey"]
    held.database.dispose()


@pytest.fixture
def clerk(app: Flask) -> Desk:
    return signed_in(app, "clerk")


def register_of(app: Flask) -> Register:
    held: Services = app.extensions["survey"]
    return read_present(held.database)


def refused(desk: Desk, sheets: Sheets) -> str:
    reply = desk.upload(
        "/admin/register/import", "名册.xlsx", workbook(sheets), mode="update", kind=""
    )
    assert reply.status_code == 422, reply.text[-2000:]
    return reply.text


def test_names_classes_and_lists_are_understood(app: Flask, clerk: Desk) -> None:
    """ "第一组、第二组" is 101 and 102; "101；永安区" is 101 and 001; "全部" is everybody: ()."""
    import_register(clerk)
    register = register_of(app)
    assert [row.ratee_class for row in register.ratees] == ["county", "unit", "unit"]
    assert [(row.label, row.scope) for row in register.roster] == [
        ("人员0001", ("101", "102")),
        ("人员0002", ()),
        ("人员0003", ("101", "001")),
    ]
    assert {row.rater_class for row in register.roster} == {"leader_city"}


def test_a_preview_changes_nothing(app: Flask, clerk: Desk) -> None:
    page = clerk.upload("/admin/register/import", "a.xlsx", workbook(REGISTER), mode="update")
    assert "将要新增" in page.text
    assert register_of(app) == Register()


def test_every_problem_is_listed_with_its_row(app: Flask, clerk: Desk) -> None:
    page = refused(
        clerk,
        {
            "评议对象": [
                ["编号", "单位名称", "类别"],
                ["101", "市教育局", "市直单位"],
                ["101", "市水利局", ""],
                ["", "无编号", "区县"],
            ],
            "评议主体": [["代码", "名称"], ["citizen", "市民"], ["citizen", "网民"]],
            "名册": [
                ["评议主体", "人员编号", "评议范围"],
                ["市民", "张三", ""],
                ["市民", "人员13900000000", ""],
                ["市长", "人员0001", "市水利厅"],
                ["市民", "", ""],
            ],
        },
    )
    for words in (
        "101 与",
        "缺少「类别」",
        "缺少「评议对象」",
        "citizen 与",
        "“张三”像是姓名",
        "像是手机号或证件号",
        "没有叫“市长”的评议主体",
        "评议范围里的“市水利厅”不在评议对象里",
        "最接近：市水利局",
        "缺少「人员编号」",
    ):
        assert words in page, words
    assert "什么都没有改动" in page
    assert register_of(app) == Register()


def test_updating_adds_and_changes_and_keeps(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    import_register(
        clerk,
        {
            "评议对象": [
                ["编号", "单位名称", "类别", "分组"],
                ["101", "市教育和体育局", "市直单位", "第一组"],
                ["103", "市财政局", "市直单位", "第二组"],
            ]
        },
    )
    register = register_of(app)
    assert [row.name for row in register.ratees] == [
        "永安区",
        "市教育和体育局",
        "市水利局",
        "市财政局",
    ]
    assert len(register.roster) == 3


def test_replacing_takes_the_sheet_as_the_whole(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    only: Sheets = {
        "评议对象": [["编号", "单位名称", "类别"], ["101", "市教育局", "unit"]],
        "名册": [["评议主体", "人员编号"], ["市民", "人员0009"]],
    }
    import_register(clerk, only, mode="replace")
    register = register_of(app)
    assert [row.name for row in register.ratees] == ["市教育局"]
    assert [row.label for row in register.roster] == ["人员0009"]
    assert len(register.rater_classes) == 2


def test_what_people_on_the_roster_need_cannot_be_taken_away(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    reply = clerk.upload(
        "/admin/register/import",
        "名册.xlsx",
        workbook({"评议对象": [["编号", "单位名称", "类别"], ["102", "市水利局", "unit"]]}),
        mode="replace",
    )
    assert reply.status_code == 422
    assert "评议范围里的“101”不在评议对象里" in reply.text
    assert "评议范围里的“001、101”不在评议对象里" in reply.text


def test_the_export_can_be_imported_again_unchanged(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    before = register_of(app)
    book = clerk.client.get("/admin/register/export.xlsx").data
    reply = clerk.upload("/admin/register/import", "again.xlsx", book, mode="replace")
    assert reply.status_code == 200, reply.text[-2000:]
    clerk.post(
        "/admin/register/confirm", {"ticket": ticket_of(reply.text), "mode": "replace", "kind": ""}
    )
    assert register_of(app) == before


def test_the_template_imports_as_it_is(clerk: Desk) -> None:
    book = clerk.client.get("/admin/register/template.xlsx").data
    reply = clerk.upload("/admin/register/import", "模板.xlsx", book, mode="update")
    assert reply.status_code == 200, reply.text[-2000:]


def test_a_formula_in_a_name_stays_text_on_every_way_out(app: Flask, clerk: Desk) -> None:
    name = '=HYPERLINK("http://evil.example")'
    import_register(
        clerk,
        {
            "评议对象": [["编号", "单位名称", "类别"], ["1", f" {name}", "unit"]],
            "评议主体": [["代码", "名称"], ["citizen", "<script>alert(1)</script>"]],
        },
    )
    assert register_of(app).ratees[0].name == name
    page = clerk.get("/admin/register/")
    assert "<script>alert(1)" not in page
    book = openpyxl.load_workbook(io.BytesIO(clerk.client.get("/admin/register/export.xlsx").data))
    cell = book["评议对象"]["B2"]
    assert (cell.data_type, cell.value) == ("s", name)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_file_says_what_it_is_by_choice(app: Flask, clerk: Desk, encoding: str) -> None:
    data = "编号,单位名称,类别\n007,市教育局,市直单位\n".encode(encoding)
    without = clerk.upload("/admin/register/import", "export.csv", data, mode="update", kind="")
    assert "没有找到可以导入的工作表" in without.text
    reply = clerk.upload("/admin/register/import", "export.csv", data, mode="update", kind="ratees")
    fields = {"ticket": ticket_of(reply.text), "mode": "update", "kind": "ratees"}
    clerk.post("/admin/register/confirm", fields)
    assert [row.key for row in register_of(app).ratees] == ["007"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.xlsx", archive({"xl/media/a.bin": bytes(15_000_000)}), "压缩比异常"),
        ("a.xlsx", archive({f"xl/{n}": b"" for n in range(200)}), "内部文件太多"),
        ("a.xlsx", archive({"xl/vbaProject.bin": b"x"}), "含有宏"),
        ("a.xlsx", b"<html>", "已损坏"),
        ("a.exe", b"MZ", "不是 .xlsx 或 .csv"),
        ("a.csv", b"\xff\xfe\x00", "编码认不出来"),
        ("../../etc/cron.d/a.csv", b"\xff\xfe\x00", "“a.csv”有 1 个问题"),
    ],
)
def test_hostile_files_are_refused_in_a_sentence(
    app: Flask, clerk: Desk, name: str, data: bytes, said: str
) -> None:
    reply = clerk.upload("/admin/register/import", name, data, mode="update", kind="ratees")
    assert reply.status_code == 422
    assert said in reply.text
    assert register_of(app) == Register()
    held: Services = app.extensions["survey"]
    assert not list((held.settings.home / "uploads").glob("*"))


def test_a_body_of_ten_megabytes_is_cut_off(clerk: Desk) -> None:
    reply = clerk.client.post(
        "/admin/register/import",
        data=b"--b\r\n" + b"x" * 10_000_000,
        content_type="multipart/form-data; boundary=b",
    )
    assert reply.status_code == 413
    assert "5 MB" in reply.text


def test_no_file_chosen(clerk: Desk) -> None:
    reply = clerk.post("/admin/register/import", {"mode": "replace", "kind": ""})
    assert reply.status_code == 422
    assert "请选择一个文件" in reply.text
    assert 'value="replace" checked' in reply.text.replace("checked value", "value") or (
        'checked id="mode-1"' in reply.text
    )


def test_only_what_this_operator_previewed_can_be_confirmed(app: Flask, clerk: Desk) -> None:
    preview = clerk.upload("/admin/register/import", "a.xlsx", workbook(REGISTER), mode="update")
    ticket = ticket_of(preview.text)
    other = signed_in(app, "admin")
    for desk, given in [(other, ticket), (clerk, ticket[:-2]), (clerk, ""), (clerk, "../x")]:
        reply = desk.post("/admin/register/confirm", {"ticket": given, "mode": "update"})
        assert reply.status_code == 410
        assert "重新选择文件上传" in reply.text
    held: Services = app.extensions["survey"]
    (kept,) = (held.settings.home / "uploads").glob("*")
    tamper(kept)
    reply = clerk.post("/admin/register/confirm", {"ticket": ticket, "mode": "update"})
    assert reply.status_code == 410
    assert register_of(app) == Register()


def tamper(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def test_a_file_is_gone_once_it_is_imported(app: Flask, clerk: Desk) -> None:
    preview = clerk.upload("/admin/register/import", "a.xlsx", workbook(REGISTER), mode="update")
    fields = {"ticket": ticket_of(preview.text), "mode": "update"}
    assert clerk.post("/admin/register/confirm", fields).status_code == 302
    held: Services = app.extensions["survey"]
    assert not list((held.settings.home / "uploads").iterdir())
    assert clerk.post("/admin/register/confirm", fields).status_code == 410


def test_a_register_that_changed_since_the_preview_is_checked_again(
    app: Flask, clerk: Desk
) -> None:
    roster: Sheets = {"名册": [["评议主体", "人员编号"], ["市民", "人员0009"]]}
    import_register(clerk)
    preview = clerk.upload("/admin/register/import", "a.xlsx", workbook(roster), mode="update")
    import_register(
        signed_in(app, "admin"),
        {
            "评议主体": [["代码", "名称"], ["leader_city", "市级领导"]],
            "名册": [["评议主体", "人员编号"], ["市级领导", "人员0001"]],
        },
        mode="replace",
    )
    reply = clerk.post(
        "/admin/register/confirm", {"ticket": ticket_of(preview.text), "mode": "update"}
    )
    assert reply.status_code == 409
    assert "没有叫“市民”的评议主体" in reply.text
    assert [row.label for row in register_of(app).roster] == ["人员0001"]
