"""Commands on files, without any store: sealing ratings, assessing, verifying."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forms.problems import N_, InputError, Problem
from survey_app.cli.console import INTEGRITY, Console, command

if TYPE_CHECKING:
    from analysis.inputs import Inputs, Table
    from analysis.scheme import Scheme
    from forms.questionnaire import Questionnaire

FILE = click.Path(path_type=Path)
SHEETS = {
    "ratings": ("评分",),
    "ratees": ("评议对象",),
    "indicators": ("指标", "指标完成情况"),
    "adjustments": ("加减分",),
    "vetoes": ("一票否决",),
    "history": ("历年等次",),
    "figures": ("依据数据",),
    "screened": ("答卷去留",),
}
SPREADSHEETS = (".xlsx", ".xls", ".ods")
NOT_RECOMPUTED = "旁边没有 inputs/ 和 sealed/，得分没有重算；要重算请把它们与 scores.json 放在一起"


@command(
    "seal-csv",
    "把别处收集的评分（每行一个评分的 CSV 或表格文件）封存成一个轮次。",
    "survey seal-csv ratings.csv --questionnaire unit --to sealed/2026-phone",
)
@click.argument("ratings", type=FILE)
@click.option("--questionnaire", required=True, help="问卷的 TOML 文件，或自带问卷的编号")
@click.option("--to", "folder", type=FILE, required=True, help="封存到这个新文件夹")
@click.option("--round", "round_key", help="轮次编号，默认用文件名")
@click.option("--title", help="轮次标题，默认同编号")
def seal_csv(
    ratings: Path,
    questionnaire: str,
    folder: Path,
    round_key: str | None,
    title: str | None,
    *,
    as_json: bool,
    is_quiet: bool,
) -> None:
    """Seal ratings another system collected."""
    from analysis.sealed_round import SealedHeader
    from analysis.sealed_round import seal_csv as seal

    _refuse_missing([ratings])
    key = round_key or ratings.name.split(".")[0]
    header = SealedHeader(key, title or key, load_questionnaire(questionnaire))
    is_sheet = ratings.suffix.lower() in SPREADSHEETS
    source = _read_table(ratings, SHEETS["ratings"]) if is_sheet else ratings
    manifest = seal(source, header, folder)
    counts = manifest.counts
    Console(as_json, is_quiet).result(
        {"folder": str(folder), "round": manifest.round, "counts": dict(counts)},
        [f"已封存到 {folder}：{counts['ballots']} 份答卷，{counts['rows']} 个评议对象次"],
    )


@command(
    "assess",
    "核算封存的轮次，写出 scores.json、workbook.xlsx 和 csv/。同样的输入得到同样的 scores.json。",
    (
        "survey assess sealed/ --scheme inputs/scheme.toml --ratees inputs/ratees.csv \\",
        "    --indicators inputs/indicators.csv --to result/",
        "survey assess --scheme new-area-yearly --ratees ratees.csv --history history.csv \\",
        "    --period 2026 --to result/   # 方案没有问卷构成时不需要封存的轮次",
    ),
)
@click.argument("folders", nargs=-1, type=FILE, metavar="[DIR...]")
@click.option("--scheme", "scheme_file", required=True, help="方案的 TOML 文件，或自带方案的编号")
@click.option("--ratees", required=True, type=FILE, help="评议对象（CSV 或表格文件）")
@click.option("--indicators", type=FILE, help="指标")
@click.option("--adjustments", type=FILE, help="加减分")
@click.option("--vetoes", type=FILE, help="一票否决")
@click.option("--history", type=FILE, help="历年等次，或从前各期的得分")
@click.option("--figures", type=FILE, help="依据数据：系数所依据的档次、增速等")
@click.option("--screened", type=FILE, help="答卷去留：人对筛查线索的决定")
@click.option("--period", default="", help="评估的期间：2026、2026-H1、2026-Q3 或 2026-03")
@click.option(
    "--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True
)
@click.option("--to", "out", type=FILE, required=True, help="结果文件夹")
@click.option("--title", default="", help="表格标题的开头，默认用轮次标题")
@click.option("--organiser", default="", help="填报单位")
def assess(
    folders: tuple[Path, ...],
    scheme_file: str,
    period: str,
    engine: str,
    out: Path,
    title: str,
    organiser: str,
    *,
    as_json: bool,
    is_quiet: bool,
    **files: Path | None,
) -> None:
    """Assess sealed rounds."""
    if engine != "duckdb":
        raise click.UsageError("本版本只带 duckdb 引擎，请用 --engine duckdb")
    from analysis.round_statistics.tables import assess_with_sums
    from survey_app.demo.outputs import Labels, write_results

    given = {kind: path for kind, path in files.items() if path is not None}
    _refuse_missing([*folders, *given.values()])
    inputs, scheme = load_together(given, scheme_file, period)
    assessment, sums = assess_with_sums(folders, inputs, scheme)
    usual = _title(folders) or str(scheme.title)
    write_results(out, assessment, inputs, Labels(title or usual, organiser), sums)
    counts = assessment.counts
    Console(as_json, is_quiet).result(
        {
            "to": str(out),
            "content_digest": assessment.content_digest,
            "counts": {
                "raw": counts.raw,
                "duplicate": counts.duplicate,
                "void": counts.void,
                "valid": counts.valid,
            },
            "flags": dict(assessment.flags),
            "ratees": len(assessment.ratees),
        },
        [
            f"已核算 {len(assessment.ratees)} 个评议对象，写入 {out}",
            f"答卷（份×对象）：收到 {counts.raw}，重复 {counts.duplicate}，无效 {counts.void}，"
            f"有效 {counts.valid}",
            *(f"· {note.text()}" for note in assessment.notes),
        ],
    )


@command(
    "verify",
    "核对一轮的核验包、一个封存的轮次，或一个结果文件夹：文件是否原样，得分能否重算出同样的字节。",
    (
        "survey verify sealed/2026-annual.unit",
        "survey verify var/demo/out --json",
        "survey verify bundle/ --witness 2026-annual.jsonl --head 118:9f3c21a07be4d015",
    ),
)
@click.argument("path", type=FILE)
@click.option("--witness", type=FILE, help="核验包：别人保存的检查点")
@click.option("--head", "heads", multiple=True, help="核验包：回执页或记录上的 长度:根的开头")
@click.option("--key", default="", help="核验包：公告里的日志公钥")
@click.pass_context
def verify(
    ctx: click.Context,
    path: Path,
    witness: Path | None,
    heads: tuple[str, ...],
    key: str,
    *,
    as_json: bool,
    is_quiet: bool,
) -> None:
    """Verify bundles, sealed rounds and results."""
    from survey_app.cli.verifying import RECOMPUTED, Copies, absent_files, told, verify_path
    from survey_app.demo.outputs import SCORES

    _refuse_missing([path, *([witness] if witness else [])])
    checks = verify_path(path, Copies.given(witness, heads, key))
    failed = [check for check in checks if not check.ok]
    n_absent = absent_files(path) if not failed else 0
    is_only_read = (path / SCORES).is_file() and all(one.id != RECOMPUTED for one in checks)
    Console(as_json, is_quiet).result(
        {
            "ok": not failed,
            "checks": [{"id": one.id, "ok": one.ok, "place": one.place} for one in checks],
        },
        [
            *told(path, checks),
            *([NOT_RECOMPUTED] if is_only_read else []),
            *([f"另有 {n_absent} 个公布过的文件不在包里，没有核对"] if n_absent else []),
        ],
    )
    if failed:
        ctx.exit(INTEGRITY)


def load_scheme(text: str) -> "Scheme":
    """A scheme by file, or by the key of one that ships."""
    from analysis.scheme import Scheme, shipped

    if text in shipped() and not Path(text).exists():
        return shipped()[text]
    path = Path(text)
    _refuse_missing([path])
    if path.suffix.lower() not in SPREADSHEETS:
        return Scheme.load(path)
    from analysis.scheme.spreadsheet import read_tables
    from survey_app.core.spreadsheet import read_upload

    return read_tables(read_upload(path.name, path.read_bytes()))


def load_questionnaire(text: str) -> "Questionnaire":
    """A questionnaire by file, or by the key of one of the library."""
    from forms.questionnaire import Questionnaire, library

    if text in library() and not Path(text).exists():
        return library()[text]
    _refuse_missing([Path(text)])
    return Questionnaire.load(Path(text))


def load_together(
    files: dict[str, Path], scheme_file: str, period: str = ""
) -> "tuple[Inputs, Scheme]":
    """Inputs and scheme; InputError with the problems of all of them."""
    problems: list[Problem] = []
    inputs = found = None
    try:
        inputs = load_inputs(files, period)
    except InputError as error:
        problems += error.problems
    try:
        found = load_scheme(scheme_file)
    except InputError as error:
        problems += error.problems
    if inputs is None or found is None:
        raise InputError(problems)
    return inputs, found


def load_inputs(files: dict[str, Path], period: str = "") -> "Inputs":
    """The input tables; InputError with the problems of every file."""
    from analysis.inputs import read_inputs

    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for kind, path in files.items():
        try:
            tables[kind] = _read_table(path, SHEETS[kind])
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return read_inputs(
        tables["ratees"],
        indicators=tables.get("indicators"),
        adjustments=tables.get("adjustments"),
        vetoes=tables.get("vetoes"),
        history=tables.get("history"),
        figures=tables.get("figures"),
        screened=tables.get("screened"),
        period=period,
    )


def _read_table(path: Path, names: Sequence[str]) -> "Table":
    from analysis.inputs import table_from_csv
    from survey_app.core.spreadsheet import read_upload, sheet_name

    if path.suffix.lower() not in SPREADSHEETS:
        return table_from_csv(path.read_bytes(), path.name)
    tables = read_upload(path.name, path.read_bytes())
    named = [one for one in tables if sheet_name(one).strip() in names]
    if named or len(tables) == 1:
        return (named or tables)[0]
    values = {"sheet": "」或「".join(names)}
    raise InputError(
        [
            Problem(
                path.name, N_("没有叫「{sheet}」的工作表"), N_("请把该工作表改成这个名称"), values
            )
        ]
    )


def _refuse_missing(paths: list[Path]) -> None:
    problems = [
        Problem(str(path), N_("没有这个文件或文件夹"), N_("请检查路径"))
        for path in paths
        if not path.exists()
    ]
    if problems:
        raise InputError(problems)


def _title(folders: tuple[Path, ...]) -> str:
    from analysis.sealed_round import expand, read_manifest

    titles = [read_manifest(folder).title for folder in expand(folders)]
    return titles[0].replace("（模拟数据）", "") if titles else ""
