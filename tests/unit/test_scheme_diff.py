"""What two schemes differ in, told as an office would say it."""

from hypothesis import HealthCheck, given, settings

from analysis.scheme import Scheme
from tests.unit.made_schemes import schemes

BASE = """
key = "a"
version = "1"
title = "方案"

[[component]]
key = "safety"
name = "安全工作"
weight = "100"
source = "indicators"

[[veto]]
key = "safety"
name = "安全事故"
effect = "zero"

[[grade]]
key = "good"
name = "好"
min = "80"
quota = { scope = "pool", share = "0.4" }
eligibility = [{ grades = ["good"], at_least = 2 }]

[[grade]]
key = "rest"
name = "一般"
"""


def told(*changes: tuple[str, str]) -> list[str]:
    text = BASE
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return Scheme.load(BASE.encode()).diff(Scheme.load(text.encode()))


def test_fixed_words_are_told_in_chinese() -> None:
    assert told(('effect = "zero"', 'effect = "lowest_grade"'), ('"pool"', '"group"')) == [
        "一票否决 安全事故 后果 总分记零 → 评为最低等次",
        "好 名额 名额范围 同池 → 同组",
    ]


def test_parts_of_the_same_key_keep_their_own_names() -> None:
    """Both are called "safety"; the change of one is not told of the other."""
    assert told(('weight = "100"', 'weight = "100"\ncompletion_cap = "150"')) == [
        "安全工作 完成率上限 120 → 150"
    ]


def test_a_part_that_comes_or_goes_is_one_sentence() -> None:
    new = 'weight = "100"\nsource = "indicators"'
    halves = new.replace("100", "60") + '\n[[component]]\nkey = "public"\nname = "公众评议"\n'
    halves += 'weight = "40"\nsource = "questionnaire"\nmin_n = 5'
    added = told((new, halves))
    assert added[0] == "安全工作 权重 100 → 60"
    assert added[1].startswith("新增构成“公众评议”：名称 公众评议、权重 40、来源 问卷")
    assert len(added) == 2
    gone = '\n[[grade]]\nkey = "rest"\nname = "一般"\n'
    assert told((gone, "")) == ["删去等次“一般”"]


def test_a_second_condition_is_one_sentence() -> None:
    one, two = "at_least = 2 }]", 'at_least = 2 }, { score = "total", reaches = "85" }]'
    assert told((one, two)) == ["新增 好 资格 （2）：得分 total、达到 85"]


def test_another_order_is_told() -> None:
    text = BASE.replace('min = "80"\n', "")
    first = text.index("[[grade]]")
    second = text.index("[[grade]]", first + 1)
    turned = text[:first] + text[second:] + text[first:second]
    before, after = (Scheme.load(one.encode()) for one in (text, turned))
    assert before.diff(after) == ["只有先后顺序不同"]


@given(schemes(), schemes())
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_only_equal_schemes_differ_in_nothing(one: Scheme, other: Scheme) -> None:
    assert one.diff(one) == []
    assert (one.diff(other) == []) == (one.digest == other.digest)
