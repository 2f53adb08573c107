"""The pipeline: sealed rounds, inputs and a scheme become an assessment, step by step."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.answers import LeftOut, load_answers
from analysis.binding import bind
from analysis.cells import Detail, count_cells
from analysis.composition import Composed, compose
from analysis.consequences import consequences
from analysis.decided_otherwise import decided_otherwise
from analysis.dedupe import COUNT, FIRST, counting_statuses, judge
from analysis.engine import Engine, start_engine
from analysis.grading import Graded, grade
from analysis.indicators import score_indicators
from analysis.inputs import Inputs
from analysis.rank_ranges import Range, rank_ranges, seed_of
from analysis.refusals import (
    refuse_foreign_leaves,
    refuse_foreign_options,
    refuse_missing,
    refuse_unknown_ratees,
    refuse_without_answers,
)
from analysis.remarks import notes
from analysis.results import Alternative, Assessment, NoAnswer, Proposal, RateeResult
from analysis.run import Run
from analysis.run_leaves import score_run_leaves
from analysis.run_summary import cell_table, count_rows, participation, quality
from analysis.scheme import Scheme
from analysis.scores import content_digest
from analysis.screened_rows import ScreenedRow
from analysis.screening import screen
from analysis.sealed_round import IntegrityError, SealedRound, open_sealed_rounds
from analysis.shared_raters import Covariance, total_covariance
from analysis.small_groups import PRIVACY_MINIMUM
from analysis.survey_leaves import SurveyLeaves, score_survey_leaves
from forms.problems import N_, InputError

OPEN = "open"

__all__ = ["InputError", "IntegrityError", "NoAnswer", "assess"]


def assess(
    folders: Sequence[Path], inputs: Inputs, scheme: Scheme, *, engine: str = "duckdb"
) -> Assessment:
    """Assess sealed rounds (folders, or parents of sealed folders) under a scheme.

    The period evaluated is that of the inputs, or else the one the sealed rounds name. No folders
    are needed where the scheme has no questionnaire for any class of the ratees. Raises
    NoAnswer where the scheme gives none (everything missing is listed), InputError for inputs that
    do not fit together, IntegrityError for files that are not as sealed.
    """
    sealed = open_sealed_rounds(folders)
    bound = bind(in_period(inputs, sealed), scheme)
    refuse_without_answers(scheme, bound, sealed)
    with start_engine(engine) as running:
        run = prepare(running, sealed, bound, scheme)
        return assessment_of(run)[0]


def in_period(inputs: Inputs, sealed: Sequence[SealedRound]) -> Inputs:
    """The inputs with a period: their own, or the only one the sealed rounds name."""
    named = {one.manifest.period for one in sealed} - {""}
    if inputs.period or len(named) != 1:
        return inputs
    return replace(inputs, period=named.pop())


def prepare(
    engine: Engine,
    sealed: tuple[SealedRound, ...],
    inputs: Inputs,
    scheme: Scheme,
    left_out: LeftOut | None = None,
) -> Run:
    """Everything read, screened and counted, ready to be weighed; `inputs` are bound to the scheme.

    `left_out` is for studies: rows an assessment of record would count.
    """
    answers = load_answers(engine, sealed, left_out)
    screened = screen(engine, answers, sealed)
    judge(engine, answers, scheme.void, inputs.screened)
    cells = tuple(count_cells(engine, form) for form in answers.forms)
    refuse_foreign_options(sealed, cells)
    refuse_unknown_ratees(inputs, cells)
    ratees = tuple(sorted(inputs.ratees, key=lambda row: row.key))
    return Run(
        engine,
        scheme,
        inputs,
        ratees,
        sealed,
        answers,
        screened,
        cells,
        score_indicators(scheme, ratees, inputs.indicators),
        counting_statuses(scheme.same_device),
    )


def under(run: Run, inputs: Inputs, scheme: Scheme) -> Run:
    """The same counted answers under a scheme with the same `void` rules; for studies."""
    ratees = tuple(sorted(inputs.ratees, key=lambda row: row.key))
    return replace(
        run,
        scheme=scheme,
        inputs=inputs,
        ratees=ratees,
        indicators=score_indicators(scheme, ratees, inputs.indicators),
        statuses=counting_statuses(scheme.same_device),
    )


def evaluate(run: Run) -> tuple[SurveyLeaves, dict[str, Composed], dict[str, Graded]]:
    """What the scheme makes of a run: leaves, totals, grades. Raises NoAnswer."""
    refuse_foreign_leaves(run)
    surveys = _surveys(run, run.statuses)
    composed = _compose(run, surveys)
    refuse_missing(run, surveys, composed)
    return surveys, composed, grade(run.scheme, composed, run.inputs.history, run.inputs.period)


def ratee_results(run: Run) -> tuple[RateeResult, ...]:
    """The ratees' results alone, without rank intervals; for studies. Raises NoAnswer."""
    _, composed, graded = evaluate(run)
    return tuple(_result(composed[row.key], graded[row.key], None) for row in run.ratees)


