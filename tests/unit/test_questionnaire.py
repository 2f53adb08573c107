"""Questionnaires: what ships, what is stored, what is refused."""

from decimal import Decimal

import pytest

from forms.problems import InputError
from forms.questionnaire import Questionnaire, library, option_numbers

DEMO = """
key = "demo"
version = 1
title.zh_CN = "示例"
title.en = "Sample"
overall = "D0"
[[scale]]
key = "five"
options = [{code = "5", text = "好", points = 100}, {code = "dk", text = "不了解"}]
[[dimension]]
key = "duty"
text = "履职"
weight = 1.5
[[item]]
key = "D1"
dimension = "duty"
scale = "five"
text = "满意吗？"
[[item]]
key = "D0"
scale = "five"
text = "总体"
[[item]]
key = "T1"
kind = "text"
text = "意见"
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        Questionnaire.load(text.encode())
    return [problem.text() for problem in caught.value.problems]


def test_the_library_holds_its_questionnaires_with_their_dimensions() -> None:
    dimensions = {
        key: [one.key for one in questionnaire.dimensions]
        for key, questionnaire in library().items()
    }
    county = ["development", "livelihood", "conduct", "living", "business"]
    unit = ["duty", "efficiency", "norms", "capacity"]
    assert dimensions == {
        "county": county,
        "unit": unit,
        "service": [
            "attitude",
            "first_contact",
            "informed",
            "efficiency",
            "promise",
            "quality",
            "integrity",
        ],
        "leader": ["tasks", "duty", "teamwork", "initiative", "integrity"],
        "delegate-county": [*county, "deputies"],
        "delegate-unit": [*unit, "deputies"],
        "person": ["virtue", "ability", "diligence", "achievement", "honesty"],
        "service-post": ["attitude", "first_contact", "promise", "quality", "integrity"],
    }


@pytest.mark.parametrize("key", sorted(library()))
def test_a_questionnaire_survives_its_own_json(key: str) -> None:
    questionnaire = library()[key]
    again = Questionnaire.from_json(questionnaire.as_json())
    assert again == questionnaire
    assert again.digest == questionnaire.digest


@pytest.mark.parametrize("key", sorted(library()))
@pytest.mark.parametrize("language", ["en", "zh_TW"])
def test_every_text_that_ships_is_translated(key: str, language: str) -> None:
    questionnaire = library()[key]
    localized = questionnaire.localized(language)
    texts = [localized.title, localized.intro]
    texts += [one.text for one in (*localized.dimensions, *localized.items)]
    texts += [option.text for scale in localized.scales for option in scale.options]
    assert all(language in text.translations for text in texts)
    assert localized.title != questionnaire.title
    assert localized.digest == questionnaire.digest


def test_a_text_without_translation_stays_chinese() -> None:
    english = Questionnaire.load(DEMO.encode()).localized("en")
    assert (english.title, english.item("D1").text) == ("Sample", "满意吗？")


def test_points_of_the_citizens_and_the_leaders_scale() -> None:
    points = {
        key: {str(o.text): o.points for o in library()[key].scales[0].options}
        for key in ("unit", "leader")
    }
    assert points["unit"] == {
        "非常满意": 100,
        "满意": 80,
        "基本满意": 60,
        "不满意": 40,
        "非常不满意": 20,
        "不了解": None,
    }
    assert points["leader"] == {"优秀": 100, "良好": 80, "一般": 60, "较差": 40, "不了解": None}


@pytest.mark.parametrize(
    ("key", "items"),
    [
        ("county", ["Q1", "Q3", "Q5", "Q7", "Q9", "Q0", "T1", "C1"]),
        ("unit", ["D1", "D3", "D5", "D7", "D0", "T1", "C1"]),
    ],
)
def test_the_short_form_keeps_one_item_a_dimension(key: str, items: list[str]) -> None:
    questionnaire = library()[key]
    short = questionnaire.short()
    assert [item.key for item in short.items] == items
    assert short.dimensions == questionnaire.dimensions
    assert short.key == f"{key}.short"
    assert short.digest != questionnaire.digest
    assert Questionnaire.from_json(short.as_json()) == short


def test_only_items_with_a_scale_have_a_column() -> None:
    service = library()["service"]
    assert [item.key for item in service.coded_items][-3:] == ["S0", "S8", "C1"]
    assert [item.key for item in service.text_items] == ["T1"]
    assert all(item.dimension for item in service.scored_items)


@pytest.mark.parametrize(
    ("codes", "numbers"),
    [
        (["5", "4", "3", "2", "1", "dk"], [5, 4, 3, 2, 1, 6]),
        (["a", "b"], [1, 2]),
        (["dk", "1", "2"], [3, 1, 2]),
        (["0", "1", "256"], [2, 1, 3]),
        (["01", "1"], [2, 1]),
    ],
)
def test_whole_numbers_keep_their_value_and_others_take_a_place(
    codes: list[str], numbers: list[int]
) -> None:
    assert option_numbers(codes) == numbers


def test_numbers_stay_exact_whether_written_with_quotes_or_without() -> None:
    weight = Questionnaire.load(DEMO.encode()).dimensions[0].weight
    assert weight == Decimal("1.5")
    quoted = DEMO.replace("weight = 1.5", 'weight = "1.50"')
    assert Questionnaire.load(quoted.encode()).digest == Questionnaire.load(DEMO.encode()).digest


def test_every_problem_is_told_at_once_with_place_and_remedy() -> None:
    broken = (
        DEMO.replace('dimension = "duty"', 'dimention = "duty"')
        .replace('overall = "D0"', 'overall = "D9"')
        .replace("weight = 1.5", 'weight = "viel"')
        .replace("version = 1", "")
    )
    assert problems_of(broken) == [
        "toml:version：缺少「版本」。请补上 version。",
        'toml:dimension[1].weight：「权重」viel 不是数。请填写普通写法的数，如 "92.90"。',
        "toml:item[1].dimention：不认识的项 dimention。是否想写 dimension。",
        'toml:dimension[1]：维度 duty 没有题目。请给某题写上 dimension = "duty"，或删去该维度。',
        "toml:overall：总体评价题 D9 不存在。可用的有：D1、D0。",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('key = "D0"', 'key = "d1"', "题目编号 d1 重复"),
        ('key = "T1"', 'key = "ratee"', "题目编号 ratee 是保留字"),
        ('scale = "five"', 'scale = "six"', "量表 six 不存在"),
        (", points = 100", "", "题目 D1 要计分，但量表没有分值"),
        ('kind = "text"', 'kind = "multiple"', "题目 T1 没有量表"),
        ('"dk"', '"5"', "选项编号 5 重复"),
        ('key = "D1"', 'key = "D 1"', "含有不能使用的字符"),
        ("points = 100", 'points = "1e9"', "「分值」1e9 不是数"),
        ("points = 100", "points = nan", "「分值」NaN 不是数"),
        ("points = 100", "points = true", "「分值」True 不是数"),
    ],
)
def test_what_cannot_hold_is_refused_in_plain_words(old: str, new: str, said: str) -> None:
    assert said in "\n".join(problems_of(DEMO.replace(old, new)))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ('{item = "D0", options = ["5"]}', None),
        ('{item = "D7", options = ["5"]}', "显示条件里的 D7 不是前面的单选题"),
        ('{item = "T1", options = ["5"]}', "显示条件里的 T1 不是前面的单选题"),
        ('{item = "D0", options = ["6"]}', "选项 6 不存在"),
        ('{item = "D0", options = []}', "显示条件没有选项"),
    ],
)
def test_a_condition_names_an_earlier_choice(condition: str, said: str | None) -> None:
    text = DEMO + f"shown_if = {condition}\n"
    if said is None:
        shown_if = Questionnaire.load(text.encode()).item("T1").shown_if
        assert shown_if is not None
        assert shown_if.options == ("5",)
    else:
        assert said in "\n".join(problems_of(text))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"key = ", "不是合法的 TOML"),
        ('key = "编号"'.encode("gbk"), "编码不是 UTF-8"),
        (b"#" * 1_000_001, "文件太大"),
        (b"a=" + b"[" * 5000, "不是合法的 TOML"),
        (b"item = 3", "「题目」应为若干个表"),
    ],
)
def test_a_file_that_is_no_definition_is_refused_politely(content: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Questionnaire.load(content)
    assert said in str(caught.value)
