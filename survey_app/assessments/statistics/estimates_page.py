"""The page 得分和加权: how sure each score is, and the same round by other treatments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from markupsafe import Markup

from forms.problems import N_
from survey_app.assessments.statistics.blueprint import opened, page, statistics
from survey_app.assessments.statistics.opening import OpenedStatistics
from survey_app.core.services import services
from survey_app.rounds.channels import CHANNELS

if TYPE_CHECKING:
    from analysis.note import Note
    from analysis.round_statistics.alternatives import ClassAlternatives
    from analysis.round_statistics.estimates import ClassEstimates, Leaf
    from analysis.round_statistics.evidence_levels import LevelsApart
    from analysis.round_statistics.mixes import Weighting
    from analysis.round_statistics.satisfaction import Rate, ScaleRates
    from analysis.round_statistics.shrunken import SteadyScores
    from analysis.round_statistics.who_answered import Response
    from analysis.round_statistics.years import YearChanges

LEVEL_NAMES = {"code": N_("验证码"), "card": N_("评议卡"), "open": N_("公开入口")}
BY_NAMES = {"evidence": N_("凭据"), "channel": N_("渠道"), "stratum": N_("层")}
VERDICTS = {
    "clear": N_("超出偶然"),
    "unclear": N_("不足以断定"),
    "unknown": N_("无法判断"),
    "break": N_("不可比"),
}


@dataclass(frozen=True, slots=True)
class ClassPage:
    """The estimates of one class of ratees, with their chart."""

    name: str
    of: "ClassEstimates"
    chart: Markup
    has_census: bool


@dataclass(frozen=True, slots=True)
class RatesOfClass:
    """One class of ratees on one scale, the highest rate first."""

    name: str
    rates: "tuple[Rate, ...]"
    sentences: "tuple[Note, ...]"


@dataclass(frozen=True, slots=True)
class ScalePage:
    """One scale."""

    of: "ScaleRates"
    classes: tuple[RatesOfClass, ...]


@dataclass(frozen=True, slots=True)
class EstimatesPage:
    """Everything the page shows, in its order."""

    classes: tuple[ClassPage, ...]
    scales: tuple[ScalePage, ...]
    apart: "tuple[LevelsApart, ...]"
    alternatives: "tuple[ClassAlternatives, ...]"
    weighting: "Weighting"
    responses: "tuple[Response, ...]"
    response_notes: "tuple[Note, ...]"
    steady: "tuple[SteadyScores, ...]"
    years: "tuple[YearChanges, ...]"


@statistics.get("/estimates")
def estimates(round_id: int) -> str:
    """Errors and intervals, satisfaction, evidence, weights, small units, last year."""
    of = opened(round_id)
    run = of.run
    return page(
        "estimates",
        round_id,
        of,
        found=estimates_page(of),
        alternatives=of.assessment.alternatives,
        class_name=run.class_name,
        rater_name=rater_namer(of),
        part_name=part_name,
        by_names=BY_NAMES,
        verdicts=VERDICTS,
    )


def estimates_page(of: OpenedStatistics) -> EstimatesPage:
    """The whole page; every section is made by one file of `analysis.round_statistics`."""
    from analysis.round_statistics import estimates as made
    from analysis.round_statistics.alternatives import class_alternatives
    from analysis.round_statistics.evidence_levels import levels_apart
    from analysis.round_statistics.mixes import weighting
    from analysis.round_statistics.shrunken import steady_scores
    from analysis.round_statistics.who_answered import response_sentences, responses
    from analysis.round_statistics.years import year_changes
    from survey_app.assessments.statistics.earlier_years import earlier_scores

    assessment = of.assessment
    leaves = made.survey_leaves(assessment.scheme, of.sufficient)
    answered = responses(assessment, made.class_bounds(leaves))
    period, earlier = earlier_scores(services().database, of.run)
    return EstimatesPage(
        classes=tuple(
            _class_page(of, place, one)
            for place, one in enumerate(
                made.class_estimates(assessment, leaves, of.run.guarded.hidden)
            )
        ),
        scales=_scales(of, leaves),
        apart=(
            *levels_apart(assessment, leaves, "evidence"),
            *levels_apart(assessment, leaves, "channel"),
        ),
        alternatives=class_alternatives(assessment),
        weighting=weighting(assessment, leaves),
        responses=answered,
        response_notes=response_sentences(answered),
        steady=steady_scores(assessment, leaves),
        years=year_changes(assessment, period, earlier),
    )


def _class_page(of: OpenedStatistics, place: int, one: "ClassEstimates") -> ClassPage:
    from survey_app.assessments import charts
    from survey_app.assessments.pages import safe

    name = of.run.class_name(one.ratee_class)
    ordered = sorted(one.totals, key=lambda line: (-line.score, line.key))
    rows = [charts.Interval(line.name, line.score, line.lo, line.hi) for line in ordered]
    title = _("{name}：总分和 95% 区间").format(name=name)
    chart = charts.caterpillar(f"totals-{place}", title, rows)
    has_census = any(line.census_se is not None for line in one.totals)
    return ClassPage(name, one, safe(chart), has_census)


def _scales(of: OpenedStatistics, leaves: "tuple[Leaf, ...]") -> tuple[ScalePage, ...]:
    from analysis.dedupe import counting_statuses
    from analysis.round_statistics.estimates import classes_in_order
    from analysis.round_statistics.evidence_levels import class_deffs
    from analysis.round_statistics.satisfaction import rate_sentences, scale_rates

    forms = of.assessment.questionnaires.values()
    # The design effect of scores, the largest there is, stands in for that of shares.
    needed = leaves if any(form.overall is None for form in forms) else ()
    deffs = [deff for leaf in needed for deff in class_deffs(of.assessment, leaf).values()]
    statuses = counting_statuses(of.assessment.scheme.same_device)
    found = scale_rates(of.assessment, of.sufficient.cells, statuses, max(deffs, default=1.0))
    pages = []
    for one in found:
        classes = []
        for key in classes_in_order(of.assessment):
            rates = [rate for rate in one.rates if rate.ratee_class == key]
            rates.sort(key=lambda rate: (-rate.share, rate.key))
            if rates:
                classes.append(
                    RatesOfClass(of.run.class_name(key), tuple(rates), rate_sentences(rates))
                )
        pages.append(ScalePage(one, tuple(classes)))
    return tuple(pages)


def rater_namer(of: OpenedStatistics) -> Callable[[str], str]:
    """How rater classes are called; "all" is everybody."""
    from analysis.parts import EVERYBODY
    from analysis.survey_leaves import EVERYBODY_NAME

    scheme = of.assessment.scheme
    return lambda key: _(EVERYBODY_NAME) if key == EVERYBODY else str(scheme.rater_class_name(key))


def part_name(by: str, part: str) -> str:
    """How an evidence level, a channel or a stratum is called."""
    if not part:
        return str(_("（未注明）"))
    names = LEVEL_NAMES if by == "evidence" else CHANNELS if by == "channel" else {}
    return str(_(names[part])) if part in names else part
