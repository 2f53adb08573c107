"""The page that says what is kept of a round's raters, and the act of destroying it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from survey_app.accounts import two_persons
from survey_app.closing import keeping as store
from survey_app.closing.forms import CloseForm
from survey_app.core.access import current, only
from survey_app.core.services import services

keeping = Blueprint("keeping", __name__, url_prefix="/keeping")


@keeping.get("")
def index(round_id: int) -> str:
    """What is there, until when; after a destruction, what a look shows."""
    return _page(round_id, CloseForm())


@keeping.post("")
@only("admin")
def destroy(round_id: int) -> BaseResponse | tuple[str, int]:
    """Destroy it, with another person's permit."""
    held, form = services(), CloseForm()
    row = store.look(held.database, held.keys, round_id).row
    if form.validate_on_submit() and form.typed_key.data.strip() != row.key:
        form.typed_key.errors = [_("和本轮的编号不一样，请照着上面的编号输入。")]
    if form.errors:
        return _page(round_id, form), 422
    store.destroy(held.database, held.keys, current().login, round_id)
    flash(_("已经销毁。请重启一次服务，让内存里的密钥也消失；本轮的旧备份请另行销毁。"))
    return redirect(url_for("closing.keeping.index", round_id=round_id))


def _page(round_id: int, form: CloseForm) -> str:
    held = services()
    found = store.look(held.database, held.keys, round_id)
    with held.database.read() as session:
        permit = two_persons.find_permit(session, current().login, store.DESTROY, round_id)
    is_done = found.row.destroyed_at is not None
    return render_template(
        "closing/keeping.html",
        row=found.row,
        found=found,
        names=store.NAMES,
        form=form,
        has_permit=permit is not None,
        kind=store.DESTROY,
        checks=store.check(held.database, held.keys, round_id) if is_done else (),
        is_simulated=found.row.is_simulated,
    )
