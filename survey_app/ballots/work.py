"""A little work for a browser, bound to one form's nonce: hashcash with SHA-256 in eight pieces.

Piece i is solved by a number k for which SHA-256("<challenge>:<i>:…<k>") begins with 14 zero bits,
the text before k filled up with dots to whole blocks, so that each try costs one block:
2^17 hashes in all on average: measured in Chromium 0.9 s (at most 1.4 s of twelve) on a busy
desktop, 1.7 s (4.2 s) at a sixth of its speed, as an old phone has. Eight pieces rather than one,
because one alone may take five times as long by bad luck, eight together hardly twice. What was
solved is good for this nonce only and dies with its receipt; no challenge is stored.
"""

from hashlib import sha256

PIECES = 8
BITS = 14
BLOCK = 64
LONGEST = 200
_LIMIT = 1 << (256 - BITS)


def is_done(challenge: str, answer: str) -> bool:
    """Whether "k0.k1.….k7" solves every piece."""
    parts = answer.split(".") if len(answer) <= LONGEST else []
    return len(parts) == PIECES and all(
        part.isascii() and part.isdigit() and _fits(challenge, place, part)
        for place, part in enumerate(parts)
    )


def solve(challenge: str) -> str:
    """The answer, as a browser finds it."""
    return ".".join(_solve_piece(challenge, place) for place in range(PIECES))


def _solve_piece(challenge: str, place: int) -> str:
    number = 0
    while not _fits(challenge, place, str(number)):
        number += 1
    return str(number)


def _fits(challenge: str, place: int, number: str) -> bool:
    head = f"{challenge}:{place}:"
    head = head.ljust(-(-len(head) // BLOCK) * BLOCK, ".")
    return int.from_bytes(sha256(f"{head}{number}".encode()).digest()) < _LIMIT
