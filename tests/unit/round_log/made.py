"""Bundles of rounds that never were: random ballots through the pure functions, no database."""

import base64
import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analysis.round_log import bundle_files, merkle, notes
from analysis.round_log.answer_rows import AnswerReader
from analysis.round_log.bundle_files import Audit, Material, RunFiles
from analysis.round_log.counting import counts_of_sealed
from analysis.round_log.leaves import batch_root, commitment, leaf_bytes
from analysis.round_log.recomputing import assess_again
from analysis.scheme import Scheme
from analysis.sealed_round import BallotColumns, SealedHeader, write_sealed_round
from forms.problems import canonical_json, digest
from forms.questionnaire import library
from tests.rounds import SCHEME

ROOT = Path(__file__).parents[3]
KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"a key for tests").digest())
ORIGIN = "survey.example/round/made-1"
AT = "2026-11-21T19:04:13Z"
FORMS = {"citizen": "unit", "delegate": "delegate-unit"}


def config(n_ratees: int, *, is_sealed: bool) -> dict[str, Any]:
    """The frozen document of a round of units."""
    short = {name: library()[form].short() for name, form in FORMS.items()}
    return {
        "format": "round-config/1",
        "round": "made-1",
        "title": "核验用的轮次",
        "period": "2026",
        "sealed": is_sealed,
        "scheme": Scheme.load(SCHEME.encode()).as_json(),
        "questionnaires": {one.key: one.as_json() for one in short.values()},
        "bindings": [
            {"rater_class": name, "ratee_class": "unit", "questionnaire": one.key}
            for name, one in short.items()
        ],
        "ratees": [
            {
                "number": n,
                "key": f"u{n}",
                "name": f"市{n}局",
                "ratee_class": "unit",
                "group": "",
                "kind": "unit",
                "parent": "",
                "pool": "",
            }
            for n in range(1, n_ratees + 1)
        ],
    }


