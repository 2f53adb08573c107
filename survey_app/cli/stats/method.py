"""How a statistical method becomes a command: the common options, and what comes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forms.problems import N_
from survey_app.cli.console import NO_ANSWER, Console, command

if TYPE_CHECKING:
    from analysis.note import Note
    from survey_app.cli.stats.answer import Answer
    from survey_app.cli.stats.data import Data

FILE = click.Path(path_type=Path)


class Names(click.ParamType[tuple[str, ...]]):
    """Names of columns joined by commas."""

    name = "A,B,…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(one.strip() for one in str(value).split(",") if one.strip())


class Numbers(click.ParamType[tuple[float, ...]]):
    """Numbers joined by commas."""

    name = "0.1,0.2,…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(one) for one in str(value).split(",") if one.strip())
        except ValueError:
            self.fail(f"“{value}”不是用逗号分开的数字", param, ctx)


@dataclass(frozen=True, slots=True)
class Ask:
    """The common options of one call. Columns not named are None or empty."""

    y: str | None
    items: tuple[str, ...]
    id: str | None
    ratee: str | None
    rater: str | None
    by: tuple[str, ...]
    weights: str | None
    strata: str | None
    clusters: tuple[str, ...]
    fpc: tuple[str, ...]
    level: float
    seed: int

    def need(self, *names: str) -> None:
        """Refuse, as wrong usage, a call without one of these options."""
        missing = [f"--{name}" for name in names if not getattr(self, name)]
        if missing:
            raise click.UsageError(f"这个方法需要 {'、'.join(missing)}")

    def column(self, name: str) -> str:
        """The column a needed option names."""
        self.need(name)
        return str(getattr(self, name))


class Watched(Ask):
    """An Ask that remembers which options a method looked at."""

    __slots__ = ("looked",)
    looked: set[str]

    def __getattribute__(self, name: str) -> Any:
        if name in OF_ROWS:
            looked: set[str] = getattr(self, "looked", set())
            looked.add(name)
        return super().__getattribute__(name)


OF_ROWS = frozenset({"weights", "strata", "clusters", "fpc", "by"})
"""Options that change what is estimated: a method that has no use for one must say so."""

COMMON = (
    click.option("--y", help="数值列"),
    click.option("--items", type=Names(), default=(), help="题目（或评分人）各占一列时，这些列"),
    click.option("--id", "id_", help="每行的编号列"),
    click.option("--ratee", help="评议对象列"),
    click.option("--rater", help="评分人列"),
    click.option("--by", type=Names(), default=(), help="按这些列分组"),
    click.option("--weights", help="权数列"),
    click.option("--strata", help="层列"),
    click.option("--clusters", type=Names(), default=(), help="各阶段的群列"),
    click.option("--fpc", type=Names(), default=(), help="各阶段的总体数（或抽样比）列"),
    click.option(
        "--level",
        "--conf",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.95,
        show_default=True,
        help="置信水平",
    ),
    click.option("--seed", type=int, default=1, show_default=True, help="随机数种子"),
)


def method(
    name: str, summary: str, example: str | Sequence[str], *options: Callable[[Any], Any]
) -> Callable[[Callable[..., "Answer"]], click.Command]:
    """A command `survey stats NAME FILE.csv` around `function(data, ask, **own options)`.

    NoEstimate becomes an answer with its status, and exit code 1.
    """

    def make(function: Callable[..., "Answer"]) -> click.Command:
        def run(
            file: Path, id_: str | None, *, as_json: bool, is_quiet: bool, **given: Any
        ) -> None:
            from analysis.statistics.estimate import NoEstimate
            from survey_app.cli.stats.answer import Answer
            from survey_app.cli.stats.data import read

            common = {key: given.pop(key) for key in Ask.__slots__ if key != "id"}
            data = read(file)
            ask = Watched(id=id_, **common)
            object.__setattr__(ask, "looked", set())
            try:
                _refuse_no_rows(data)
                answer = function(data, ask, **given)
                answer = replace(answer, notes=(*answer.notes, *_unused(ask, common)))
            except NoEstimate as why:
                answer = Answer.refused(name, data.n, why)
            answer = answer.explained()
            Console(as_json, is_quiet).result(answer.as_json(), answer.lines())
            if answer.status != "ok":
                click.get_current_context().exit(NO_ANSWER)

        decorated: Any = run
        for option in reversed((*options, *COMMON)):
            decorated = option(decorated)
        decorated = click.argument("file", type=FILE, metavar="FILE.csv")(decorated)
        made: click.Command = command(name, summary, example)(decorated)
        return made

    return make


def _unused(ask: Watched, given: dict[str, Any]) -> "list[Note]":
    """A note for every option given that the method did not look at."""
    from analysis.note import Note

    text = N_("这个方法没有用到 --{name}，结果与不写它时相同")
    return [Note(text, {"name": name}) for name in sorted(OF_ROWS - ask.looked) if given.get(name)]


def _refuse_no_rows(data: "Data") -> None:
    """A file of a header alone has no answer, whatever the question."""
    from analysis.note import Note
    from analysis.statistics.estimate import NoEstimate

    if data.n == 0:
        raise NoEstimate("too_few", Note(N_("文件只有表头，没有数据行")))


def write_columns(path: Path, columns: dict[str, Sequence[object]]) -> None:
    """Write columns to a CSV file, numbers with all their digits."""
    import csv

    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def column_of(data: "Data", name: str | None) -> Any:
    """The numbers of an optional column, or None."""
    return None if name is None else data.numbers(name)
