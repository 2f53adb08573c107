"""The library of schemes at the desk, without scripts: copying, editing, uploading, rolling out."""

import io
import re
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from analysis.scheme import Scheme, shipped
from analysis.scheme.definition import SCHEMES
from survey_app.core.config import Settings
from survey_app.schemes.books import read_file, scheme_book
from tests.web.desk import Desk, make_app, signed_in

SHIPPED = "/admin/schemes/zhangjiajie-2009/0"
OWN = "/admin/schemes/own"


@pytest.fixture
def app(web_settings: Settings) -> Flask:
    return make_app(web_settings)


@pytest.fixture
def clerk(app: Flask) -> Desk:
    return signed_in(app, "clerk")


@pytest.fixture
def admin(app: Flask) -> Desk:
    return signed_in(app, "admin")


def copy(desk: Desk, key: str = "own", of: str = SHIPPED) -> None:
    reply = desk.post(f"{of}/copy", {"key": key, "title": "本市方案"})
    assert reply.status_code == 302, reply.text


def fields(page: str) -> dict[str, str]:
    """Every number of the editor as a browser would send it, unchanged."""
    found = re.findall(r'name="(v\.[^"]+)" value="([^"]*)"', page)
    assert len(found) > 10
    return dict(found)


def edit(desk: Desk, number: int, note: str = "提高公众评议", **changed: str) -> tuple[int, str]:
    address = f"{OWN}/{number}/edit"
    typed = fields(desk.get(address)) | {"note": note, "base": str(number)} | changed
    reply = desk.post(address, typed)
    return reply.status_code, reply.text


def test_every_shipped_scheme_reads_in_plain_words(clerk: Desk) -> None:
    for key, scheme in shipped().items():
        page = clerk.get(f"/admin/schemes/{key}/0")
        for node in scheme.nodes():
            assert f"<b>{node.name}</b>" in page
        for part in (*scheme.vetoes, *scheme.grades, *scheme.restrictions, *scheme.consequences):
            assert part.name in page
        assert "修改数值" not in page
        assert clerk.get(f"/admin/schemes/{key}/0/scheme.toml").encode() == _file(key)


def _file(key: str) -> bytes:
    return next(
        path.read_bytes() for path in SCHEMES.glob("*.toml") if Scheme.load(path).key == key
    )


def test_weights_down_the_tree_are_told_of_the_whole(clerk: Desk) -> None:
    """评议 40 of 100, of which 群众 60: 24 % of the total."""
    page = clerk.get("/admin/schemes/literal-60-30-10/0")
    assert page.count('<ul class="tree">') == 2
    assert "（占总分 24%）" in page


def test_a_weight_is_edited_and_becomes_a_version(clerk: Desk) -> None:
    copy(clerk)
    status, _text = edit(clerk, 1, **{"v.component.1.weight": "35", "v.component.2.weight": "5"})
    assert status == 302
    page = clerk.get(f"{OWN}/2")
    for words in ("和第 1 版相比", "公众评议 权重 30 → 35", "内部评估 权重 10 → 5", "提高公众评议"):
        assert words in page
    assert "内部评估 权重 10 → 5" in clerk.get(f"{OWN}/1/compare?with=own/2")
    text = clerk.get(f"{OWN}/2/scheme.toml")
    comments = [line for line in _file("zhangjiajie-2009").decode().splitlines() if line[:1] == "#"]
    assert comments
    assert all(line in text for line in comments)
    assert "保存方案" in clerk.get("/admin/record/")
    assert "第 1 版" in page


def test_what_is_wrong_is_told_at_once_and_nothing_typed_is_lost(clerk: Desk) -> None:
    copy(clerk)
    status, page = edit(
        clerk,
        1,
        note="",
        **{
            "v.component.1.weight": "35",
            "v.component.2.min_n": "许多",
            "v.grade.0.quota.0.share": "27",
        },
    )
    assert status == 422
    assert "权重之和为 105（指标考核 60 + 公众评议 35 + 内部评估 10），应为 100" in page
    assert "内部评估 最低样本 数值" not in page
    assert "内部评估 最低样本 最低样本（component[3].min_n）：「最低样本」许多 不是数" in page
    assert "比例不能大于 1" in page
    assert 'value="许多"' in page
    assert 'name="v.component.1.weight" value="35"' in page
    assert '<output data-total="component:" data-wanted="100" class="wrong">105</output>' in page
    assert "请填写这一项" in page
    assert "第 2 版" not in clerk.get(f"{OWN}/1")


def test_two_who_edit_at_once_do_not_overwrite_each_other(clerk: Desk, admin: Desk) -> None:
    copy(clerk)
    mine = fields(clerk.get(f"{OWN}/1/edit"))
    assert edit(admin, 1, **{"v.component.1.min_n": "9"})[0] == 302
    typed = mine | {"note": "我的修改", "base": "1", "v.component.1.min_n": "7"}
    reply = clerk.post(f"{OWN}/1/edit", typed)
    assert reply.status_code == 409
    assert "刚刚有人保存了第 2 版" in reply.text
    assert 'name="v.component.1.min_n" value="7"' in reply.text
    assert "我的修改" in reply.text


def test_an_edit_that_changes_nothing_is_not_a_version(clerk: Desk) -> None:
    copy(clerk)
    status, page = edit(clerk, 1)
    assert status == 422
    assert "内容和第 1 版一样" in page


