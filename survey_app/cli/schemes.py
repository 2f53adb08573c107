"""Commands on schemes: checking, comparing, and turning TOML into Excel and back."""

from pathlib import Path

import click

from survey_app.cli.assessing import FILE, load_scheme
from survey_app.cli.console import Console, command


@click.group("scheme", help="检查方案，比较两个方案，在 TOML 和 Excel 之间转换。")
def scheme() -> None:
    """Commands on schemes."""


@command(
    "check",
    "检查一个方案（TOML 或 Excel），列出全部问题。",
    ("survey scheme check scheme.toml", "survey scheme check 方案.xlsx"),
)
@click.argument("file")
def check(file: str, *, as_json: bool, is_quiet: bool) -> None:
    """Check a scheme."""
    found = load_scheme(file)
    Console(as_json, is_quiet).result(
        {"ok": True, "key": found.key, "version": found.version, "digest": found.digest},
        [f"方案 {found.key}（版本 {found.version}）没有问题", f"  {found.digest}"],
    )


@command("diff", "说出第二个方案改动了什么。", "survey scheme diff old.toml new.toml")
@click.argument("before")
@click.argument("after")
def diff(before: str, after: str, *, as_json: bool, is_quiet: bool) -> None:
    """Compare two schemes."""
    changes = load_scheme(before).diff(load_scheme(after))
    Console(as_json, is_quiet).result({"changes": changes}, changes or ["两个方案内容相同"])


@command(
    "excel",
    "把方案写成 Excel 文件，每个部分一张工作表，可以修改后再转回来。",
    "survey scheme excel zhangjiajie-2009 --to 方案.xlsx",
)
@click.argument("file")
@click.option("--to", "out", type=FILE, required=True, help="Excel 文件")
def excel(file: str, out: Path, *, as_json: bool, is_quiet: bool) -> None:
    """Write a scheme as a workbook."""
    from survey_app.schemes.books import scheme_book

    found = load_scheme(file)
    out.write_bytes(scheme_book(found))
    Console(as_json, is_quiet).result(
        {"to": str(out), "key": found.key, "digest": found.digest},
        [f"已把方案 {found.key} 写入 {out}", f"  {found.digest}"],
    )


@command(
    "toml",
    "把方案（Excel 文件、TOML 文件或自带方案的编号）写成 TOML 文件。",
    "survey scheme toml 方案.xlsx --to scheme.toml",
)
@click.argument("file")
@click.option("--to", "out", type=FILE, required=True, help="TOML 文件")
def toml(file: str, out: Path, *, as_json: bool, is_quiet: bool) -> None:
    """Write a scheme as TOML."""
    from analysis.scheme.toml_text import to_toml

    found = load_scheme(file)
    out.write_text(to_toml(found), encoding="utf-8")
    Console(as_json, is_quiet).result(
        {"to": str(out), "key": found.key, "digest": found.digest},
        [f"已把方案 {found.key} 写入 {out}", f"  {found.digest}"],
    )


for one in (check, diff, excel, toml):
    scheme.add_command(one)
