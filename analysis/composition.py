"""From leaf scores to totals: weights, transforms, adjustments, vetoes. Scores are exact."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import sqrt

from analysis.inputs import AdjustmentKind, AdjustmentRow, RateeRow, VetoRow
from analysis.results import LeafScore, NodeScore, Note
from analysis.rounding import half_up
from analysis.scheme import MissingPolicy, Scheme
from analysis.scheme.adjustments import Veto
from analysis.scheme.components import Component
from analysis.scheme.transforms import Transform
from analysis.transforms import Transformed, transform_class
from forms.definition import Text
from forms.problems import N_, Problem

HUNDRED = Fraction(100)
Z95 = 1.959963984540054
REDISTRIBUTED = N_("没有得分，权重已分给其他构成")
AS_ZERO = N_("没有得分，按零分计")
NO_SCORE = N_("没有得分")

Leaves = Mapping[tuple[str, str], LeafScore]


@dataclass(frozen=True, slots=True)
class Composed:
    """One ratee's total with everything it is made of.

    `total_exact` is the arithmetic: the root's children's `converted` + bonus - deduction counted.
    `total` is the score of record: that, rounded once half up; 0 under a veto that says so.
    `missing` names what keeps a total from being made where the scheme says "fail".
    """

    ratee: RateeRow
    total: Decimal | None
    total_exact: Fraction | None
    se: float | None
    lo: float | None
    hi: float | None
    n: int
    bonus_raw: Decimal
    bonus_counted: Decimal
    deduction_raw: Decimal
    deduction_counted: Decimal
    vetoes: tuple[Veto, ...]
    nodes: tuple[NodeScore, ...]
    missing: tuple[Problem, ...]

    @property
    def counted_exact(self) -> Fraction | None:
        """What orders ratees behind the score of record: the unrounded total that counts."""
        return Fraction(0) if self.is_zeroed else self.total_exact

    @property
    def is_zeroed(self) -> bool:
        return any(veto.effect == "zero" for veto in self.vetoes)

    def score_of(self, path: str) -> Fraction | None:
        """The score of a component; None where there is none."""
        return next((node.score for node in self.nodes if node.path == path), None)


@dataclass(frozen=True, slots=True)
class _Part:
    """A node while the tree is built: `variance` 0 is a figure without sampling error."""

    node: NodeScore
    variance: float | None
    n: int
    below: tuple[NodeScore, ...]


def compose(
    scheme: Scheme,
    ratees: Sequence[RateeRow],
    leaves: Leaves,
    adjustments: Iterable[AdjustmentRow] = (),
    vetoes: Iterable[VetoRow] = (),
) -> dict[str, Composed]:
    """Every ratee's total under the scheme, by ratee key.

    `leaves` are keyed by (ratee, leaf path); a leaf without a score is treated as the scheme says.
    Classes and vetoes are given by the scheme's keys (see `analysis.binding`).
    """
    by_child = [_score_node(child, scheme.missing, ratees, leaves) for child in scheme.components]
    ledger = _sum_ledger(adjustments)
    against = _vetoes_against(scheme, vetoes)
    return {
        ratee.key: _compose_one(
            scheme,
            ratee,
            [parts[ratee.key] for parts in by_child],
            ledger,
            against.get(ratee.key, ()),
        )
        for ratee in ratees
    }


def _score_node(
    component: Component, policy: MissingPolicy, ratees: Sequence[RateeRow], leaves: Leaves
) -> dict[str, _Part]:
    """One component for every ratee: its children first, then its own transform."""
    if component.components:
        children = [_score_node(one, policy, ratees, leaves) for one in component.components]
        parts = {
            ratee.key: _combine(component, [child[ratee.key] for child in children], policy)
            for ratee in ratees
        }
    else:
        parts = {
            ratee.key: _leaf_part(component, leaves.get((ratee.key, component.path)))
            for ratee in ratees
        }
    return _transformed(component, ratees, parts)


def _leaf_part(leaf: Component, found: LeafScore | None) -> _Part:
    found = found or LeafScore(None)
    is_survey = leaf.source == "questionnaire"
    variance = found.se**2 if found.se is not None else (None if is_survey else 0.0)
    node = _node(leaf, found.score, variance if is_survey else None, found.n)
    return _Part(node, variance, found.n if is_survey else 0, found.nodes)


def _combine(component: Component, parts: Sequence[_Part], policy: MissingPolicy) -> _Part:
    shared = _share_out(parts, policy)
    score = _sum_converted(shared)
    variance = _variance(shared)
    n = sum(part.n for part in parts)
    below = tuple(node for part in shared for node in (part.node, *part.below))
    return _Part(_node(component, score, variance if n else None, n), variance, n, below)


def _share_out(parts: Sequence[_Part], policy: MissingPolicy) -> list[_Part]:
    """Give every part its share of the parent and what it adds to it."""
    present = [part for part in parts if part.node.score is not None]
    counted = present if policy == "redistribute" else parts
    whole = sum((_weight(part) for part in counted), Fraction(0))
    fails = policy == "fail" and len(present) < len(parts)
    return [
        replace(part, node=_shared(part.node, _weight(part), whole, policy, fails=fails))
        for part in parts
    ]


def _shared(
    node: NodeScore, weight: Fraction, whole: Fraction, policy: MissingPolicy, *, fails: bool
) -> NodeScore:
    if node.score is not None:
        share = weight / whole if whole else Fraction(0)
        return replace(node, share=share, converted=None if fails else node.score * share)
    if policy == "redistribute":
        return replace(node, share=Fraction(0), notes=node.notes or (Note(REDISTRIBUTED),))
    share = weight / whole if whole else Fraction(0)
    if policy == "zero":
        return replace(
            node, share=share, converted=Fraction(0), notes=node.notes or (Note(AS_ZERO),)
        )
    return replace(node, share=share, notes=node.notes or (Note(NO_SCORE),))


def _weight(part: _Part) -> Fraction:
    return part.node.weight or Fraction(0)


def _sum_converted(parts: Sequence[_Part]) -> Fraction | None:
    """The parent's score; None where no part counts, or where one is missing that may not be."""
    converted = [part.node.converted for part in parts if part.node.share]
    known = [one for one in converted if one is not None]
    return sum(known, Fraction(0)) if known and len(known) == len(converted) else None


