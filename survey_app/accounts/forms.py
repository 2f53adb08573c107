"""The operators' forms of signing in and of managing accounts."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, DataRequired, EqualTo, Length, Regexp

NEEDED = DataRequired(_("请填写这一项。"))
PASSWORD_HELP = _(
    "至少 10 个字符，其中至少 5 种不同的；里面不能有登录名，"
    "也不能用连续的数字或常见的词开头。可以用一句容易记住的话。"
)
"""The figures are those of accounts.passwords; a lazy text takes none in."""
SAME = EqualTo("password", _("两次输入的密码不一样。"))
ROLE_CHOICES = [
    SelectChoice("admin", _("绩效办管理员：办理评估的全部事项，包括开放、关闭轮次")),
    SelectChoice("clerk", _("经办：可以导入名册、建立轮次、生成海报和评议卡")),
    SelectChoice("viewer", _("查看：只能看进度和结果")),
    SelectChoice("reporter", _("数据填报：填报本采集单位负责的指标")),
    SelectChoice("certifier", _("数据认定：认定填报的数据，认定后不能再改")),
    SelectChoice("unit", _("单位经办：办理本单位的平时考核，查看本单位的督办事项")),
    SelectChoice("leader", _("分管领导：评鉴分管单位的人员，提出等次建议")),
    SelectChoice("person", _("被考核人：填写个人小结，查看反馈")),
    SelectChoice("liaison", _("代表联络员：给所管的评议主体发卡、换卡，只看回收总数")),
    SelectChoice("system", _("系统管理员：看运行检查，不看轮次和结果")),
    SelectChoice("security", _("安全管理员：管理操作员、角色和登录，不办轮次")),
    SelectChoice("auditor", _("审计员：查看操作记录、公开日志和待批事项，什么都不能改")),
]
SCOPE_HELP = _(
    "数据填报写数据采集单位的名称；单位经办、分管领导写单位编号，分管几个单位时用逗号隔开；"
    "被考核人写本人编号；代表联络员写评议主体的代码；其余角色不填。"
)


class LoginForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Log-in name and password; `next` is the page that was asked for.

    `kept` is a form that was sent after the session ran out, see accounts.resuming.
    """

    login = StringField(
        _("登录名"), [NEEDED, Length(max=64)], render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        _("密码"), [NEEDED, Length(max=128)], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField(default="")
    kept = HiddenField(default="")


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    """One's own password, the old one first."""

    old = PasswordField(_("现在的密码"), [NEEDED], render_kw={"autocomplete": "current-password"})
    password = PasswordField(
        _("新密码"),
        [NEEDED],
        description=PASSWORD_HELP,
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _("再输入一次新密码"), [NEEDED, SAME], render_kw={"autocomplete": "new-password"}
    )


class NewOperatorForm(FlaskForm):  # type: ignore[misc]
    """A new account with its first password."""

    login = StringField(
        _("登录名"),
        [
            NEEDED,
            Length(max=64),
            Regexp(r"[A-Za-z0-9_.-]+\Z", message=_("只能用字母、数字、点、横线和下划线。")),
        ],
        description=_("只能用字母、数字、点、横线和下划线，例如 zhang.san。"),
        render_kw={"autocomplete": "off"},
    )
    name = StringField(
        _("显示的名称"),
        [NEEDED, Length(max=40)],
        description=_("例如“绩效办经办一”。"),
        render_kw={"autocomplete": "off"},
    )
    role = RadioField(_("角色"), [NEEDED], choices=ROLE_CHOICES, default="viewer")
    scope = StringField(_("管辖范围"), [Length(max=100)], description=SCOPE_HELP)
    password = PasswordField(
        _("初始密码"),
        [NEEDED],
        description=PASSWORD_HELP,
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _("再输入一次初始密码"), [NEEDED, SAME], render_kw={"autocomplete": "new-password"}
    )


class OperatorForm(FlaskForm):  # type: ignore[misc]
    """What an administrator may change of an account."""

    role = RadioField(_("角色"), [NEEDED], choices=ROLE_CHOICES)
    scope = StringField(_("管辖范围"), [Length(max=100)], description=SCOPE_HELP)
    is_active = BooleanField(_("可以登录"))
    reason = TextAreaField(
        _("理由"),
        [Length(max=500)],
        description=_(
            "降低或停用管理员、安全管理员时必填，并由另一位操作员批准；其他情况可以不写。"
        ),
        render_kw={"rows": 2},
    )


class ResetPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password given by an administrator."""

    password = PasswordField(
        _("新密码"),
        [NEEDED],
        description=PASSWORD_HELP,
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _("再输入一次新密码"), [NEEDED, SAME], render_kw={"autocomplete": "new-password"}
    )


class DecideForm(FlaskForm):  # type: ignore[misc]
    """A decision on what another operator asked for; `verdict` is the button that was pressed."""

    note = TextAreaField(
        _("意见"),
        [Length(max=500)],
        description=_("批准时可以不写；不批准时请写明理由。"),
        render_kw={"rows": 2},
    )
    verdict = HiddenField(validators=[AnyOf(("approve", "decline"))])


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why something is asked for that another operator has to approve."""

    reason = TextAreaField(
        _("理由"),
        [NEEDED, Length(max=500)],
        description=_("写明为什么要这样做。批准人会看到，也会写入操作记录。"),
        render_kw={"rows": 3},
    )


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The six digits of the app."""

    code = StringField(
        _("动态码"),
        [NEEDED, Length(max=40)],
        description=_("手机应用上的六位数字，每 30 秒换一次，每个只能用一次。"),
        render_kw={"autocomplete": "one-time-code", "class": "code"},
    )


class EnrolForm(CodeForm):
    """A first code, for the secret that the page showed."""

    sealed = HiddenField(default="")


class SecondStepForm(CodeForm):
    """The same when signing in; a recovery code will do as well."""

    half = HiddenField(default="")
    next = HiddenField(default="")
    kept = HiddenField(default="")
