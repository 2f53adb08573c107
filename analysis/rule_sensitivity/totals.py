"""The rules that turn leaf scores into totals, each without or with its usual alternative."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from analysis.changes import PLACE, Change, changed_scheme
from analysis.inputs import Inputs
from analysis.note import Note
from analysis.rule_sensitivity.variation import Json, Variation, edited, edited_node, nodes, put
from analysis.scheme import MISSING_POLICIES, Scheme, words
from analysis.scheme.components import HUNDRED, MARKED, Component
from forms.problems import N_, InputError, plain

STEPS = (Decimal("1.1"), Decimal("0.9"))
OFF = Note(N_("不用"))
ON = Note(N_("照方案"))
USUAL_CAP = Decimal(120)


def of_totals(scheme: Scheme, inputs: Inputs) -> Iterator[Variation]:
    """Everything that could be otherwise, the inputs being bound to the scheme."""
    yield from _weights(scheme)
    yield from _transforms(scheme)
    yield from _missing(scheme)
    yield from _sources(scheme)
    yield from _adjustments(scheme, inputs)
    yield from _vetoes(scheme, inputs)
    if scheme.ties:
        yield Variation(
            "ties",
            Note(N_("同分时依次比较")),
            ON,
            Note(N_("同分即并列")),
            edited(scheme, put(ties=[])),
        )


def _weights(scheme: Scheme) -> Iterator[Variation]:
    for node in scheme.nodes():
        for step in STEPS:
            made = _reweighed(scheme, node, step)
            if made is not None:
                tried, change = made
                name = {"name": str(node.name)}
                now = node.weight.words()
                new = next(one for one in tried.nodes() if one.path == node.path).weight.words()
                sign = "+" if step > 1 else "-"
                yield Variation(
                    f"weight:{node.path}{sign}",
                    Note(N_("“{name}”的权重"), name),
                    Note(now),
                    Note(new),
                    tried,
                    change=change,
                )


def _reweighed(
    scheme: Scheme, node: Component, step: Decimal
) -> tuple[Scheme, Change | None] | None:
    """The scheme with a weight so many times as large; None where it has to stay.

    Siblings share what is left of 100 as before; a weight of 0 stays 0.
    """
    if node.weight.everywhere is not None:
        weight = node.weight.everywhere * step
        change = Change(weights=((node.path, weight),))
        if not 0 < weight < HUNDRED or node.weight.everywhere == HUNDRED:
            return None
        try:
            return changed_scheme(scheme, change), change
        except InputError:  # a weight of 0 beside weights that differ between classes
            return None
    if any(number * STEPS[0] >= HUNDRED for _, number in node.weight.by_ratee_class):
        return None
    return edited(scheme, lambda made: _step_classes(made, node, step)), None


def _step_classes(made: Json, node: Component, step: Decimal) -> None:
    """The same for a weight that differs between classes of ratees."""
    parent = node.path.rpartition("/")[0]
    owner = made if not parent else dict(nodes(made["component"]))[parent]
    siblings: Sequence[Json] = owner["component"]
    for ratee_class, number in node.weight.by_ratee_class:
        others = [
            one for one in siblings if one["key"] != node.key and _weight_of(one, ratee_class)
        ]
        rest, whole = HUNDRED - number * step, HUNDRED - number
        for one in others:
            old = _weight_of(one, ratee_class) or Decimal(0)
            share = rest if one is others[-1] else (rest * old / whole).quantize(PLACE)
            rest, whole = rest - share, whole - old
            _put(one, ratee_class, share, made)
        _put(next(one for one in siblings if one["key"] == node.key), ratee_class, number * step)


def _weight_of(node: Json, ratee_class: str) -> Decimal | None:
    weight = node["weight"]
    if isinstance(weight, Mapping):
        return Decimal(weight[ratee_class]) if ratee_class in weight else None
    return Decimal(weight)


def _put(node: Json, ratee_class: str, number: Decimal, made: Json | None = None) -> None:
    if not isinstance(node["weight"], Mapping) and made is not None:
        node["weight"] = dict.fromkeys(made["ratee_class"], node["weight"])
    node["weight"][ratee_class] = plain(number)


def _transforms(scheme: Scheme) -> Iterator[Variation]:
    for node in scheme.nodes():
        for place, one in enumerate(node.transforms):
            name = {"name": str(node.name)}
            yield Variation(
                f"transform:{node.path}#{place}",
                Note(N_("“{name}”的换算"), name),
                Note(words.TRANSFORM[one.kind]),
                Note(N_("不换算")),
                edited_node(scheme, node.path, partial(_drop_transform, place)),
            )


def _drop_transform(place: int, node: Json) -> None:
    del node["transform"][place]


def _missing(scheme: Scheme) -> Iterator[Variation]:
    for policy in MISSING_POLICIES:
        if policy != scheme.missing:
            yield Variation(
                f"missing={policy}",
                Note(N_("缺项的处理")),
                Note(words.MISSING[scheme.missing]),
                Note(words.MISSING[policy]),
                edited(scheme, put(missing=policy)),
            )


def _sources(scheme: Scheme) -> Iterator[Variation]:
    """How indicators and earlier results are put together in their leaves."""
    for leaf in scheme.leaves():
        name = {"name": str(leaf.name)}
        if leaf.source in MARKED:
            cap = USUAL_CAP if leaf.completion_cap == HUNDRED else HUNDRED
            yield Variation(
                f"completion_cap:{leaf.path}",
                Note(N_("“{name}”的完成率上限"), name),
                Note(f"{plain(leaf.completion_cap)}%"),
                Note(f"{plain(cap)}%"),
                edited_node(scheme, leaf.path, put(completion_cap=plain(cap))),
            )
        if leaf.source == "runs":
            other = "last" if leaf.combine == "mean" else "mean"
            yield Variation(
                f"combine:{leaf.path}",
                Note(N_("“{name}”各期的合并"), name),
                Note(words.COMBINE[leaf.combine]),
                Note(words.COMBINE[other]),
                edited_node(scheme, leaf.path, put(combine=other)),
            )


def _adjustments(scheme: Scheme, inputs: Inputs) -> Iterator[Variation]:
    if not inputs.adjustments:
        return
    yield Variation(
        "adjustments",
        Note(N_("加减分")),
        Note(N_("计入")),
        Note(N_("不计加减分")),
        scheme,
        has_adjustments=False,
        change=Change(has_adjustments=False),
    )
    rules = scheme.adjustments
    caps = [rules.bonus_cap, rules.deduction_cap, *(one.cap for one in rules.sources)]
    if any(cap is not None for cap in caps):
        yield Variation(
            "adjustments:caps",
            Note(N_("加减分的上限")),
            ON,
            Note(N_("不设上限")),
            edited(scheme, _without_caps),
        )


def _without_caps(made: Json) -> None:
    made["adjustments"].update(bonus_cap=None, deduction_cap=None)
    for source in made["adjustments"]["source"]:
        source["cap"] = None


def _vetoes(scheme: Scheme, inputs: Inputs) -> Iterator[Variation]:
    entered = sorted({row.veto for row in inputs.vetoes})
    names = {one.key: str(one.name) for one in scheme.vetoes}
    if len(entered) > 1:
        yield Variation("vetoes", Note(N_("一票否决")), ON, OFF, scheme, vetoes=frozenset(entered))
    for one in entered:
        rule = Note(N_("一票否决：{name}"), {"name": names.get(one, one)})
        yield Variation(f"veto:{one}", rule, ON, OFF, scheme, vetoes=frozenset({one}))
