#!/usr/bin/env python3
"""Check a bundle of a round, with nothing but Python's standard library (3.11 or later).

    python verify.py [FOLDER] [--witness FILE] [--head SIZE:HEX] [--key KEY]

Written from docs/round-log.md (in a bundle: round-log.md), sharing no line with the product. Its
§7 explains the checks V0 to V9. Exit status: 0 all hold, 4 some do not.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Iterator
from datetime import datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

# ---- Ed25519, checking only (RFC 8032): a signature (R, s) of a message under the key A is right
# when R = s·B - k·A, with k a hash of R, A and the message. A point is (X, Y, Z, T), x = X/Z.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode_point(encoded: bytes) -> Point:
    y, sign = int.from_bytes(encoded, "little") & (1 << 255) - 1, encoded[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or y >= P or len(encoded) != 32 or (x == 0 and sign):
        raise ValueError("not a point")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def encode_point(p: Point) -> bytes:
    x, y = (p[n] * pow(p[2], -1, P) % P for n in (0, 1))
    return (y | (x & 1) << 255).to_bytes(32, "little")


@cache
def multiples(p: Point) -> list[list[Point]]:
    """d · 16^i · p for every hex digit d and place i, so that any multiple is 64 additions."""
    table: list[list[Point]] = []
    for _ in range(64):
        row: list[Point] = [(0, 1, 1, 0)]
        for _ in range(16):
            row.append(add(row[-1], p))
        table, p = [*table, row], row[16]
    return table


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    x, y, _, t = decode_point(key)
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    base = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    found: Point = (0, 1, 1, 0)
    for scalar, point in ((s % ORDER, base), (k, (P - x, y, 1, P - t))):
        for place, row in enumerate(multiples(point)):
            found = add(found, row[scalar >> 4 * place & 15])
    return len(signature) == 64 and s < ORDER and encode_point(found) == signature[:32]


# ---- Canonical JSON (§2), tree and checkpoints (§4)


def spell(value: Any) -> bytes:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def read(content: bytes) -> Any:
    """The value of canonical JSON; ValueError for any other bytes."""
    text = content.decode()
    value = json.loads(text, parse_float=lambda text: (_ for _ in ()).throw(ValueError(text)))
    if spell(value) != content or not unicodedata.is_normalized("NFC", text):
        raise ValueError("not canonical JSON")
    return value


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def roots(leaves: list[bytes], sizes: set[int]) -> dict[int, str]:
    """The roots over the first n leaf hashes, for every n of `sizes` that there is."""
    found, peaks = {0: sha(b"")}, list[bytes]()  # peaks: full subtrees, the largest first
    for n, leaf in enumerate(leaves, 1):
        for _ in range((n & -n).bit_length() - 1):
            leaf = hashlib.sha256(b"\x01" + peaks.pop() + leaf).digest()
        peaks.append(leaf)
        if n in sizes:
            whole = peaks[-1]
            for peak in peaks[-2::-1]:
                whole = hashlib.sha256(b"\x01" + peak + whole).digest()
            found[n] = whole.hex()
    return found


def tree_root(leaves: list[bytes]) -> str:
    hashes = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    return roots(hashes, {len(hashes)})[len(hashes)]


def base64_bytes(text: str) -> bytes:
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text:
        raise ValueError("not the one spelling")
    return decoded


def checkpoints(content: bytes, origin: str, key: bytes) -> list[tuple[int, str] | None]:
    """Size and root of every checkpoint in a file; None for one that the key did not sign."""
    parts = content.decode().removesuffix("\n").split("\n\n")
    if not content.endswith(b"\n") or len(parts) % 2:
        return [None]
    return [checkpoint(*pair, origin, key) for pair in zip(parts[::2], parts[1::2], strict=True)]


def checkpoint(text: str, lines: str, origin: str, key: bytes) -> tuple[int, str] | None:
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + key).digest()[:4]
    head = re.fullmatch(r"(.+)\n(0|[1-9][0-9]*)\n(.{44})", text)
    try:
        signed = [re.fullmatch(r"— ([^\s+]+) (\S+)", line) for line in lines.split("\n")]
        pairs = [(one[1], base64_bytes(one[2])) for one in signed if one]
        root = base64_bytes(head[3]).hex() if head else ""
    except ValueError:
        return None
    own = [sign[4:] for name, sign in pairs if (name, sign[:4]) == (origin, key_id)]
    is_one = head and head[1] == origin and len(pairs) == len(signed) and own
    if head and is_one and is_signed(key, f"{text}\n".encode(), own[0]):
        return int(head[2]), root
    return None


# ---- What a leaf and a ballot may hold (§3)

TEXTS = {
    "text": ".*",
    "name": ".+",
    "hex": "[0-9a-f]{64}",
    "sha": "sha256:[0-9a-f]{64}",
    "key": "[A-Za-z0-9+/]{43}=",
    "moment": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)",
    "act": "exclude|keep|withdraw",
    "file": r"(?!\.\.?$)[^/\\\0]+",
}
LEAVES = {
    "round": "round:name config:object log_key:key software:text record:hex",
    "issuance": "batch:count rater_class:name evidence:name issued:count root:hex",
    "reissue": "batch:count void:hex new:hex",
    "ballot": "rater_class:name evidence:name commitment:hex",
    "receipt": "hash:hex",
    "admission": "nullifier:hex",
    "act": "action:name at:moment digest:hex",
    "exclusion": "decision:name digest:hex act:act asked_by:text approved_by:text",
    "close": "at:moment received:object-count is_early:flag",
    "reopen": "at:moment reason_digest:hex asked_by:text approved_by:text",
    "opened": "ballots:count holders:list-count rehearsed:flag root:hex",
    "sealed": "manifests:object-sha",
    "result": "run:count scores:hex config:sha",
    "release": "name:file digest:hex kind:name",
    "destroyed": "what:object-count",
}
BALLOT = (
    "channel:text device:flag evidence:text link:text pace:text payload:text rater_class:text"
    " stratum:text"
)


def fits(kind: str, value: Any) -> bool:
    outer, _, inner = kind.partition("-")
    if outer in ("object", "list"):
        is_it = isinstance(value, dict if outer == "object" else list)
        parts = value.values() if isinstance(value, dict) else value
        return is_it and (not inner or all(fits(inner, one) for one in parts))
    if kind in ("count", "flag"):
        return type(value) is (int if kind == "count" else bool) and value >= 0
    return isinstance(value, str) and bool(re.fullmatch(TEXTS[kind], value, re.DOTALL))


@cache
def fields_of(form: str) -> dict[str, str]:
    return dict(one.split(":") for one in form.split())


def has_form(value: Any, form: str) -> bool:
    fields = fields_of(form)
    return value.keys() == fields.keys() and all(fits(fields[one], value[one]) for one in fields)


def read_leaf(body: bytes) -> dict[str, Any]:
    """The leaf, or one of no type where it is none."""
    try:
        leaf = read(body)
        if has_form(leaf, f"type:name v:count {LEAVES[leaf['type']]}") and leaf["v"] == 1:
            return dict(leaf)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return {"type": ""}


# ---- The bundle (§6) and its checks (§7)

Failures = Iterator[tuple[str, str]]
FILES = ("config.json", "leaves.jsonl", "checkpoints.txt", "round-log.md", "verify.py")
AUDIT = ("openings.jsonl", "counts.json", "record.jsonl", "exclusions.jsonl")


class Bundle:
    """A folder and what was read from it. Every leaf knows its number `n` and its `place`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.reading = folder, ""  # the file in hand, to be named where it breaks

    def open(self) -> None:
        self.index = read(self.file("bundle.json"))
        self.is_auditors = self.index["kind"] == "auditor"
        self.origin = str(self.index["origin"])
        bodies = self.lines("leaves.jsonl")
        self.hashes = [hashlib.sha256(b"\x00" + body).digest() for body in bodies]
        self.leaves = [
            {**read_leaf(body), "n": n, "place": f"leaf {n}"} for n, body in enumerate(bodies)
        ]
        self.first = self.leaves[0]
        if self.first["type"] != "round":
            self.reading = "leaf 0"
            raise ValueError("round")
        self.config = self.first["config"]
        self.key = base64_bytes(self.first["log_key"])
        self.n_signed = 0  # V1 fills it, and the first checkpoint not met with its new leaves
        self.torn: tuple[int, int, int] | None = None
        self.rows: Counter[tuple[str, int, bytes]] = Counter()  # class, ratee, codes: V5 fills it

    def file(self, name: str) -> bytes:
        self.reading = name
        return (self.folder / name).read_bytes()

    def lines(self, name: str) -> list[bytes]:
        content = self.file(name)
        if content and not content.endswith(b"\n"):
            raise ValueError("no newline at the end")
        return content.split(b"\n")[:-1]

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [leaf for leaf in self.leaves if leaf["type"] in kinds]


