"""The operators' forms of supervision: a record of each kind, acts, and imports."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from survey_app.supervision.checking import RecordSpec
from survey_app.supervision.kinds import FACT_NAMES, FACTS, SANCTION_NAMES, STEP_NAMES

NEEDED = DataRequired(_("请填写这一项。"))
CHOSEN = DataRequired(_("请至少选一个。"))
LONG = Length(max=5000, message=_("最多 5000 个字。"))
LINE = Length(max=200, message=_("最多 200 个字。"))
LADDER = ("step", "previous_id", "skip_reason")
"""What a correction leaves as it is."""
MONTHS = _("写成 2026、2026-H1、2026-Q3 或 2026-03；空着按下发日期的年份。")


class RecordForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Everything any kind of record may say; `record_form` leaves what one kind has."""

    title = StringField(_("事项"), [NEEDED, LINE])
    ratees = SelectMultipleField(
        _("单位"),
        [CHOSEN],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    ratee = SelectField(_("单位"), [NEEDED])
    content = TextAreaField(_("内容"), [LONG])
    issued_on = DateField(_("下发日期"), [DataRequired(_("请填写日期，例如 2026-03-01。"))])
    due_on = DateField(_("期限"), [Optional()])
    step = RadioField(_("督办步骤"), [NEEDED])
    previous_id = SelectField(
        _("上一步"), description=_("诫勉谈话和组织处理要接在同一单位逾期的上一步之后。")
    )
    skip_reason = TextAreaField(
        _("跳级的理由"), [LONG], description=_("按顺序办理时空着；没有上一步或上一步未逾期时必填。")
    )
    place = StringField(
        _("公示在哪里"), [LINE], description=_("例如 简报第 3 期、晚报、电视台、政府网站专栏。")
    )
    result = TextAreaField(_("结果"), [LONG])
    exempts = TextAreaField(_("免予什么"), [LONG], description=_("免予哪一项扣分或追究。"))
    approved_by = StringField(_("批准人或批准机关"), [LINE])
    indicator = StringField(_("受影响的指标"), [LINE], description=_("指标编号和名称。"))
    sanction = RadioField(_("处理结果"), [NEEDED])
    round_id = SelectField(_("受影响的轮次"))
    period = StringField(_("计入"), [LINE], description=MONTHS)
    document = StringField(_("文号"), [LINE], description=_("没有可空。"))
    evidence = TextAreaField(_("依据"), [LONG], description=_("文件、照片编号、来信等，写明出处。"))
    link = StringField(_("链接"), [LINE], description=_("以 https:// 开头，没有可空。"))
    reason = TextAreaField(_("更正的理由"), [NEEDED, LONG])
    is_simulated = BooleanField(_("这是演示或培训用的模拟记录"))

    def spec(self, kind: str) -> RecordSpec:
        """What was filled in, as the service takes it."""
        facts: dict[str, Any] = {
            name: self[name].data or RecordSpec.__dataclass_fields__[name].default
            for name in FACTS[kind].all
            if name in self
        }
        for name in {"previous_id", "round_id"} & set(facts):
            facts[name] = int(facts[name]) if facts[name] else None
        return RecordSpec(
            kind=kind,
            title=self.title.data,
            ratees=(self.ratee.data,) if "ratee" in self else tuple(self.ratees.data or ()),
            issued_on=self.issued_on.data,
            content=self.content.data or "",
            document=self.document.data or "",
            period=self.period.data or "",
            evidence=self.evidence.data or "",
            link=self.link.data or "",
            is_simulated=self.is_simulated.data,
            **facts,
        )


def record_form(
    kind: str,
    units: Mapping[str, str],
    ladders: Mapping[int, str],
    rounds: Mapping[int, str],
    *,
    is_correction: bool = False,
    **values: object,
) -> RecordForm:
    """The form of one kind, filled from the request or from `values`."""
    form = RecordForm(**values)
    facts = FACTS[kind]
    del form[("ratees" if facts.is_for_one else "ratee")]
    for name in FACT_NAMES:
        if name not in facts.all:
            del form[name]
    for name in LADDER if is_correction else ("reason",):
        if name in form:
            del form[name]
    for name in facts.needed:
        if name not in form:
            continue
        field = form[name]
        field.flags.required = True
        field.validators = [NEEDED, *(one for one in field.validators if one is not NEEDED)]
        field.validators = [one for one in field.validators if not isinstance(one, Optional)]
    _fill_choices(form, units, ladders, rounds)
    return form


def _fill_choices(
    form: RecordForm,
    units: Mapping[str, str],
    ladders: Mapping[int, str],
    rounds: Mapping[int, str],
) -> None:
    named = [SelectChoice(key, name) for key, name in units.items()]
    blank = SelectChoice("", gettext("请选择"))
    choices = {
        "ratees": named,
        "ratee": [blank, *named],
        "step": [SelectChoice(key, gettext(name)) for key, name in STEP_NAMES.items()],
        "sanction": [SelectChoice(key, gettext(name)) for key, name in SANCTION_NAMES.items()],
        "previous_id": [
            SelectChoice("", gettext("没有上一步")),
            *(SelectChoice(str(key), name) for key, name in ladders.items()),
        ],
        "round_id": [
            SelectChoice("", gettext("不涉及轮次")),
            *(SelectChoice(str(key), name) for key, name in rounds.items()),
        ],
    }
    for name, its in choices.items():
        if name in form:
            form[name].choices = its


class ActForm(FlaskForm):  # type: ignore[misc]
    """One act about one unit of a record; the button says which."""

    ratee = HiddenField(default="")
    words = TextAreaField(_("内容"), [LONG])


class ReopenedForm(FlaskForm):  # type: ignore[misc]
    """How the affected scores were settled anew."""

    words = TextAreaField(_("怎样重新核定的"), [NEEDED, LONG])


class UploadForm(FlaskForm):  # type: ignore[misc]
    """A file to import."""

    file = FileField(
        _("文件"),
        [FileRequired(_("请选择一个文件。"))],
        description=_("Excel（.xlsx）或 CSV 文件，不超过 5 MB。"),
        render_kw={"accept": ".xlsx,.csv"},
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """What was previewed, to be carried out."""

    ticket = HiddenField(validators=[DataRequired()])
