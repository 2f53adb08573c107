"""The operators' forms of complaints."""

from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from survey_app.complaints.service import MAX_CONTACT, MAX_TEXT, ComplaintSpec, clean
from survey_app.complaints.words import (
    CHANNEL_NAMES,
    DESK_CHANNELS,
    HANDLING_NAMES,
    TOPIC_NAMES,
)

NEEDED = DataRequired(_("请填写这一项。"))
LONG = Length(max=MAX_TEXT, message=_("最多 2000 个字。"))
LINE = Length(max=MAX_CONTACT, message=_("最多 200 个字。"))


class ComplaintForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A complaint that came by phone or box."""

    channel = RadioField(_("来源"), [NEEDED])
    topic = RadioField(_("方面"), [NEEDED])
    ratee = SelectField(_("单位"))
    content = TextAreaField(_("内容"), [NEEDED, LONG])
    contact = StringField(
        _("联系方式"), [LINE], description=_("投诉人愿意留才填；不留的凭查询码看反馈。")
    )
    is_simulated = BooleanField(_("这是演示或培训用的模拟记录"))

    def spec(self) -> ComplaintSpec:
        return ComplaintSpec(
            topic=self.topic.data,
            content=clean(self.content.data),
            ratee=self.ratee.data or "",
            contact=clean(self.contact.data or ""),
            channel=self.channel.data,
            is_simulated=self.is_simulated.data,
        )


def complaint_form(units: Mapping[str, str]) -> ComplaintForm:
    """The form with the units to choose from."""
    form = ComplaintForm()
    form.channel.choices = [SelectChoice(key, gettext(CHANNEL_NAMES[key])) for key in DESK_CHANNELS]
    form.topic.choices = [SelectChoice(key, gettext(name)) for key, name in TOPIC_NAMES.items()]
    form.ratee.choices = [
        SelectChoice("", gettext("说不清")),
        *(SelectChoice(key, name) for key, name in units.items()),
    ]
    return form


class StepForm(FlaskForm):  # type: ignore[misc]
    """One step of a case; the address says which."""

    words = TextAreaField(_("内容"), [LONG])
    handling = RadioField(
        _("怎样调查"),
        choices=[SelectChoice(key, _(name)) for key, name in HANDLING_NAMES.items()],
    )
    handler = StringField(_("转给谁"), [LINE])
