"""What if: studies of a round, made with a form and kept apart from its results."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from survey_app.assessments import service
from survey_app.assessments import studies as kept
from survey_app.assessments.studies import UNKNOWN_CHOICES, StudyForm
from survey_app.core.access import current
from survey_app.core.errors import ProblemsError
from survey_app.core.services import services

studies = Blueprint("studies", __name__, url_prefix="/studies")
WEIGHT = "weight:"


@studies.get("")
def index(round_id: int) -> str:
    """The form, filled where a link says with what, and the studies made so far."""
    return _page(round_id, _typed(request.args), [])


@studies.post("")
def make(round_id: int) -> Response | tuple[str, int]:
    """Make a study; where it gives no answer, say why and keep what was typed."""
    held = services()
    typed = _typed(request.form)
    try:
        change = kept.read_change(held.database, typed)
        run = service.open_run(held.database, held.settings, round_id)
        made = kept.make_study(
            held.database, held.settings, run, current().login, typed.name, change
        )
    except ProblemsError as error:
        return _page(round_id, typed, [problem.text(_) for problem in error.problems]), 422
    address = url_for("assessments.studies.show", round_id=round_id, study_id=made)
    return redirect(address, code=303)


@studies.get("/<int:study_id>")
def show(round_id: int, study_id: int) -> str:
    """Ranks before and after, who moves first, and why."""
    from survey_app.assessments import study_pages

    held = services()
    study = kept.open_study(held.database, round_id, study_id)
    run = service.open_run(held.database, held.settings, round_id, study.line.number)
    scheme = run.assessment.scheme
    return render_template(
        "assessments/study.html",
        run=run,
        study=study,
        changes=[note.text(_) for note in kept.change_words(study.change, scheme)],
        classes=study_pages.study_classes(scheme, study.outcome),
        round_id=round_id,
        is_simulated=run.is_simulated,
        say=_,
    )


def _page(round_id: int, typed: StudyForm, problems: list[str]) -> str:
    from survey_app.assessments import study_pages

    held = services()
    run = service.open_run(held.database, held.settings, round_id)
    return render_template(
        "assessments/studies.html",
        run=run,
        typed=typed,
        weights=typed.weights or {},
        problems=problems,
        choices=study_pages.choices(held.database, run),
        unknown_choices=UNKNOWN_CHOICES,
        studies=kept.list_studies(held.database, round_id),
        round_id=round_id,
        is_simulated=run.is_simulated,
        say=_,
    )


def _typed(form: MultiDict[str, str]) -> StudyForm:
    return StudyForm(
        name=form.get("name", ""),
        scheme=form.get("scheme", ""),
        weights={
            name.removeprefix(WEIGHT): text
            for name, text in form.items()
            if name.startswith(WEIGHT)
        },
        is_exact=form.get("sharing") == "exact",
        unknown=form.get("unknown", ""),
        rater_classes=form.getlist("rater_class"),
        channels=form.getlist("channel"),
        without=form.get("without", ""),
        has_adjustments="no_adjustments" not in form,
    )
