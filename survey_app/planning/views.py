"""Before a round opens: how many to ask, and who; and the draws anybody can repeat."""

from collections.abc import Callable, Mapping

from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext as _

from survey_app.core.services import services
from survey_app.planning.asked import Basis, basis_of
from survey_app.planning.assumptions import FINDERS, Finder
from survey_app.planning.draw_views import draws
from survey_app.planning.forms import PlanForm, plan_form
from survey_app.planning.plan import PairPlan, UnitPlan, between, plan_pairs

COLUMNS: Mapping[str, Callable[[UnitPlan], float | None]] = {
    "population": lambda line: line.unit.population,
    "needed": lambda line: line.needed.n if line.needed else None,
    "asked": lambda line: line.needed.asked if line.needed else None,
    "cards": lambda line: line.unit.cards,
    "expected": lambda line: line.expected,
    "now_width": lambda line: line.now_width,
    "now_gap": lambda line: line.now_gap,
}
"""The figures of the table, each a range over the ratees of a row."""
FEW_ROWS = 4
"""Up to so many rows everything is unfolded."""
blueprint = Blueprint("planning", __name__, url_prefix="/admin/rounds/<int:round_id>")
blueprint.register_blueprint(draws)


@blueprint.get("/plan")
def plan(round_id: int) -> str | tuple[str, int]:
    """The table of ballots needed for what is wanted, and what today's cards will give."""
    basis = basis_of(services().database, round_id, _finder())
    kind = plan_form(basis.names, basis.assumed)
    if "aim" not in request.args:
        return _page(basis, kind(formdata=None), _planned(basis, kind(formdata=None)))
    form = kind(formdata=request.args)
    if not form.validate():
        return _page(basis, form, ()), 422
    return _page(basis, form, _planned(basis, form))


def _finder() -> Finder | None:
    found: list[Finder] = current_app.extensions.get(FINDERS, [])
    return found[0] if found else None


def _planned(basis: Basis, form: PlanForm) -> tuple[PairPlan, ...]:
    return plan_pairs(basis.pairs, form.guesses(basis.names), form.wanted(), basis.target)


def _page(basis: Basis, form: PlanForm, plans: tuple[PairPlan, ...]) -> str:
    return render_template(
        "planning/plan.html",
        basis=basis,
        row=basis.row,
        form=form,
        plans=plans,
        between=between,
        few=FEW_ROWS,
        **COLUMNS,
        say=_,
        is_simulated=basis.row.is_simulated,
    )
