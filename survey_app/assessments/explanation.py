"""The walk from a total down to the counts of votes, each step in words and in figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from analysis.indicators import IndicatorResult
from analysis.inputs import Inputs
from analysis.results import Assessment, NodeScore, RateeResult
from analysis.results import Step as Transformed
from analysis.rounding import half_up
from forms.problems import N_, plain
from forms.questionnaire import Questionnaire
from survey_app.assessments.explained_inputs import adjustment_steps, indicator_steps
from survey_app.assessments.steps import Conversion, Step, StepKind, exact_text, percent, two

__all__ = ["Step", "exact_text", "explain", "percent", "two"]

TOTAL = N_("总分 ＝ 各构成折算分之和 ＋ 计入的加分 － 计入的减分；最后一次四舍五入")
WEIGHTED = N_("得分 ＝ 各部分得分 × 所占份额，再相加")
VOTES = N_("得分 ＝（选项分值 × 票数，再相加）÷ 有效票数；不了解和空白不计入")
GIVEN = N_("得分由下一级直接给出")
INDICATORS = N_("得分 ＝ 各项指标得分之和 ÷ 各项指标分值之和 × 100")
SUPPRESSED = N_("样本不足，不显示")


def explain(
    assessment: Assessment, result: RateeResult, inputs: Inputs | None = None
) -> tuple[Step, ...]:
    """The steps of one ratee's total, from the top down, in the order of the scheme's tree.

    With `inputs` the adjustments go down to the entries of the ledger.
    """
    points = option_points(assessment.questionnaires)
    entries = [one for one in inputs.adjustments if one.ratee == result.key] if inputs else []
    steps = [_total(result, assessment.scheme.base), *adjustment_steps(result, entries)]
    rows: dict[str, list[IndicatorResult]] = {}
    for row in assessment.indicators:
        if row.row.ratee == result.key:
            rows.setdefault(row.path, []).append(row)
    for node in result.nodes:
        of_leaf = rows.get(node.path, [])
        below = children_of(node.path, result.nodes)
        work = _from_indicators(node, of_leaf) if of_leaf else _work(node, below, points)
        steps.append(_node(node, work, "indicators" if of_leaf else node.kind))
        steps += indicator_steps(node.path, of_leaf)
    return tuple(_rounded_above_hidden(steps))


def _rounded_above_hidden(steps: Sequence[Step]) -> list[Step]:
    """Two decimals above a hidden step: a fraction would tell how many ballots are hidden."""
    hidden = [one.path for one in steps if one.is_suppressed and not one.n and one.path]
    return [
        replace(one, exact=_two(one.exact), adds=_two(one.adds), conversions=(), readds=False)
        if any(path.startswith(f"{one.path}/" if one.path else "") for path in hidden)
        else one
        for one in steps
    ]


def _two(value: Fraction | None) -> Fraction | None:
    return None if value is None else Fraction(half_up(value, 2))


def children_of(path: str, nodes: Sequence[NodeScore]) -> tuple[NodeScore, ...]:
    """The nodes directly below a path; below "" those of the root."""
    prefix = f"{path}/" if path else ""
    return tuple(
        node
        for node in nodes
        if node.path.startswith(prefix) and "/" not in node.path[len(prefix) :]
    )


def option_points(questionnaires: Mapping[str, Questionnaire]) -> dict[str, Decimal]:
    """Points by an option's words; words that stand for different points are left out."""
    found: dict[str, set[Decimal | None]] = {}
    for form in questionnaires.values():
        for item in form.scored_items:
            for option in form.scale_of(item).options:
                found.setdefault(str(option.text), set()).add(option.points)
    return {
        text: points
        for text, values in found.items()
        if len(values) == 1 and (points := next(iter(values))) is not None
    }


def _shown(value: Fraction | int | None) -> Fraction:
    """The value a reader sees: rounded to two decimals."""
    return Fraction(half_up(Fraction(value or 0), 2))


def _sign(shown: Fraction, exact: Fraction | None) -> str:
    """Whether the rounded figures on the page lead to the printed result, or only nearly."""
    return "＝" if exact is not None and _shown(shown) == _shown(exact) else "≈"


