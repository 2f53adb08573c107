"""Small schemes, ratees and leaf scores for tests of the composition."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from analysis.composition import Composed
from analysis.inputs import AdjustmentKind, AdjustmentRow, HistoryRow, RateeRow
from analysis.results import LeafScore, NodeScore
from analysis.scheme import Scheme

HEAD = 'key = "t"\nversion = "1"\ntitle = "t"\nmissing = "{missing}"\n'


def scheme_of(*blocks: str, missing: str = "redistribute", head: str = "") -> Scheme:
    """A scheme from TOML tables: top-level settings in `head`, then the blocks in order."""
    return Scheme.load("\n".join((HEAD.format(missing=missing), head, *blocks)).encode())


def leaf(key: str, weight: str, source: str = "indicators", more: str = "") -> str:
    """A component without children; `weight` is a number or a TOML table, `more` further lines."""
    number = weight if weight.startswith("{") else f'"{weight}"'
    lines = [f'key = "{key}"', f'name = "{key}"', f"weight = {number}", f'source = "{source}"']
    return "\n".join(("[[component]]", *lines, more))


def ratee(key: str, ratee_class: str = "unit", parent: str = "", name: str = "") -> RateeRow:
    return RateeRow(key, name or key, ratee_class, "", parent=parent)


def scores(by_place: Mapping[tuple[str, str], str | None]) -> dict[tuple[str, str], LeafScore]:
    return {
        place: LeafScore(None if score is None else Fraction(score))
        for place, score in by_place.items()
    }


def entry(
    kind: AdjustmentKind,
    points: str,
    source: str = "",
    multiplier: str = "1",
    evidence: str = "文件",
) -> AdjustmentRow:
    return AdjustmentRow(
        "u", kind, Decimal(points), "事项", source, evidence, None, Decimal(multiplier)
    )


def months(ratee_key: str, marks: Mapping[str, str], series: str = "monthly") -> list[HistoryRow]:
    return [HistoryRow(ratee_key, one, "", series, Decimal(mark)) for one, mark in marks.items()]


def node_of(made: Composed, path: str) -> NodeScore:
    return next(node for node in made.nodes if node.path == path)


def children(nodes: Iterable[NodeScore], path: str) -> list[NodeScore]:
    prefix = f"{path}/" if path else ""
    return [
        node
        for node in nodes
        if node.path.startswith(prefix) and "/" not in node.path[len(prefix) :]
    ]


def readds(made: Composed) -> bool:
    """Whether the trace adds up exactly, transforms and all: every node from those below it."""
    parts = sum((one.converted or Fraction(0) for one in children(made.nodes, "")), Fraction(0))
    if parts + Fraction(made.bonus_counted) - Fraction(made.deduction_counted) != made.total_exact:
        return False
    return all(_node_readds(made, node) for node in made.nodes if node.score is not None)


def _node_readds(made: Composed, node: NodeScore) -> bool:
    score = node.steps[0].before if node.steps else node.score
    below = children(made.nodes, node.path)
    if below and sum((one.converted or Fraction(0) for one in below), Fraction(0)) != score:
        return False
    for step in node.steps:
        if step.before != score or (step.factor is not None and score * step.factor != step.after):
            return False
        score = step.after
    return score == node.score