def bad(is_bad: object, place: str, what: str) -> list[tuple[str, str]]:
    return [(place, what)] if is_bad else []


def v0_bundle(b: Bundle) -> Failures:
    index = dict(b.index)
    is_other = index.pop("digest") != "sha256:" + sha(spell(index))
    yield from bad(is_other, "bundle.json", "与自己的校验码不符")
    size, root = len(b.leaves), roots(b.hashes, {len(b.leaves)})[len(b.leaves)]
    is_other = (index["format"], index["size"], index["root"]) != ("round-bundle/1", size, root)
    yield from bad(is_other, "bundle.json", "与日志不符")
    listed = {one["name"]: (one["sha256"], one["size"]) for one in index["files"]}
    found = {p.relative_to(b.folder).as_posix() for p in b.folder.rglob("*") if not p.is_dir()}
    for name in sorted(found - {"bundle.json"}):
        is_other = listed.get(name) != (sha(b.file(name)), len(b.file(name)))
        yield from bad(is_other, name, "与清单不符")
    needed = {*FILES, *(f"audit/{name}" for name in AUDIT if b.is_auditors)}
    for name in sorted((needed | listed.keys()) - (found & listed.keys())):
        yield name, "缺少"
    yield from bad(b.file("config.json") != spell(b.config), "config.json", "不是 leaf 0 的内容")


