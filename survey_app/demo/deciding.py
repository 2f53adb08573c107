"""What people do with the results of a simulated round: choose, approve, and follow up."""

from collections.abc import Mapping

from survey_app.assessments import decisions
from survey_app.assessments.grading import Choice
from survey_app.assessments.service import OpenedRun
from survey_app.core.services import Services
from survey_app.demo.ways_in import OPERATOR
from survey_app.followup.service import propose_from_run

REASON = "（模拟）会议研究决定"


def decide(services: Services, run: OpenedRun, chosen: Mapping[str, Choice]) -> None:
    """Choose grades with reasons, approve all of them, and propose what they lead to."""
    choices = {**_left_to_people(services, run), **chosen}
    if choices:
        decisions.save(services.database, run, OPERATOR, choices)
    decisions.approve(services.database, run, OPERATOR)
    propose_from_run(services.database, services.settings, OPERATOR, run.frozen.id)


def _left_to_people(services: Services, run: OpenedRun) -> dict[str, Choice]:
    """A decision with a reason for whoever the rules leave to people: a grade without places."""
    limited = {grade.key for grade in run.assessment.scheme.grades if grade.quotas}
    chosen = {}
    for line in decisions.open_board(services.database, run).lines:
        open_grades = [key for key, _ in line.allowed if key not in limited]
        if line.is_open and (line.grade or open_grades):
            chosen[line.one.key] = Choice(line.grade or open_grades[0], REASON)
    return chosen
