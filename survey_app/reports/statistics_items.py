"""Which items hold together and which to reword, as a section of 统计说明."""

from collections.abc import Iterator
from math import atanh, sqrt, tanh

from analysis.estimation import Z
from analysis.round_statistics.questionnaires import (
    ItemLine,
    QuestionnaireReport,
    questionnaire_reports,
)
from analysis.round_statistics.tables import Sufficient
from survey_app.assessments.wording import form_title
from survey_app.reports.context import Tables
from survey_app.reports.sheets import Section
from survey_app.reports.statistics_rows import Row, row, section, span, texts

MEAN = (
    "一致性（α）回答的是：各题是不是在说同一件事，1 是完全一致；它不说明问得全不全、对不对。"
    "每道题的数值是它与其余题目之和的相关：低，说明它问的可能是另一件事。n 是有效回答数。",
    "下面的理由只提示哪道题值得再推敲，不改变任何得分。",
)
ALPHA, REST = "一致性（α）", "与其余题的相关"
SHARED = "一人评几个对象，答案不独立，不给区间"
LEAST = 4


def item_section(tables: Tables, sufficient: Sufficient) -> Iterator[Section]:
    """Every questionnaire with its items; what cannot be judged says why."""
    shared = {one.form.questionnaire.key: one.form.has_shared_ballots for one in sufficient.cells}
    reports = questionnaire_reports(tables.whole, sufficient)
    notes = dict.fromkeys(note for one in reports for note in texts(one.notes))
    rows = [
        made for one in reports for made in _rows(tables, one, is_shared=shared[one.questionnaire])
    ]
    if rows:
        yield section("题目", (*MEAN, *notes), rows)


def _rows(tables: Tables, report: QuestionnaireReport, *, is_shared: bool) -> Iterator[Row]:
    title = form_title(tables.assessment.questionnaires[report.questionnaire])
    if not report.lines:
        yield row(title, ALPHA, "—", report.n, None, *texts(report.why_not))
    for one in report.scales:
        if not one.rater_class and one.alpha.estimate is not None:
            bounds = span(one.alpha.lo, one.alpha.hi)
            says = [*texts(one.alpha.notes), *texts(report.sentences)]
            if one.omega is not None and one.omega.estimate is not None:
                says.insert(0, f"按一个因子算是 {one.omega.estimate:.2f}（ω）")
            if is_shared:
                says.append(SHARED)
            yield row(title, ALPHA, f"{one.alpha.estimate:.2f}", one.n, bounds, *says)
    reasons = {one.item: texts(one.reasons) for one in report.reworded}
    for place, line in enumerate(report.lines):
        yield _item(line, reasons.get(place, ()), is_shared=is_shared)


def _item(line: ItemLine, reasons: tuple[str, ...], *, is_shared: bool) -> Row:
    r, n = line.figures.item_rest, line.figures.n
    says = list(reasons) or ["没有要改的理由"]
    if r is None:
        says.append("有效回答太少或答案全部相同，算不出相关")
        return row(line.text, REST, "—", n, None, *says)
    bounds = None
    if is_shared:
        says.append(SHARED)
    elif n >= LEAST and abs(r) < 1:
        bounds = _fisher(r, n)
    else:
        says.append("有效回答太少，不给区间")
    return row(line.text, REST, f"{r:.2f}", n, bounds, *says)


def _fisher(r: float, n: int) -> tuple[str, str] | None:
    """The 95 % interval of a correlation, tanh(atanh r ± 1.96/√(n - 3)) (Fisher 1921, Metron 1)."""
    reach = Z / sqrt(n - 3)
    return span(tanh(atanh(r) - reach), tanh(atanh(r) + reach))