def v1_log(b: Bundle) -> Failures:
    for leaf in b.leaves:
        is_foreign = not leaf["type"] or (leaf["type"] == "round") != (leaf["n"] == 0)
        yield from bad(is_foreign, leaf["place"], "不是这里该有的叶子")
    name = quote(b.first["round"], safe="")
    yield from bad(not b.origin.endswith(f"/round/{name}"), "leaf 0", "不是这个日志的开头")
    heads = checkpoints(b.file("checkpoints.txt"), b.origin, b.key)
    known = roots(b.hashes, {head[0] for head in heads if head})
    before = 0
    for n, head in enumerate(heads, 1):
        size, root = head or (before, "")
        yield from bad(not head, f"checkpoint {n}", "不是 leaf 0 的密钥签的，或被改过")
        yield from bad(size < before, f"checkpoint {n}", "比前一个小")
        if head and known.get(size) != root and not b.torn:
            yield f"checkpoint {n}", f"日志的前 {size} 片不是它签过的，以后的检查点也就对不上"
            b.torn = n, min(before, max(size - 1, 0)), max(size, 1)
        before = size
    b.n_signed = before
    is_other = before != len(b.leaves)
    yield from bad(is_other, f"leaf {before}", f"签过 {before} 片，这里有 {len(b.leaves)} 片")
    yield from unsorted(b, known)


def unsorted(b: Bundle, signed: Container[int]) -> Failures:
    """Leaves out of order within an addition (§5): of two the one its neighbours do not fit."""

    def is_joined(n: int) -> bool:
        kinds = {one["type"] for one in b.leaves[n - 1 : n + 1]}
        return 0 < n < len(b.leaves) and n not in signed and kinds <= {"ballot", "receipt"}

    for n in range(len(b.leaves)):
        if is_joined(n) and b.hashes[n - 1] > b.hashes[n]:
            near = range(n - 1 - is_joined(n - 1), n + 1 + is_joined(n + 1))
            left = {odd: [b.hashes[one] for one in near if one != odd] for odd in (n - 1, n)}
            odd = [one for one in left if left[one] == sorted(left[one])]
            yield "、".join(f"leaf {one}" for one in odd or left), "一批之内没有排序"


