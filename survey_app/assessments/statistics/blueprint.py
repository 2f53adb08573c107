"""The pages of statistics of a round, side by side as tabs."""

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from forms.problems import N_
from survey_app.assessments.statistics.opening import OpenedStatistics, open_statistics
from survey_app.core.services import services

statistics = Blueprint("statistics", __name__, url_prefix="/statistics")

TABS: dict[str, str] = {
    "ranks": N_("名次和等次"),
    "rules": N_("规则的影响"),
    "estimates": N_("得分和加权"),
    "raters": N_("评分人"),
    "questionnaires": N_("问卷"),
    "answers": N_("答卷质量"),
    "price": N_("名次的价格"),
}
"""Endpoint and title of every page, in order."""


def opened(round_id: int) -> OpenedStatistics:
    """The run asked for, or the newest."""
    held = services()
    number = request.args.get("run", type=int)
    return open_statistics(held.database, held.settings, round_id, number)


def page(template: str, round_id: int, of: OpenedStatistics, **shown: Any) -> str:
    """One tab rendered."""
    return render_template(
        f"assessments/statistics/{template}.html",
        run=of.run,
        round_id=round_id,
        is_simulated=of.run.is_simulated,
        say=_,
        tabs=TABS,
        tab=template,
        **shown,
    )
