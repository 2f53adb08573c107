"""Where a run must stop, and everything that stops it said at once."""

from collections.abc import Mapping, Sequence

from analysis.cells import FormCells
from analysis.composition import Composed
from analysis.inputs import Inputs
from analysis.results import NoAnswer
from analysis.run import Run
from analysis.scheme import Scheme
from analysis.sealed_round import IntegrityError, SealedRound
from analysis.sealed_round.checking import stored_numbers
from analysis.sealed_round.manifest import BALLOTS
from analysis.survey_leaves import SurveyLeaves
from analysis.weighting import Missing
from forms.problems import N_, InputError, Problem


def refuse_foreign_options(sealed: Sequence[SealedRound], cells: Sequence[FormCells]) -> None:
    """A stored number that no option has: the file is not what its questionnaire says."""
    problems = []
    for one in cells:
        questionnaire = one.form.questionnaire
        places = [str(s.folder / BALLOTS) for s in sealed if s.questionnaire == questionnaire]
        for item, _ in one.form.columns:
            known = set(stored_numbers(questionnaire, item))
            strange = sorted(set(one.items[item.key].option_number.tolist()) - known)
            if strange:
                problems.append(
                    Problem(
                        f"{'、'.join(places)}:{item.key}",
                        N_("有量表里没有的选项号 {numbers}"),
                        N_("请使用原始的封存文件夹"),
                        {"numbers": "、".join(map(str, strange))},
                    )
                )
    if problems:
        raise IntegrityError(tuple(problems))


def refuse_unknown_ratees(inputs: Inputs, cells: Sequence[FormCells]) -> None:
    known = {row.key for row in inputs.ratees}
    found: dict[str, int] = {}
    for one in cells:
        for key in one.keys:
            if key.ratee not in known:
                found[key.ratee] = found.get(key.ratee, 0) + key.n
    if found:
        raise InputError(
            Problem(
                ratee,
                N_("名册里没有这个评议对象，却有 {n} 份评议"),
                N_("请把它补进名册，或核对编号"),
                {"n": n},
            )
            for ratee, n in sorted(found.items())
        )


def refuse_without_answers(scheme: Scheme, inputs: Inputs, sealed: Sequence[SealedRound]) -> None:
    """Where ratees are asked about there must be answers."""
    classes = {row.ratee_class for row in inputs.ratees}
    asked = {
        leaf.name: None
        for ratee_class in sorted(classes)
        for leaf in scheme.leaves_of(ratee_class)
        if leaf.source == "questionnaire"
    }
    if asked and not sealed:
        raise InputError(
            [
                Problem(
                    scheme.key,
                    N_("方案有问卷构成「{names}」，却没有封存的轮次"),
                    N_("请给出封存的文件夹"),
                    {"names": "」「".join(asked)},
                )
            ]
        )


def refuse_foreign_leaves(run: Run) -> None:
    """Indicators of a ratee in a leaf that its class does not have: they would count nowhere."""
    known = {
        one: {leaf.path for leaf in run.scheme.leaves_of(one)}
        for one in {row.ratee_class for row in run.ratees}
    }
    classes = {row.key: row.ratee_class for row in run.ratees}
    found = [
        (one, classes[one.row.ratee])
        for one in run.indicators.results
        if one.row.ratee in classes and one.path not in known[classes[one.row.ratee]]
    ]
    if found:
        raise InputError(
            Problem(
                f"{one.row.indicator} {one.ratee_name}",
                N_("构成「{component}」不适用于类别 {class}"),
                N_("请改正「构成」一列，或名册里的类别"),
                {
                    "component": one.component_name,
                    "class": run.scheme.ratee_class_name(ratee_class),
                },
            )
            for one, ratee_class in found
        )


def refuse_missing(run: Run, surveys: SurveyLeaves, composed: Mapping[str, Composed]) -> None:
    """Under "fail" everything missing at once; and no run where nobody gets a total."""
    problems: list[Problem] = []
    if run.scheme.missing == "fail":
        told = _told(run, surveys)
        problems = [_lacking(run, one) for one in surveys.missing]
        problems += run.indicators.missing
        problems += [
            problem
            for key in sorted(composed)
            for problem in composed[key].missing
            if (problem.where, problem.values["component"]) not in told
        ]
    elif all(one.total is None for one in composed.values()):
        problems = [_lacking(run, one) for one in surveys.missing] or [
            Problem(
                run.scheme.key,
                N_("没有一个评议对象有得分"),
                N_("请核对名册、指标和封存的轮次是否属于同一次评估"),
            )
        ]
    if problems:
        raise NoAnswer(problems)


def _told(run: Run, surveys: SurveyLeaves) -> set[tuple[str, str]]:
    """Names of ratee and component of which the rater classes missing are listed already."""
    ratees = {row.key: row.name for row in run.ratees}
    leaves = {leaf.path: str(leaf.name) for leaf in run.scheme.leaves()}
    return {(ratees[one.ratee], leaves[one.leaf]) for one in surveys.missing}


def _lacking(run: Run, one: Missing) -> Problem:
    names = {row.key: row.name for row in run.ratees}
    return Problem(
        f"{names[one.ratee]} {one.path}",
        N_("有效答卷 {n} 份，最低 {min_n} 份"),
        N_("请补充评议，或在方案中改变缺项的处理"),
        {"n": one.n, "min_n": one.min_n},
    )