def v2_counts(b: Bundle) -> Failures:
    ballots = Counter((leaf["rater_class"], leaf["evidence"]) for leaf in b.of("ballot"))
    carded = {key: n for key, n in ballots.items() if key[1] in ("code", "card")}
    n = len(b.of("receipt"))
    yield from bad(n != ballots.total(), "leaves.jsonl", "回执与答卷不一样多")
    n = len(b.of("admission"))
    yield from bad(n != sum(carded.values()), "leaves.jsonl", "用过的卡与持卡答卷不一样多")
    issued: Counter[tuple[str, str]] = Counter()
    for leaf in b.of("issuance"):
        issued[leaf["rater_class"], leaf["evidence"]] += leaf["issued"]
    for key, n in carded.items():
        yield from bad(n > issued[key], f"leaves.jsonl {key[0]}", "答卷比发出的卡多")
    received = Counter(leaf["rater_class"] for leaf in b.of("ballot"))
    for leaf in b.of("close")[-1:]:
        is_other = Counter(leaf["received"]) != received
        yield from bad(is_other, leaf["place"], "各主体的份数与日志不符")


def v3_once(b: Bundle) -> Failures:
    cards = yield from cards_of(b)
    seen: set[tuple[str, str]] = set()
    for leaf in b.of("ballot", "receipt", "admission"):
        subject = leaf.get("commitment") or leaf.get("hash") or leaf["nullifier"]
        yield from bad((leaf["type"], subject) in seen, leaf["place"], "重复")
        seen.add((leaf["type"], subject))
    free = sum(
        one["issued"] for one in b.of("issuance") if str(one["batch"]) in b.index["withheld"]
    )
    for leaf in b.of("reissue"):
        is_known = cards[leaf["void"]] or free
        yield from bad(leaf["new"] in cards or not is_known, leaf["place"], "补发与名单不符")
        cards[leaf["void"]], cards[leaf["new"]] = 0, 1
    strangers = [leaf for leaf in b.of("admission") if not cards[leaf["nullifier"]]]
    for leaf in strangers[free:]:
        yield leaf["place"], "不是发出的卡，或已作废"


def cards_of(b: Bundle) -> Any:
    """Every card on a list; yields what is wrong with the lists."""
    cards: Counter[str] = Counter()
    for leaf in b.of("issuance"):
        name = f"nullifiers/{leaf['batch']}.txt"
        if str(leaf["batch"]) in b.index["withheld"]:
            is_wrong = b.is_auditors or leaf["issued"] >= 5
            yield from bad(is_wrong, leaf["place"], "这一批的名单不该隐去")
            continue
        listed = [line.decode() for line in b.lines(name)]
        root = tree_root([bytes.fromhex(one) for one in listed if fits("hex", one)])
        is_other = (len(listed), root) != (leaf["issued"], leaf["root"])
        yield from bad(is_other or listed != sorted(set(listed)), name, "不是发卡时承诺的名单")
        cards.update(listed)
    for card, n in cards.items():
        yield from bad(n > 1, f"nullifier {card}", "属于不止一批")
    return cards


def v4_close(b: Bundle) -> Failures:
    is_open, last_card, before = True, "", ""
    for leaf in b.leaves[1:]:
        kind = leaf["type"]
        if kind in ("close", "reopen"):
            yield from bad(is_open != (kind == "close"), leaf["place"], "关闭与重新开放没有交替")
            is_open, last_card = kind == "reopen", ""
        wrong = ("opened", "sealed", "result") if is_open else CARRIED
        yield from bad(kind in wrong, leaf["place"], "不该在这个位置：关闭之前或之后")
        yield from bad(kind == "reopen" and not two_names(leaf), leaf["place"], "没有两个人的名字")
        is_late = before == "admission" and kind not in ("admission", "act", "close")
        yield from bad(is_late, leaf["place"], "用过的卡与关闭之间不该有它")
        is_unsorted = kind == "admission" and leaf["nullifier"] < last_card
        pair = f"leaf {leaf['n'] - 1}、leaf {leaf['n']}"
        yield from bad(is_unsorted, pair, "用过的卡没有排序")
        last_card = leaf["nullifier"] if kind == "admission" else last_card
        before = before if kind == "act" else kind
    yield from bad(is_open, "leaves.jsonl", "日志里没有关闭")
    for leaf in b.of("opened")[-1:]:
        is_other = leaf["ballots"] != len(b.of("ballot"))
        yield from bad(is_other, leaf["place"], "解封的份数与日志不符")
    first = [leaf["type"] for leaf in b.of("opened", "sealed")][:1]
    yield from bad(b.config.get("sealed") and first == ["sealed"], "leaves.jsonl", "没有解封的记录")


