"""`survey stats METHOD FILE.csv`: every statistical method on anybody's own data."""

from importlib import import_module

import click

CHAPTERS: dict[str, tuple[str, ...]] = {
    "design": ("mean", "total", "ratio", "diff", "quantile", "proportion", "variance"),
    "design_tests": ("ttest", "table", "regression", "kappa-design"),
    "weights": ("poststratify", "rake", "calibrate"),
    "nonresponse": ("nonresponse", "weights-summary", "balance"),
    "planning": ("power", "draw"),
    "crossed": ("crossed",),
    "facets": ("facets", "rating-scale", "ordinal"),
    "agreement": ("icc", "alpha", "kendall", "rwg", "agreement"),
    "kappas": ("kappa", "gwet", "homogeneity"),
    "generalisability": ("gtheory",),
    "ranks": ("ranks", "grades", "shrink"),
    "composites": ("composite", "sensitivity", "sobol"),
    "intervals": ("trimmed", "winsor", "padjust", "change", "interval", "shares"),
    "items": ("cronbach", "omega", "guttman", "polychoric", "scalability", "items"),
    "response_quality": ("screen",),
}
"""The methods by the file that holds them. A file is loaded when one of its methods is called."""


class Methods(click.Group):
    """The methods; numpy and scipy are brought in only by the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in CHAPTERS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for chapter, names in CHAPTERS.items():
            if cmd_name in names:
                module = import_module(f"survey_app.cli.stats.{chapter}")
                found: click.Command = module.METHODS[cmd_name]
                return found
        return None


@click.command(
    cls=Methods,
    short_help="统计方法：在自己的 CSV 上核对每一种方法",
    help=(
        "统计方法：在自己的 CSV 上核对每一种方法。\n\n"
        "输出每个估计值的标准误、自由度、区间和 n；--json 给出全部数位。"
        "得不出结果时说明原因，退出码 1。\n\n\b\n例：\n"
        "  survey stats mean ratings.csv --y score --weights w --strata unit --json"
    ),
)
def stats() -> None:
    """The group; its methods do the work."""
