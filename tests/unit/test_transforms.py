"""Transforms one after the other: coefficients by word, band and line, and the steps they leave."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.binding import bind
from analysis.composition import Composed, compose
from analysis.figures import factor
from analysis.inputs import FigureRow, Inputs
from analysis.results import LeafScore
from analysis.scheme import Scheme
from analysis.scheme.transforms import Coefficient
from forms.problems import InputError
from tests.unit.composing import leaf, node_of, ratee, readds, scheme_of, scores

TIERS = 'table = {t1 = "1.000", t3 = "1.072", t6 = "1.180"}'
BANDS = 'bands = [{min = "20", factor = "1.2"}, {min = "10", factor = "1.1"}]'
LINE = (
    'line = [{at = "0", factor = "0.95"}, {at = "11", factor = "1"}, {at = "16", factor = "1.05"}]'
)


def coefficient(figure: str, rule: str, more: str = "") -> str:
    return f'[[component.transform]]\nkind = "coefficient"\nfigure = "{figure}"\n{rule}\n{more}'


def with_(*transforms: str, missing: str = "redistribute") -> Scheme:
    return scheme_of(leaf("a", "100"), *transforms, missing=missing)


def one(scheme: Scheme, score: str, **figures: str) -> Composed:
    rows = [FigureRow("u", figure, value) for figure, value in figures.items()]
    return compose(scheme, [ratee("u")], scores({("u", "a"): score}), figures=rows)["u"]


def rule_of(scheme: Scheme) -> Coefficient:
    rule = scheme.components[0].transforms[0].coefficient
    assert rule is not None
    return rule


@pytest.mark.parametrize(
    ("rule", "value", "by"),
    [
        (TIERS, "t3", "1.072"),
        (BANDS, "20", "1.2"),
        (BANDS, "19.99", "1.1"),
        (BANDS, "9", None),
        # between 0 and 11: 0.95 + 0.05 × 4/11 = 0.95 + 0.2/11
        (LINE, "4", Fraction("0.95") + Fraction("0.2") / 11),
        # between 11 and 16: 1 + 0.05 × 2/5 = 1.02
        (LINE, "13", "1.02"),
        (LINE, "11", "1"),
        (LINE, "-3", "0.95"),
        (LINE, "99", "1.05"),
        (LINE, None, None),
    ],
)
def test_a_factor_follows_the_figure_exactly(rule: str, value: str | None, by: object) -> None:
    found = factor(rule_of(with_(coefficient("x", rule))), value)
    assert found == (None if by is None else Fraction(by))  # type: ignore[arg-type]


def test_transforms_follow_one_another_and_leave_their_steps() -> None:
    # 92 × 1.072 = 98.624; × (1 + 0.05 × 2/5 = 1.02) = 100.59648: scores may exceed 100
    scheme = with_(coefficient("tier", TIERS), coefficient("gdp", LINE))
    made = one(scheme, "92", tier="t3", gdp="13")
    steps = node_of(made, "a").steps
    assert [(step.before, step.factor, step.after) for step in steps] == [
        (92, Fraction("1.072"), Fraction("98.624")),
        (Fraction("98.624"), Fraction("1.02"), Fraction("100.59648")),
    ]
    assert [step.text() for step in steps] == [
        "按依据数据「tier」（t3）乘系数 1.072；换算前 92.00",
        "按依据数据「gdp」（13）乘系数 1.02；换算前 98.62",
    ]
    assert str(made.total) == "100.60"
    assert readds(made)


def test_without_the_figure_the_default_holds_and_says_so() -> None:
    made = one(with_(coefficient("gdp", LINE, 'default = "1"')), "92")
    assert made.total_exact == 92
    assert node_of(made, "a").note == "没有依据数据「gdp」，乘默认系数 1；换算前 92.00"


def test_without_figure_and_default_the_score_is_missing_and_the_problem_names_both() -> None:
    made = one(with_(coefficient("tier", TIERS), missing="fail"), "92")
    assert made.total is None
    assert [problem.text() for problem in made.missing] == [
        "u a：没有依据数据「tier」，不能换算；换算前 92.00。"
        "请在「依据数据」补入或改正，或在方案里写默认系数。"
    ]


def test_a_missing_figure_hands_the_weight_on_where_the_scheme_says_so() -> None:
    scheme = scheme_of(leaf("a", "40"), coefficient("x", BANDS), leaf("b", "60"))
    leaves = scores({("u", "a"): "90", ("u", "b"): "70"})
    made = compose(scheme, [ratee("u")], leaves, figures=[FigureRow("u", "x", "9")])["u"]
    assert made.total_exact == 70
    assert [note.text() for note in node_of(made, "a").notes] == [
        "依据数据「x」是 9，没有对应的系数，不能换算；换算前 90.00",
        "没有得分，权重已分给其他构成",
    ]
    assert readds(made)


@pytest.mark.parametrize(
    ("rule", "value", "complaint"),
    [
        (TIERS, "t9", "u：依据数据「x」不能是 t9。方案的系数表里有：t1、t3、t6。"),
        (LINE, "11%", "u：依据数据「x」11% 不是数。请只填数字。"),
    ],
)
def test_a_figure_the_coefficient_cannot_take_is_refused(
    rule: str, value: str, complaint: str
) -> None:
    inputs = Inputs((ratee("u"),), figures=(FigureRow("u", "x", value),))
    with pytest.raises(InputError) as caught:
        bind(inputs, with_(coefficient("x", rule)))
    assert [problem.text() for problem in caught.value.problems] == [complaint]


def test_the_interval_moves_with_the_coefficient_and_is_not_cut_at_100() -> None:
    # 96 ± 1.96 × 4 reaches above 100: cut there without a coefficient, at 118 with × 1.18
    leaves = {("u", "a"): LeafScore(Fraction(96), 4.0, 50)}
    plain = scheme_of(leaf("a", "100", "questionnaire"))
    by = scheme_of(leaf("a", "100", "questionnaire"), coefficient("tier", TIERS))
    rows = [FigureRow("u", "tier", "t6")]
    assert node_of(compose(plain, [ratee("u")], leaves)["u"], "a").hi == 100
    node = node_of(compose(by, [ratee("u")], leaves, figures=rows)["u"], "a")
    assert node.score == Fraction("113.28")
    assert node.se == pytest.approx(4 * 1.18)
    assert node.hi == pytest.approx(118)


def test_indicators_above_100_keep_the_score_within_the_interval_of_the_block() -> None:
    inner = leaf("a", "50").replace("component]]", "component.component]]")
    asked = leaf("b", "50", "questionnaire").replace("component]]", "component.component]]")
    scheme = scheme_of('[[component]]\nkey = "n"\nname = "n"\nweight = "100"', inner, asked)
    leaves = {
        ("u", "n/a"): LeafScore(Fraction(120)),
        ("u", "n/b"): LeafScore(Fraction(98), 2.0, 9),
    }
    node = node_of(compose(scheme, [ratee("u")], leaves)["u"], "n")
    # 0.5 × 120 + 0.5 × 98 = 109, at most 0.5 × 120 + 0.5 × 100 = 110
    assert node.score == 109
    assert node.hi == 110


MARKS = st.dictionaries(
    st.sampled_from([f"u{n}" for n in range(6)]),
    st.integers(0, 12000).map(lambda n: Fraction(n, 100)),
    min_size=1,
)
MONOTONE = (
    '[component.transform]\nkind = "rank"\nstep = "0.02"',
    '[component.transform]\nkind = "ratio_to_best"',
    '[component.transform]\nkind = "bands"\n'
    'bands = [{min = "90", points = "100"}, {min = "60", points = "80"}]',
    coefficient("x", LINE, 'default = "1.1"'),
)


@given(
    marks=MARKS,
    more=st.integers(0, 5000),
    transform=st.sampled_from(MONOTONE),
    data=st.data(),
)
def test_a_raised_mark_never_lowers_the_total_under_any_transform(
    marks: dict[str, Fraction], more: int, transform: str, data: st.DataObject
) -> None:
    who = data.draw(st.sampled_from(sorted(marks)))
    scheme = scheme_of(leaf("a", "70"), transform, leaf("b", "30"))
    ratees = [ratee(key) for key in sorted(marks)]

    def total(of: dict[str, Fraction]) -> Fraction:
        leaves = {(key, path): LeafScore(mark) for key, mark in of.items() for path in "ab"}
        made = compose(scheme, ratees, leaves)
        assert all(readds(one) for one in made.values())
        return made[who].total_exact or Fraction(0)

    assert total(marks) <= total(marks | {who: marks[who] + Fraction(more, 100)})
