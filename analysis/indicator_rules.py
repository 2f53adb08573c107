"""The rule of an indicator, as offices write it in one cell: bands, a range, a step, points a time.

Every parser gives None for a text that is no such rule.
"""

import re
from decimal import Decimal
from functools import lru_cache

from forms.definition import exact

_PAIRS = re.compile(r"[\s,，、;；]+")
_BOUNDS = re.compile(r"\s*[~～至]\s*")
Band = tuple[Decimal, Decimal]


@lru_cache(maxsize=4096)
def parse_bands(text: str) -> tuple[Band, ...] | None:
    """(reached from, points) of a text such as "90:20 80:16 0:0", the highest bound first."""
    bands = []
    for pair in _PAIRS.split(text.replace("：", ":").strip()):
        low, colon, points = pair.partition(":")
        numbers = (exact(low), exact(points))
        if not colon or numbers[0] is None or numbers[1] is None or numbers[1] < 0:
            return None
        bands.append((numbers[0], numbers[1]))
    bounds = {low for low, _ in bands}
    return tuple(sorted(bands, reverse=True)) if len(bounds) == len(bands) else None


@lru_cache(maxsize=4096)
def parse_range(text: str) -> tuple[Decimal, Decimal] | None:
    """(low, high) of a text such as "95~105"; both ends are inside."""
    ends = [exact(end) for end in _BOUNDS.split(text.strip())]
    if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] > ends[1]:
        return None
    return ends[0], ends[1]


@lru_cache(maxsize=4096)
def parse_step(text: str) -> Decimal | None:
    """The share of the points each place costs, 0 to below 1: "0.02" is 2 %."""
    step = exact(text.strip())
    return step if step is not None and 0 <= step < 1 else None


@lru_cache(maxsize=4096)
def parse_per_event(text: str) -> Decimal | None:
    """The points each event costs, above 0."""
    points = exact(text.strip())
    return points if points is not None and points > 0 else None
