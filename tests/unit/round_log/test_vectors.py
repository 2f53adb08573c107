"""The vectors of docs/round-log.md §9 hold for both verifiers' own functions."""

import hmac
import json
import re
import unicodedata
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from analysis.round_log import leaves, merkle, notes, verify_round
from analysis.round_log.bundle import Unreadable, value_of
from forms.problems import canonical_json
from forms.questionnaire import option_numbers

SPECIFICATION = Path(__file__).parents[3] / "docs" / "round-log.md"


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    text = SPECIFICATION.read_text(encoding="utf-8").partition("## 9. Vectors")[2]
    block = re.search(r"```json\n(.*?)\n```", text, re.DOTALL)
    assert block
    return dict(json.loads(block[1]))


def test_canonical_json(vectors: dict[str, Any]) -> None:
    for one in vectors["canonical"]:
        assert canonical_json(one["value"]).decode() == one["text"]
        normal = json.loads(
            unicodedata.normalize("NFC", json.dumps(one["value"], ensure_ascii=False))
        )
        assert verify_round.spell(normal).decode() == one["text"]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '{"b":1,"a":1}',
        '{"a":1,"a":1}',
        "1.0",
        "1e3",
        "NaN",
        '"e\u0301"',
        '"\\u8bc4"',
        "",
    ],
)
def test_other_spellings_are_refused_by_both(text: str) -> None:
    with pytest.raises(Unreadable):
        value_of(text.encode(), "here")
    with pytest.raises(ValueError):  # noqa: PT011 -- whichever of its kinds
        verify_round.read(text.encode())


def test_commitments_and_receipts(vectors: dict[str, Any]) -> None:
    one = vectors["commitment"]
    opening = bytes.fromhex(one["opening"])
    assert leaves.commitment(opening, one["content"]).hex() == one["commitment"]
    assert verify_round.sha(opening + verify_round.spell(one["content"])) == one["commitment"]
    assert leaves.receipt_hash(vectors["receipt"]["number"]).hex() == vectors["receipt"]["hash"]


def test_leaves_and_their_tree(vectors: dict[str, Any]) -> None:
    bodies = [one["leaf"].encode() for one in vectors["leaves"]]
    hashes = [one["hash"] for one in vectors["leaves"]]
    assert [merkle.leaf_hash(body).hex() for body in bodies] == hashes
    assert [leaves.leaf_bytes(leaves.read_leaf(body)) for body in bodies] == bodies
    assert all(verify_round.read_leaf(body)["type"] for body in bodies)
    assert merkle.root(map(merkle.leaf_hash, bodies)).hex() == vectors["root"]
    assert verify_round.tree_root(bodies) == vectors["root"]


def test_cards(vectors: dict[str, Any]) -> None:
    cards = [bytes.fromhex(one) for one in vectors["batch"]["nullifiers"]]
    assert leaves.batch_root(cards).hex() == vectors["batch"]["root"]
    assert verify_round.tree_root(cards) == vectors["batch"]["root"]
    one = vectors["nullifier"]
    key, card = bytes.fromhex(one["round_key"]), bytes.fromhex(one["card"])
    assert hmac.digest(key, b"nullifier\0" + card, sha256).hex() == one["nullifier"]


def test_checkpoints(vectors: dict[str, Any]) -> None:
    one = vectors["checkpoint"]
    origin, public, root = one["origin"], bytes.fromhex(one["public_key"]), vectors["root"]
    head = notes.open_checkpoint(one["note"], origin, public)
    assert (head.size, head.root.hex()) == (2, root)
    assert verify_round.checkpoints(one["note"].encode(), origin, public) == [(2, root)]
    assert notes.verifier_key(origin, public) == one["key"]
    twice = f"{one['note']}\n{one['note']}".encode()
    assert verify_round.checkpoints(twice, origin, public) == [(2, root)] * 2


def test_option_numbers(vectors: dict[str, Any]) -> None:
    one = vectors["options"]
    assert option_numbers(one["codes"]) == one["numbers"]
    options = [{"code": code, "points": None} for code in one["codes"]]
    assert list(verify_round.numbered(options)) == one["numbers"]


RFC_8032 = (  # §7.1, tests 1 to 3: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
        "4dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_signatures_of_rfc_8032(key: str, message: str, signature: str) -> None:
    public, text, signed = (bytes.fromhex(one) for one in (key, message, signature))
    assert verify_round.is_signed(public, text, signed)
    assert not verify_round.is_signed(public, text + b"x", signed)
    for at in (0, 31, 32, 63):
        changed = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
        assert not verify_round.is_signed(public, text, changed)
    too_large = int.from_bytes(signed[32:], "little") + verify_round.ORDER
    assert not verify_round.is_signed(public, text, signed[:32] + too_large.to_bytes(32, "little"))
