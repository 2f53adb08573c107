"""A bundle as read: its files, its leaves by number, and what a broken one is refused with."""

import base64
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.round_log import bundle_files as names
from analysis.round_log import merkle
from analysis.round_log.leaves import LeafError, read_leaf
from forms.problems import canonical_json


class Unreadable(ValueError):
    """A file of a bundle that is not written as it must be; `place` names it."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf with its number. `kind` is "" where the bytes are no leaf."""

    n: int
    kind: str
    fields: Mapping[str, Any]

    @property
    def place(self) -> str:
        return f"leaf {self.n}"

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


@dataclass(frozen=True)
class Bundle:
    """A folder that holds a bundle. Everything is read when it is asked for, once."""

    folder: Path

    def content(self, name: str) -> bytes:
        """The bytes of a file; Unreadable where it is missing."""
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            raise Unreadable(name) from None

    def canonical(self, name: str) -> Any:
        """The value of a file of canonical JSON; Unreadable."""
        return value_of(self.content(name), name)

    def lines(self, name: str) -> list[bytes]:
        """The lines of a file that ends with a newline; Unreadable."""
        content = self.content(name)
        if content and content[-1:] != b"\n":
            raise Unreadable(name)
        return content.split(b"\n")[:-1]

    @cached_property
    def index(self) -> Mapping[str, Any]:
        found = self.canonical(names.INDEX)
        if not isinstance(found, dict):
            raise Unreadable(names.INDEX)
        return found

    @property
    def is_auditors(self) -> bool:
        return self.index.get("kind") == "auditor"

    @property
    def origin(self) -> str:
        return str(self.index.get("origin"))

    @cached_property
    def bodies(self) -> list[bytes]:
        return self.lines(names.LEAVES)

    @cached_property
    def hashes(self) -> list[bytes]:
        return [merkle.leaf_hash(body) for body in self.bodies]

    @cached_property
    def leaves(self) -> list[Leaf]:
        return [_leaf(n, body) for n, body in enumerate(self.bodies)]

    def of(self, *kinds: str) -> Iterator[Leaf]:
        """The leaves of these types in order."""
        return (leaf for leaf in self.leaves if leaf.kind in kinds)

    @cached_property
    def counted(self) -> Mapping[str, int]:
        """How many leaves there are of each type."""
        totals: dict[str, int] = {}
        for leaf in self.leaves:
            totals[leaf.kind] = totals.get(leaf.kind, 0) + 1
        return totals

    @property
    def first(self) -> Leaf:
        """Leaf 0; Unreadable where the log does not begin as one."""
        if not self.leaves or self.leaves[0].kind != "round":
            raise Unreadable("leaf 0")
        return self.leaves[0]

    @property
    def config(self) -> Mapping[str, Any]:
        config: Mapping[str, Any] = self.first["config"]
        return config

    @property
    def is_sealed(self) -> bool:
        """Whether ballots were encrypted until the close."""
        return bool(self.config.get("sealed"))

    @property
    def log_key(self) -> bytes:
        return base64.b64decode(self.first["log_key"])

    def roots(self, sizes: Collection[int]) -> dict[int, bytes]:
        """The roots over the first leaves, for those sizes that the log has."""
        frontier, wanted = merkle.Frontier(), set(sizes)
        found = {0: frontier.root()}
        for one in self.hashes:
            frontier.append(one)
            if frontier.size in wanted:
                found[frontier.size] = frontier.root()
        return found


def value_of(content: bytes, place: str) -> Any:
    """What canonical JSON says; Unreadable for any other bytes."""
    try:
        value = json.loads(content)
        is_canonical = canonical_json(value) == content
    except (ValueError, TypeError, RecursionError):
        raise Unreadable(place) from None
    if not is_canonical:
        raise Unreadable(place)
    return value


def _leaf(n: int, body: bytes) -> Leaf:
    try:
        fields = read_leaf(body)
    except LeafError:
        return Leaf(n, "", {})
    return Leaf(n, fields["type"], fields)
