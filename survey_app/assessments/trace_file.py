"""The explanation of one score as data: exact fractions, so that anybody can add them up again."""

from fractions import Fraction

from analysis.inputs import Inputs
from analysis.results import Assessment, RateeResult
from survey_app.assessments.explanation import explain
from survey_app.assessments.grading import GradeLine
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.steps import Step

FORMAT = "survey-trace/1"


def trace_json(run: OpenedRun, line: GradeLine) -> dict[str, object]:
    """Everything behind one total and one grade; exact values are fractions like "260/3"."""
    one = line.one
    return {
        "format": FORMAT,
        "round": run.frozen.key,
        "run": run.line.number,
        "content_digest": run.line.content_digest,
        "simulated": run.is_simulated,
        **_scheme_json(run.assessment),
        **_result_json(one),
        "steps": steps_json(run.assessment, one, run.inputs),
        "grade": {
            "proposed": line.proposed_name,
            "decided": line.grade_name,
            "reason": line.reason,
            "allowed": [name for _, name in line.allowed],
            "refusals": [note.text() for note in one.refusals],
            "left_to_people": [note.text() for note in one.to_decide],
            "consequences": [
                {"name": str(each.name), "reason": each.reason.text()} for each in one.consequences
            ],
        },
    }


def steps_json(assessment: Assessment, one: RateeResult, inputs: Inputs) -> list[dict[str, object]]:
    """Every step from the top down; `adds` of those one level below lead to `exact`."""
    return [_step_json(step) for step in explain(assessment, one, inputs)]


def _scheme_json(assessment: Assessment) -> dict[str, object]:
    scheme = assessment.scheme
    return {
        "scheme": {"key": scheme.key, "version": scheme.version, "digest": scheme.digest},
        "base": str(scheme.base),
        "decimals": scheme.decimals,
    }


def _result_json(one: RateeResult) -> dict[str, object]:
    return {
        "ratee": one.key,
        "name": one.name,
        "class": one.ratee_class,
        "total": None if one.total is None else str(one.total),
        "rank_class": one.rank_class,
        "veto": list(one.veto),
    }


def _step_json(step: Step) -> dict[str, object]:
    return {
        "path": step.path,
        "level": step.level,
        "kind": step.kind,
        "label": step.label,
        "formula": step.formula,
        "figures": step.figures,
        "exact": _fraction(step.exact),
        "adds": _fraction(step.adds),
        "share": _fraction(step.share),
        "conversions": [
            {
                "text": one.note.text(),
                "before": _fraction(one.before),
                "factor": _fraction(one.factor),
                "after": _fraction(one.after),
            }
            for one in step.conversions
        ],
        "votes": [[text, n] for text, n in step.votes],
        "notes": [note.text() for note in step.notes],
    }


def _fraction(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
