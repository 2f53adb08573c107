"""Where a record stands with each unit it concerns: what its acts add up to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from forms.problems import N_
from survey_app.core import clock
from survey_app.supervision.kinds import STEP_NAMES, number_text

LineState = Literal["filed", "waiting", "replied", "returned", "accepted"]
STATE_NAMES: dict[LineState, str] = {
    "filed": N_("已记录"),
    "waiting": N_("待回复"),
    "replied": N_("已回复，待审核"),
    "returned": N_("已退回"),
    "accepted": N_("已办结"),
}
_AFTER: dict[str, LineState] = {"reply": "replied", "return": "returned", "accept": "accepted"}


class Act(Protocol):
    """What of an act matters here."""

    @property
    def kind(self) -> str: ...
    @property
    def content(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A record as it concerns one unit: a row of the ledger 督办通报台账."""

    file_id: int
    kind: str
    year: int
    number: int
    ratee: str
    ratee_name: str
    title: str
    issued_on: date
    due_on: date | None
    period: str
    step: str
    result: str
    reply: str
    n_urged: int
    state: LineState
    is_overdue: bool
    is_simulated: bool

    @property
    def number_text(self) -> str:
        return number_text(self.kind, self.year, self.number)

    @property
    def step_name(self) -> str:
        return STEP_NAMES.get(self.step, "")

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]


def state_of(acts: Sequence[Act], due_on: date | None) -> LineState:
    """The state after these acts of one unit, in their order."""
    decisive = [act.kind for act in acts if act.kind in _AFTER]
    if decisive:
        return _AFTER[decisive[-1]]
    return "filed" if due_on is None else "waiting"


def is_overdue(state: LineState, due_on: date | None, today: date) -> bool:
    """Whether the deadline has gone by without an answer that stands."""
    return due_on is not None and due_on < today and state in ("waiting", "returned")


def today() -> date:
    """The date on the offices' calendars."""
    return clock.local(clock.now()).date()
