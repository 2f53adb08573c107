"""`survey ceremony`, `survey open-ballots` and `survey destroyed`: sealed rounds, headless."""

import click

from forms.problems import N_
from survey_app.cli.console import INTEGRITY, Console, command
from survey_app.cli.rounds import BY_COMMAND, find_round, started
from survey_app.core.errors import DomainError


class HoldersError(DomainError):
    message = N_("--holders 要写三位保管人，用逗号隔开。")
    remedy = N_("例如 --holders 赵一,钱二,孙三。")


@command(
    "ceremony",
    "为一个密封轮次一次做完密钥仪式并打印三份密钥。运行的人三份都看得到，只用于演练；"
    "正式轮次请在网页上办，三位保管人各看各的。",
    "survey ceremony 2026-annual --holders 赵一,钱二,孙三",
)
@click.argument("round_key", metavar="ROUND")
@click.option("--holders", required=True, help="三位保管人，用逗号隔开")
def ceremony(round_key: str, holders: str, *, as_json: bool, is_quiet: bool) -> None:
    """Hold the ceremony and print the shares."""
    from survey_app.closing.ceremony import hold_at_once
    from survey_app.closing.shares import HOLDERS

    names = holders.replace("，", ",").split(",")
    if len(names) != HOLDERS:
        raise HoldersError
    with started() as services:
        round_id = find_round(services, round_key)
        folder = services.settings.keys_dir
        shares = hold_at_once(services.database, folder, BY_COMMAND, round_id, names)
    printed = [one.printed for one in shares]
    Console(as_json, is_quiet).result(
        {"round": round_key, "shares": printed},
        [
            f"轮次 {round_key} 的三份密钥（任意两份能开封，只显示这一次）：",
            *(f"  {name}　{text}" for name, text in zip(names, printed, strict=True)),
        ],
    )


@command(
    "open-ballots",
    "用两份密钥给一个已关闭的密封轮次开封。",
    'survey open-ballots 2026-annual "1ABC …" "3XYZ …"',
)
@click.argument("round_key", metavar="ROUND")
@click.argument("first", metavar="SHARE")
@click.argument("second", metavar="SHARE")
def open_ballots(round_key: str, first: str, second: str, *, as_json: bool, is_quiet: bool) -> None:
    """Open a sealed round."""
    from survey_app.closing.unsealing import unseal

    with started() as services:
        n = unseal(
            services.database,
            services.rounds,
            services.settings.keys_dir,
            BY_COMMAND,
            find_round(services, round_key),
            [first, second],
        )
    Console(as_json, is_quiet).result(
        {"round": round_key, "ballots": n},
        [f"已开封 {n} 份答卷，密钥已经销毁。接下来：survey seal {round_key}"],
    )


@command(
    "destroyed",
    "核对一个轮次的评议人原始资料是否真的销毁了。",
    "survey destroyed 2026-annual",
)
@click.argument("round_key", metavar="ROUND")
def destroyed(round_key: str, *, as_json: bool, is_quiet: bool) -> None:
    """Look whether a destruction left nothing."""
    from survey_app.closing.keeping import check

    with started() as services:
        checks = check(services.database, services.keys, find_round(services, round_key))
    said = [(one.text.format(what=one.what), one.holds) for one in checks]
    Console(as_json, is_quiet).result(
        {"round": round_key, "checks": [{"text": text, "holds": holds} for text, holds in said]},
        [f"{'符合　' if holds else '不符合'}　{text}" for text, holds in said],
    )
    if not all(holds for _, holds in said):
        click.get_current_context().exit(INTEGRITY)