def ratee_results_under(
    run: Run, decisions: Sequence[ScreenedRow]
) -> tuple[RateeResult, ...] | None:
    """The ratees' results under other decisions on findings; None where there would be none."""
    with decided_otherwise(run, decisions) as other:
        surveys = _surveys(other, other.statuses, "scores")
        composed = _compose(other, surveys)
        try:
            refuse_missing(other, surveys, composed)
        except NoAnswer:
            return None
        graded = grade(run.scheme, composed, run.inputs.history, run.inputs.period)
    return tuple(_result(composed[row.key], graded[row.key], None) for row in run.ratees)


def _surveys(run: Run, statuses: Collection[str], detail: Detail = "full") -> SurveyLeaves:
    return score_survey_leaves(run.engine, run.cells, run.scheme, run.ratees, statuses, detail)


def _compose(run: Run, surveys: SurveyLeaves) -> dict[str, Composed]:
    inputs = run.inputs
    return compose(
        run.scheme,
        run.ratees,
        {
            **run.indicators.leaves,
            **surveys.scores,
            **score_run_leaves(run.scheme, run.ratees, inputs.history, inputs.period),
        },
        inputs.adjustments,
        inputs.vetoes,
        inputs.figures,
    )


def assessment_of(run: Run) -> tuple[Assessment, Covariance]:
    """What a prepared run says, and how the errors of its totals go together. Raises NoAnswer."""
    surveys, composed, graded = evaluate(run)
    covariance = total_covariance(run, composed)
    return _assessment(run, surveys, composed, graded, covariance), covariance


def _assessment(
    run: Run,
    surveys: SurveyLeaves,
    composed: dict[str, Composed],
    graded: dict[str, Graded],
    covariance: Covariance,
) -> Assessment:
    flags = run.screened.totals()
    rounds = run.answers.rounds
    digest = content_digest(run.scheme, run.inputs, rounds, run.cells, surveys.moments, flags)
    sure = rank_ranges(run.ratees, composed, covariance, seed_of(digest))
    return Assessment(
        scheme=run.scheme,
        content_digest=digest,
        counts=count_rows(run.cells, run.statuses),
        flags=flags,
        findings=run.screened.findings,
        ratees=_with_consequences(
            run,
            [_result(composed[row.key], graded[row.key], sure.get(row.key)) for row in run.ratees],
        ),
        cells=cell_table(run.answers, run.cells, run.statuses),
        quality=quality(run.engine, run.answers, run.sealed, run.cells, run.screened, run.statuses),
        participation=participation(run.sealed),
        indicators=run.indicators.results,
        questionnaires={form.questionnaire.key: form.questionnaire for form in run.answers.forms},
        alternatives=tuple(_alternatives(run)),
        notes=tuple(notes(run, surveys, (composed[row.key] for row in run.ratees))),
        is_simulated=any(one.manifest.is_simulated for one in run.sealed),
    )


