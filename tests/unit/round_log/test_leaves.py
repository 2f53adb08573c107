"""What may stand in a leaf, the same for both verifiers: nothing is said there unchecked."""

import json

import pytest

from analysis.round_log import verify_round
from analysis.round_log.leaves import LeafError, commitment, leaf_bytes, read_leaf
from forms.problems import canonical_json

DIGEST, KEY = "0" * 64, "A" * 43 + "="
MOMENT = "2026-11-21T19:04:13Z"
NAMES = {"asked_by": "甲", "approved_by": "乙"}
GOOD = (
    {
        "type": "round",
        "round": "r",
        "config": {},
        "log_key": KEY,
        "software": "",
        "record": DIGEST,
    },
    {"type": "receipt", "hash": DIGEST},
    {"type": "exclusion", "decision": "d", "digest": DIGEST, "act": "keep", **NAMES},
    {"type": "close", "at": MOMENT, "received": {"citizen": 0}, "is_early": False},
    {"type": "opened", "ballots": 0, "holders": [1, 3], "rehearsed": True, "root": DIGEST},
    {"type": "sealed", "manifests": {"r.unit": f"sha256:{DIGEST}"}},
    {"type": "release", "name": "公开结果.csv", "digest": DIGEST, "kind": "csv"},
)
OTHERWISE = (
    (0, {"round": ""}),
    (0, {"config": []}),
    (0, {"log_key": "A" * 44}),
    (0, {"log_key": "A" * 42 + "=="}),
    (0, {"log_key": "?" * 43 + "="}),
    (0, {"log_key": 1}),
    (1, {"hash": DIGEST.upper().replace("0", "A")}),
    (1, {"hash": DIGEST[1:]}),
    (1, {"hash": None}),
    (2, {"act": "forget"}),
    (2, {"act": []}),
    (2, {"asked_by": 1}),
    (3, {"at": "2026-11-21"}),
    (3, {"at": MOMENT.replace("Z", "+08:00")}),
    (3, {"received": {"citizen": -1}}),
    (3, {"received": {"citizen": True}}),
    (3, {"received": []}),
    (3, {"is_early": 0}),
    (4, {"ballots": "0"}),
    (4, {"holders": ["1"]}),
    (4, {"holders": {}}),
    (5, {"manifests": {"r.unit": DIGEST}}),
    (5, {"manifests": []}),
    (6, {"name": ".."}),
    (6, {"name": "a/b"}),
    (6, {"name": ""}),
    (6, {"v": True}),
    (6, {"v": 2}),
    (6, {"type": "rumour"}),
    (6, {"type": None}),
    (6, {"more": 1}),
)


@pytest.mark.parametrize("leaf", GOOD, ids=lambda leaf: str(leaf["type"]))
def test_a_leaf_is_read_by_both_as_it_was_written(leaf: dict[str, object]) -> None:
    body = leaf_bytes(leaf)
    assert read_leaf(body) == verify_round.read_leaf(body) == {**leaf, "v": 1}


@pytest.mark.parametrize(("number", "changed"), OTHERWISE, ids=lambda one: json.dumps(one))
def test_anything_else_is_no_leaf_for_either(number: int, changed: dict[str, object]) -> None:
    body = canonical_json({**GOOD[number], "v": 1, **changed})
    with pytest.raises(LeafError):
        read_leaf(body)
    assert verify_round.read_leaf(body) == {"type": ""}


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'{"v":1 }', b"\xff", b"[" * 100_000])
def test_bytes_that_are_no_canonical_object_are_no_leaf(body: bytes) -> None:
    with pytest.raises(LeafError):
        read_leaf(body)
    assert verify_round.read_leaf(body) == {"type": ""}


def test_a_missing_field_is_never_written() -> None:
    with pytest.raises(LeafError):
        leaf_bytes({"type": "receipt"})


def test_a_commitment_takes_a_whole_opening_and_a_ballots_fields() -> None:
    content = dict.fromkeys(
        ("channel", "evidence", "link", "pace", "payload", "rater_class", "stratum"), ""
    )
    whole = {**content, "device": False}
    assert len(commitment(bytes(32), whole)) == 32
    for opening, fields in (
        (bytes(31), whole),
        (bytes(32), content),
        (bytes(32), {**whole, "x": ""}),
    ):
        with pytest.raises(ValueError, match="opening"):
            commitment(opening, fields)
