"""The command that writes what anybody, or an auditor, needs to check a round."""

from pathlib import Path

import click

from survey_app.cli.console import INTEGRITY, Console, command
from survey_app.cli.rounds import BY_COMMAND, find_round, started

FOLDER = click.Path(path_type=Path, file_okay=False)


@command(
    "bundle",
    "导出一轮的核验包：任何人都可以用里面的 verify.py 核对日志、份数、用过的卡和公布的文件。",
    (
        "survey bundle 2026-annual --to bundle/",
        "python bundle/verify.py             # 不装本系统也能核对",
        "survey bundle 2026-annual --to audit/ --auditor   # 含单份答卷，只交审计人员",
    ),
)
@click.argument("round_key", metavar="ROUND")
@click.option("--to", "folder", type=FOLDER, required=True, help="写到这个新文件夹")
@click.option(
    "--published", type=FOLDER, help="放着已公布文件的文件夹；日志里登记过的会一并放进核验包"
)
@click.option(
    "--auditor", "is_auditors", is_flag=True, help="审计包：另含单份答卷，导出记入操作记录和日志"
)
def bundle(
    round_key: str,
    folder: Path,
    published: Path | None,
    *,
    is_auditors: bool,
    as_json: bool,
    is_quiet: bool,
) -> None:
    """Write a bundle of a closed round."""
    from survey_app.publication import bundles

    with started() as services:
        round_id = find_round(services, round_key)
        store = services.database, services.settings
        if is_auditors:
            written = bundles.write_for_auditor(
                *store, BY_COMMAND, round_id, folder, published=published, needs_permit=False
            )
        else:
            written = bundles.write(*store, round_id, folder, published=published)
    Console(as_json, is_quiet).result(
        {
            "round": round_key,
            "to": str(folder),
            "kind": "auditor" if is_auditors else "public",
            "size": written.size,
            "root": written.root,
            "absent": written.n_absent,
        },
        [
            f"轮次 {round_key} 的{'审计包' if is_auditors else '公开核验包'}已写入 {folder}",
            f"日志 {written.size} 片，根 {written.root}",
            *(
                [
                    f"有 {written.n_absent} 个公布过的文件不在包里；"
                    "用 --published 指出它们所在的文件夹"
                ]
                if written.n_absent
                else []
            ),
            f"核对：python {folder / 'verify.py'}，或 survey verify {folder}",
            *(["里面有单份答卷，只交审计人员，不要放在公用的地方"] if is_auditors else []),
        ],
    )


@command(
    "verify-round",
    "核对数据库里的一轮与它的公开日志：答卷、回执、用过的卡、冻结内容、核算结果、操作记录，逐条对照。",
    "survey verify-round 2026-annual",
)
@click.argument("round_key", metavar="ROUND")
@click.pass_context
def verify_round(ctx: click.Context, round_key: str, *, as_json: bool, is_quiet: bool) -> None:
    """Hold what the store has of a round against its log."""
    from analysis.round_log.telling import cause_first
    from survey_app.publication.stored import check_stored

    with started() as services:
        found = check_stored(services.database, find_round(services, round_key))
    Console(as_json, is_quiet).result(
        {
            "ok": not found,
            "checks": [{"id": one.kind, "ok": False, "place": one.place} for one in found],
        },
        [
            *cause_first([one.words for one in found]),
            f"共 {len(found)} 处与日志不符：先查起因那一处，查清以后再核对一次",
        ]
        if found
        else ["数据库与日志全部相符"],
    )
    if found:
        ctx.exit(INTEGRITY)