CARRIED = ("ballot", "receipt", "admission", "issuance", "reissue")


def two_names(leaf: dict[str, Any]) -> bool:
    return bool(
        leaf["asked_by"] and leaf["approved_by"] and leaf["asked_by"] != leaf["approved_by"]
    )


def forms_of(config: dict[str, Any]) -> dict[str, dict[int, tuple[str, str, list[Any]]]]:
    """Rater class → number of a ratee → questionnaire, ratee, coded items."""
    forms: dict[str, Any] = {}
    for bound in config["bindings"]:
        items = config["questionnaires"][bound["questionnaire"]]["item"]
        coded = [item for item in items if item["kind"] != "text"]
        for ratee in config["ratees"]:
            if ratee["ratee_class"] == bound["ratee_class"]:
                form = (bound["questionnaire"], ratee["key"], coded)
                forms.setdefault(bound["rater_class"], {})[ratee["number"]] = form
    return forms


def rows_of(payload: bytes, form: dict[int, Any]) -> dict[int, bytes]:
    """Number of a ratee → codes (§3); some error where the payload does not fit."""
    rows: dict[int, bytes] = {}
    at = 1
    while at < len(payload):
        number = int.from_bytes(payload[at : at + 2], "big")
        start, at = at + 2, at + 2 + len(form[number][2])
        if number in rows or at > len(payload):
            raise ValueError("payload")
        rows[number] = payload[start:at]
    if payload[:1] != b"\x01":
        raise ValueError("version")
    return rows


def v5_openings(b: Bundle) -> Failures:
    forms, before, found = forms_of(b.config), "", Counter[Any]()
    is_plain, commitments = not b.config.get("sealed"), []
    for n, line in enumerate(b.lines("audit/openings.jsonl"), 1):
        place = f"audit/openings.jsonl:{n}"
        try:
            opened = read(line)
            content, opening = opened["content"], bytes.fromhex(opened["opening"])
            rows = rows_of(bytes.fromhex(content["payload"]), forms[content["rater_class"]])
            is_formed = has_form(content, BALLOT) and has_form(opened, "content:object opening:hex")
        except (ValueError, KeyError, TypeError, AttributeError):
            is_formed = False
        if not is_formed:
            yield place, "读不懂，或不合这一轮的表"
            continue
        commitments.append(sha(opening + spell(content)))
        yield from bad(commitments[-1] <= before, place, "与前一行次序不对：其中一行被改过")
        before, rater_class = commitments[-1], content["rater_class"]
        found[rater_class, content["evidence"], before if is_plain else ""] += 1
        b.rows.update((rater_class, ratee, codes) for ratee, codes in rows.items())
    for leaf in b.of("ballot"):
        key = leaf["rater_class"], leaf["evidence"], leaf["commitment"] if is_plain else ""
        yield from bad(not found[key], leaf["place"], "没有打开它的答卷")
        found[key] -= 1
    for (rater_class, _, commitment), n in (+found).items():
        yield f"audit/openings.jsonl {rater_class} {commitment}", f"日志里没有这 {n} 份答卷"
    for leaf in b.of("opened")[-1:]:
        is_other = leaf["root"] != tree_root([bytes.fromhex(one) for one in commitments])
        yield from bad(is_other, "audit/openings.jsonl", "不是解封时写下的答卷")


