"""The page 评分人: strict and mild raters, agreement, and how many raters would be enough."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from survey_app.assessments.statistics.blueprint import opened, page, statistics
from survey_app.assessments.statistics.opening import OpenedStatistics
from survey_app.assessments.wording import form_title

if TYPE_CHECKING:
    from analysis.round_statistics.raters import RaterReport
    from analysis.round_statistics.rating_scale import ScaleReport
    from analysis.statistics.estimate import Estimate


ENOUGH = 0.8


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a table: its value, interval and number as words, and what it means."""

    name: str
    value: str
    interval: str
    n: str
    means: str


@dataclass(frozen=True, slots=True)
class RaterGroup:
    """One rater class on one questionnaire."""

    anchor: str
    questionnaire: str
    rater_class: str
    report: "RaterReport"
    ratee_classes: dict[str, str]
    """The classes of the ratees that are corrected, key and name."""
    agreement: tuple[Figure, ...]
    severity: tuple[Figure, ...]
    reliable: str
    """ICC(2) with its interval."""
    scale_url: str
    scale: "ScaleReport | None"


@statistics.get("/raters")
def raters(round_id: int) -> str:
    """Severity, agreement and reliability; the rating-scale model for the class asked for."""
    of = opened(round_id)
    groups = rater_groups(of, round_id, request.args.get("facets", ""))
    return page(
        "raters",
        round_id,
        of,
        groups=groups,
        shares=shares_chart(groups),
        verdicts=verdicts(groups),
    )


def rater_groups(of: OpenedStatistics, round_id: int, asked: str = "") -> tuple[RaterGroup, ...]:
    """Every class; `asked` is "questionnaire:class" of the rating-scale model to be fitted."""
    from analysis.round_statistics.raters import rater_reports

    reports = rater_reports(of.assessment, of.sufficient, of.seed)
    return tuple(_group(of, round_id, place, one, asked) for place, one in enumerate(reports))


def _group(
    of: OpenedStatistics, round_id: int, place: int, report: "RaterReport", asked: str
) -> RaterGroup:
    from analysis.round_statistics.rating_scale import scale_report

    name = f"{report.questionnaire}:{report.rater_class}"
    anchor = f"group-{place}"
    has_model = report.severity is not None and report.severity.status == "corrected"
    scale = None
    if has_model and asked == name:
        scale = scale_report(of.assessment, of.sufficient, report.questionnaire, report.rater_class)
    icc = report.agreement.icc if report.agreement else None
    return RaterGroup(
        anchor=anchor,
        questionnaire=form_title(of.assessment.questionnaires[report.questionnaire]),
        rater_class=str(of.assessment.scheme.rater_class_name(report.rater_class)),
        report=report,
        ratee_classes={
            one.ratee_class: of.run.class_name(one.ratee_class)
            for one in (report.severity.lines if report.severity else ())
        },
        agreement=tuple(_agreement_figures(report)),
        severity=tuple(_severity_figures(report)),
        reliable="—" if icc is None else _with_interval(icc.icc2),
        scale_url=_address(of, round_id, name, anchor) if has_model else "",
        scale=scale,
    )


def _address(of: OpenedStatistics, round_id: int, name: str, anchor: str) -> str:
    return url_for(
        "assessments.statistics.raters",
        round_id=round_id,
        run=of.run.line.number,
        facets=name,
        _anchor=anchor,
    )


def verdicts(groups: tuple[RaterGroup, ...]) -> tuple[str, ...]:
    """What an administrator should know first, with the classes it is true of."""
    from analysis.statistics.raters.severity import ALIKE

    moved, islands, alone = [], [], 0
    for one in groups:
        severity = one.report.severity
        if severity is not None and severity.spearman is not None and severity.spearman < ALIKE:
            moved.append(one)
        if severity is not None and severity.islands:
            islands.append(one)
        alone += severity is None
    said = [
        _("宽严不一改变名次的评分人：{names}。").format(names=_names(moved))
        if moved
        else _("没有一类评分人的宽严不一明显改变名次。")
    ]
    if islands:
        said.append(
            _("评分人和对象互不相连、不能跨组校正的：{names}。").format(names=_names(islands))
        )
    if alone:
        said.append(_("另有 {n} 类评分人每人只评一个对象，谈不上校正。").format(n=alone))
    return (*said, *_reliable(groups))


def _reliable(groups: tuple[RaterGroup, ...]) -> Iterator[str]:
    """Whether means are reliable; of a handful of ratees nothing is concluded."""
    from analysis.round_statistics.reliability import FEW_RATEES

    known = [(one, one.report.reliability) for one in groups if one.report.reliability is not None]
    judged = [(one, found) for one, found in known if found and found.ratees >= FEW_RATEES]
    weak = [
        one
        for one, found in judged
        if not any(line.is_now and line.ranks >= ENOUGH for line in found.lines)
    ]
    if weak:
        yield _("平均分的可靠性不到 0.8 的：{names}。").format(names=_names(weak))
    elif judged:
        yield _("各类评分人给出的平均分，可靠性都在 0.8 以上。")
    if len(known) > len(judged):
        yield _("有 {n} 类评分人评的对象不到 {least} 个，可靠性估计得不准，不下结论。").format(
            n=len(known) - len(judged), least=FEW_RATEES
        )


def _names(groups: list[RaterGroup]) -> str:
    return "、".join(
        _("{rater_class}（{questionnaire}）").format(
            rater_class=one.rater_class, questionnaire=one.questionnaire
        )
        for one in groups
    )


