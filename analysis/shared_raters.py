"""How the errors of ratees go together where the same raters rate several of them.

A delegate who marks down everybody moves all totals at once, which leaves their differences as they
were. With z_bu the part ballot b has in the error of the score S_u of one rater class
(z_bu = Σ_d W_d (y_bud - S_ud n_bud) / N_ud, as in `analysis.estimation`), the correlation of two
scores is Σ_b z_bu z_bv / √(Σ z_bu² Σ z_bv²), ballots that rate only one of the two adding to the
denominator alone (Binder 1983; Särndal, Swensson & Wretman 1992, §5.5). Totals share the
correlation of every rater class in proportion to what it adds to their errors.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import lcm, sqrt
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.cells import FormCells, dimension_items, dimension_sums
from analysis.dedupe import sql_list
from analysis.estimation import Z
from analysis.parts import EVERYBODY
from analysis.results import NodeScore
from analysis.run import Run
from analysis.scheme.components import Component
from analysis.survey_leaves import leaf_cells
from analysis.tallies import effective_points, point_values

Floats = NDArray[np.float64]
Nodes = Mapping[str, Mapping[str, NodeScore]]
Products = dict[str, dict[tuple[str, str], float]]
FEW = 10
FINE = 10_000
"""Weights become whole numbers of this fineness, so that sums do not depend on any order."""


class Scored(Protocol):
    """A ratee's total: its error, whether a veto makes it 0, and the nodes it is made of."""

    @property
    def se(self) -> float | None: ...
    @property
    def is_zeroed(self) -> bool: ...
    @property
    def nodes(self) -> tuple[NodeScore, ...]: ...


@dataclass(frozen=True, slots=True)
class Covariance:
    """The covariance of totals, shaped ratees × ratees in the order of `keys`."""

    keys: tuple[str, ...]
    matrix: Floats

    def of(self, keys: Sequence[str]) -> Floats:
        """The part of these ratees, in this order."""
        place = {key: number for number, key in enumerate(self.keys)}
        chosen = [place[key] for key in keys]
        found: Floats = self.matrix[np.ix_(chosen, chosen)]
        return found


def total_covariance(run: Run, composed: Mapping[str, Scored]) -> Covariance:
    """The covariance of all totals; 0 where an error is not known or a veto makes the total 0.

    A handful of ballots that agree, or nearly, give a standard error of next to nothing. There the
    rater class's usual spread stands in: s²/n, with s² pooled over all ratees it rated.
    """
    keys = tuple(row.key for row in run.ratees)
    place = {key: number for number, key in enumerate(keys)}
    base = float(run.scheme.base)
    usual = _usual_spread(composed.values())
    parts = {key: list(_error_parts(composed[key], base, usual)) for key in keys}
    matrix = np.diag([_variance(composed[key], parts[key]) for key in keys])
    adds = {key: {one.path: one.error for one in found} for key, found in parts.items()}
    for path, pairs in class_correlations(run, composed).items():
        for (first, second), correlation in pairs.items():
            shared = adds[first].get(path, 0.0) * adds[second].get(path, 0.0) * correlation
            i, j = place[first], place[second]
            matrix[i, j] += shared
            matrix[j, i] += shared
    return Covariance(keys, matrix)


class _Part(NamedTuple):
    """What a rater class adds to the error of a total: as the ballots say, and as it is taken."""

    path: str
    own: float
    error: float


def _variance(one: Scored, parts: Sequence[_Part]) -> float:
    if one.se is None or one.is_zeroed:
        return 0.0
    taken = sum(part.error**2 - part.own**2 for part in parts)
    return max(one.se**2 + taken, 0.0)


def _usual_spread(composed: Iterable[Scored]) -> dict[str, float]:
    """By path of a rater class s², the variance of one ballot's score, pooled over ratees."""
    sums: dict[str, tuple[float, int]] = {}
    for one in composed:
        for node in one.nodes:
            if node.kind == "rater_class" and node.se is not None and node.n > 1:
                squares, n = sums.get(node.path, (0.0, 0))
                freedom = node.n - 1
                sums[node.path] = squares + freedom * node.se**2 * node.n, n + freedom
    return {path: squares / n for path, (squares, n) in sums.items()}


def _error_parts(one: Scored, base: float, usual: Mapping[str, float]) -> Iterator[_Part]:
    """What each rater class adds to the error of a total, with its sign.

    Nothing where a transform has no factor: the total's own error is not known then either.
    """
    if one.se is None or one.is_zeroed:
        return
    passed: dict[str, float] = {"": base / 100}
    for node in one.nodes:
        above = passed.get(node.path.rpartition("/")[0])
        if above is None or node.share is None or any(step.factor is None for step in node.steps):
            continue
        weight = above * float(node.share)
        for step in node.steps:
            weight *= float(step.factor or 0)
        passed[node.path] = weight
        if node.kind == "rater_class" and node.se is not None:
            yield _Part(node.path, weight * node.se, weight * _error(node, usual))


