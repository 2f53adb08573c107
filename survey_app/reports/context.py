"""What every table starts from: an assessment, opened once for all of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from analysis.inputs import Inputs
from analysis.results import Assessment, NodeScore, RateeResult
from analysis.scheme import DEFAULT_SCHEME, Scheme, shipped
from analysis.scheme.components import Component
from analysis.small_groups import PRIVACY_MINIMUM
from forms.questionnaire import Questionnaire
from survey_app.assessments.grading import GradeLine
from survey_app.reports.sheets import Mark, Section, Value
from survey_app.reports.votes import Votes

NUMERALS = "一二三四五六七八九十"
SHOWN_DIGITS = 12
Rows = tuple[tuple[Value, ...], ...]
COUNTED = frozenset({"valid", "doubtful"})


@dataclass(frozen=True, slots=True)
class RateeBallots:
    """Forms about one ratee: handed in, counted, and what was left out."""

    received: int = 0
    valid: int = 0

    @property
    def invalid(self) -> int:
        return self.received - self.valid


@dataclass(frozen=True, slots=True)
class Beside:
    """What people and earlier rounds add to an assessment.

    `lines` are the grades as they stand, by ratee; without any the proposals stand alone.
    `last_ranks` are ranks within the class in `last_period`.
    """

    lines: Mapping[str, GradeLine] = field(default_factory=dict)
    is_approved: bool = False
    last_ranks: Mapping[str, int] = field(default_factory=dict)
    last_period: str = ""


@dataclass(frozen=True, slots=True)
class Released:
    """Of tables that leave the house: the assessment before small groups were hidden, which
    statistics start from, and how many ballots a group of the round must have."""

    whole: Assessment
    minimum: int


class Tables:
    """An assessment with the look-ups that several tables share.

    `inputs` are the indicator results, adjustments and vetoes it was made from;
    `target_per_ratee` is how many valid forms a ratee should have, 0 where nothing was set.
    `assessment` is what may be shown; `released` says what it was before that.
    """

    def __init__(
        self,
        assessment: Assessment,
        inputs: Inputs | None,
        target_per_ratee: int = 0,
        beside: Beside | None = None,
        released: "Released | None" = None,
    ) -> None:
        self.beside = beside or Beside()
        self.assessment = assessment
        self.whole = released.whole if released else assessment
        self.minimum = released.minimum if released else PRIVACY_MINIMUM
        self.is_released = released is not None
        self.scheme = assessment.scheme
        self.inputs = inputs
        self.target_per_ratee = target_per_ratee
        self.votes = Votes(assessment.cells.rows, assessment.questionnaires)

    @cached_property
    def hidden(self) -> frozenset[tuple[str, str]]:
        """(ratee, path) of every rater class that is not shown."""
        return frozenset(
            (one.key, node.path)
            for one in self.assessment.ratees
            for node in one.nodes
            if node.kind == "rater_class" and node.suppressed
        )

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names of ratees by key."""
        return {one.key: one.name for one in self.assessment.ratees}

    @cached_property
    def results(self) -> Mapping[str, RateeResult]:
        """Results by key of the ratee."""
        return {one.key: one for one in self.assessment.ratees}

    @cached_property
    def classes(self) -> dict[str, list[RateeResult]]:
        """The ratees of each class by its key, in order of rank, those without one at the end."""
        order = list(self.scheme.ratee_classes)
        found: dict[str, list[RateeResult]] = defaultdict(list)
        for one in self.assessment.ratees:
            found[one.ratee_class].append(one)
        keys = sorted(found, key=lambda key: (order.index(key) if key in order else 99, key))
        return {key: sorted(found[key], key=by_rank) for key in keys}

    def section(self, place: int, key: str, rows: Rows) -> Section:
        """The rows of one class under its name and number."""
        name = class_name(self.scheme, key)
        return Section(f"{numeral(place)}、{name}（{len(self.classes[key])} 个）", rows, name)

    def sections(self, rows: Mapping[str, Rows]) -> tuple[Section, ...]:
        """The classes that have rows, each a section; `rows` by key of the class."""
        keys = [key for key in self.classes if rows.get(key)]
        return tuple(self.section(place, key, rows[key]) for place, key in enumerate(keys))

    @cached_property
    def ballots(self) -> Mapping[str, Mapping[tuple[str, str], RateeBallots]]:
        """Forms by ratee and (questionnaire, channel)."""
        counted = COUNTED | ({"duplicate"} if self.scheme.same_device == "count" else frozenset())
        found: dict[str, dict[tuple[str, str], RateeBallots]] = defaultdict(dict)
        for one in self.assessment.cells.ballots:
            place = (one.questionnaire, one.channel)
            before = found[one.ratee].get(place, RateeBallots())
            valid = one.n if one.status in counted else 0
            found[one.ratee][place] = RateeBallots(before.received + one.n, before.valid + valid)
        return found

    def veto_name(self, key: str) -> str:
        """How the scheme calls a veto; the word itself where it does not know it."""
        return next((str(veto.name) for veto in self.scheme.vetoes if veto.key == key), key)

    def ballots_of(
        self, ratee: str, forms: list[Questionnaire], channel: str | None = None
    ) -> RateeBallots:
        """Forms about a ratee on some questionnaires, of one channel or of all."""
        keys = {form.key for form in forms}
        found = [
            n
            for (form, where), n in self.ballots.get(ratee, {}).items()
            if form in keys and channel in (None, where)
        ]
        return RateeBallots(sum(n.received for n in found), sum(n.valid for n in found))

    def channels(self, forms: list[Questionnaire]) -> set[str]:
        """The channels by which these questionnaires came in."""
        keys = {form.key for form in forms}
        found = (place for of in self.ballots.values() for place in of)
        return {channel for form, channel in found if form in keys}

    def valid(self, forms: list[Questionnaire]) -> int:
        """Counted forms about all ratees together."""
        return sum(self.ballots_of(one.key, forms).valid for one in self.assessment.ratees)

    def questionnaire_leaves(self) -> list[Component]:
        """The leaves of the scheme that are answered by people."""
        return [leaf for leaf in self.scheme.leaves() if leaf.source == "questionnaire"]

    def forms_of(self, leaf: Component) -> list[Questionnaire]:
        """The questionnaires of this assessment that a leaf takes."""
        return [
            form for key, form in sorted(self.assessment.questionnaires.items()) if leaf.takes(key)
        ]

    def scheme_note(self) -> str:
        """Which scheme the figures rest on."""
        scheme = self.scheme
        return (
            f"方案：{scheme.title}（{scheme.key}，版本 {scheme.version}，"
            f"摘要 {short(scheme.digest)}）；"
            f"数据摘要 {short(self.assessment.content_digest)}。摘要全文见“口径说明”。"
        )


