"""Which parts of a shown whole must stay hidden, so that nobody gets a few by subtraction."""

from collections.abc import Sequence


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
