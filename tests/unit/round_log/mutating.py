"""One change to a bundle, as an accident or a forger would make it.

Three kinds of forger: one who changes a file; one who also writes bundle.json anew; and, where
the log's key is given, one who signs the changed log again. The last can only be found by what a
round's own rules forbid, or by the checkpoints that others kept: give a copy of checkpoints.txt,
made before, to the verifiers as the witness.
"""

import base64
import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analysis.round_log import bundle_files as names
from analysis.round_log import merkle, notes
from forms.problems import canonical_json, digest

UNSEEN = {names.SPEC, names.VERIFIER}
"""Whoever writes bundle.json anew may change these: nobody takes a verifier from the accused."""


@dataclass
class Forger:
    """A bundle under somebody's hands."""

    folder: Path
    rng: random.Random
    key: Ed25519PrivateKey | None = None

    def files(self) -> list[str]:
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def leaves(self) -> list[bytes]:
        return self.read(names.LEAVES).split(b"\n")[:-1]

    def numbers(self, *kinds: str) -> list[int]:
        return [n for n, leaf in enumerate(self.leaves()) if json.loads(leaf)["type"] in kinds]

    def put(self, leaves: list[bytes]) -> None:
        """Write the log, signed again where there is a key, and the index anew."""
        self.write(names.LEAVES, b"".join(one + b"\n" for one in leaves))
        if self.key is not None:
            origin = json.loads(self.read(names.INDEX))["origin"]
            sizes = [int(text.split("\n")[1]) for text in self._notes()[::2]]
            sizes = sorted({size for size in sizes if size < len(leaves)} | {len(leaves)})
            hashes = [merkle.leaf_hash(one) for one in leaves]
            heads = (
                notes.sign_note(
                    notes.checkpoint_text(origin, n, merkle.root(hashes[:n])), origin, self.key
                )
                for n in sizes
            )
            self.write(names.CHECKPOINTS, "\n".join(heads).encode())
            self.write(names.CONFIG, canonical_json(json.loads(leaves[0])["config"]))
        self.refit()

    def change(self, n: int, **fields: Any) -> None:
        leaves = self.leaves()
        leaves[n] = canonical_json({**json.loads(leaves[n]), **fields})
        self.put(leaves)

    def _notes(self) -> list[str]:
        return self.read(names.CHECKPOINTS).decode().split("\n\n")

    def refit(self) -> None:
        """bundle.json as it would be, had the bundle been made like this."""
        index = json.loads(self.read(names.INDEX))
        index.pop("digest")
        leaves = self.leaves()
        files = {name: self.read(name) for name in self.files() if name != names.INDEX}
        index |= {
            "size": len(leaves),
            "root": merkle.root(map(merkle.leaf_hash, leaves)).hex(),
            "files": names.file_list(files),
        }
        self.write(names.INDEX, canonical_json({**index, "digest": digest(index)}))


Move = Callable[[Forger], str | None]
"""A change; gives what a verifier must name, or None where it cannot be made here."""


def flip_a_byte(f: Forger) -> str:
    name = f.rng.choice(f.files())
    _flip(f, name)
    return name


def cut_a_file(f: Forger) -> str:
    name = f.rng.choice([one for one in f.files() if f.read(one)])
    f.write(name, f.read(name)[: f.rng.randrange(len(f.read(name)))])
    return name


def remove_a_file(f: Forger) -> str:
    name = f.rng.choice(f.files())
    (f.folder / name).unlink()
    return name


def add_a_file(f: Forger) -> str:
    f.write("results/extra.csv", b"1\n")
    return "results/extra.csv"


def flip_and_refit(f: Forger) -> str:
    free = UNSEEN | {names.INDEX}
    name = f.rng.choice([n for n in f.files() if n not in free and not n.endswith(names.SHEETS)])
    _flip(f, name)
    try:
        f.refit()
    except (ValueError, KeyError):
        return "leaves.jsonl"
    return "" if name in (names.LEAVES, names.CHECKPOINTS) else name


def _flip(f: Forger, name: str) -> None:
    content = bytearray(f.read(name) or b"\n")
    content[f.rng.randrange(len(content))] ^= 1 << f.rng.randrange(8)
    f.write(name, bytes(content))


def remove_and_refit(f: Forger) -> str:
    free = {names.INDEX}
    name = f.rng.choice([n for n in f.files() if n not in free and not n.endswith(names.SHEETS)])
    content = f.read(name)
    (f.folder / name).unlink()
    if name == names.LEAVES:
        f.write(name, content[: content.index(b"\n") + 1])
    f.refit()
    return "" if name == names.LEAVES else name


def delete_a_leaf(f: Forger) -> str:
    leaves = f.leaves()
    del leaves[f.rng.randrange(1, len(leaves))]
    f.put(leaves)
    return ""