def _variance(parts: Sequence[_Part]) -> float | None:
    """Σ share² · variance, the parts being independent; None where a part's is not known."""
    total = 0.0
    for part in parts:
        if part.node.share and part.node.score is not None:
            if part.variance is None:
                return None
            total += float(part.node.share) ** 2 * part.variance
    return total


def _transformed(
    component: Component, ratees: Sequence[RateeRow], parts: dict[str, _Part]
) -> dict[str, _Part]:
    """The component's transform, within each class of ratees; the note says what it was before."""
    for transform in component.transforms:
        parts = _transformed_by(component, transform, ratees, parts)
    return parts


def _transformed_by(
    component: Component, transform: Transform, ratees: Sequence[RateeRow], parts: dict[str, _Part]
) -> dict[str, _Part]:
    made: dict[str, Transformed] = {}
    for ratee_class in {ratee.ratee_class for ratee in ratees}:
        scores = {
            ratee.key: parts[ratee.key].node.score
            for ratee in ratees
            if ratee.ratee_class == ratee_class
        }
        made |= transform_class(transform, scores)
    return {key: _replaced(component, part, made.get(key)) for key, part in parts.items()}


def _replaced(component: Component, part: _Part, made: Transformed | None) -> _Part:
    if made is None:
        return part
    variance = None if part.variance is None or made.scale is None else part.variance
    if variance is not None and made.scale is not None:
        variance *= float(made.scale) ** 2
    shown = variance if part.n else None
    node = replace(_node(component, made.score, shown, part.node.n), notes=(Note(made.note),))
    return replace(part, node=node, variance=variance)


def _node(
    component: Component, score: Fraction | None, variance: float | None, n: int
) -> NodeScore:
    se, lo, hi = _interval(score, variance)
    return NodeScore(
        path=component.path,
        kind="component",
        name=component.name,
        weight=Fraction(component.weight.everywhere or 0),
        score=score,
        se=se,
        lo=None if lo is None else max(0.0, lo),
        hi=None if hi is None else min(100.0, hi),
        n=n,
    )


