"""Conditions, quotas and conversions as sentences, worked against the shipped schemes."""

from collections.abc import Iterator

import pytest
from flask import Flask

from analysis.scheme import Scheme
from survey_app.schemes import wording

TEXT = """
key = "a"
version = "1"
title = "方案"

[[component]]
key = "public"
name = "公众评议"
weight = { unit = "40", county = "40" }
source = "questionnaire"
unknown = "60"
trim = "0.05"

[[component]]
key = "work"
name = "工作"
weight = { unit = "60", county = "60", staff = "100" }

[[component.component]]
key = "half"
name = "一半"
weight = "50"
source = "indicators"
transform = { kind = "coefficient", figure = "增速", line = [
  { at = "0", factor = "1" }, { at = "10", factor = "1.1" } ], default = "1" }

[[component.component]]
key = "rest"
name = "另一半"
weight = "50"
source = "runs"
series = "monthly"
expected = 12

[[veto]]
key = "safety"
name = "安全事故"

[[grade]]
key = "good"
name = "好"
quota = [{ scope = "pool", share = "0.4" }, { scope = "parent", count = 2 }]
eligibility = [{CONDITION}]

[[grade]]
key = "rest"
name = "一般"

[ratee_class]
unit = "市直单位"
county = "区县"
staff = "科员"
"""
SAID = {
    '{ grades = ["good"], at_least = 2 }': "本期以前评为好：至少 2 次",
    '{ grades = ["rest"], at_most = 0, span = "all" }': "本期之内和以前评为一般：至多 0 次",
    '{ grades = ["good", "rest"], every = true }': "本期以前评为好、一般：每次都是",
    '{ grades = ["rest"], consecutive = 2 }': "最近 2 期都评为一般",
    '{ grades = ["优秀"], series = "year", at_least = 1 }': (
        "本期以前评为优秀：至少 1 次（“year”的结果）"
    ),
    '{ parent = ["good"] }': "所属单位评为好",
    '{ last = 1, scope = "group" }': "同组中列末 1 名",
    '{ first = 3, scope = "all", consecutive = 2 }': "全部评议对象中列前 3 名，连续 2 期",
    '{ score = "total", below = "60" }': "总分低于 60",
    '{ score = "public", reaches = "85" }': "“公众评议”的得分达到 85",
    '{ veto = ["safety"] }': "有一票否决：安全事故",
    "{ veto = [] }": "有一票否决：任何一项",
}


@pytest.fixture
def in_request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def scheme(condition: str = "{ veto = [] }") -> Scheme:
    return Scheme.load(TEXT.replace("{CONDITION}", condition).encode())


@pytest.mark.usefixtures("in_request")
@pytest.mark.parametrize("condition", SAID)
def test_a_condition_is_a_sentence(condition: str) -> None:
    found = scheme(condition)
    assert wording.all_of(found, found.grades[0].eligibility) == [SAID[condition]]


@pytest.mark.usefixtures("in_request")
def test_what_follows_from_a_grade_counts_the_present_period() -> None:
    for n, words in ((1, "本期评为一般"), (2, "连本期在内，最近 2 期都评为一般")):
        found = scheme(f'{{ grades = ["rest"], consecutive = {n} }}')
        said = wording.all_of(found, found.grades[0].eligibility, is_after=True)
        assert said == [words]


@pytest.mark.usefixtures("in_request")
def test_places_are_told_with_their_rounding() -> None:
    first, second = scheme().grades[0].quotas
    assert wording.quota_words(first) == "每一池的 40% 以内，舍去小数"
    assert wording.quota_words(second) == "每个单位 2 名以内"


@pytest.mark.usefixtures("in_request")
def test_the_tree_tells_shares_of_the_total_and_what_a_leaf_counts() -> None:
    """Work is 60 for units and 100 for staff; half of it is 30 and 50 of the total."""
    public, work = wording.tree(scheme())
    assert [(one.ratee_class, one.weight) for one in public.shares] == [("区县、市直单位", "40")]
    assert "“不了解”按 60 分计" in public.facts
    assert "去掉最高和最低各 5%" in public.facts
    half, rest = work.children
    assert {(one.ratee_class, one.weight, one.effective) for one in half.shares} == {
        ("区县、市直单位", "50", "30"),
        ("科员", "50", "50"),
    }
    assert half.facts[-1] == (
        "乘系数：按“增速”，0 → 1，10 → 1.1（两点之间按直线）；没有这项数据时为 1"
    )
    assert "合并期间内“monthly”的各期得分：取平均" in rest.facts
    assert "应有 12 期，缺的要说明" in rest.facts