def _result(one: Composed, graded: Graded, sure: Range | None) -> RateeResult:
    return RateeResult(
        key=one.ratee.key,
        name=one.ratee.name,
        ratee_class=one.ratee.ratee_class,
        group=one.ratee.group,
        total=one.total,
        total_exact=one.total_exact,
        se=one.se,
        lo=one.lo,
        hi=one.hi,
        n=one.n,
        rank_class=graded.rank_class,
        rank_group=graded.rank_group,
        rank_lo=sure[0] if sure else None,
        rank_hi=sure[1] if sure else None,
        grade=graded.grade,
        grade_name=graded.grade_name,
        grade_reason=graded.reason,
        refusals=graded.refusals,
        allowed=graded.allowed,
        restrictions=graded.restrictions,
        to_decide=graded.to_decide,
        veto=tuple(veto.key for veto in one.vetoes),
        suppressed=one.total is None and any(node.suppressed for node in one.nodes),
        is_tied=graded.is_tied,
        bonus_raw=one.bonus_raw,
        bonus_counted=one.bonus_counted,
        deduction_raw=one.deduction_raw,
        deduction_counted=one.deduction_counted,
        sources=one.sources,
        nodes=one.nodes,
        notes=one.notes,
    )


def _with_consequences(run: Run, results: Sequence[RateeResult]) -> tuple[RateeResult, ...]:
    """The results with what each of them leads to."""
    inputs = run.inputs
    found: dict[str, list[Proposal]] = {}
    for one in consequences(run.scheme, run.ratees, results, inputs.history, inputs.period):
        found.setdefault(one.ratee, []).append(one)
    return tuple(replace(one, consequences=tuple(found.get(one.key, ()))) for one in results)


def _alternatives(run: Run) -> list[Alternative]:
    """The totals under the treatments not chosen, where they would make a difference."""
    occurring = {key.status for one in run.cells for key in one.keys}
    found = []
    if "duplicate" in occurring:
        is_first = run.scheme.same_device == "first"
        other = COUNT if is_first else FIRST
        name = N_("同一设备的重复评议也计入") if is_first else N_("同一设备只计一份")
        key = "same_device_count" if is_first else "same_device_first"
        found.append(_alternative(run, key, name, other))
    if "screened" in occurring:
        name = N_("按筛查规则判为无效的也计入")
        found.append(_alternative(run, "with_screened", name, run.statuses | {"screened"}))
    if "excluded" in occurring:
        name = N_("经人核定不计入的也计入")
        kept = [one for one in run.inputs.screened if one.decision != "exclude"]
        with decided_otherwise(run, kept) as whole:
            found.append(_alternative(whole, "with_excluded", name))
    if "doubtful" in occurring:
        name = N_("去掉有疑点的答卷")
        found.append(_alternative(run, "without_doubtful", name, run.statuses - {"doubtful"}))
    verified = {key.evidence != OPEN for one in run.cells for key in one.keys}
    if len(verified) > 1:
        one = _alternative(_verified(run), "verified", N_("只计凭码和凭卡的答卷"))
        few = _few_by_poster(run)
        totals = {key: None if key in few else total for key, total in one.totals.items()}
        found.append(replace(one, totals=totals))
    return found


def _few_by_poster(run: Run) -> set[str]:
    """Ratees of whose ballots so few came by poster that both totals would tell what they said."""
    counts: Counter[str] = Counter()
    for one in run.cells:
        for key in one.keys:
            if key.evidence == OPEN and key.status in run.statuses:
                counts[key.ratee] += key.n
    return {ratee for ratee, n in counts.items() if n < PRIVACY_MINIMUM}


def _verified(run: Run) -> Run:
    """The run as if nobody had answered by an open poster."""
    cells = tuple(
        one.regrouped(lambda key: None if key.evidence == OPEN else key.rater_class)
        for one in run.cells
    )
    return replace(run, cells=cells)


def _alternative(
    run: Run, key: str, name: str, statuses: frozenset[str] | None = None
) -> Alternative:
    statuses = run.statuses if statuses is None else statuses
    composed = _compose(run, _surveys(run, statuses, "scores"))
    totals = {row.key: composed[row.key].total for row in run.ratees}
    return Alternative(key, name, count_rows(run.cells, statuses).valid, totals)
