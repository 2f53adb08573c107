"""The operators' forms of importing indicators, adjustments, vetoes and earlier grades."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

KINDS = [
    SelectChoice("", _("按工作表名称识别")),
    SelectChoice("indicators", _("指标完成情况")),
    SelectChoice("adjustments", _("加减分")),
    SelectChoice("vetoes", _("一票否决")),
    SelectChoice("history", _("历年等次")),
    SelectChoice("figures", _("依据数据")),
]


class ImportForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A file, and what it holds where its name does not say."""

    file = FileField(
        _("文件"),
        [FileRequired(_("请选择一个文件。"))],
        description=_("Excel（.xlsx）或 CSV 文件，不超过 5 MB。"),
        render_kw={"accept": ".xlsx,.csv"},
    )
    kind = RadioField(_("只有一张表时，它是"), choices=KINDS, default="")


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """What was previewed, to be carried out."""

    ticket = HiddenField(validators=[DataRequired()])
    kind = HiddenField()
