"""What the steps of a run share."""

from dataclasses import dataclass

from analysis.answers import Answers
from analysis.cells import FormCells
from analysis.engine import Engine
from analysis.indicators import IndicatorScores
from analysis.inputs import Inputs, RateeRow
from analysis.scheme import Scheme
from analysis.screening import Screened
from analysis.sealed_round import SealedRound


@dataclass(frozen=True, slots=True)
class Run:
    """A run under way. `ratees` are sorted by key, so that no order of rows gets in."""

    engine: Engine
    scheme: Scheme
    inputs: Inputs
    ratees: tuple[RateeRow, ...]
    sealed: tuple[SealedRound, ...]
    answers: Answers
    screened: Screened
    cells: tuple[FormCells, ...]
    indicators: IndicatorScores
    statuses: frozenset[str]
