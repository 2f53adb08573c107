"""A card's draft key: made with the card, kept only wrapped under each of its two codes.

Either code opens a saved form; the store, which has neither, cannot.
"""

import os
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from survey_app.rounds.codes import Code
from survey_app.rounds.tables import Card

NONCE_BYTES = 12


def wrap(draft_key: bytes, code: Code, card_id: bytes) -> bytes:
    """The draft key under a code: 12 bytes of nonce, then 48 of ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key_of(code, card_id)).encrypt(nonce, draft_key, card_id)


def unwrap(card: Card, code: Code) -> bytes:
    """The draft key of a card, opened by the code that found it."""
    wrapped = card.draft_key_qr if code.kind == "qr" else card.draft_key_typed
    nonce, content = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    return AESGCM(_key_of(code, card.id)).decrypt(nonce, content, card.id)


def _key_of(code: Code, card_id: bytes) -> bytes:
    derive = HKDF(SHA256(), 32, salt=sha256(card_id).digest(), info=b"survey draft key 1")
    return derive.derive(code.text.encode())