def insert_a_leaf(f: Forger) -> str:
    leaves = f.leaves()
    leaves.insert(f.rng.randrange(1, len(leaves)), f.rng.choice(leaves[1:]))
    f.put(leaves)
    return ""


def swap_leaves(f: Forger) -> str:
    leaves = f.leaves()
    one, other = f.rng.sample(range(1, len(leaves)), 2)
    leaves[one], leaves[other] = leaves[other], leaves[one]
    f.put(leaves)
    return ""


def truncate_the_log(f: Forger) -> str:
    leaves = f.leaves()
    f.put(leaves[: f.rng.randrange(1, len(leaves))])
    return ""


def change_a_weight(f: Forger) -> str:
    config = json.loads(f.leaves()[0])["config"]
    config["scheme"]["component"][0]["weight"] = "99"
    f.change(0, config=config)
    return ""


def withhold_the_pages(f: Forger) -> None:
    """Say that no published file is there: they tell of the scheme before."""
    shutil.rmtree(f.folder / names.RESULTS)
    index = json.loads(f.read(names.INDEX)) | {"absent": f.numbers("release")}
    f.write(names.INDEX, canonical_json(index))
    f.refit()


def move_a_class(f: Forger) -> str:
    n = f.rng.choice(f.numbers("ballot"))
    was = json.loads(f.leaves()[n])["rater_class"]
    f.change(n, rater_class="citizen" if was == "delegate" else "delegate")
    return ""


def exclude_alone(f: Forger) -> str | None:
    if not f.numbers("exclusion"):
        return None
    n = f.rng.choice(f.numbers("exclusion"))
    asked = json.loads(f.leaves()[n])["asked_by"]
    f.change(n, approved_by=f.rng.choice(["", asked]))
    return f"leaf {n}" if f.key else ""


def admit_another(f: Forger) -> str:
    leaves = f.leaves()
    n = f.numbers("close")[-1]
    extra = {"type": "admission", "nullifier": "f" * 64, "v": 1}
    leaves.insert(n, canonical_json(extra))
    f.put(leaves)
    return ""


def admit_twice(f: Forger) -> str | None:
    used = f.numbers("admission")
    if len(used) < 2:
        return None
    n = f.rng.choice(used[1:])
    f.change(n, nullifier=json.loads(f.leaves()[n - 1])["nullifier"])
    return f"leaf {n}" if f.key else ""


def vote_late(f: Forger) -> str:
    leaves = f.leaves()
    ballot = json.loads(leaves[f.rng.choice(f.numbers("ballot"))])
    leaves.append(canonical_json({**ballot, "commitment": f.rng.randbytes(32).hex()}))
    f.put(leaves)
    return f"leaf {len(leaves) - 1}" if f.key else ""


def count_otherwise(f: Forger) -> str:
    n = f.numbers("close")[-1]
    received = json.loads(f.leaves()[n])["received"]
    f.change(n, received={**received, "citizen": received.get("citizen", 0) + 1})
    return f"leaf {n}" if f.key else ""


def issue_more(f: Forger) -> str | None:
    issued = [n for n in f.numbers("issuance") if json.loads(f.leaves()[n])["issued"] >= 5]
    if not issued:
        return None
    leaf = json.loads(f.leaves()[issued[0]])
    f.change(issued[0], issued=leaf["issued"] + 1)
    return f"nullifiers/{leaf['batch']}.txt"


def sign_with_another_key(f: Forger) -> str:
    f.key = Ed25519PrivateKey.from_private_bytes(f.rng.randbytes(32))
    key = base64.b64encode(f.key.public_key().public_bytes_raw()).decode()
    f.change(0, log_key=key)
    return "copy"


def drop_the_last_checkpoint(f: Forger) -> str:
    heads = f.read(names.CHECKPOINTS).decode().split("\n\n")
    f.write(names.CHECKPOINTS, ("\n\n".join(heads[:-2]) + "\n").encode())
    f.refit()
    return ""


def replay_an_old_checkpoint(f: Forger) -> str:
    heads = f.read(names.CHECKPOINTS).decode().removesuffix("\n").split("\n\n")
    f.write(names.CHECKPOINTS, "\n\n".join(heads + heads[:2] + [""]).encode()[:-1])
    f.refit()
    return "checkpoint"


def edit_a_result(f: Forger) -> str | None:
    results = [name for name in f.files() if re.fullmatch(rf"{names.RESULTS}/.*\.csv", name)]
    if not results:
        return None
    name = f.rng.choice(results)
    f.write(name, f.read(name).replace(b"84", b"94") + b" ")
    f.refit()
    return name


def publish_another_score(f: Forger) -> str | None:
    return _publish_otherwise(f, lambda page: _a_row(f, page).update(score="99.99"))


def leave_a_unit_out(f: Forger) -> str | None:
    return _publish_otherwise(f, lambda page: page["classes"][0]["rows"].pop())


def show_another_run(f: Forger) -> str | None:
    return _publish_otherwise(f, _another_run)


