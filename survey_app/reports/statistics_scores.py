"""How sure totals and the scores of rater classes are, and what came by which evidence."""

from collections.abc import Iterator, Sequence

from analysis.estimation import Z
from analysis.round_statistics.estimates import (
    ClassEstimates,
    Leaf,
    Line,
    class_estimates,
)
from analysis.round_statistics.evidence_levels import LevelsApart, levels_apart
from analysis.scheme.words import EVIDENCE
from survey_app.reports.context import Tables, class_name
from survey_app.reports.sheets import Section
from survey_app.reports.statistics_rows import Row, row, section, span, texts

TOTALS_MEAN = (
    "区间说明：同样多、同一类的另一批人来评，总分会在多大范围里变。"
    "它不说明没来评的人怎么看，也不包括指标数据和加减分的误差。"
)
PARTS_MEAN = (
    "数值是一类评议主体给的得分（百分制）。设计效应是：一个人在一张表上各题答得相像，"
    "几票才抵一张互不相干的票；小于 1 的多半是份数少时的偶然。它不说明这一类人评得对不对。"
)
LEVELS_MEAN = (
    "同一评议对象，凭这种凭据作答的比其余答卷平均高多少（负数是低）。差别可能来自凭据，"
    "也可能来自用这种凭据的人不同；它不说明哪一种更真实。只列相差超出偶然的对象。"
)


def total_sections(tables: Tables, leaves: Sequence[Leaf]) -> Iterator[Section]:
    """A section for every class of ratees: their totals."""
    for of in class_estimates(tables.whole, leaves):
        yield section(
            f"总分有多准：{class_name(tables.scheme, of.ratee_class)}",
            (TOTALS_MEAN, *texts(of.sentences)),
            (_line(one, "总分") for one in of.totals),
        )


def part_sections(tables: Tables, leaves: Sequence[Leaf]) -> Iterator[Section]:
    """A section for every class of ratees: the scores rater classes gave them."""
    for of in class_estimates(tables.whole, leaves, tables.hidden):
        yield section(
            f"各类评议主体的得分有多准：{class_name(tables.scheme, of.ratee_class)}",
            (PARTS_MEAN, *_hidden(of)),
            (_line(one, _part_name(leaves, one)) for one in of.parts),
        )


def level_sections(tables: Tables, leaves: Sequence[Leaf]) -> Iterator[Section]:
    """A section for every class of ratees and leaf whose answers came by two levels at least."""
    for apart in levels_apart(tables.whole, leaves, "evidence"):
        name = class_name(tables.scheme, apart.ratee_class)
        yield section(
            f"凭据不同的答卷：{name}，{apart.leaf}",
            (LEVELS_MEAN, *texts(apart.sentences)),
            _levels(apart),
        )


def _hidden(of: ClassEstimates) -> Iterator[str]:
    if of.hidden:
        yield f"另有 {of.hidden} 处份数太少，或会让份数少的被减出来，不单独列出。"


def _part_name(leaves: Sequence[Leaf], one: Line) -> str:
    """The rater class, with its component where the scheme asks several."""
    path = one.path.rpartition("/")[0]
    names = [str(leaf.component.name) for leaf in leaves if leaf.component.path == path]
    return f"{names[0]}·{one.what}" if names and len(leaves) > 1 else one.what


def _line(one: Line, what: str) -> Row:
    bounds = span(one.lo, one.hi)
    says = []
    if one.se is not None and bounds is not None:
        says.append(f"标准误 {one.se:.2f} 分")
    if one.deff is not None and one.n_eff is not None:
        says.append(f"{one.votes} 票抵 {one.n_eff:.0f} 张互不相干的票（设计效应 {one.deff:.1f}）")
    if one.census_se is not None:
        says.append(
            f"名册上的人全部评了的部分没有抽样误差，其余部分的标准误 {one.census_se:.2f} 分"
        )
    return row(one.name, what, f"{one.score:.2f}", one.n, bounds, *says, *texts(one.notes))


def _levels(apart: LevelsApart) -> Iterator[Row]:
    for one in apart.means:
        if one.difference is None:
            continue
        says = f"{one.ratees} 个对象的平均；这种凭据的得分平均 {one.mean:.2f}"
        bounds = span(one.lo, one.hi, "+.2f")
        yield row("平均", _level(one.level), f"{one.difference:+.2f}", one.n, bounds, says)
    for line in apart.lines:
        if line.is_clear and line.difference is not None and line.difference_se is not None:
            reach = Z * line.difference_se
            bounds = span(line.difference - reach, line.difference + reach, "+.2f")
            says = f"这种凭据 {line.score:.2f} 分，其余 {line.others or 0:.2f} 分"
            value = f"{line.difference:+.2f}"
            yield row(line.name, _level(line.level), value, line.n, bounds, says)


def _level(key: str) -> str:
    return str(EVIDENCE.get(key, key))
