"""Where a run must stop, and everything that stops it said at once."""

from collections.abc import Mapping, Sequence

from analysis.cells import FormCells
from analysis.composition import Composed
from analysis.inputs import Inputs
from analysis.results import NoAnswer
from analysis.run import Run
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
