"""From leaf scores to totals: weights, transforms, adjustments, vetoes. Scores are exact."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from analysis.component_scores import ONE, Leaves, Peers, Sum, interval
from analysis.figures import Figures, by_ratee
from analysis.inputs import AdjustmentRow, FigureRow, RateeRow, VetoRow
from analysis.ledger import NOTHING, Counted, count_ledger
from analysis.note import Note
from analysis.parent_leaves import longest_chain, parent_links, score_parent_leaves
from analysis.results import NodeScore, SourceSum
from analysis.rounding import half_up
from analysis.scheme import Scheme
from analysis.scheme.adjustments import Veto
from analysis.statistics.intervals.composite import combined_reach
from forms.definition import Text
from forms.problems import N_, InputError, Problem

HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True)
class Composed:
    """One ratee's total with everything it is made of.

    `total_exact` is the arithmetic: the root's children's `converted` + bonus - deduction counted.
    `total` is the score of record: that, rounded once half up; 0 under a veto that says so.
    `missing` names what keeps a total from being made where the scheme says "fail". `bonus_raw` is
    what was entered, times its multiplier; `sources` and `notes` say what caps cut off.
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
    sources: tuple[SourceSum, ...] = ()
    notes: tuple[Note, ...] = ()

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


def compose(
    scheme: Scheme,
    ratees: Sequence[RateeRow],
    leaves: Leaves,
    adjustments: Iterable[AdjustmentRow] = (),
    vetoes: Iterable[VetoRow] = (),
    figures: Iterable[FigureRow] = (),
) -> dict[str, Composed]:
    """Every ratee's total under the scheme, by ratee key.

    `leaves` are keyed by (ratee, leaf path); a leaf without a score is treated as the scheme says.
    Those that take a parent's total are filled in here. Classes and vetoes are given by the
    scheme's keys (see `analysis.binding`). InputError where totals depend on one another in a
    circle.
    """
    links = parent_links(scheme, ratees)
    basis = _Basis(
        scheme,
        ratees,
        count_ledger(scheme, adjustments),
        _vetoes_against(scheme, vetoes),
        by_ratee(figures),
    )
    made = basis.compose(leaves)
    if not links:
        return made
    above: Leaves = {}
    for _ in range(max(1, longest_chain(links))):
        above = score_parent_leaves(scheme, ratees, links, made)
        made = basis.compose({**leaves, **above})
    again = score_parent_leaves(scheme, ratees, links, made)
    if again != above:
        raise InputError(_unsettled(ratees, above, again))
    return made


@dataclass(frozen=True, slots=True)
class _Basis:
    """What totals rest on beside the leaves."""

    scheme: Scheme
    ratees: Sequence[RateeRow]
    ledger: Mapping[str, Counted]
    vetoes: Mapping[str, tuple[Veto, ...]]
    figures: Figures

    def compose(self, leaves: Leaves) -> dict[str, Composed]:
        """Every total from these leaves, in the order of the ratees."""
        scheme = self.scheme
        scale = ONE if scheme.base == HUNDRED else Fraction(scheme.base) / HUNDRED
        sums: dict[str, Sum] = {}
        by_class: dict[str, list[RateeRow]] = {}
        for ratee in self.ratees:
            by_class.setdefault(ratee.ratee_class, []).append(ratee)
        for ratee_class, ratees in by_class.items():
            peers = Peers(ratee_class, ratees, leaves, self.figures, scheme.missing)
            sums |= peers.score(scheme.components, scale)
        return {
            ratee.key: self._compose_one(ratee, sums[ratee.key], scale) for ratee in self.ratees
        }

    def _compose_one(self, ratee: RateeRow, made: Sum, scale: Fraction) -> Composed:
        ledger = self.ledger.get(ratee.key, NOTHING)
        vetoes = self.vetoes.get(ratee.key, ())
        exact = made.score
        if exact is not None and ledger is not NOTHING:
            exact += Fraction(ledger.bonus) - Fraction(ledger.deduction)
        known = made.variance if made.ballots else None
        variance = None if known is None else known * float(scale) ** 2
        se, lo, hi = interval(exact, variance, combined_reach([float(scale)], [made.reach]))
        counted = exact
        if exact is not None and any(veto.effect == "zero" for veto in vetoes):
            counted = Fraction(0)
        return Composed(
            ratee=ratee,
            total=None if counted is None else half_up(counted, self.scheme.decimals),
            total_exact=exact,
            se=se,
            lo=lo,
            hi=hi,
            n=made.ballots,
            bonus_raw=ledger.bonus_raw,
            bonus_counted=ledger.bonus,
            deduction_raw=ledger.deduction_raw,
            deduction_counted=ledger.deduction,
            vetoes=vetoes,
            nodes=made.nodes,
            missing=made.problems if self.scheme.missing == "fail" else (),
            sources=ledger.sources,
            notes=ledger.notes,
        )


def _unsettled(ratees: Sequence[RateeRow], first: Leaves, second: Leaves) -> list[Problem]:
    """Ratees whose parents' totals move with their own, through ranks or ratios of a class."""
    names = {ratee.key: ratee.name for ratee in ratees}
    keys = sorted({key for (key, path), one in second.items() if first[key, path] != one})
    return [
        Problem(
            names[key],
            N_("所属单位的总分又取决于同类的名次或比值，算不出确定的结果"),
            N_("请把单位和所属单位分在不同的类别，或在方案里去掉这一换算"),
        )
        for key in keys
    ]


def _vetoes_against(scheme: Scheme, rows: Iterable[VetoRow]) -> dict[str, tuple[Veto, ...]]:
    """The vetoes by ratee, each once; one the scheme does not list costs the best grade."""
    known = {veto.key: veto for veto in scheme.vetoes}
    found: dict[str, dict[str, Veto]] = {}
    for row in sorted(rows, key=lambda row: (row.ratee, row.veto)):
        veto = known.get(row.veto) or Veto(row.veto, Text(row.veto), "no_excellent")
        found.setdefault(row.ratee, {})[veto.key] = veto
    return {ratee: tuple(vetoes.values()) for ratee, vetoes in found.items()}
