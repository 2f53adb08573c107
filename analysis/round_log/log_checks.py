"""The checks of a public bundle: V0 to V4 and V9 of docs/round-log.md §7.

Each yields the places where it does not hold.
"""

import json
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from urllib.parse import quote

from analysis.round_log import bundle_files as names
from analysis.round_log.bundle import Bundle, Leaf, Unreadable
from analysis.round_log.leaves import batch_root
from analysis.round_log.notes import Checkpoint, NoteError, open_checkpoint, verifier_key
from forms.problems import canonical_json, digest

Places = Iterator[str]
CARD_EVIDENCE = ("code", "card")
WHILE_OPEN = frozenset({"ballot", "receipt", "admission", "issuance", "reissue"})
WHILE_CLOSED = frozenset({"opened", "sealed", "result"})
IN_EVERY = (names.CONFIG, names.LEAVES, names.CHECKPOINTS, names.SPEC, names.VERIFIER)
IN_AN_AUDITORS = (names.OPENINGS, names.COUNTS, names.RECORD, names.EXCLUSIONS)


def check_files(bundle: Bundle) -> Places:
    """V0: the folder is as it was handed out."""
    index = dict(bundle.index)
    stated = index.pop("digest", None)
    head = {
        "format": names.FORMAT,
        "size": len(bundle.hashes),
        "root": bundle.roots({len(bundle.hashes)})[len(bundle.hashes)].hex(),
    }
    is_known_kind = index.get("kind") in ("public", "auditor")
    is_head = all(index.get(name) == value for name, value in head.items())
    if stated != digest(index) or not is_known_kind or not is_head:
        yield names.INDEX
    yield from _listed_files(bundle)
    if bundle.content(names.CONFIG) != canonical_json(bundle.config):
        yield f"{names.CONFIG} (leaf 0)"


def _listed_files(bundle: Bundle) -> Places:
    listed = {entry["name"]: entry for entry in bundle.index["files"]}
    there = {
        path.relative_to(bundle.folder).as_posix()
        for path in bundle.folder.rglob("*")
        if path.is_symlink() or path.is_file()
    } - {names.INDEX}
    required = set(IN_EVERY) | set(IN_AN_AUDITORS if bundle.is_auditors else ())
    yield from sorted(there ^ listed.keys())
    yield from sorted(required - listed.keys() - there)
    for name in sorted(there & listed.keys()):
        content = bundle.content(name)
        entry = {"name": name, "sha256": sha256(content).hexdigest(), "size": len(content)}
        if entry != listed[name]:
            yield name


def check_log(bundle: Bundle) -> Places:
    """V1: the log's key signed this list, and only ever extended it."""
    for leaf in bundle.leaves:
        if not leaf.kind or (leaf.kind == "round" and leaf.n):
            yield leaf.place
    if not bundle.origin.endswith(f"/round/{quote(bundle.first['round'], safe='')}"):
        yield "leaf 0"
    heads = read_checkpoints(bundle, bundle.content(names.CHECKPOINTS))
    roots = bundle.roots({head.size for head in heads if head is not None})
    largest = 0
    for number, head in enumerate(heads, start=1):
        if head is None or head.size < largest:
            yield f"checkpoint {number}"
        largest = head.size if head else largest
    gap = unsigned(bundle)
    if gap is not None:
        yield f"checkpoint {gap.checkpoint}"
    if largest != len(bundle.leaves):
        yield f"leaf {largest}"
    yield from _unsorted(bundle, roots.keys())


@dataclass(frozen=True, slots=True)
class Gap:
    """The leaves that the first checkpoint not met speaks of, beyond those signed before it."""

    checkpoint: int
    leaves: range
    n_signed: int
    """How many leaves the last checkpoint speaks of."""


def unsigned(bundle: Bundle) -> Gap | None:
    """Where the log first is not the one signed; later checkpoints cannot be met either."""
    heads = read_checkpoints(bundle, bundle.content(names.CHECKPOINTS))
    roots = bundle.roots({head.size for head in heads if head is not None})
    signed = [(number, head) for number, head in enumerate(heads, start=1) if head is not None]
    sound = 0
    for number, head in signed:
        if roots.get(head.size) != head.root:
            last = max(head.size - 1, 0)
            return Gap(number, range(min(sound, last), last + 1), signed[-1][1].size)
        sound = head.size
    return None


