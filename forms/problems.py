"""Problems told to people, all at once, each with its place and its remedy."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from forms.normal import normal


def N_(text: str) -> str:
    """Mark a message id for the catalogs and return it unchanged."""
    return text


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in what somebody handed in.

    `where` is a path in a definition ("component[2].weight", counted from 1), a row
    ("ratees.csv:12") or a field. `message` and `remedy` are Chinese message ids whose placeholders
    `values` fills.
    """

    where: str
    message: str
    remedy: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str] = _unchanged) -> str:
        """The whole sentence: place, what is wrong, what to do."""
        values = {
            name: translate(value) if isinstance(value, str) and value else value
            for name, value in self.values.items()
        }
        message = translate(self.message).format_map(values)
        remedy = translate(self.remedy).format_map(values)
        return f"{self.where}：{message}。{remedy}。"


class InputError(Exception):
    """Something handed in cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(problem.text() for problem in self.problems)


def plain(number: Decimal) -> str:
    """The shortest usual notation of an exact decimal: 30.0 and 3E+1 are both "30"."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _canonical(value: object) -> object:
    if isinstance(value, str):
        return normal(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return {_canonical_key(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    raise TypeError(f"no canonical form for {type(value).__name__}")


def _canonical_key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("keys of canonical JSON are text")
    return normal(key)


def canonical_json(value: object) -> bytes:
    """The one spelling of a value: sorted keys, no spaces, NFC text, UTF-8, decimals as text.

    Floats raise TypeError: they have no place where a digest is taken.
    """
    text = json.dumps(_canonical(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def digest(value: object) -> str:
    """The fingerprint of a value: "sha256:" and the hash of its canonical JSON in hex."""
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()
