"""Commands on the store: first steps, operators, closing and sealing a round."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from forms.problems import N_
from survey_app.cli.console import Console, command
from survey_app.core.access import ROLE_NAMES, ROLES, Role
from survey_app.core.errors import NotFoundError
from survey_app.core.services import Services

if TYPE_CHECKING:
    from survey_app.accounts.service import OperatorSpec

BY_COMMAND = "命令行"


class UnknownRoundError(NotFoundError):
    message = N_("没有编号为“{key}”的轮次。")
    remedy = N_("现有轮次：{known}。")


@contextmanager
def started() -> Iterator[Services]:
    """The services of this installation, its store made or brought up to date, and let go of."""
    from survey_app.core.config import Settings
    from survey_app.factory import start_services

    services = start_services(Settings.from_environ())
    try:
        yield services
    finally:
        services.database.dispose()


def find_round(services: Services, key: str) -> int:
    """The id of a round. Raises UnknownRoundError, which names those there are."""
    from survey_app.rounds.service import list_rounds

    with services.database.read() as session:
        known = {row.key: row.id for row in list_rounds(session)}
    if key not in known:
        raise UnknownRoundError(key=key, known="、".join(known) or "—")
    return known[key]


@command(
    "init",
    "建立数据库和第一位管理员。已经建好的数据库只补上缺少的表，不改动数据。",
    "survey init --login admin --name 张三",
)
@click.option("--login", default="admin", show_default=True, help="管理员的登录名")
@click.option("--name", default="管理员", show_default=True, help="显示的姓名")
def init(login: str, name: str, *, as_json: bool, is_quiet: bool) -> None:
    """Make the store and, where there is no operator yet, an administrator."""
    from survey_app.accounts.service import OperatorSpec, has_operators

    console = Console(as_json, is_quiet)
    with started() as services:
        place = services.database.url.render_as_string(hide_password=True)
        if has_operators(services.database):
            console.result({"database": place, "created": False}, [f"数据库已就绪：{place}"])
            return
        password = _create(services, OperatorSpec(login, name, "admin"))
    console.result(
        {"database": place, "created": True, "login": login, "password": password},
        [
            f"数据库已建好：{place}",
            f"管理员 {login}，密码 {password}（只显示这一次，请登录后修改）",
        ],
    )


@command(
    "operator",
    "增加一位操作员，密码随机生成，只显示一次。",
    "survey operator li --name 李四 --role clerk",
)
@click.argument("login")
@click.option("--name", help="显示的姓名，默认同登录名")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="clerk",
    show_default=True,
    help="、".join(f"{key} {name}" for key, name in ROLE_NAMES.items()),
)
@click.option("--scope", default="", help="管辖范围：采集单位名称、单位编号或本人编号")
def operator(
    login: str, name: str | None, role: Role, scope: str, *, as_json: bool, is_quiet: bool
) -> None:
    """Add an operator."""
    from survey_app.accounts.service import OperatorSpec

    with started() as services:
        password = _create(services, OperatorSpec(login, name or login, role, scope))
    Console(as_json, is_quiet).result(
        {"login": login, "role": role, "password": password},
        [f"{login}，密码 {password}（只显示这一次，请登录后修改）"],
    )


def _create(services: Services, spec: "OperatorSpec") -> str:
    from survey_app.accounts.service import create_operator

    password = secrets.token_urlsafe(12)
    create_operator(services.database, services.settings, BY_COMMAND, spec, password)
    return password


@command(
    "close",
    "关闭一个开放中的轮次：一次提交，此后不再接受任何答卷。",
    "survey close 2026-annual",
)
@click.argument("round_key", metavar="ROUND")
def close(round_key: str, *, as_json: bool, is_quiet: bool) -> None:
    """Close a round."""
    from survey_app.closing.service import close_round
    from survey_app.rounds.frozen import load_round

    with started() as services:
        round_id = find_round(services, round_key)
        received = close_round(services.database, BY_COMMAND, round_id)
        with services.database.read() as session:
            is_sealed = load_round(session, round_id).is_sealed
    then = "open-ballots" if is_sealed else "seal"
    Console(as_json, is_quiet).result(
        {"round": round_key, "state": "closed", "ballots": received},
        [f"轮次 {round_key} 已关闭，共收到 {received} 份答卷。接下来：survey {then} {round_key}"],
    )


@command(
    "seal",
    "封存一个已关闭的轮次：打乱顺序，写成文件，附上校验值。",
    "survey seal 2026-annual",
)
@click.argument("round_key", metavar="ROUND")
def seal(round_key: str, *, as_json: bool, is_quiet: bool) -> None:
    """Seal a closed round."""
    from survey_app.closing import service as closing

    with started() as services:
        folders = closing.seal(
            services.database,
            services.rounds,
            BY_COMMAND,
            find_round(services, round_key),
            services.settings.sealed_dir,
        )
    Console(as_json, is_quiet).result(
        {"round": round_key, "folders": [str(one) for one in folders]},
        [f"轮次 {round_key} 已封存：", *(f"  {one}" for one in folders)],
    )
