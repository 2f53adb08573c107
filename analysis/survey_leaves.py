"""The questionnaire leaves of a scheme, scored for every ratee."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from analysis.cells import Detail, FormCells, Moments
from analysis.engine import Engine
from analysis.inputs import RateeRow
from analysis.parts import EVERYBODY, ballots_of, fold, left_out, part_label
from analysis.results import LeafScore
from analysis.scheme import Scheme
from analysis.scheme.components import Component
from analysis.tallies import effective_points, point_values, pool_classes, tally
from analysis.weighting import ClassTally, LeafRules, Missing, Parts, leaf_score
from forms.problems import N_

EVERYBODY_NAME = N_("全部评议主体")

LeafScores = dict[tuple[str, str], LeafScore]


@dataclass(frozen=True, slots=True)
class SurveyLeaves:
    """Leaf scores by (ratee, path), and what is missing.

    `uncounted` are rows left out because their evidence level or their part has no weight, by (leaf
    name, column, value). `unweighted` are (leaf name, rater class) that no weight names, with the
    rows that therefore do not score. `moments` are the sums behind the standard errors, by (path,
    ratee, rater class).
    """

    scores: LeafScores
    missing: tuple[Missing, ...]
    unweighted: Mapping[tuple[str, str], int]
    uncounted: Mapping[tuple[str, str, str], int]
    moments: Mapping[tuple[str, str, str], Moments]


def score_survey_leaves(
    engine: Engine,
    cells: Sequence[FormCells],
    scheme: Scheme,
    ratees: Sequence[RateeRow],
    statuses: Collection[str],
    detail: Detail = "full",
) -> SurveyLeaves:
    """Score every questionnaire leaf over the rows with one of `statuses`, where it applies."""
    scores: LeafScores = {}
    missing: list[Missing] = []
    unweighted: Counter[tuple[str, str]] = Counter()
    uncounted: Counter[tuple[str, str, str]] = Counter()
    moments: dict[tuple[str, str, str], Moments] = {}
    having = {one: scheme.leaves_of(one) for one in {ratee.ratee_class for ratee in ratees}}
    for leaf in scheme.leaves():
        asked = [ratee for ratee in ratees if leaf in having[ratee.ratee_class]]
        if leaf.source != "questionnaire" or not asked:
            continue
        used = leaf_cells(leaf, cells)
        rules = replace(_rules(scheme, leaf, used), detail=detail)
        if leaf.mix or leaf.evidence:
            uncounted += left_out(leaf, used, statuses)
            used = [one.regrouped(partial(part_label, leaf)) for one in used]
        tallies = tally(engine, used, leaf.unknown, statuses, detail)
        moments |= {
            (leaf.path, ratee, rater_class): one.moments
            for ratee, by_class in tallies.items()
            for rater_class, one in by_class.items()
        }
        for ratee in asked:
            found: Mapping[str, ClassTally | Parts] = fold(leaf, tallies.get(ratee.key, {}))
            weights = {key: Fraction(one) for key, one in leaf.rater_classes.of(ratee.ratee_class)}
            for rater_class in sorted(set(found) - set(weights) if weights else ()):
                place = (str(leaf.name), rater_class)
                unweighted[place] += ballots_of(found[rater_class])
            if not weights:
                weights = {EVERYBODY: Fraction(1)}
                if not leaf.mix:
                    found = pool_classes(tallies.get(ratee.key, {}), ratee.key, EVERYBODY)
            scores[ratee.key, leaf.path], lacking = leaf_score(ratee.key, rules, weights, found)
            missing += lacking
    return SurveyLeaves(scores, tuple(missing), unweighted, uncounted, moments)


def leaf_cells(leaf: Component, cells: Sequence[FormCells]) -> list[FormCells]:
    """The questionnaires a leaf takes: those it names, or any where it names none."""
    return [one for one in cells if leaf.takes(one.form.questionnaire.key)]


def _rules(scheme: Scheme, leaf: Component, cells: Sequence[FormCells]) -> LeafRules:
    values = point_values([effective_points(one.form, leaf.unknown) for one in cells])
    names = {key: str(scheme.rater_class_name(key)) for key in leaf.all_rater_classes()}
    return LeafRules(
        path=leaf.path,
        min_n=leaf.min_n,
        trim=Fraction(leaf.trim),
        missing=scheme.missing,
        bounds=(float(values[0]), float(values[-1])),
        class_names={EVERYBODY: EVERYBODY_NAME, **names},
    )
