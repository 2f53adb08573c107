"""A scheme in plain words: what an office reads out, part by part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext

from analysis.scheme import Scheme, words
from analysis.scheme.adjustments import AdjustmentSource
from analysis.scheme.components import HUNDRED, Component, Ratios
from analysis.scheme.conditions import TOTAL, Condition
from analysis.scheme.grades import Quota
from analysis.scheme.transforms import Coefficient, Transform
from forms.problems import N_, plain
from forms.questionnaire import library

BETWEEN = "、"
EACH = {
    "class": N_("每一类"),
    "group": N_("每一组"),
    "pool": N_("每一池"),
    "all": N_("全部评议对象"),
    "parent": N_("每个单位"),
}
WITHIN = {
    "class": N_("同类中"),
    "group": N_("同组中"),
    "pool": N_("同池中"),
    "all": N_("全部评议对象中"),
    "parent": N_("同一单位中"),
}


def _(text: str) -> str:
    return str(gettext(text))


@dataclass(frozen=True, slots=True)
class Share:
    """The weight of a component for a class of ratee: among siblings, and in the total."""

    ratee_class: str
    weight: str
    effective: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A component as the tree shows it."""

    name: str
    path: str
    shares: tuple[Share, ...]
    facts: tuple[str, ...]
    raters: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """(class of ratee or "", ((rater class, weight), …))."""
    children: tuple["Branch", ...]


def percent(share: Decimal) -> str:
    return plain(share * HUNDRED) + "%"


def tree(scheme: Scheme) -> tuple[Branch, ...]:
    """The components with their weights, sums and what each leaf counts."""
    classes: dict[str, None] = {}
    for node in scheme.nodes():
        classes.update(dict.fromkeys(node.weight.ratee_classes))
    whole = {one: Decimal(1) for one in classes or [""]}
    return tuple(_branch(scheme, node, whole) for node in scheme.components)


def _branch(scheme: Scheme, node: Component, above: dict[str, Decimal]) -> Branch:
    weights = {one: node.weight.of(one) for one in above}
    here = {
        one: above[one] * weight / HUNDRED for one, weight in weights.items() if weight is not None
    }
    shares = [
        Share(
            str(scheme.ratee_class_name(one)) if one else "",
            plain(weights[one] or Decimal(0)),
            plain(round(effective * HUNDRED, 2)),
        )
        for one, effective in here.items()
    ]
    if len({(one.weight, one.effective) for one in shares}) == 1 and len(here) == len(above):
        shares = [Share("", shares[0].weight, shares[0].effective)]
    shares = _alike(shares)
    return Branch(
        str(node.name),
        node.path,
        tuple(shares),
        tuple(_facts(scheme, node)),
        tuple(_raters(scheme, node)),
        tuple(_branch(scheme, child, here) for child in node.components),
    )


def _alike(shares: Sequence[Share]) -> list[Share]:
    """Classes with the same weights told together."""
    names: dict[tuple[str, str], list[str]] = {}
    for one in shares:
        names.setdefault((one.weight, one.effective), []).append(one.ratee_class)
    return [Share(BETWEEN.join(of), weight, part) for (weight, part), of in names.items()]


def _raters(scheme: Scheme, node: Component) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    def named(ratios: Ratios) -> tuple[tuple[str, str], ...]:
        return tuple((str(scheme.rater_class_name(key)), plain(one)) for key, one in ratios)

    if node.rater_classes.everywhere:
        yield "", named(node.rater_classes.everywhere)
    for key, ratios in node.rater_classes.by_ratee_class:
        yield str(scheme.ratee_class_name(key)), named(ratios)


def _facts(scheme: Scheme, node: Component) -> Iterator[str]:
    if node.source is not None and not node.questionnaires:
        yield _("来源：{source}").format(source=_(words.SOURCE[node.source]))
    if node.source == "questionnaire":
        yield from _survey_facts(node)
    if node.source in ("indicators", "appraisal"):
        yield from _points_facts(node)
    if node.source == "runs":
        yield _("合并期间内“{series}”的各期得分：{how}").format(
            series=node.series, how=_(words.COMBINE[node.combine])
        )
        if node.expected is not None:
            yield _("应有 {n} 期，缺的要说明").format(n=node.expected)
    yield from (transform_words(one) for one in node.transforms)


