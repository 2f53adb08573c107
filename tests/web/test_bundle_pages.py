"""Taking bundles out by the page 发布: the public one freely, the auditor's by two persons."""

import io
import re
import zipfile
from pathlib import Path

from flask import Flask

from analysis.round_log import verify_round
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.publication.bundles import KIND
from tests.assessed import assessed_world
from tests.rounds import World
from tests.stores import new_sqlite
from tests.web.desk import Desk, make_app, signed_in

PAGE = "/results/test-round"


def office(home: Path) -> tuple[Flask, World]:
    url = new_sqlite(home / "survey.db")
    settings = Settings(home, url, b"a secret for tests only, 32 bytes", False, None)
    app = make_app(settings)
    held: Services = app.extensions["survey"]
    return app, assessed_world(held.database, settings)


def unpacked(content: bytes, folder: Path) -> Path:
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    return folder


def test_bundles_leave_by_the_page(tmp_path: Path) -> None:
    app, world = office(tmp_path / "home")
    room = f"/admin/rounds/{world.round_id}/publication"
    desk, second = signed_in(app, "clerk"), signed_in(app, "admin")
    refused = second.post(f"{room}/publish", {"style": "grades", "files": "y"})
    assert (refused.status_code, "表格里有得分" in refused.text) == (422, True)
    shown = second.post(f"{room}/publish", {"style": "scores", "files": "y"})
    assert shown.status_code == 303
    assert "下载公开核验包" in desk.get(room)
    packed = [desk.client.get(f"{room}/bundle/public.zip").data for _ in range(2)]
    assert packed[0] == packed[1]
    public = unpacked(packed[0], tmp_path / "public")
    assert verify_round.verify(public) == []
    results = {path.name: path.read_bytes() for path in public.glob("results/*/*")}
    assert results.keys() == {"results.json", "workbook.xlsx", "tables.zip"}
    everybody = app.test_client()
    addresses = re.findall(r'href="(/results/[^"]+/files/[^"]+)"', everybody.get(PAGE).text)
    assert len(addresses) == 2
    assert {everybody.get(one).data for one in addresses} < set(results.values())
    assert everybody.get(f"{PAGE}/files/results.json").status_code == 404
    assert not (public / "audit").exists()

    assert desk.post(f"{room}/bundle/auditor.zip").status_code == 403
    asked = desk.post(
        f"/admin/rounds/{world.round_id}/ask/{KIND}", {"reason": "市纪委要求复核全部答卷"}
    )
    assert asked.status_code in (302, 303)
    approve_first(second)
    assert "用掉这次批准" in desk.get(room)
    auditor = desk.post(f"{room}/bundle/auditor.zip")
    assert auditor.status_code == 200
    assert verify_round.verify(unpacked(auditor.data, tmp_path / "auditor")) == []
    assert (tmp_path / "auditor" / "audit" / "openings.jsonl").is_file()
    assert desk.post(f"{room}/bundle/auditor.zip").status_code == 403


def approve_first(second: Desk) -> None:
    found = re.search(r'action="(/admin/approvals/\d+)"', second.get("/admin/approvals/"))
    assert found
    assert second.post(found[1], {"verdict": "approve", "note": ""}).status_code in (302, 303)
