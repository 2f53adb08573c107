"""口径说明: how every figure of the workbook came about, in words, with the counts behind it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from analysis.results import Alternative
from analysis.scheme.components import Component
from analysis.scheme.words import EVIDENCE, MIX_BY
from forms.problems import plain
from survey_app.assessments.wording import FLAG_NAMES, FLAG_WORDS, form_title
from survey_app.reports.context import Tables
from survey_app.reports.round_tables import duplicate_words, void_words
from survey_app.reports.score_tables import cap
from survey_app.reports.sheets import Column, Section, Sheet
from survey_app.rounds.channels import CHANNELS

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
MISSING = {
    "redistribute": "缺少的部分不计，它的权重按比例分给同级其他部分",
    "zero": "缺少的部分按零分计",
    "fail": "有缺少的部分就不出总分",
}


def basis(tables: Tables) -> Sheet:
    """Items and their explanations, from the formula of the total down to the program's version."""
    sections = (
        Section("一、总分怎样算", tuple(_total(tables))),
        Section("二、权重", tuple(_weights(tables))),
        Section("三、哪些答卷计入", tuple(_ballots(tables))),
        Section("四、结果对照（计入与不计入）", tuple(_alternatives(tables))),
        Section("五、版本与摘要", tuple(_versions(tables))),
    )
    columns = (Column("项目", "text"), Column("说明", "prose"))
    return Sheet(
        "口径说明",
        "口径说明表",
        columns,
        tuple(section for section in sections if section.rows),
        section_heading="部分",
    )


def _total(tables: Tables) -> Iterator[tuple[str, str]]:
    scheme = tables.scheme
    scale = "" if scheme.base == 100 else f"×{plain(scheme.base)}÷100"
    yield (
        "总分",
        (
            f"T＝Σ（Wᵢ×Sᵢ）÷100{scale}＋加分－减分。Wᵢ 为构成的权重，"
            "Sᵢ 为构成的得分"
            f"（百分制）。中间不取整，最后一次四舍五入到 {scheme.decimals} 位小数，即为记录分。"
        ),
    )
    yield (
        "加减分",
        f"计入加分不超过 {cap(scheme.adjustments.bonus_cap)}，"
        f"计入减分不超过 {cap(scheme.adjustments.deduction_cap)}。",
    )
    yield (
        "评议得分",
        (
            "维度 S_d＝Σ v·n÷Σ n（v 为选项分值，n 为票数，一个维度各题合并，每票等权）；"
            "主体 S_c＝Σ W_d·S_d÷Σ W_d；评议 P＝Σ W_c·S_c÷Σ W_c。"
            "先算各主体的得分再加权，不同主体的票不混在一起。"
        ),
    )
    if any(leaf.source == "indicators" for leaf in scheme.leaves()):
        yield (
            "指标得分",
            (
                "单项得分＝分值×完成率（限于上下限之间），六位小数；"
                "指标考核得分＝Σ 得分÷Σ 分值×100。"
            ),
        )
    for leaf in tables.questionnaire_leaves():
        yield f"{leaf.name}的计票", _leaf_words(tables, leaf)
    yield "缺项", MISSING[scheme.missing] + "。"
    yield (
        "误差",
        (
            "区间为 95% 置信区间，只反映抽样误差：以答卷为单位估计方差，"
            "再按最高分、最低分各加半票求出上下限，所以接近满分时上下不对称，答案全部相同时也有宽度；"
            "各主体相互独立，总分的区间由各主体的区间合成；满意率用 Wilson 法。"
            "扫码自愿参加的人与不参加的人可能不同，这种自选偏差不在任何区间之内。"
        ),
    )
    yield (
        "最低份数",
        (
            "按方案，少于最低份数的主体不显示得分；分维度、"
            f"分渠道等细分表中已答票少于 {tables.minimum} 的格子"
            "写“—（样本不足）”，并在需要时多隐去一格，以免相减得出；答案全部相同的只写区段。"
        ),
    )


def _leaf_words(tables: Tables, leaf: Component) -> str:
    if leaf.unknown is None:
        unknown = "“不了解”不计入分母"
    else:
        unknown = f"“不了解”按 {plain(leaf.unknown)} 分计入"
    trim = "不去极值" if not leaf.trim else f"两端各去掉 {plain(leaf.trim * 100)}% 的票"
    return (
        "；".join(
            (
                f"{unknown}；空白不计；{trim}；每个主体至少 {leaf.min_n} 份有效答卷才计分",
                *_which_count(tables, leaf),
            )
        )
        + "。"
    )


