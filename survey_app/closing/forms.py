"""The operators' forms of ending a round and replacing a card."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, StringField
from wtforms.validators import DataRequired, Length, Optional

from survey_app.accounts.forms import ReasonForm

NEEDED = DataRequired(_("请填写这一项。"))


class CloseForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """The round's key, typed: nobody closes a round by a slip of the hand."""

    typed_key = StringField(
        _("请输入本轮的编号"), [NEEDED, Length(max=60)], render_kw={"autocomplete": "off"}
    )


PAPER = {"autocomplete": "off", "class": "code", "spellcheck": "false"}
SHARE_HELP = _("照着纸上的字输入，空格、大小写不论。")


class HoldersForm(FlaskForm):  # type: ignore[misc]
    """Who will hold the three shares."""

    first = StringField(_("第 1 份由谁保管"), [NEEDED, Length(max=40)])
    second = StringField(_("第 2 份由谁保管"), [NEEDED, Length(max=40)])
    third = StringField(_("第 3 份由谁保管"), [NEEDED, Length(max=40)])

    @property
    def names(self) -> list[str]:
        return [self.first.data or "", self.second.data or "", self.third.data or ""]


class ShareForm(FlaskForm):  # type: ignore[misc]
    """One share, typed from paper."""

    share = StringField(
        _("纸上的份额"), [NEEDED, Length(max=80)], description=SHARE_HELP, render_kw=PAPER
    )


class TwoSharesForm(FlaskForm):  # type: ignore[misc]
    """Two shares, typed from paper by their holders."""

    first = StringField(
        _("第一份"), [NEEDED, Length(max=80)], description=SHARE_HELP, render_kw=PAPER
    )
    second = StringField(
        _("第二份"), [NEEDED, Length(max=80)], description=SHARE_HELP, render_kw=PAPER
    )

    @property
    def shares(self) -> list[str]:
        return [self.first.data or "", self.second.data or ""]


class ReissueForm(FlaskForm):  # type: ignore[misc]
    """The code of the card to be replaced."""

    code = StringField(
        _("旧卡的验证码"),
        [NEEDED, Length(max=40)],
        description=_("13 位，字母不分大小写，横线可以不填。"),
        render_kw={"autocomplete": "off", "class": "code"},
    )


class TimedReasonForm(ReasonForm):
    """A reason and a new closing time."""

    close_at = DateTimeLocalField(
        _("新的截止时间"),
        [Optional()],
        format="%Y-%m-%dT%H:%M",
        description=_("北京时间。到时自动关闭。重新开放时可以不填，由管理员手动关闭。"),
    )
