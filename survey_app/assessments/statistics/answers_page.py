"""The page 答卷质量: what the screens point at, both results, and what people decide about it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forms.problems import N_
from survey_app.accounts import two_persons
from survey_app.assessments import screened, service
from survey_app.assessments.screened import ACT_NAMES, ActLine, Place
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.statistics.answer_screens import (
    known_results,
    results_of,
    screens_of,
)
from survey_app.assessments.statistics.blueprint import opened, page, statistics
from survey_app.assessments.statistics.opening import OpenedStatistics
from survey_app.assessments.wording import EVIDENCE_NAMES, FLAG_NAMES, FLAG_WORDS, form_of_round
from survey_app.core.access import current, only
from survey_app.core.errors import NotFoundError, ProblemsError
from survey_app.core.services import services

if TYPE_CHECKING:
    from analysis.results import RoundQuality
    from analysis.round_statistics.pile import BothResults, Pointed
    from analysis.round_statistics.screens import Repeat, Screens, SheetScreen

MOST_MOVED = 20
THRESHOLD_WORDS = {
    "link_burst": N_("同一个十分钟的份数不少于 10 份、不少于预期的 5 倍，校正后的 p 值不超过 0.01"),
    "one_sided_link": N_("满分比例比其他入口高 30 个百分点以上，校正后的 p 值不超过 0.01"),
    "fast_link": N_("过快的比例比其他入口高 20 个百分点以上，校正后的 p 值不超过 0.01"),
    "repeated_pattern": N_("不少于 10 份、不少于预期的 5 倍，校正后的 p 值不超过 0.01"),
    "straight_line": N_("不少于 8 道计分题全部选同一项"),
    "fast_straight_line": N_("作答过快，且不少于 5 道计分题全部选同一项"),
    "too_many_blank": N_("一半以上计分题空白"),
}


@dataclass(frozen=True, slots=True)
class PileRow:
    """One finding as the page shows it, in names."""

    key: str
    rule: str
    about: str
    where: str
    n: int
    evidence: tuple[tuple[str, str], ...]
    threshold: str
    score: str
    false_alarms: str
    act: ActLine | None
    in_run: bool | None
    """Whether this run leaves it out (True), keeps it (False); None where nobody had decided."""
    results: "BothResults | None"
    history: tuple[ActLine, ...]
    waiting: str = ""
    """The act that waits for another operator, "" where none does."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The finding somebody opened, with both results; `more` ratees move less than those shown."""

    row: PileRow
    results: "BothResults"
    more: int


