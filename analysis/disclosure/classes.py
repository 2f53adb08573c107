"""Which rater classes of which ratee an assessment must not show, each with the reason.

A class of few ballots, and one whose ballots all say the same; then the next smallest ones, until
neither its ballots (total minus the other classes) nor its score (the weighted total and the other
classes' scores) can be worked out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analysis.disclosure.ledger import Release
from analysis.disclosure.scores import Part, hide_scores
from analysis.disclosure.statements import Cell, Sum
from analysis.disclosure.suppression import Counts, Why, suppress
from analysis.results import Assessment, NodeScore, RateeResult
from analysis.scheme.components import Component
from analysis.small_groups import is_few, is_unanimous

ALL = "*"
SCORE_WIDTH = 5
"""How many points of a hundred a hidden score must be left to lie in."""
COUNTING = frozenset({"valid", "doubtful"})
Reasons = dict[tuple[str, str], Why]
"""By (ratee, path of the rater class)."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Ballots of the classes of one leaf: by (ratee, class), and which of them have a node."""

    leaf: Component
    counts: Mapping[tuple[str, str], int]
    nodes: Mapping[tuple[str, str], NodeScore]


def release_of(assessment: Assessment, name: str) -> Release:
    """What the tables of an assessment say of whom: classes and their totals, by ratee and leaf."""
    cells: dict[Cell, int] = {}
    for sizes in leaf_sizes(assessment):
        path = sizes.leaf.path
        for (ratee, key), n in sizes.counts.items():
            cells[ratee, path, key] = n
            cells[ratee, path, ALL] = cells.get((ratee, path, ALL), 0) + n
    return Release(name, cells, content=assessment.content_digest)


def as_cell(ratee: str, path: str) -> Cell:
    """A rater class of a ratee as the ledger names it."""
    leaf, _, key = path.rpartition("/")
    return (ratee, leaf, key)


def hidden_classes(assessment: Assessment, minimum: int, *, has_bands: bool = True) -> Reasons:
    """Every rater class of a ratee that stays hidden; with `has_bands` unanimous ones, too."""
    found: Reasons = {}
    for sizes in leaf_sizes(assessment):
        found |= _of_leaf(sizes, assessment, minimum, has_bands=has_bands)
    return found


def leaf_sizes(assessment: Assessment) -> Iterator[Sizes]:
    """The questionnaire leaves with what came in for them."""
    for leaf in assessment.scheme.leaves():
        if leaf.source != "questionnaire":
            continue
        nodes = {
            (one.key, node.path.rpartition("/")[2]): node
            for one in assessment.ratees
            for node in class_nodes(one, leaf)
        }
        if nodes:
            yield Sizes(leaf, _counts(assessment, leaf, nodes), nodes)


def class_nodes(one: RateeResult, leaf: Component) -> Iterator[NodeScore]:
    """The rater classes of a leaf in one ratee's trace."""
    for node in one.nodes:
        if node.kind == "rater_class" and node.path.rpartition("/")[0] == leaf.path:
            yield node


def counting(assessment: Assessment) -> frozenset[str]:
    """The statuses of ballots that count."""
    is_counted = assessment.scheme.same_device == "count"
    return COUNTING | ({"duplicate"} if is_counted else frozenset())


def _counts(
    assessment: Assessment, leaf: Component, nodes: Mapping[tuple[str, str], NodeScore]
) -> dict[tuple[str, str], int]:
    """Ballots by ratee and class: as the trace has them, and of classes that count nothing."""
    statuses = counting(assessment)
    has_classes = bool(leaf.all_rater_classes())
    found: dict[tuple[str, str], int] = defaultdict(int)
    for row in assessment.cells.ballots if has_classes else ():
        if row.status in statuses and leaf.takes(row.questionnaire):
            found[row.ratee, row.rater_class] += row.n
    return {**found, **{unit: node.n for unit, node in nodes.items()}}


def _of_leaf(sizes: Sizes, assessment: Assessment, minimum: int, *, has_bands: bool) -> Reasons:
    path = sizes.leaf.path
    alike = {
        unit
        for unit, node in sizes.nodes.items()
        if has_bands and _is_unanimous(assessment, unit[0], node)
    }
    hidden = _hidden_counts(sizes.counts, minimum)
    for ratee in sorted({ratee for ratee, _ in sizes.nodes}):
        chosen = {key for one, key in hidden | alike if one == ratee}
        if chosen:
            parts = list(_parts(sizes, ratee))
            hidden |= {(ratee, key) for key in hide_scores(parts, chosen, SCORE_WIDTH)}
    return {
        (ratee, f"{path}/{key}"): _reason(
            sizes.counts[ratee, key], minimum, is_alike=(ratee, key) in alike
        )
        for ratee, key in sorted(hidden | alike)
        if (ratee, key) in sizes.counts
    }


def _reason(n: int, minimum: int, *, is_alike: bool) -> Why:
    if is_few(n, minimum):
        return "few"
    return "unanimous" if is_alike else "complement"


def _hidden_counts(counts: Mapping[tuple[str, str], int], minimum: int) -> set[tuple[str, str]]:
    """Units hidden for their ballots; the totals by ratee and by class are shown."""
    if not any(is_few(n, minimum) for n in counts.values()):
        return set()
    rows: dict[Cell, list[Cell]] = defaultdict(list)
    totals: dict[Cell, int] = defaultdict(int)
    for (ratee, key), n in sorted(counts.items()):
        for whole in ((ratee, ALL), (ALL, key)):
            rows[whole].append((ratee, key))
            totals[whole] += n
    sums = [Sum(whole, tuple(parts)) for whole, parts in rows.items()]
    units: dict[Cell, int] = dict(counts.items())
    found = suppress(Counts(units, sums, fixed=totals), minimum)
    return {(cell[0], cell[1]) for cell in found.cells}


def _parts(sizes: Sizes, ratee: str) -> Iterator[Part]:
    for (one, key), node in sizes.nodes.items():
        if one == ratee and node.score is not None and node.share:
            yield Part(key, node.share, node.score, node.n)


def _is_unanimous(assessment: Assessment, ratee: str, node: NodeScore) -> bool:
    """Whether a class of several gave one and the same answer throughout."""
    if node.score is None or node.n < 2:
        return False
    result = next(one for one in assessment.ratees if one.key == ratee)
    totals: dict[str, int] = defaultdict(int)
    for each in result.nodes:
        if each.kind == "dimension" and each.path.startswith(f"{node.path}/"):
            for text, n in each.votes:
                totals[text] += n
    return bool(totals) and is_unanimous(list(totals.values()))
