"""The operators' forms of paper sessions, telephone batches and tablets."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError

NEEDED = DataRequired(_("请填写这一项。"))
GIVEN = InputRequired(_("请填写这一项。"))
MOST = 20_000
DIGITS = {"inputmode": "numeric"}


class SessionForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A session to be announced."""

    kind = RadioField(
        _("种类"),
        [NEEDED],
        choices=[
            SelectChoice("paper", _("现场纸质票：发票、收票、清点后录入")),
            SelectChoice("phone", _("电话访问：访问完成后导入结果")),
        ],
        default="paper",
    )
    name = StringField(
        _("名称"), [NEEDED, Length(max=60)], description=_("例如“第三次全体会议”“11 月电话访问”。")
    )
    held_on = DateField(_("日期"), [GIVEN])
    place = StringField(_("地点"), [NEEDED, Length(max=60)])
    tellers = StringField(
        _("监票人（电话访问写负责人）"),
        [NEEDED, Length(max=120)],
        description=_("纸质票至少两人，用顿号隔开；印在记录单上签字。"),
    )
    rater_class = SelectField(_("评议主体"), [NEEDED])
    stratum = StringField(_("分层"), [Length(max=40)], description=_("可空，例如“第一代表团”。"))
    scope = SelectField(_("评议范围"))
    issued = IntegerField(
        _("发出的票数（电话访问写完成的访问数）"),
        [GIVEN, NumberRange(1, MOST, _("请填 1 到 20000。"))],
        description=_("纸质票从 1 号起连续编号，发多少号就填多少。定了以后不能再改。"),
        render_kw=DIGITS,
    )

    def validate_tellers(self, field: StringField) -> None:
        """Papers are counted by two at least."""
        names = [one for one in (field.data or "").replace(",", "、").split("、") if one.strip()]
        if self.kind.data == "paper" and len(names) < 2:
            raise ValidationError(_("纸质票至少要两位监票人，姓名用顿号隔开。"))


class CountForm(FlaskForm):  # type: ignore[misc]
    """What the tellers counted."""

    collected = IntegerField(
        _("收回"), [GIVEN, NumberRange(0, MOST, _("请填 0 到 20000。"))], render_kw=DIGITS
    )
    spoiled = IntegerField(
        _("其中作废"),
        [GIVEN, NumberRange(0, MOST, _("请填 0 到 20000。"))],
        description=_("空白、涂改不清、没有答完必答题的票。"),
        default=0,
        render_kw=DIGITS,
    )

    def validate_spoiled(self, field: IntegerField) -> None:
        if (field.data or 0) > (self.collected.data or 0):
            raise ValidationError(_("作废的不能比收回的多。"))


class FormsFile(FlaskForm):  # type: ignore[misc]
    """The spreadsheet of a session."""

    file = FileField(
        _("文件"),
        [FileRequired(_("请选择一个文件。"))],
        description=_("Excel（.xlsx）或 CSV 文件，不超过 5 MB。"),
        render_kw={"accept": ".xlsx,.csv"},
    )


class TicketForm(FlaskForm):  # type: ignore[misc]
    """What was previewed, to be carried out."""

    ticket = HiddenField(validators=[DataRequired()])


class VoidForm(FlaskForm):  # type: ignore[misc]
    """Why a session should be void."""

    reason = TextAreaField(_("作废的理由"), [NEEDED, Length(max=500)], render_kw={"rows": 3})


class KioskForm(FlaskForm):  # type: ignore[misc]
    """A tablet in a service hall."""

    name = StringField(
        _("放在哪里"), [NEEDED, Length(max=60)], description=_("例如“政务大厅 3 号窗口”。")
    )
    rater_class = SelectField(_("评议主体"), [NEEDED])
    scope = SelectField(_("评议范围"))
    release = RadioField(
        _("每个人怎样开始"),
        [NEEDED],
        choices=[
            SelectChoice("number", _("工作人员给一个一次性号码（推荐）")),
            SelectChoice("card", _("凭服务评议卡，扫码或输入卡上的验证码")),
            SelectChoice("free", _("按一下就开始，不限制")),
        ],
        default="number",
    )


class NumbersForm(FlaskForm):  # type: ignore[misc]
    """One-time numbers to print."""

    count = IntegerField(
        _("个数"),
        [GIVEN, NumberRange(1, 200, _("请填 1 到 200。"))],
        default=30,
        render_kw=DIGITS,
    )
