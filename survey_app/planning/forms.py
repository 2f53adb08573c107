"""The operators' forms of planning: what precision is wanted, and what to draw."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FloatField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.form import BaseForm
from wtforms.validators import (
    AnyOf,
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    StopValidation,
)

from forms.definition import whole
from survey_app.planning.assumptions import Assumed
from survey_app.planning.drawing import MAX_SEED, Rule
from survey_app.planning.plan import Guess, Wanted
from survey_app.planning.service import DrawSpec
from survey_app.planning.words import ALLOCATION_NAMES, METHOD_WORDS

NEEDED = DataRequired(_("请填写这一项。"))
FIGURE = InputRequired(_("请填写这一项。"))
LINE = Length(max=100, message=_("最多 100 个字。"))
FILE_SOURCE = ""


class Figure(FloatField):  # type: ignore[misc]  # wtforms is untyped
    """A number; what was typed stays on the page when it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("请填数字，例如 2 或 1.5。")) from None

    def pre_validate(self, _form: BaseForm) -> None:
        if self.process_errors:
            raise StopValidation


POINTS = NumberRange(0.1, 50, message=_("请填 0.1 到 50 之间的数。"))
SD = NumberRange(0, 50, message=_("请填 0 到 50 之间的数。"))
PERCENT = NumberRange(1, 100, message=_("请填 1 到 100 之间的数。"))


class PlanForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """What the plan is for. It only looks, so it is sent by GET and has no token."""

    class Meta:
        csrf = False

    aim = RadioField(
        _("想要什么"),
        choices=[
            SelectChoice("precision", _("得分准到多少分（±）")),
            SelectChoice("gap", _("两个对象相差多少分就要分得清")),
        ],
        default="precision",
    )
    points = Figure(_("分数"), [FIGURE, POINTS], default=2)
    level = SelectField(
        _("置信水平"),
        choices=[SelectChoice(one, f"{one}%") for one in ("90", "95", "99")],
        default="95",
        description=_("误差范围多大把握是对的，通常取 95%。"),
    )
    power = SelectField(
        _("看出差距的把握"),
        choices=[SelectChoice(one, f"{one}%") for one in ("70", "80", "90", "95")],
        default="80",
        description=_("真有这么大的差距时，有多大把握看得出来，通常取 80%。"),
    )

    def wanted(self) -> Wanted:
        return Wanted(
            self.aim.data, self.points.data, int(self.level.data) / 100, int(self.power.data) / 100
        )

    def guesses(self, rater_classes: Mapping[str, str]) -> dict[str, Guess]:
        return {
            key: Guess(
                self[f"sd:{key}"].data, self[f"deff:{key}"].data, self[f"response:{key}"].data / 100
            )
            for key in rater_classes
        }


def plan_form(rater_classes: Mapping[str, str], assumed: Mapping[str, Assumed]) -> type[PlanForm]:
    """The form with three figures for every rater class, preset with what is assumed."""
    fields: dict[str, Any] = {}
    for key, name in rater_classes.items():
        one = assumed[key]
        ways = (
            ("sd", gettext("标准差（分）"), SD, one.sd),
            ("deff", gettext("设计效应"), POINTS, one.deff),
            ("response", gettext("预计应答率（%）"), PERCENT, round(one.response * 100, 1)),
        )
        for kind, label, limits, value in ways:
            fields[f"{kind}:{key}"] = Figure(
                f"{name}：{label}",
                [FIGURE, limits],
                default=value,
                render_kw={"aria-label": f"{name}：{label}", "class": "tiny"},
            )
    return type("PlanFormOfRound", (PlanForm,), fields)


