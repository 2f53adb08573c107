"""Is a folder still what it was? Files by their digests, scores by computing them again."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from analysis.assessment import assess
from analysis.results import NoAnswer
from analysis.round_log.bundle_files import INDEX, LEAVES
from analysis.round_log.checks import check_bundle
from analysis.round_log.telling import tell
from analysis.scheme import Scheme
from analysis.sealed_round import Check, IntegrityError, check_sealed_round
from analysis.sealed_round.manifest import MANIFEST
from forms.problems import N_, InputError, Problem
from survey_app.demo.file_list import check_file_list
from survey_app.demo.outputs import INPUTS, SCORES, SEALED, read_input_folder

FORMAT = "survey-scores/1"
RECOMPUTED = "scores.recomputed"


@dataclass(frozen=True, slots=True)
class Copies:
    """What others kept of a round's log, to hold its bundle against."""

    witness: bytes | None = None
    heads: tuple[tuple[int, str], ...] = ()
    key: str = ""

    @classmethod
    def given(cls, witness: Path | None, heads: Sequence[str], key: str) -> Self:
        """As typed: a file, "size:beginning of the root" each, the key. Raises InputError."""
        pairs = [re.fullmatch(r"(\d+):([0-9a-f]+)", head) for head in heads]
        problems = [
            Problem(head, N_("不是“长度:根的开头”"), N_("请照回执页或记录上的写法输入"))
            for head, pair in zip(heads, pairs, strict=True)
            if pair is None
        ]
        if problems:
            raise InputError(problems)
        content = witness.read_bytes() if witness else None
        return cls(content, tuple((int(one[1]), one[2]) for one in pairs if one), key)


def verify_path(path: Path, copies: Copies | None = None) -> list[Check]:
    """Every check of a bundle, of a sealed round, of a folder of them, or of output folders.

    Raises InputError where the path is none of these.
    """
    if _is_bundle(path):
        kept = copies or Copies()
        return check_bundle(path, kept.witness, kept.heads, kept.key)
    if (path / MANIFEST).is_file():
        return check_sealed_round(path)
    folders = sorted(one.parent for one in path.glob(f"**/{MANIFEST}"))
    outputs = sorted(one.parent for one in path.glob(f"**/{SCORES}"))
    if not folders and not outputs:
        raise InputError(
            [
                Problem(
                    str(path),
                    N_("这里没有核验包、封存的轮次，也没有 scores.json"),
                    N_("请给出核验包、封存的文件夹或结果文件夹"),
                )
            ]
        )
    checks = [check for folder in folders for check in check_sealed_round(folder)]
    for folder in outputs:
        checks += [*check_file_list(folder), *_score_checks(folder)]
    return checks


def told(path: Path, checks: Sequence[Check]) -> list[str]:
    """What the checks found, in words: of a bundle the cause first, of other folders all alike."""
    failed = [one for one in checks if not one.ok]
    if failed and _is_bundle(path):
        return tell(path, failed)
    summary = f"{len(failed)} 项不符" if failed else "全部相符"
    lines = [f"不符：{one.id} {one.place}" for one in failed]
    return [*lines, f"共 {len(checks)} 项检查，{summary}"]


def _is_bundle(path: Path) -> bool:
    return (path / INDEX).is_file() or (path / LEAVES).is_file()


def absent_files(path: Path) -> int:
    """How many published files a bundle that was found whole does not hold."""
    index = path / INDEX
    return len(json.loads(index.read_bytes())["absent"]) if index.is_file() else 0


def _score_checks(path: Path) -> Iterator[Check]:
    """The scores are readable and, where inputs and sealed rounds lie beside, come out again."""
    place = str(path / SCORES)
    stored = (path / SCORES).read_bytes()
    try:
        scores = json.loads(stored)
        is_known, had_answers = scores.get("format") == FORMAT, scores["counts"]["raw"] > 0
    except (ValueError, AttributeError, KeyError, TypeError):
        is_known, had_answers = False, True
    yield Check("scores.format", ok=is_known, place=place)
    is_whole = (path / SEALED).is_dir() or not had_answers
    if is_whole and (path / INPUTS / "ratees.csv").is_file():
        yield Check(RECOMPUTED, ok=_assessed_again(path) == stored, place=place)


def _assessed_again(path: Path) -> bytes | None:
    folders = [path / SEALED] if (path / SEALED).is_dir() else []
    try:
        scheme = Scheme.load(path / INPUTS / "scheme.toml")
        inputs = read_input_folder(path / INPUTS)
        return assess(folders, inputs, scheme).scores_json()
    except (InputError, IntegrityError, NoAnswer, OSError):
        return None
