"""How reliable the raters' means are and how far severity differs, as a section of 统计说明."""

from collections.abc import Iterator

from analysis.round_statistics.raters import RaterReport, rater_reports
from analysis.round_statistics.tables import Sufficient
from analysis.statistics.estimate import Estimate
from survey_app.assessments.wording import form_title
from survey_app.reports.context import Tables
from survey_app.reports.sheets import Section
from survey_app.reports.statistics_rows import Row, row, section, span, texts

MEAN = (
    "可靠性回答的是：换一批同样的人来评，各对象的平均分还会有多像，1 是一模一样。"
    "它不说明评得对不对：大家一起看走眼，可靠性一样高。n 是份次。",
    "宽严的标准差回答的是：评分人之间手松手紧差多少分。它只是一个总的数，不指向任何一个人，"
    "也不改变记录的得分。n 是评分人数；每人只评一个对象的，宽严和偶然分不开，没有这一行。",
)
UNSURE = 10
"""With fewer ratees than this the interval of a reliability says nothing."""


def rater_section(tables: Tables, sufficient: Sufficient, seed: int) -> Iterator[Section]:
    """Two rows at most for every rater class of every questionnaire."""
    rows = [
        one
        for report in rater_reports(tables.whole, sufficient, seed)
        for one in _rows(tables, report)
    ]
    if rows:
        yield section("评分人", MEAN, rows)


def _rows(tables: Tables, report: RaterReport) -> Iterator[Row]:
    form = form_title(tables.assessment.questionnaires[report.questionnaire])
    name = f"{tables.scheme.rater_class_name(report.rater_class)}（{form}）"
    icc = report.agreement.icc if report.agreement else None
    if icc is not None and icc.icc2.estimate is not None:
        says = list(texts(report.reliability.sentences)) if report.reliability else []
        bounds = None
        if report.ratees < UNSURE:
            says.append("对象太少，不给区间")
        else:
            bounds = _bounds(icc.icc2)
        value = f"{icc.icc2.estimate:.2f}"
        yield row(name, "平均分的可靠性", value, report.ballots, bounds, *says)
    severity = report.severity
    if severity is not None:
        sd = severity.rater_sd
        value = "—" if sd is None or sd.estimate is None else f"{sd.estimate:.2f}"
        bounds = None if sd is None else _bounds(sd)
        says = list(texts(severity.sentences))
        yield row(name, "宽严的标准差", value, report.raters, bounds, *says)


def _bounds(one: Estimate) -> tuple[str, str] | None:
    return span(one.lo, one.hi)