class DrawForm(FlaskForm):  # type: ignore[misc]
    """A draw, before it is looked over."""

    purpose = StringField(_("抽来做什么"), [NEEDED, LINE], description=_("例如 市民测评样本户。"))
    source = SelectField(_("名单"))
    file = FileField(
        _("名单文件"),
        description=_("Excel 或 CSV，有“编号”一列，可以有“层”“规模”。只在抽样时读取，不保存。"),
        render_kw={"accept": ".xlsx,.csv"},
    )
    method = RadioField(
        _("方法"), choices=[SelectChoice(key, _(words)) for key, words in METHOD_WORDS.items()]
    )
    n = IntegerField(
        _("一共抽多少"),
        [FIGURE, NumberRange(1, 20_000, message=_("请填 1 到 20000 之间的整数。"))],
        render_kw={"inputmode": "numeric"},
    )
    allocation = SelectField(
        _("怎样分到各层"),
        choices=[SelectChoice(key, _(name)) for key, name in ALLOCATION_NAMES.items()],
        description=_("只用于分层。每层至少抽 1 人。"),
    )
    seed = StringField(
        _("种子"),
        [NEEDED, Length(max=MAX_SEED, message=_("最多 100 个字。"))],
        description=_(
            "抽样以前公布的一段文字，例如约定某天的开奖号码。名单和种子定了，抽中谁就定了。"
            "这里先给出一个随机的，可以改。"
        ),
        render_kw={"autocomplete": "off"},
    )
    announced = StringField(
        _("种子从哪里来，什么时候公布的"),
        [NEEDED, LINE],
        description=_("例如 11 月 20 日公告：以 11 月 22 日双色球号码为种子。"),
    )

    def spec(self) -> DrawSpec:
        method = self.method.data
        allocation = self.allocation.data if method == "stratified" else ""
        rule = Rule(method, self.n.data, tidy(self.seed.data), allocation)
        return DrawSpec(tidy(self.purpose.data), self.source.data, rule, tidy(self.announced.data))


def tidy(text: str | None) -> str:
    """One line without doubled blanks."""
    return " ".join((text or "").split())


def draw_form(rosters: Mapping[str, tuple[str, int]]) -> DrawForm:
    """The form with the rosters of the register to draw from."""
    form = DrawForm()
    form.source.choices = source_choices(rosters)
    return form


def source_choices(rosters: Mapping[str, tuple[str, int]]) -> list[SelectChoice]:
    """A file, or a roster with the number of people on it."""
    named = [
        SelectChoice(key, gettext("名册：{name}（{n} 人）").format(name=name, n=n))
        for key, (name, n) in rosters.items()
    ]
    return [SelectChoice(FILE_SOURCE, gettext("上传名单文件")), *named]


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """What was looked over, to be drawn. Every field but the box is as it was checked."""

    ticket = HiddenField(validators=[DataRequired()])
    purpose = HiddenField(validators=[DataRequired(), LINE])
    source = HiddenField(default="")
    method = HiddenField(validators=[AnyOf(list(METHOD_WORDS))])
    n = HiddenField(validators=[DataRequired()])
    allocation = HiddenField(validators=[AnyOf(["", *ALLOCATION_NAMES])])
    seed = HiddenField(validators=[DataRequired()])
    announced = HiddenField(validators=[DataRequired(), LINE])
    is_agreed = BooleanField(
        _("我确认：种子已经在抽样以前公布，抽样结果不论是谁都不再重抽"),
        [DataRequired(_("请先确认种子已经公布。"))],
    )

    def spec(self) -> DrawSpec:
        n = whole(self.n.data) or 0
        allocation = self.allocation.data or "proportional"
        if self.method.data != "stratified":
            allocation = ""
        rule = Rule(self.method.data, n, tidy(self.seed.data), allocation)
        return DrawSpec(
            tidy(self.purpose.data), self.source.data or "", rule, tidy(self.announced.data)
        )


class CheckForm(FlaskForm):  # type: ignore[misc]
    """The list of a draw, once more."""

    source = SelectField(_("名单"))
    file = FileField(
        _("名单文件"),
        description=_("抽样时的那份名单，或公布的名单文件。先后顺序不要紧。"),
        render_kw={"accept": ".xlsx,.csv"},
    )


def check_form(rosters: Mapping[str, tuple[str, int]], source: str) -> CheckForm:
    """The form, set to where the list came from then."""
    form = CheckForm(source=source if source in rosters else FILE_SOURCE)
    form.source.choices = source_choices(rosters)
    return form
