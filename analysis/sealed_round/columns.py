"""What a round hands over to be sealed, in columns."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forms.questionnaire import Questionnaire

TextColumn = NDArray[np.object_]

KEY_COLUMNS = ("ratee", "rater_class", "stratum", "channel", "evidence")
OPEN_COLUMNS = ("link", "same_device", "pace")
PACES = ("fast", "normal")


@dataclass(frozen=True, slots=True)
class BallotColumns:
    """The ballots of one questionnaire of one round: a row a submission and ratee.

    `submission` groups the rows of one submission; it is replaced by a fresh random id and not
    kept. `codes` is rows x coded items, in the questionnaire's order, 0 for a blank. The last three
    belong to open rounds only: `same_device` holds equal numbers where a device came again, 0 where
    nothing is known; `pace` holds "fast" or "normal".
    """

    submission: Sequence[Hashable]
    ratee: TextColumn
    rater_class: TextColumn
    stratum: TextColumn
    channel: TextColumn
    evidence: TextColumn
    codes: NDArray[np.uint8]
    link: TextColumn | None = None
    same_device: NDArray[np.int64] | None = None
    pace: TextColumn | None = None


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """What the manifest says of the round. `scheme_json` is the scheme as frozen, if it was.

    `counts` are figures only the collecting side knows, e.g. {"issued": {"citizen": 500}}.
    """

    round: str
    title: str
    questionnaire: Questionnaire
    scheme: Mapping[str, str] | None = None
    scheme_json: Mapping[str, object] | None = None
    is_open: bool = False
    is_simulated: bool = False
    counts: Mapping[str, Any] = field(default_factory=dict)
    period: str = ""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many ballots came by a link within ten minutes.

    `bin` counts ten-minute steps since 1970-01-01 00:00 UTC.
    """

    link: TextColumn
    bin: NDArray[np.int64]
    n: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Comment:
    """Words written about a ratee, with nothing that leads back to a ballot."""

    ratee: str
    item: str
    text: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An official act that takes a submission (or its rows on one ratee) out of the count."""

    submission: Hashable
    rule: str
    evidence: str
    ratee: str | None = None
