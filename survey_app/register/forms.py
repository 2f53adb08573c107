"""The operators' forms of importing the register."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

MODES = [
    SelectChoice("update", _("更新：新的加上，编号相同的改成文件里的样子，文件里没有的保持不变")),
    SelectChoice(
        "replace", _("替换：文件里出现的每一张表，整张换成文件里的内容，文件里没有的会被删除")
    ),
]
KINDS = [
    SelectChoice("", _("按工作表名称识别")),
    SelectChoice("ratees", _("评议对象")),
    SelectChoice("rater_classes", _("评议主体")),
    SelectChoice("roster", _("名册")),
]


class ImportForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A file, what to do with it, and what it holds where its name does not say."""

    file = FileField(
        _("文件"),
        [FileRequired(_("请选择一个文件。"))],
        description=_("Excel（.xlsx）或 CSV 文件，不超过 5 MB。"),
        render_kw={"accept": ".xlsx,.csv"},
    )
    mode = RadioField(_("怎样导入"), choices=MODES, default="update")
    kind = RadioField(_("只有一张表时，它是"), choices=KINDS, default="")


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """What was previewed, to be carried out."""

    ticket = HiddenField(validators=[DataRequired()])
    mode = HiddenField(validators=[DataRequired()])
    kind = HiddenField(default="")
