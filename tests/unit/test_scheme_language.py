"""What the language of schemes says, and what it refuses."""

import pytest

from analysis.scheme import Scheme
from forms.problems import InputError

HEAD = """
key = "s"
version = "1"
title = "试"
[[component]]
key = "a"
name = "甲"
"""


def load(text: str) -> Scheme:
    return Scheme.load(text.encode())


def problems_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(text)
    return [problem.text() for problem in caught.value.problems]


BY_CLASS = """
key = "s"
version = "1"
title = "年度"
[[component]]
key = "months"
name = "月度"
weight = {team = "40", cadre = "30"}
source = "runs"
series = "monthly"
expected = 12
[[component]]
key = "review"
name = "年终评议"
weight = {team = "60", cadre = "60"}
source = "appraisal"
[[component]]
key = "unit"
name = "所在单位"
weight = {cadre = "10"}
source = "parent"
"""


def test_a_component_exists_only_for_the_classes_it_weighs() -> None:
    scheme = load(BY_CLASS)
    applies = {
        one: [leaf.key for leaf in scheme.leaves() if leaf.applies_to(one)]
        for one in ("team", "cadre", "other")
    }
    assert applies == {
        "team": ["months", "review"],
        "cadre": ["months", "review", "unit"],
        "other": [],
    }
    assert scheme.components[0].weight.words() == "40/30"


def test_siblings_add_to_100_for_every_class() -> None:
    assert problems_of(BY_CLASS.replace('cadre = "10"', 'cadre = "15"')) == [
        "toml:component.weight：类别 cadre 的权重之和为 105"
        "（月度 30 + 年终评议 60 + 所在单位 15），应为 100。请调整，使同级权重之和为 100。"
    ]


COEFFICIENT = HEAD + (
    'weight = "100"\nsource = "indicators"\n[component.transform]\n'
    'kind = "coefficient"\nfigure = "gdp"\n'
)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", "系数应按表、按档或按折线之一"),
        ('table = {a = "1"}\nbands = [{min = "0", factor = "1"}]', "系数应按表、按档或按折线之一"),
        ('bands = [{min = "0", factor = "1"}, {min = "5", factor = "2"}]', "档位没有从高到低"),
        ('line = [{at = "5", factor = "1"}, {at = "5", factor = "2"}]', "折线的点没有从低到高"),
    ],
)
def test_a_coefficient_follows_one_rule(rule: str, words: str) -> None:
    assert any(words in one for one in problems_of(COEFFICIENT + rule))


def test_a_falling_growth_may_have_a_factor_of_its_own() -> None:
    scheme = load(COEFFICIENT + 'line = [{at = "-2", factor = "0.9"}, {at = "8", factor = "1.1"}]')
    assert scheme.components[0].transforms[0].coefficient is not None


GRADES = HEAD + (
    'weight = "100"\nsource = "indicators"\n'
    '[[grade]]\nkey = "good"\nname = "好"\n[[grade]]\nkey = "poor"\nname = "差"\n'
)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ('{grades = ["good"]}', "没有写次数"),
        ('{grades = ["good"], at_least = 1, parent = ["good"]}', "一个条件应当只说一件事"),
        ("{}", "一个条件应当只说一件事"),
        ('{grades = ["goood"], at_least = 1}', "goood 不存在"),
        ('{parent = ["best"]}', "best 不存在"),
        ('{score = "b", below = "60"}', "b 不存在"),
        ('{score = "total"}', "分数条件应写低于或达到之一"),
        ('{veto = ["safety"]}', "safety 不存在"),
        ('{last = 1, scope = "town"}', "「范围」不能是 town"),
        ('{grades = ["good"], at_last = 1}', "是否想写 at_least"),
    ],
)
def test_a_condition_that_means_nothing_is_refused(condition: str, words: str) -> None:
    text = f'{GRADES}\n[[consequence]]\nkey = "c"\nname = "谈话"\nwhen = [{condition}]\n'
    assert any(words in one for one in problems_of(text))


def test_grades_of_another_series_are_taken_as_written() -> None:
    text = GRADES + (
        '[[restriction]]\nkey = "floor"\nname = "底线"\ngrades = ["差"]\n'
        'when = [{grades = ["一般", "较差"], series = "quarter", span = "period", at_least = 3}]\n'
    )
    assert load(text).restrictions[0].when[0].grades == ("一般", "较差")


def test_the_canonical_form_reads_back_to_itself() -> None:
    text = BY_CLASS + (
        '[[grade]]\nkey = "good"\nname = "好"\n'
        'quota = [{scope = "pool", share = "0.4"}, {scope = "all", count = 9}]\n'
        'eligibility = [{grades = ["good"], at_least = 2, span = "all"}, {parent = ["good"]}]\n'
        'priority = [{first = 3, scope = "group"}]\n'
        '[adjustments]\nbonus_cap = "50"\n'
        '[[adjustments.source]]\nkey = "media"\nname = "媒体曝光"\nkind = "deduction"\n'
        'multiplier = {low = "3", high = "10"}\n'
    )
    scheme = load(text)
    again = Scheme.from_json(scheme.as_json())
    assert again == scheme
    assert again.digest == scheme.digest


def test_shares_of_cells_are_rounded_so_that_the_whole_is_met() -> None:
    # 0.27 of 10 + 10 + 29: 2.7, 2.7, 7.83 → 2 + 2 + 7 = 11; 49 × 0.27 = 13.23 → 13, so two more:
    # the largest remainders are 0.83 and the first 0.7.
    text = GRADES.replace(
        'name = "好"\n',
        'name = "好"\nquota = {scope = "group", share = "0.27", rounding = "largest_remainder"}\n',
    )
    quota = load(text).grades[0].quotas[0]
    assert quota.all_places({"a": 10, "b": 10, "c": 29}) == {"a": 3, "b": 2, "c": 8}


def test_the_series_a_scheme_asks_for() -> None:
    text = BY_CLASS + (
        '[[grade]]\nkey = "good"\nname = "好"\n'
        'eligibility = [{grades = ["好"], series = "quarter", at_least = 2}]\n'
        '[[consequence]]\nkey = "c"\nname = "谈话"\n'
        'when = [{grades = ["good"], consecutive = 2}, {veto = []}]\n'
    )
    assert load(text).series() == {"monthly", "quarter", "s"}