@dataclass
class Made:
    """A round as it happens: what the log has, and what its server keeps."""

    rng: random.Random
    config: dict[str, Any]
    key: Ed25519PrivateKey = KEY
    leaves: list[bytes] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)
    nullifiers: dict[int, list[bytes]] = field(default_factory=dict)
    spare: list[bytes] = field(default_factory=list)
    used: list[bytes] = field(default_factory=list)
    openings: list[tuple[bytes, dict[str, Any]]] = field(default_factory=list)
    record: list[dict[str, Any]] = field(default_factory=list)
    exclusions: list[dict[str, Any]] = field(default_factory=list)
    results: dict[int, bytes] = field(default_factory=dict)
    runs: dict[int, RunFiles] = field(default_factory=dict)

    @property
    def is_sealed(self) -> bool:
        return bool(self.config["sealed"])

    def add(self, **leaf: Any) -> None:
        self.leaves.append(leaf_bytes(leaf))

    def sign(self) -> None:
        root = merkle.root(map(merkle.leaf_hash, self.leaves))
        text = notes.checkpoint_text(ORIGIN, len(self.leaves), root)
        self.checkpoints.append(notes.sign_note(text, ORIGIN, self.key))

    def act(self, action: str) -> None:
        entry = {
            "action": action,
            "at": AT.replace("Z", ".251000+00:00"),
            "details": {"reason": "测试"},
            "operator": "tester",
            "round": 1,
        }
        previous = self.rng.randbytes(32)
        told = sha256(previous + canonical_json(entry)).hexdigest()
        self.add(type="act", action=action, at=AT, digest=told)
        self.record.append({**entry, "previous": previous.hex()})

    def begin(self) -> None:
        key = base64.b64encode(self.key.public_key().public_bytes_raw()).decode()
        self.add(
            type="round",
            round=self.config["round"],
            config=self.config,
            log_key=key,
            software="1",
            record="0" * 64,
        )
        self.issue(1, 12)
        self.issue(2, 3)
        self.act("round.open")
        self.sign()

    def issue(self, batch: int, n: int) -> None:
        cards = self.nullifiers[batch] = [self.rng.randbytes(32) for _ in range(n)]
        self.add(
            type="issuance",
            batch=batch,
            rater_class="delegate",
            evidence="code",
            issued=n,
            root=batch_root(cards).hex(),
        )

    def reissue(self) -> None:
        void, new = self.nullifiers[1][0], self.rng.randbytes(32)
        self.add(type="reissue", batch=1, void=void.hex(), new=new.hex())
        self.spare.append(new)
        self.sign()

    def decide(self, decision: str, act: str) -> None:
        content = {"decision": decision, "rule": "scope", "reason": "测试"}
        told = digest(content).removeprefix("sha256:")
        names = {"asked_by": "甲", "approved_by": "乙"}
        self.add(type="exclusion", decision=decision, digest=told, act=act, **names)
        self.exclusions.append(content)
        self.sign()

    def vote(self, citizens: int, delegates: int) -> list[dict[str, Any]]:
        """Ballots arrive; the leaves that wait for them."""
        waiting = [self._ballot("citizen", "open", "online", "tok") for _ in range(citizens)]
        waiting += [self._ballot("delegate", "code", "assembly", "") for _ in range(delegates)]
        fresh = [*self.spare, *self.nullifiers[1][1:], *self.nullifiers[2]]
        self.used += [one for one in fresh if one not in self.used][:delegates]
        return waiting

    def _ballot(self, rater_class: str, evidence: str, channel: str, link: str) -> dict[str, Any]:
        rated = self.rng.sample(self.config["ratees"], self.rng.randint(1, 2))
        payload = b"\x01" + b"".join(
            one["number"].to_bytes(2) + self._codes(rater_class) for one in rated
        )
        content = {
            "channel": channel,
            "device": evidence == "open" and self.rng.random() < 0.1,
            "evidence": evidence,
            "link": link,
            "pace": "normal" if evidence == "open" else "",
            "payload": payload.hex(),
            "rater_class": rater_class,
            "stratum": "",
        }
        opening = self.rng.randbytes(32)
        self.openings.append((opening, content))
        told = self.rng.randbytes(32) if self.is_sealed else commitment(opening, content)
        return {
            "type": "ballot",
            "rater_class": rater_class,
            "evidence": evidence,
            "commitment": told.hex(),
        }

    def _codes(self, rater_class: str) -> bytes:
        questionnaire = library()[FORMS[rater_class]].short()
        codes = []
        for item in questionnaire.coded_items:
            options = questionnaire.scale_of(item).options
            choice = self.rng.choice([0, *(option.number for option in options)])
            codes.append(choice if item.kind == "single" else 1 << self.rng.randrange(len(options)))
        return bytes(codes)

    def integrate(self, waiting: list[dict[str, Any]]) -> None:
        receipts = [{"type": "receipt", "hash": self.rng.randbytes(32).hex()} for _ in waiting]
        bodies = [leaf_bytes(one) for one in [*waiting, *receipts]]
        self.leaves += sorted(bodies, key=merkle.leaf_hash)

    def close(self) -> None:
        for one in sorted(self.used):
            self.add(type="admission", nullifier=one.hex())
        received = Counter(content["rater_class"] for _, content in self.openings)
        self.add(type="close", at=AT, received=dict(received), is_early=False)
        self.act("round.close")
        self.sign()
        if self.is_sealed:
            promised = [commitment(*one) for one in self.openings]
            told = {"holders": [1, 3], "rehearsed": True, "root": batch_root(promised).hex()}
            self.add(type="opened", ballots=len(self.openings), **told)
            self.sign()

    def seal(self, home: Path) -> None:
        """Write the sealed folders as closing does, and put their manifests into the log."""
        manifests = {}
        reader = AnswerReader(self.config)
        for key, questionnaire in reader.questionnaires.items():
            rows = [
                (n, asked.ratee, content, codes)
                for n, (_, content) in enumerate(self.openings)
                for asked, codes in reader.rows(
                    content["rater_class"], bytes.fromhex(content["payload"])
                )
                if asked.questionnaire == key
            ]
            name = f"{self.config['round']}.{key}"
            header = SealedHeader(name, "核验用的轮次", questionnaire, period="2026")
            columns = _columns(rows, len(questionnaire.coded_items))
            manifests[name] = digest(write_sealed_round(home / name, header, columns).as_json())
        self.act("round.seal")
        self.add(type="sealed", manifests=manifests)
        self.sign()

    def assess(self, home: Path) -> None:
        scores = assess_again(self.config, {}, [home]).scores_json()
        self.runs[1] = RunFiles(scores, {})
        told = sha256(scores).hexdigest()
        self.add(type="result", run=1, scores=told, config=digest(self.config))
        self.sign()

    def release(self, name: str, content: bytes, kind: str = "table") -> None:
        self.results[len(self.leaves)] = content
        self.add(type="release", name=name, digest=sha256(content).hexdigest(), kind=kind)
        self.sign()

    def publish(self) -> None:
        """The page that everybody sees of the run."""
        found = json.loads(self.runs[1].scores)
        names = {one["key"]: one["name"] for one in self.config["ratees"]}
        rows = [
            {
                "name": names[one["key"]],
                "grade": "",
                "score": one["total"] or "",
                "rank": str(one["rank_class"] or ""),
            }
            for one in found["ratees"]
        ]
        page: dict[str, Any] = {
            "round": self.config["round"],
            "run": 1,
            "scheme": digest(self.config["scheme"]),
            "classes": [{"name": "单位", "rows": rows}],
        }
        tables = ranking(rows)
        self.release("tables.zip", tables, "csv")
        page["files"] = [{"name": "tables.zip", "sha256": sha256(tables).hexdigest()}]
        self.release("results.json", canonical_json(page), "publication")

    def material(self, home: Path | None) -> Material:
        """What a bundle is written from: an auditor's with the sealed folders in `home`."""
        folders = sorted(home.iterdir()) if home else []
        audit = home and Audit(
            openings=self.openings,
            counts=counts_of_sealed(folders, len(self.openings)),
            record=self.record,
            exclusions=self.exclusions,
            sealed=folders,
            runs=self.runs,
        )
        return Material(
            origin=ORIGIN,
            leaves=self.leaves,
            checkpoints=self.checkpoints,
            nullifiers=self.nullifiers,
            results=self.results,
            specification=(ROOT / "docs" / "round-log.md").read_bytes(),
            verifier=(ROOT / "analysis" / "round_log" / "verify_round.py").read_bytes(),
            audit=audit or None,
        )


