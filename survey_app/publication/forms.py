"""The forms of the page 发布."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

MOST = 1000
NEEDED = InputRequired(_("请填写这一项。"))
REASON = [NEEDED, Length(max=500, message=_("最多 500 个字。"))]


class PublishForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """How much of the results everybody sees."""

    style = RadioField(
        _("公布多少"),
        [InputRequired(_("请选择一项。"))],
        choices=[
            SelectChoice("grades", _("只公布等次")),
            SelectChoice("scores", _("公布得分、名次和等次")),
            SelectChoice("intervals", _("公布得分、置信区间、名次范围和等次（建议）")),
        ],
        default="intervals",
    )
    files = BooleanField(
        _("同时公布工作簿和 CSV 表格，任何人都可以下载"),
        description=_(
            "里面有各主体、各维度的得分、加减分和一票否决台账、统计说明，人数太少的组已经隐去。"
            "请先在核算结果页下载看一遍。"
        ),
    )


class WithdrawForm(FlaskForm):  # type: ignore[misc]
    """Why a published page is taken down."""

    reason = TextAreaField(_("撤下的理由"), REASON, id="withdraw-reason", render_kw={"rows": 2})


class TightenForm(FlaskForm):  # type: ignore[misc]
    """How many ballots a group must have."""

    scores = IntegerField(
        _("显示得分的最低份数"),
        [NEEDED, NumberRange(min=5, max=MOST, message=_("请填 5 到 1000 的整数。"))],
    )
    comments = IntegerField(
        _("显示意见的最低份数"),
        [NEEDED, NumberRange(min=10, max=MOST, message=_("请填 10 到 1000 的整数。"))],
    )
    reason = TextAreaField(_("改严的理由"), REASON, id="tighten-reason", render_kw={"rows": 2})


class DetailForm(FlaskForm):  # type: ignore[misc]
    """Why somebody needs the answers row by row."""

    reason = TextAreaField(_("为什么要导出明细"), REASON, id="detail-reason", render_kw={"rows": 2})
