"""What ranks and grades are worth, as sections of 统计说明."""

from collections.abc import Iterator

from analysis.inputs import Inputs
from analysis.round_statistics.order import GRADE_DRAWS, ClassOrder, RankLine, class_orders
from analysis.round_statistics.tables import Sufficient
from survey_app.reports.context import Tables, class_name
from survey_app.reports.sheets import Section
from survey_app.reports.statistics_rows import Row, row, section, texts

RANKS_MEAN = (
    "区间是不能排除的最好和最差名次：换一批同样的人来评，一类的全部对象同时落在各自区间里的把握"
    "是 95%。它不说明名次以外的事，也不说明指标数据准不准。"
)
ALSO_MEAN = (
    "说明里的“单看这一个”是只关心这一个对象时的名次区间，比全类一起看的窄；“权重略变时”是方案里"
    "各构成的权重略微变动时，名次会到哪里。“不足以断定高低”不等于两个一样好。"
)
GRADES_MEAN = (
    f"数值是现在这个等次的可能性：按总分的误差模拟至多 {GRADE_DRAWS} 轮，"
    "每轮都按方案的分数线和名额评一遍。"
    "它本身是一个比例，不另给区间；它只作参考，不参与评等次。"
)
SURE = 0.995
LIKELY = 0.005


def rank_sections(
    tables: Tables, inputs: Inputs, sufficient: Sufficient, seed: int
) -> Iterator[Section]:
    """Two sections a class: ranks with their ranges, and grades that are not certain."""
    for order in class_orders(tables.whole, inputs.ratees, sufficient, seed):
        name = class_name(tables.scheme, order.ratee_class)
        yield section(
            f"名次有多可靠：{name}",
            (RANKS_MEAN, ALSO_MEAN, *texts(order.sentences), *texts(order.notes)),
            _ranks(order),
        )
        unsure = [one for one in order.lines if one.grades and max(one.grades) < SURE]
        if any(one.grades for one in order.lines):
            yield section(
                f"等次有多可靠：{name}",
                (GRADES_MEAN, *_sure(len(order.lines) - len(unsure), len(order.lines))),
                (_grade(tables, one) for one in unsure),
            )


def _ranks(order: ClassOrder) -> Iterator[Row]:
    names = {one.key: one.name for one in order.lines}
    below = {one.upper: one for one in order.gaps}
    for one in order.lines:
        first, last = one.together
        is_sure = first == last
        says = ["名次确定" if is_sure else f"单看这一个是第 {_range(one.alone)} 名"]
        gap = below.get(one.key)
        if gap is not None:
            clear = "可以断定高低" if gap.is_clear else "不足以断定高低"
            says.append(f"比{names[gap.lower]}高 {gap.gap:.2f} 分，{clear}")
        if one.weights is not None:
            says.append(f"权重略变时是第 {_range(one.weights)} 名")
        yield row(one.name, "名次", f"{one.rank}", one.n, (f"{first}", f"{last}"), *says)


def _sure(n: int, of: int) -> Iterator[str]:
    if n:
        which = "全部" if n == of else "其余"
        yield f"{which} {n} 个对象的等次有 {SURE:.1%} 以上的把握，没有列出。"


def _range(places: tuple[int, int]) -> str:
    first, last = places
    return f"{first}" if first == last else f"{first}–{last}"


def _grade(tables: Tables, one: RankLine) -> Row:
    keys = [grade.key for grade in tables.scheme.grades]
    names = [*(str(grade.name) for grade in tables.scheme.grades), "没有等次"]
    now = keys.index(one.grade) if one.grade in keys else len(keys)
    others = sorted(
        ((share, place) for place, share in enumerate(one.grades) if place != now),
        key=lambda other: (-other[0], other[1]),
    )
    may = "、".join(f"{names[place]} {share:.0%}" for share, place in others if share >= LIKELY)
    says = [f"也可能是：{may}" if may else ""]
    if one.is_borderline:
        says.append("处在等次的边缘")
    return row(one.name, names[now], f"{one.grades[now]:.0%}", one.n, None, *says)
