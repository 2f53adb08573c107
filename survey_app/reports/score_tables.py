"""综合得分排名表 and what stands behind it: rater classes, adjustments, vetoes."""

from fractions import Fraction

from analysis import periods
from analysis.results import NodeScore, RateeResult
from analysis.scheme.components import Component
from forms.problems import plain
from survey_app.reports.context import Rows, Tables, count, node_of
from survey_app.reports.sheets import Column, Mark, Sheet, Value, rounded, score

MONTHS = 12
VERIFIED_NOTE = (
    "“只计凭码凭卡”是只算凭个人验证码和服务评议卡（含现场票、电话访问）的答卷、不算公开海报时的总分，"
    "只供对照，不改变名次。"
)


def ranking(tables: Tables) -> Sheet:
    """Ranks within class and group; one class of ratees is never ranked against another."""
    top = tables.scheme.components
    parts = [
        column
        for part in top
        for column in (
            Column("得分", "score", str(part.name)),
            Column(f"折算({part.weight.words()}%)", "score", str(part.name)),
        )
    ]
    columns = (
        Column("序号", "ordinal"),
        Column("单位名称", "text"),
        Column("分组", "text"),
        *parts,
        Column("加分", "points"),
        Column("减分", "points"),
        Column("总分", "score"),
        *([Column("只计凭码凭卡", "score")] if tables.assessment.verified is not None else []),
        Column("95%区间", "label"),
        Column("组内名次", "ordinal"),
        Column("类内名次", "ordinal"),
        *([Column(last_title(tables), "ordinal")] if tables.beside.last_ranks else []),
        Column("名次范围", "label"),
        Column("一票否决", "label"),
        Column("评定等次", "label"),
        Column("备注", "text"),
    )
    rows = {
        key: tuple(_ranking_row(tables, n, one) for n, one in enumerate(ratees, 1))
        for key, ratees in tables.classes.items()
    }
    sections = tables.sections(rows)
    return Sheet("综合得分排名表", "综合得分排名表", columns, sections, _ranking_notes(tables))


def _ranking_row(tables: Tables, number: int, one: RateeResult) -> tuple[Value, ...]:
    beside = tables.beside
    vetoes = [tables.veto_name(key) for key in one.veto]
    parts: list[Value] = []
    for part in tables.scheme.components:
        node = node_of(one, part.path)
        parts += [node_score(node), score(node.converted if node else None)]
    return (
        number,
        one.name,
        one.group or "—",
        *parts,
        one.bonus_counted,
        one.deduction_counted,
        Mark.SUPPRESSED if one.suppressed else score(one.total),
        *([_verified(tables, one)] if tables.assessment.verified is not None else []),
        bounds(one.lo, one.hi),
        count(one.rank_group),
        count(one.rank_class),
        *([count(beside.last_ranks.get(one.key))] if beside.last_ranks else []),
        _rank_range(one),
        "、".join(vetoes) or Mark.NONE,
        _grade(tables, one),
        _remark(one),
    )


def _verified(tables: Tables, one: RateeResult) -> Value:
    """The total if only ballots with a code or a card counted."""
    total = (tables.assessment.verified or {}).get(one.key)
    return Mark.NONE if one.suppressed or total is None else score(total)


def _grade(tables: Tables, one: RateeResult) -> Value:
    """The grade people gave, marked while it is not approved; else the proposal."""
    line = tables.beside.lines.get(one.key)
    name = line.grade_name if line else one.grade_name
    return name or Mark.NONE


def _rank_range(one: RateeResult) -> Value:
    if one.rank_lo is None or one.rank_hi is None:
        return Mark.NONE
    return f"{one.rank_lo}–{one.rank_hi}"


def _remark(one: RateeResult) -> str:
    parts = []
    if one.bonus_raw != one.bonus_counted:
        parts.append(f"加分合计 {plain(one.bonus_raw)}，封顶")
    if one.deduction_raw != one.deduction_counted:
        parts.append(f"减分合计 {plain(one.deduction_raw)}，封顶")
    if one.is_tied:
        parts.append("并列，待审定")
    if one.grade_reason:
        parts.append(one.grade_reason)
    return "；".join(parts)


def _ranking_notes(tables: Tables) -> tuple[str, ...]:
    scheme = tables.scheme
    terms = " ＋ ".join(f"{part.name}×{part.weight.words()}%" for part in scheme.components)
    base = "" if scheme.base == 100 else f"，再乘以 {plain(scheme.base)}÷100"
    counts = tables.assessment.counts
    return (
        f"总分＝{terms}{base}，加上计入的加分，减去计入的减分；中间不取整，最后一次四舍五入到"
        f" {scheme.decimals} 位小数。各项折算分按两位小数列出，相加可能与总分差 0.01。",
        f"计入加分不超过 {cap(scheme.adjustments.bonus_cap)}，"
        f"计入减分不超过 {cap(scheme.adjustments.deduction_cap)}。"
        "不同类别不作比较，名次只在类内和组内排列。",
        "95%区间和名次范围只反映抽样误差，不含自选样本的偏差；名次范围是现有数据不能排除的最好和"
        "最差名次，一类的全部范围同时成立的把握是95%，同一批人评多个对象的影响已计入。",
        *([VERIFIED_NOTE] if tables.assessment.verified is not None else []),
        *_last_note(tables),
        f"有效评议 {counts.valid} 份次（一份答卷评一个对象为一份次）。{tables.scheme_note()}",
    )


