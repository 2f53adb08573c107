"""What the pages of studies show: the form with its choices, and why ranks change, in words."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from analysis.note import Note
from analysis.rounding import half_up
from analysis.scheme import Scheme
from analysis.studies import Line, Study
from forms.problems import N_
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.steps import exact_text
from survey_app.core.database import Database
from survey_app.rounds.channels import CHANNELS
from survey_app.rounds.schemes import offered

ROSE = N_("由第 {before} 名升到第 {after} 名")
FELL = N_("由第 {before} 名降到第 {after} 名")
STAYED = N_("名次不变")
SCORE = N_("总分 {before} → {after}（{difference}）")


@dataclass(frozen=True, slots=True)
class Node:
    """A component on the form, with its depth in the tree."""

    path: str
    name: str
    weight: str
    depth: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers."""

    nodes: tuple[Node, ...]
    rater_classes: Mapping[str, str]
    channels: Mapping[str, str]
    schemes: Mapping[str, str]
    has_surveys: bool
    has_adjustments: bool


@dataclass(frozen=True, slots=True)
class Mover:
    """One ratee before and after, with the reason in words and the exact parts."""

    line: Line
    words: tuple[Note, ...]
    parts: tuple[tuple[str, str, str], ...]
    difference: str
    exact: str


@dataclass(frozen=True, slots=True)
class StudyClass:
    """The ratees of one class, who moves most first."""

    name: str
    movers: tuple[Mover, ...]
    n_moved: int


def choices(database: Database, run: OpenedRun) -> Choices:
    """Everything of this run that a study may change."""
    assessment = run.assessment
    scheme = assessment.scheme
    rows = assessment.cells.ballots
    return Choices(
        nodes=tuple(
            Node(node.path, str(node.name), node.weight.words(), node.path.count("/"))
            for node in scheme.nodes()
        ),
        rater_classes={
            key: str(scheme.rater_class_name(key))
            for key in sorted({one.rater_class for one in rows})
        },
        channels={key: CHANNELS.get(key, key) for key in sorted({one.channel for one in rows})},
        schemes={value: one.title for value, one in offered(database).items()},
        has_surveys=bool(rows),
        has_adjustments=any(one.bonus_raw or one.deduction_raw for one in assessment.ratees),
    )


def study_classes(scheme: Scheme, study: Study) -> tuple[StudyClass, ...]:
    """The lines by class of ratee, movers first."""
    found: dict[str, list[Mover]] = defaultdict(list)
    for line in study.movers_first():
        found[line.ratee_class].append(_mover(line))
    order = [key for key in scheme.ratee_classes if key in found]
    order += sorted(set(found) - set(order))
    return tuple(
        StudyClass(
            str(scheme.ratee_class_name(key)),
            tuple(found[key]),
            sum(one.line.places_won != 0 for one in found[key]),
        )
        for key in order
    )


def _mover(line: Line) -> Mover:
    parts = tuple(
        (block.name, signed(block.difference), exact_text(block.difference))
        for block in line.blocks
        if block.difference
    )
    return Mover(
        line,
        tuple(_words(line)),
        parts,
        signed(line.difference),
        "—" if line.difference is None else exact_text(line.difference),
    )


def _words(line: Line) -> list[Note]:
    before, after = line.before, line.after
    said = []
    if before.rank is not None and after.rank is not None:
        values: dict[str, str | int | Note] = {"before": before.rank, "after": after.rank}
        won = line.places_won
        said.append(Note(ROSE if won > 0 else FELL if won < 0 else STAYED, values))
    if before.total is not None and after.total is not None:
        values = {
            "before": str(before.total),
            "after": str(after.total),
            "difference": signed(line.difference),
        }
        said.append(Note(SCORE, values))
    return said


def signed(value: Fraction | None) -> str:
    """A difference with its sign and two decimals."""
    if value is None:
        return "—"
    shown = half_up(abs(value), 2)
    return f"{'－' if value < 0 else '＋'}{shown}"
