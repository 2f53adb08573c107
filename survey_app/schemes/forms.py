"""The operators' forms of the library of schemes."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import HiddenInput

NEEDED = DataRequired(_("请填写这一项。"))
MAX_NOTE = 200


class UploadForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A scheme file, and what is new about it."""

    file = FileField(
        _("方案文件"),
        [FileRequired(_("请选择一个文件。"))],
        description=_("TOML 或 Excel（.xlsx）文件。"),
        render_kw={"accept": ".toml,.xlsx"},
    )
    note = StringField(
        _("说明"),
        [NEEDED, Length(max=MAX_NOTE)],
        description=_("改了什么，为什么，例如“公众评议提高到 35，依据××文件”。"),
    )
    base = HiddenField(default="")


class EditForm(FlaskForm):  # type: ignore[misc]
    """What goes with the numbers of the editor; those are fields of its blocks."""

    note = TextAreaField(
        _("说明"),
        [NEEDED, Length(max=MAX_NOTE)],
        description=_("改了什么，为什么。和修改一起存为新的一版。"),
        render_kw={"rows": 2},
    )
    base = IntegerField(validators=[InputRequired()], widget=HiddenInput())


class CopyForm(FlaskForm):  # type: ignore[misc]
    """A scheme of one's own, made from another."""

    key = StringField(
        _("新方案的编号"),
        [NEEDED, Length(max=64)],
        description=_("字母、数字、汉字和横线，例如“本市-2026”。以后不能改。"),
    )
    title = StringField(_("新方案的标题"), [NEEDED, Length(max=60)])


class StatusForm(FlaskForm):  # type: ignore[misc]
    """How far a version is in use."""

    status = SelectField(
        _("使用范围"),
        [NEEDED],
        choices=[
            SelectChoice("draft", _("草稿：只能看和改，轮次不能选用")),
            SelectChoice("pilot", _("试点：只用于方案写明的评议对象")),
            SelectChoice("full", _("全面：用于全部评议对象")),
            SelectChoice("retired", _("停用：轮次不能再选用")),
        ],
    )
