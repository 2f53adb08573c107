"""The command line: everything an installation can do without the web."""

import click

from survey_app.cli import (
    assessing,
    attacking,
    backup,
    bundling,
    demo,
    rounds,
    schemes,
    sealing,
    serving,
    witness,
)
from survey_app.cli.console import utf8_streams
from survey_app.cli.stats import stats


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=(
        "公众评议与绩效评估：建演示城市、提供服务、封存、核算、核对、备份。\n\n"
        "退出码：0 完成 · 1 得不出答案 · 2 用法不对 · 3 输入有误 · 4 完整性受损。\n\n"
        "环境变量：SURVEY_HOME（数据目录，默认 ./var）、SURVEY_DATABASE_URL、SURVEY_SECRET_KEY、"
        "SURVEY_BASE_URL。\n\n\b\n例：\n  survey demo\n  survey assess --help"
    ),
)
def group() -> None:
    """The `survey` command."""


for _one in (
    demo.demo,
    serving.serve,
    serving.check,
    rounds.init,
    rounds.operator,
    rounds.close,
    rounds.seal,
    sealing.ceremony,
    sealing.open_ballots,
    sealing.destroyed,
    assessing.seal_csv,
    assessing.assess,
    assessing.verify,
    schemes.scheme,
    stats,
    attacking.attacks,
    backup.backup,
    backup.restore,
    witness.witness,
    bundling.bundle,
    bundling.verify_round,
):
    group.add_command(_one)


def main() -> None:
    """The entry point of `survey`."""
    utf8_streams()
    group(prog_name="survey")
