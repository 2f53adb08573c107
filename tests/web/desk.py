"""An operator at a desk: a test client that signs in and posts forms as a browser would."""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import openpyxl
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.core.access import Role
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.factory import create_app

PASSWORD = "a long enough phrase"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
Sheets = Mapping[str, Iterable[Iterable[object]]]


def make_app(settings: Settings) -> Flask:
    """The application with an operator of each role; their log-ins are the roles' names."""
    app = create_app(replace(settings, is_cheap_hashing=True))
    held: Services = app.extensions["survey"]
    roles: tuple[Role, ...] = ("admin", "clerk", "viewer")
    for role in roles:
        spec = OperatorSpec(role, f"测试{role}", role)
        create_operator(held.database, held.settings, "tests", spec, PASSWORD)
    return app


@dataclass
class Desk:
    """One browser."""

    client: FlaskClient

    def get(self, address: str, status: int = 200) -> str:
        reply = self.client.get(address)
        assert reply.status_code == status, (address, reply.status_code, reply.text[:2000])
        return reply.text

    def token(self, address: str) -> str:
        found = TOKEN.search(self.get(address))
        assert found, address
        return found.group(1)

    def post(
        self, address: str, fields: Mapping[str, Any] | None = None, page: str = "/admin/account"
    ) -> TestResponse:
        """Post a form with the CSRF token of `page`."""
        return self.client.post(address, data={"csrf_token": self.token(page), **(fields or {})})

    def upload(self, address: str, name: str, data: bytes, **fields: str) -> TestResponse:
        return self.post(address, {"file": (io.BytesIO(data), name), **fields})

    def sign_in(self, login: str, password: str = PASSWORD) -> TestResponse:
        page = "/admin/login"
        return self.post(page, {"login": login, "password": password, "next": "/admin/"}, page)


def signed_in(app: Flask, login: str) -> Desk:
    """A browser with this operator signed in."""
    desk = Desk(app.test_client())
    reply = desk.sign_in(login)
    assert reply.status_code == 302, reply.text[:2000]
    return desk


def another(app: Flask, login: str = "second", role: Role = "admin") -> Desk:
    """One more operator, an administrator unless said otherwise, signed in."""
    held: Services = app.extensions["survey"]
    settings = replace(held.settings, is_cheap_hashing=True)
    create_operator(held.database, settings, "tests", OperatorSpec(login, "李四", role), PASSWORD)
    return signed_in(app, login)


def workbook(sheets: Sheets) -> bytes:
    """An Excel file as people make them: text cells, one header row a sheet."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


REGISTER: Sheets = {
    "评议对象": [
        ["编号", "单位名称", "类别", "分组"],
        ["001", "永安区", "区县", ""],
        ["101", "市教育局", "市直单位", "第一组"],
        ["102", "市水利局", "市直单位", "第二组"],
    ],
    "评议主体": [["代码", "名称"], ["citizen", "市民"], ["leader_city", "市级领导"]],
    "名册": [
        ["评议主体", "人员编号", "分层", "评议范围"],
        ["市级领导", "人员0001", "", "第一组、第二组"],
        ["市级领导", "人员0002", "", "全部"],
        ["leader_city", "人员0003", "", "101；永安区"],
    ],
}
TICKET = re.compile(r'name="ticket"[^>]*value="([^"]+)"')


def ticket_of(page: str) -> str:
    found = TICKET.search(page)
    assert found, page[-3000:]
    return found.group(1)


def import_register(desk: Desk, sheets: Sheets = REGISTER, mode: str = "update") -> TestResponse:
    """Upload, look at the preview, confirm."""
    address = "/admin/register/import"
    preview = desk.upload(address, "名册.xlsx", workbook(sheets), mode=mode, kind="")
    assert preview.status_code == 200, preview.text[-3000:]
    return desk.post(
        "/admin/register/confirm", {"ticket": ticket_of(preview.text), "mode": mode, "kind": ""}
    )


PLAIN_ROUND = {
    "title": "测试年度评议",
    "key": "test-round",
    "organiser": "市绩效办",
    "phone": "12345",
    "close_at": "",
    "target_per_ratee": "2",
    "is_simulated": "y",
    "scheme": "plain",
    "form:citizen:county": "county.short",
    "form:citizen:unit": "unit.short",
    "form:leader_city:county": "",
    "form:leader_city:unit": "leader",
}
