"""The envelope of a ballot in a sealed round: what reaches the disk before the opening.

HPKE (RFC 9180, base mode: X25519, HKDF-SHA256, ChaCha20-Poly1305) to the round's public key. What
an envelope belongs to - round, frozen document, rater class - goes into HPKE's `info`, so that it
opens nowhere else. Within: the plain payload, the opening of its commitment and the comments,
filled up to whole kilobytes, so that its length says little.
"""

import json
import secrets
import struct
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from survey_app.rounds.frozen import FrozenRound

VERSION = b"\x02"
BUCKET = 1024
OPENING_BYTES = 32
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
TRIAL = b"trial"
_LENGTHS = struct.Struct(">II")

Comments = tuple[tuple[int, str, str], ...]


class BrokenEnvelopeError(ValueError):
    """It does not open with this key as a ballot of this round and rater class."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What lies in an envelope. `comments` are (ratee number, item, text)."""

    payload: bytes
    comments: Comments
    opening: bytes

    @classmethod
    def write(cls, payload: bytes, comments: Comments) -> Self:
        """A letter with a fresh opening."""
        return cls(payload, comments, secrets.token_bytes(OPENING_BYTES))

    def padded(self) -> bytes:
        """Its bytes, filled up to whole kilobytes."""
        comments = json.dumps(self.comments, ensure_ascii=False).encode() if self.comments else b""
        lengths = _LENGTHS.pack(len(self.payload), len(comments))
        body = self.opening + lengths + self.payload + comments
        return body.ljust(-(-len(body) // BUCKET) * BUCKET, b"\0")

    @classmethod
    def read(cls, content: bytes) -> Self:
        """The way back. Raises ValueError where the bytes are no letter."""
        start = OPENING_BYTES + _LENGTHS.size
        n_payload, n_comments = _LENGTHS.unpack(content[OPENING_BYTES:start])
        end = start + n_payload + n_comments
        if end > len(content) or any(content[end:]):
            raise ValueError("lengths")
        comments = content[start + n_payload : end]
        return cls(
            payload=content[start : start + n_payload],
            comments=tuple(
                (number, item, text) for number, item, text in json.loads(comments or b"[]")
            ),
            opening=content[:OPENING_BYTES],
        )


def seal(letter: Letter, round_: FrozenRound, rater_class: str) -> bytes:
    """The payload as a sealed round stores it."""
    assert round_.public_key is not None
    key = X25519PublicKey.from_public_bytes(round_.public_key)
    return VERSION + _SUITE.encrypt(letter.padded(), key, info=_info(round_, rater_class))


def open_envelope(
    envelope: bytes, private_key: X25519PrivateKey, round_: FrozenRound, rater_class: str
) -> Letter:
    """What was sealed. Raises BrokenEnvelopeError for any other key, round, document or class."""
    if envelope[:1] != VERSION:
        raise BrokenEnvelopeError("version")
    try:
        content = _SUITE.decrypt(envelope[1:], private_key, info=_info(round_, rater_class))
        return Letter.read(content)
    except (InvalidTag, ValueError, TypeError, RecursionError, struct.error) as error:
        raise BrokenEnvelopeError("content") from error


def _info(round_: FrozenRound, rater_class: str) -> bytes:
    return b"\0".join(part.encode() for part in (round_.key, round_.digest, rater_class))


def seal_trial(content: bytes, public_key: bytes) -> bytes:
    """An envelope of no round, to rehearse the opening."""
    key = X25519PublicKey.from_public_bytes(public_key)
    return VERSION + _SUITE.encrypt(content, key, info=TRIAL)


def open_trial(sealed: bytes, private_key: X25519PrivateKey) -> bytes | None:
    """What lies in it; None where this is not its key."""
    try:
        return _SUITE.decrypt(sealed[1:], private_key, info=TRIAL)
    except InvalidTag:
        return None


def is_envelope(payload: bytes) -> bool:
    """Whether a stored payload waits for the opening."""
    return payload[:1] == VERSION


def new_keys() -> tuple[bytes, bytes]:
    """A fresh pair for a round: private key, public key."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()
