"""What an assessment says, as values without behaviour."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

from analysis.note import Note
from forms.problems import Problem
from forms.questionnaire import Questionnaire

if TYPE_CHECKING:
    from analysis.indicators import IndicatorResult
    from analysis.scheme import Scheme
    from analysis.scheme.grades import ConsequenceKind
    from analysis.scheme.transforms import TransformKind
    from analysis.screening import Finding

NodeKind = Literal["component", "rater_class", "part", "dimension", "period"]


@dataclass(frozen=True, slots=True)
class Step(Note):
    """One transform of a score, and why it came out so: `after` is `before` × `factor`, exactly.

    Where `factor` is None a rule gives `after` (a rank's or a band's points).
    """

    kind: "TransformKind" = "coefficient"
    before: Fraction = Fraction(0)
    factor: Fraction | None = None
    after: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class NodeScore:
    """One node of a score's trace, from the root's children down to the counts of votes.

    `weight` is the weight as given in the scheme, `share` the part of the parent actually used
    (0-1, after a missing part's weight went to its siblings). `score` and its interval are out of
    100. `converted` is what the node adds to its parent, score times share; for the root's children
    also times base / 100. So the children's `converted` re-add to the parent's score, and the
    root's children with the counted bonus and deduction to the total.

    `steps` are the transforms in order, the last one's `after` being `score`; where there are any,
    the children's `converted` re-add to the first one's `before` instead. `notes` say what else is
    to be known, such as a missing part or month. `band` stands in for the score of a unanimous
    class where it is shown.
    """

    path: str
    kind: NodeKind
    name: str
    weight: Fraction | None = None
    share: Fraction | None = None
    score: Fraction | None = None
    converted: Fraction | None = None
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    n: int = 0
    votes: tuple[tuple[str, int], ...] = ()
    suppressed: bool = False
    steps: tuple[Step, ...] = ()
    notes: tuple[Note, ...] = ()
    band: str = ""

    @property
    def note(self) -> str:
        """Steps and notes as one text, in Chinese."""
        return "；".join(one.text() for one in (*self.steps, *self.notes))


@dataclass(frozen=True, slots=True)
class LeafScore:
    """The score of one leaf of the scheme for one ratee, with the nodes below the leaf.

    The score is None where there is nothing to score; `nodes` carry paths below the leaf's own
    ("public/citizen/duty") in tree order. `notes` go with the score. Without `lo` and `hi` the
    interval is the normal one of `se`.
    """

    score: Fraction | None
    se: float | None = None
    n: int = 0
    nodes: tuple[NodeScore, ...] = ()
    notes: tuple[Note, ...] = ()
    lo: float | None = None
    hi: float | None = None


@dataclass(frozen=True, slots=True)
class SourceSum:
    """What one source of the scheme gives (or takes from) a ratee: `counted` is within its cap."""

    key: str
    name: str
    kind: Literal["bonus", "deduction"]
    raw: Decimal
    counted: Decimal


@dataclass(frozen=True, slots=True)
class Refusal(Note):
    """Why a ratee does not get a grade (its key); the sentence names the grade and the rule."""

    grade: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a result leads to by a consequence of the scheme: proposed, for people to decide.

    `key`, `name`, `kind`, `column` and `value` are the consequence's; `reason` says which
    conditions hold, with their figures.
    """

    ratee: str
    key: str
    name: str
    kind: "ConsequenceKind"
    column: str
    value: str
    reason: Note


@dataclass(frozen=True, slots=True)
class RateeResult:
    """What an assessment says of one ratee. `total` is the score of record, rounded once.

    `rank_lo` and `rank_hi` are the best and worst rank within the class that the figures do not
    rule out; `nodes` are in tree order, the root's children first. `bonus_raw` is what was entered,
    times its multiplier; `bonus_counted` is that within the caps of its sources (`sources`, where
    the scheme lists any) and of the scheme. `notes` say what a cap cut off, and more.

    `refusals` say why each better grade was not given. `allowed` are the grades (keys) that
    vetoes, limits and conditions leave open, whatever the score and the places; `restrictions` the
    limits (keys) that hold; `to_decide` what the rules leave to people. `consequences` are
    proposals on the grade as the machine gives it.
    """

    key: str
    name: str
    ratee_class: str
    group: str
    total: Decimal | None
    total_exact: Fraction | None
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    n: int = 0
    rank_class: int | None = None
    rank_group: int | None = None
    rank_lo: int | None = None
    rank_hi: int | None = None
    grade: str | None = None
    grade_name: str = ""
    grade_reason: str = ""
    refusals: tuple[Refusal, ...] = ()
    allowed: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()
    to_decide: tuple[Note, ...] = ()
    consequences: tuple[Proposal, ...] = ()
    veto: tuple[str, ...] = ()
    suppressed: bool = False
    is_tied: bool = False
    bonus_raw: Decimal = Decimal(0)
    bonus_counted: Decimal = Decimal(0)
    deduction_raw: Decimal = Decimal(0)
    deduction_counted: Decimal = Decimal(0)
    sources: tuple[SourceSum, ...] = ()
    nodes: tuple[NodeScore, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows (ballot x ratee) handed in and what became of them: raw = duplicate + void + valid."""

    raw: int
    duplicate: int
    void: int
    valid: int


@dataclass(frozen=True, slots=True)
class BallotCount:
    """Rows of one kind. `status`: valid, doubtful (flagged, counts), duplicate, excluded, screened,
    void.
    """

    round: str
    questionnaire: str
    ratee: str
    rater_class: str
    stratum: str
    channel: str
    evidence: str
    status: str
    n: int


class Cell(NamedTuple):
    """`n` answers that count. For a "multiple" item the option number is the mask of its options;
    0 is a blank.
    """

    ratee: str
    questionnaire: str
    item: str
    rater_class: str
    stratum: str
    channel: str
    evidence: str
    option_number: int
    n: int


@dataclass(frozen=True, slots=True)
class CellTable:
    """Every cell that counts, by questionnaire and item, then sorted; and all rows behind them."""

    rows: tuple[Cell, ...]
    ballots: tuple[BallotCount, ...]


@dataclass(frozen=True, slots=True)
class RoundQuality:
    """Quality of the answers of one rater class in one round, in rows (ballot x ratee).

    `flagged` counts rows by rule, whether or not the rule takes out; `reasons` rows taken out by
    "act:…", "rule:…" or "said:…" (a decision on what a rule points at).
    """

    round: str
    title: str
    rater_class: str
    submitted: int
    valid: int
    duplicate: int
    void: int
    flagged: Mapping[str, int]
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Participation:
    """How many ballots of a rater class were expected and received, by sealed round.

    `received_in_all` counts the ballots of the class over all questionnaires of the round the
    sealed round is a part of. None: not known.
    """

    round: str
    title: str
    rater_class: str
    expected: int | None
    issued: int | None
    received: int
    received_in_all: int | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """The totals as they would be under another treatment, shown beside those of record.

    `key`: "same_device_count", "same_device_first", "with_screened", "with_excluded",
    "without_doubtful" or "verified" (open posters left out).
    """

    key: str
    name: str
    n_valid: int
    totals: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A run, whole. `flags` counts by rule, `alternatives` the totals under other treatments.

    `notes` are facts about the whole run, for the page of explanations.
    """

    scheme: "Scheme"
    content_digest: str
    counts: Counts
    flags: Mapping[str, int]
    findings: tuple["Finding", ...]
    ratees: tuple[RateeResult, ...]
    cells: CellTable
    quality: tuple[RoundQuality, ...]
    participation: tuple[Participation, ...]
    indicators: tuple["IndicatorResult", ...]
    questionnaires: Mapping[str, Questionnaire]
    alternatives: tuple[Alternative, ...]
    notes: tuple[Note, ...]
    is_simulated: bool

    @property
    def verified(self) -> Mapping[str, Decimal | None] | None:
        """The totals if only ballots with a code or a card counted; None where all have one."""
        found = [one.totals for one in self.alternatives if one.key == "verified"]
        return found[0] if found else None

    def scores_json(self) -> bytes:
        """The scores as canonical JSON, the same bytes for the same content (survey-scores/1)."""
        from analysis.scores import scores_json

        return scores_json(self)


class NoAnswer(Exception):
    """The scheme and what was handed in give no answer; `problems` says everything missing."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(problem.text() for problem in self.problems)