def _which_count(tables: Tables, leaf: Component) -> Iterator[str]:
    """The evidence a ballot needs, and how answers of different parts are mixed."""
    if leaf.evidence:
        yield "只计这些凭据的答卷：" + "、".join(EVIDENCE[level] for level in leaf.evidence)
    if leaf.mix:
        names = {"evidence": EVIDENCE, "channel": CHANNELS}.get(leaf.mix.by, {})
        parts = "、".join(f"{names.get(key, key)} {plain(w)}" for key, w in leaf.mix.weights)
        of = "、".join(tables.scheme.rater_class_name(key) for key in leaf.mix.rater_classes)
        only = f"（限{of}）" if of else ""
        yield f"按{MIX_BY[leaf.mix.by]}加权{only}：{parts}；没有写到的不计分"


def _weights(tables: Tables) -> Iterator[tuple[str, str]]:
    for node in tables.scheme.nodes():
        yield str(node.name), "；".join(_weight_words(tables, node))


def _weight_words(tables: Tables, node: Component) -> Iterator[str]:
    place = "总分" if "/" not in node.path else "上一级"
    yield f"占{place}的 {node.weight.words()}%"
    if node.components:
        yield (
            "由"
            + "、".join(f"{one.name} {one.weight.words()}%" for one in node.components)
            + "组成"
        )
    classes = node.rater_classes
    if classes.everywhere:
        yield "评议主体：" + _ratios(tables, classes.everywhere)
    for key, ratios in classes.by_ratee_class:
        yield f"{tables.scheme.ratee_class_name(key)}的评议主体：{_ratios(tables, ratios)}"
    if node.source == "questionnaire" and not node.all_rater_classes():
        yield "不分评议主体，每份答卷等权"
    for transform in node.transforms:
        yield f"得分按“{transform.kind}”换算"


def _ratios(tables: Tables, ratios: object) -> str:
    assert isinstance(ratios, tuple)
    return "、".join(f"{tables.scheme.rater_class_name(key)} {plain(w)}" for key, w in ratios)


def _ballots(tables: Tables) -> Iterator[tuple[str, str]]:
    counts = tables.assessment.counts
    yield (
        "份次",
        (
            f"收到 {counts.raw} 份次（一份答卷评一个对象为一份次）："
            f"重复 {counts.duplicate}，作废 {counts.void}，"
            f"有效 {counts.valid}。"
        ),
    )
    yield "去重", duplicate_words(tables)
    yield "作废", void_words(tables)
    for rule, n in sorted(tables.assessment.flags.items()):
        unit = "处" if rule == "repeated_pattern" else "份次"
        words = FLAG_WORDS.get(rule, rule)
        yield f"筛查：{FLAG_NAMES.get(rule, rule)}", f"{n} {unit}。{words}。"
    yield (
        "查不出的",
        (
            "一个人用两部手机各答一次，与两个人分辨不出；慢慢填、选项有变化的代填也分辨不出。"
            "截止以后提交的没有收下，不在以上数字之内。"
        ),
    )
    for note in tables.assessment.notes:
        yield "说明", note.text() + "。"


def _alternatives(tables: Tables) -> Iterator[tuple[str, str]]:
    for other in tables.assessment.alternatives:
        yield other.name, _difference_words(tables, other)


def _difference_words(tables: Tables, other: Alternative) -> str:
    moved = []
    for one in tables.assessment.ratees:
        total = other.totals.get(one.key)
        if total is not None and one.total is not None and total != one.total:
            moved.append((abs(total - one.total), one.name, one.total, total))
    counted = f"计入 {other.n_valid} 份次"
    if not moved:
        return f"{counted}；各对象的总分都不变。"
    moved.sort(key=lambda row: (-row[0], row[1]))
    listed = "；".join(f"{name} {before}→{after}" for _, name, before, after in moved[:10])
    rest = "" if len(moved) <= 10 else "；其余变化更小"
    return f"{counted}；{len(moved)} 个对象的总分不同，变化最大 {moved[0][0]} 分：{listed}{rest}。"


def _versions(tables: Tables) -> Iterator[tuple[str, str]]:
    scheme = tables.scheme
    yield "方案", f"{scheme.title}，编号 {scheme.key}，版本 {scheme.version}"
    yield "方案摘要", scheme.digest
    for key, form in sorted(tables.assessment.questionnaires.items()):
        yield f"问卷 {key}", f"{form_title(form)}，版本 {form.version}，{form.digest}"
    yield (
        "数据摘要",
        f"{tables.assessment.content_digest}（同样的答卷和输入，任何时候重算都得到同样的摘要）",
    )
    yield "程序版本", program_version()
    if tables.assessment.is_simulated:
        yield "模拟数据", "本表全部数据由程序按设定的真值生成，不代表任何真实单位。"


def program_version() -> str:
    """Name and version of this program; it runs from its checkout."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    return f"{project['name']} {project['version']}"
