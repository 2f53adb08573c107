"""Unicode's normal form in time that grows with the text, whatever the text.

Ordering the marks on one letter takes the square of their number: a megabyte of accents would
hold a process for minutes. More than thirty marks on a letter are dropped, as Unicode's
stream-safe text format has it (UAX #15, section 13).
"""

import unicodedata
from typing import Literal

MOST_MARKS = 30
SHORT = 128  # so few characters are ordered at once, even if every one is a mark


def normal(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """The text in this normal form."""
    if text.isascii():
        return text
    if len(text) > SHORT:
        text = _with_few_marks(text)
    return unicodedata.normalize(form, text)


def _with_few_marks(text: str) -> str:
    kept, run = [], 0
    for character in text:
        run = run + 1 if _is_mark(character) else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    if character < "\u0300":
        return False
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) > 0
