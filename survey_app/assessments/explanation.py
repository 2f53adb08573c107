"""The walk from a total down to the counts of votes, each step in words and in figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from analysis.indicators import IndicatorResult
from analysis.results import Assessment, NodeScore, RateeResult
from analysis.rounding import half_up
from forms.problems import N_, plain
from forms.questionnaire import Questionnaire

StepKind = Literal[
    "total", "adjustment", "component", "indicators", "rater_class", "dimension", "period"
]
MOST_DECIMALS = 6

TOTAL = N_("总分 ＝ 各构成折算分之和 ＋ 计入的加分 － 计入的减分；最后一次四舍五入")
BONUS = N_("计入的加分 ＝ 加分合计，不超过上限")
DEDUCTION = N_("计入的减分 ＝ 减分合计，不超过上限")
WEIGHTED = N_("得分 ＝ 各部分得分 × 所占份额，再相加")
VOTES = N_("得分 ＝（选项分值 × 票数，再相加）÷ 有效票数；不了解和空白不计入")
GIVEN = N_("得分由下一级直接给出")
INDICATORS = N_("得分 ＝ 各项指标得分之和 ÷ 各项指标分值之和 × 100")
SUPPRESSED = N_("样本不足，不显示")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the walk. `level` is 0 for the total, one more for each step down.

    `exact` is the step's value and `adds` what it adds to the step above, both exact; the `adds` of
    the steps directly below re-add to `exact` where `readds` says so. `share` is the part of the
    step above (0-1). `formula` is a message id, the other words are data.
    """

    path: str
    level: int
    kind: StepKind
    label: str
    formula: str
    figures: str
    exact: Fraction | None
    adds: Fraction | None
    share: Fraction | None = None
    weight: Fraction | None = None
    n: int | None = None
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    votes: tuple[tuple[str, int], ...] = ()
    note: str = ""
    readds: bool = False
    is_suppressed: bool = False

    @property
    def result(self) -> str:
        """The value with two decimals, or a dash."""
        return two(self.exact)

    @property
    def exact_text(self) -> str:
        """The value without rounding: a short decimal where there is one, else a fraction."""
        return "—" if self.exact is None else exact_text(self.exact)

    @property
    def adds_text(self) -> str:
        """What it adds to the step above, without rounding."""
        return "—" if self.adds is None else exact_text(self.adds)


def explain(assessment: Assessment, result: RateeResult) -> tuple[Step, ...]:
    """The steps of one ratee's total, from the top down, in the order of the scheme's tree."""
    points = option_points(assessment.questionnaires)
    steps = [_total(result, assessment.scheme.base), *_adjustments(result)]
    for node in result.nodes:
        rows = [
            row
            for row in assessment.indicators
            if row.row.ratee == result.key and row.path == node.path
        ]
        work = (
            _from_indicators(node, rows)
            if rows
            else _work(node, children_of(node.path, result.nodes), points)
        )
        steps.append(_node(node, work, "indicators" if rows else node.kind))
    return tuple(steps)


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


def exact_text(value: Fraction) -> str:
    """A fraction exactly: 92.9 where six decimals are enough, else 1234/567."""
    scaled = value * 10**MOST_DECIMALS
    if scaled.denominator == 1:
        return plain(Decimal(scaled.numerator).scaleb(-MOST_DECIMALS))
    return f"{value.numerator}/{value.denominator}"


def two(value: Fraction | None) -> str:
    """A value with two decimals, or the dash of one that does not exist."""
    return "—" if value is None else str(half_up(value, 2))


def _shown(value: Fraction | int | None) -> Fraction:
    """The value a reader sees: rounded to two decimals."""
    return Fraction(half_up(Fraction(value or 0), 2))


def _sign(shown: Fraction, exact: Fraction | None) -> str:
    """Whether the rounded figures on the page lead to the printed result, or only nearly."""
    return "＝" if exact is not None and _shown(shown) == _shown(exact) else "≈"


def percent(share: Fraction) -> str:
    """A share as a percentage, with as many decimals as it has up to two."""
    return plain(half_up(share * 100, 2)) + "%"


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


def _adjustments(result: RateeResult) -> list[Step]:
    rows = (
        ("+", N_("加分"), BONUS, result.bonus_raw, result.bonus_counted, 1),
        ("-", N_("减分"), DEDUCTION, result.deduction_raw, result.deduction_counted, -1),
    )
    return [
        Step(
            path=path,
            level=1,
            kind="adjustment",
            label=label,
            formula=formula,
            figures=f"Σ {plain(raw)} → {plain(counted)}",
            exact=Fraction(counted),
            adds=sign * Fraction(counted),
            note=N_("合计超过上限，已封顶") if counted != raw else "",
            readds=True,
        )
        for path, label, formula, raw, counted, sign in rows
    ]


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
        note=node.note,
        readds=readds and not node.suppressed,
        is_suppressed=node.suppressed,
    )


def _work(
    node: NodeScore, below: Sequence[NodeScore], points: Mapping[str, Decimal]
) -> tuple[str, str, bool]:
    """Formula, figures, and whether the figures lead to the node's score exactly."""
    if node.score is None:
        return GIVEN, "", False
    if node.votes and not below:
        return VOTES, *_from_votes(node, node.score, points)
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
        figures += f" → {two(node.score)}"  # the node's note says by which transform
    return WEIGHTED, figures, added == node.score


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
    return INDICATORS, figures, found == node.score


def _from_votes(
    node: NodeScore, score: Fraction, points: Mapping[str, Decimal]
) -> tuple[str, bool]:
    valued = [(points[text], n) for text, n in node.votes if text in points and n]
    whole = sum(n for _, n in valued)
    if not whole:
        return "", False
    terms = " ＋ ".join(f"{plain(value)}×{n}" for value, n in valued)
    found = sum((Fraction(value) * n for value, n in valued), Fraction(0)) / whole
    return f"（{terms}）÷ {whole} ＝ {two(score)}", found == score
