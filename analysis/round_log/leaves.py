"""The leaves of a round's log: which types there are, what each holds, and how it is spelled.

A leaf is the canonical JSON of an object with "type" and "v". It has exactly the fields listed
here, so that nothing can be said in a leaf that nobody checks.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analysis.round_log import merkle
from forms.problems import canonical_json

VERSION = 1
CONTENT_FIELDS = frozenset(
    {"channel", "device", "evidence", "link", "pace", "payload", "rater_class", "stratum"}
)
_OPENING_SIZE = 32
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILE_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)")
_ACTS = frozenset({"exclude", "keep", "withdraw"})


class LeafError(ValueError):
    """Bytes that are no leaf of a round's log."""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_file_name(value: object) -> bool:
    return isinstance(value, str) and value not in ("", ".", "..") and not set("/\\\0") & set(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _is_file_digest(value: object) -> bool:
    return isinstance(value, str) and _FILE_DIGEST.fullmatch(value) is not None


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and _MOMENT.fullmatch(value) is not None


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_act(value: object) -> bool:
    return value in _ACTS if isinstance(value, str) else False


def _is_key(value: object) -> bool:
    try:
        return isinstance(value, str) and len(base64.b64decode(value, validate=True)) == 32
    except binascii.Error:
        return False


def _is_counts(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_count, value.values()))


def _is_digests(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_file_digest, value.values()))


def _is_numbers(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_count, value))


Rule = Callable[[object], bool]
_TWO_NAMES: dict[str, Rule] = {"asked_by": _is_text, "approved_by": _is_text}
FIELDS: Mapping[str, Mapping[str, Rule]] = {
    "round": {
        "round": _is_name,
        "config": _is_object,
        "log_key": _is_key,
        "software": _is_text,
        "record": _is_digest,
    },
    "issuance": {
        "batch": _is_count,
        "rater_class": _is_name,
        "evidence": _is_name,
        "issued": _is_count,
        "root": _is_digest,
    },
    "reissue": {"batch": _is_count, "void": _is_digest, "new": _is_digest},
    "ballot": {"rater_class": _is_name, "evidence": _is_name, "commitment": _is_digest},
    "receipt": {"hash": _is_digest},
    "admission": {"nullifier": _is_digest},
    "act": {"action": _is_name, "at": _is_moment, "digest": _is_digest},
    "exclusion": {"decision": _is_name, "digest": _is_digest, "act": _is_act, **_TWO_NAMES},
    "close": {"at": _is_moment, "received": _is_counts, "is_early": _is_flag},
    "reopen": {"at": _is_moment, "reason_digest": _is_digest, **_TWO_NAMES},
    "opened": {
        "ballots": _is_count,
        "holders": _is_numbers,
        "rehearsed": _is_flag,
        # Over the commitments of the ballots as opened, sorted. The "ballot" leaves of a sealed
        # round commit to envelopes: nothing leads from an envelope to what was in it.
        "root": _is_digest,
    },
    "sealed": {"manifests": _is_digests},
    "result": {"run": _is_count, "scores": _is_digest, "config": _is_file_digest},
    "release": {"name": _is_file_name, "digest": _is_digest, "kind": _is_name},
    "destroyed": {"what": _is_counts},
}


def leaf_bytes(leaf: Mapping[str, Any]) -> bytes:
    """The bytes of a leaf; "v" is added. Raises LeafError for a type or field nobody knows."""
    body = canonical_json({**leaf, "v": VERSION})
    read_leaf(body)
    return body


def read_leaf(body: bytes) -> dict[str, Any]:
    """The object of a leaf; raises LeafError where it is not exactly one."""
    try:
        leaf = json.loads(body)
        is_canonical = canonical_json(leaf) == body
    except (ValueError, TypeError, RecursionError):
        raise LeafError("not canonical JSON") from None
    if not is_canonical or not isinstance(leaf, dict):
        raise LeafError("not canonical JSON")
    kind = leaf.get("type")
    rules = FIELDS.get(kind) if isinstance(kind, str) else None
    if rules is None or leaf.get("v") != VERSION or isinstance(leaf["v"], bool):
        raise LeafError("unknown type or version")
    if leaf.keys() != rules.keys() | {"type", "v"}:
        raise LeafError(f"fields of {kind}")
    for name, rule in rules.items():
        if not rule(leaf[name]):
            raise LeafError(f"{kind}.{name}")
    return leaf


def commitment(opening: bytes, content: Mapping[str, Any]) -> bytes:
    """What stands for a ballot in the log: nobody learns its content without the opening.

    Raises ValueError for an opening of another length or other fields than a ballot's.
    """
    if len(opening) != _OPENING_SIZE or content.keys() != CONTENT_FIELDS:
        raise ValueError("an opening is 32 bytes, a content has a ballot's fields")
    return hashlib.sha256(opening + canonical_json(content)).digest()


def receipt_hash(number: str) -> bytes:
    """What stands for a receipt in the log."""
    return hashlib.sha256(number.encode("ascii")).digest()


def batch_root(nullifiers: Iterable[bytes]) -> bytes:
    """The root that an issuance commits to: over the nullifiers of all its cards, sorted."""
    return merkle.root(merkle.leaf_hash(one) for one in sorted(nullifiers))
