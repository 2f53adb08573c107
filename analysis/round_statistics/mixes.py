"""What the scheme's weights of strata, channels or evidence levels do to the scores.

A rater class with parts g has the score Σ W_g S_g: post-stratification, a ballot of part g counting
w_g = (W_g/ΣW) / (n_g/n) times (Cochran 1977, Sampling Techniques, §5A.9). Unweighted every ballot
counts alike. What unequal weights cost is Kish's deff = n Σw²/(Σw)², n_eff = n/deff; below
n_eff = 0.3 n the weighted score rests on a handful of ballots and is called unfit.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from analysis.cells import Key
from analysis.note import Note
from analysis.results import Assessment, NodeScore, RateeResult
from analysis.round_statistics.estimates import Leaf, classes_in_order, shown
from analysis.round_statistics.leaf_votes import Unit, Votes
from analysis.round_statistics.who_answered import LEAST
from analysis.scheme.mix import MixBy
from analysis.statistics.weights.effective_size import EffectiveSize, effective_size
from forms.problems import N_

BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class PartShare:
    """One part: its ballots, their share, and the share the scheme gives it (None: no weights).

    `weight` is how many times a ballot counts, 1 on average.
    """

    part: str
    n: int
    share: float
    target: float | None
    weight: float | None


@dataclass(frozen=True, slots=True)
class Composition:
    """The parts of one rater class over a class of ratees, as they came and as they count.

    `missing` are parts the scheme gives a weight and nobody answered in; theirs goes to the others.
    """

    leaf: str
    ratee_class: str
    rater_class: str
    by: MixBy
    parts: tuple[PartShare, ...]
    n: int
    size: EffectiveSize | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeightedLine:
    """One ratee and rater class: the score of record, weighted, beside the unweighted one."""

    key: str
    name: str
    leaf: str
    rater_class: str
    weighted: float
    weighted_se: float | None
    unweighted: float
    unweighted_se: float | None
    n: int
    deff: float
    n_eff: float
    least: float
    most: float
    is_fit: bool


@dataclass(frozen=True, slots=True)
class Weighting:
    """Everything the weights of parts do; `lines` are empty where the scheme has none."""

    compositions: tuple[Composition, ...]
    lines: tuple[WeightedLine, ...]
    hidden: int
    sentences: tuple[Note, ...]


def weighting(assessment: Assessment, leaves: Sequence[Leaf]) -> Weighting:
    """The parts of every rater class of which there are several, and both results."""
    found: list[Composition] = []
    lines: list[WeightedLine] = []
    hidden = 0
    for leaf in leaves:
        votes, pooled = _by_part(leaf), _pooled(leaf)
        for ratee_class in classes_in_order(assessment):
            ratees = [one for one in shown(assessment) if one.ratee_class == ratee_class]
            found += _compositions(leaf, ratee_class, ratees, votes)
            for one in ratees if leaf.component.mix else ():
                made, secret = _lines(leaf, one, votes, pooled)
                lines += made
                hidden += secret
    return Weighting(tuple(found), tuple(lines), hidden, tuple(_sentences(leaves, found, lines)))


_Parts = dict[tuple[str, str], dict[str, Votes]]


def _by_part(leaf: Leaf) -> _Parts:
    """By (ratee, rater class) the votes of every part that counts."""
    group, mix = leaf.group(), leaf.component.mix
    by: MixBy = mix.by if mix else "stratum"
    weights = dict(mix.weights) if mix else {}

    def label(key: Key) -> str | None:
        if mix is not None and not mix.holds_for(key.rater_class):
            return None
        part = _part(by, key)
        return f"{group(key)}{BETWEEN}{part}" if mix is None or part in weights else None

    found: _Parts = defaultdict(dict)
    for (ratee, name), votes in sorted(leaf.votes.by(label).items()):
        rater_class, _, part = name.partition(BETWEEN)
        found[ratee, rater_class][part] = votes
    return found


def _compositions(
    leaf: Leaf, ratee_class: str, ratees: Sequence[RateeResult], votes: _Parts
) -> Iterator[Composition]:
    mix = leaf.component.mix
    rows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    keys = {one.key for one in ratees}
    for (ratee, rater_class), parts in votes.items():
        if ratee in keys:
            for part, found in parts.items():
                rows[rater_class][part] += found.rows
    for rater_class, counts in sorted(rows.items()):
        if mix is None and len(counts) < 2:
            continue
        weights = {key: float(one) for key, one in mix.weights} if mix else {}
        n = sum(counts.values())
        whole = sum(weights[part] for part in counts) if mix else 0.0
        shares = []
        for part in [
            *(one for one in weights if one in counts),
            *sorted(set(counts) - set(weights)),
        ]:
            share = counts[part] / n
            target = weights[part] / whole if mix else None
            weight = None if target is None else target / share
            shares.append(PartShare(part, counts[part], share, target, weight))
        size = None
        if mix:
            each = np.array([one.weight or 0.0 for one in shares])
            size = effective_size(each, np.array([one.n for one in shares], dtype=np.float64))
        missing = tuple(one for one in weights if one not in counts)
        by: MixBy = mix.by if mix else "stratum"
        yield Composition(
            str(leaf.component.name), ratee_class, rater_class, by, tuple(shares), n, size, missing
        )


def _lines(
    leaf: Leaf, one: RateeResult, votes: _Parts, pooled: Mapping[Unit, Votes]
) -> tuple[list[WeightedLine], int]:
    made, hidden = [], 0
    minimum = max(LEAST, leaf.component.min_n)
    nodes = {node.path: node for node in one.nodes}
    for (ratee, rater_class), parts in votes.items():
        node = nodes.get(f"{leaf.component.path}/{rater_class}")
        if ratee != one.key or node is None or node.score is None:
            continue
        # both results together would give away the score of a small part
        if node.n < minimum or any(part.answered < minimum for part in parts.values()):
            hidden += 1
            continue
        line = _line(leaf, one, node, parts, nodes, pooled.get((ratee, rater_class)))
        if line is not None:
            made.append(line)
    return made, hidden


def _line(
    leaf: Leaf,
    one: RateeResult,
    node: NodeScore,
    parts: dict[str, Votes],
    nodes: dict[str, NodeScore],
    pooled: Votes | None,
) -> WeightedLine | None:
    mix = leaf.component.mix
    rater_class = node.path.rpartition("/")[2]
    if mix is None or pooled is None or pooled.score is None:
        return None
    weights = {key: float(weight) for key, weight in mix.weights}
    n = np.array([votes.rows for votes in parts.values()], dtype=np.float64)
    each = np.array([weights[part] for part in parts]) / n
    each *= n.sum() / float(n @ each)
    size = effective_size(each, n)
    clustering = _clustering(node.path, parts, nodes)
    error = None
    if clustering is not None and pooled.variance is not None:
        error = sqrt(pooled.variance * clustering)
    return WeightedLine(
        key=one.key,
        name=one.name,
        leaf=str(leaf.component.name),
        rater_class=rater_class,
        weighted=float(node.score or 0),
        weighted_se=node.se,
        unweighted=pooled.score,
        unweighted_se=error,
        n=int(n.sum()),
        deff=size.deff,
        n_eff=size.n_eff,
        least=float(each.min()),
        most=float(each.max()),
        is_fit=size.is_publishable,
    )


def _pooled(leaf: Leaf) -> dict[Unit, Votes]:
    """By ratee and rater class the ballots of all parts that count, every one alike."""
    mix, group = leaf.component.mix, leaf.group()
    if mix is None:
        return {}
    weights = dict(mix.weights)

    def label(key: Key) -> str | None:
        is_in = _part(mix.by, key) in weights and mix.holds_for(key.rater_class)
        return group(key) if is_in else None

    return leaf.votes.by(label)


def _part(by: MixBy, key: Key) -> str:
    return {"stratum": key.stratum, "channel": key.channel, "evidence": key.evidence}[by]


def _clustering(path: str, parts: dict[str, Votes], nodes: dict[str, NodeScore]) -> float | None:
    """Σ v_g / Σ v₀g over the parts that are shown: what ballots of several items cost."""
    record = alone = 0.0
    for part, votes in parts.items():
        node = nodes.get(f"{path}/{part}")
        if node is not None and node.kind == "part" and node.se is not None and votes.variance:
            record += node.se**2
            alone += votes.variance
    return max(1.0, record / alone) if alone else None


def _sentences(
    leaves: Sequence[Leaf], found: Sequence[Composition], lines: Sequence[WeightedLine]
) -> Iterator[Note]:
    if not any(leaf.component.mix for leaf in leaves):
        yield Note(
            N_(
                "方案没有按层、渠道或凭据加权：同一类评议主体的每份答卷分量相同，谁来得多谁就占得多。"
            )
        )
        if found:
            yield Note(N_("下面只列出各层来了多少份；没有各层的总人数，就不知道该各占多少。"))
        return
    yield from _weighted_sentences(lines) if lines else ()
    yield Note(N_("加权只能纠正各层来的人多人少，不能纠正愿不愿意来评带来的偏差。"))


def _weighted_sentences(lines: Sequence[WeightedLine]) -> Iterator[Note]:
    moved = max(lines, key=lambda one: (abs(one.weighted - one.unweighted), one.key))
    yield Note(
        N_(
            "计入总分的是加权后的得分；不加权的列在旁边。相差最大的是 {name}：加权 {weighted}，"
            "不加权 {unweighted}。"
        ),
        {
            "name": moved.name,
            "weighted": f"{moved.weighted:.2f}",
            "unweighted": f"{moved.unweighted:.2f}",
        },
    )
    heavy = max(lines, key=lambda one: (one.most, one.key))
    yield Note(
        N_(
            "一份答卷最多当 {most} 份用，最少当 {least} 份用；"
            "加权以后，每 100 份最少只抵 {worth} 份。"
        ),
        {
            "most": f"{heavy.most:.2f}",
            "least": f"{min(one.least for one in lines):.2f}",
            "worth": f"{100 * min(1 / one.deff for one in lines):.0f}",
        },
    )
    unfit = sum(not one.is_fit for one in lines)
    if unfit:
        yield Note(
            N_(
                "有 {n} 处加权后抵不到三成的份数，加权得分只靠很少几份答卷，不宜作为依据；"
                "请看不加权的得分，或在方案里合并过小的层。"
            ),
            {"n": unfit},
        )
