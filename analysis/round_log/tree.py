"""A whole tree kept at hand, so that a proof takes a few look-ups instead of hashing every leaf."""

from collections.abc import Iterable

from analysis.round_log.merkle import EMPTY_ROOT, HASH_SIZE, node_hash


class Tree:
    """All full subtrees of a growing list of leaf hashes; 64 bytes a leaf."""

    def __init__(self) -> None:
        self._levels: list[bytearray] = [bytearray()]

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._levels[0]) // HASH_SIZE

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Take in the next leaf hashes."""
        for leaf in leaves:
            carried, level = leaf, 0
            self._levels[0] += carried
            while len(self._levels[level]) // HASH_SIZE % 2 == 0:
                carried = node_hash(
                    bytes(self._levels[level][-2 * HASH_SIZE : -HASH_SIZE]), carried
                )
                level += 1
                if level == len(self._levels):
                    self._levels.append(bytearray())
                self._levels[level] += carried

    def root(self, size: int) -> bytes:
        """The root over the first `size` leaves."""
        return self._over(0, self._known(size)) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """What shows the leaf at `index` in the tree of `size`; lowest level first."""
        if not 0 <= index < self._known(size):
            raise ValueError("no such leaf")
        steps, first, end = [], 0, size
        while end - first > 1:
            middle = first + _largest_half(end - first)
            if index < middle:
                steps.append(self._over(middle, end))
                end = middle
            else:
                steps.append(self._over(first, middle))
                first = middle
        return steps[::-1]

    def consistency_proof(self, earlier: int, size: int) -> list[bytes]:
        """What shows that the tree of `size` begins with that of `earlier`."""
        if not 0 <= earlier <= self._known(size):
            raise ValueError("no such earlier tree")
        if earlier in (0, size):
            return []
        steps, first, end = [], 0, size
        while end != earlier:
            middle = first + _largest_half(end - first)
            if earlier <= middle:
                steps.append(self._over(middle, end))
                end = middle
            else:
                steps.append(self._over(first, middle))
                first = middle
        if first:
            steps.append(self._over(first, end))
        return steps[::-1]

    def _known(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise ValueError("no such tree")
        return size

    def _over(self, first: int, end: int) -> bytes:
        """The root over leaves `first` to `end`; `first` is where a subtree so large may begin."""
        width = end - first
        if width & (width - 1) == 0:
            level = width.bit_length() - 1
            at = first // width * HASH_SIZE
            return bytes(self._levels[level][at : at + HASH_SIZE])
        middle = first + _largest_half(width)
        return node_hash(self._over(first, middle), self._over(middle, end))


def _largest_half(width: int) -> int:
    return 1 << ((width - 1).bit_length() - 1)
