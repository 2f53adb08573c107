"""Schemes made by hypothesis: every part of the language, valid as a whole."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from analysis.scheme import Scheme
from analysis.scheme.checks import VOIDABLE_RULES
from analysis.scheme.conditions import SCOPES, SPANS
from analysis.scheme.grades import CONSEQUENCE_KINDS
from forms.problems import plain

Draw = Any
Json = dict[str, Any]
LETTERS = "abcxyzABC甲乙丙丁é09_"
SPEECH = "甲乙 丙、丁，“引”\"'[]{}=#\\/%+-@;:|\n\tabc1.5"

keys = st.builds(lambda a, b: a + b, st.sampled_from(LETTERS), st.text(LETTERS + ".-", max_size=6))
texts = st.text(SPEECH, min_size=1, max_size=12).map(str.strip).filter(bool)
names = texts | st.builds(
    lambda zh, rest: {"zh_CN": zh, **rest},
    texts,
    st.dictionaries(st.sampled_from(["zh_TW", "en"]), texts, max_size=2),
)


def key_lists(low: int = 1, high: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(keys, min_size=low, max_size=high, unique_by=str.casefold)


def numbers(low: int = 0, high: int = 200) -> st.SearchStrategy[str]:
    return st.decimals(low, high, places=3, allow_nan=False).map(plain)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def parts_of_100(draw: Draw, n: int) -> list[str]:
    """n weights above 0 that add to 100."""
    cuts = draw(st.lists(st.integers(1, 999), min_size=n - 1, max_size=n - 1, unique=True))
    edges = [0, *sorted(cuts), 1000]
    return [plain(Decimal(b - a) / 10) for a, b in pairwise(edges)]


def ratios(draw: Draw) -> Json:
    return {key: draw(numbers(1)) for key in draw(key_lists())}


def mix(draw: Draw) -> Json:
    by = draw(st.sampled_from(["stratum", "channel", "evidence"]))
    return {"mix": {"by": by, "weights": ratios(draw)}}


@st.composite
def transforms(draw: Draw) -> Json:
    kind = draw(st.sampled_from(["rank", "ratio_to_best", "bands", "coefficient"]))
    if kind == "rank":
        return {"kind": kind, "full": draw(numbers()), "step": draw(numbers(0, 0))}
    if kind == "ratio_to_best":
        return {"kind": kind, "full": draw(numbers())}
    lines = sorted(draw(st.sets(st.integers(-50, 150), min_size=1, max_size=3)), reverse=True)
    if kind == "bands":
        low = [{"min": str(abs(at)), "points": draw(numbers())} for at in {abs(x) for x in lines}]
        return {"kind": kind, "bands": sorted(low, key=lambda one: -int(one["min"]))}
    made: Json = {"kind": kind, "figure": draw(keys), "default": draw(maybe(numbers()))}
    by = draw(st.sampled_from(["table", "bands", "line"]))
    if by == "table":
        return made | {"table": ratios(draw)}
    bound = "min" if by == "bands" else "at"
    steps = [{bound: str(at), "factor": draw(numbers())} for at in lines]
    return made | {by: steps if by == "bands" else steps[::-1]}


@st.composite
def leaves(draw: Draw, classes: Sequence[str]) -> Json:
    source = draw(st.sampled_from(["indicators", "questionnaire", "appraisal", "runs", "parent"]))
    made: Json = {"source": source}
    if source == "questionnaire":
        weights: Json = ratios(draw)
        if classes and draw(st.booleans()):
            weights = {one: ratios(draw) for one in classes}
        made |= {
            "questionnaires": draw(st.lists(keys | texts, max_size=3)),
            "rater_classes": draw(st.sampled_from([{}, weights])),
            "unknown": draw(st.sampled_from(["exclude", "zero"]) | numbers()),
            "trim": draw(st.sampled_from(["0", "0.05", "0.25"])),
            "min_n": draw(st.integers(1, 50)),
            **draw(st.sampled_from([{}, {"evidence": ["code", "card"]}, mix(draw)])),
        }
    if source in ("indicators", "appraisal"):
        ranges = {key: {"low": "1", "high": draw(numbers(1))} for key in draw(key_lists(0))}
        points = {
            "total": draw(maybe(numbers())),
            "by_attribute": draw(st.sampled_from([{}, ratios(draw)])),
            "ranges": ranges,
            "emphasis": draw(st.just("") | texts),
        }
        made |= {"completion_cap": draw(numbers(100)), "completion_floor": draw(numbers(0, 90))}
        made |= {"volume_share": draw(st.sampled_from(["0", "0.8", "1"])), "points": points}
    if source == "runs":
        made |= {
            "series": draw(keys | texts),
            "combine": draw(st.sampled_from(["mean", "sum", "last"])),
            "expected": draw(maybe(st.integers(1, 12))),
        }
    return made


def siblings(draw: Draw, classes: Sequence[str], depth: int) -> list[Json]:
    """Components whose weights add to 100 for every class they apply to."""
    found = draw(key_lists())
    weights: list[Any] = parts_of_100(draw, len(found))
    if classes and draw(st.booleans()):
        by_class = {one: parts_of_100(draw, len(found)) for one in classes}
        weights = [{one: of[place] for one, of in by_class.items()} for place in range(len(found))]
    made = []
    for key, weight in zip(found, weights, strict=True):
        node: Json = {"key": key, "name": draw(names), "weight": weight}
        node["transform"] = draw(st.lists(transforms(), max_size=2))
        if depth and draw(st.booleans()):
            node["component"] = siblings(draw, classes, depth - 1)
        else:
            node |= draw(leaves(classes))
        made.append(node)
    return made


def paths(components: Sequence[Json], parent: str = "") -> list[str]:
    found = []
    for node in components:
        path = f"{parent}/{node['key']}" if parent else node["key"]
        found += [path, *paths(node.get("component", ()), path)]
    return found


@st.composite
def conditions(
    draw: Draw, grades: Sequence[str], nodes: Sequence[str], vetoes: Sequence[str]
) -> Json:
    kind = draw(st.sampled_from(["grades", "parent", "last", "first", "score", "veto"]))
    chosen = draw(st.lists(st.sampled_from(grades), unique=True)) if grades else []
    if kind == "grades":
        times = {
            "at_least": draw(maybe(st.integers(0, 4))),
            "at_most": draw(maybe(st.integers(0, 4))),
        }
        times |= {"consecutive": draw(maybe(st.integers(1, 4))), "every": draw(st.booleans())}
        if all(one is None for one in list(times.values())[:3]):
            times["every"] = True
        series, span = draw(st.just("") | keys), draw(st.sampled_from(SPANS))
        return {"grades": chosen, "series": series, "span": span, **times}
    if kind in ("last", "first"):
        more = {"series": draw(st.just("") | keys), "consecutive": draw(maybe(st.integers(1, 4)))}
        return {kind: draw(st.integers(1, 9)), "scope": draw(st.sampled_from(SCOPES)), **more}
    if kind == "score":
        line = {draw(st.sampled_from(["below", "reaches"])): draw(numbers())}
        return {"score": draw(st.sampled_from(["total", *nodes])), **line}
    if kind == "veto":
        return {"veto": draw(st.lists(st.sampled_from(vetoes), unique=True)) if vetoes else []}
    return {"parent": chosen}


@st.composite
def quotas(draw: Draw) -> Json:
    scope = draw(st.sampled_from(SCOPES))
    if draw(st.booleans()):
        return {"scope": scope, "count": draw(st.integers(0, 90))}
    rounding = draw(st.sampled_from(["down", "largest_remainder"]))
    return {
        "scope": scope,
        "share": draw(st.sampled_from(["0", "0.27", "1"])),
        "rounding": rounding,
    }


@st.composite
def adjustment_sources(draw: Draw, key: str) -> Json:
    return {
        "key": key,
        "name": draw(names),
        "kind": draw(st.sampled_from(["bonus", "deduction", "both"])),
        "needs_evidence": draw(st.booleans()),
        "cap": draw(maybe(numbers())),
        "multiplier": draw(maybe(st.just({"low": "3", "high": "10"}))),
    }


def grade_parts(draw: Draw, nodes: Sequence[str], vetoes: Sequence[str]) -> Json:
    grades = draw(key_lists(0))
    lines = sorted(draw(st.sets(st.integers(0, 100), min_size=3, max_size=3)), reverse=True)
    some = st.lists(conditions(grades, nodes, vetoes), max_size=2)
    one_or_more = st.lists(conditions(grades, nodes, vetoes), min_size=1, max_size=2)
    return {
        "grade": [
            {
                "key": key,
                "name": draw(names),
                "min": draw(maybe(st.just(str(line)))),
                "quota": draw(st.lists(quotas(), max_size=2)),
                "eligibility": draw(some),
                "priority": draw(some),
            }
            for key, line in zip(grades, lines, strict=False)
        ],
        "restriction": [
            {"key": key, "name": draw(names), "when": draw(one_or_more), "grades": grades[:2]}
            for key in (draw(key_lists(0, 2)) if grades else [])
        ],
        "consequence": [
            {
                "key": key,
                "name": draw(names),
                "kind": draw(st.sampled_from(CONSEQUENCE_KINDS)),
                "column": draw(st.just("") | names),
                "value": draw(st.just("") | names),
                "when": draw(one_or_more),
            }
            for key in draw(key_lists(0, 2))
        ],
    }


@st.composite
def schemes(draw: Draw) -> Scheme:
    """A scheme that uses any of the parts."""
    classes = draw(key_lists(0, 2))
    components = siblings(draw, classes, 2)
    vetoes = draw(key_lists(0))
    nodes = paths(components)
    data: Json = {
        "key": draw(keys),
        "version": draw(texts),
        "title": draw(names),
        "base": draw(st.sampled_from(["100", "1000"])),
        "decimals": draw(st.integers(0, 6)),
        "missing": draw(st.sampled_from(["fail", "redistribute", "zero"])),
        "same_device": draw(st.sampled_from(["first", "count"])),
        "void": draw(st.lists(st.sampled_from(VOIDABLE_RULES), unique=True)),
        "ties": draw(st.lists(st.sampled_from(nodes), max_size=2, unique=True)),
        "grade_on": draw(st.sampled_from(["record", "exact"])),
        "rhythm": draw(st.sampled_from(["", "month", "quarter", "half", "year"])),
        "pilot": draw(st.lists(keys | texts, max_size=3)),
        "filing_on": draw(st.sampled_from(["", "12-20"])),
        "vague_words": draw(st.lists(texts, max_size=3)),
        "component": components,
        "adjustments": {
            "bonus_cap": draw(maybe(numbers())),
            "deduction_cap": draw(maybe(numbers())),
            "source": [draw(adjustment_sources(key)) for key in draw(key_lists(0))],
        },
        "veto": [
            {
                "key": key,
                "name": draw(names),
                "effect": draw(st.sampled_from(["no_excellent", "lowest_grade", "zero"])),
            }
            for key in vetoes
        ],
        **grade_parts(draw, nodes, vetoes),
        "ratee_class": {key: draw(names) for key in classes},
    }
    return Scheme.from_json(data)
