"""An administrator from an empty register to an assessed round, through the pages alone."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from survey_app.core.config import Settings
from tests.web.desk import PLAIN_ROUND, Desk, import_register, make_app, signed_in


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = make_app(settings)
    yield app
    app.extensions["survey"].database.dispose()


@pytest.fixture
def admin(app: Flask) -> Desk:
    return signed_in(app, "admin")


def test_from_an_empty_register_to_sealed_files(app: Flask, admin: Desk) -> None:
    assert "第一步：导入名册" in admin.get("/admin/")
    assert import_register(admin).status_code == 302
    page = admin.get("/admin/register/")
    assert "市教育局" in page
    assert "永安区" in page
    assert "第二步：建立一轮评议" in admin.get("/admin/")

    made = admin.post("/admin/rounds/new", PLAIN_ROUND)
    assert made.status_code == 302, made.text[-3000:]
    place = made.headers["Location"]
    assert "草稿" in admin.get(place)

    made = admin.post(
        f"{place}/posters",
        {
            "poster-rater_class": "citizen",
            "poster-channel": "online",
            "poster-extent": "each",
        },
    )
    assert made.status_code == 302, made.text[-3000:]
    assert "打印全部 3 张海报" in admin.get(f"{place}/entrances")
    assert admin.get(f"{place}/posters").count('class="sheet poster"') == 3

    cards = admin.post(
        f"{place}/cards/roster",
        {"roster-rater_class": "leader_city", "roster-channel": "assembly"},
    )
    typed = re.findall(r'class="typed">([0-9A-Z-]+)<', cards.text)
    assert len(typed) == 3
    assert typed[0] not in admin.get(f"{place}/entrances")

    assert admin.post(f"{place}/test").status_code == 302
    assert "测试模式" in admin.get(place)
    assert admin.post(f"{place}/wipe").status_code == 302
    assert admin.post(f"{place}/freeze").status_code == 302
    assert admin.post(f"{place}/unfreeze").status_code == 302
    assert admin.post(f"{place}/freeze").status_code == 302
    assert admin.post(f"{place}/open").status_code == 302
    assert "正在进行" in admin.get("/admin/")

    watched = admin.client.get(f"{place}/watch")
    assert watched.headers["Refresh"] == "20"
    assert "回收不足" in watched.text

    wrong = admin.post(f"{place}/close", {"typed_key": "another"})
    assert wrong.status_code == 422
    assert "和本轮的编号不一样" in wrong.text
    assert admin.post(f"{place}/close", {"typed_key": "test-round"}).status_code == 302
    assert "Refresh" not in admin.client.get(f"{place}/watch").headers
    assert admin.post(f"{place}/seal").status_code == 302
    settings = app.extensions["survey"].settings
    assert list((settings.sealed_dir / "test-round").glob("*/manifest.json"))

    record = admin.get("/admin/record/")
    for words in ("导入名册", "新建轮次", "清除测试数据", "冻结", "开放", "关闭", "封存"):
        assert words in record
    assert "记录完整" in record