def ranking(rows: list[dict[str, str]]) -> bytes:
    """The tables beside a page, as far as a verifier reads them."""
    lines = [f"{one['name']},{one['score'] or '—'},{one['rank'] or '—'}\n" for one in rows]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("综合得分排名表.csv", date_time=(2000, 1, 1, 0, 0, 0))
        archive.writestr(entry, "".join(["\ufeff单位名称,总分,类内名次\n", *lines]))
    return packed.getvalue()


def _columns(rows: list[tuple[int, str, Mapping[str, Any], bytes]], width: int) -> BallotColumns:
    def texts(value: Callable[[Mapping[str, Any]], str]) -> Any:
        return np.array([value(content) for _, _, content, _ in rows], dtype=object)

    codes = b"".join(one for _, _, _, one in rows)
    return BallotColumns(
        submission=[n for n, _, _, _ in rows],
        ratee=np.array([ratee for _, ratee, _, _ in rows], dtype=object),
        rater_class=texts(lambda one: one["rater_class"]),
        stratum=texts(lambda one: one["stratum"]),
        channel=texts(lambda one: one["channel"]),
        evidence=texts(lambda one: one["evidence"]),
        codes=np.frombuffer(codes, dtype=np.uint8).reshape(-1, width),
    )


def make_round(seed: int, home: Path, *, is_sealed: bool = False, n: int = 12) -> Made:
    """A round from opening to publication; `home` gets its sealed folders."""
    rng = random.Random(seed)
    made = Made(rng, config(rng.randint(2, 4), is_sealed=is_sealed))
    made.begin()
    for _ in range(rng.randint(1, 3)):
        made.integrate(made.vote(rng.randint(n, 2 * n), rng.randint(1, 3)))
        made.sign()
    made.reissue()
    made.decide("clue-1", "exclude")
    made.decide("clue-1", "withdraw")
    made.integrate(made.vote(rng.randint(3, n), 2))
    made.close()
    made.seal(home)
    made.assess(home)
    made.publish()
    made.release("公开结果.csv", "单位,得分\n市1局,84.00\n".encode())
    return made


def write_made(seed: int, folder: Path, *, is_sealed: bool = False) -> tuple[Path, Path, Made]:
    """A public and an auditor's bundle of one random round."""
    made = make_round(seed, folder / "sealed", is_sealed=is_sealed)
    public, auditor = folder / "public", folder / "auditor"
    bundle_files.write_bundle(public, made.material(None))
    bundle_files.write_bundle(auditor, made.material(folder / "sealed"))
    return public, auditor, made
