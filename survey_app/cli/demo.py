"""`survey demo`: a simulated city, or real ratings, from beginning to end."""

import io
import socket
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import qrcode

from survey_app.cli.console import Console, command
from survey_app.cli.presence import nobody_else
from survey_app.cli.rounds import started
from survey_app.cli.serving import default_workers, run_server, split_bind

if TYPE_CHECKING:
    from survey_app.core.config import Settings
    from survey_app.demo.service import Demo
    from survey_app.demo.small_building import SmallDemo

EVERYWHERE = "0.0.0.0"  # noqa: S104 -- a phone must be able to scan the poster; it says so
PORTS_TRIED = 20
BLACK_ON_WHITE, PLAIN = "\x1b[30;107m", "\x1b[0m"
ROWS, FEWEST, MOST = 40_000, 600, 2_000_000


@dataclass(frozen=True, slots=True)
class Address:
    """Where the demonstration will be served: how to bind, and what to print."""

    bind: str
    local: str
    network: str


@command(
    "demo",
    "建一座模拟城市：收卷、关闭、封存、核算、出表，对照预先埋下的真相，然后提供网页服务。",
    (
        "survey demo",
        "survey demo --ballots 4000 --seed 7 --to /tmp/city --no-serve",
        "survey demo --scheme three-evaluations --to /tmp/district",
        "survey demo --real InstEval.csv.gz --to /tmp/real",
    ),
)
@click.option("--scheme", default="zhangjiajie-2009", show_default=True, help="自带方案的编号")
@click.option(
    "--ballots",
    type=click.IntRange(FEWEST, MOST),
    help=f"有效的 答卷×评议对象 行数，脏数据另加；默认 {ROWS}；只用于 zhangjiajie-2009",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="随机种子")
@click.option("--to", "folder", type=click.Path(path_type=Path), help="输出文件夹")
@click.option("--real", type=click.Path(path_type=Path), help="改用真实评分 InstEval.csv.gz")
@click.option("--bind", default=f"{EVERYWHERE}:8000", show_default=True, help="地址：端口")
@click.option("--serve/--no-serve", "is_serving", default=True, help="完成后是否提供网页服务")
def demo(
    scheme: str,
    ballots: int | None,
    seed: int,
    folder: Path | None,
    real: Path | None,
    bind: str,
    *,
    is_serving: bool,
    as_json: bool,
    is_quiet: bool,
) -> None:
    """Build the demonstration."""
    from survey_app.core.config import Settings

    console = Console(as_json, is_quiet)
    settings = Settings.from_environ()
    if real is not None:
        _show_real(console, real, folder or settings.home / "real")
        return
    address = find_address(bind)
    wanted = Wanted(scheme, ballots, seed, folder or settings.home / "out")
    built = _build(console, settings, wanted)
    said = _said(built, address, is_serving=is_serving)
    console.result(said.printed, said.lines)
    if is_serving:
        run_server(address.bind, default_workers(), settings.home)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which city to build, and where its files go."""

    scheme: str
    ballots: int | None
    seed: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Said:
    """What a command prints: for programs, and for people."""

    printed: dict[str, Any]
    lines: Iterable[str]


def _build(console: Console, settings: "Settings", wanted: Wanted) -> "Demo | SmallDemo":
    from survey_app.demo.cities import draw_small
    from survey_app.demo.city_plan import CitySpec, draw_city, find_scheme
    from survey_app.demo.service import build_demo
    from survey_app.demo.small_building import build_small
    from survey_app.demo.store import clear_for_demo

    small = draw_small(wanted.scheme, wanted.seed)
    if small is not None and wanted.ballots is not None:
        raise click.UsageError("--ballots 只用于 zhangjiajie-2009：其余城市的份数是定好的")
    with nobody_else(settings.home):
        with started() as services:
            was_there = clear_for_demo(services)
        if was_there:
            console.say("· 上一次的模拟城市已清除")
        with started() as services, console.progress("模拟城市") as progress:
            progress.stage(f"按种子 {wanted.seed} 生成（全部是模拟数据）", 0.0)
            if small is not None:
                return build_small(services, small, wanted.folder, progress)
            spec = CitySpec(wanted.ballots or ROWS, wanted.seed, find_scheme(wanted.scheme))
            return build_demo(services, draw_city(spec), wanted.folder, progress)


def _said(built: "Demo | SmallDemo", address: Address, *, is_serving: bool) -> Said:
    from survey_app.demo.small_building import SmallDemo

    if isinstance(built, SmallDemo):
        from survey_app.cli.demo_small import report_small, summary_small

        return Said(
            summary_small(built, address), report_small(built, address, is_serving=is_serving)
        )
    return Said(summary(built, address), report(built, address, is_serving=is_serving))


def find_address(bind: str) -> Address:
    """The first free port from the wanted one on."""
    host, wanted = split_bind(bind)
    port = next((one for one in range(wanted, wanted + PORTS_TRIED) if _is_free(host, one)), wanted)
    local = "127.0.0.1" if host == EVERYWHERE else host
    network = _own_address() if host == EVERYWHERE else host
    return Address(f"{host}:{port}", f"http://{local}:{port}", f"http://{network}:{port}")


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _own_address() -> str:
    """This machine's address in its network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def summary(built: "Demo", address: Address) -> dict[str, Any]:
    """What --json prints."""
    return {
        "simulated": True,
        "address": f"{address.local}/",
        "network_address": f"{address.network}/",
        "logins": [
            {"role": one.role, "login": one.login, "password": one.password} for one in built.logins
        ],
        "open_link": f"{address.local}/r/{built.open_link}",
        "codes": built.codes,
        "to": str(built.folder),
        "rows": dict(built.counts),
        "rules": {rule: one.as_json() for rule, one in built.rules.items()},
        "accuracy": {place: one.as_json() for place, one in built.accuracy.items()},
        "content_digest": built.assessment.content_digest,
    }


