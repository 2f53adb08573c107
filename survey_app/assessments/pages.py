"""What the pages of an assessment show, as values for the templates."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask_babel import gettext as _
from markupsafe import Markup

from analysis.note import Note
from analysis.results import NodeScore, RateeResult, RoundQuality
from analysis.rounding import half_up
from survey_app.assessments import charts
from survey_app.assessments.explanation import explain
from survey_app.assessments.grading import GradeLine
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.steps import Step, exact_text, two
from survey_app.assessments.wording import EVIDENCE_NAMES, FLAG_NAMES

CHUNK = 24
COUNTED = ("valid", "doubtful")


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One ratee in the table of results."""

    one: RateeResult
    parts: tuple[tuple[str, str], ...]
    vetoes: tuple[str, ...]
    verified: str
    """The total if only ballots with a code or a card counted, "" where there is none."""


@dataclass(frozen=True, slots=True)
class ResultClass:
    """One class of ratees, best rank first, with its caterpillar chart."""

    name: str
    rows: tuple[ResultRow, ...]
    chart: Markup


@dataclass(frozen=True, slots=True)
class TreeStep:
    """A step with the steps below it, as the page nests them."""

    step: Step
    below: tuple["TreeStep", ...]

    @property
    def exact_chunks(self) -> list[str]:
        """The exact value in pieces between which a line may break."""
        return chunks(self.step.exact_text)

    @property
    def adds_chunks(self) -> list[str]:
        return chunks(self.step.adds_text)


@dataclass(frozen=True, slots=True)
class Sieve:
    """What became of the forms of one rater class: raw = left out, by reason, + counted."""

    rater_class: str
    raw: int
    by_status: dict[str, int]


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A link or a pattern that a rule points at, with names instead of keys."""

    rule: str
    subject: str
    ratee: str
    n: int
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything the page of one ratee shows."""

    one: RateeResult
    top: Step
    tree: tuple[TreeStep, ...]
    sieves: tuple[Sieve, ...]
    others: tuple[tuple[str, int, str], ...]
    charts: tuple[tuple[str, Markup], ...]
    vetoes: tuple[tuple[str, str], ...]
    """Each with the document it rests on."""
    legend: tuple[tuple[Markup, str], ...]
    line: GradeLine
    allowed: tuple[str, ...]
    reasons: tuple[Note, ...]
    """What the rules leave to people, and why each better grade was not given."""


def result_classes(run: OpenedRun, results: Sequence[RateeResult]) -> tuple[ResultClass, ...]:
    """The results by class of ratee; classes are never ranked against each other.

    `results` carry the grades people gave.
    """
    scheme = run.assessment.scheme
    found: dict[str, list[RateeResult]] = defaultdict(list)
    for one in results:
        found[one.ratee_class].append(one)
    order = [key for key in scheme.ratee_classes if key in found]
    order += sorted(set(found) - set(order))
    classes = []
    for place, key in enumerate(order):
        ratees = sorted(found[key], key=_by_rank)
        name = run.class_name(key)
        drawn = [
            charts.Interval(one.name, float(one.total), one.lo, one.hi)
            for one in ratees
            if one.total is not None
        ]
        chart = safe(charts.caterpillar(f"totals-{place}", f"{name}：总分与95%区间", drawn))
        classes.append(ResultClass(name, tuple(_row(run, one) for one in ratees), chart))
    return tuple(classes)


@dataclass(frozen=True, slots=True)
class GradeClass:
    """One class of ratees on the page of decisions."""

    name: str
    lines: tuple[GradeLine, ...]


def grade_classes(run: OpenedRun, lines: Sequence[GradeLine]) -> tuple[GradeClass, ...]:
    """The lines by class, in their order."""
    found: dict[str, list[GradeLine]] = defaultdict(list)
    for line in lines:
        found[line.one.ratee_class].append(line)
    return tuple(GradeClass(run.class_name(key), tuple(rows)) for key, rows in found.items())


def _by_rank(one: RateeResult) -> tuple[int, str]:
    return (one.rank_class if one.rank_class is not None else 10**9, one.key)


def _row(run: OpenedRun, one: RateeResult) -> ResultRow:
    nodes = {node.path: node for node in one.nodes}
    parts = []
    for part in run.assessment.scheme.components:
        node = nodes.get(part.path)
        if node is not None and not node.weight:  # shown beside the total, not part of it
            parts.append((_("{name}（不计分）").format(name=part.name), two(node.score)))
        else:
            parts.append((str(part.name), two(node.converted if node else None)))
    return ResultRow(one, tuple(parts), veto_names(run, one), _verified(run, one))


def _verified(run: OpenedRun, one: RateeResult) -> str:
    totals = run.assessment.verified
    total = None if totals is None or one.suppressed else totals.get(one.key)
    return "" if total is None else str(total)


def excluded(one: RoundQuality) -> int:
    """How many of the rows counted as void people left out after a finding."""
    return sum(n for reason, n in one.reasons.items() if reason.startswith("said:"))


