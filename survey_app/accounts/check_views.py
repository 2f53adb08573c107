"""运行检查: every setting with its state, for whoever keeps the server running."""

import os
from importlib.metadata import version

from flask import Blueprint, render_template
from flask_babel import gettext as _

from survey_app.accounts.operator_acts import missing_roles
from survey_app.core import checks, clock
from survey_app.core.access import ROLE_NAMES, only
from survey_app.core.services import services

checking = Blueprint("checks", __name__, url_prefix="/checks")


@checking.get("/")
@only("system", "admin")
def index() -> str:
    """The settings, the version, and which of the three roles are missing."""
    held = services()
    around = checks.Surroundings.running(held.settings, os.environ)
    return render_template(
        "accounts/checks.html",
        found=checks.look(around),
        is_production=around.is_production,
        missing=_("、").join(_(ROLE_NAMES[role]) for role in missing_roles(held.database)),
        version=version("survey-app"),
        now=clock.local(clock.now()),
        say=_,
    )
