"""Watching over the log of a round from a machine of somebody else: nothing but its address is
needed, and a file in which every head seen is kept.

The file has a line for the log (address and key, taken at the first look), then a line a head.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import click

from analysis.round_log.merkle import HASH_SIZE, verify_consistency
from analysis.round_log.notes import Checkpoint, NoteError, open_checkpoint, verifier_key
from forms.problems import N_
from survey_app.cli.console import INTEGRITY, Console, command
from survey_app.core.errors import DomainError

SECONDS = 30
MOST_BYTES = 100_000


class UnreachableError(DomainError):
    message = N_("打不开 {address}：{why}。")
    remedy = N_("请检查网址和网络，过一会再试。文件没有改动。")


class BrokenFileError(DomainError):
    message = N_("{file} 不是见证文件，或已损坏。")
    remedy = N_("请换一个文件名重新开始，并保留原来的文件。")


@dataclass(frozen=True, slots=True)
class Watched:
    """Whose log a file watches, and the last head in it."""

    address: str
    key: str
    last: Checkpoint | None

    @property
    def origin(self) -> str:
        return self.key.partition("+")[0]

    def open(self, note: str) -> Checkpoint:
        """A head of this log; raises NoteError where another key signed it, or nobody."""
        public = base64.b64decode(self.key.split("+", 2)[2])[1:]
        if verifier_key(self.origin, public) != self.key:
            raise NoteError("not a key")
        return open_checkpoint(note, self.origin, public)


@command(
    "witness",
    "见证一轮的公开日志：取最新检查点，核对签名、确认它接在上一次的后面，再记入自己的文件。"
    "发现日志被改或被退回时拒绝，退出码 4。可以放进定时任务。",
    "survey witness https://pingyi.example.gov.cn/log/2026-annual 2026-annual.jsonl",
)
@click.argument("address")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def witness(
    context: click.Context, address: str, file: Path, *, as_json: bool, is_quiet: bool
) -> None:
    """Look at a log once, and keep its head where it goes on from the last one."""
    console = Console(as_json, is_quiet)
    watched = _read(file) if file.exists() else _first_look(address.rstrip("/"))
    note = _get(f"{watched.address}/checkpoint")
    refused, head = _judge(watched, note)
    if refused:
        click.echo(refused, err=True)
        click.echo(note, err=True)
        context.exit(INTEGRITY)
    assert head is not None
    is_new = watched.last is None or watched.last.size < head.size
    if is_new:
        _keep(file, watched, note)
    console.result(
        {"size": head.size, "root": head.root.hex(), "is_new": is_new},
        [f"{head.origin}：{head.size} 条，校验值 {head.root.hex()}", _said(watched, is_new=is_new)],
    )


def _said(watched: Watched, *, is_new: bool) -> str:
    if watched.last is None:
        return f"第一次见证，已记下。公钥：{watched.key}"
    return f"接在上次的 {watched.last.size} 条之后，已记下。" if is_new else "和上次一样。"


def _judge(watched: Watched, note: str) -> tuple[str, Checkpoint | None]:
    """What is wrong with a head, or "" and the head itself."""
    try:
        head = watched.open(note)
    except (NoteError, ValueError, IndexError):
        return "签名不对：这个检查点不是原来那把密钥签的，或内容被改过。", None
    last = watched.last
    if last is None:
        return "", head
    if head.size < last.size:
        return f"日志被退回：上次有 {last.size} 条，现在只有 {head.size} 条。", None
    steps = []
    if head.size > last.size:
        text = _get(f"{watched.address}/consistency?from={last.size}&to={head.size}")
        steps = _hashes(text)
    if not verify_consistency(last.size, head.size, last.root, head.root, steps):
        return f"日志分叉：现在的 {head.size} 条不是接在上次 {last.size} 条之后的。", None
    return "", head


def _hashes(text: str) -> list[bytes]:
    try:
        steps = [base64.b64decode(line, validate=True) for line in text.splitlines()]
    except binascii.Error:
        return []
    return steps if all(len(one) == HASH_SIZE for one in steps) else []


def _first_look(address: str) -> Watched:
    return Watched(address, _get(f"{address}/key").strip(), None)


def _read(file: Path) -> Watched:
    try:
        first, *lines = file.read_text(encoding="utf-8").splitlines()
        told = json.loads(first)
        watched = Watched(told["address"], told["key"], None)
        last = watched.open(json.loads(lines[-1])["note"])
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise BrokenFileError(file=str(file)) from error
    return Watched(watched.address, watched.key, last)


def _keep(file: Path, watched: Watched, note: str) -> None:
    with file.open("a", encoding="utf-8") as lines:
        if watched.last is None:
            lines.write(json.dumps({"address": watched.address, "key": watched.key}) + "\n")
        seen = datetime.now(UTC).isoformat(timespec="seconds")
        lines.write(json.dumps({"at": seen, "note": note}, ensure_ascii=False) + "\n")


def _get(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise UnreachableError(address=url, why="网址要以 http:// 或 https:// 开头")
    try:
        with urlopen(url, timeout=SECONDS) as reply:  # noqa: S310 -- the scheme is checked above
            return str(reply.read(MOST_BYTES).decode("utf-8"))
    except HTTPError as error:
        raise UnreachableError(address=url, why=str(error.code)) from error
    except (URLError, OSError, UnicodeDecodeError) as error:
        raise UnreachableError(address=url, why=str(getattr(error, "reason", error))) from error
