"""The signed, stateless number in a rater's form: one nonce, one ballot, one receipt.

It holds 128 random bits and the minute it was given, under the installation's secret. Nothing of
it is stored until a ballot is accepted, and then only a keyed hash.
"""

import base64
import hmac
import secrets
import struct
import time
from dataclasses import dataclass
from hashlib import sha256

RANDOM_BYTES = 16
MAC_BYTES = 16
MAX_AGE_SECONDS = 14 * 24 * 3600
_STAMP = struct.Struct(">IQ")


class BadNonceError(ValueError):
    """Forged, damaged, or made for another round."""


@dataclass(frozen=True, slots=True)
class Nonce:
    """A nonce whose signature holds. `value` is what a receipt is bound to."""

    value: bytes
    age_seconds: float

    @property
    def is_expired(self) -> bool:
        """Too old for a new ballot; one that was accepted keeps its receipt all the same."""
        return self.age_seconds > MAX_AGE_SECONDS


class NonceMaker:
    """Gives and reads the nonces of one installation."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"survey nonce 1", sha256)

    def make(self, round_id: int, form_id: str = "", value: bytes | None = None) -> str:
        """A fresh nonce for a form of this round (URL-safe text, 59 characters).

        `form_id` names what the form is of; a nonce is good for that form only. `value` is given
        where what lets a person in must itself count once.
        """
        body = (value or secrets.token_bytes(RANDOM_BYTES)) + _STAMP.pack(
            round_id, int(time.time())
        )
        return base64.urlsafe_b64encode(body + self._mac(body, form_id)).decode().rstrip("=")

    def read(self, text: str, round_id: int, form_id: str = "") -> Nonce:
        """The nonce in a form. Raises BadNonceError unless it was made here for this form."""
        body = self._verified(text, form_id)
        owner, made = _STAMP.unpack(body[RANDOM_BYTES:])
        if owner != round_id:
            raise BadNonceError
        return Nonce(body[:RANDOM_BYTES], max(time.time() - made, 0.0))

    def _verified(self, text: str, form_id: str) -> bytes:
        try:
            raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True)
        except ValueError as error:
            raise BadNonceError from error
        body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if len(body) != RANDOM_BYTES + _STAMP.size or not hmac.compare_digest(
            mac, self._mac(body, form_id)
        ):
            raise BadNonceError
        return body

    def _mac(self, body: bytes, form_id: str) -> bytes:
        return hmac.digest(self._key, body + form_id.encode(), sha256)[:MAC_BYTES]
