"""The minutes of opening and closing, made to be printed and signed."""

from flask import Blueprint, render_template

from survey_app.accounts import people
from survey_app.closing.minutes import Kind
from survey_app.closing.minutes import minutes as minutes_of
from survey_app.core import clock
from survey_app.core.services import services
from survey_app.rounds.overview import overview

minutes = Blueprint("minutes", __name__, url_prefix="/minutes")


@minutes.get("/opening")
def opening(round_id: int) -> str:
    """开启记录."""
    return _page(round_id, "opening")


@minutes.get("/closing")
def closing(round_id: int) -> str:
    """关闭记录."""
    return _page(round_id, "closing")


def _page(round_id: int, kind: Kind) -> str:
    held = services()
    return render_template(
        "closing/minutes.html",
        row=overview(held.database, round_id).row,
        names=overview(held.database, round_id).names,
        minutes=minutes_of(held.database, round_id, kind),
        words=people.words,
        at=clock.local,
    )