def last_title(tables: Tables) -> str:
    """What the ranks of the period before are called."""
    found = periods.parse(tables.beside.last_period)
    return "上年名次" if found is None or found.months == MONTHS else "上期名次"


def _last_note(tables: Tables) -> tuple[str, ...]:
    beside = tables.beside
    if not beside.last_ranks:
        return ()
    return (f"“{last_title(tables)}”是{periods.in_words(beside.last_period)}的类内名次。",)


def by_rater_class(tables: Tables) -> tuple[Sheet, ...]:
    """分评议主体: a sheet a leaf that people answer, with the weights of its rater classes."""
    leaves = [leaf for leaf in tables.questionnaire_leaves() if _classes_of(tables, leaf)]
    return tuple(
        _rater_class_sheet(tables, leaf, "" if len(leaves) == 1 else f"（{leaf.name}）")
        for leaf in leaves
    )


def _classes_of(tables: Tables, leaf: Component) -> dict[str, list[NodeScore]]:
    """The rater-class nodes of a leaf by key, in the order of the scheme."""
    found: dict[str, list[NodeScore]] = {key: [] for key in leaf.all_rater_classes()}
    for one in tables.assessment.ratees:
        for node in one.nodes:
            parent, _, key = node.path.rpartition("/")
            if node.kind == "rater_class" and parent == leaf.path:
                found.setdefault(key, []).append(node)
    return {key: nodes for key, nodes in found.items() if nodes}


def _rater_class_sheet(tables: Tables, leaf: Component, ending: str) -> Sheet:
    classes = _classes_of(tables, leaf)
    columns = [Column("序号", "ordinal"), Column("评议对象", "text")]
    for nodes in classes.values():
        weights = {node.weight for node in nodes}
        if len(weights) == 1:
            weight = weights.pop()
            band = nodes[0].name + (f"（权重 {_weight(weight)}）" if weight is not None else "")
        else:
            band = nodes[0].name
            columns.append(Column("权重", "points", band))
        columns += [Column("有效份数", "count", band), Column("得分", "score", band)]
    columns += [Column("加权得分", "score"), Column("名次", "ordinal")]
    rows: dict[str, Rows] = {}
    for key, ratees in tables.classes.items():
        ranks = ranks_of({one.key: _leaf_score(one, leaf) for one in ratees})
        rows[key] = tuple(
            _rater_class_row(number, one, leaf, classes, ranks.get(one.key))
            for number, one in enumerate(ratees, 1)
        )
    name = f"分评议主体{ending}"
    notes = (
        "加权得分＝各评议主体得分×权重÷权重之和；先算各主体的平均分再加权，"
        "不把不同主体的票混在一起。"
        f"每个主体至少 {leaf.min_n} 份有效答卷才显示得分；不足或没有答卷时，{_missing(tables)}。",
        f"名次按本表的加权得分在类内排列。{tables.scheme_note()}",
    )
    return Sheet(name, f"分评议主体得分表{ending}", tuple(columns), tables.sections(rows), notes)


def _rater_class_row(
    number: int,
    one: RateeResult,
    leaf: Component,
    classes: dict[str, list[NodeScore]],
    rank: int | None,
) -> tuple[Value, ...]:
    values: list[Value] = [number, one.name]
    for key, nodes in classes.items():
        node = node_of(one, f"{leaf.path}/{key}")
        if len({each.weight for each in nodes}) > 1:
            values.append(score(node.weight if node else None))
        values += [node_count(node), node_score(node)]
    return (*values, score(_leaf_score(one, leaf)), count(rank))


def _leaf_score(one: RateeResult, leaf: Component) -> Fraction | None:
    node = node_of(one, leaf.path)
    return node.score if node and not node.suppressed else None


def _weight(weight: Fraction) -> str:
    return plain(rounded(weight, 2))


def _missing(tables: Tables) -> str:
    return {
        "redistribute": "它的权重按比例分给其他主体",
        "zero": "该主体按零分计",
        "fail": "不出总分",
    }[tables.scheme.missing]


def node_count(node: NodeScore | None) -> Value:
    """The ballots of a node; a hidden class says none."""
    if node is None:
        return 0
    return Mark.SUPPRESSED if node.suppressed and not node.n else node.n


def node_score(node: NodeScore | None) -> Value:
    """The score of a node, or why there is none."""
    if node is None:
        return Mark.NONE
    if node.band:
        return node.band
    return Mark.SUPPRESSED if node.suppressed else score(node.score)


def bounds(lo: float | None, hi: float | None) -> Value:
    """An interval as people write it."""
    if lo is None or hi is None:
        return Mark.NONE
    return f"{rounded(lo, 2)}–{rounded(hi, 2)}"


def cap(limit: object) -> str:
    """A limit in words."""
    return "任何限制（不封顶）" if limit is None else f"{limit} 分"


def ranks_of(scores: dict[str, Fraction | None]) -> dict[str, int]:
    """Places by score, the highest first; equal scores share a place and leave the next empty."""
    values = sorted((value for value in scores.values() if value is not None), reverse=True)
    first = {value: place for place, value in reversed(list(enumerate(values, 1)))}
    return {key: first[value] for key, value in scores.items() if value is not None}
