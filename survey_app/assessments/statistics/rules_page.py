"""The page 规则的影响: what each rule of the scheme does, one changed at a time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _

from survey_app.assessments import service
from survey_app.assessments.statistics.blueprint import opened, page, statistics
from survey_app.assessments.statistics.opening import OpenedStatistics
from survey_app.core.config import Settings
from survey_app.core.remembered import Remembered
from survey_app.core.services import services

if TYPE_CHECKING:
    from analysis.changes import Change
    from analysis.round_statistics.rules import RuleEffect, RuleEffects


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One change as the table shows it; `study` is where it can be studied, if anywhere."""

    effect: "RuleEffect"
    furthest: str
    correlation: str
    study: str


@statistics.get("/rules")
def rules(round_id: int) -> str:
    """What each rule does; counted when somebody asks, since it takes seconds."""
    of = opened(round_id)
    settings = services().settings
    key = of.run.content_key(settings)
    found = _EFFECTS.known(key)
    if found is None and "compute" in request.args:
        found = _EFFECTS.get(key, lambda: _effects(of, settings))
    if found is None:
        return page("rules", round_id, of, is_known=False)
    from analysis.round_statistics.rules import sentences

    errors = [one.se for one in of.assessment.ratees if one.se is not None]
    rows = [_row(round_id, one, may_study=_is_newest(round_id, of)) for one in found.effects]
    return page(
        "rules",
        round_id,
        of,
        is_known=True,
        sentences=sentences(found.effects, errors),
        rows=[row for row in rows if not row.effect.is_idle],
        idle=[row for row in rows if row.effect.is_idle],
        together=found.together,
    )


def _is_newest(round_id: int, of: OpenedStatistics) -> bool:
    """Studies start from the newest run."""
    return service.list_runs(services().database, round_id)[0].number == of.run.line.number


def _row(round_id: int, one: "RuleEffect", *, may_study: bool) -> RuleRow:
    study = ""
    if may_study and one.change is not None:
        name = one.said.text(_)
        asked = urlencode({"name": name, **_asked(one.change)})
        study = f"{url_for('assessments.studies.index', round_id=round_id)}?{asked}"
    return RuleRow(
        effect=one,
        furthest=_furthest(one),
        correlation=_correlation(one.correlation),
        study=study,
    )


def _correlation(value: float | None) -> str:
    """To four decimals; what is not quite 1 does not look like it."""
    if value is None:
        return "—"
    return "＞0.9999" if 0.99995 <= value < 1 else f"{value:.4f}"


def _furthest(one: "RuleEffect") -> str:
    if not one.places:
        return "—"
    said: str = _("{who} 升 {n} 名") if one.places > 0 else _("{who} 降 {n} 名")
    text = said.format(who=one.who, n=abs(one.places))
    if one.n_alike > 1:
        text += _("（另有 {n} 个同样远）").format(n=one.n_alike - 1)
    return text


def _asked(change: "Change") -> dict[str, str]:
    """A change as the form of studies asks for it."""
    from forms.problems import plain

    asked = {f"weight:{path}": plain(weight) for path, weight in change.weights}
    if change.unknown:
        asked["unknown"] = change.unknown
    if not change.has_adjustments:
        asked["no_adjustments"] = "y"
    return asked


def _effects(of: OpenedStatistics, settings: Settings) -> "RuleEffects":
    # The analysis brings DuckDB and scipy, which the rater's path must not load.
    from analysis.rule_sensitivity import rule_effects
    from analysis.sealed_round import open_sealed_rounds

    run = of.run
    return rule_effects(
        open_sealed_rounds(run.folders(settings)), run.inputs, run.assessment.scheme
    )


_EFFECTS: "Remembered[RuleEffects]" = Remembered(16)
