"""The raters of a round, by questionnaire and class: severity, agreement, reliability."""

from dataclasses import dataclass

from analysis.note import Note
from analysis.results import Assessment, RateeResult
from analysis.round_statistics.agreement import Agreement, agreement
from analysis.round_statistics.rating_groups import FEWEST, RatingGroup, rating_groups
from analysis.round_statistics.reliability import Reliability, reliability, study_of_groups
from analysis.round_statistics.severity import SeverityReport, severity_report
from analysis.round_statistics.tables import Sufficient
from forms.problems import N_


@dataclass(frozen=True, slots=True)
class RaterReport:
    """One rater class on one questionnaire; `severity` None where raters rate one ratee each."""

    questionnaire: str
    rater_class: str
    ratees: int
    raters: int
    ballots: int
    severity: SeverityReport | None
    agreement: Agreement | None
    reliability: Reliability | None
    notes: tuple[Note, ...]


def rater_reports(
    assessment: Assessment, sufficient: Sufficient, seed: int
) -> tuple[RaterReport, ...]:
    """A report for every rater class of every questionnaire."""
    ratees = {one.key: one for one in assessment.ratees}
    return tuple(_report(one, ratees, seed) for one in rating_groups(assessment, sufficient))


def _report(group: RatingGroup, ratees: dict[str, RateeResult], seed: int) -> RaterReport:
    rated = group.crossed
    raters = group.ballots if rated is None else rated.raters
    notes = tuple(_left_out(group))
    bare = RaterReport(
        questionnaire=group.questionnaire,
        rater_class=group.rater_class,
        ratees=len(group.ratees),
        raters=raters,
        ballots=group.ballots,
        severity=None if rated is None else severity_report(group, rated, ratees),
        agreement=None,
        reliability=None,
        notes=notes,
    )
    if raters < FEWEST:
        return bare
    has_shares = bare.severity is not None and bare.severity.shares is not None
    names = {key: one.name for key, one in ratees.items()}
    agreed = agreement(group, names, seed, has_shares=has_shares)
    return RaterReport(
        bare.questionnaire,
        bare.rater_class,
        bare.ratees,
        raters,
        bare.ballots,
        bare.severity,
        agreed,
        _reliability(group, raters, bare.severity, agreed),
        notes,
    )


def _reliability(
    group: RatingGroup, raters: int, severity: SeverityReport | None, agreed: Agreement
) -> Reliability | None:
    """From the crossed fit where there is one, else from ratees with raters of their own."""
    if severity is not None and severity.study is not None:
        ratees = len(group.ratees)
        density = severity.n / (raters * ratees)
        return reliability(severity.study, severity.study.sizes["r"], ratees, density)
    if agreed.icc is None:
        return None
    n = group.moments.n
    now = len(n) / float((1 / n).sum())
    return reliability(study_of_groups(agreed.icc.table), now, len(group.ratees))


def _left_out(group: RatingGroup) -> list[Note]:
    if not group.left_out:
        return []
    return [Note(N_("{n} 个对象的份数不足或结果不公开，没有计入。"), {"n": group.left_out})]