def _error(node: NodeScore, usual: Mapping[str, float]) -> float:
    """The standard error, or the usual one where few ballots, or none that differ, speak for it."""
    se = node.se or 0.0
    if not node.n or (node.n >= FEW and se):
        return se
    pooled = sqrt(usual.get(node.path, 0.0) / node.n)
    if not pooled and node.lo is not None and node.hi is not None:
        pooled = (node.hi - node.lo) / 2 / Z
    return max(se, pooled)


def class_correlations(
    run: Run, composed: Mapping[str, Scored]
) -> dict[str, dict[tuple[str, str], float]]:
    """By path of a rater class, the correlations of its scores of two ratees, where not 0."""
    nodes = {key: {node.path: node for node in one.nodes} for key, one in composed.items()}
    products: Products = defaultdict(lambda: defaultdict(float))
    leaves = [one for one in run.scheme.leaves() if one.source == "questionnaire"]
    for number, leaf in enumerate(leaves):
        for cells in leaf_cells(leaf, run.cells):
            if cells.form.has_shared_ballots and dimension_items(cells.form):
                _add_products(run, cells, leaf, nodes, products, f"scores_{number}")
    return {path: _correlations(found) for path, found in sorted(products.items())}


def _correlations(products: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    found = {}
    for (first, second), product in sorted(products.items()):
        spread = sqrt(products[first, first] * products[second, second])
        if first != second and product and spread:
            found[first, second] = product / spread
    return found


def _add_products(
    run: Run, cells: FormCells, leaf: Component, nodes: Nodes, products: Products, name: str
) -> None:
    """Add up, over one questionnaire's ballots, the products behind the correlations of a leaf."""
    form = cells.form
    points = effective_points(form, leaf.unknown)
    scale = lcm(*(value.denominator for value in point_values([points])))
    table, paths, ratees = _score_table(cells, leaf, nodes, scale)
    if not ratees:
        return
    name = f"{name}_{form.number}"
    run.engine.add_columns(name, table)
    d = range(len(dimension_items(form)))
    found = run.engine.query(
        form.sql(
            "shared",
            deviation=" + ".join(f"(s.a{i} * r.y{i} - s.b{i} * r.n{i})" for i in d),
            dimensions=dimension_sums(form, points, scale),
            counting=sql_list(run.statuses),
            scores=name,
        )
    )
    run.engine.run(f"DROP TABLE {name}")
    for path, first, second, product in zip(*(c.tolist() for c in found.values()), strict=True):
        products[paths[path]][ratees[first], ratees[second]] += product


def _score_table(
    cells: FormCells, leaf: Component, nodes: Nodes, scale: int
) -> tuple[dict[str, NDArray[np.int64]], list[str], list[str]]:
    """For each unit its ratee and rater class by number, and by dimension the whole-number weights
    a of the points and b of the votes: z = Σ_d a_d y_d - b_d n_d, times a constant of the score.
    """
    rows = []
    ratees = sorted({ratee for ratee, _ in cells.units()})
    number = {ratee: place for place, ratee in enumerate(ratees)}
    paths = sorted(
        {f"{leaf.path}/{one}" for _, one in cells.units()} | {f"{leaf.path}/{EVERYBODY}"}
    )
    keys = [key for key, _ in dimension_items(cells.form)]
    for unit, (ratee, rater_class) in enumerate(cells.units()):
        for path in (f"{leaf.path}/{rater_class}", f"{leaf.path}/{EVERYBODY}"):
            of = nodes.get(ratee, {})
            if path in of and of[path].score is not None:
                weights = [_weights(of.get(f"{path}/{key}"), of[path].n, scale) for key in keys]
                row = (unit, paths.index(path), number[ratee])
                rows.append((*row, *(one for pair in weights for one in pair)))
    names = ["unit", "path", "ratee", *(f"{kind}{d}" for d in range(len(keys)) for kind in "ab")]
    columns = np.array(rows, dtype=np.int64).reshape(-1, len(names))
    table = {one: columns[:, place] for place, one in enumerate(names)}
    return table, paths, ratees if rows else []


def _weights(node: NodeScore | None, n: int, scale: int) -> tuple[int, int]:
    if node is None or not node.share or node.score is None or not node.n:
        return 0, 0
    weight = node.share * n / node.n * FINE / scale
    return round(weight), round(weight * scale * node.score)