def _survey_facts(node: Component) -> Iterator[str]:
    if node.questionnaires:
        titles = [
            str(library()[key].title) if key in library() else key for key in node.questionnaires
        ]
        yield _("问卷：{names}").format(names=BETWEEN.join(titles))
    if node.unknown is None:
        yield _("“不了解”不计入分母")
    else:
        yield _("“不了解”按 {points} 分计").format(points=plain(node.unknown))
    if node.trim:
        yield _("去掉最高和最低各 {share}").format(share=percent(node.trim))
    yield _("不足 {n} 份不出得分").format(n=node.min_n)
    if node.evidence:
        levels = BETWEEN.join(_(words.EVIDENCE[level]) for level in node.evidence)
        yield _("只计这些凭据的答卷：{levels}").format(levels=levels)
    if node.mix:
        parts = BETWEEN.join(f"{part} {plain(weight)}" for part, weight in node.mix.weights)
        yield _("按{what}加权：{parts}；没有写到的不计分").format(
            what=_(words.MIX_BY[node.mix.by]), parts=parts
        )


def _points_facts(node: Component) -> Iterator[str]:
    if node.source == "indicators":
        yield _("完成率从 {low}% 到 {high}%").format(
            low=plain(node.completion_floor), high=plain(node.completion_cap)
        )
        yield _("完成率中总量占 {volume}，增速占 {growth}").format(
            volume=percent(node.volume_share), growth=percent(1 - node.volume_share)
        )
    rule = node.points
    if rule.total is not None:
        yield _("分值之和应为 {total}").format(total=plain(rule.total))
    for attribute, total in rule.by_attribute:
        yield _("“{attribute}”的分值之和应为 {total}").format(
            attribute=attribute, total=plain(total)
        )
    for attribute, low, high in rule.ranges:
        yield _("“{attribute}”单个指标的分值宜为 {low} 到 {high}").format(
            attribute=attribute, low=plain(low), high=plain(high)
        )
    if rule.emphasis:
        yield _("“{attribute}”的分值宜占一半以上").format(attribute=rule.emphasis)


def transform_words(one: Transform) -> str:
    """How scores are converted."""
    if one.kind == "rank":
        return _("按名次换算：第一名 {full} 分，每低一名减 {step}").format(
            full=plain(one.full), step=percent(one.step)
        )
    if one.kind == "ratio_to_best":
        return _("按与最好者之比换算：最好的得 {full} 分").format(full=plain(one.full))
    if one.kind == "bands":
        bands = [
            _("{low} 及以上得 {points}").format(low=plain(low), points=plain(points))
            for low, points in one.bands
        ]
        return _("按档位换算：{bands}").format(bands="，".join(bands))
    assert one.coefficient is not None
    return _coefficient(one.coefficient)


def _coefficient(rule: Coefficient) -> str:
    steps = [f"{word} → {plain(factor)}" for word, factor in rule.table]
    steps += [f"≥ {plain(low)} → {plain(factor)}" for low, factor in rule.bands]
    steps += [f"{plain(at)} → {plain(factor)}" for at, factor in rule.line]
    said = _("乘系数：按“{figure}”，{steps}").format(figure=rule.figure, steps="，".join(steps))
    if rule.line:
        said += _("（两点之间按直线）")
    if rule.default is not None:
        said += _("；没有这项数据时为 {factor}").format(factor=plain(rule.default))
    return said


def quota_words(quota: Quota) -> str:
    """How many places there are."""
    each = _(EACH[quota.scope])
    if quota.count is not None:
        return _("{each} {n} 名以内").format(each=each, n=quota.count)
    share = percent(quota.share or Decimal(0))
    said = _("{each}的 {share} 以内").format(each=each, share=share)
    if quota.rounding == "largest_remainder":
        return said + _("，余下的名额给余数最大的")
    return said + _("，舍去小数")


