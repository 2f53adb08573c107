"""Totals that take their parent's total: in order, in chains, never in circles."""

from fractions import Fraction

import pytest

from analysis.binding import bind
from analysis.composition import compose
from analysis.inputs import AdjustmentRow, HistoryRow, Inputs, RateeRow, VetoRow
from analysis.results import LeafScore
from analysis.scheme import Scheme
from forms.problems import InputError
from tests.unit.composing import entry, leaf, node_of, ratee, readds, scheme_of, scores

TWO = (
    leaf("own", '{unit = "100", staff = "70"}'),
    leaf("above", '{staff = "30"}', "parent"),
)


def chain(missing: str = "redistribute", more: str = "") -> Scheme:
    """One class: half of the total is one's own, half the parent's."""
    own, above = leaf("own", "50"), leaf("above", "50", "parent", more)
    return scheme_of(own, above, missing=missing)


def test_a_person_takes_the_unit_s_total_in_percent_with_its_adjustments() -> None:
    # unit: 900 + 30 = 930 of 1000 = 93 %; person: 0.7 × 80 + 0.3 × 93 = 83.9, of 1000: 839
    scheme = scheme_of(*TWO, head='base = "1000"')
    people = [ratee("p", "staff", "统计局"), ratee("u", name="统计局")]
    made = compose(
        scheme, people, scores({("u", "own"): "90", ("p", "own"): "80"}), [entry("bonus", "30")]
    )
    assert made["u"].total_exact == 930
    assert node_of(made["p"], "above").score == 93
    assert node_of(made["p"], "above").note == "所属单位「统计局」的总分 930.00，满分 1000"
    assert made["p"].total_exact == 839
    assert readds(made["p"])


def test_a_unit_vetoed_to_zero_counts_zero_for_its_staff() -> None:
    veto = '[[veto]]\nkey = "v"\nname = "v"\neffect = "zero"'
    people = [ratee("u"), ratee("p", "staff", "u")]
    leaves = scores({("u", "own"): "90", ("p", "own"): "80"})
    made = compose(scheme_of(*TWO, veto), people, leaves, (), [VetoRow("u", "v", "1号", None)])
    assert made["p"].total_exact == 56


def test_a_chain_is_walked_from_the_top_whatever_the_order_of_rows() -> None:
    # a 80 (its own alone); b (90 + 80) / 2 = 85; c (60 + 85) / 2 = 72.5; d (100 + 72.5) / 2
    people = [ratee("d", parent="c"), ratee("b", parent="a"), ratee("c", parent="b"), ratee("a")]
    leaves = scores({(k, "own"): m for k, m in zip("abcd", ("80", "90", "60", "100"), strict=True)})
    made = compose(chain(), people, leaves)
    assert [made[key].total_exact for key in "abcd"] == [
        80,
        85,
        Fraction("72.5"),
        Fraction("86.25"),
    ]
    assert node_of(made["a"], "above").notes[0].text() == "名册里没有写所属单位"
    backwards = compose(chain(), people[::-1], leaves)
    assert {key: one.total_exact for key, one in backwards.items()} == {
        key: one.total_exact for key, one in made.items()
    }


def test_a_circle_is_refused_by_name() -> None:
    people = [ratee("a", parent="c"), ratee("b", parent="a"), ratee("c", parent="b")]
    with pytest.raises(InputError) as caught:
        compose(chain(), [*people, ratee("d", parent="a")], {})
    assert [problem.text() for problem in caught.value.problems] == [
        "a：所属单位绕成了圈：a → c → b → a。请在名册里改正「所属单位」。"
    ]


def test_a_parent_without_a_total_is_missing_and_so_is_one_that_is_no_ratee_here() -> None:
    people = [ratee("u"), ratee("p", "staff", "u"), ratee("q", "staff", "外单位")]
    leaves = scores({("p", "own"): "80", ("q", "own"): "80"})
    made = compose(scheme_of(*TWO), people, leaves)
    assert made["p"].total_exact == 80
    assert "所属单位「u」没有总分" in node_of(made["p"], "above").note
    assert "所属单位「外单位」不在本次核算的名册里" in node_of(made["q"], "above").note
    strict = compose(scheme_of(*TWO, missing="fail"), people, leaves)
    assert [problem.text() for problem in strict["p"].missing] == [
        "p：没有「above」的得分。请补齐数据，或在方案中改变缺项的处理。"
    ]


def test_the_parent_s_error_goes_on() -> None:
    scheme = scheme_of(
        leaf("asked", '{unit = "100"}', "questionnaire"),
        leaf("own", '{staff = "50"}'),
        leaf("above", '{staff = "50"}', "parent"),
    )
    people = [ratee("u"), ratee("p", "staff", "u")]
    leaves = {
        ("u", "asked"): LeafScore(Fraction(80), 4.0, 30),
        ("p", "own"): LeafScore(Fraction(9)),
    }
    made = compose(scheme, people, leaves)
    assert made["p"].se == pytest.approx(2)
    assert made["p"].n == 30


def test_ranks_that_feed_on_themselves_are_refused() -> None:
    more = '[component.transform]\nkind = "ratio_to_best"'
    people = [ratee("a"), ratee("b", parent="a"), ratee("c", parent="b")]
    leaves = scores({("a", "own"): "50", ("b", "own"): "90", ("c", "own"): "10"})
    scheme = chain(missing="zero", more=more)
    with pytest.raises(InputError, match="取决于同类的名次或比值"):
        compose(scheme, people, leaves)


def test_components_of_other_classes_do_not_exist() -> None:
    scheme = scheme_of(*TWO)
    made = compose(scheme, [ratee("u")], scores({("u", "own"): "90"}))["u"]
    assert [node.path for node in made.nodes] == ["own"]
    assert node_of(made, "own").share == 1
    assert made.missing == ()


def test_a_class_without_weights_is_refused() -> None:
    people: tuple[RateeRow, ...] = (ratee("x", "visitor", name="来客"),)
    with pytest.raises(InputError) as caught:
        bind(Inputs(people), scheme_of(*TWO))
    assert [problem.text() for problem in caught.value.problems] == [
        "来客：方案没有给类别 visitor 的权重（1 个评议对象）。"
        "请改正名册里的类别，或在方案中写上权重。"
    ]


def test_multipliers_need_a_source_that_allows_them() -> None:
    rows: tuple[AdjustmentRow, ...] = (entry("bonus", "1", multiplier="3"),)
    with pytest.raises(InputError, match="方案没有允许成倍加减分"):
        bind(Inputs((ratee("u"),), adjustments=rows), scheme_of(leaf("own", "100")))


def test_a_part_of_weight_0_makes_no_total_by_itself() -> None:
    # Never a silent 0: nothing that weighs has a score.
    scheme = scheme_of(leaf("own", "100"), leaf("tried", "0"))
    made = compose(scheme, [ratee("u")], scores({("u", "tried"): "90"}))["u"]
    assert made.total is None
    whole = compose(scheme, [ratee("u")], scores({("u", "own"): "80", ("u", "tried"): "90"}))
    assert whole["u"].total == 80


def test_a_result_with_and_without_the_name_of_the_own_series_is_there_twice() -> None:
    # Counted twice, and by chance in a leaf of runs.
    rows = (HistoryRow("u", "2025", "好"), HistoryRow("u", "2025", "差", "t"))
    with pytest.raises(InputError, match="u 2025 与 u t 2025 重复"):
        bind(Inputs((ratee("u"),), history=rows), scheme_of(leaf("own", "100")))
    bind(Inputs((ratee("u"),), history=rows[:1]), scheme_of(leaf("own", "100")))
