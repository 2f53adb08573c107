"""The operators' forms of importing inputs and of entering adjustments and vetoes."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from survey_app.indicators.basis import Basis

KINDS = [
    SelectChoice("", _("按工作表名称识别")),
    SelectChoice("indicators", _("指标完成情况")),
    SelectChoice("adjustments", _("加减分")),
    SelectChoice("vetoes", _("一票否决")),
    SelectChoice("history", _("历年等次")),
    SelectChoice("figures", _("依据数据")),
]
SIDES = [SelectChoice("bonus", _("加分")), SelectChoice("deduction", _("减分"))]
EVIDENCE_TYPES = ".pdf,.jpg,.jpeg,.png,.docx,.xlsx"


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
    kind = HiddenField(default="")


class _TextDate(DateField):  # type: ignore[misc]
    """A date as the text that was sent: the rules of the import read it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0] if valuelist else ""

    def _value(self) -> str:
        return self.data or ""


class AdjustmentForm(FlaskForm):  # type: ignore[misc]
    """One entry of the ledger; what it must satisfy is said by the rules of the import."""

    ratee = SelectField(_("单位"), validate_choice=False)
    kind = RadioField(_("加减"), choices=SIDES, default="bonus", validate_choice=False)
    points = StringField(_("申报分"), render_kw={"inputmode": "decimal"})
    matter = TextAreaField(_("事项"), render_kw={"rows": 2, "maxlength": 1000})
    source = SelectField(_("来源"), validate_choice=False)
    evidence = StringField(
        _("依据"), description=_("文件号、证书或报道的链接；也可以在下面附上文件。")
    )
    multiplier = StringField(
        _("倍数"),
        default="1",
        description=_("方案允许成倍加减的来源才填，否则是 1。"),
        render_kw={"inputmode": "decimal"},
    )
    on = _TextDate(_("日期"))
    file = FileField(
        _("附件"),
        description=_("PDF、JPG、PNG、DOCX 或 XLSX，不超过 5 MB。"),
        render_kw={"accept": EVIDENCE_TYPES},
    )

    def offer(self, basis: Basis) -> None:
        """The ratees and sources there are to choose from."""
        self.ratee.choices = [SelectChoice(row.key, row.name) for row in basis.ratees]
        sources = basis.scheme.adjustments.sources if basis.scheme else ()
        free = ["表彰", "群众好评", "群众反映", "媒体曝光", "创新", "督查"]
        names = [str(one.name) for one in sources] or [gettext(one) for one in free]
        self.source.choices = [SelectChoice(name, name) for name in names]


class VetoForm(FlaskForm):  # type: ignore[misc]
    """One entry of the ledger of vetoes."""

    ratee = SelectField(_("单位"), validate_choice=False)
    veto = SelectField(_("否决事项"), validate_choice=False)
    department = StringField(_("认定部门"))
    document = StringField(_("文号"))
    handling = StringField(_("处理方式"))
    on = _TextDate(_("日期"))
    file = FileField(
        _("附件"),
        description=_("PDF、JPG、PNG、DOCX 或 XLSX，不超过 5 MB。"),
        render_kw={"accept": EVIDENCE_TYPES},
    )

    def offer(self, basis: Basis) -> None:
        """The ratees and vetoes there are to choose from."""
        self.ratee.choices = [SelectChoice(row.key, row.name) for row in basis.ratees]
        vetoes = basis.scheme.vetoes if basis.scheme else ()
        self.veto.choices = [SelectChoice(str(one.name), str(one.name)) for one in vetoes]
