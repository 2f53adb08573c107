"""The sheets of a decided round: grades, what follows, last year's ranks, and the trace."""

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from survey_app.assessments import decisions, service
from survey_app.assessments.grading import Choice
from survey_app.assessments.service import OpenedRun
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.uploads import Upload
from survey_app.indicators.service import carry_out
from survey_app.reports.beside import beside_of
from survey_app.reports.sheets import Sheet, as_text
from survey_app.reports.tables import all_sheets
from survey_app.reports.writing import write_workbook
from tests.graded import MARKS, fill_register, make_round, report, run_of
from tests.rounds import OPERATOR

DECIDED = {
    "u2": Choice("qualified", "会议决定"),
    "u3": Choice("excellent", "会议决定"),
    "u6": Choice("failed", "年度工作停滞"),
}


def sheets(database: Database, run: OpenedRun) -> dict[str, Sheet]:
    made = all_sheets(run.assessment, run.inputs, beside=beside_of(database, run))
    return {sheet.name: sheet for sheet in made}


def rows(sheet: Sheet) -> list[dict[str, str]]:
    titles = [column.full_title for column in sheet.columns]
    return [dict(zip(titles, map(as_text, row), strict=True)) for _, row in sheet.rows()]


@pytest.fixture
def decided(database: Database, settings: Settings) -> OpenedRun:
    fill_register(database)
    before = run_of(database, settings, "2025", {**MARKS, "u1": 60})
    # 市1局 at 60 leaves both places to 市2局 and 市3局, who are equal.
    decisions.approve(database, before, OPERATOR)
    round_id = make_round(database, settings, "2026")
    report(database, round_id)
    ledger = "ratee,kind,points,matter,source,evidence\nu1,加分,9,获奖,表彰,证书\n"
    carry_out(database, OPERATOR, round_id, Upload("a.csv", ledger.encode()), "adjustments")
    service.run_assessment(database, settings, round_id, OPERATOR)
    run = service.open_run(database, settings, round_id)
    decisions.save(database, run, OPERATOR, DECIDED)
    return run


def test_grades_show_proposal_decision_and_reason(database: Database, decided: OpenedRun) -> None:
    found = {row["单位"]: row for row in rows(sheets(database, decided)["等次评定表"])}
    third = found["市3局"]
    assert (third["建议等次"], third["审定等次"], third["调整理由"]) == ("合格", "优秀", "会议决定")
    assert "并列" in third["未评更高等次的原因"]
    assert found["市4局"]["审定等次"] == "—"
    decisions.approve(database, decided, OPERATOR)
    made = sheets(database, decided)["等次评定表"]
    assert {row["单位"]: row["审定等次"] for row in rows(made)}["市4局"] == "合格"
    assert "优秀（全部）2 个，已评 2 个" in made.notes[1]


def test_003_q_linkages_follow_the_decided_grade(database: Database, decided: OpenedRun) -> None:
    found = {row["单位"]: row["干部使用"] for row in rows(sheets(database, decided)["结果运用"])}
    assert found["市6局"] == "诫勉谈话"  # proposed 合格, decided 不合格
    assert found["市1局"] == "—"


def test_last_years_ranks_stand_in_the_ranking(database: Database, decided: OpenedRun) -> None:
    made = sheets(database, decided)["综合得分排名表"]
    found = {row["单位名称"]: row for row in rows(made)}
    assert (found["市1局"]["类内名次"], found["市1局"]["上年名次"]) == ("1", "5")
    assert found["市2局"]["上年名次"] == "1"
    assert any("2025年" in note for note in made.notes)


def test_the_trace_goes_down_to_indicators_and_entries(
    database: Database, decided: OpenedRun
) -> None:
    found = [
        row for row in rows(sheets(database, decided)["得分来历"]) if row["评议对象"] == "市1局"
    ]
    steps = {row["编号"]: row for row in found}
    # 0.7·95 + 0.3·100 + 5 of a bonus of 9
    assert Fraction(steps["u1"]["精确值"]) == Fraction("101.5")
    parts = [steps[f"u1/{path}"]["加到上一级（精确值）"] for path in ("work", "style", "+", "-")]
    assert sum(map(Fraction, parts)) == Fraction("101.5")
    assert "9 → 5" in steps["u1/+"]["文字"]
    assert "证书" in steps["u1/+/1"]["文字"]
    assert "95 ÷ 100 ＝ 95%" in steps["u1/work/K1"]["文字"]


def test_no_study_gets_into_the_workbook(
    database: Database, settings: Settings, decided: OpenedRun
) -> None:
    from analysis.changes import Change
    from survey_app.assessments.studies import make_study

    before = sheets(database, decided)
    change = Change(has_adjustments=False)
    make_study(database, settings, decided, OPERATOR, "不计加减分", change)
    assert sheets(database, decided) == before


def test_the_workbook_opens_in_an_office_program(
    database: Database, decided: OpenedRun, tmp_path: Path
) -> None:
    path = tmp_path / "book.xlsx"
    write_workbook(
        decided.assessment,
        path,
        title="测试2026年度",
        organiser="市绩效办",
        inputs=decided.inputs,
        beside=beside_of(database, decided),
    )
    book = openpyxl.load_workbook(path)
    assert {"等次评定表", "结果运用", "加减分台账", "一票否决台账", "得分来历"} <= {
        *book.sheetnames
    }
    if shutil.which("soffice") is None:
        return
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    command = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=120)
    assert (tmp_path / "book.pdf").stat().st_size > 10_000