@dataclass(frozen=True, slots=True)
class SieveRow:
    """What became of what was received: raw = duplicate + void + excluded + valid."""

    where: str
    rater_class: str
    quality: "RoundQuality"
    excluded: int

    @property
    def void(self) -> int:
        return self.quality.void - self.excluded


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One detector on one questionnaire and rater class."""

    screen: "SheetScreen"
    detector: str
    rater_class: str
    excess: tuple[str, ...]


@statistics.get("/answers")
def answers(round_id: int) -> str:
    """The pile, and the finding somebody opened."""
    return _page(round_id, opened(round_id), request.args.get("finding", ""), [])


@statistics.post("/answers")
@only("admin", "clerk")
def decide(round_id: int) -> Response | tuple[str, int]:
    """Leave out, keep, or take back; the next run follows it."""
    of, form = opened(round_id), request.form
    key = form.get("finding", "")
    place = _places(of).get(key)
    if place is None:
        raise NotFoundError
    act, why = form.get("act", ""), form.get("reason", "")
    database = services().database
    run_id, login = of.run.line.id, current().login
    try:
        is_done = screened.decide(database, round_id, run_id, login, place, act, why)
    except ProblemsError as error:
        return _page(round_id, of, key, [one.text(_) for one in error.problems]), 422
    told = (
        _("已记录：{act}。重新核算之后才生效。")
        if is_done
        else _("已提出：{act}。要由另一位操作员在“待批事项”批准，再重新核算，才生效。")
    )
    flash(told.format(act=_(ACT_NAMES[act])))
    return redirect(
        url_for("assessments.statistics.answers", round_id=round_id, finding=key), code=303
    )


def _page(round_id: int, of: OpenedStatistics, key: str, problems: list[str]) -> str:
    database, settings = services().database, services().settings
    acts = screened.acts_of(database, round_id)
    found = screens_of(of.run, settings)
    places = _places(of)
    wanted = list(places.values()) if "all" in request.args else []
    wanted += [places[key]] if key in places else []
    results_of(of.run, settings, wanted)
    asked = screened.waiting(database, round_id)
    rows = tuple(
        replace(one, waiting=asked.get(places[one.key], "")) for one in _rows(of.run, found, acts)
    )
    looked = next((one for one in rows if one.key == key), None)
    if key and looked is None:
        abort(404)
    newest = service.list_runs(database, round_id)[0].id == of.run.line.id
    settled = screened.is_settled(database, of.run.line.id)
    assessment = of.assessment
    return page(
        "answers",
        round_id,
        of,
        rows=rows,
        looked=None if looked is None else _look(of.run, looked, places[key]),
        problems=problems,
        acts=tuple(reversed(acts)),
        act_names=ACT_NAMES,
        names={one.key: (one.rule, one.about) for one in rows},
        sieves=_sieves(of.run),
        both=tuple(
            one
            for one in assessment.alternatives
            if one.key in ("with_excluded", "with_screened", "without_doubtful")
        ),
        sheets=_sheet_rows(of.run, found),
        repeats=_repeats(of.run, found),
        beyond=sum(bool(one.excess) for one in found.sheets),
        has_all=all(one.results for one in rows),
        is_newest=newest,
        is_settled=settled,
        may_decide=newest and not settled and current().has_role("admin", "clerk"),
        typed=request.form.get("reason", ""),
        no_second=two_persons.no_second(database, screened.KIND, current().login),
        key_of=_key_of,
    )


def _key_of(place: Place) -> str:
    from analysis.round_statistics.pile import key_of

    return key_of(place)


def _places(of: OpenedStatistics) -> dict[str, Place]:
    """Every finding by its key, and those somebody decided on before."""
    from analysis.round_statistics.pile import key_of, pile

    places = [one.place for one in pile(of.assessment, lambda *_: None)]
    places += [one.place for one in screened.acts_of(services().database, of.run.frozen.id)]
    return {key_of(place): place for place in places}


def _rows(run: OpenedRun, found: "Screens", acts: tuple[ActLine, ...]) -> tuple[PileRow, ...]:
    from analysis.round_statistics.pile import Pointed, pile

    forms = {one.round: _form_key(run, one.round) for one in run.assessment.quality}

    def honest(round_key: str, rater_class: str, rule: str) -> float | None:
        rates = found.honest.get((forms.get(round_key, ""), rater_class))
        if rates is None or rule == "too_many_blank":
            return None
        return rates.straight_line if rule == "straight_line" else rates.fast_straight_line

    entries = list(pile(run.assessment, honest))
    known = {one.place for one in entries}
    gone = {one.place: None for one in acts if one.place not in known}
    entries += [Pointed(place, 0, (), None, None, None) for place in gone]
    held = screened.standing(acts)
    in_run = {one.place: one.decision == "exclude" for one in run.inputs.screened}
    return tuple(_row(run, one, held.get(one.place), in_run, acts) for one in entries)


def _form_key(run: OpenedRun, round_key: str) -> str:
    """The questionnaire of a sealed round: the round's key ends in the questionnaire's."""
    keys = [key for key in run.assessment.questionnaires if round_key.endswith(f".{key}")]
    return max(keys, key=len, default="")


def _row(
    run: OpenedRun,
    one: "Pointed",
    act: ActLine | None,
    in_run: dict[Place, bool],
    acts: tuple[ActLine, ...],
) -> PileRow:
    round_key, rule, rater_class, subject, ratee = one.place
    names = {each.key: each.name for each in run.assessment.ratees}
    who = str(run.assessment.scheme.rater_class_name(rater_class)) if rater_class else ""
    parts = (subject, who, names.get(ratee, ratee))
    return PileRow(
        key=one.key,
        rule=FLAG_NAMES.get(rule, rule),
        about=str(_("，")).join(part for part in parts if part),
        where=form_of_round(run.assessment.questionnaires, round_key) if round_key else "",
        n=one.n,
        evidence=tuple(
            (EVIDENCE_NAMES.get(name, name), value)
            for name, value in one.evidence
            if name != "rater_class"
        ),
        threshold=THRESHOLD_WORDS.get(rule, FLAG_WORDS.get(rule, "")),
        score="" if one.score is None else _small(one.score),
        false_alarms=_false_alarms(run, one),
        act=act,
        in_run=in_run.get(one.place),
        results=known_results(run, services().settings, one.place),
        history=tuple(each for each in acts if each.place == one.place),
    )


def _small(p: float) -> str:
    return str(_("小于 0.0001")) if p < 0.0001 else f"{p:.4f}"


def _false_alarms(run: OpenedRun, one: "Pointed") -> str:
    """What the threshold buys, in words."""
    if one.false_alarms is None:
        return str(_("说不出：没有可比的认真作答作依据")) if one.n else "—"
    if one.score is not None:
        found = sum(each.rule == one.rule for each in run.assessment.findings)
        words = _("这条规则共标出 {n} 处，碰巧的预期不超过 {expected} 处")
        return str(words.format(n=found, expected=f"{one.false_alarms:.2f}"))
    words = _("大家都认真作答，预期也有 {expected} 份；标出 {n} 份")
    expected = f"{one.false_alarms:.{0 if one.false_alarms >= 10 else 1}f}"
    return str(words.format(expected=expected, n=one.n))


def _look(run: OpenedRun, row: PileRow, place: Place) -> Looked:
    results = results_of(run, services().settings, [place])[place]
    return Looked(row, results, max(0, len(results.moved) - MOST_MOVED))


def _sieves(run: OpenedRun) -> tuple[SieveRow, ...]:
    scheme = run.assessment.scheme
    return tuple(
        SieveRow(
            form_of_round(run.assessment.questionnaires, one.round),
            str(scheme.rater_class_name(one.rater_class)),
            one,
            sum(n for reason, n in one.reasons.items() if reason.startswith("said:")),
        )
        for one in run.assessment.quality
    )


def _sheet_rows(run: OpenedRun, found: "Screens") -> tuple[SheetRow, ...]:
    from analysis.round_statistics.screens import DETECTOR_NAMES

    names = {one.key: one.name for one in run.assessment.ratees}
    return tuple(
        SheetRow(
            one,
            DETECTOR_NAMES[one.detector],
            str(run.assessment.scheme.rater_class_name(one.rater_class)),
            tuple(
                _("{name}：{n} 份中 {k} 份，预期 {expected}").format(
                    name=names.get(each.ratee, each.ratee),
                    n=each.n,
                    k=each.k,
                    expected=f"{each.expected:.1f}",
                )
                for each in one.excess
            ),
        )
        for one in found.sheets
    )


def _repeats(run: OpenedRun, found: "Screens") -> tuple[tuple[str, str, "Repeat", str], ...]:
    names = {one.key: one.name for one in run.assessment.ratees}
    scheme = run.assessment.scheme
    return tuple(
        (
            names.get(one.ratee, one.ratee),
            str(scheme.rater_class_name(one.rater_class)),
            one,
            _small(one.q),
        )
        for one in found.repeats
    )