def shares_chart(
    groups: tuple[RaterGroup, ...],
) -> tuple[Markup, tuple[tuple[Markup, str], ...]] | None:
    """A strip for every class whose severities can be told (ratees, raters, rest); its legend."""
    from survey_app.assessments.charts import swatch
    from survey_app.assessments.pages import safe
    from survey_app.assessments.statistics.share_charts import share_strips

    rows = [
        (one.rater_class, one.questionnaire, one.report.severity.shares)
        for one in groups
        if one.report.severity is not None and one.report.severity.shares is not None
    ]
    if not rows:
        return None
    parts = [_("对象的差别"), _("评分人的宽严"), _("看法不同和偶然")]
    chart = safe(share_strips("shares", _("一次评分的差异从哪里来"), parts, rows))
    return chart, tuple((safe(swatch(place)), part) for place, part in enumerate(parts))


def _severity_figures(report: "RaterReport") -> list[Figure]:
    of = report.severity
    if of is None or of.shares is None or of.rater_sd is None:
        return []
    found = [
        _figure(
            _("评分人宽严的标准差（分）"),
            of.rater_sd,
            _("约三分之二的评分人与平均宽严相差不到这么多；它不说某个人严不严。"),
            decimals=1,
        ),
        Figure(
            _("宽严没有差别的 p 值"),
            "—" if of.p is None else "< 0.001" if of.p < 0.001 else f"{of.p:.3f}",
            _("检验没有区间"),
            str(of.n),
            _("小于 0.05 说明宽严确有差别；它不说差别有多大。"),
        ),
    ]
    if of.halo is not None:
        found.append(
            _figure(
                _("各题评分的相关，去掉对象差别后"),
                of.halo.within_ratee,
                _("同一个人给各题的分彼此有多像，宽严还在内。"),
            )
        )
        found.append(
            _figure(
                _("再去掉各人宽严后（光环效应）"),
                of.halo.beyond_severity,
                _("接近 1 说明评分人对一个对象只有一个总印象，各题分不开；接近 0 最好。"),
            )
        )
    return found


def _agreement_figures(report: "RaterReport") -> list[Figure]:
    of = report.agreement
    if of is None:
        return []
    found = []
    if of.icc is not None:
        found += [
            _figure(
                "ICC(1)",
                of.icc.icc1,
                _("一份评分能说明对象差别的份额。公众评议常在 0.05–0.3，不能拿 0.8 去衡量。"),
            ),
            _figure(
                "ICC(2)",
                of.icc.icc2,
                _("全部答卷平均之后的可靠性；份数少的对象比它低。"),
            ),
        ]
    found += _alpha_figures(report)
    if of.middle is not None:
        found.append(
            Figure(
                "awg",
                f"{of.middle:.2f}",
                _("各对象的中位数，没有区间"),
                str(report.ballots),
                _("一个对象内部的一致：1 完全一致，0 像随意给分，−1 两极对立。"),
            )
        )
    if of.complete is not None:
        found += _complete_figures(report)
    return found


def _alpha_figures(report: "RaterReport") -> list[Figure]:
    alphas = report.agreement.alphas if report.agreement else ()
    if not alphas:
        return []
    values = sorted(one for _item, one, _n in alphas)
    return [
        Figure(
            "Krippendorff α",
            " … ".join(dict.fromkeys(_signed(one, 2) for one in (values[0], values[-1]))),
            _("各题的最小和最大；区间看 ICC(1)"),
            str(max(n for _item, _alpha, n in alphas)),
            _(
                "任取两名评分人有多一致（顺序量表），每题单独算，一般比整张表的 ICC(1) 低；"
                "0.8 是给编码员定的，不适用。"
            ),
        )
    ]


def _complete_figures(report: "RaterReport") -> list[Figure]:
    of = report.agreement.complete if report.agreement else None
    if of is None:
        return []
    n = _("{raters} 人 × {ratees} 个对象").format(raters=of.raters, ratees=of.ratees)
    found = [
        _figure("ICC(A,k)", of.agreement, _("这些人平均分的可靠性，宽严算作误差：定等次看它。"), n),
        _figure("ICC(C,k)", of.consistency, _("这些人平均分的可靠性，宽严不算：排名次看它。"), n),
    ]
    if of.w is not None:
        found.append(
            Figure(
                "Kendall W",
                f"{of.w.w:.2f}",
                _("检验 χ² = {chisq}，自由度 {df}").format(chisq=f"{of.w.chisq:.1f}", df=of.w.df),
                n,
                _("评分人排出的名次有多一致：1 完全一样，0 毫无共同之处。"),
            )
        )
    return found


def _figure(name: str, of: "Estimate", means: str, n: str = "", *, decimals: int = 2) -> Figure:
    return Figure(
        name,
        "—" if of.estimate is None else _signed(of.estimate, decimals),
        _interval(of, decimals) or "；".join(note.text(_) for note in of.notes) or "—",
        n or str(of.n or "—"),
        means,
    )


def _with_interval(of: "Estimate") -> str:
    if of.estimate is None:
        return "—"
    between = _interval(of, 2)
    return _signed(of.estimate, 2) + (f"（{between}）" if between else "")


def _interval(of: "Estimate", decimals: int) -> str:
    if of.lo is None or of.hi is None:
        return ""
    lo, hi = (_signed(one, decimals) for one in (of.lo, of.hi))
    return f"{lo}–{hi}" if of.lo >= 0 else _("{lo} 到 {hi}").format(lo=lo, hi=hi)


def _signed(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")
