"""满意度测评汇总表 and its breakdowns by dimension and by channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analysis.results import RateeResult
from analysis.small_groups import band, hidden_places
from forms.problems import plain
from forms.questionnaire import SHORT_SUFFIX, Dimension, Questionnaire
from survey_app.reports.context import Rows, Tables, count, node_of
from survey_app.reports.score_tables import ranks_of
from survey_app.reports.sheets import Column, Mark, Sheet, Value, rounded, score, share
from survey_app.reports.votes import (
    SATISFIED_FROM,
    Options,
    Tally,
    by_scale,
    overall,
    scale_options,
    summed,
)
from survey_app.rounds.channels import CHANNELS

SUMMARY = "满意度测评汇总表"


@dataclass(frozen=True, slots=True)
class Words:
    """What score and rate are called on this scale."""

    score: str
    rate: str

    @classmethod
    def of(cls, options: Options) -> "Words":
        """Satisfaction where the options speak of it, a vote on merit (民主测评) otherwise."""
        if any("满意" in text for text, _ in options):
            return cls("满意度得分", "满意率")
        return cls("得分", "好评率")


def summaries(tables: Tables) -> tuple[Sheet, ...]:
    """One summary for each scale in use: 满意度测评汇总表 first, then other scales (民主测评)."""
    groups = by_scale(tables.assessment.questionnaires[key] for key in _keys(tables))
    ordered = sorted(groups.items(), key=lambda group: -tables.valid(group[1]))
    return tuple(
        _summary(tables, options, forms, SUMMARY if place == 0 else _further_name(options))
        for place, (options, forms) in enumerate(ordered)
    )


def _further_name(options: Options) -> str:
    first = options[0][0]
    return f"{SUMMARY}（{first}等）" if "满意" in first else "民主测评结果汇总表"


def _keys(tables: Tables) -> list[str]:
    return sorted(tables.assessment.questionnaires)


def _summary(tables: Tables, options: Options, forms: list[Questionnaire], name: str) -> Sheet:
    words = Words.of(options)
    leaves = [
        leaf
        for leaf in tables.questionnaire_leaves()
        if any(form in forms for form in tables.forms_of(leaf))
    ]
    columns = [Column("序号", "ordinal"), Column("评议对象", "text")]
    columns += [Column(title, "count") for title in ("发出", "收回", "有效", "无效")]
    for text, _ in options:
        columns += [Column("票", "count", text), Column("%", "percent", text)]
    columns += [
        Column(words.score, "score"),
        Column(f"{words.rate}(%)", "percent"),
        Column("95%置信区间", "label"),
        Column("名次", "ordinal"),
    ]
    columns += [Column(f"{leaf.name}加权得分（计入总分）", "score") for leaf in leaves]
    rows: dict[str, Rows] = {}
    for key, ratees in tables.classes.items():
        tallies = {one.key: tables.votes.overall(forms, one.key) for one in ratees}
        ranks = ranks_of({key: _shown_score(tables, tally) for key, tally in tallies.items()})
        rows[key] = tuple(
            _summary_row(tables, number, one, forms, tallies[one.key], ranks.get(one.key))
            + tuple(_weighted(one, leaf.path) for leaf in leaves)
            for number, one in enumerate(ratees, 1)
            if tables.ballots_of(one.key, forms).received
        )
    notes = _summary_notes(tables, options, forms)
    return Sheet(name, name, tuple(columns), tables.sections(rows), notes)


def _summary_row(
    tables: Tables,
    number: int,
    one: RateeResult,
    forms: list[Questionnaire],
    tally: Tally,
    rank: int | None,
) -> tuple[Value, ...]:
    ballots = tables.ballots_of(one.key, forms)
    front = (number, one.name, Mark.NONE, ballots.received, ballots.valid, ballots.invalid)
    if 0 < tally.answered < tables.minimum:
        hidden = [Mark.SUPPRESSED] * (2 * len(tally.options))
        return (*front, *hidden, Mark.SUPPRESSED, Mark.SUPPRESSED, Mark.NONE, Mark.NONE)
    if is_alike(tables, tally):
        alike = [Mark.ALIKE] * (2 * len(tally.options))
        return (*front, *alike, tally_score(tables, tally), Mark.ALIKE, Mark.NONE, count(rank))
    votes: list[Value] = []
    for n in tally.counts:
        votes += [n, share(n, tally.answered)]
    return (*front, *votes, score(tally.score), rate(tally), _rate_bounds(tally), count(rank))


def is_alike(tables: Tables, tally: Tally) -> bool:
    """Whether a release may not say these votes: all gave the same answer."""
    return tables.is_released and tally.is_unanimous


def tally_score(tables: Tables, tally: Tally) -> Value:
    """The score of votes, or the band it lies in where all are alike."""
    if is_alike(tables, tally) and tally.score is not None:
        return band(tally.score)
    return score(tally.score)


def _shown_score(tables: Tables, tally: Tally) -> Fraction | None:
    return tally.score if tally.answered >= tables.minimum else None


def _weighted(one: RateeResult, path: str) -> Value:
    node = node_of(one, path)
    if node is None:
        return Mark.NONE
    return Mark.SUPPRESSED if node.suppressed else score(node.score)


def rate(tally: Tally) -> Value:
    """The rate of satisfaction as a share."""
    return share(tally.satisfied, tally.valued)


def _rate_bounds(tally: Tally) -> Value:
    found = tally.interval
    if found is None:
        return Mark.NONE
    lo, hi = (rounded(bound * 100, 2) for bound in found)
    return f"{lo}%–{hi}%"


def _summary_notes(tables: Tables, options: Options, forms: list[Questionnaire]) -> tuple[str, ...]:
    items = "、".join(
        dict.fromkeys(f"{form.title}“{item.text}”" for form in forms for item in overall(form))
    )
    answered = sum(
        tables.votes.overall(forms, one.key).answered for one in tables.assessment.ratees
    )
    return (
        f"本表统计总体评价题：{items}；共 {answered} 票，不同评议主体的票直接相加。"
        "各选项的百分比以全部已答票（含不了解）为分母。",
        *score_notes(options, tables.minimum),
        "加权得分按各维度和各评议主体的权重计算，只有它计入总分；"
        "本表的得分和名次供对照，不计入总分。",
        "收回＝收到的答卷；无效＝重复、作废和按方案剔除的答卷，明细见“答卷质量情况”。"
        "开放入口和一表评多个对象时没有逐个对象的发出数，按评议主体的发出数见“抽样与参与情况”。",
        tables.scheme_note(),
    )


def score_notes(options: Options, minimum: int) -> tuple[str, ...]:
    """How score and rate come from votes, with the words and points of the scale."""
    valued = [(text, points) for text, points in options if points is not None]
    values = "、".join(f"{text} {plain(points)}" for text, points in valued)
    good = "＋".join(text for text, points in valued if points >= SATISFIED_FROM)
    unknown = "、".join(text for text, points in options if points is None)
    outside = f"“{unknown}”和空白不计入分母。" if unknown else "空白不计入分母。"
    words = Words.of(options)
    return (
        f"{words.score}＝Σ（选项分值×票数）÷Σ票数，分值：{values}；{outside}",
        f"{words.rate}＝（{good}）÷有分值的票数；95%置信区间按 Wilson 法，只反映抽样误差，不含自选"
        f"样本的偏差。已答票少于 {minimum} 的不显示。",
    )


def by_dimension(tables: Tables) -> tuple[Sheet, ...]:
    """分维度: a sheet a questionnaire, since each has dimensions of its own.

    The short and the long form of a questionnaire are one where their dimensions are the same.
    """
    families = [forms for forms in _families(tables) if tables.valid(forms)]
    if len(families) == 1:
        return (_dimension_sheet(tables, families[0], ""),)
    return tuple(_dimension_sheet(tables, forms, f"（{forms[0].title}）") for forms in families)


def _families(tables: Tables) -> list[list[Questionnaire]]:
    """Scored questionnaires, those that ask about the same dimensions on one scale together."""
    found: dict[object, list[Questionnaire]] = {}
    for key in _keys(tables):
        form = tables.assessment.questionnaires[key]
        if form.scored_items:
            kinship = (
                key.removesuffix(SHORT_SUFFIX),
                tuple(one.key for one in _dimensions(form)),
                scale_options(form, form.scored_items[0]),
            )
            found.setdefault(kinship, []).append(form)
    return list(found.values())


def _dimensions(form: Questionnaire) -> list[Dimension]:
    used = {item.dimension for item in form.scored_items}
    return [one for one in form.dimensions if one.key in used]


def _dimension_sheet(tables: Tables, forms: list[Questionnaire], ending: str) -> Sheet:
    dimensions = _dimensions(forms[0])
    options = scale_options(forms[0], forms[0].scored_items[0])
    words = Words.of(options)
    columns = [Column("序号", "ordinal"), Column("评议对象", "text"), Column("有效份数", "count")]
    for one in dimensions:
        columns += [
            Column("得分", "score", str(one.text)),
            Column(words.rate, "percent", str(one.text)),
            Column("不了解率", "percent", str(one.text)),
        ]
    columns.append(Column("总体评价", "score"))
    rows: dict[str, Rows] = {}
    for key, ratees in tables.classes.items():
        chosen = [one for one in ratees if any(tables.votes.has(form, one.key) for form in forms)]
        rows[key] = tuple(
            _dimension_row(tables, number, one, forms, [each.key for each in dimensions])
            for number, one in enumerate(chosen, 1)
        )
    notes = (
        "一个维度的各题合并计票，每票等权，不分评议主体；"
        "计入总分的是“分评议主体”表中按主体加权的得分。"
        "不了解率＝不了解÷已答票数。",
        *score_notes(options, tables.minimum),
        f"总体评价单独列出，不计入得分。{tables.scheme_note()}",
    )
    name = f"分维度{ending}"
    return Sheet(name, f"分维度得分表{ending}", tuple(columns), tables.sections(rows), notes)


def _dimension_row(
    tables: Tables, number: int, one: RateeResult, forms: list[Questionnaire], dimensions: list[str]
) -> tuple[Value, ...]:
    n = tables.ballots_of(one.key, forms).valid
    values: list[Value] = [number, one.name, n]
    hidden = _is_hidden(tables, one.key, forms, n)
    for key in dimensions:
        tally = summed([tables.votes.dimension(form, key, one.key) for form in forms])
        if hidden:
            values += [Mark.SUPPRESSED] * 3
        else:
            values += _dimension_values(tables, tally)
    total = tables.votes.overall(forms, one.key) if forms[0].overall else None
    last = Mark.NONE if total is None else tally_score(tables, total)
    return (*values, Mark.SUPPRESSED if hidden else last)


def _dimension_values(tables: Tables, tally: Tally) -> list[Value]:
    if is_alike(tables, tally):
        return [tally_score(tables, tally), Mark.ALIKE, Mark.ALIKE]
    return [score(tally.score), rate(tally), share(tally.unknown, tally.answered)]


def _is_hidden(tables: Tables, ratee: str, forms: list[Questionnaire], n: int) -> bool:
    """Whether too few answered these forms, or they would give away others too few answered."""
    groups = by_scale(tables.assessment.questionnaires.values())
    scale = next((group for group in groups.values() if forms[0] in group), forms)
    together = [family for family in _families(tables) if family[0] in scale]
    sizes = [tables.ballots_of(ratee, family).valid for family in together]
    place = next((n for n, family in enumerate(together) if family[0] is forms[0]), -1)
    return place in hidden_places(sizes, tables.minimum) or 0 < n < tables.minimum


def by_channel(tables: Tables) -> Sheet:
    """分渠道: forms and score by channel; the parts add up to the summary's figures."""
    groups = by_scale(tables.assessment.questionnaires[key] for key in _keys(tables))
    forms = max(groups.values(), key=tables.valid, default=[])
    channels = sorted(tables.channels(forms), key=lambda key: (_place(key), key))
    columns = [Column("序号", "ordinal"), Column("评议对象", "text")]
    for key in channels:
        band = CHANNELS.get(key, key) or "未注明"
        columns += [Column("份数", "count", band), Column("得分", "score", band)]
    columns += [Column("份数", "count", "合计"), Column("得分", "score", "合计")]
    rows = {
        key: tuple(
            _channel_row(tables, number, one, forms, channels)
            for number, one in enumerate(ratees, 1)
            if tables.ballots_of(one.key, forms).received
        )
        for key, ratees in tables.classes.items()
    }
    notes = (
        "份数为有效答卷；得分为总体评价题的满意度，各渠道的份数相加等于合计，"
        "合计的得分与“满意度测评汇总表”"
        f"相同。已答票少于 {tables.minimum} 的渠道不显示份数和得分；只有一个渠道不显示时，"
        "另隐去一个最小的渠道，"
        "以免相减得出。",
        tables.scheme_note(),
    )
    return Sheet("分渠道", "分渠道统计表", tuple(columns), tables.sections(rows), notes)


def _place(channel: str) -> int:
    return list(CHANNELS).index(channel) if channel in CHANNELS else len(CHANNELS)


def _channel_row(
    tables: Tables,
    number: int,
    one: RateeResult,
    forms: list[Questionnaire],
    channels: Sequence[str],
) -> tuple[Value, ...]:
    tallies = [tables.votes.overall(forms, one.key, channel) for channel in channels]
    hidden = hidden_places([tally.answered for tally in tallies], tables.minimum)
    values: list[Value] = [number, one.name]
    for place, (channel, tally) in enumerate(zip(channels, tallies, strict=True)):
        n = tables.ballots_of(one.key, forms, channel).valid
        if place in hidden:
            values += [Mark.SUPPRESSED, Mark.SUPPRESSED]
        else:
            values += [n, tally_score(tables, tally)]
    total = tables.votes.overall(forms, one.key)
    is_few = 0 < total.answered < tables.minimum
    shown = Mark.SUPPRESSED if is_few else tally_score(tables, total)
    return (*values, tables.ballots_of(one.key, forms).valid, shown)