def counted(b: Bundle) -> dict[str, Any]:
    """What audit/counts.json must say (§6): every answer counted, and plain means."""
    forms = forms_of(b.config)
    points = {key: points_of(one) for key, one in b.config["questionnaires"].items()}
    tables: dict[str, Any] = {}
    for (rater_class, number, codes), n in b.rows.items():
        key, ratee, items = forms[rater_class][number]
        empty: dict[str, Any] = {"items": {}, "sum": Fraction(0), "valued": 0, "n": 0}
        table = tables.setdefault(key, {}).setdefault(ratee, {}).setdefault(rater_class, empty)
        table["n"] += n
        for item, code in zip(items, codes, strict=True):
            table["items"].setdefault(item["key"], Counter())[str(code)] += n
            value = points[key].get((item["key"], code))
            if value is not None:
                table["sum"], table["valued"] = table["sum"] + n * value, table["valued"] + n
    for table in (
        one for ratees in tables.values() for two in ratees.values() for one in two.values()
    ):
        total, valued = table.pop("sum"), table.pop("valued")
        mean = total / valued if valued else None
        table["mean"] = f"{mean.numerator}/{mean.denominator}" if mean is not None else None
    n_ballots, n_rows = len(b.of("ballot")), b.rows.total()
    said = {"format": "round-counts/1", "ballots": n_ballots, "rows": n_rows}
    return {**said, "questionnaires": tables}


def points_of(questionnaire: dict[str, Any]) -> dict[tuple[str, int], Fraction]:
    """(Item, code) → points, of single-choice items with a dimension."""
    scales = {scale["key"]: numbered(scale["options"]) for scale in questionnaire["scale"]}
    return {
        (item["key"], number): Fraction(points)
        for item in questionnaire["item"]
        if item["kind"] == "single" and item["dimension"]
        for number, points in scales[item["scale"]].items()
        if points is not None
    }


def numbered(options: list[dict[str, Any]]) -> dict[int, Any]:
    """The number stored for each option (§3) → its points."""
    texts = [str(number) for number in range(1, 256)]
    taken = {int(one["code"]) for one in options if one["code"] in texts}
    numbers = {}
    for place, option in enumerate(options, 1):
        number = int(option["code"]) if option["code"] in texts else place
        while option["code"] not in texts and number in taken:
            number += 1
        taken.add(number)
        numbers[number] = option["points"]
    return numbers


def v6_results(b: Bundle) -> Failures:
    for leaf in b.of("release"):
        name = f"results/{leaf['n']}/{leaf['name']}"
        is_absent = leaf["n"] in b.index["absent"] and not (b.folder / name).exists()
        is_other = not is_absent and sha(b.file(name)) != leaf["digest"]
        yield from bad(is_other, name, "不是公布时的文件")
        if leaf["kind"] == "publication" and not is_absent:
            yield from published(b, leaf, name)
    if not b.is_auditors:
        return
    counts = counted(b)
    is_other = b.file("audit/counts.json") != spell(counts)
    yield from bad(is_other, "audit/counts.json", "与答卷数出来的不同")
    for leaf in b.of("result"):
        name = f"audit/runs/{leaf['run']}/scores.json"
        yield from bad(sha(b.file(name)) != leaf["scores"], name, "不是当时的得分")
        is_last = leaf["n"] > b.of("close")[-1]["n"]
        is_other = json.loads(b.file(name))["counts"]["raw"] != counts["rows"]
        yield from bad(is_last and is_other, name, "收到的份数与答卷不符")
        is_other = leaf["config"] != "sha256:" + sha(spell(b.config))
        yield from bad(is_other, leaf["place"], "不是按这一轮的内容算的")


def published(b: Bundle, leaf: dict[str, Any], name: str) -> Failures:
    """A published page: of this round and a run of it; an auditor compares every cell."""
    page, scheme = json.loads(b.file(name)), b.config["scheme"]
    is_known = page["run"] in [one["run"] for one in b.of("result") if one["n"] < leaf["n"]]
    is_ours = (page["round"], page["scheme"]) == (b.first["round"], "sha256:" + sha(spell(scheme)))
    yield from bad(not (is_known and is_ours), name, "不是这一轮按这套方案算过的结果")
    if not b.is_auditors:
        return
    scores = json.loads(b.file(f"audit/runs/{page['run']}/scores.json"))
    names = {one["key"]: one["name"] for one in b.config["ratees"]}
    rows = [row for group in page["classes"] for row in group["rows"]]
    shown = {cell for row in rows for cell in row}
    if any(one["action"] == "grades.decide" for one in b.of("act") if one["n"] < leaf["n"]):
        shown.discard("grade")  # people decided, who need not follow the proposal
    said = Counter((row["name"], cell, row[cell]) for row in rows for cell in shown)
    found = [{**cells_of(one, scheme), "name": names[one["key"]]} for one in scores["ratees"]]
    due = Counter((one["name"], cell, one[cell]) for one in found for cell in shown)
    for words, side in (("公布的是", said - due), ("算出来是", due - said)):
        for ratee, cell, text in sorted(side):
            yield f"{name} {ratee} {cell}", f"{words}“{text}”"


