"""One step of an explanation: a value, what it adds to the step above, and how it came about."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from analysis.note import Note
from analysis.rounding import half_up
from forms.problems import plain

StepKind = Literal[
    "total",
    "adjustment",
    "source",
    "entry",
    "component",
    "indicators",
    "indicator",
    "rater_class",
    "part",
    "dimension",
    "period",
]
MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a value becomes another: × `factor`, or by the rule the note states where it is None."""

    note: Note
    before: Fraction
    factor: Fraction | None
    after: Fraction

    @property
    def before_text(self) -> str:
        return exact_text(self.before)

    @property
    def after_text(self) -> str:
        return exact_text(self.after)

    @property
    def factor_text(self) -> str:
        return "" if self.factor is None else exact_text(self.factor)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the walk. `level` is 0 for the total, one more for each step down.

    `exact` is the step's value and `adds` what it adds to the step above, both exact. The `adds` of
    the steps directly below re-add to what the first of `conversions` starts from, the last of
    which gives `exact`; where there are none, to `exact` itself. `readds` says whether they do.
    `share` is the part of the step above (0-1). `formula` is a message id, labels are data.
    """

    path: str
    level: int
    kind: StepKind
    label: str
    formula: str
    figures: str
    exact: Fraction | None
    adds: Fraction | None
    share: Fraction | None = None
    weight: Fraction | None = None
    n: int | None = None
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    votes: tuple[tuple[str, int], ...] = ()
    conversions: tuple[Conversion, ...] = ()
    notes: tuple[Note, ...] = ()
    readds: bool = False
    is_suppressed: bool = False

    @property
    def start(self) -> Fraction | None:
        """What the steps below add up to, before conversions."""
        return self.conversions[0].before if self.conversions else self.exact

    @property
    def note(self) -> str:
        """The notes as one text, in Chinese."""
        return "；".join(one.text() for one in self.notes)

    @property
    def result(self) -> str:
        """The value with two decimals, or a dash."""
        return two(self.exact)

    @property
    def exact_text(self) -> str:
        """The value without rounding: a short decimal where there is one, else a fraction."""
        return "—" if self.exact is None else exact_text(self.exact)

    @property
    def adds_text(self) -> str:
        """What it adds to the step above, without rounding."""
        return "—" if self.adds is None else exact_text(self.adds)


def exact_text(value: Fraction) -> str:
    """A fraction exactly: 92.9 where six decimals are enough, else 1234/567."""
    scaled = value * 10**MOST_DECIMALS
    if scaled.denominator == 1:
        return plain(Decimal(scaled.numerator).scaleb(-MOST_DECIMALS))
    return f"{value.numerator}/{value.denominator}"


def two(value: Fraction | None) -> str:
    """A value with two decimals, or the dash of one that does not exist."""
    return "—" if value is None else str(half_up(value, 2))


def percent(share: Fraction) -> str:
    """A share as a percentage, with as many decimals as it has up to two."""
    return plain(half_up(share * 100, 2)) + "%"
