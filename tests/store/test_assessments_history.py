"""Results carried on: a later round looks back on them, and an imported row holds over them."""

from decimal import Decimal

from survey_app.assessments import decisions, service
from survey_app.assessments.grading import Choice
from survey_app.assessments.history import history_for, results_of
from survey_app.assessments.service import OpenedRun
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.uploads import Upload
from survey_app.indicators.service import carry_out
from tests.graded import fill_register, make_round, report, run_of
from tests.rounds import OPERATOR

DECIDED = {"u2": Choice("excellent", "会议决定"), "u3": Choice("qualified", "会议决定")}


def approved(database: Database, settings: Settings, period: str) -> OpenedRun:
    run = run_of(database, settings, period)
    decisions.save(database, run, OPERATOR, DECIDED)
    decisions.approve(database, run, OPERATOR)
    return run


def assessed(database: Database, settings: Settings, round_id: int) -> OpenedRun:
    service.run_assessment(database, settings, round_id, OPERATOR)
    return service.open_run(database, settings, round_id)


def earlier(run: OpenedRun, ratee: str = "u2") -> list[tuple[str, str, str, Decimal | None]]:
    rows = [row for row in run.inputs.history if row.ratee == ratee]
    return [(row.series, row.period, row.grade, row.score) for row in rows]


def test_000_f_the_half_year_stands_beside_the_year(database: Database, settings: Settings) -> None:
    fill_register(database)
    approved(database, settings, "2026-H1")
    year = run_of(database, settings, "2026")
    assert earlier(year) == [("", "2026-H1", "优秀", Decimal("93"))]
    with database.read() as session:
        found = history_for(session, year.frozen)
        assert [(one.period, one.origin) for one in found.rows if one.ratee == "u1"] == [
            ("2026-H1", "approved")
        ]
        assert [one.period for one in results_of(session, "u1")] == ["2026-H1"]


def test_later_periods_and_the_round_itself_stay_out(
    database: Database, settings: Settings
) -> None:
    fill_register(database)
    approved(database, settings, "2027")
    run = approved(database, settings, "2026")
    assert earlier(run) == []
    assert earlier(assessed(database, settings, run.frozen.id)) == []


def test_an_imported_row_holds_and_the_other_is_told(
    database: Database, settings: Settings
) -> None:
    fill_register(database)
    approved(database, settings, "2025")
    round_id = make_round(database, settings, "2026")
    report(database, round_id)
    rows = "ratee,period,grade,series,score\nu2,2025,合格,,88\nu2,2024,优秀,graded,\n"
    carry_out(database, OPERATOR, round_id, Upload("h.csv", rows.encode()), "history")
    run = assessed(database, settings, round_id)
    assert earlier(run) == [
        ("", "2024", "优秀", None),
        ("", "2025", "合格", Decimal(88)),
    ]
    with database.read() as session:
        kept = service.imported_history(session, round_id)
        found = history_for(session, run.frozen, kept)
    assert [(one.ratee, one.grade) for one in found.overruled] == [("u2", "优秀")]


def test_a_run_keeps_the_history_it_read(database: Database, settings: Settings) -> None:
    fill_register(database)
    first = approved(database, settings, "2025")
    run = run_of(database, settings, "2026")
    decisions.reopen(database, first, OPERATOR, "复核")
    swapped = {"u2": Choice("qualified", "复核"), "u3": Choice("excellent", "复核")}
    decisions.save(database, first, OPERATOR, swapped)
    decisions.approve(database, first, OPERATOR)
    again = service.open_run(database, settings, run.frozen.id)
    assert again.is_stale
    assert earlier(again)[0][2] == "优秀"
    assert earlier(assessed(database, settings, run.frozen.id))[0][2] == "合格"
