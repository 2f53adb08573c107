"""The operators' forms of follow-up items."""

from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from survey_app.followup.service import ItemSpec
from survey_app.followup.states import KIND_NAMES

NEEDED = DataRequired(_("请填写这一项。"))
LONG = Length(max=2000, message=_("最多 2000 个字。"))
LINE = Length(max=200, message=_("最多 200 个字。"))


class ItemForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """An item opened by hand."""

    ratee = SelectField(_("对象"), [NEEDED])
    kind = SelectField(_("类型"), [NEEDED])
    name = StringField(_("事项"), [NEEDED, LINE], description=_("例如 诫勉谈话、补课一周。"))
    value = StringField(_("内容"), [LINE], description=_("名额、比例、金额等，没有可空。"))
    reason = TextAreaField(_("理由"), [NEEDED, LONG])
    period = StringField(
        _("时期"), [LINE], description=_("写成 2026、2026-H1、2026-Q3 或 2026-03；空着是今年。")
    )
    due_on = DateField(_("期限"), [Optional()])
    is_simulated = BooleanField(_("这是演示或培训用的模拟记录"))

    def spec(self) -> ItemSpec:
        return ItemSpec(
            ratee=self.ratee.data,
            kind=self.kind.data,
            name=self.name.data,
            reason=self.reason.data,
            value=self.value.data or "",
            period=self.period.data or "",
            due_on=self.due_on.data,
            is_simulated=self.is_simulated.data,
        )


def item_form(ratees: Mapping[str, str]) -> ItemForm:
    """The form with everybody on the register to choose from."""
    form = ItemForm()
    blank = SelectChoice("", gettext("请选择"))
    form.ratee.choices = [blank, *(SelectChoice(key, name) for key, name in ratees.items())]
    form.kind.choices = [
        blank,
        *(SelectChoice(key, gettext(name)) for key, name in KIND_NAMES.items()),
    ]
    return form


class ActForm(FlaskForm):  # type: ignore[misc]
    """One step about an item; the address says which."""

    words = TextAreaField(_("内容"), [LONG])
    due_on = DateField(_("期限"), [Optional()])
