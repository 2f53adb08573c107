"""Few ballots: the one minimum everything shown keeps to, and which parts of a whole hide."""

from collections.abc import Sequence
from fractions import Fraction

from analysis.rounding import half_up

PRIVACY_MINIMUM = 5
"""Below this many answers nothing is shown of a group: a share of four could name its givers."""
COMMENT_MINIMUM = 10
"""Words give more away than ticks: comments are shown from this many ballots on."""
BAND = 10


def is_few(n: int, minimum: int = PRIVACY_MINIMUM) -> bool:
    """Whether a group is there, and too small to be shown."""
    return 0 < n < minimum


def hidden_places(sizes: Sequence[int], minimum: int) -> set[int]:
    """Which parts of a shown total hide their score.

    Those below the minimum, and the next smallest ones until at least two are hidden that make the
    minimum together: nobody then gets fewer by subtraction. Empty parts hide nothing.
    """
    small = {place for place, n in enumerate(sizes) if 0 < n < minimum}
    rest = sorted((n, place) for place, n in enumerate(sizes) if n >= minimum)
    while small and rest and (len(small) < 2 or sum(sizes[one] for one in small) < minimum):
        small.add(rest.pop(0)[1])
    return small


def is_unanimous(counts: Sequence[int]) -> bool:
    """Whether everybody who answered gave the same answer: then everybody's answer is known."""
    return sum(n > 0 for n in counts) == 1


def band(score: Fraction) -> str:
    """The ten points a score lies in, in place of the score of a unanimous group."""
    low = min(int(half_up(score, 2)) // BAND * BAND, 100 - BAND)
    return f"{low}–{low + BAND}"