def report(built: "Demo", address: Address, *, is_serving: bool) -> Iterator[str]:
    """What a person reads at the end."""
    from survey_app.demo.telling import accuracy_lines, rule_lines

    link = f"{address.network}/r/{built.open_link}"
    yield ""
    yield f"模拟城市已建成（模拟数据，种子 {built.city.spec.seed}）。文件在 {built.folder}"
    yield from rule_lines(built)
    yield from accuracy_lines(built)
    yield ""
    yield "登录（密码为本次演示随机生成）："
    yield from (f"  {one.login:<10}{one.password}" for one in built.logins)
    yield "可以试用的评议卡验证码："
    yield from (f"  {name}：{'  '.join(codes)}" for name, codes in named_codes(built))
    yield ""
    yield from _next_steps(built, address, link) if is_serving else _without_server(built)


def named_codes(built: "Demo") -> Iterator[tuple[str, list[str]]]:
    """Unused codes with the names of their rater classes."""
    from survey_app.register.names import rater_class_names

    names = rater_class_names()
    yield from ((names.get(key, key), codes) for key, codes in built.codes.items())


def _next_steps(built: "Demo", address: Address, link: str) -> Iterator[str]:
    yield f"地址：{address.local}/ （同一网络的手机：{address.network}/）"
    yield f"扫码评议一个单位：{link}"
    yield from qr_lines(link)
    yield "接下来可以看："
    yield f"  1. 手机扫上面的二维码评一次；或打开 {address.local}/c 输入一个验证码"
    yield f"  2. 登录 {address.local}/admin/ 看已核算的 2026 年度结果，点开一个得分看来历"
    yield "  3. 在 2027 年度轮次里看实时进度"
    yield f"  4. 打开 {built.folder / 'workbook.xlsx'}"
    yield "按 Ctrl+C 停止。"


def _without_server(built: "Demo") -> Iterator[str]:
    yield "没有启动网页服务（--no-serve）。接下来可以看："
    yield f"  1. {built.folder / 'workbook.xlsx'}"
    yield f"  2. {built.folder / 'truth.json'}"
    yield f"  3. survey verify {built.folder}"
    yield "  4. survey serve"


def qr_lines(text: str) -> list[str]:
    """A QR code drawn with characters: dark on white in a terminal, whatever its colours."""
    code = qrcode.QRCode(border=3)
    code.add_data(text)
    drawn = io.StringIO()
    code.print_ascii(out=drawn)
    lines = drawn.getvalue().replace("\xa0", " ").rstrip("\n").split("\n")
    if not sys.stdout.isatty():
        return lines
    return [f"{BLACK_ON_WHITE}{line}{PLAIN}" for line in lines]


def _show_real(console: Console, path: Path, folder: Path) -> None:
    from survey_app.demo.real import assess_real

    with console.progress("真实评分") as progress:
        found = assess_real(path, folder, progress)
    console.result(
        found.as_json(),
        [
            f"真实评分 {found.ratings} 条，{found.raters} 人评 {found.ratees} 人，"
            f"{found.groups} 个组",
            "各分数条数：" + "，".join(f"{value} 分 {n}" for value, n in found.by_value.items()),
            f"封存的条数与文件相符。结果在 {folder}：打开 {folder / 'workbook.xlsx'}",
        ],
    )
