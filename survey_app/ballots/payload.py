"""The ratings of one ballot as bytes: stored as they are, or within an envelope.

A version byte, then for every ratee rated: its number in the round (two bytes, big-endian) and
one byte a coded item, in the questionnaire's order, 0 for blank. How many bytes follow a number
is known from the frozen round, so a payload is dense and its length is checked when it is read.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping

from forms.decoder import RateeAnswers

VERSION = b"\x01"
_NUMBER = struct.Struct(">H")


class BrokenPayloadError(ValueError):
    """The bytes do not fit the round they are said to belong to."""


def pack(answers: Iterable[RateeAnswers]) -> bytes:
    """The payload of a decoded form. Ratees left out (不了解) leave no trace."""
    return VERSION + b"".join(_NUMBER.pack(one.ratee) + one.codes for one in answers)


def unpack(payload: bytes, widths: Mapping[int, int]) -> Iterator[tuple[int, bytes]]:
    """(ratee number, codes) in stored order; `widths` leads from a ratee to its number of items.

    Raises:
        BrokenPayloadError: unknown version, a ratee nobody asked about, or a cut end.
    """
    if payload[:1] != VERSION:
        raise BrokenPayloadError("version")
    place = len(VERSION)
    while place < len(payload):
        start = place + _NUMBER.size
        number = int.from_bytes(payload[place:start])
        width = widths.get(number)
        if width is None or start + width > len(payload):
            raise BrokenPayloadError("ratee or length")
        yield number, payload[start : start + width]
        place = start + width