def cells_of(one: dict[str, Any], scheme: dict[str, Any]) -> dict[str, str]:
    """What a published page says of a ratee, from its scores."""
    grades = {grade["key"]: grade["name"]["zh_CN"] for grade in scheme["grade"]}
    ranks = dict.fromkeys(str(one[name] or "") for name in ("rank_lo", "rank_hi"))
    return {
        "grade": grades.get(one["grade"], ""),
        "score": "" if one["suppressed"] else one["total"] or "",
        "rank": str(one["rank_class"] or ""),
        "interval": "" if one["lo"] is None else f"{one['lo']:.2f}–{one['hi']:.2f}",
        "ranks": "–".join(ranks),
    }


def v7_exclusions(b: Bundle) -> Failures:
    lines = b.lines("audit/exclusions.jsonl") if b.is_auditors else []
    for n, leaf in enumerate(b.of("exclusion")):
        yield from bad(not two_names(leaf), leaf["place"], "没有两个人的名字")
        if b.is_auditors:
            is_other = n >= len(lines) or sha(lines[n]) != leaf["digest"]
            yield from bad(is_other, f"audit/exclusions.jsonl:{n + 1}", "与日志里的决定不符")
    yield from bad(len(lines) > len(b.of("exclusion")), "audit/exclusions.jsonl", "多出了决定")


def v8_files(b: Bundle) -> Failures:
    said = b.of("sealed")[-1]["manifests"] if b.of("sealed") else {}
    home = b.folder / "audit" / "sealed"
    found = {path.name for path in home.iterdir()} if home.is_dir() else set()
    for name in sorted(found ^ said.keys()):
        yield f"audit/sealed/{name}", "与封存时的清单不符"
    for name in sorted(found & said.keys()):
        place = f"audit/sealed/{name}"
        manifest = json.loads(b.file(f"{place}/manifest.json"))
        stated = {manifest.pop("digest"), "sha256:" + sha(spell(manifest))}
        is_other = stated != {said[name]}
        yield from bad(is_other, f"{place}/manifest.json", "不是封存时的清单")
        for one in manifest["files"]:
            is_other = sha(b.file(f"{place}/{one['name']}")) != one["sha256"]
            yield from bad(is_other, f"{place}/{one['name']}", "与封存时不符")
    yield from record(b)


def record(b: Bundle) -> Failures:
    lines, acts = b.lines("audit/record.jsonl"), b.of("act")
    yield from bad(len(lines) != len(acts), "audit/record.jsonl", "与日志里的操作不一样多")
    for n, (line, leaf) in enumerate(zip(lines, acts, strict=False), 1):
        entry = read(line)
        previous = bytes.fromhex(entry["previous"])
        is_other = entry.pop("previous") != previous.hex()
        content = previous + spell(entry)
        at = datetime.fromisoformat(entry["at"]).replace(microsecond=0)
        claimed = (leaf["digest"], leaf["action"], datetime.fromisoformat(leaf["at"]))
        is_other |= (sha(content), entry["action"], at) != claimed
        yield from bad(is_other, f"audit/record.jsonl:{n}", f"与 {leaf['place']} 不符")


def v9_copies(b: Bundle, witness: Path | None, heads: list[str], key: str) -> Failures:
    """Checkpoints, heads and the key that somebody else kept."""
    content = witness.read_bytes() if witness else b""
    keys = {key} - {""}
    if content.startswith(b"{"):  # what `survey witness` writes
        told = [json.loads(line) for line in content.splitlines()]
        content = "\n".join(one["note"] for one in told if "note" in one).encode()
        keys |= {one["key"] for one in told if "key" in one}
    kept = checkpoints(content, b.origin, b.key) if content else []
    copies = [one or (-1, "") for one in kept]
    copies += [(int(size), start) for size, _, start in (head.partition(":") for head in heads)]
    known = roots(b.hashes, {size for size, _ in copies})
    for n, (size, start) in enumerate(copies, 1):
        is_other = not start or not known.get(size, "").startswith(start)
        yield from bad(is_other, f"copy {n}", f"日志与别人保存的不同（{size} 片）")
    yield from bad(keys - {verifier_key(b)}, "leaf 0", "签名的密钥不是您给出的那一个")


