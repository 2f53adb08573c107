"""The operators' form of a new period, and what was typed into sheets, marks and decisions."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Regexp

from forms.problems import plain
from survey_app.appraisals.sheets import MOST_ITEMS, MOST_TEXT, Item, Sheet, read_number
from survey_app.supervision.forms import ConfirmForm, UploadForm

__all__ = [
    "ConfirmForm",
    "PeriodForm",
    "UploadForm",
    "as_typed",
    "typed_items",
    "typed_marks",
    "typed_rows",
]

NEEDED = DataRequired(_("请填写这一项。"))
COLUMNS = ("aspect", "attribute", "text", "standard", "points")
_ROW = re.compile(r"points_(\d{1,3})")


class PeriodForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A new period of appraisals."""

    period = StringField(
        _("时期"),
        [
            NEEDED,
            Regexp(
                r"\d{4}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?\Z",
                message=_("请写成 2021-Q1、2021-H1、2021-03 或 2021。"),
            ),
        ],
        description=_("季度写成 2021-Q1。"),
    )
    title = StringField(
        _("名称"), [Length(max=100)], description=_("空着按时期命名，例如 2021年第一季度。")
    )
    organiser = StringField(
        _("主管部门"), [NEEDED, Length(max=100)], description=_("例如 县公务员办。")
    )
    scheme = SelectField(
        _("方案"), [NEEDED], description=_("等次、名额和分值规则都按方案，建立以后不再改变。")
    )
    annual = SelectField(
        _("年度方案"), description=_("按四个季度的等次判断年度评优资格的方案；没有可以不选。")
    )
    due_on = DateField(_("备案期限"), [DataRequired(_("请填写日期，例如 2021-04-10。"))])
    objection_days = IntegerField(
        _("异议期（天）"),
        [InputRequired(_("请填写天数。")), NumberRange(1, 60, message=_("请填 1 到 60。"))],
        default=5,
        description=_("决定等次后几天内可以提出异议，也是答复的期限。"),
    )
    is_copied = BooleanField(_("沿用上一期的名册"), default=True)
    is_simulated = BooleanField(_("这是演示或培训用的模拟数据"))


def typed_rows(given: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of a sheet as they were typed, without the blank ones."""
    numbers = sorted(int(found[1]) for found in map(_ROW.fullmatch, given) if found)
    rows = [
        {name: given.get(f"{name}_{number}", "").strip()[:MOST_TEXT] for name in COLUMNS}
        for number in numbers[:MOST_ITEMS]
    ]
    return [row for row in rows if row["text"] or row["points"] or row["standard"]]


def typed_items(rows: Sequence[Mapping[str, str]]) -> Sheet:
    """The items of typed rows; points that are no number count as nought, which is refused."""
    return tuple(
        Item(
            row["aspect"],
            row["attribute"],
            row["text"],
            row["standard"],
            read_number(row["points"]) or Decimal(0),
        )
        for row in rows
    )


def typed_marks(given: Mapping[str, str], n: int) -> tuple[Decimal | None, ...]:
    """The marks typed for n items; None where one is no number."""
    return tuple(read_number(given.get(f"mark_{number}", "")) for number in range(1, n + 1))


def as_typed(items: Sheet) -> list[dict[str, str]]:
    """The rows of a sheet as they would be typed."""
    return [
        {
            "aspect": one.aspect,
            "attribute": one.attribute,
            "text": one.text,
            "standard": one.standard,
            "points": plain(one.points),
        }
        for one in items
    ]
