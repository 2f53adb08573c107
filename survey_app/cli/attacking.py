"""`survey attacks`: what attacks move in a round, and which detectors see them."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.cli.console import Console, command

if TYPE_CHECKING:
    from analysis.attacks.by_entrance import EntranceLine
    from analysis.attacks.honest import Setting
    from analysis.attacks.measure import Measured, Rate
    from analysis.attacks.price import Prices

SEEDS = 50
FORGED = 50


@command(
    "attacks",
    "模拟对评议的几种攻击：每种检查发现多少、误报多少，名次的价格是多少。用来找出薄弱的入口并加固。",
    (
        "survey attacks",
        "survey attacks var/demo/out --seeds 50",
        "survey attacks --seeds 10 --json",
    ),
)
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--synthetic", "is_synthetic", is_flag=True, help="用一般的模拟轮次（没有文件夹时）")
@click.option("--seeds", type=click.IntRange(1, 1000), default=SEEDS, show_default=True)
@click.option(
    "--ballots",
    type=click.IntRange(1, 100_000),
    default=FORGED,
    show_default=True,
    help="一次攻击伪造多少份答卷",
)
def attacks(
    folder: Path | None,
    seeds: int,
    ballots: int,
    *,
    is_synthetic: bool,
    as_json: bool,
    is_quiet: bool,
) -> None:
    """Measure detection and false alarm, and price a rank."""
    from analysis.attacks.honest import synthetic
    from analysis.attacks.measure import measure

    if folder is not None and is_synthetic:
        raise click.UsageError("文件夹和 --synthetic 只用一个")
    console = Console(as_json, is_quiet)
    setting, found = (synthetic(), None) if folder is None else _of_round(folder)
    console.say(f"模拟 {seeds} 轮，每次攻击伪造 {ballots} 份 …")
    measured = measure(setting, seeds, ballots=ballots)
    console.result(_payload(measured, found), _lines(measured, found))


def _of_round(folder: Path) -> "tuple[Setting, Prices]":
    from analysis.assessment import assess
    from analysis.attacks.from_round import setting_from
    from analysis.attacks.honest import synthetic
    from analysis.attacks.price import prices
    from analysis.round_statistics.tables import collect
    from analysis.scheme import Scheme
    from analysis.sealed_round import expand, open_sealed_rounds
    from survey_app.demo.outputs import INPUTS, SEALED, read_input_folder

    scheme = Scheme.load(folder / INPUTS / "scheme.toml")
    inputs = read_input_folder(folder / INPUTS)
    folders = expand([folder / SEALED])
    assessment = assess(folders, inputs, scheme)
    sufficient = collect(open_sealed_rounds(folders), inputs, scheme)
    found = prices(assessment, sufficient.cells, inputs.ratees)
    return setting_from(sufficient) or synthetic(), found


def _payload(measured: "Measured", found: "Prices | None") -> dict[str, Any]:
    from analysis.attacks.by_entrance import by_entrance

    classes = found.classes if found else ()
    return {
        "seeds": measured.seeds,
        "detection": [asdict(one) for one in measured.found],
        "false_alarm": [asdict(one) for one in measured.quiet],
        "moved": [asdict(one) for one in measured.moved],
        "seen_by": {
            one.attack: [seen.detector for seen in measured.seen_by(one.attack)]
            for one in measured.moved
        },
        "price": {
            of.ratee_class: [asdict(line) for line in by_entrance(found, of)]
            for of in classes
            if found is not None
        },
    }


def _lines(measured: "Measured", found: "Prices | None") -> Iterator[str]:
    yield from detection_lines(measured)
    if found is None:
        yield ""
        yield "名次的价格取决于方案和各对象的差距：请给出一个轮次的输出文件夹。"
    else:
        yield from price_lines(found)


def detection_lines(measured: "Measured") -> Iterator[str]:
    """The table attack × detector, as Markdown."""
    from analysis.attacks.detectors import ON_BALLOTS, ON_PANELS
    from analysis.attacks.measure import KINDS

    quiet = {one.detector: one for one in measured.quiet}
    rates = {(one.attack, one.detector): one.rate for one in measured.found}
    for on, detectors in (("ballots", ON_BALLOTS), ("panel", ON_PANELS)):
        kinds = [kind for kind in KINDS if kind.on == on]
        yield ""
        yield (
            "| 检查 | 所指 | "
            + " | ".join(kind.name for kind in kinds)
            + " | 误报 | 有误报的轮次 |"
        )
        yield "|---|---|" + "---|" * (len(kinds) + 2)
        for one in detectors:
            alarm = quiet[one.key].rate
            found = [_share(rates.get((kind.key, one.key))) for kind in kinds]
            rounds = "—" if alarm is None else f"{alarm.rounds:.0%}"
            yield (
                f"| {one.name} | {SUBJECTS[one.subject]} | "
                + " | ".join(found)
                + f" | {_alarm(alarm)} | {rounds} |"
            )
    yield ""
    yield from _moved_lines(measured)


SUBJECTS = {
    "ballot": "答卷",
    "link": "入口",
    "batch": "一批卡",
    "unit": "对象",
    "rater": "评分人",
    "sheet": "评价表",
}


def _moved_lines(measured: "Measured") -> Iterator[str]:
    from analysis.attacks.detectors import ON_BALLOTS, ON_PANELS
    from analysis.attacks.measure import KINDS

    names = {one.key: one.name for one in (*ON_BALLOTS, *ON_PANELS)}
    yield "| 攻击 | 规模 | 该类主体的得分移动（分） | 看得见它的检查 |"
    yield "|---|---|---|---|"
    for kind, one in zip(KINDS, measured.moved, strict=True):
        seen = "、".join(names[found.detector] for found in measured.seen_by(kind.key))
        yield (
            f"| {kind.name} | {one.size} / {one.of} | {one.mean:+.2f} ± {one.sd:.2f} | "
            f"{seen or '没有'} |"
        )
    yield ""
    yield f"{measured.seeds} 个种子；比例后是 95% 区间。"
    yield "连号卡代填一栏假定整批卡记为一个入口；轮次没有记的，入口类的检查看不到它。"
    yield "照真实分布作答的程序，答案里没有可查的东西：只有凭码、评议卡和按凭据计权挡得住。"


def _share(rate: "Rate | None") -> str:
    return "—" if rate is None else f"{rate.share:.0%}（{rate.lo:.0%}–{rate.hi:.0%}）"


def _alarm(rate: "Rate | None") -> str:
    return "—" if rate is None else f"{rate.share:.2%}（{rate.lo:.2%}–{rate.hi:.2%}）"


def price_lines(found: "Prices") -> Iterator[str]:
    """What a place costs by each entrance, as Markdown."""
    from analysis.attacks.by_entrance import by_entrance

    for of in found.classes:
        yield ""
        yield f"名次的价格：{of.ratee_class}，{len(of.ratees)} 个对象"
        yield ""
        yield PRICE_HEAD
        yield "|---|---|---|---|---|---|---|---|---|"
        for line in by_entrance(found, of):
            yield _price_line(line)
    yield ""
    yield from (f"· {note.text()}" for note in found.notes)


PRICE_HEAD = (
    "| 入口 | 凭据 | 现有份数 | 升一名：最少 | 中位 | 升不了的 | 压低上一名：最少 "
    "| 50 份或一成人移动 | 最多升 |"
)


def _price_line(line: "EntranceLine") -> str:
    one = line.entrance
    name = " / ".join(part for part in (one.leaf_name, one.rater_class, one.part) if part)
    numbers = (
        f"{line.n:g}",
        _count(line.place_least),
        _count(line.place_median),
        f"{line.unreachable}/{line.ratees}",
        _count(line.rival_least),
        f"{line.moved:.2f}（最多 {line.moved_most:.2f}）",
        f"{line.places}",
    )
    return f"| {name} | {'、'.join(one.evidence)} | " + " | ".join(numbers) + " |"


def _count(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"
