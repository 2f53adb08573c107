"""The tree kept at hand says what the plain functions say."""

import hashlib

import pytest

from analysis.round_log import merkle
from analysis.round_log.tree import Tree

LEAVES = [merkle.leaf_hash(hashlib.sha256(bytes([n])).digest()) for n in range(70)]


@pytest.fixture(scope="module")
def tree() -> Tree:
    made = Tree()
    made.extend(LEAVES[:33])
    made.extend(LEAVES[33:])
    return made


@pytest.mark.parametrize("size", range(71))
def test_roots_and_proofs_are_those_of_the_plain_tree(tree: Tree, size: int) -> None:
    leaves = LEAVES[:size]
    assert tree.root(size) == merkle.root(leaves)
    for index in range(size):
        assert tree.inclusion_proof(index, size) == merkle.inclusion_proof(leaves, index)
    for earlier in range(size + 1):
        assert tree.consistency_proof(earlier, size) == merkle.consistency_proof(leaves, earlier)


def test_nothing_is_proved_of_what_is_not_there(tree: Tree) -> None:
    for wrong in ((70, 70), (-1, 5), (0, 71)):
        with pytest.raises(ValueError, match="no such"):
            tree.inclusion_proof(*wrong)
    with pytest.raises(ValueError, match="no such"):
        tree.consistency_proof(71, 70)
    with pytest.raises(ValueError, match="no such"):
        tree.root(71)
