"""The shares of a key as text on paper: any two of three give it back, one says nothing.

A share is its number, 26 characters for 128 bits and one that catches slips, in groups of four:
Crockford's base 32, as on cards.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from Crypto.Protocol.SecretSharing import Shamir

from forms.problems import N_, Problem
from survey_app.core.errors import ProblemsError
from survey_app.rounds.codes import ALPHABET, GROUP, LOOKALIKES, check_character

HOLDERS, NEEDED = 3, 2
KEY_BYTES = 16
BODY = 26  # characters of 5 bits for 128
LENGTH = 1 + BODY + 1
DECORATION = " -_—－\u3000\t"


@dataclass(frozen=True, slots=True)
class Share:
    """One holder's part of a key."""

    number: int
    value: bytes

    @property
    def text(self) -> str:
        """As printed, without the gaps between groups."""
        number = int.from_bytes(self.value)
        body = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(BODY)))
        return f"{self.number}{body}" + check_character(f"{self.number}{body}")

    @property
    def printed(self) -> str:
        """In groups of four."""
        return " ".join(groups(self.text))

    def hash(self, round_key: str) -> bytes:
        """What a right share is known by; it gives nothing of the share away."""
        return hashlib.sha256(f"survey share 1 {round_key} ".encode() + self.text.encode()).digest()


def groups(text: str) -> list[str]:
    """The groups of four a share is printed in."""
    return [text[start : start + GROUP] for start in range(0, len(text), GROUP)]


def split(key: bytes) -> tuple[Share, ...]:
    """Three shares of a 128-bit key."""
    return tuple(Share(number, value) for number, value in Shamir.split(NEEDED, HOLDERS, key))


def combine(shares: Sequence[Share]) -> bytes:
    """The key of two different shares; of a wrong one some other key."""
    return Shamir.combine([(one.number, one.value) for one in shares])


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


class WrongShareError(ProblemsError):
    """What was typed is no share of this round; every problem names which and where."""

    message = N_("密钥份额不对，什么都没有改动。")
    remedy = N_("请照着纸上的字再输入一次。")


def read_share(text: str, where: str, hashes: Mapping[int, bytes], round_key: str) -> Share:
    """A share as typed: blanks, dashes, case and lookalikes forgiven.

    `where` names the field; `hashes` leads from a number to the hash of its right share.
    Raises WrongShareError, which says in which group the slip is where that can be known.
    """
    clean = clean_text(text)
    problem = _misspelt(clean)
    if problem is None:
        share = _decode(clean)
        if share.text == clean and hashes.get(share.number) == share.hash(round_key):
            return share
        problem = _no_share(clean, hashes, round_key)
    message, remedy, values = problem
    raise WrongShareError([Problem(where, message, remedy, values)])


def clean_text(text: str) -> str:
    """What was typed, without decoration and in the letters of a share."""
    bare = "".join(character for character in text.upper() if character not in DECORATION)
    return bare.translate(LOOKALIKES)


Said = tuple[str, str, dict[str, str | int]]
COMPARE = N_("请从纸上逐组核对，每组 4 个字")


def _misspelt(clean: str) -> Said | None:
    for place, character in enumerate(clean):
        if character not in ALPHABET:
            message = N_("第 {group} 组有纸上不会出现的字“{character}”")
            return message, COMPARE, {"group": place // GROUP + 1, "character": character}
    if len(clean) != LENGTH:
        message = N_("应有 {all} 个字，输入了 {n} 个")
        return message, COMPARE, {"all": LENGTH, "n": len(clean)}
    if clean[0] not in "123":
        return N_("第 1 个字应是份额的号数 1、2 或 3"), COMPARE, {}
    return None


def _no_share(clean: str, hashes: Mapping[int, bytes], round_key: str) -> Said:
    for group, candidate in _one_slip_away(clean):
        share = _decode(candidate)
        if share.text == candidate and hashes.get(share.number) == share.hash(round_key):
            return N_("第 {group} 组有一个字不对，或两个相邻的字颠倒了"), COMPARE, {"group": group}
    if check_character(clean[:-1]) != clean[-1]:
        return N_("有几个字和纸上不一样（校验字不符）"), COMPARE, {}
    return N_("字没有输错，但它不是本轮的份额"), N_("请核对纸上的轮次名称和仪式日期"), {}


def _one_slip_away(clean: str) -> Iterator[tuple[int, str]]:
    """Every text with one character changed or two neighbours swapped, and the group of it."""
    for number in "123":
        yield 1, number + clean[1:]
    for place in range(1, LENGTH):
        for character in ALPHABET:
            yield place // GROUP + 1, clean[:place] + character + clean[place + 1 :]
        swapped = clean[: place - 1] + clean[place] + clean[place - 1] + clean[place + 1 :]
        yield place // GROUP + 1, swapped


def _decode(clean: str) -> Share:
    number = 0
    for character in clean[1:-1]:
        number = number * 32 + ALPHABET.index(character)
    low = number & ((1 << 8 * KEY_BYTES) - 1)  # a body that holds more is spelt otherwise
    return Share(ALPHABET.index(clean[0]), low.to_bytes(KEY_BYTES))
