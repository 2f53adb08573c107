"""A class of raters of a simulated city: how they come in, what they fill in, how they judge."""

from dataclasses import dataclass
from typing import Literal

SEPARATE, ASSEMBLY, ONLINE, FIELD = "distributed", "assembly", "online", "field"

Way = Literal["poster", "card", "list"]
Lists = Literal["one", "group", "county", "all"]


@dataclass(frozen=True, slots=True)
class RaterKind:
    """A rater class and how its raters behave.

    `share` is their part of the ballot rows. `way` says how they come in: by a poster, by a card
    for a service given, or by a code of the roster; `lists` which ratees stand on their form.
    `shift` is what they add to everybody's quality (lenient above 0), `spread` how much single
    raters differ; `unknown` and `skip` are how often they do not know an item or a whole ratee.
    """

    key: str
    share: float
    channel: str
    way: Way
    lists: Lists
    forms: tuple[tuple[str, str], ...]
    length: Literal["short", "long"]
    shift: float
    spread: float
    unknown: float
    skip: float
