"""One prepared round counted again under many schemes; what stays the same is scored once.

A leaf of questionnaires costs by far the most, and most rules leave it as it is: its scores are
kept by what they depend on. Only scores are worked out, no errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from analysis.assessment import in_period, prepare
from analysis.binding import bind
from analysis.composition import compose
from analysis.dedupe import counting_statuses
from analysis.engine import Column, Columns, Engine, start_engine
from analysis.grading import grade
from analysis.indicators import IndicatorScores, score_indicators
from analysis.inputs import Inputs, RateeRow
from analysis.refusals import refuse_missing
from analysis.results import LeafScore, NoAnswer
from analysis.round_statistics.rules import (
    Outcome,
    RuleEffect,
    RuleEffects,
    Together,
    effect,
    refused,
    strongest_first,
)
from analysis.rule_sensitivity.answers import of_answers, of_decisions
from analysis.rule_sensitivity.grades import of_grades
from analysis.rule_sensitivity.totals import of_totals
from analysis.rule_sensitivity.variation import ConflictError, Variation, merged
from analysis.run import Run
from analysis.run_leaves import score_run_leaves
from analysis.scheme import Scheme
from analysis.scheme.components import HUNDRED, MARKED, Component, Weight
from analysis.sealed_round import SealedRound
from analysis.statistics.composites.factorial import factorial_shares
from analysis.survey_leaves import SurveyLeaves, score_survey_leaves
from analysis.weighting import Missing
from forms.problems import InputError, canonical_json

MOST_TOGETHER = 4
ANY_POLICY = ""
"""Where nothing is missing it does not matter what would be done about it."""

Outcomes = dict[str, Outcome]
Scored = tuple[Mapping[tuple[str, str], LeafScore], tuple[Missing, ...]]


def rule_effects(
    sealed: Sequence[SealedRound], inputs: Inputs, scheme: Scheme, engine: str = "duckdb"
) -> RuleEffects:
    """Every rule changed by itself, and the strongest few together.

    Raises NoAnswer where the scheme itself gives no result; a change that gives none is told as
    such.
    """
    bound = bind(in_period(inputs, sealed), scheme)
    with start_engine(engine) as running:
        trial = _Trial(prepare(running, tuple(sealed), bound, scheme))
        before = trial.outcomes(scheme, bound)
        listed = _variations(trial.run)
        found = [_tried(trial, one, before) for one in listed if not _is_judged_anew(scheme, one)]
        together = _together(trial, listed, strongest_first(found), before)
    for one in listed:
        if _is_judged_anew(scheme, one):
            given = bound if one.has_decisions else replace(bound, screened=())
            with start_engine(engine) as running:
                judged = _Trial(prepare(running, tuple(sealed), given, one.scheme))
                found.append(_tried(judged, one, before))
    return RuleEffects(strongest_first(found), together)


def _is_judged_anew(scheme: Scheme, one: Variation) -> bool:
    """Whether other rows count, beyond what their status says already."""
    return one.scheme.void != scheme.void or not one.has_decisions


def _variations(run: Run) -> list[Variation]:
    """All that is tried."""
    evidence = frozenset(key.evidence for one in run.cells for key in one.keys)
    classes = {row.ratee_class for row in run.ratees}
    return [
        *of_answers(run.scheme, evidence),
        *of_decisions(run.scheme, sum(row.decision == "exclude" for row in run.inputs.screened)),
        *of_totals(run.scheme, run.inputs),
        *of_grades(run.scheme, len(classes)),
    ]


def _tried(trial: "_Trial", one: Variation, before: Outcomes) -> RuleEffect:
    bound = trial.run.inputs
    inputs = replace(
        bound,
        adjustments=bound.adjustments if one.has_adjustments else (),
        vetoes=tuple(row for row in bound.vetoes if row.veto not in one.vetoes),
    )
    try:
        return effect(one, trial.run.ratees, before, trial.outcomes(one.scheme, inputs))
    except (NoAnswer, InputError) as error:
        return refused(one, len(error.problems))


def _together(
    trial: "_Trial",
    listed: Sequence[Variation],
    effects: Sequence[RuleEffect],
    before: Outcomes,
) -> Together | None:
    """The strongest few in every combination; None where fewer than two move ranks.

    Weights are left out: they are no choice between two, and more than one cannot be stepped.
    """
    strongest: dict[str, RuleEffect] = {}
    for one in effects:
        if one.moved and not one.key.startswith("weight:"):
            strongest.setdefault(one.rule.text(), one)
    chosen = list(strongest.values())[:MOST_TOGETHER]
    if len(chosen) < 2:
        return None
    by_key = {one.key: one for one in listed}
    shifts = np.zeros((2,) * len(chosen))
    for combination in product((0, 1), repeat=len(chosen)):
        tried = [one for one, is_tried in zip(chosen, combination, strict=True) if is_tried]
        if len(tried) == 1:
            shifts[combination] = tried[0].mean_places
        elif tried:
            try:
                whole = merged(trial.run.scheme, [by_key[one.key] for one in tried])
            except (ConflictError, InputError):
                return None
            made = _tried(trial, whole, before)
            if made.lacking:
                return None
            shifts[combination] = made.mean_places
    shares = factorial_shares(shifts)
    return Together(
        *(tuple(chosen), shares.first, shares.total, shares.joint),
        most=float(shifts.max()),
        n=shifts.size,
    )


class _Remembering:
    """An engine that answers the same question once, as long as nothing else is run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers: dict[str, Columns] = {}

    def query(self, text: str) -> Columns:
        if text not in self._answers:
            self._answers[text] = self._engine.query(text)
        return dict(self._answers[text])

    def run(self, text: str) -> None:
        self._answers.clear()
        self._engine.run(text)

    def add_files(self, name: str, files: Sequence[tuple[int, Path]]) -> None:
        self._engine.add_files(name, files)

    def add_columns(self, name: str, columns: Mapping[str, Column]) -> None:
        self._engine.add_columns(name, columns)

    def close(self) -> None:
        self._engine.close()