def _unsorted(bundle: Bundle, signed: Container[int]) -> Places:
    """Leaves that are not in order within what came in together."""
    addition: list[Leaf] = []
    for leaf in bundle.leaves:
        if leaf.kind not in ("ballot", "receipt") or leaf.n in signed:
            yield from _disturbing(bundle, addition)
            addition = []
        if leaf.kind in ("ballot", "receipt"):
            addition.append(leaf)
    yield from _disturbing(bundle, addition)


def _disturbing(bundle: Bundle, addition: Sequence[Leaf]) -> Places:
    """Of every two leaves out of order the one without which its neighbours are in order."""
    hashes = [bundle.hashes[leaf.n] for leaf in addition]
    for at, (one, following) in enumerate(pairwise(hashes)):
        if one > following:
            before, after = hashes[at - 1 : at] or [b""], hashes[at + 2 : at + 3] or [b"\xff" * 33]
            is_first = before[0] <= following
            is_second = one <= after[0]
            culprits = [n for n, fits in ((at, is_first), (at + 1, is_second)) if fits]
            yield ", ".join(addition[n].place for n in culprits or (at, at + 1))


def read_checkpoints(bundle: Bundle, content: bytes) -> list[Checkpoint | None]:
    """The checkpoints of a file in order; None for what the log's key did not sign."""
    try:
        blocks = content.decode().split("\n\n")
    except UnicodeDecodeError:
        return [None]
    if len(blocks) % 2 or not content.endswith(b"\n"):
        return [None]
    blocks[-1] = blocks[-1].removesuffix("\n")
    pairs = zip(blocks[::2], blocks[1::2], strict=True)
    return [_opened(bundle, f"{text}\n\n{signatures}\n") for text, signatures in pairs]


def _opened(bundle: Bundle, note: str) -> Checkpoint | None:
    try:
        return open_checkpoint(note, bundle.origin, bundle.log_key)
    except NoteError:
        return None


def check_counts(bundle: Bundle) -> Places:
    """V2: as many receipts as ballots, and no more ballots than cards."""
    n = bundle.counted
    by_kind = Counter((one["rater_class"], one["evidence"]) for one in bundle.of("ballot"))
    with_card = sum(k for (_, evidence), k in by_kind.items() if evidence in CARD_EVIDENCE)
    if n.get("receipt", 0) != n.get("ballot", 0) or n.get("admission", 0) != with_card:
        yield names.LEAVES
    issued: dict[tuple[str, str], int] = {}
    for one in bundle.of("issuance"):
        key = one["rater_class"], one["evidence"]
        issued[key] = issued.get(key, 0) + one["issued"]
    for key, used in sorted(by_kind.items()):
        if key[1] in CARD_EVIDENCE and used > issued.get(key, 0):
            yield f"{names.LEAVES} {key[0]}"
    closes = list(bundle.of("close"))
    if closes:
        received: dict[str, int] = {}
        for (rater_class, _), used in by_kind.items():
            received[rater_class] = received.get(rater_class, 0) + used
        if {key: k for key, k in closes[-1]["received"].items() if k} != received:
            yield closes[-1].place


def check_once(bundle: Bundle) -> Places:
    """V3: every ballot with a card used a card of its own, committed to beforehand."""
    told: dict[str, set[str]] = {"commitment": set(), "hash": set(), "nullifier": set()}
    subjects = {"ballot": "commitment", "receipt": "hash", "admission": "nullifier"}
    for leaf in bundle.of(*subjects):
        name = subjects[leaf.kind]
        if leaf[name] in told[name]:
            yield leaf.place
        told[name].add(leaf[name])
    batches = _Batches()
    for issuance in bundle.of("issuance"):
        yield from batches.take(bundle, issuance)
    for leaf in bundle.of("reissue"):
        if not batches.exchange(leaf["void"], leaf["new"]):
            yield leaf.place
    unknown = [one for one in bundle.of("admission") if one["nullifier"] not in batches.valid]
    yield from (leaf.place for leaf in unknown[batches.n_withheld :])


