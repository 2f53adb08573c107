"""Signed notes and checkpoints (C2SP signed-note and tlog-checkpoint), Ed25519 only.

A note is a text that ends with a newline, an empty line, and signature lines. A checkpoint is a
note whose text has three lines: origin, tree size, base64 root. No line is added to them, for
nobody could check it.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from analysis.round_log.merkle import HASH_SIZE

_ED25519 = b"\x01"
_DASH = "\N{EM DASH} "
_KEY_ID_SIZE = 4
_MAX_NOTE = 10_000


class NoteError(ValueError):
    """A note that is not signed by the key asked for, or is not a note."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: whose, how many leaves, and their root."""

    origin: str
    size: int
    root: bytes


def is_key_name(name: str) -> bool:
    """Whether a name may stand on a signature line: no blank, no plus sign, not empty."""
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)


def key_id(name: str, public: bytes) -> bytes:
    """The four bytes that tell keys of one name apart."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_KEY_ID_SIZE]


def verifier_key(name: str, public: bytes) -> str:
    """The key as people hand it on: name, key id, base64 of type and key."""
    encoded = base64.b64encode(_ED25519 + public).decode()
    return f"{name}+{key_id(name, public).hex()}+{encoded}"


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The text to sign for a tree of `size` leaves."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign_note(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """The whole note: text, empty line, one signature line."""
    if not text.endswith("\n") or not is_key_name(name):
        raise NoteError("a note's text ends with a newline, and its signer has a name")
    signed = key_id(name, private.public_key().public_bytes_raw()) + private.sign(text.encode())
    return f"{text}\n{_DASH}{name} {base64.b64encode(signed).decode()}\n"


def open_note(note: str, name: str, public: bytes) -> str:
    """The text of a note that `public` signed as `name`; raises NoteError otherwise.

    Signature lines of others (witnesses) are allowed and not judged.
    """
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or len(note) > _MAX_NOTE:
        raise NoteError("not a signed note")
    text += "\n"
    found = [_signature(line) for line in lines[:-1].split("\n")]
    own = [sign for signer, known, sign in found if (signer, known) == (name, key_id(name, public))]
    if not own:
        raise NoteError("no signature by this key")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(own[0], text.encode())
    except (InvalidSignature, ValueError):
        raise NoteError("the signature is wrong") from None
    return text


def _signature(line: str) -> tuple[str, bytes, bytes]:
    """Signer, key id and signature of one signature line."""
    name, gap, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        signed = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("a signature line is not base64") from None
    is_plain = base64.b64encode(signed).decode() == encoded
    if not line.startswith(_DASH) or not gap or not is_key_name(name) or not is_plain:
        raise NoteError("not a signature line")
    return name, signed[:_KEY_ID_SIZE], signed[_KEY_ID_SIZE:]


def read_checkpoint(text: str) -> Checkpoint:
    """The three lines of a checkpoint's text; raises NoteError where they are not."""
    lines = text.split("\n")
    try:
        origin, size, encoded, end = lines
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(encoded, validate=True))
    except ValueError:
        raise NoteError("not a checkpoint") from None
    is_one = not end and bool(origin) and len(checkpoint.root) == HASH_SIZE
    if not is_one or checkpoint_text(origin, checkpoint.size, checkpoint.root) != text:
        raise NoteError("not a checkpoint")
    return checkpoint


def open_checkpoint(note: str, origin: str, public: bytes) -> Checkpoint:
    """The head that a log of this origin signed; raises NoteError otherwise."""
    checkpoint = read_checkpoint(open_note(note, origin, public))
    if checkpoint.origin != origin or checkpoint.size < 0:
        raise NoteError("the checkpoint of another log")
    return checkpoint
