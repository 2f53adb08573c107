"""Totals: the weight tree, missing parts, transforms, adjustments with caps, vetoes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.binding import bind
from analysis.composition import Composed, compose
from analysis.inputs import AdjustmentKind, AdjustmentRow, Inputs, RateeRow, VetoRow
from analysis.results import LeafScore, NodeScore
from analysis.scheme import SCHEMES, Scheme, shipped
from forms.problems import InputError

DEFAULT = shipped()["zhangjiajie-2009"]
TEXT = (SCHEMES / "zhangjiajie-2009.toml").read_text("utf-8")
TREE = """
key = "t"
version = "1"
title = "t"
missing = "redistribute"
[[component]]
key = "a"
name = "指标"
weight = "60"
source = "indicators"
[[component]]
key = "b"
name = "评议"
weight = "40"
[[component.component]]
key = "c"
name = "群众"
weight = "70"
source = "questionnaire"
[[component.component]]
key = "d"
name = "领导"
weight = "30"
source = "questionnaire"
"""
UNIT = RateeRow("u", "统计局", "unit", "")


def changed(text: str, *pairs: tuple[str, str]) -> Scheme:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return Scheme.load(text.encode())


def scores(**by_path: str | None) -> dict[tuple[str, str], LeafScore]:
    return {
        ("u", path.replace("_", "/")): LeafScore(None if score is None else Fraction(score))
        for path, score in by_path.items()
    }


def adjustment(kind: AdjustmentKind, points: str, ratee: str = "u") -> AdjustmentRow:
    return AdjustmentRow(ratee, kind, Decimal(points), "事项", "表彰", "文件", None)


def composed(
    scheme: Scheme,
    leaves: Mapping[tuple[str, str], LeafScore],
    *adjustments: AdjustmentRow,
    vetoes: Sequence[VetoRow] = (),
) -> Composed:
    return compose(scheme, [UNIT], leaves, adjustments, vetoes)["u"]


GOOD = scores(indicators="92.50", public="88.00", internal="90.00")


def readds(made: Composed, base: int = 100) -> bool:
    """Whether every node's children re-add to it, and the root's to the total."""
    top = [node for node in made.nodes if "/" not in node.path]
    parts = sum((node.converted or Fraction(0) for node in top), Fraction(0))
    parts += Fraction(made.bonus_counted) - Fraction(made.deduction_counted)
    if parts != made.total_exact:
        return False
    for node in made.nodes:
        depth = node.path.count("/") + 1
        children = [
            one
            for one in made.nodes
            if one.path.startswith(f"{node.path}/") and one.path.count("/") == depth
        ]
        added = sum((one.converted or Fraction(0) for one in children), Fraction(0))
        if children and node.score is not None and added != node.score:
            return False
        full = Fraction(base, 100) if depth == 1 else 1
        if node.score is not None and node.converted != node.score * (node.share or 0) * full:
            return False
    return True


def test_60_30_10_with_bonus_and_deduction() -> None:
    # 92.50 x 0.6 + 88 x 0.3 + 90 x 0.1 = 55.50 + 26.40 + 9.00 = 90.90; + 3 - 1 = 92.90
    made = composed(DEFAULT, GOOD, adjustment("bonus", "3"), adjustment("deduction", "1"))
    assert [node.converted for node in made.nodes] == [
        Fraction("55.5"),
        Fraction("26.4"),
        Fraction(9),
    ]
    assert str(made.total) == "92.90"
    assert readds(made)


def test_bonus_and_deduction_have_their_own_caps_and_keep_the_raw_sums() -> None:
    rows = [adjustment("bonus", "40"), adjustment("bonus", "22"), adjustment("deduction", "55")]
    made = composed(DEFAULT, GOOD, *rows)
    assert (made.bonus_raw, made.bonus_counted) == (62, 50)
    assert (made.deduction_raw, made.deduction_counted) == (55, 50)
    assert str(made.total) == "90.90"
    assert readds(made)


def test_without_a_cap_everything_counts() -> None:
    scheme = changed(TEXT, ('bonus_cap = "50"', ""))
    assert composed(scheme, GOOD, adjustment("bonus", "62")).bonus_counted == 62


def test_a_base_of_1000_gives_the_same_parts_times_ten() -> None:
    # 555 + 264 + 90 = 909
    scheme = changed(TEXT, ('base = "100"', 'base = "1000"'), ("decimals = 2", "decimals = 1"))
    made = composed(scheme, GOOD)
    assert [node.converted for node in made.nodes] == [555, 264, 90]
    assert str(made.total) == "909.0"
    assert readds(made, base=1000)


@pytest.mark.parametrize(("exact", "record"), [("89.995", "90.00"), ("89.994", "89.99")])
def test_the_score_of_record_is_rounded_once_half_up(exact: str, record: str) -> None:
    made = composed(DEFAULT, scores(indicators=exact, public=exact, internal=exact))
    assert made.total_exact == Fraction(exact)
    assert str(made.total) == record


def test_a_missing_part_gives_its_weight_to_its_siblings() -> None:
    # (92.5 x 60 + 90 x 10) / 70 = 6450 / 70 = 92.142857...
    made = composed(DEFAULT, scores(indicators="92.5", public=None, internal="90"))
    assert made.total_exact == Fraction(6450, 70)
    assert [node.share for node in made.nodes] == [Fraction(6, 7), 0, Fraction(1, 7)]
    assert made.nodes[1].note == "没有得分，权重已分给其他构成"
    assert made.missing == ()
    assert readds(made)


def test_a_missing_part_counts_nothing_where_the_scheme_says_zero() -> None:
    scheme = changed(TEXT, ('"redistribute"', '"zero"'))
    made = composed(scheme, scores(indicators="92.5", internal="90"))
    assert str(made.total) == "64.50"  # 55.50 + 9.00
    assert readds(made)


def test_a_missing_part_is_told_and_there_is_no_total_where_the_scheme_says_fail() -> None:
    scheme = changed(TEXT, ('"redistribute"', '"fail"'))
    made = composed(scheme, scores(indicators="92.5"))
    assert (made.total, made.total_exact) == (None, None)
    assert [problem.text() for problem in made.missing] == [
        "统计局：没有「公众评议」的得分。请补齐数据，或在方案中改变缺项的处理。",
        "统计局：没有「内部评估」的得分。请补齐数据，或在方案中改变缺项的处理。",
    ]


def test_nothing_at_all_is_no_total_and_no_zero() -> None:
    made = composed(DEFAULT, {})
    assert (made.total, made.total_exact) == (None, None)


def test_inner_nodes_carry_the_tree_and_the_nodes_below_a_leaf() -> None:
    # b = 80 x 0.7 + 90 x 0.3 = 83; total = 90 x 0.6 + 83 x 0.4 = 54 + 33.2 = 87.2
    leaves = scores(a="90", b_d="90")
    below = NodeScore("b/c/x", "rater_class", "市民", None, Fraction(1), Fraction(80), Fraction(80))
    leaves["u", "b/c"] = LeafScore(Fraction(80), 1.0, 9, (below,))
    made = composed(changed(TREE), leaves)
    assert [node.path for node in made.nodes] == ["a", "b", "b/c", "b/c/x", "b/d"]
    assert made.nodes[1].score == 83
    assert made.total_exact == Fraction("87.2")
    assert made.n == 9
    assert readds(made)


def test_errors_add_by_their_squared_weights() -> None:
    # Two surveys of se 3 and 4, shares 0.7 and 0.3, in a block of 0.4; indicators have none.
    # block: sqrt(0.49 x 9 + 0.09 x 16) = sqrt(5.85); total: 0.4 x that = 0.967471
    leaves = scores(a="90")
    leaves["u", "b/c"] = LeafScore(Fraction(80), 3.0, 50)
    leaves["u", "b/d"] = LeafScore(Fraction(90), 4.0, 10)
    made = composed(changed(TREE), leaves)
    assert made.nodes[1].se == pytest.approx(5.85**0.5)
    assert made.se == pytest.approx(0.4 * 5.85**0.5)
    assert made.lo == pytest.approx(float(made.total_exact or 0) - 1.959964 * 0.4 * 5.85**0.5)


def test_an_error_that_is_not_known_is_not_made_up() -> None:
    leaves = scores(a="90")
    leaves["u", "b/c"] = LeafScore(Fraction(80), None, 1)
    leaves["u", "b/d"] = LeafScore(Fraction(90), 4.0, 10)
    assert composed(changed(TREE), leaves).se is None


def test_by_rank_each_place_costs_a_step_and_equals_share_the_better_place() -> None:
    # full 200, step 2 %: 200, 196, 196, 188; another class starts again at 200
    scheme = transformed('{kind = "rank", full = "200", step = "0.02"}')
    assert scores_of(scheme, a="90", b="85", c="85", d="70", other="10") == {
        "a": 200,
        "b": 196,
        "c": 196,
        "d": 188,
        "other": 200,
    }


def test_by_rank_the_tenth_gets_164_of_200() -> None:
    scheme = transformed('{kind = "rank", full = "200", step = "0.02"}')
    assert scores_of(scheme, **{f"r{n}": str(100 - n) for n in range(10)})["r9"] == 164


def test_by_ratio_the_best_gets_the_full_mark() -> None:
    scheme = transformed('{kind = "ratio_to_best"}')
    assert scores_of(scheme, a="80", b="60", c=None) == {"a": 100, "b": 75, "c": None}
    assert scores_of(scheme, a="0", b="0") == {"a": 0, "b": 0}


def test_by_bands_the_first_band_reached_counts() -> None:
    bands = '{kind = "bands", bands = [{min = 90, points = 100}, {min = "60", points = 80}]}'
    found = scores_of(transformed(bands), a="90", b="89.99", c="59")
    assert found == {"a": 100, "b": 80, "c": 0}


def transformed(transform: str) -> Scheme:
    return changed(TREE, ('name = "评议"', f'name = "评议"\ntransform = {transform}'))


def scores_of(scheme: Scheme, **by_ratee: str | None) -> dict[str, Fraction | None]:
    """The scores of the block b, after its transform, for ratees with these scores before."""
    ratees = [RateeRow(key, key, "x" if key == "other" else "unit", "") for key in by_ratee]
    leaves = {
        (key, path): LeafScore(None if score is None else Fraction(score))
        for key, score in by_ratee.items()
        for path in ("b/c", "b/d")
    }
    return {key: one.score_of("b") for key, one in compose(scheme, ratees, leaves).items()}


@pytest.mark.parametrize(
    ("effect", "total", "exact"), [("no_excellent", "90.90", "90.9"), ("zero", "0.00", "90.9")]
)
def test_a_veto_never_deletes_the_arithmetic(effect: str, total: str, exact: str) -> None:
    scheme = changed(TEXT, ('effect = "no_excellent"', f'effect = "{effect}"'))
    made = composed(scheme, GOOD, vetoes=[VetoRow("u", "safety", "1号", None)])
    assert str(made.total) == total
    assert made.total_exact == Fraction(exact)
    assert [veto.name for veto in made.vetoes] == ["重大安全事故"]
    assert readds(made)


def test_names_of_classes_and_vetoes_become_the_keys_of_the_scheme() -> None:
    ratees = (RateeRow("u", "甲区", "区县", ""), RateeRow("v", "统计局", "unit", ""))
    bound = bind(Inputs(ratees, vetoes=(VetoRow("u", "重大安全事故", "1号", None),)), DEFAULT)
    assert [row.ratee_class for row in bound.ratees] == ["county", "unit"]
    assert bound.vetoes[0].veto == "safety"


def test_a_class_or_veto_the_scheme_does_not_know_is_told() -> None:
    vetoes = (VetoRow("u", "事故", "1号", None),)
    inputs = Inputs((RateeRow("u", "甲区", "区", ""),), vetoes=vetoes)
    with pytest.raises(InputError) as caught:
        bind(inputs, DEFAULT)
    assert [problem.text() for problem in caught.value.problems] == [
        "甲区：方案里没有类别 区。可用的有：区县。",
        "u：方案里没有否决事项 事故。"
        "可用的有：重大安全事故、重大群体性事件、领导班子严重违纪违法、数据弄虚作假。",
    ]


MARK = st.integers(0, 10**6).map(lambda n: Fraction(n, 10**4))
LEAF_PATHS = ("a", "b/c", "b/d")
MARKS = st.fixed_dictionaries({path: st.none() | MARK for path in LEAF_PATHS})
POINTS = st.lists(st.integers(1, 9000).map(lambda n: str(Decimal(n) / 100)), max_size=4)


def leaves_of(marks: Mapping[str, Fraction | None]) -> dict[tuple[str, str], LeafScore]:
    return {("u", path): LeafScore(score) for path, score in marks.items()}


@given(
    marks=MARKS, bonus=POINTS, deduction=POINTS, policy=st.sampled_from(["redistribute", "zero"])
)
def test_parts_re_add_and_caps_are_never_crossed(
    marks: dict[str, Fraction | None], bonus: list[str], deduction: list[str], policy: str
) -> None:
    text = TREE.replace('"redistribute"', f'"{policy}"')
    scheme = changed(text + '[adjustments]\nbonus_cap = "20"\ndeduction_cap = "5.5"\n')
    rows = [adjustment("bonus", one) for one in bonus]
    rows += [adjustment("deduction", one) for one in deduction]
    made = composed(scheme, leaves_of(marks), *rows)
    assert made.bonus_counted <= 20
    assert made.deduction_counted <= Decimal("5.5")
    assert made.bonus_raw == sum(map(Decimal, bonus))
    if made.total_exact is None:
        assert all(score is None for score in marks.values())
    else:
        assert readds(made)
        assert abs(Fraction(made.total or 0) - made.total_exact) <= Fraction(1, 200)


@given(marks=MARKS, path=st.sampled_from(LEAF_PATHS), more=MARK)
def test_a_raised_mark_never_lowers_the_total(
    marks: dict[str, Fraction | None], path: str, more: Fraction
) -> None:
    before = marks[path]
    if before is None:
        before = marks[path] = Fraction(0)
    low = composed(changed(TREE), leaves_of(marks)).total_exact
    high = composed(changed(TREE), leaves_of(marks | {path: before + more})).total_exact
    assert low is not None
    assert high is not None
    assert low <= high


@given(marks=st.fixed_dictionaries(dict.fromkeys(LEAF_PATHS, MARK)))
def test_a_total_lies_between_the_lowest_and_the_highest_part(marks: dict[str, Fraction]) -> None:
    total = composed(changed(TREE), leaves_of(marks)).total_exact
    assert total is not None
    assert min(marks.values()) <= total <= max(marks.values())
