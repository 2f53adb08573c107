"""`survey backup` and `survey restore`."""

from pathlib import Path

import click

from survey_app.cli.console import Console, command
from survey_app.cli.presence import nobody_else

FILE = click.Path(path_type=Path)


@command(
    "backup",
    "把数据库和封存的轮次备份成一个文件。不含密钥，除非加 --with-keys。",
    ("survey backup backup-20261121.tar.gz", "survey backup full.tar.gz --with-keys"),
)
@click.argument("file", type=FILE)
@click.option(
    "--with-keys", "has_keys", is_flag=True, help="连同轮次密钥和服务器密钥（请妥善保管）"
)
def backup(file: Path, *, has_keys: bool, as_json: bool, is_quiet: bool) -> None:
    """Make a backup."""
    from survey_app.cli.archive import make_backup
    from survey_app.core.config import Settings

    made = make_backup(Settings.from_environ(), file, has_keys=has_keys)
    lines = [f"已备份到 {made.path}：{made.files} 个文件"]
    if made.has_keys:
        lines.append("其中有密钥：谁拿到它，就能验证评议卡的验证码，请妥善保管。")
    else:
        lines.append(
            "不含密钥：恢复以后，已有的轮次只能关闭、封存和核算，不能再收答卷；"
            "轮次还没有结束时，请加 --with-keys 另存一份。"
        )
    Console(as_json, is_quiet).result(
        {
            "file": str(made.path),
            "database": made.database,
            "files": made.files,
            "keys": made.has_keys,
        },
        lines,
    )


@command(
    "restore",
    "从备份恢复。已有数据时拒绝覆盖，除非加 --force。",
    ("SURVEY_HOME=./restored survey restore backup-20261121.tar.gz",),
)
@click.argument("file", type=FILE)
@click.option("--force", "is_forced", is_flag=True, help="覆盖已有的数据")
def restore(file: Path, *, is_forced: bool, as_json: bool, is_quiet: bool) -> None:
    """Restore a backup."""
    from survey_app.cli.archive import restore_backup
    from survey_app.core.config import Settings

    settings = Settings.from_environ()
    with nobody_else(settings.home):
        found = restore_backup(settings, file, is_forced=is_forced)
    lines = [f"已恢复到 {settings.home}：{found.files} 个文件"]
    if not found.has_keys:
        lines.append("备份不含密钥：已有的轮次可以关闭、封存和核算，不能再收答卷。")
    Console(as_json, is_quiet).result(
        {
            "home": str(settings.home),
            "database": found.database,
            "files": found.files,
            "keys": found.has_keys,
        },
        lines,
    )
