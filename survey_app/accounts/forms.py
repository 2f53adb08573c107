"""The operators' forms of signing in and of managing accounts."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length, Regexp

from survey_app.accounts.passwords import MIN_LENGTH

NEEDED = DataRequired(_("请填写这一项。"))
PASSWORD_HELP = _("至少 {n} 个字符，不要用登录名或连续的数字。").format(n=MIN_LENGTH)
SAME = EqualTo("password", _("两次输入的密码不一样。"))
ROLE_CHOICES = [
    SelectChoice("admin", _("管理员：可以做所有的事，包括开放、关闭轮次和管理操作员")),
    SelectChoice("clerk", _("经办：可以导入名册、建立轮次、生成海报和评议卡")),
    SelectChoice("viewer", _("查看：只能看进度和结果")),
]


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
    next = HiddenField()
    kept = HiddenField()


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
    is_active = BooleanField(_("可以登录"))


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