def _interval(
    score: Fraction | None, variance: float | None
) -> tuple[float | None, float | None, float | None]:
    """Standard error and 95 % interval; nothing where either is not known."""
    if score is None or variance is None:
        return None, None, None
    se = sqrt(variance)
    return se, float(score) - Z95 * se, float(score) + Z95 * se


def _compose_one(
    scheme: Scheme,
    ratee: RateeRow,
    parts: Sequence[_Part],
    ledger: Mapping[tuple[str, AdjustmentKind], Decimal],
    vetoes: tuple[Veto, ...],
) -> Composed:
    scale = Fraction(scheme.base) / HUNDRED
    shared = _share_out(parts, scheme.missing)
    weighted = _sum_converted(shared)
    bonus = ledger.get((ratee.key, "bonus"), Decimal(0))
    deduction = ledger.get((ratee.key, "deduction"), Decimal(0))
    bonus_counted = _capped(bonus, scheme.adjustments.bonus_cap)
    deduction_counted = _capped(deduction, scheme.adjustments.deduction_cap)
    n = sum(part.n for part in parts)
    variance = _variance(shared) if n else None
    exact = None
    if weighted is not None:
        exact = weighted * scale + Fraction(bonus_counted) - Fraction(deduction_counted)
    se, lo, hi = _interval(exact, None if variance is None else variance * float(scale) ** 2)
    made = Composed(
        ratee=ratee,
        total=None,
        total_exact=exact,
        se=se,
        lo=lo,
        hi=hi,
        n=n,
        bonus_raw=bonus,
        bonus_counted=bonus_counted,
        deduction_raw=deduction,
        deduction_counted=deduction_counted,
        vetoes=vetoes,
        nodes=tuple(node for part in shared for node in (_scaled(part.node, scale), *part.below)),
        missing=_missing(scheme, ratee, shared),
    )
    counted = made.counted_exact if exact is not None else None
    return replace(made, total=None if counted is None else half_up(counted, scheme.decimals))


def _scaled(node: NodeScore, scale: Fraction) -> NodeScore:
    """A child of the root adds points of the base, not of 100."""
    return replace(node, converted=None if node.converted is None else node.converted * scale)


def _missing(scheme: Scheme, ratee: RateeRow, parts: Sequence[_Part]) -> tuple[Problem, ...]:
    if scheme.missing != "fail":
        return ()
    leaves = {leaf.path for leaf in scheme.leaves()}
    nodes = [node for part in parts for node in (part.node, *part.below)]
    return tuple(
        Problem(
            ratee.name,
            N_("没有「{component}」的得分"),
            N_("请补齐数据，或在方案中改变缺项的处理"),
            {"component": node.name},
        )
        for node in nodes
        if node.path in leaves and node.score is None
    )


def _sum_ledger(rows: Iterable[AdjustmentRow]) -> dict[tuple[str, AdjustmentKind], Decimal]:
    sums: dict[tuple[str, AdjustmentKind], Decimal] = {}
    for row in rows:
        place = (row.ratee, row.kind)
        sums[place] = sums.get(place, Decimal(0)) + row.points
    return sums


def _capped(points: Decimal, cap: Decimal | None) -> Decimal:
    return points if cap is None else min(points, cap)


def _vetoes_against(scheme: Scheme, rows: Iterable[VetoRow]) -> dict[str, tuple[Veto, ...]]:
    """The vetoes by ratee, each once; one the scheme does not list costs the best grade."""
    known = {veto.key: veto for veto in scheme.vetoes}
    found: dict[str, dict[str, Veto]] = {}
    for row in sorted(rows, key=lambda row: (row.ratee, row.veto)):
        veto = known.get(row.veto) or Veto(row.veto, Text(row.veto), "no_excellent")
        found.setdefault(row.ratee, {})[veto.key] = veto
    return {ratee: tuple(vetoes.values()) for ratee, vetoes in found.items()}
