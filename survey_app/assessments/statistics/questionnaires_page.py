"""The page 问卷: weak questions, how the items hang together, and what to reword."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from survey_app.assessments.statistics.blueprint import opened, page, statistics
from survey_app.assessments.statistics.opening import OpenedStatistics
from survey_app.assessments.wording import form_title

if TYPE_CHECKING:
    from analysis.note import Note
    from analysis.round_statistics.item_differences import Differences
    from analysis.round_statistics.questionnaires import QuestionnaireReport
    from analysis.statistics.estimate import Estimate
    from analysis.statistics.items.mean_scores import MeanScores

CLEAR = 0.01


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One question as the table shows it, in words."""

    key: str
    text: str
    n: int
    mean: str
    top: str
    bottom: str
    unknown: str
    rest: str
    dropped: str
    same: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """Alpha (and omega) of one rater class, or of all."""

    name: str
    n: int
    alpha: str
    omega: str


@dataclass(frozen=True, slots=True)
class GapRow:
    """How far groups differ on one question, and who is highest and lowest."""

    key: str
    text: str
    gap: str
    who: str
    q: str
    n: int
    is_clear: bool
    own: str
    is_own_clear: bool


@dataclass(frozen=True, slots=True)
class RewordingRow:
    """A question to reword with the reasons."""

    key: str
    text: str
    reasons: "tuple[Note, ...]"


@dataclass(frozen=True, slots=True)
class QuestionnairePage:
    """One questionnaire."""

    anchor: str
    name: str
    report: "QuestionnaireReport"
    items: tuple[ItemRow, ...]
    scales: tuple[ScaleRow, ...]
    classes: tuple[GapRow, ...]
    channels: tuple[GapRow, ...]
    is_confounded: bool
    """There are several channels, but never two within one class and ratee."""
    straight: tuple[tuple[str, int, str], ...]
    rewording: tuple[RewordingRow, ...]


@statistics.get("/questionnaires")
def questionnaires(round_id: int) -> str:
    """Figures of every question, reliability, differences, and the list of what to reword."""
    of = opened(round_id)
    return page("questionnaires", round_id, of, pages=questionnaire_pages(of))


def questionnaire_pages(of: OpenedStatistics) -> tuple[QuestionnairePage, ...]:
    """Every questionnaire of the round."""
    from analysis.round_statistics.questionnaires import questionnaire_reports

    reports = questionnaire_reports(of.assessment, of.sufficient)
    return tuple(_page(of, place, one) for place, one in enumerate(reports))


def _page(of: OpenedStatistics, place: int, report: "QuestionnaireReport") -> QuestionnairePage:
    marked = {one.item for one in report.reworded}
    scheme = of.assessment.scheme
    classes = _gaps(report, report.classes, of)
    channels = _gaps(report, report.channels, of)
    return QuestionnairePage(
        anchor=f"questionnaire-{place}",
        name=form_title(of.assessment.questionnaires[report.questionnaire]),
        report=report,
        items=tuple(
            ItemRow(
                key=one.key,
                text=one.text,
                n=one.figures.n,
                mean=_number(one.figures.mean, 1),
                top=_percent(one.figures.ceiling),
                bottom=_percent(one.figures.floor),
                unknown=_percent(one.figures.unknown_share),
                rest=_number(one.figures.item_rest),
                dropped=_number(one.alpha_drop),
                same=_percent(one.figures.same_as_previous),
                is_marked=number in marked,
            )
            for number, one in enumerate(report.lines)
        ),
        scales=tuple(
            ScaleRow(
                str(scheme.rater_class_name(one.rater_class)) if one.rater_class else _("全部"),
                one.n,
                _estimate(one.alpha),
                _estimate(one.omega),
            )
            for one in report.scales
        ),
        classes=classes,
        channels=channels,
        is_confounded=report.channels is not None and not channels,
        straight=tuple(
            (str(scheme.rater_class_name(one.rater_class)), one.submitted, f"{one.share:.1%}")
            for one in report.straight
        ),
        rewording=tuple(
            RewordingRow(report.lines[one.item].key, report.lines[one.item].text, one.reasons)
            for one in report.reworded
        ),
    )


def _gaps(
    report: "QuestionnaireReport", found: "Differences | None", of: OpenedStatistics
) -> tuple[GapRow, ...]:
    """A row for every question that can be compared."""
    if found is None:
        return ()
    names = [_group_name(of, one, is_class=found is report.classes) for one in found.groups]
    rows = []
    for place, (line, one) in enumerate(zip(report.lines, found.items, strict=True)):
        own = found.own[place] if found.own else None
        if one.gap is not None and one.q is not None:
            rows.append(
                GapRow(
                    key=line.key,
                    text=line.text,
                    gap=f"{one.gap:.1f}",
                    who=_who(names, one),
                    q=_chance(one.q),
                    n=one.n,
                    is_clear=one.q <= CLEAR,
                    own="—" if own is None or own.gap is None else f"{own.gap:.1f}",
                    is_own_clear=own is not None and own.q is not None and own.q <= CLEAR,
                )
            )
    return tuple(rows)


def _group_name(of: OpenedStatistics, key: str, *, is_class: bool) -> str:
    from survey_app.rounds.channels import CHANNELS

    if is_class:
        return str(of.assessment.scheme.rater_class_name(key))
    return str(_(CHANNELS.get(key, key)))


def _who(names: list[str], one: "MeanScores") -> str:
    known = [
        (value, name) for value, name in zip(one.shift, names, strict=True) if value is not None
    ]
    return str(_("{high}最高，{low}最低").format(high=max(known)[1], low=min(known)[1]))


def _chance(q: float) -> str:
    return "< 0.001" if q < 0.001 else f"{q:.3f}"


def _estimate(one: "Estimate | None") -> str:
    if one is None or one.estimate is None:
        return "—"
    between = "" if one.lo is None or one.hi is None else f"（{one.lo:.2f}–{one.hi:.2f}）"
    return f"{one.estimate:.2f}{between}"


def _number(value: float | None, decimals: int = 2) -> str:
    return "—" if value is None else f"{round(value, decimals) + 0.0:.{decimals}f}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"