def verifier_key(b: Bundle) -> str:
    key = b"\x01" + b.key
    key_id = sha(b.origin.encode() + b"\n" + key)[:8]
    return f"{b.origin}+{key_id}+{base64.b64encode(key).decode()}"


def verify(
    folder: Path, witness: Path | None = None, heads: tuple[str, ...] = (), key: str = ""
) -> list[tuple[str, str, str]]:
    """Every failure: number, place, words; the cause first. An empty list: all holds."""
    b = Bundle(folder)
    try:
        b.open()
    except Exception as error:  # noqa: BLE001 -- whatever it is, this is no bundle
        return [("V0", b.reading, f"读不出来：{error!r}")]
    checks: list[Callable[[Bundle], Failures]] = [v0_bundle, v1_log, v2_counts, v3_once, v4_close]
    checks += [v5_openings, v6_results, v7_exclusions, v8_files]
    checks += [lambda b: v9_copies(b, witness, list(heads), key)]
    failures: list[tuple[str, str, str]] = []
    for n, check in enumerate(checks):
        if n in (5, 8) and not b.is_auditors:
            continue
        try:
            for place, text in check(b):
                failures.append((f"V{n}", place, text))
        except Exception as error:  # noqa: BLE001 -- what cannot be read does not hold
            failures.append((f"V{n}", b.reading, f"查不下去：{error!r}"))
    failures.sort(key=lambda one: one[1] == "bundle.json")  # it follows from any other change
    return [*change(b, failures), *failures]


def change(b: Bundle, failures: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Where the log is not the one signed: the leaf that failures agree on, or all it may be."""
    if not b.torn or all(number != "V1" for number, _, _ in failures):
        return []
    n, start, end = b.torn
    new = {*range(start, end)}
    told = [re.findall(r"leaf (\d+)", f"{place} {text}") for _, place, text in failures]
    named = [new & {*map(int, one)} for one in told if new & {*map(int, one)}]
    leaves = set.intersection(*named or [new])
    place, what = f"leaf {start} 到 leaf {end - 1}", "之间有改动、增删或挪动"
    if 0 < len(leaves) < 3 and b.n_signed == len(b.leaves) >= end:
        place = " 或 ".join(f"leaf {one}（{b.leaves[one]['type']}）" for one in sorted(leaves))
        what = "被改动过"
    sound = f"，它前面的 {n - 1} 个都相符" * (n > 1)
    return [("V1", place, f"{what}：对不上 checkpoint {n} 签过的根{sound}")]


def told(failures: list[tuple[str, str, str]]) -> list[str]:
    """The cause, what may follow from it, and what to do."""
    lines = [f"{'  ' if n else '起因：'}{' '.join(one)}" for n, one in enumerate(failures)]
    lines[1:1] = ["由此而来，或者另有改动："] if failures[1:] else []
    todo = f"先查 {failures[0][1]}，换回原样以后再核对一次，看其余的是不是由它引起"
    return [*lines, f"共 {len(failures)} 处不符：{todo}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--witness", type=Path, help="别人保存的检查点")
    parser.add_argument("--head", action="append", default=[], help="回执页上的 长度:根的前16位")
    parser.add_argument("--key", default="", help="公告里的日志公钥")
    given = parser.parse_args()
    failures = verify(given.folder, given.witness, tuple(given.head), given.key)
    lines = told(failures) if failures else ["V0 到 V9 全部相符"]
    if not failures:
        absent = len(read((given.folder / "bundle.json").read_bytes())["absent"])
        lines += [f"另有 {absent} 个公布过的文件不在包里，没有核对"] if absent else []
    getattr(sys.stdout, "reconfigure", lambda **_: None)(errors="replace")  # old consoles
    sys.stdout.write("\n".join(lines) + "\n")
    return 4 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