def findings(run: OpenedRun) -> tuple[FindingRow, ...]:
    """What the screens point at, in the words of the pages; names are message ids."""
    names = {one.key: one.name for one in run.assessment.ratees}
    return tuple(
        FindingRow(
            FLAG_NAMES.get(one.rule, one.rule),
            one.subject,
            names.get(one.ratee, one.ratee),
            one.n,
            tuple(_evidence(run, name, value) for name, value in one.evidence),
        )
        for one in run.assessment.findings
    )


def _evidence(run: OpenedRun, name: str, value: str) -> tuple[str, str]:
    if name == "rater_class":
        value = str(run.assessment.scheme.rater_class_name(value))
    return EVIDENCE_NAMES.get(name, name), value


def veto_names(run: OpenedRun, one: RateeResult) -> tuple[str, ...]:
    """The vetoes against a ratee, as the scheme calls them."""
    names = {veto.key: str(veto.name) for veto in run.assessment.scheme.vetoes}
    return tuple(names.get(key, key) for key in one.veto)


def trace(run: OpenedRun, line: GradeLine) -> Trace:
    """The walk down from a ratee's total to what it is made of, and how its grade came about."""
    one = line.one
    key = one.key
    steps = explain(run.assessment, one, run.inputs)
    shown, legend = _bars(one)
    return Trace(
        one=one,
        top=steps[0],
        tree=_nested(steps[1:], 1),
        sieves=_sieves(run, key),
        others=tuple(
            (other.name, other.n_valid, _total(other.totals.get(key)))
            for other in run.assessment.alternatives
        ),
        charts=shown,
        vetoes=_vetoes(run, one),
        legend=legend,
        line=line,
        allowed=tuple(name for _, name in line.allowed),
        reasons=(*one.to_decide, *one.refusals),
    )


def _vetoes(run: OpenedRun, one: RateeResult) -> tuple[tuple[str, str], ...]:
    """Every veto with the documents it rests on."""
    names = zip(one.veto, veto_names(run, one), strict=True)
    rows = [row for row in run.inputs.vetoes if row.ratee == one.key]
    return tuple(
        (name, "、".join(row.document for row in rows if row.veto in (key, name)))
        for key, name in names
    )


def _total(value: object) -> str:
    return "—" if value is None else str(value)


def _nested(steps: tuple[Step, ...], level: int) -> tuple[TreeStep, ...]:
    """Steps in tree order as a tree: each with those of a deeper level that follow it."""
    tops = [place for place, step in enumerate(steps) if step.level == level]
    ends = [*tops[1:], len(steps)] if tops else []
    return tuple(
        TreeStep(steps[top], _nested(steps[top + 1 : end], level + 1))
        for top, end in zip(tops, ends, strict=True)
    )


def _sieves(run: OpenedRun, key: str) -> tuple[Sieve, ...]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in run.assessment.cells.ballots:
        if row.ratee == key:
            found[row.rater_class][row.status] += row.n
    return tuple(
        Sieve(_rater_class(run, who), sum(counts.values()), dict(counts))
        for who, counts in sorted(found.items())
    )


def _rater_class(run: OpenedRun, key: str) -> str:
    """Its name; classes too small to be told apart are counted together."""
    return str(run.assessment.scheme.rater_class_name(key)) if key else _("其余各类（合并）")


def _bars(
    one: RateeResult,
) -> tuple[tuple[tuple[str, Markup], ...], tuple[tuple[Markup, str], ...]]:
    """A stacked bar chart for each rater class with votes to show, and the legend they share."""
    parts = list(
        dict.fromkeys(text for node in one.nodes if not node.suppressed for text, _ in node.votes)
    )
    nodes = {node.path: node for node in one.nodes}
    by_class: dict[str, list[NodeScore]] = defaultdict(list)
    for node in one.nodes:
        parent = node.path.rpartition("/")[0]
        if node.kind == "dimension" and not _is_hidden(nodes, parent):
            by_class[parent].append(node)
    shown = []
    for place, (path, dimensions) in enumerate(by_class.items()):
        rows = []
        for node in dimensions:
            counts = dict(node.votes)
            rows.append(charts.Bar(node.name, tuple(counts.get(part, 0) for part in parts)))
        name = nodes[path].name if path in nodes else path
        chart = charts.stacked(f"votes-{place}", f"{name}：各选项票数", parts, rows)
        shown.append((name, safe(chart)))
    legend = tuple((safe(charts.swatch(place)), part) for place, part in enumerate(parts))
    return tuple(shown), legend


def _is_hidden(nodes: dict[str, NodeScore], path: str) -> bool:
    return path in nodes and nodes[path].suppressed


def safe(svg: str) -> Markup:
    """A chart for the page as it is; charts escape every text they are given."""
    return Markup(svg)  # noqa: S704 -- drawn by this program, its texts escaped


def chunks(text: str) -> list[str]:
    """The text in pieces of at most 24 signs."""
    return [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]


def two_decimals(value: Fraction | None) -> str:
    """A value with two decimals, a dash where there is none."""
    return two(value)


def share_words(value: Fraction | None) -> str:
    """A share as a percentage, a dash where there is none."""
    return "—" if value is None else f"{exact_text(Fraction(half_up(value * 100, 2)))}%"


def weight_words(value: Fraction) -> str:
    """A weight as the scheme writes it."""
    return exact_text(Fraction(half_up(value, 6)))
