"""The tree of RFC 6962: known roots, and proofs of every size up to 64."""

import pytest

from analysis.round_log import merkle

LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [  # certificate-transparency reference implementation, tree_hasher / merkle_tree tests
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
KNOWN = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
MANY = [merkle.leaf_hash(str(number).encode()) for number in range(64)]


def test_known_roots_of_certificate_transparency() -> None:
    assert [merkle.root(KNOWN[: size + 1]).hex() for size in range(8)] == ROOTS
    assert merkle.root([]).hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")


def _recursive(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 §2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return merkle.node_hash(_recursive(leaves[:middle]), _recursive(leaves[middle:]))


@pytest.mark.parametrize("size", range(1, 65))
def test_every_leaf_is_shown_and_no_other(size: int) -> None:
    leaves = MANY[:size]
    root = merkle.root(leaves)
    assert root == _recursive(leaves)
    for index, leaf in enumerate(leaves):
        proof = merkle.inclusion_proof(leaves, index)
        assert merkle.verify_inclusion(leaf, index, size, proof, root)
        assert not merkle.verify_inclusion(MANY[0][::-1], index, size, proof, root)
        assert not merkle.verify_inclusion(leaf, (index + 1) % (size + 1), size, proof, root)
        assert not merkle.verify_inclusion(leaf, index, size, [*proof, root], root)
        assert not proof or not merkle.verify_inclusion(leaf, index, size, proof[:-1], root)


@pytest.mark.parametrize("size", range(1, 65))
def test_every_earlier_tree_is_shown_and_no_other(size: int) -> None:
    leaves, later = MANY[:size], merkle.root(MANY[:size])
    for earlier in range(size + 1):
        root, proof = merkle.root(leaves[:earlier]), merkle.consistency_proof(leaves, earlier)
        assert merkle.verify_consistency(earlier, size, root, later, proof)
        assert not merkle.verify_consistency(earlier, size, root[::-1], later, proof)
        assert not merkle.verify_consistency(earlier, size, root, later[::-1], proof) or not earlier
        assert not merkle.verify_consistency(earlier, size, root, later, [*proof, root])
        assert not proof or not merkle.verify_consistency(earlier, size, root, later, proof[1:])


def test_known_consistency_proof_of_certificate_transparency() -> None:
    assert [step.hex() for step in merkle.consistency_proof(KNOWN, 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_a_frontier_goes_on_after_being_stored() -> None:
    frontier = merkle.Frontier()
    for size, leaf in enumerate(MANY, 1):
        frontier = merkle.Frontier.from_bytes(frontier.to_bytes())
        frontier.append(leaf)
        assert (frontier.size, frontier.root()) == (size, merkle.root(MANY[:size]))


@pytest.mark.parametrize("stored", [b"", b"\0" * 7, b"\0" * 9, (3).to_bytes(8) + b"\0" * 32])
def test_something_else_is_no_frontier(stored: bytes) -> None:
    with pytest.raises(ValueError, match="frontier"):
        merkle.Frontier.from_bytes(stored)


def test_nothing_is_proved_of_what_is_not_there() -> None:
    for index in (-1, 5):
        with pytest.raises(ValueError, match="no such leaf"):
            merkle.inclusion_proof(MANY[:5], index)
    for earlier in (-1, 6):
        with pytest.raises(ValueError, match="no such earlier tree"):
            merkle.consistency_proof(MANY[:5], earlier)


def test_a_shrunk_or_unproved_tree_is_not_consistent() -> None:
    small, large = merkle.root(MANY[:5]), merkle.root(MANY[:7])
    proof = merkle.consistency_proof(MANY[:7], 5)
    assert merkle.verify_consistency(5, 7, small, large, proof)
    assert not merkle.verify_consistency(7, 5, large, small, proof)
    assert not merkle.verify_consistency(-1, 7, small, large, proof)
    assert not merkle.verify_consistency(5, 7, small, large, [])