def test_excel_out_edited_and_in_again(clerk: Desk) -> None:
    copy(clerk)
    data = clerk.client.get(f"{OWN}/1/scheme.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book["构成"]
    assert [page.cell(3, column).value for column in (1, 2, 3)] == ["public", "公众评议", "30"]
    page.cell(3, 3).value = 35
    page.cell(4, 3).value = 5
    changed = io.BytesIO()
    book.save(changed)
    reply = clerk.upload(
        f"{OWN}/1/upload", "方案.xlsx", changed.getvalue(), note="用表格改", base="1"
    )
    assert reply.status_code == 302, reply.text
    assert "公众评议 权重 30 → 35" in clerk.get(f"{OWN}/2")


def test_problems_of_a_workbook_name_sheet_column_and_row(clerk: Desk) -> None:
    copy(clerk)
    book = openpyxl.load_workbook(io.BytesIO(clerk.client.get(f"{OWN}/1/scheme.xlsx").data))
    book["构成"].cell(3, 3).value = 40
    book["等次"].cell(2, 3).value = "九十"
    changed = io.BytesIO()
    book.save(changed)
    reply = clerk.upload(f"{OWN}/1/upload", "方案.xlsx", changed.getvalue(), note="改", base="1")
    assert reply.status_code == 422
    assert '<td>等次·C列</td><td class="num">2</td>' in reply.text
    assert "「分数线」九十 不是数" in reply.text
    assert "权重之和为 110" in reply.text
    assert 'value="改"' in reply.text


def test_a_file_of_another_scheme_is_no_version_of_this_one(clerk: Desk) -> None:
    copy(clerk)
    data = (SCHEMES / "plain.toml").read_bytes()
    reply = clerk.upload(f"{OWN}/1/upload", "a.toml", data, note="改", base="1")
    assert reply.status_code == 422
    assert "文件的编号是 plain，这个方案的编号是 own" in reply.text
    taken = clerk.upload("/admin/schemes/new", "a.toml", data, note="新")
    assert taken.status_code == 422
    assert "已经有编号为“plain”的方案" in taken.text
    mine = data.replace(b'key = "plain"', b'key = "mine"')
    assert clerk.upload("/admin/schemes/new", "a.toml", mine, note="新").status_code == 302
    assert "草稿" in clerk.get("/admin/schemes/mine/1")


@pytest.mark.parametrize("data", [b"", b"key = ", b"\xff\xfe", b"x" * 300_000])
def test_what_is_no_scheme_is_refused_in_words(clerk: Desk, data: bytes) -> None:
    reply = clerk.upload("/admin/schemes/new", "a.toml", data, note="新")
    assert reply.status_code == 422
    assert "个问题，什么都没有改动" in reply.text


def test_every_shipped_scheme_comes_back_from_its_workbook() -> None:
    """Through the real Excel file, its notes and all."""
    for scheme in shipped().values():
        text = read_file(f"{scheme.key}.xlsx", scheme_book(scheme))
        assert Scheme.load(text.encode()).digest == scheme.digest, scheme.key


def test_004_f_a_pilot_is_rolled_out_on_record(clerk: Desk, admin: Desk) -> None:
    copy(clerk, of="/admin/schemes/xinping-posts/0")
    refused = admin.post(f"{OWN}/1/status", {"status": "full"})
    assert refused.status_code == 409
    assert "它只限于试点的评议对象" in refused.text
    assert admin.post(f"{OWN}/1/status", {"status": "pilot"}).status_code == 302
    assert "试点方案：只用于 xcb、gtj、jw、hbj" in admin.get(f"{OWN}/1")
    assert clerk.post(f"{OWN}/1/roll-out").status_code == 403
    assert admin.post(f"{OWN}/1/roll-out").status_code == 302
    page = admin.get(f"{OWN}/2")
    assert "试点方案：只用于" not in page
    assert '<span class="badge open">全面</span>' in page
    assert "试点范围 xcb、gtj、jw、hbj → —" in page
    record = admin.get("/admin/record/")
    assert "推广方案" in record
    assert "停用" in admin.get(f"{OWN}/1")


def test_keys_of_shipped_schemes_are_taken_and_bad_ones_are_refused(clerk: Desk) -> None:
    for key in ("plain", "zhangjiajie-2009"):
        assert clerk.post(f"{SHIPPED}/copy", {"key": key, "title": "x"}).status_code == 409
    assert clerk.post(f"{SHIPPED}/copy", {"key": "a/b", "title": "x"}).status_code == 422
    assert clerk.post(f"{SHIPPED}/copy", {"key": "", "title": ""}).status_code == 302
    assert "a/b" not in clerk.get("/admin/schemes/")


def test_a_copy_speaks_of_its_own_results_and_not_of_the_originals(clerk: Desk) -> None:
    copy(clerk, of="/admin/schemes/new-area-monthly/0")
    assert 'series = "new-area-monthly"' in _file("new-area-monthly").decode()
    text = clerk.get(f"{OWN}/1/scheme.toml")
    assert 'series = "new-area-monthly"' not in text
    assert 'series = "own"' in text


def test_a_scheme_that_ships_can_not_be_edited(clerk: Desk) -> None:
    clerk.get(f"{SHIPPED}/edit", 404)
    clerk.get("/admin/schemes/nothing/1", 404)
    copy(clerk)
    clerk.get(f"{OWN}/7", 404)
    clerk.get(f"{OWN}/1/compare?with=own/9", 404)


def test_the_script_speaks_the_language_of_old_browsers() -> None:
    text = (Path(__file__).parents[2] / "static" / "schemes.js").read_text(encoding="utf-8")
    assert not re.search(r"=>|\b(let|const)\b|`", text)
