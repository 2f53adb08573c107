"""Schemes: what ships, what a change says, and everything wrong with a wrong one."""

import json
from decimal import Decimal

import pytest

from analysis.scheme import SCHEMES, Scheme, shipped
from analysis.scheme.checks import VOIDABLE_RULES
from forms.problems import InputError, canonical_json

DEFAULT = (SCHEMES / "zhangjiajie-2009.toml").read_text("utf-8")
SMALL = """
key = "small"
version = 1
title = "小方案"
[[component]]
key = "a"
name = "指标"
weight = 60
source = "indicators"
[[component]]
key = "b"
name = "评议"
weight = "40"
[[component.component]]
key = "c"
name = "群众"
weight = 70
source = "questionnaire"
[[component.component]]
key = "d"
name = "领导"
weight = 30
source = "questionnaire"
rater_classes.unit = {staff = 4, town = 7, county = 4}
rater_classes.town = {staff = 3, user = 6, dept = 3, county = 3}
"""


def changed(text: str, *pairs: tuple[str, str]) -> Scheme:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return Scheme.load(text.encode())


def problems_of(text: str, *pairs: tuple[str, str]) -> list[str]:
    with pytest.raises(InputError) as caught:
        changed(text, *pairs)
    return [problem.text() for problem in caught.value.problems]


def test_the_default_weighs_indicators_60_public_30_internal_10() -> None:
    scheme = shipped()["zhangjiajie-2009"]
    assert [(leaf.path, leaf.weight.of("unit")) for leaf in scheme.leaves()] == [
        ("indicators", 60),
        ("public", 30),
        ("internal", 10),
    ]
    assert (scheme.base, scheme.adjustments.bonus_cap, scheme.adjustments.deduction_cap) == (
        100,
        50,
        50,
    )
    assert len(scheme.grades[0].quotas) == 1
    assert scheme.grades[0].quotas[0].places(49) == 13
    for leaf in scheme.leaves()[1:]:
        assert sum(weight for _, weight in leaf.rater_classes.of("unit")) == 100
        assert set(leaf.all_rater_classes()) <= set(scheme.rater_classes)
    assert len(scheme.rater_classes) > 10


@pytest.mark.parametrize("key", sorted(shipped()))
def test_a_frozen_scheme_is_the_scheme(key: str) -> None:
    scheme = shipped()[key]
    frozen = Scheme.from_json(json.loads(canonical_json(scheme.as_json())))
    assert frozen == scheme
    assert frozen.digest == scheme.digest


def test_spelling_of_numbers_does_not_change_the_digest() -> None:
    assert changed(SMALL, ("weight = 60", 'weight = "60.0"')).digest == changed(SMALL).digest


def test_a_change_is_told_in_words() -> None:
    before = shipped()["zhangjiajie-2009"]
    after = changed(
        DEFAULT,
        ('weight = "30"', 'weight = "35"'),
        ('weight = "60"', 'weight = "55"'),
        ('village = "5"', 'village = "4"'),
        ('share = "0.27" }', "count = 13 }"),
        ('missing = "redistribute"', ""),
    )
    assert before.diff(after) == [
        "缺项的处理 按其余构成重新分配权重 → 不出结果",
        "指标考核 权重 60 → 55",
        "公众评议 权重 30 → 35",
        "公众评议 评议主体权重 村居基层 5 → 4",
        "优秀 名额 比例 0.27 → —",
        "优秀 名额 个数 — → 13",
    ]
    assert before.diff(before) == []


def test_every_problem_is_told_at_once_with_path_name_and_remedy() -> None:
    assert problems_of(
        DEFAULT,
        ('weight = "30"', 'weigth = "30"'),
        ('share = "0.27"', 'share = "27%"'),
        ('village = "5"', 'vilage = "5"'),
        ('"public", "ind', '"pubic", "ind'),
    ) == [
        "toml:component[2].weight：缺少「权重」。请补上 weight。",
        "toml:component[2].weigth：不认识的项 weigth。是否想写 weight。",
        'toml:grade[1].quota.share：「比例」27% 不是数。请填写普通写法的数，如 "92.90"。',
        "toml:component.weight：权重之和为 70（指标考核 60 + 公众评议 0 + 内部评估 10），"
        "应为 100。请调整，使同级权重之和为 100。",
        "toml:public.rater_classes：vilage 不存在。是否想写 village。",
        "toml:ties：pubic 不存在。是否想写 public。",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("weight = 70", "weight = 69", "component[2].component.weight：权重之和为 99"),
        ('key = "d"', 'key = "C"', "构成编号 c 重复"),
        ("weight = 30", 'weight = "-30"', "「权重」不能小于 0"),
        ('"indicators"', '"indicator"', "「来源」不能是 indicator。可选：indicators | "),
        ("staff = 4", "staff = 0", "「评议主体权重」应大于 0"),
        ('weight = "40"', 'weight = "40"\nsource = "parent"', "有下级构成的「评议」不写来源"),
        ("weight = 60", "weight = 60\nmin_n = 2.5", "「最低样本」应为 1 到 1000000000 的整数"),
        ("weight = 60", 'weight = 60\nquestionnaires = ["unit"]', "不是问卷，却写了问卷"),
        ("weight = 70", 'weight = 70\ntrim = "0.5"', "去极值比例应小于 0.5"),
        ("weight = 70", 'weight = 70\nunknown = "skip"', "「不了解的处理」不能是 skip"),
        ("weight = 60", "weight = 60\ncompletion_floor = 130", "下限高于上限"),
        ("version = 1", "version = 1\nbase = 0", "「满分」不能小于 1"),
        ("version = 1", 'version = 1\nvoid = ["straightline"]', "是否想写 straight_line"),
        ("weight = 60", 'weight = 60\ntransform.kind = "rank"', "缺少「名次级差」"),
        ("weight = 60", 'weight = 60\ntransform.kind = "bands"', "没有档位"),
        ("weight = 60", 'weight = 60\ntransform = {kind = "rank", step = 2}', "名次级差应小于 1"),
    ],
)
def test_a_component_that_cannot_hold_is_refused(old: str, new: str, said: str) -> None:
    assert said in "\n".join(problems_of(SMALL, (old, new)))


