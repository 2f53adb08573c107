"""The envelope of a sealed ballot, and the shares of the key that opens it."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as some

from survey_app.ballots.envelope import (
    BUCKET,
    BrokenEnvelopeError,
    Letter,
    new_keys,
    open_envelope,
    seal,
)
from survey_app.closing.shares import (
    LENGTH,
    Share,
    WrongShareError,
    combine,
    groups,
    new_key,
    read_share,
    split,
)
from survey_app.rounds.frozen import FrozenRound

RAW, PUBLIC = new_keys()
KEY = X25519PrivateKey.from_private_bytes(RAW)
NOTHING: MappingProxyType[str, str] = MappingProxyType({})
ROUND = FrozenRound(
    id=1,
    digest="sha256:" + "0" * 64,
    key="2026-annual",
    title="",
    organiser="",
    phone="",
    is_simulated=True,
    target_per_ratee=0,
    scheme={},
    questionnaires={},
    bindings={},
    ratees=(),
    rater_classes=NOTHING,
    expected={},
    public_key=PUBLIC,
)
LETTER = Letter.write(b"\x01\x00\x01\x02\x03", ((1, "opinion", "路灯不亮"),))
# RFC 9180, A.2.1: base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305, first encryption.
VECTOR = {
    "skRm": "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
    "enc": "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "aad": "436f756e742d30",
    "ct": "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
    "21993c62ce81883d2dd1b51a28",
}


def test_the_suite_is_that_of_the_standard() -> None:
    """The public functions take no `aad`, the published vectors have one."""
    hexed = {name: bytes.fromhex(value) for name, value in VECTOR.items()}
    opened = openssl.hpke._decrypt_with_aad(
        Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305),
        hexed["enc"] + hexed["ct"],
        X25519PrivateKey.from_private_bytes(hexed["skRm"]),
        info=hexed["info"],
        aad=hexed["aad"],
    )
    assert opened == b"Beauty is truth, truth beauty"


def test_an_envelope_gives_back_what_was_put_in() -> None:
    assert open_envelope(seal(LETTER, ROUND, "delegate"), KEY, ROUND, "delegate") == LETTER


@pytest.mark.parametrize(
    ("round_", "rater_class"),
    [
        (replace(ROUND, key="2027-annual"), "delegate"),
        (replace(ROUND, digest="sha256:" + "1" * 64), "delegate"),
        (ROUND, "leader_city"),
    ],
    ids=["another round", "another document", "another class"],
)
def test_an_envelope_opens_nowhere_else(round_: FrozenRound, rater_class: str) -> None:
    with pytest.raises(BrokenEnvelopeError):
        open_envelope(seal(LETTER, ROUND, "delegate"), KEY, round_, rater_class)


def test_another_key_or_a_changed_byte_opens_nothing() -> None:
    sealed = seal(LETTER, ROUND, "delegate")
    with pytest.raises(BrokenEnvelopeError):
        open_envelope(sealed, X25519PrivateKey.generate(), ROUND, "delegate")
    for place in (0, 1, 40, len(sealed) - 1):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(BrokenEnvelopeError):
            open_envelope(changed, KEY, ROUND, "delegate")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[:20],
        lambda content: content[:32] + b"\xff" * 8 + content[40:],
        lambda content: content[:-1] + b"x",
        lambda content: content.replace(b"[[1", b"[[[", 1),
    ],
    ids=["too short", "lengths beyond its end", "something after it", "comments that are none"],
)
def test_what_is_no_letter_is_a_broken_envelope(spoil: Callable[[bytes], bytes]) -> None:
    """Anybody can write to the public key; what comes out must still be a ballot."""
    content = spoil(LETTER.padded())
    info = b"\0".join(part.encode() for part in (ROUND.key, ROUND.digest, "delegate"))
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    sealed = b"\x02" + suite.encrypt(content, KEY.public_key(), info=info)
    with pytest.raises(BrokenEnvelopeError, match="content"):
        open_envelope(sealed, KEY, ROUND, "delegate")


@given(some.binary(max_size=700), some.lists(some.text(max_size=200), max_size=3))
def test_length_says_little_and_nothing_is_lost(payload: bytes, words: list[str]) -> None:
    letter = Letter.write(payload, tuple((1, "opinion", one) for one in words))
    sealed = seal(letter, ROUND, "delegate")
    assert len(sealed) % BUCKET == len(seal(LETTER, ROUND, "delegate")) % BUCKET
    assert open_envelope(sealed, KEY, ROUND, "delegate") == letter


def test_one_answer_and_another_have_envelopes_of_one_length() -> None:
    other = Letter.write(b"\x01\x00\x02\x05", ())
    assert len(seal(LETTER, ROUND, "x")) == len(seal(other, ROUND, "x"))


def test_any_two_shares_give_the_key_and_one_does_not() -> None:
    key = new_key()
    shares = split(key)
    assert [one.number for one in shares] == [1, 2, 3]
    for two in combinations(shares, 2):
        assert combine(two) == key
    for one in shares:
        assert combine([one]) != key
        assert combine([one, Share(one.number % 3 + 1, secrets.token_bytes(16))]) != key


def known(shares: tuple[Share, ...]) -> dict[int, bytes]:
    return {one.number: one.hash("r") for one in shares}


def test_a_share_is_read_as_people_type_it() -> None:
    shares = split(new_key())
    share = shares[1]
    assert [len(group) for group in groups(share.text)] == [4] * 7
    for typed in (share.printed, share.printed.lower(), share.text.replace("0", "o"), share.text):
        assert read_share(typed, "第二份", known(shares), "r") == share


def said(typed: str, shares: tuple[Share, ...], round_key: str = "r") -> str:
    with pytest.raises(WrongShareError) as caught:
        read_share(typed, "第一份", known(shares), round_key)
    return caught.value.problems[0].text()


def changed(text: str) -> str:
    return "".join("2" if one != "2" else "3" for one in text)


def test_a_slip_is_named_with_its_group() -> None:
    shares = split(new_key())
    text = shares[0].text
    for place in range(1, LENGTH):
        other = "2" if text[place] != "2" else "3"
        words = said(text[:place] + other + text[place + 1 :], shares)
        assert words.startswith("第一份：")
        assert f"第 {place // 4 + 1} 组" in words
    assert "第 1 组" in said("2" + text[1:], shares)
    assert "27 个" in said(text[:-1], shares)
    assert "号数 1、2 或 3" in said("9" + text[1:], shares)
    assert "有几个字" in said(text[:5] + changed(text[5:8]) + text[8:], shares)
    assert "“!”" in said(text[:9] + "!" + text[10:], shares)


def test_a_right_share_of_another_key_is_called_so() -> None:
    shares, others = split(new_key()), split(new_key())
    assert "不是本轮的份额" in said(others[0].text, shares)
    assert "不是本轮的份额" in said(shares[0].text, shares, "another")
