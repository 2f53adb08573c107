"""The operators' forms of rounds, links and cards."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from analysis.periods import parse
from survey_app.register.names import ratee_class_name
from survey_app.register.reading import Register
from survey_app.rounds.bindings import NOT_ASKED, choices
from survey_app.rounds.channels import CHANNELS, OFFERED
from survey_app.rounds.schemes import NUMBERED, Offered
from survey_app.rounds.service import KEEP_DAYS

NEEDED = DataRequired(_("请填写这一项。"))
UPLOADED = "upload"
KEPT = "keep"
MAX_COUNT = 5_000
MAX_DAYS = 3650


def _is_period(_form: FlaskForm, field: StringField) -> None:
    if parse(field.data or "") is None:
        raise ValidationError(gettext("请写作 2026、2026-H1、2026-Q3 或 2026-03。"))


class RoundForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A round while it is a draft; the fields of the bindings are added by `round_form`."""

    title = StringField(
        _("名称"),
        [NEEDED, Length(max=60)],
        description=_("印在海报和表格上，例如“2026年度群众评议”。"),
    )
    key = StringField(
        _("编号"),
        [
            NEEDED,
            Length(max=40),
            Regexp(r"[a-z0-9][a-z0-9_-]*\Z", message=_("只能用小写字母、数字、横线和下划线。")),
        ],
        description=_("用作文件夹和文件名，建立后不能改。小写字母、数字和横线，例如 2026-annual。"),
        render_kw={"autocomplete": "off"},
    )
    organiser = StringField(
        _("主办单位"), [NEEDED, Length(max=60)], description=_("例如“市绩效办”。")
    )
    phone = StringField(
        _("监督电话"), [NEEDED, Length(max=40)], description=_("印在问卷和海报上。")
    )
    period = StringField(
        _("评估期间"),
        [Optional(), _is_period],
        description=_(
            "2026、2026-H1（上半年）、2026-Q3（第三季度）或 2026-03。没有期间的可以空着。"
        ),
        render_kw={"autocomplete": "off"},
    )
    close_at = DateTimeLocalField(
        _("截止时间（北京时间）"),
        [Optional()],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        description=_("到时自动关闭。可以空着，由管理员手工关闭。"),
    )
    target_per_ratee = IntegerField(
        _("每个评议对象至少收回"),
        [InputRequired(_("请填写这一项。")), NumberRange(0, 1_000_000)],
        default=30,
        description=_("份数。不足的在进度页标出“回收不足”；填 0 表示不设目标。"),
        render_kw={"inputmode": "numeric"},
    )
    is_sealed = BooleanField(
        _("密封轮次：答卷一收到就加密，关闭以后由三位密钥保管人中的两位一起打开"),
        description=_(
            "凭个人验证码参加（代表、领导等）的轮次建议选上。开封以前没有任何中间结果；"
            "开放以前要请三位保管人到场办一次密钥仪式；丢失两份密钥，本轮的答卷就永远打不开。"
        ),
    )
    keep_days = IntegerField(
        _("核算以后，评议人的原始资料保存几天"),
        [Optional(), NumberRange(1, MAX_DAYS, _("请填 1 到 3650。"))],
        default=KEEP_DAYS,
        description=_("到期以后由两人办理销毁。开放以后不能再改。"),
        render_kw={"inputmode": "numeric"},
    )
    is_simulated = BooleanField(_("这是演示或培训用的模拟轮次，每一页都标明“模拟数据”"))
    scheme = RadioField(_("评估方案"), [NEEDED])
    scheme_file = FileField(
        _("自己的方案文件"),
        description=_("TOML 或 Excel 文件。只有选了“上传自己的方案”才需要。"),
        render_kw={"accept": ".toml,.xlsx"},
    )

    def pairs(self) -> dict[tuple[str, str], str]:
        """(rater class, ratee class) → the form chosen."""
        return {pair: self[name].data for pair, name in self.names.items()}

    names: dict[tuple[str, str], str] = {}  # noqa: RUF012  # set anew by round_form