@pytest.mark.parametrize(
    ("grade", "said"),
    [
        ('quota = {scope = "all"}', "请写 count 或 share，只写一个"),
        ('quota = {count = 3, share = "0.2"}', "请写 count 或 share，只写一个"),
        ('quota = {share = "27"}', "比例不能大于 1"),
        ('quota = {scope = "district", count = 3}', "「名额范围」不能是 district"),
        ('min = "900"', "「优秀」的分数线高于满分 100"),
        ('min = "50"', "等次的分数线没有从高到低"),
        ('mni = "50"', "是否想写 min"),
    ],
)
def test_a_grade_that_cannot_hold_is_refused(grade: str, said: str) -> None:
    text = f'{SMALL}[[grade]]\nkey = "A"\nname = "优秀"\n{grade}\n'
    text += '[[grade]]\nkey = "B"\nname = "良好"\nmin = "80"\n'
    assert said in "\n".join(problems_of(text))


def test_a_scheme_without_components_says_so() -> None:
    assert "没有任何构成" in problems_of('key = "x"\nversion = 1\ntitle = "x"')[0]


def test_rater_class_weights_may_differ_by_class_of_ratee() -> None:
    leader = changed(SMALL).leaves()[-1]
    assert dict(leader.rater_classes.of("unit")) == {"town": 7, "staff": 4, "county": 4}
    assert dict(leader.rater_classes.of("town")) == {"user": 6, "staff": 3, "dept": 3, "county": 3}
    assert leader.rater_classes.of("village") == ()
    assert set(leader.all_rater_classes()) == {"staff", "town", "county", "user", "dept"}


@pytest.mark.parametrize(
    ("word", "value"), [("exclude", None), ("zero", Decimal(0)), ("60", Decimal(60))]
)
def test_dont_know_is_left_out_or_counts_as_the_scheme_says(
    word: str, value: Decimal | None
) -> None:
    leaf = changed(SMALL, ("weight = 70", f'weight = 70\nunknown = "{word}"')).leaves()[1]
    assert leaf.unknown == value


def test_a_short_form_counts_where_its_questionnaire_does() -> None:
    public = shipped()["zhangjiajie-2009"].leaves()[1]
    assert [public.takes(key) for key in ("unit", "unit.short", "leader")] == [True, True, False]
    assert shipped()["plain"].leaves()[0].takes("anything")


@pytest.mark.parametrize(
    ("share", "n", "places"), [("0.4", 1316, 526), ("0.2", 1316, 263), ("0.25", 1316, 329)]
)
def test_a_share_is_rounded_down_exactly(share: str, n: int, places: int) -> None:
    # 1316 x 40 % = 526.4, x 20 % = 263.2, x 25 % = 329
    text = f'{SMALL}[[grade]]\nkey = "A"\nname = "优秀"\nquota = {{share = "{share}"}}\n'
    quota = changed(text).grades[0].quotas[0]
    assert quota is not None
    assert quota.places(n) == places


def test_the_rules_a_scheme_may_name_are_those_of_screening() -> None:
    from analysis.screening import VOIDABLE_RULES as OF_SCREENING

    assert set(VOIDABLE_RULES) == set(OF_SCREENING)


def test_a_class_the_scheme_does_not_name_is_called_as_elsewhere() -> None:
    plain = shipped()["plain"]
    assert "delegate_city" not in plain.rater_classes
    assert str(plain.rater_class_name("delegate_city")) == "市人大代表"
    assert str(plain.rater_class_name("unheard_of")) == "unheard_of"
