"""Signed notes: the published example, and what is no note."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analysis.round_log import notes

# The example of C2SP signed-note and of golang.org/x/mod/sumdb/note.
NAME = "PeterNeumann"
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    TEXT + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
    "qdngotpRZb6KE6RyyBwJnAM=\n"
)
PRIVATE = Ed25519PrivateKey.from_private_bytes(base64.b64decode(SECRET)[1:])
PUBLIC = PRIVATE.public_key().public_bytes_raw()


def test_the_published_example() -> None:
    assert notes.verifier_key(NAME, PUBLIC) == VERIFIER
    assert notes.sign_note(TEXT, NAME, PRIVATE) == NOTE
    assert notes.open_note(NOTE, NAME, PUBLIC) == TEXT


def test_every_changed_byte_is_seen() -> None:
    whole = NOTE.encode()
    for at in range(len(whole)):
        changed = (whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]).decode(errors="replace")
        with pytest.raises(notes.NoteError):
            notes.open_note(changed, NAME, PUBLIC)


def test_a_signature_has_one_spelling() -> None:
    with pytest.raises(notes.NoteError):
        notes.open_note(NOTE.replace("nAM=", "nAN="), NAME, PUBLIC)


def test_signatures_of_witnesses_may_stand_beside() -> None:
    line = notes.sign_note(TEXT, "witness", Ed25519PrivateKey.generate()).rpartition("\n\n")[2]
    assert notes.open_note(NOTE + line, NAME, PUBLIC) == TEXT
    assert notes.open_note(TEXT + "\n" + line + NOTE.rpartition("\n\n")[2], NAME, PUBLIC) == TEXT
    with pytest.raises(notes.NoteError):
        notes.open_note(TEXT + "\n" + line, NAME, PUBLIC)


def test_a_checkpoint_names_its_log() -> None:
    origin = "survey.example/round/a1"
    note = notes.sign_note(notes.checkpoint_text(origin, 5, b"\1" * 32), origin, PRIVATE)
    assert notes.open_checkpoint(note, origin, PUBLIC) == notes.Checkpoint(origin, 5, b"\1" * 32)
    other = notes.sign_note(notes.checkpoint_text("other", 5, b"\1" * 32), origin, PRIVATE)
    with pytest.raises(notes.NoteError):
        notes.open_checkpoint(other, origin, PUBLIC)


ROOT = base64.b64encode(b"\1" * 32).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n5\n",
        f"o\n05\n{ROOT}\n",
        f"o\n-1\n{ROOT[:-4]}\n",
        f"o\n+5\n{ROOT}\n",
        f"o\n5\n{ROOT}",
        f"\n5\n{ROOT}\n",
        f"o\n5\n{ROOT}\nextension\n",
        "o\n5\nAAAA\n",
    ],
)
def test_something_else_is_no_checkpoint(text: str) -> None:
    with pytest.raises(notes.NoteError):
        notes.read_checkpoint(text)


@pytest.mark.parametrize(("text", "name"), [("no newline", "n"), ("t\n", ""), ("t\n", "a b")])
def test_what_cannot_be_signed(text: str, name: str) -> None:
    with pytest.raises(notes.NoteError):
        notes.sign_note(text, name, PRIVATE)
