"""Assessing a round: stored once, on record, the same whenever it is made again."""

import io
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from sqlalchemy import select

from survey_app.assessments import service
from survey_app.assessments.explanation import explain
from survey_app.assessments.statistics.opening import open_statistics
from survey_app.assessments.tables import Run
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.core.remembered import Remembered
from survey_app.core.uploads import Upload
from survey_app.indicators.service import Kind, carry_out
from survey_app.indicators.tables import InputSheet
from survey_app.record.tables import RecordEntry
from survey_app.reports.writing import write_csv, write_workbook
from survey_app.rounds.frozen import load_round
from tests.assessed import assessed_world, rate, sealed_world
from tests.rounds import OPERATOR, World, make_world


def add_sheet(world: World, kind: Kind, headers: list[str], rows: list[list[str]]) -> None:
    text = "\n".join(",".join(row) for row in [headers, *rows])
    upload = Upload(f"{kind}.csv", text.encode())
    carry_out(world.database, OPERATOR, world.round_id, upload, kind)


def test_totals_are_those_worked_by_hand(database: Database, settings: Settings) -> None:
    world = sealed_world(database, settings)
    service.run_assessment(database, settings, world.round_id, OPERATOR)
    run = service.open_run(database, settings, world.round_id)
    results = {one.key: one for one in run.assessment.ratees}
    assert {key: one.total for key, one in results.items()} == {
        "u1": Decimal("84.00"),
        "u2": Decimal("92.00"),
    }
    assert [results[key].rank_class for key in ("u2", "u1")] == [1, 2]
    others = {one.key: one.totals["u1"] for one in run.assessment.alternatives}
    # a device's second form counted too; only the delegates' cards, no open posters
    assert others == {"same_device_count": Decimal("83.43"), "verified": Decimal("80.00")}
    counts = run.assessment.counts
    # 13 forms from posters and 5 cards that rate both units: 13 + 10, one of them doubled.
    assert (counts.raw, counts.duplicate, counts.void, counts.valid) == (23, 1, 0, 22)


def test_the_run_is_stored_and_on_record(database: Database, settings: Settings) -> None:
    world = sealed_world(database, settings)
    run_id = service.run_assessment(database, settings, world.round_id, OPERATOR)
    with database.read() as session:
        run = session.get(Run, run_id)
        assert run is not None
        assert load_round(session, world.round_id).state == "assessed"
        entry = session.scalars(
            select(RecordEntry).where(RecordEntry.action == "assessment.run")
        ).one()
    assert (run.number, run.operator) == (1, OPERATOR)
    assert entry.details["content"] == run.content_digest
    scores = json.loads(run.scores_json)
    assert {one["key"]: one["total"] for one in scores["ratees"]} == {"u1": "84.00", "u2": "92.00"}
    assert service.stored_scores(database, world.round_id) == run.scores_json


def test_the_same_content_is_assessed_once(database: Database, settings: Settings) -> None:
    world = assessed_world(database, settings)
    first = service.list_runs(database, world.round_id)
    again = service.run_assessment(database, settings, world.round_id, OPERATOR)
    assert again == first[0].id
    assert service.list_runs(database, world.round_id) == first


def test_changed_inputs_make_a_new_run_and_keep_the_old(
    database: Database, settings: Settings
) -> None:
    world = assessed_world(database, settings)
    headers = ["ratee", "kind", "points", "matter", "source", "evidence"]
    add_sheet(world, "adjustments", headers, [["u1", "加分", "3", "获奖", "表彰", "证书"]])
    before = service.open_run(database, settings, world.round_id)
    assert before.is_stale
    service.run_assessment(database, settings, world.round_id, OPERATOR)
    assert [run.number for run in service.list_runs(database, world.round_id)] == [2, 1]
    totals = {
        one.key: one.total
        for one in service.open_run(database, settings, world.round_id).assessment.ratees
    }
    assert totals["u1"] == Decimal("87.00")
    old = json.loads(service.stored_scores(database, world.round_id, 1))
    assert old["ratees"][0]["total"] == "84.00"
    first = service.open_run(database, settings, world.round_id, 1)
    assert first.assessment.scores_json().decode() == service.stored_scores(
        database, world.round_id, 1
    )
    assert first.is_stale
    assert not service.open_run(database, settings, world.round_id).is_stale


def test_an_open_round_is_not_assessed(database: Database, settings: Settings) -> None:
    world = make_world(database, settings.home, units=2, cards=5)
    rate(world)
    with pytest.raises(ProblemsError, match="开放中"):
        service.run_assessment(database, settings, world.round_id, OPERATOR)
    with pytest.raises(service.NotAssessedError):
        service.open_run(database, settings, world.round_id)


def test_every_bad_row_of_an_input_is_told_and_nothing_stored(
    database: Database, settings: Settings
) -> None:
    """An import refuses such rows; a store that holds them all the same gives no result."""
    world = sealed_world(database, settings)
    headers = ["ratee", "period", "grade"]
    rows = [["u9", "2025", "优秀"], ["u1", "2025", ""]]
    with database.write() as session:
        sheet = InputSheet(round_id=world.round_id, kind="history", digest="sha256:0")
        sheet.headers, sheet.rows = headers, rows
        session.add(sheet)
    with pytest.raises(service.NoAnswerError) as refused:
        service.run_assessment(database, settings, world.round_id, OPERATOR)
    assert [problem.where for problem in refused.value.problems] == ["history:2", "history:3"]
    assert service.list_runs(database, world.round_id) == []


def test_a_changed_sealed_file_is_refused(database: Database, settings: Settings) -> None:
    world = sealed_world(database, settings)
    file = next(settings.sealed_dir.glob("*/*/ballots.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(service.DamagedFilesError):
        service.run_assessment(database, settings, world.round_id, OPERATOR)
    assert service.list_runs(database, world.round_id) == []


def test_the_walk_readds_exactly(database: Database, settings: Settings) -> None:
    world = assessed_world(database, settings)
    run = service.open_run(database, settings, world.round_id)
    for one in run.assessment.ratees:
        steps = explain(run.assessment, one)
        assert all(step.readds for step in steps)


def test_the_workbook_of_a_real_round(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    world = assessed_world(database, settings)
    run = service.open_run(database, settings, world.round_id)
    path = tmp_path / "book.xlsx"
    write_workbook(
        run.assessment, path, title="测试2009年度", organiser="市绩效办", inputs=run.inputs
    )
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    page = book["综合得分排名表"]
    assert page["A1"].value == "测试2009年度综合得分排名表（模拟数据）"
    rows = [row for row in page.iter_rows(values_only=True) if isinstance(row[0], int)]
    titles = [cell.value for cell in page[3]]
    total = titles.index("总分")
    assert [(row[1], row[total]) for row in rows] == [("市2局", 92), ("市1局", 84)]
    files = write_csv(run.assessment, tmp_path / "csv", inputs=run.inputs)
    assert [file.stem for file in files] == book.sheetnames


def test_a_large_round_takes_its_sums_when_somebody_looks(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = assessed_world(database, settings)
    at_hand = service.open_run(database, settings, world.round_id)
    assert at_hand.sufficient is not None
    monkeypatch.setattr(service, "LARGE", 0)
    monkeypatch.setattr(service, "_MADE", Remembered(4))
    later = service.open_run(database, settings, world.round_id)
    assert later.sufficient is None
    found = open_statistics(database, settings, world.round_id).sufficient
    assert np.array_equal(found.covariance.matrix, at_hand.sufficient.covariance.matrix)
    for one, other in zip(found.items, at_hand.sufficient.items, strict=True):
        assert np.array_equal(one.xy, other.xy)
