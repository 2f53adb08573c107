"""The page that shows the record of operators' acts."""

import json
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from survey_app.core import clock
from survey_app.core.services import services
from survey_app.record.reading import ACTION_NAMES, Wanted, search

blueprint = Blueprint("record", __name__, url_prefix="/admin/record")


@blueprint.app_template_filter("record_details")
def details(value: dict[str, Any]) -> str:
    """An entry's details as one line of text."""
    parts = []
    for name, held in value.items():
        if held in (None, "", [], {}):
            continue
        shown = held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)
        parts.append(f"{name}: {shown}")
    return "；".join(parts)


@blueprint.get("/")
def index() -> str:
    """Entries newest first, with filters and the result of checking the chain."""
    wanted = Wanted(
        round_id=request.args.get("round", type=int),
        action=request.args.get("action", ""),
        page=max(1, request.args.get("page", 1, type=int)),
    )
    found = search(services().database, wanted)
    return render_template(
        "record/index.html",
        found=found,
        wanted=wanted,
        action_names={key: _(name) for key, name in ACTION_NAMES.items()},
        local=clock.local,
    )
