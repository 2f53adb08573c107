"""The Merkle tree of RFC 6962: one root for a list, short proofs about it.

All functions take leaf hashes, not leaves. Proofs are lists of hashes, lowest level first.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256().digest()
_SIZE_BYTES = 8


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two halves."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


@dataclass(slots=True)
class Frontier:
    """What must be kept of a tree to go on with it: the roots of its full subtrees, largest first.

    There is one for each bit set in `size`.
    """

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Take in the next leaf hash."""
        carried, below = leaf, self.size
        while below & 1:
            carried = node_hash(self.peaks.pop(), carried)
            below >>= 1
        self.peaks.append(carried)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Take in several leaf hashes, in this order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """The root of everything taken in."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """The size in 8 bytes, then the peaks."""
        return self.size.to_bytes(_SIZE_BYTES) + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Frontier":
        """What `to_bytes` wrote; raises ValueError for anything else."""
        size = int.from_bytes(stored[:_SIZE_BYTES])
        hashes = stored[_SIZE_BYTES:]
        if len(stored) < _SIZE_BYTES or len(hashes) != HASH_SIZE * size.bit_count():
            raise ValueError("not a frontier")
        return cls(size, [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)])


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """What shows that the leaf at `index` is in the tree of `leaves`."""
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    left, right = leaves[:middle], leaves[middle:]
    if index < middle:
        return [*inclusion_proof(left, index), root(right)]
    return [*inclusion_proof(right, index - middle), root(left)]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes
) -> bool:
    """Whether `proof` shows `leaf` at `index` in the tree of `size` leaves (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, reached = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            reached = node_hash(step, reached)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            reached = node_hash(reached, step)
        node, last = node >> 1, last >> 1
    return last == 0 and reached == root_hash


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """What shows that the first `earlier` leaves are still what they were in `leaves`."""
    if not 0 <= earlier <= len(leaves):
        raise ValueError("no such earlier tree")
    if earlier in (0, len(leaves)):
        return []
    return _subproof(leaves, earlier, is_whole=True)


def _subproof(leaves: Sequence[bytes], earlier: int, *, is_whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if is_whole else [root(leaves)]
    middle = _split(len(leaves))
    left, right = leaves[:middle], leaves[middle:]
    if earlier <= middle:
        return [*_subproof(left, earlier, is_whole=is_whole), root(right)]
    return [*_subproof(right, earlier - middle, is_whole=False), root(left)]


def verify_consistency(
    earlier: int, later: int, earlier_root: bytes, later_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `later` leaves begins with that of `earlier` (RFC 9162 §2.1.4.2)."""
    if not 0 <= earlier <= later:
        return False
    if earlier == later:
        return not proof and earlier_root == later_root
    if earlier == 0:
        return not proof and earlier_root == EMPTY_ROOT
    steps = list(proof)
    if earlier.bit_count() == 1:
        steps.insert(0, earlier_root)
    if not steps:
        return False
    return _climb(earlier - 1, later - 1, steps) == (earlier_root, later_root)


def _climb(node: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots that the steps lead to; None where they are too many or too few."""
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None
