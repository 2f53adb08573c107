"""A small city on paper: its ratees, and period after period what is said and entered about them.

Everything in it is drawn before anything is stored; `small_building` puts it into the product.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.inputs import (
    AdjustmentRow,
    FigureRow,
    HistoryRow,
    IndicatorRow,
    Inputs,
    RateeRow,
    VetoRow,
)
from analysis.results import Assessment
from analysis.scheme import SCHEMES
from survey_app.assessments.grading import Choice
from survey_app.core.access import Role
from survey_app.core.services import Services
from survey_app.demo.raters import ASSEMBLY, ONLINE, SEPARATE, RaterKind, Way
from survey_app.register.reading import RosterRow
from survey_app.supervision.checking import RecordSpec

CHANNELS: Mapping[Way, str] = {"poster": ONLINE, "card": SEPARATE, "list": ASSEMBLY}


@dataclass(frozen=True, slots=True)
class Voice:
    """A rater class: what it fills in for which class of ratees, how it comes in, how many.

    `n` are the raters of each ratee, or of each of `lists` where they come by the roster.
    `leans` is how much better or worse than others they think of a ratee; `among` limits whom they
    are asked about, empty: everybody of these classes.
    """

    key: str
    forms: Mapping[str, str]
    way: Way
    n: int
    lists: tuple[tuple[str, ...], ...] = ()
    shift: float = 0.0
    leans: Mapping[str, float] = field(default_factory=dict)
    is_short: bool = True
    among: tuple[str, ...] = ()

    @property
    def kind(self) -> RaterKind:
        return RaterKind(
            key=self.key,
            share=0.0,
            channel=CHANNELS[self.way],
            way=self.way,
            lists="group",
            forms=tuple(self.forms.items()),
            length="short" if self.is_short else "long",
            shift=self.shift,
            spread=0.4,
            unknown=0.03,
            skip=0.0,
        )

    def bindings(self) -> Iterator[dict[str, object]]:
        for ratee_class, form in self.forms.items():
            yield {
                "rater_class": self.key,
                "ratee_class": ratee_class,
                "questionnaire": form,
                "short": self.is_short,
            }


@dataclass(frozen=True, slots=True)
class Period:
    """One round: who is asked, and everything else its results rest on.

    `history` are results of before the city's first round; its own are carried on. `decisions` are
    grades that people choose with a reason, by ratee; all others are approved as proposed.
    `own_toml` stands in for the shipped scheme where the office has changed it.
    """

    scheme: str
    period: str
    title: str
    voices: tuple[Voice, ...] = ()
    indicators: tuple[IndicatorRow, ...] = ()
    adjustments: tuple[AdjustmentRow, ...] = ()
    vetoes: tuple[VetoRow, ...] = ()
    history: tuple[HistoryRow, ...] = ()
    figures: tuple[FigureRow, ...] = ()
    decisions: Mapping[str, Choice] = field(default_factory=dict)
    own_toml: str = ""

    @property
    def key(self) -> str:
        """The key of the round, and the name of the folder of its files."""
        return f"{self.scheme}.{self.period}".lower()

    @property
    def scheme_toml(self) -> str:
        return self.own_toml or (SCHEMES / f"{self.scheme}.toml").read_text(encoding="utf-8")

    def inputs(self, ratees: Sequence[RateeRow]) -> Inputs:
        """What an operator imports before the round is assessed."""
        return Inputs(
            ratees=tuple(ratees),
            indicators=self.indicators,
            adjustments=self.adjustments,
            vetoes=self.vetoes,
            history=self.history,
            figures=self.figures,
            period=self.period,
        )


@dataclass(frozen=True, slots=True)
class Built:
    """A city whose rounds are assessed: its files, the rounds' ids and results by key."""

    services: Services
    folder: Path
    round_ids: Mapping[str, int]
    assessments: Mapping[str, Assessment]


@dataclass(frozen=True, slots=True)
class SmallCity:
    """A city to read in one sitting.

    `quality` (about -1 to 2) is what people think of a ratee. `files` keeps what is imported
    beside the rounds: service promises and work entries, as sheets. `beforehand` does what
    comes before the first round; `afterwards` does what people
    do when all rounds are assessed, and says what to notice; `looks` is what to open next.
    """

    scheme: str
    name: str
    organiser: str
    ratees: tuple[RateeRow, ...]
    quality: Mapping[str, float]
    periods: tuple[Period, ...]
    seed: int
    opened: Period | None = None
    records: tuple[RecordSpec, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    scopes: Mapping[Role, str] = field(default_factory=dict)
    looks: tuple[str, ...] = ()
    beforehand: Callable[[Services], None] | None = None
    afterwards: Callable[[Built], Iterator[str]] | None = None

    @property
    def all_periods(self) -> tuple[Period, ...]:
        return self.periods if self.opened is None else (*self.periods, self.opened)

    @property
    def rater_classes(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(voice.key for period in self.all_periods for voice in period.voices)
        )

    @property
    def roster(self) -> tuple[RosterRow, ...]:
        """Everybody with a personal code, one of each list more than will answer."""
        lists = {
            (voice.key, scope): voice.n + 1
            for period in self.all_periods
            for voice in period.voices
            for scope in voice.lists
        }
        people = [place for place, n in lists.items() for _ in range(n)]
        return tuple(
            RosterRow(rater_class, f"人员{number:04d}", "", scope)
            for number, (rater_class, scope) in enumerate(people, start=1)
        )

    def asked(self, voice: Voice) -> tuple[RateeRow, ...]:
        """The ratees this voice is asked about."""
        return tuple(
            row
            for row in self.ratees
            if row.ratee_class in voice.forms and (not voice.among or row.key in voice.among)
        )
