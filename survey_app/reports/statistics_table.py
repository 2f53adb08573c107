"""统计说明: how sure the figures of a round are, each with its n, its interval and a sentence."""

from collections.abc import Iterator

from analysis.rank_ranges import seed_of
from analysis.round_statistics.estimates import survey_leaves
from analysis.round_statistics.tables import Sufficient
from survey_app.reports.context import Tables, numeral
from survey_app.reports.sheets import Section, Sheet
from survey_app.reports.statistics_items import item_section
from survey_app.reports.statistics_ranks import rank_sections
from survey_app.reports.statistics_raters import rater_section
from survey_app.reports.statistics_rows import COLUMNS, section
from survey_app.reports.statistics_scores import level_sections, part_sections, total_sections

READ = (
    "每一行是一个数：是谁的什么、数值、n（背后的份次；评分人和问卷两部分见各自的说明）、95% 区间，"
    "以及这个数说明什么。",
    "区间回答的是：让同样多、同一类的另一批人再评一遍，这个数会在多大范围里变。"
    "做一百轮，区间里含有真实值的大约有九十五轮。",
    "区间不回答的是：没有来评的人怎么看、有没有人代填、题目问得好不好、指标数据准不准。"
    "区间窄，不等于分数公正。",
    "没有区间的写“—”，说明里写原因。本表的数都由封存的答卷重新算出，不改变任何一个记录的得分、"
    "名次和等次。",
)


def statistics(tables: Tables, sufficient: Sufficient) -> Sheet:
    """The sheet, its sections numbered; those with nothing to say are left out."""
    found = [
        Section(f"{numeral(place)}、{one.title}", one.rows, one.title, one.lead)
        for place, one in enumerate(_sections(tables, sufficient))
    ]
    return Sheet(
        "统计说明", "统计说明表", COLUMNS, tuple(found), _notes(tables), section_heading="部分"
    )


def _sections(tables: Tables, sufficient: Sufficient) -> Iterator[Section]:
    yield section("怎样看这张表", READ, ())
    seed = seed_of(tables.assessment.content_digest)
    leaves = survey_leaves(tables.scheme, sufficient)
    if tables.inputs is not None:
        yield from rank_sections(tables, tables.inputs, sufficient, seed)
    yield from total_sections(tables, leaves)
    yield from rater_section(tables, sufficient, seed)
    yield from item_section(tables, sufficient)
    yield from level_sections(tables, leaves)
    yield from part_sections(tables, leaves)


def _notes(tables: Tables) -> tuple[str, ...]:
    seed = seed_of(tables.assessment.content_digest)
    return (
        f"需要模拟的数用同一个随机种子 {seed}，取自数据摘要：同样的答卷，任何时候重算都一样。",
        tables.scheme_note(),
    )
