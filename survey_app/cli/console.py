"""How commands speak: text or JSON, quiet or not, and one exit code for each kind of failure.

0 done · 1 no answer can be given · 2 usage · 3 bad input · 4 integrity.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from forms.problems import N_, InputError, Problem
from survey_app.cli import wrong_usage
from survey_app.core.config import UnsafeSettingsError
from survey_app.core.errors import DomainError, ProblemsError

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

NO_ANSWER, USAGE, BAD_INPUT, INTEGRITY = 1, 2, 3, 4
DEBUG = "SURVEY_DEBUG"
STEPS = 1000

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Console:
    """Where a command's words go. With JSON only the result is printed, and only to stdout."""

    as_json: bool
    is_quiet: bool

    @property
    def is_talkative(self) -> bool:
        return not (self.as_json or self.is_quiet)

    def say(self, text: str = "") -> None:
        """Tell a person something on the way."""
        if self.is_talkative:
            click.echo(text)

    def result(self, payload: dict[str, Any], lines: Iterable[str]) -> None:
        """The outcome: as JSON, or as lines unless quiet."""
        if self.as_json:
            click.echo(json.dumps(payload, ensure_ascii=False, sort_keys=True, indent=1))
        elif not self.is_quiet:
            for line in lines:
                click.echo(line)

    @contextmanager
    def progress(self, label: str) -> Iterator["Progress"]:
        """A bar with the time left over work of several stages; lines where there is no terminal.

        A person sees it; with JSON or quiet nobody does.
        """
        if not self.is_talkative or not sys.stdout.isatty():
            yield Progress(None, self)
            return
        bar = click.progressbar(
            length=STEPS, label=label, show_eta=True, show_percent=True, item_show_func=_shown
        )
        with bar:
            progress = Progress(bar, self)
            yield progress
            progress.stage("完成", 0.0)


def _shown(stage: object) -> str:
    return str(stage or "")


class Progress:
    """The stages of some work. Within a stage the bar moves as its steps are done."""

    def __init__(self, bar: "ProgressBar[object] | None", console: Console) -> None:
        self._bar = bar
        self._console = console
        self._text = ""
        self._until = 0.0
        self._share = 0.0

    def stage(self, text: str, share: float) -> None:
        """A piece of work begins that is about this part of the whole; the one before is done."""
        self._move_to(self._until)
        self._text, self._share = text, share
        self._until += share
        if self._bar is None:
            self._console.say(f"· {text} …")
        else:
            self._bar.current_item = text
            self._bar.render_progress()

    def track(self, steps: Iterable[int], total: int) -> None:
        """Go through the steps of this stage; each says how much of `total` it did."""
        start, done = self._until - self._share, 0
        for one in steps:
            done += one
            self._move_to(start + self._share * done / max(total, 1))

    def _move_to(self, part: float) -> None:
        if self._bar is not None:
            forward = round(min(part, 1.0) * STEPS) - self._bar.pos
            self._bar.update(max(forward, 0), self._text)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a command did not do its work."""

    code: int
    kind: str
    problems: tuple[Problem, ...] = ()
    message: str = ""

    @property
    def lines(self) -> list[str]:
        return [self.message] if self.message else [one.text() for one in self.problems]

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": False,
            "error": self.kind,
            "message": self.message,
            "problems": [
                {
                    "where": one.where,
                    "message": one.message.format_map(one.values),
                    "remedy": one.remedy.format_map(one.values),
                }
                for one in self.problems
            ],
        }


def explain(error: BaseException) -> Failure | None:
    """What an exception means to the person at the keyboard; None for one nobody foresaw."""
    # The analysis brings numpy and DuckDB, which small commands need not wait for.
    from sqlalchemy.exc import DBAPIError

    from analysis.results import NoAnswer
    from analysis.sealed_round import IntegrityError
    from survey_app.assessments.service import DamagedFilesError, NoAnswerError

    kinds: tuple[tuple[type[BaseException], int, str], ...] = (
        (NoAnswer, NO_ANSWER, "no_answer"),
        (NoAnswerError, NO_ANSWER, "no_answer"),
        (IntegrityError, INTEGRITY, "integrity"),
        (DamagedFilesError, INTEGRITY, "integrity"),
        (InputError, BAD_INPUT, "input"),
        (ProblemsError, BAD_INPUT, "input"),
    )
    for kind, code, name in kinds:
        if isinstance(error, kind):
            return Failure(code, name, tuple(getattr(error, "problems", ())))
    if isinstance(error, DomainError):
        return Failure(BAD_INPUT, "input", message=error.text(str))
    if isinstance(error, UnsafeSettingsError):
        return Failure(BAD_INPUT, "settings", message="\n".join(error.reasons))
    if isinstance(error, DBAPIError):
        remedy = N_("请检查 SURVEY_DATABASE_URL 和数据库是否在运行")
        return Failure(BAD_INPUT, "database", message=f"{_first_line(error.orig)}。{remedy}。")
    if isinstance(error, OSError):
        return Failure(BAD_INPUT, "file", message=_file_trouble(error))
    return None


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [""])[0]


def _file_trouble(error: OSError) -> str:
    reasons: tuple[tuple[type[OSError], str], ...] = (
        (FileNotFoundError, N_("没有这个文件或文件夹。请检查路径。")),
        (PermissionError, N_("没有读写它的权限。请检查权限或另选一个位置。")),
        (IsADirectoryError, N_("这是文件夹，不是文件。请给出文件。")),
        (NotADirectoryError, N_("这不是文件夹。请给出文件夹。")),
        (FileExistsError, N_("已经有同名的文件。请另选一个名称。")),
    )
    reason = next((text for kind, text in reasons if isinstance(error, kind)), "")
    return f"{error.filename or ''}：{reason or error.strerror or error}"


class SurveyCommand(click.Command):
    """A command that ends with the exit code of its failure, and never with a stack trace."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise wrong_usage.said(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001 -- the one mapping from errors to exit codes
            _fail(ctx, error)


def _fail(ctx: click.Context, error: Exception) -> None:
    failure = explain(error)
    if failure is None:
        if os.environ.get(DEBUG):
            traceback.print_exception(error)
        what = f"{type(error).__name__}: {error}"
        remedy = f"{what}。这是程序的错误；设置 {DEBUG}=1 再运行可以看到细节。"
        failure = Failure(NO_ANSWER, "unexpected", message=f"意外的错误：{remedy}")
    if ctx.params.get("as_json"):
        click.echo(json.dumps(failure.as_json(), ensure_ascii=False, sort_keys=True, indent=1))
    else:
        for line in failure.lines:
            click.echo(line, err=True)
    ctx.exit(failure.code)


def command(name: str, summary: str, example: str | Sequence[str]) -> Callable[[Function], Any]:
    """A command with `--json`, `--quiet`, and a help page that ends with an example."""
    examples = [example] if isinstance(example, str) else list(example)
    text = f"{summary}\n\n\b\n例：\n" + "\n".join(f"  {one}" for one in examples)

    def make(function: Function) -> Any:
        flags = (
            click.option("--quiet", "is_quiet", is_flag=True, help="只在出错时输出"),
            click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果"),
        )
        decorated: Any = function
        for flag in flags:
            decorated = flag(decorated)
        short = summary.split("。")[0]
        return click.command(name, cls=SurveyCommand, help=text, short_help=short)(decorated)

    return make


def utf8_streams() -> None:
    """Chinese text also where the terminal's own encoding cannot hold it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and (stream.encoding or "").lower() not in ("utf-8", "utf8"):
            reconfigure(encoding="utf-8", errors="replace")
