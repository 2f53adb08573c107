"""The two codes of a card: 128 bits in its QR code, 60 bits to type, independent of each other."""

import secrets
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
QR_LENGTH = 26  # 130 bits, of which 128 are random
TYPED_LENGTH = 12
GROUP = 4


class MistypedCodeError(ValueError):
    """The text cannot be a code; nothing was looked up."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code as hashed: which of a card's two codes, and its characters without decoration."""

    kind: str  # "qr" | "typed"
    text: str


def new_qr() -> str:
    """26 characters holding 128 random bits."""
    number = secrets.randbits(128)
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(QR_LENGTH)))


def new_typed() -> str:
    """12 random characters and one that catches a mistyped or swapped character."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(TYPED_LENGTH))
    return body + check_character(body)


def display(typed: str) -> str:
    """XXXX-XXXX-XXXX-X, as printed."""
    return "-".join(typed[start : start + GROUP] for start in range(0, len(typed), GROUP))


def read_code(text: str) -> Code:
    """What a person typed or scanned, made canonical: blanks, dashes, case and lookalikes forgiven.

    Raises:
        MistypedCodeError: wrong length, a foreign character, or the check character differs.
    """
    clean = "".join(character for character in text.upper() if character not in " -_—－\u3000")
    clean = clean.translate(LOOKALIKES)
    if not clean or any(character not in ALPHABET for character in clean):
        raise MistypedCodeError
    if len(clean) == QR_LENGTH:
        return Code("qr", clean)
    if len(clean) != TYPED_LENGTH + 1 or check_character(clean[:-1]) != clean[-1]:
        raise MistypedCodeError
    return Code("typed", clean)


def check_character(body: str) -> str:
    """Luhn's rule modulo 32: every single slip and nearly every swap of neighbours changes it."""
    total = 0
    for place, character in enumerate(reversed(body)):
        value = ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]
