"""The rules that turn answers into leaf scores, each without or with its usual alternative."""

from collections.abc import Iterator, Mapping, Sequence

from analysis.changes import Change
from analysis.note import Note
from analysis.rule_sensitivity.variation import (
    Json,
    Variation,
    edited,
    edited_node,
    edited_nodes,
    edited_surveys,
    put,
)
from analysis.scheme import Scheme, words
from analysis.scheme.components import Component
from analysis.small_groups import PRIVACY_MINIMUM
from forms.problems import N_, plain

UNKNOWN: Mapping[str, str] = {
    "exclude": N_("不计入分母"),
    "60": N_("按 60 分计"),
    "zero": N_("记零分"),
}
USUAL_TRIM = "0.05"
LEAST_SHOWN = PRIVACY_MINIMUM
"""No minimum below this is tried: the difference would tell what a handful of raters said."""
NEXT_LEAST = 10
VERIFIED = ["code", "card"]
DIFFERENT = Note(N_("各构成不同"))


def of_answers(scheme: Scheme, evidence: frozenset[str]) -> Iterator[Variation]:
    """Everything that could be otherwise; `evidence` are the levels that occur among the rows."""
    leaves = [leaf for leaf in scheme.leaves() if leaf.source == "questionnaire"]
    if not leaves:
        return
    yield from _unknown(scheme, leaves)
    yield from _trim(scheme, leaves)
    yield _same_device(scheme)
    yield from _min_n(scheme, leaves)
    yield from _mix(scheme, leaves)
    yield from _evidence(scheme, leaves, evidence)
    yield from _rater_classes(scheme, leaves)
    yield from _void(scheme)


def _alike(texts: Sequence[Note]) -> Note:
    return texts[0] if all(one == texts[0] for one in texts) else DIFFERENT


def _unknown(scheme: Scheme, leaves: Sequence[Component]) -> Iterator[Variation]:
    now = ["exclude" if leaf.unknown is None else plain(leaf.unknown) for leaf in leaves]
    now = ["zero" if word == "0" else word for word in now]
    for word, said in UNKNOWN.items():
        if any(one != word for one in now):
            yield Variation(
                f"unknown={word}",
                Note(N_("“不了解”的处理")),
                _alike([_unknown_words(one) for one in now]),
                Note(said),
                edited_surveys(scheme, unknown=word),
                change=Change(unknown=word),
            )


def _unknown_words(word: str) -> Note:
    return Note(UNKNOWN[word]) if word in UNKNOWN else Note(N_("按 {n} 分计"), {"n": word})


def _trim(scheme: Scheme, leaves: Sequence[Component]) -> Iterator[Variation]:
    none = Note(N_("不去极值"))
    trimmed = [leaf for leaf in leaves if leaf.trim]
    for leaf in trimmed:
        yield Variation(
            f"trim:{leaf.path}",
            Note(N_("“{name}”去极值"), {"name": str(leaf.name)}),
            Note(N_("两端各去 {share}%"), {"share": plain(leaf.trim * 100)}),
            none,
            edited_node(scheme, leaf.path, put(trim="0")),
        )
    if not trimmed:
        tried = Note(N_("两端各去 {share}%"), {"share": 5})
        made = edited_surveys(scheme, trim=USUAL_TRIM)
        yield Variation("trim", Note(N_("去极值")), none, tried, made)


def _same_device(scheme: Scheme) -> Variation:
    other = "count" if scheme.same_device == "first" else "first"
    return Variation(
        f"same_device={other}",
        Note(N_("同一设备的重复评议")),
        Note(words.SAME_DEVICE[scheme.same_device]),
        Note(words.SAME_DEVICE[other]),
        edited(scheme, put(same_device=other)),
    )


def _min_n(scheme: Scheme, leaves: Sequence[Component]) -> Iterator[Variation]:
    def other(n: int) -> int:
        return NEXT_LEAST if n == LEAST_SHOWN else LEAST_SHOWN

    def edit(_: str, node: Json) -> None:
        if node.get("source") == "questionnaire":
            node["min_n"] = other(node["min_n"])

    said = N_("{n} 份")
    yield Variation(
        "min_n",
        Note(N_("最低样本")),
        _alike([Note(said, {"n": leaf.min_n}) for leaf in leaves]),
        _alike([Note(said, {"n": other(leaf.min_n)}) for leaf in leaves]),
        edited_nodes(scheme, edit),
    )


def _mix(scheme: Scheme, leaves: Sequence[Component]) -> Iterator[Variation]:
    for leaf in leaves:
        if leaf.mix is not None:
            by = Note(words.MIX_BY[leaf.mix.by])
            yield Variation(
                f"mix:{leaf.path}",
                Note(N_("“{name}”的层与渠道权重"), {"name": str(leaf.name)}),
                Note(N_("按{by}加权"), {"by": by}),
                Note(N_("每份同样计分")),
                edited_node(scheme, leaf.path, lambda node: node.pop("mix")),
            )


def _evidence(
    scheme: Scheme, leaves: Sequence[Component], occurring: frozenset[str]
) -> Iterator[Variation]:
    limited = [leaf for leaf in leaves if leaf.evidence]
    for leaf in limited:
        yield Variation(
            f"evidence:{leaf.path}",
            Note(N_("“{name}”计分的凭据"), {"name": str(leaf.name)}),
            Note("、".join(words.EVIDENCE[one] for one in leaf.evidence)),
            Note(N_("全部凭据")),
            edited_node(scheme, leaf.path, lambda node: node.pop("evidence")),
        )
    if not limited and "open" in occurring and occurring & {*VERIFIED}:
        yield Variation(
            "evidence=verified",
            Note(N_("计分的凭据")),
            Note(N_("全部凭据")),
            Note(N_("只计凭码和凭卡的答卷")),
            edited_surveys(scheme, evidence=VERIFIED),
        )


def _rater_classes(scheme: Scheme, leaves: Sequence[Component]) -> Iterator[Variation]:
    for leaf in leaves:
        weights = leaf.rater_classes
        tables = [weights.everywhere, *(one for _, one in weights.by_ratee_class)]
        if any(len({number for _, number in table}) > 1 for table in tables):
            yield Variation(
                f"rater_classes:{leaf.path}",
                Note(N_("“{name}”各评议主体的权重"), {"name": str(leaf.name)}),
                Note(N_("照方案")),
                Note(N_("各类相等")),
                edited_node(scheme, leaf.path, _equal_classes),
            )


def _equal_classes(node: Json) -> None:
    node["rater_classes"] = {
        key: dict.fromkeys(value, "1") if isinstance(value, Mapping) else "1"
        for key, value in node["rater_classes"].items()
    }


def of_decisions(scheme: Scheme, n: int) -> Iterator[Variation]:
    """The n findings on which people decided that their answers stay out."""
    if n:
        yield Variation(
            "decisions",
            Note(N_("经人核定不计入的答卷（{n} 项决定）"), {"n": n}),
            Note(N_("不计入")),
            Note(N_("照常计入")),
            scheme,
            has_decisions=False,
        )


def _void(scheme: Scheme) -> Iterator[Variation]:
    for rule in scheme.void:
        left = [one for one in scheme.void if one != rule]
        yield Variation(
            f"void:{rule}",
            Note(N_("判为无效：{rule}"), {"rule": Note(words.VOID[rule])}),
            Note(N_("判为无效")),
            Note(N_("照常计入")),
            edited(scheme, put(void=left)),
        )
