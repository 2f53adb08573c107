"""A liaison's forms."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField
from wtforms.validators import DataRequired, NumberRange, Optional

from survey_app.rounds.forms import MAX_COUNT


class IssueForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Cards of a rater class; without a number, one for everybody on its roster."""

    rater_class = SelectField(_("评议主体"), [DataRequired(_("请填写这一项。"))])
    count = IntegerField(
        _("张数"),
        [Optional(), NumberRange(1, MAX_COUNT, _("请填 1 到 5000。"))],
        description=_("空着就按名册，每人一张（只能发一次）。"),
        render_kw={"inputmode": "numeric"},
    )
    batches = HiddenField(default="")