def _another_run(page: dict[str, Any]) -> None:
    page["run"] = 7


def _a_row(f: Forger, page: dict[str, Any]) -> dict[str, str]:
    row: dict[str, str] = f.rng.choice(page["classes"][0]["rows"])
    return row


def _publish_otherwise(f: Forger, edit: Callable[[dict[str, Any]], object]) -> str | None:
    """A page other than its run gave, announced in the log as what it is."""
    leaves = f.leaves()
    for n in f.numbers("release"):
        leaf = json.loads(leaves[n])
        if leaf["kind"] == "publication":
            name = f"{names.RESULTS}/{n}/{leaf['name']}"
            page = json.loads(f.read(name))
            edit(page)
            f.write(name, canonical_json(page))
            f.change(n, digest=sha256(canonical_json(page)).hexdigest())
            can_tell = edit is _another_run or (f.folder / names.COUNTS).exists()
            return name if can_tell else ""
    return None


def edit_an_answer(f: Forger) -> str | None:
    return edit_line(f, names.OPENINGS, _another_answer)


def _another_answer(f: Forger, line: dict[str, Any]) -> None:
    payload = bytearray.fromhex(line["content"]["payload"])
    payload[-1] ^= 1
    line["content"]["payload"] = payload.hex()


def edit_an_entry(f: Forger) -> str | None:
    return edit_line(f, names.RECORD, lambda _f, line: line.update(operator="nobody"))


def edit_line(f: Forger, name: str, edit: Callable[[Forger, dict[str, Any]], object]) -> str | None:
    if not (f.folder / name).exists():
        return None
    lines = f.read(name).split(b"\n")
    n = f.rng.randrange(len(lines) - 1)
    line = json.loads(lines[n])
    edit(f, line)
    lines[n] = canonical_json(line)
    f.write(name, b"\n".join(lines))
    f.refit()
    return name


def drop_an_opening(f: Forger) -> str | None:
    if not (f.folder / names.OPENINGS).exists():
        return None
    lines = f.read(names.OPENINGS).split(b"\n")
    del lines[f.rng.randrange(len(lines) - 1)]
    f.write(names.OPENINGS, b"\n".join(lines))
    f.refit()
    return ""


def edit_a_count(f: Forger) -> str | None:
    if not (f.folder / names.COUNTS).exists():
        return None
    counts = json.loads(f.read(names.COUNTS))
    ratees = counts["questionnaires"][f.rng.choice(sorted(counts["questionnaires"]))]
    classes = ratees[f.rng.choice(sorted(ratees))]
    classes[f.rng.choice(sorted(classes))]["n"] += 1
    f.write(names.COUNTS, canonical_json(counts))
    f.refit()
    return names.COUNTS


RAW: tuple[Move, ...] = (flip_a_byte, cut_a_file, remove_a_file, add_a_file)
REFITTED: tuple[Move, ...] = (
    flip_and_refit,
    remove_and_refit,
    drop_the_last_checkpoint,
    replay_an_old_checkpoint,
    edit_a_result,
    edit_an_answer,
    edit_an_entry,
    drop_an_opening,
    edit_a_count,
)
ON_THE_LOG: tuple[Move, ...] = (
    delete_a_leaf,
    insert_a_leaf,
    swap_leaves,
    truncate_the_log,
    change_a_weight,
    move_a_class,
    exclude_alone,
    admit_another,
    admit_twice,
    vote_late,
    count_otherwise,
    issue_more,
    show_another_run,
)
ON_THE_PAGE: tuple[Move, ...] = (publish_another_score, leave_a_unit_out)
"""What only who can recompute sees, once the log is signed again."""
EVERY: tuple[Move, ...] = (*RAW, *REFITTED, *ON_THE_LOG, *ON_THE_PAGE, sign_with_another_key)


@dataclass(frozen=True)
class Mutation:
    """What was done, and the text that a verifier must say about it ("" for any place)."""

    move: str
    is_signed: bool
    place: str

    def __str__(self) -> str:
        return f"{self.move}{' (signed again)' if self.is_signed else ''} {self.place}".strip()


def mutate(
    folder: Path,
    rng: random.Random,
    key: Ed25519PrivateKey | None = None,
    move: Move | None = None,
) -> Mutation:
    """Change a bundle in one way (some random one); says which.

    With `key` half of the changes to the log are signed again, as the log's owner could.
    """
    while True:
        chosen = move or rng.choice(EVERY)
        is_signed = (
            chosen in ON_THE_LOG + ON_THE_PAGE
            and key is not None
            and (rng.random() < 0.5 or bool(move))
        )
        before = _digest(folder)
        place = chosen(Forger(folder, rng, key if is_signed else None))
        if place is not None and _digest(folder) != before:
            return Mutation(chosen.__name__, is_signed, place)


def _digest(folder: Path) -> str:
    state = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            state.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return state.hexdigest()