def round_form(
    register: Register,
    chosen: Mapping[tuple[str, str], str],
    schemes: Mapping[str, Offered],
    kept_scheme: str | None = None,
) -> type[RoundForm]:
    """The form for this register; `chosen` is what to begin with, see `rounds.bindings`.

    `schemes` are those to choose from; `kept_scheme` is the title of one the round has that is
    not among them.
    """
    ratee_classes = list(dict.fromkeys(row.ratee_class for row in register.ratees))
    names: dict[tuple[str, str], str] = {}
    fields: dict[str, Any] = {}
    for rater_class in register.rater_classes:
        for ratee_class in ratee_classes:
            pair = (rater_class.key, ratee_class)
            names[pair] = f"form:{rater_class.key}:{ratee_class}"
            label = f"{rater_class.name} × {ratee_class_name(ratee_class)}"
            fields[names[pair]] = SelectField(
                label, choices=form_choices(), default=chosen.get(pair, NOT_ASKED)
            )
    fields["scheme"] = RadioField(
        _("评估方案"), [NEEDED], choices=scheme_choices(schemes, kept_scheme), default=KEPT
    )
    return type("BoundRoundForm", (RoundForm,), {**fields, "names": names})


def form_choices() -> list[SelectChoice]:
    """Every questionnaire of the library, long and short."""
    short = gettext("（简版）")
    return [
        SelectChoice(NOT_ASKED, gettext("不参与")),
        *(
            SelectChoice(value, title + (short if is_short else ""))
            for value, title, is_short in choices()
        ),
    ]


def scheme_choices(schemes: Mapping[str, Offered], kept: str | None) -> list[SelectChoice]:
    """The round's own scheme where it has one, the library's, and uploading another."""
    own = {KEPT: gettext("现在的方案：{title}").format(title=kept)} if kept else {}
    named = {value: scheme_title(one) for value, one in schemes.items()}
    found = {**own, **named, UPLOADED: gettext("上传自己的方案")}
    return [SelectChoice(*one) for one in found.items()]


def scheme_title(one: Offered) -> str:
    """A scheme as people choose it: an own one with its version and how far it is in use."""
    if not one.number:
        return one.title
    words = gettext(NUMBERED)
    return str(words.format(title=one.title, n=one.number, status=gettext(one.status)))


class PosterForm(FlaskForm):  # type: ignore[misc]
    """Open links to make: one for each ratee, or one for all."""

    rater_class = SelectField(_("评议主体"), [NEEDED])
    channel = SelectField(_("渠道"), [NEEDED])
    extent = RadioField(
        _("生成"),
        [NEEDED],
        choices=[
            SelectChoice("each", _("每个评议对象一张海报，扫码后直接评这一个")),
            SelectChoice("all", _("一张总海报，扫码后先选评议对象")),
        ],
        default="each",
    )


class RosterCardsForm(FlaskForm):  # type: ignore[misc]
    """Cards for everybody on a roster."""

    rater_class = SelectField(_("评议主体"), [NEEDED])
    channel = SelectField(_("渠道"), [NEEDED])


class CountedCardsForm(FlaskForm):  # type: ignore[misc]
    """Cards by number, for a service window or a meeting. `batches` tells a repeated post."""

    rater_class = SelectField(_("评议主体"), [NEEDED])
    channel = SelectField(_("渠道"), [NEEDED])
    scope = SelectField(_("评议范围"))
    count = IntegerField(
        _("张数"),
        [InputRequired(_("请填写这一项。")), NumberRange(1, MAX_COUNT, _("请填 1 到 5000。"))],
        default=20,
        render_kw={"inputmode": "numeric"},
    )
    stratum = StringField(_("批次说明"), [Length(max=40)], description=_("可空，例如“政务大厅”。"))
    valid_from = DateField(
        _("从哪天起能用"),
        [Optional()],
        description=_("可空。服务评议卡最好只在发卡当天或当周能用。"),
    )
    valid_until = DateField(_("到哪天为止（含当天）"), [Optional()], description=_("可空。"))
    place = SelectField(
        _("只能在哪台平板上用"),
        default="",
        description=_("可空。不选就是用自己的手机，在哪里都能用。"),
    )
    batches = HiddenField(default="")

    def validate_valid_until(self, field: DateField) -> None:
        """The last day is not before the first."""
        if field.data and self.valid_from.data and field.data < self.valid_from.data:
            raise ValidationError(gettext("不能早于“从哪天起能用”。"))


def channel_choices() -> list[SelectChoice]:
    """The channels by name."""
    return [SelectChoice(key, gettext(CHANNELS[key])) for key in OFFERED]


def class_choices(register: Register, keys: Sequence[str]) -> list[SelectChoice]:
    """These rater classes by name."""
    names = {row.key: row.name for row in register.rater_classes}
    return [SelectChoice(key, names.get(key, key)) for key in keys]
