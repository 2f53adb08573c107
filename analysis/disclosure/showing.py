"""An assessment as it may be shown: small classes hidden, in the trace and in every pooled table.

A hidden class is in no figure that is shown beside the classes: its votes are left out of the
pooled tables, and its ballots are counted together with those of other hidden classes. The score
of record stays what it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from analysis.disclosure.classes import ALL, Reasons
from analysis.disclosure.suppression import Why
from analysis.note import Note
from analysis.parts import EVERYBODY
from analysis.results import Assessment, BallotCount, CellTable, NodeScore, RateeResult
from analysis.small_groups import band, hidden_places
from forms.problems import N_

POOLED = (EVERYBODY, ALL)
TOGETHER = ""
"""The rater class under which ballots of hidden classes are counted together."""
SAYS: Mapping[Why, str] = {
    "few": N_("有效答卷少于 {n} 份，不显示"),
    "complement": N_("为了不让人数少的评议主体被减出来，一并不显示"),
    "difference": N_("和以前发布的相减就能得出少数几份答卷，不显示"),
    "unanimous": N_("答案全部相同，显示出来就知道每个人怎么答的，只显示区段 {band}"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An assessment as it may be shown, and what it hides by (ratee, path) with the reason."""

    assessment: Assessment
    hidden: Reasons


def shown(assessment: Assessment, minimum: int, hidden: Reasons) -> Shown:
    """What everybody but an auditor may see of an assessment.

    `hidden` are the classes to hide (`hidden_classes`) and, as a path with "*", the pooled tables
    of a ratee.
    """
    if not hidden:
        return Shown(replace(assessment, cells=_merged(assessment, {}, minimum)), hidden)
    by_ratee: dict[str, dict[str, Why]] = defaultdict(dict)
    for (ratee, path), why in hidden.items():
        by_ratee[ratee][path] = why
    ratees = tuple(
        _ratee(one, by_ratee[one.key], minimum) if one.key in by_ratee else one
        for one in assessment.ratees
    )
    cells = _merged(assessment, by_ratee, minimum)
    return Shown(replace(assessment, ratees=ratees, cells=cells), hidden)


def _ratee(one: RateeResult, hidden: Mapping[str, Why], minimum: int) -> RateeResult:
    counted = {node.path: node.n for node in one.nodes if node.path in hidden and node.score}
    nodes = (_node(node, hidden, counted, minimum) for node in one.nodes)
    left = tuple(node for node in nodes if node is not None)
    return replace(one, n=one.n - sum(counted.values()), nodes=left)


def _node(
    node: NodeScore, hidden: Mapping[str, Why], counted: Mapping[str, int], minimum: int
) -> NodeScore | None:
    why = hidden.get(node.path)
    if why is not None:
        return hide_node(node, why, minimum)
    if any(node.path.startswith(f"{path}/") for path in hidden):
        return None
    below = sum(n for path, n in counted.items() if path.startswith(f"{node.path}/"))
    return replace(node, n=node.n - below) if below else node


def hide_node(node: NodeScore, why: Why, minimum: int) -> NodeScore:
    """A rater class of which nothing is said but why."""
    said = band(node.score) if why == "unanimous" and node.score is not None else ""
    already = () if node.score is not None or not node.suppressed else node.notes
    note = Note(SAYS[why], {"n": minimum, "band": said})
    return replace(
        node,
        score=None,
        converted=None,
        se=None,
        lo=None,
        hi=None,
        n=0,
        votes=(),
        suppressed=True,
        band=said,
        steps=(),
        notes=already or (note,),
    )


def _merged(
    assessment: Assessment, hidden: Mapping[str, Mapping[str, Why]], minimum: int
) -> CellTable:
    """The cells without the hidden classes' votes, and their ballots under one name."""
    gone = _places(assessment, hidden)
    together = _together(assessment.cells.ballots, gone, minimum)
    rows = (
        tuple(
            row
            for row in assessment.cells.rows
            if not gone
            & {(row.ratee, row.questionnaire, key) for key in (row.rater_class, *POOLED)}
        )
        if gone
        else assessment.cells.rows
    )
    ballots = (
        tuple(
            replace(row, rater_class=TOGETHER) if (row.ratee, row.rater_class) in together else row
            for row in assessment.cells.ballots
        )
        if together
        else assessment.cells.ballots
    )
    return CellTable(rows, ballots)


def _places(
    assessment: Assessment, hidden: Mapping[str, Mapping[str, Why]]
) -> set[tuple[str, str, str]]:
    """(ratee, questionnaire, rater class) of everything hidden."""
    leaves = {leaf.path: leaf for leaf in assessment.scheme.leaves()}
    return {
        (ratee, form, path.rpartition("/")[2])
        for ratee, paths in hidden.items()
        for path in paths
        for form in assessment.questionnaires
        if leaves[path.rpartition("/")[0]].takes(form)
    }


def _together(
    ballots: Iterable[BallotCount], gone: set[tuple[str, str, str]], minimum: int
) -> set[tuple[str, str]]:
    """(ratee, rater class) whose ballots are counted with others'."""
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in ballots:
        sizes[row.ratee][row.rater_class] += row.n
    found = {(ratee, key) for ratee, _, key in gone}
    for ratee, of in sizes.items():
        names = sorted(of)
        places = hidden_places([of[one] for one in names], minimum)
        found |= {(ratee, names[place]) for place in places}
    return found