def class_name(scheme: Scheme, key: str) -> str:
    """How a class of ratees is called: by the scheme, else as usual, else as registered."""
    usual = shipped()[DEFAULT_SCHEME].ratee_classes
    return str(scheme.ratee_classes.get(key) or usual.get(key) or key)


def numeral(place: int) -> str:
    """The Chinese numeral of a section, counted from 0."""
    tens, ones = divmod(place + 1, 10)
    if tens > 9:
        return str(place + 1)
    return (
        (NUMERALS[tens - 1] if tens > 1 else "")
        + ("十" if tens else "")
        + (NUMERALS[ones - 1] if ones else "")
    )


def by_rank(one: RateeResult) -> tuple[int, str]:
    """Sorts ratees by their rank in the class, then by key."""
    return (one.rank_class if one.rank_class is not None else 10**9, one.key)


def node_of(one: RateeResult, path: str) -> NodeScore | None:
    """The node with this path, None where a ratee has none."""
    return next((node for node in one.nodes if node.path == path), None)


def count(number: int | None) -> Value:
    """A count, or the dash of one that is not known."""
    return Mark.NONE if number is None else number


def short(digest: str) -> str:
    """The beginning of a digest, enough to compare by eye."""
    return digest[: len("sha256:") + SHOWN_DIGITS] + "…"
