"""Persons: what was filed quarter by quarter feeds the rounds of their scheme."""

from decimal import Decimal

from survey_app.appraisals import service as appraisals
from survey_app.assessments import service
from survey_app.assessments.history import history_for
from survey_app.assessments.service import OpenedRun
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.register.tables import Ratee
from survey_app.rounds.frozen import FrozenRounds, load_round
from tests.appraising import QUARTERLY, fill_units, member, open_period, set_roster, whole
from tests.graded import make_round
from tests.rounds import OPERATOR

ONE, TWO = "人员0001", "人员0002"


def fill(database: Database) -> None:
    """Two persons of u1 in the register; the first filed a form of 92 points for the quarter."""
    fill_units(database)
    period_id = open_period(database)
    set_roster(database, period_id, [member(n) for n in range(1, 6)])
    forms = [whole(ONE, "good"), whole(TWO, "fair", is_filed=False)]
    appraisals.file_many(database, "clerk", period_id, forms)
    with database.write() as session:
        for n, key in enumerate((ONE, TWO), start=10):
            if session.get(Ratee, key) is None:
                person = Ratee(key=key, name=key, ratee_class="staff", group="", kind="person")
                person.parent, person.position = "u1", n
                session.add(person)


def assessed(database: Database, settings: Settings, period: str) -> OpenedRun:
    scheme = QUARTERLY.replace("rhythm", 'missing = "redistribute"\nrhythm', 1)
    round_id = make_round(database, settings, period, scheme=scheme)
    service.run_assessment(database, settings, round_id, OPERATOR)
    return service.open_run(database, settings, round_id)


def test_filed_marks_are_read_without_an_import(database: Database, settings: Settings) -> None:
    fill(database)
    run = assessed(database, settings, "2021-Q1")
    totals = {one.key: one.total for one in run.assessment.ratees}
    assert totals[ONE] == Decimal("92.00")
    assert totals[TWO] is None  # not filed


def test_filed_grades_are_history_of_a_later_round(database: Database, settings: Settings) -> None:
    fill(database)
    round_id = make_round(database, settings, "2021-Q2", scheme=QUARTERLY)
    with database.read() as session:
        frozen = FrozenRounds(database).of(load_round(session, round_id))
        rows = history_for(session, frozen).rows
    assert [(one.ratee, one.period, one.grade, one.score, one.origin) for one in rows] == [
        (ONE, "2021-Q1", "好", "92", "filed")
    ]