def grade_names(scheme: Scheme, keys: Sequence[str]) -> str:
    """Grades of this scheme by name; of another one as they are written."""
    names = [str(found.name) if (found := scheme.grade(key)) else key for key in keys]
    return BETWEEN.join(names)


def node_names(scheme: Scheme, paths: Sequence[str]) -> str:
    """Components by name, in this order."""
    names = {node.path: str(node.name) for node in scheme.nodes()}
    return BETWEEN.join(names.get(path, path) for path in paths)


def condition_words(scheme: Scheme, one: Condition, *, is_after: bool = False) -> str:
    """One condition as a sentence; `is_after` the grade of the present period is known."""
    if one.subject == "parent":
        return _("所属单位评为{grades}").format(grades=grade_names(scheme, one.grades))
    if one.subject == "score":
        name = _("总分") if one.path == TOTAL else _path_name(scheme, one.path)
        if one.below is not None:
            return _("{name}低于 {line}").format(name=name, line=plain(one.below))
        return _("{name}达到 {line}").format(name=name, line=plain(one.reaches or Decimal(0)))
    if one.subject == "veto":
        names = [str(veto.name) for veto in scheme.vetoes if veto.key in one.vetoes]
        return _("有一票否决：{names}").format(names=BETWEEN.join(names) or _("任何一项"))
    if one.subject == "rank":
        return _rank_words(one)
    return _history_words(scheme, one, is_after)


def _path_name(scheme: Scheme, path: str) -> str:
    names = [str(node.name) for node in scheme.nodes() if node.path == path]
    return _("“{name}”的得分").format(name=names[0] if names else path)


def _of_series(one: Condition) -> str:
    return _("（“{series}”的结果）").format(series=one.series) if one.series else ""


def _rank_words(one: Condition) -> str:
    if one.from_end == "last":
        said = _("{within}列末 {n} 名").format(within=_(WITHIN[one.scope]), n=one.places)
    else:
        said = _("{within}列前 {n} 名").format(within=_(WITHIN[one.scope]), n=one.places)
    if one.consecutive is not None:
        said += _("，连续 {n} 期").format(n=one.consecutive)
    return said + _of_series(one)


def _latest_words(n: int, grades: str, is_after: object) -> str:
    """Of the latest results; what follows from a result counts that result as one of them."""
    if not is_after:
        return _("最近 {n} 期都评为{grades}").format(n=n, grades=grades)
    if n == 1:
        return _("本期评为{grades}").format(grades=grades)
    return _("连本期在内，最近 {n} 期都评为{grades}").format(n=n, grades=grades)


def _history_words(scheme: Scheme, one: Condition, is_after: object) -> str:
    grades, span = grade_names(scheme, one.grades), _(words.SPAN[one.span])
    if one.consecutive is not None:
        return _latest_words(one.consecutive, grades, is_after) + _of_series(one)
    times = []
    if one.every:
        times.append(_("每次都是"))
    if one.at_least is not None:
        times.append(_("至少 {n} 次").format(n=one.at_least))
    if one.at_most is not None:
        times.append(_("至多 {n} 次").format(n=one.at_most))
    said = _("{span}评为{grades}：{times}").format(span=span, grades=grades, times="，".join(times))
    return said + _of_series(one)


def all_of(scheme: Scheme, conditions: Sequence[Condition], *, is_after: bool = False) -> list[str]:
    """Conditions that must hold together, a sentence each."""
    return [condition_words(scheme, one, is_after=is_after) for one in conditions]


def source_words(one: AdjustmentSource) -> str:
    """What a source of adjustments may give."""
    parts = [_(words.ADJUSTMENT[one.kind])]
    parts.append(_("须附依据") if one.needs_evidence else _("不必附依据"))
    if one.cap is not None:
        parts.append(_("每个对象至多 {cap} 分").format(cap=plain(one.cap)))
    if one.multiplier is not None:
        low, high = map(plain, one.multiplier)
        parts.append(_("按原分的 {low} 到 {high} 倍计").format(low=low, high=high))
    return "，".join(parts)
