"""Indicators, adjustments, vetoes and earlier grades: read by row, replaced whole, on record."""

from collections.abc import Iterator

import pytest
from flask import Flask

from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.indicators.service import stored_sheets
from tests.web.desk import (
    PLAIN_ROUND,
    Desk,
    Sheets,
    import_register,
    make_app,
    signed_in,
    ticket_of,
    workbook,
)

GOOD: Sheets = {
    "指标完成情况": [
        ["编号", "指标名称", "责任单位", "类型", "分值", "目标值", "完成值"],
        ["A01", "重点项目投资", "市教育局", "定量", 20, 100, 96.5],
        ["A01", "重点项目投资", "102", "定量", 20, 100, 120],
    ],
    "加减分": [
        ["单位名称", "加减", "分数", "事项", "依据", "日期"],
        ["市教育局", "加分", "2", "获省级表彰", "某文〔2026〕1号", "2026-03-01"],
    ],
    "历年等次": [["单位名称", "年度", "等次"], ["市水利局", 2025, "优秀"]],
}


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = make_app(settings)
    yield app
    app.extensions["survey"].database.dispose()


@pytest.fixture
def clerk(app: Flask) -> Desk:
    desk = signed_in(app, "clerk")
    import_register(desk)
    scheme = {"scheme": "zhangjiajie-2009"}
    assert desk.post("/admin/rounds/new", {**PLAIN_ROUND, **scheme}).status_code == 302
    return desk


PLACE = "/admin/rounds/1/inputs"


def bring_in(desk: Desk, sheets: Sheets) -> str:
    preview = desk.upload(f"{PLACE}/import", "数据.xlsx", workbook(sheets), kind="")
    assert preview.status_code == 200, preview.text[-2500:]
    reply = desk.post(f"{PLACE}/confirm", {"ticket": ticket_of(preview.text), "kind": ""})
    assert reply.status_code == 302, reply.text[-2500:]
    return preview.text


def rows(app: Flask, kind: str, *columns: str) -> list[list[str]]:
    """The rows of a stored sheet, of these columns."""
    held: Services = app.extensions["survey"]
    sheet = stored_sheets(held.database, 1).get(kind)
    if sheet is None:
        return []
    places = [sheet.headers.index(one) for one in columns or sheet.headers]
    return [[row[place] for place in places] for row in sheet.rows]


def test_sheets_are_stored_as_they_were_and_shown(app: Flask, clerk: Desk) -> None:
    bring_in(clerk, GOOD)
    assert rows(app, "indicators", "indicator", "ratee", "method", "points", "actual") == [
        ["A01", "101", "completion", "20", "96.5"],
        ["A01", "102", "completion", "20", "120"],
    ]
    assert rows(app, "history") == [["市水利局", "2025", "优秀"]]
    assert "96.5" in clerk.get(f"{PLACE}/indicators")
    assert "某文〔2026〕1号" in clerk.get(f"{PLACE}/adjustments")
    assert "没有一票否决" in clerk.get(f"{PLACE}/vetoes")
    clerk.get(f"{PLACE}/figures", status=404)
    assert "导入指标等数据" in clerk.get("/admin/record/")


def test_a_new_sheet_replaces_its_kind_and_no_other(app: Flask, clerk: Desk) -> None:
    bring_in(clerk, GOOD)
    page = bring_in(clerk, {"历年等次": [["单位名称", "年度", "等次"], ["101", "2024", "合格"]]})
    assert "替换原来的 1 行" in page
    assert rows(app, "history") == [["101", "2024", "合格"]]
    assert len(rows(app, "indicators")) == 2


def test_every_problem_is_listed_and_nothing_stored(app: Flask, clerk: Desk) -> None:
    reply = clerk.upload(
        f"{PLACE}/import",
        "数据.xlsx",
        workbook(
            {
                "指标完成情况": [
                    ["编号", "指标名称", "责任单位", "分值", "目标值", "完成值"],
                    ["A01", "投资", "市教育厅", "20", "100", "96"],
                    ["A02", "投资", "市教育局", "二十", "100", "96"],
                    ["A03", "投资", "市教育局", "20", "", "96"],
                ],
                "一票否决": [
                    ["单位名称", "否决事项", "文号"],
                    ["市教育局", "迟到早退", "某文1号"],
                ],
                "加减分": [
                    ["单位名称", "加减", "分数", "事项", "依据"],
                    ["101", "加分", "2", "x", ""],
                ],
            }
        ),
        kind="",
    )
    assert reply.status_code == 422
    for words in (
        "市教育厅 不在名册里",
        "「分值」二十 不是数",
        "缺少「目标值」",
        "方案里没有否决事项“迟到早退”",
        "重大安全事故",
        "加分没有依据",
    ):
        assert words in reply.text, words
    assert rows(app, "indicators") == []


def provincial_and_municipal(*spoilt: tuple[int, int, str]) -> Sheets:
    """135 indicators, 71 of the province and 64 of the city, with these cells spoilt."""
    header = ["编号", "指标名称", "责任单位", "级别", "分值", "目标值", "完成值", "数据采集单位"]
    lines = [
        [
            f"{'P' if n < 71 else 'M'}{n:03d}",
            f"指标{n}",
            ("001", "101", "102")[n % 3],
            "省" if n < 71 else "市",
            *("1", "100", "90", "市统计局"),
        ]
        for n in range(135)
    ]
    for line, column, text in spoilt:
        lines[line][column] = text
    return {"指标完成情况": [header, *lines]}


def test_003_l_135_indicators_come_in_whole(app: Flask, clerk: Desk) -> None:
    bring_in(clerk, provincial_and_municipal())
    levels = [level for (level,) in rows(app, "indicators", "level")]
    assert (levels.count("省"), levels.count("市")) == (71, 64)


def test_003_l_a_wrong_row_is_told_and_none_comes_in(app: Flask, clerk: Desk) -> None:
    spoilt = provincial_and_municipal((5, 0, "P002"), (9, 7, ""), (20, 2, "市教育厅"))
    reply = clerk.upload(f"{PLACE}/import", "指标.xlsx", workbook(spoilt), kind="")
    assert reply.status_code == 422
    assert "有 3 个问题" in reply.text
    for words in ("P002 102 与 指标.xlsx·指标完成情况:4 重复", "缺少「数据采集单位」"):
        assert words in reply.text
    assert "市教育厅 不在名册里" in reply.text
    assert rows(app, "indicators") == []


def test_a_csv_file_says_what_it_is_by_choice(app: Flask, clerk: Desk) -> None:
    data = "ratee,period,grade\n101,2025,优秀\n".encode()
    assert clerk.upload(f"{PLACE}/import", "x.csv", data, kind="").status_code == 422
    preview = clerk.upload(f"{PLACE}/import", "x.csv", data, kind="history")
    clerk.post(f"{PLACE}/confirm", {"ticket": ticket_of(preview.text), "kind": "history"})
    assert rows(app, "history") == [["101", "2025", "优秀"]]


def test_the_template_names_every_sheet(clerk: Desk) -> None:
    """Its examples speak of units that are not in this register, and that is all that is wrong."""
    book = clerk.client.get(f"{PLACE}/template.xlsx").data
    reply = clerk.upload(f"{PLACE}/import", "模板.xlsx", book, kind="")
    assert reply.status_code == 422
    assert reply.text.count("不在名册里") == 5
    assert "有 5 个问题" in reply.text
