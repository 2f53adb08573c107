"""Every parser of the product, fed with bytes: a value or the refusal it promises, nothing else."""

import contextlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Request
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from analysis.round_log import notes
from analysis.round_log.leaves import LeafError, leaf_bytes, read_leaf
from analysis.scheme import Scheme, shipped
from analysis.scheme.toml_text import to_toml
from analysis.sealed_round.columns import SealedHeader
from analysis.sealed_round.ratings import seal_csv
from analysis.tables import table_from_csv
from forms import questionnaire
from forms.decoder import decode
from forms.problems import InputError
from forms.questionnaire import Questionnaire, library
from forms.sheet import Sheet
from survey_app.ballots import posted
from survey_app.ballots.envelope import Letter
from survey_app.ballots.nonce import BadNonceError, NonceMaker
from survey_app.ballots.payload import BrokenPayloadError, unpack
from survey_app.ballots.typed_code import what_is_wrong
from survey_app.core.errors import DomainError
from survey_app.core.uploads import clean_name
from survey_app.rounds.codes import MistypedCodeError, new_typed, read_code

SHEET = Sheet.prepare([(1, library()["unit"].short()), (2, library()["leader"])])
NONCES = NonceMaker(b"n" * 32)
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = "survey/round/x"
NOTE = notes.sign_note(notes.checkpoint_text(ORIGIN, 3, b"r" * 32), ORIGIN, KEY)
BODY = b"1.D1=5&1.D3=4&1.T1=%E5%AD%97&nonce=x&code=y&action=submit&lang=en"
LEAF = leaf_bytes({"type": "receipt", "hash": "ab" * 32})
QUESTIONNAIRE = Path(questionnaire.__file__).parent / "library" / "unit.toml"
ODD_LETTER = bytes(32) + struct.pack(">II", 1, 1) + b"\x01" + b"5"
RATINGS = b"rater,ratee,rater_class,item,option\nr1,u1,citizen,S1,5\nr2,u1,citizen,S1,4\n"


def form(data: bytes) -> None:
    environ = EnvironBuilder(method="POST", data=data, content_type=posted.FORM_TYPE).get_environ()
    decode(posted.read(Request(environ), posted.CITIZEN_BYTES).answers, SHEET)


def code(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    message, values = what_is_wrong(text)
    assert message.format(**values)
    read_code(text)


def nonce(data: bytes) -> None:
    NONCES.read(data.decode("utf-8", "replace"), 1)


def note(data: bytes) -> None:
    notes.open_note(data.decode("utf-8", "replace"), ORIGIN, PUBLIC)


def file_name(data: bytes) -> None:
    name = clean_name(data.decode("utf-8", "replace"))
    assert name
    assert name.isprintable()
    assert len(name) < 100
    assert not {"/", "\\", "·"} & set(name)


PARSERS: dict[str, tuple[Callable[[bytes], object], tuple[type[Exception], ...], list[bytes]]] = {
    "form": (form, (DomainError,), [BODY, b"1.D1=5&" * 40, b"%ff=%00&&=&1.D1"]),
    "code": (code, (MistypedCodeError,), [new_typed().encode(), "ＡＢ—１".encode()]),
    "nonce": (nonce, (BadNonceError,), [NONCES.make(1).encode(), b"A" * 59]),
    "note": (note, (notes.NoteError,), [NOTE.encode(), NOTE.encode() * 2]),
    "leaf": (read_leaf, (LeafError,), [LEAF, b"[" * 5_000, b"1" * 5_000, b'{"v":1e999}']),
    "questionnaire": (
        Questionnaire.load,
        (InputError,),
        [QUESTIONNAIRE.read_bytes(), b"a=" + b"[" * 5_000, b"a=" + b"9" * 5_000, b"a.b.c=1\n" * 99],
    ),
    "scheme": (
        Scheme.load,
        (InputError,),
        [to_toml(one).encode() for one in list(shipped().values())[:3]],
    ),
    "csv": (lambda data: table_from_csv(data, "a.csv"), (InputError,), [RATINGS, b'"a\n"",\r"']),
    "payload": (
        lambda data: list(unpack(data, {1: 6, 2: 6})),
        (BrokenPayloadError,),
        [b"\x01\x00\x01" + bytes(6) + b"\x00\x02" + bytes(6)],
    ),
    "letter": (
        Letter.read,
        (ValueError, TypeError, RecursionError, struct.error),
        [Letter.write(b"\x01", ()).padded(), ODD_LETTER],
    ),
    "file name": (file_name, (), [b"../../a.csv", b"a" * 900 + b".csv", "\u202eb".encode()]),
}


@st.composite
def bent(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """A sample with pieces lost, doubled, exchanged or put in; or any bytes at all."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=400))
    data = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from(("lose", "double", "bytes")))
        new = {"lose": b"", "double": data[start:end] * 2}.get(piece)
        data = data[:start] + (draw(st.binary(max_size=6)) if new is None else new) + data[end:]
    return data


def feed(name: str, data: st.DataObject) -> None:
    parser, refusals, samples = PARSERS[name]
    given_bytes = data.draw(bent(samples))
    with contextlib.suppress(*refusals):
        parser(given_bytes)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_parser_reads_or_refuses(name: str, data: st.DataObject) -> None:
    feed(name, data)


@pytest.mark.long
@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=5_000, deadline=None)
@given(data=st.data())
def test_a_parser_reads_or_refuses_in_depth(name: str, data: st.DataObject) -> None:
    feed(name, data)


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(data=bent([RATINGS, RATINGS.replace(b"\n", b"\r\n"), RATINGS.replace(b",", b";")]))
def test_ratings_are_sealed_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("ratings")
    (folder / "ratings.csv").write_bytes(data)
    header = SealedHeader("round", "题目", library()["service"])
    with contextlib.suppress(InputError):
        seal_csv(folder / "ratings.csv", header, folder / "sealed")
