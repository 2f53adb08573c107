"""A figure with its uncertainty, and the statement that there is none."""

from dataclasses import dataclass
from typing import Literal

from analysis.note import Note

Status = Literal["not_converged", "disconnected", "too_few", "undefined"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate. Every part is None where it is not defined, and `notes` then say why.

    `se` is the standard error in the unit of the estimate, `df` the degrees of freedom of the
    interval (None: normal or not applicable), `lo` and `hi` the interval at the level asked for,
    `n` the number of persons, ratings or units behind it, `method` a short name such as "wilson".
    """

    estimate: float | None
    se: float | None = None
    df: float | None = None
    lo: float | None = None
    hi: float | None = None
    n: int | None = None
    method: str = ""
    notes: tuple[Note, ...] = ()


class NoEstimate(Exception):
    """A method gives no answer for these data; `note` says why and what would help."""

    def __init__(self, status: Status, note: Note) -> None:
        self.status: Status = status
        self.note = note
        super().__init__(note.text())