def _total(result: RateeResult, base: Decimal) -> Step:
    top = children_of("", result.nodes)
    parts = [two(node.converted) for node in top if node.converted is not None]
    figures = " ＋ ".join(parts)
    figures += f" ＋ {plain(result.bonus_counted)} － {plain(result.deduction_counted)}"
    shown = sum((_shown(node.converted) for node in top if node.converted is not None), Fraction(0))
    shown += Fraction(result.bonus_counted) - Fraction(result.deduction_counted)
    figures += f" {_sign(shown, result.total_exact)} {two(result.total_exact)}"
    added = sum((node.converted for node in top if node.converted is not None), Fraction(0))
    added += Fraction(result.bonus_counted) - Fraction(result.deduction_counted)
    return Step(
        path="",
        level=0,
        kind="total",
        label=N_("总分"),
        formula=TOTAL,
        figures="" if result.total_exact is None else figures,
        exact=result.total_exact,
        adds=None,
        weight=Fraction(base),
        n=result.n,
        se=result.se,
        lo=result.lo,
        hi=result.hi,
        readds=added == result.total_exact,
        is_suppressed=result.suppressed,
    )


def _node(node: NodeScore, work: tuple[str, str, bool], kind: StepKind) -> Step:
    formula, figures, readds = work
    return Step(
        path=node.path,
        level=node.path.count("/") + 1,
        kind=kind,
        label=node.name,
        formula=SUPPRESSED if node.suppressed else formula,
        figures="" if node.suppressed else figures,
        exact=None if node.suppressed else node.score,
        adds=None if node.suppressed else node.converted,
        share=node.share,
        weight=node.weight,
        n=node.n,
        se=None if node.suppressed else node.se,
        lo=None if node.suppressed else node.lo,
        hi=None if node.suppressed else node.hi,
        votes=() if node.suppressed else node.votes,
        conversions=() if node.suppressed else tuple(map(_conversion, node.steps)),
        notes=(*node.steps, *node.notes),
        readds=readds and not node.suppressed,
        is_suppressed=node.suppressed,
    )


def _conversion(step: Transformed) -> Conversion:
    return Conversion(step, step.before, step.factor, step.after)


def _start(node: NodeScore) -> Fraction | None:
    """The node's score before its transforms."""
    return node.steps[0].before if node.steps else node.score


def _converts(node: NodeScore) -> bool:
    """Whether the transforms lead from one value to the next, and to the score."""
    values = [_start(node), *(step.after for step in node.steps)]
    chained = all(step.before == values[place] for place, step in enumerate(node.steps))
    factors = all(
        step.factor is None or step.before * step.factor == step.after for step in node.steps
    )
    return chained and factors and values[-1] == node.score


def _work(
    node: NodeScore, below: Sequence[NodeScore], points: Mapping[str, Decimal]
) -> tuple[str, str, bool]:
    """Formula, figures, and whether the figures lead to the node's score exactly."""
    if node.score is None:
        return GIVEN, "", False
    if node.votes and not below:
        return VOTES, *_from_votes(node, points)
    counted = [one for one in below if one.score is not None and one.share is not None]
    if not counted:
        return GIVEN, "", True
    terms = " ＋ ".join(
        f"{two(one.score)} × {percent(one.share or Fraction(0))}" for one in counted
    )
    added = sum((one.converted or Fraction(0) for one in counted), Fraction(0))
    shown = sum(
        (_shown(one.score) * _shown((one.share or 0) * 100) for one in counted), Fraction(0)
    )
    figures = f"{terms} {_sign(shown / 100, added)} {two(added)}"
    if added != node.score:
        figures += f" → {two(node.score)}"  # the node's notes say by which transform
    return WEIGHTED, figures, added == _start(node) and _converts(node)


def _from_indicators(node: NodeScore, rows: Sequence[IndicatorResult]) -> tuple[str, str, bool]:
    reported = [(row.score, row.row.points) for row in rows if row.score is not None]
    points = sum((full for _, full in reported), Decimal(0))
    if node.score is None or not points:
        return INDICATORS, "", False
    scores = sum((given for given, _ in reported), Decimal(0))
    found = 100 * Fraction(scores) / Fraction(points)
    figures = f"{plain(scores)} ÷ {plain(points)} × 100 ＝ {two(found)}"
    if found != node.score:
        figures += f" → {two(node.score)}"
    return INDICATORS, figures, found == _start(node) and _converts(node)


def _from_votes(node: NodeScore, points: Mapping[str, Decimal]) -> tuple[str, bool]:
    valued = [(points[text], n) for text, n in node.votes if text in points and n]
    whole = sum(n for _, n in valued)
    if not whole:
        return "", False
    terms = " ＋ ".join(f"{plain(value)}×{n}" for value, n in valued)
    found = sum((Fraction(value) * n for value, n in valued), Fraction(0)) / whole
    return f"（{terms}）÷ {whole} ＝ {two(node.score)}", found == node.score