class _Trial:
    """A prepared run with what has been scored of it."""

    def __init__(self, run: Run) -> None:
        self.run = replace(run, engine=_Remembering(run.engine))
        self._surveys: dict[object, Scored] = {}
        self._indicators: dict[object, IndicatorScores] = {}

    def outcomes(self, scheme: Scheme, inputs: Inputs) -> Outcomes:
        """Totals, ranks and grades under a scheme. Raises NoAnswer."""
        run = replace(
            self.run,
            scheme=scheme,
            inputs=inputs,
            indicators=self._indicators_of(scheme),
            statuses=counting_statuses(scheme.same_device),
        )
        surveys = self._surveys_of(run)
        leaves = {
            **run.indicators.leaves,
            **surveys.scores,
            **score_run_leaves(scheme, run.ratees, inputs.history, inputs.period),
        }
        composed = compose(
            scheme, run.ratees, leaves, inputs.adjustments, inputs.vetoes, inputs.figures
        )
        refuse_missing(run, surveys, composed)
        graded = grade(scheme, composed, inputs.history, inputs.period)
        return {
            key: Outcome(one.counted_exact, graded[key].rank_class, graded[key].grade)
            for key, one in composed.items()
        }

    def _indicators_of(self, scheme: Scheme) -> IndicatorScores:
        leaves = [leaf.as_json() for leaf in scheme.leaves() if leaf.source in MARKED]
        key = (scheme.missing, *(canonical_json({**one, "weight": ""}) for one in leaves))
        if key not in self._indicators:
            rows = self.run.inputs.indicators
            self._indicators[key] = score_indicators(scheme, self.run.ratees, rows)
        return self._indicators[key]

    def _surveys_of(self, run: Run) -> SurveyLeaves:
        scores: dict[tuple[str, str], LeafScore] = {}
        missing: list[Missing] = []
        for leaf in run.scheme.leaves():
            if leaf.source == "questionnaire":
                of_leaf, lacking = self._survey(run, leaf)
                scores |= of_leaf
                missing += lacking
        return SurveyLeaves(scores, tuple(missing), {}, {}, {})

    def _survey(self, run: Run, leaf: Component) -> Scored:
        alone = replace(leaf, weight=Weight(HUNDRED), transforms=())
        scheme = run.scheme
        key = (leaf.path, canonical_json(alone.as_json()), run.statuses)
        for policy in (ANY_POLICY, scheme.missing):
            if (key, policy) in self._surveys:
                return self._surveys[key, policy]
        only = replace(scheme, components=(alone,))
        found = score_survey_leaves(
            run.engine, run.cells, only, _having(run, leaf), run.statuses, detail="scores"
        )
        policy = scheme.missing if found.missing else ANY_POLICY
        self._surveys[key, policy] = (found.scores, found.missing)
        return found.scores, found.missing


def _having(run: Run, leaf: Component) -> list[RateeRow]:
    """The ratees a leaf applies to."""
    classes = {
        one
        for one in {row.ratee_class for row in run.ratees}
        if leaf.path in {node.path for node in run.scheme.leaves_of(one)}
    }
    return [row for row in run.ratees if row.ratee_class in classes]