class _Batches:
    """The cards that may be used, as far as their lists are here."""

    def __init__(self) -> None:
        self.valid: set[str] = set()
        self.n_withheld = 0
        self._ever: set[str] = set()

    def take(self, bundle: Bundle, issuance: Leaf) -> Places:
        """Read the list of a batch and hold it against what was committed to."""
        if str(issuance["batch"]) in bundle.index["withheld"]:
            self.n_withheld += issuance["issued"]
            if bundle.is_auditors or issuance["issued"] >= names.FEW_CARDS:
                yield issuance.place
            return
        place = f"{names.NULLIFIERS}/{issuance['batch']}.txt"
        cards = [line.decode("ascii", "replace") for line in bundle.lines(place)]
        try:
            nullifiers = [bytes.fromhex(one) for one in cards]
        except ValueError:
            raise Unreadable(place) from None
        if [one.hex() for one in nullifiers] != cards:
            raise Unreadable(place)
        root = batch_root(nullifiers).hex()
        is_ascending = all(a < b for a, b in pairwise(cards))
        if not is_ascending or len(cards) != issuance["issued"] or root != issuance["root"]:
            yield place
        yield from (f"nullifier {one}" for one in cards if one in self._ever)
        self.valid.update(cards)
        self._ever.update(cards)

    def exchange(self, void: str, new: str) -> bool:
        """A card dies and another takes its place; False where that cannot be."""
        was_valid = void in self.valid or bool(self.n_withheld)
        is_fresh = new not in self._ever
        self.valid.discard(void)
        self.valid.add(new)
        self._ever.update((void, new))
        return was_valid and is_fresh


def check_close(bundle: Bundle) -> Places:
    """V4: nothing was counted that came after the end."""
    is_open = True
    for leaf in bundle.leaves:
        if leaf.kind == "close":
            if not is_open:
                yield leaf.place
            is_open = False
        elif leaf.kind == "reopen":
            if is_open or not has_two_names(leaf):
                yield leaf.place
            is_open = True
        elif leaf.kind in (WHILE_CLOSED if is_open else WHILE_OPEN):
            yield leaf.place
    if is_open:
        yield names.LEAVES
    yield from _admissions_in_place(bundle)
    opened = list(bundle.of("opened"))
    if opened and opened[-1]["ballots"] != bundle.counted.get("ballot", 0):
        yield opened[-1].place
    sealed = next(bundle.of("sealed"), None)
    if bundle.is_sealed and sealed and (not opened or opened[0].n > sealed.n):
        yield names.LEAVES


def _admissions_in_place(bundle: Bundle) -> Places:
    """Used cards stand right before a close, in ascending order."""
    run: list[Leaf] = []
    for leaf in bundle.leaves:
        if leaf.kind == "admission":
            if run and leaf["nullifier"] < run[-1]["nullifier"]:
                yield f"{run[-1].place}, {leaf.place}"
            run.append(leaf)
        elif leaf.kind != "act":
            if run and leaf.kind != "close":
                yield leaf.place
            run = []


def has_two_names(leaf: Leaf) -> bool:
    """Whether two persons stand behind an act."""
    asked, approved = leaf["asked_by"], leaf["approved_by"]
    return bool(asked) and bool(approved) and asked != approved


def check_copies(
    bundle: Bundle, witness: bytes | None, heads: Sequence[tuple[int, str]], key: str
) -> Places:
    """V9: the log is the one that others saw. `heads` are size and beginning of a root in hex."""
    notes, told = _kept_by_witness(witness or b"")
    seen = read_checkpoints(bundle, notes) if notes else []
    kept = [(-1, "") if one is None else (one.size, one.root.hex()) for one in seen]
    kept += heads
    roots = bundle.roots({size for size, _ in kept})
    for number, (size, beginning) in enumerate(kept, start=1):
        root = roots[size].hex() if size in roots else ""
        if not beginning or not root.startswith(beginning):
            yield f"copy {number}"
    own = verifier_key(bundle.origin, bundle.log_key)
    if {one for one in (key, *told) if one} - {own}:
        yield "leaf 0"


def _kept_by_witness(content: bytes) -> tuple[bytes, list[str]]:
    """Checkpoints one after another, and the log's key where the file says it."""
    if not content.startswith(b"{"):
        return content, []
    objects = [json.loads(line) for line in content.splitlines()]
    notes = "\n".join(one["note"] for one in objects if "note" in one)
    return notes.encode(), [one["key"] for one in objects if "key" in one]
