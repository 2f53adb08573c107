"""What stands for a ballot in the round's log, before anybody may know what it says.

A commitment is a hash over 32 random bytes (the opening) and the ballot's content. The log holds
it from the moment a ballot is integrated; openings are handed to auditors after sealing. In a
sealed round it covers the envelope, and opened ballots get commitments of their own, see
docs/decisions/0011.
"""

from dataclasses import dataclass
from typing import Any

OPENING_BYTES = 32


@dataclass(frozen=True, slots=True)
class Traits:
    """What is kept of where a ballot comes from."""

    rater_class: str
    stratum: str
    channel: str
    evidence: str


def content_of(
    traits: Traits, payload: bytes, link: str, *, has_mark: bool, pace: str | None
) -> dict[str, Any]:
    """A ballot as its commitment covers it; `payload` is as stored, `link` a token or ""."""
    return {
        "channel": traits.channel,
        "device": has_mark,
        "evidence": traits.evidence,
        "link": link,
        "pace": pace or "",
        "payload": payload.hex(),
        "rater_class": traits.rater_class,
        "stratum": traits.stratum,
    }
