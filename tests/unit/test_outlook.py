"""What earlier results alone leave open: the table of source 002, and what waits for scores."""

import pytest

from analysis.inputs import HistoryRow, RateeRow
from analysis.outlook import Outlook, outlook, outlooks
from analysis.scheme import Scheme, shipped
from tests.unit.marked import ONE_PART, quarters, scheme_of, units

ANNUAL = """
[[grade]]
key = "excellent"
name = "优秀"
eligibility = [
    {grades = ["好"], series = "quarterly", span = "period", at_least = 2},
    {grades = ["一般", "较差"], series = "quarterly", span = "period", at_most = 0},
]
priority = [{grades = ["好"], series = "quarterly", span = "period", at_least = 4}]
[[grade]]
key = "competent"
name = "称职"
[[grade]]
key = "basic"
name = "基本称职"
[[grade]]
key = "incompetent"
name = "不称职"
[[restriction]]
key = "floor"
name = "一般、较差累计超过 2 次"
when = [{grades = ["一般", "较差"], series = "quarterly", span = "period", at_least = 3}]
grades = ["basic", "incompetent"]
[[restriction]]
key = "poor"
name = "均为较差"
when = [{grades = ["较差"], series = "quarterly", span = "period", every = true, at_least = 2}]
grades = ["incompetent"]
"""
SCHEME = scheme_of(ONE_PART, ANNUAL)
ALL = ("excellent", "competent", "basic", "incompetent")
NOT_EXCELLENT = ALL[1:]


def of(words: str, scheme: Scheme = SCHEME) -> Outlook:
    ratee = RateeRow("a", "人员0001", "person", "", "person")
    return outlook(scheme, ratee, quarters("a", words), "2026")


@pytest.mark.parametrize(
    ("words", "allowed", "has_priority"),
    [
        pytest.param("好 好 好 好", ALL, True, id="002-a"),
        pytest.param("好 好 较好 较好", ALL, False, id="002-b"),
        pytest.param("好 好 好 一般", NOT_EXCELLENT, False, id="002-c"),
        pytest.param("好 较好 较好 较好", NOT_EXCELLENT, False, id="002-d"),
        pytest.param("一般 较差 较好 较好", NOT_EXCELLENT, False, id="002-e"),
        pytest.param("一般 一般 较差 较好", ("basic", "incompetent"), False, id="002-f"),
        pytest.param("较差 较差 较差 较差", ("incompetent",), False, id="002-g"),
        pytest.param("好 好 好 -", ALL, False, id="three of four, all good"),
        pytest.param("- - - 好", NOT_EXCELLENT, False, id="one quarter"),
        pytest.param("- - 较差 较差", ("incompetent",), False, id="two quarters, both poor"),
        pytest.param("-", NOT_EXCELLENT, False, id="no quarter"),
    ],
)
def test_002_a_to_g(words: str, allowed: tuple[str, ...], has_priority: bool) -> None:
    found = of(words)
    assert (found.allowed, found.has_priority) == (allowed, has_priority)


def test_002_the_shipped_scheme_says_the_same() -> None:
    scheme = shipped()["hengyang-annual"]
    table = {
        "好 好 好 好": (ALL, True),
        "好 好 较好 较好": (ALL, False),
        "好 好 好 一般": (NOT_EXCELLENT, False),
        "好 较好 较好 较好": (NOT_EXCELLENT, False),
        "一般 较差 较好 较好": (NOT_EXCELLENT, False),
        "一般 一般 较差 较好": (("basic", "incompetent"), False),
        "较差 较差 较差 较差": (("incompetent",), False),
    }
    ratee = RateeRow("a", "人员0001", "servant", "", "person")
    for words, expected in table.items():
        rows = quarters("a", words, series="hengyang-quarterly")
        found = outlook(scheme, ratee, rows, "2026")
        assert (found.allowed, found.has_priority) == expected


def test_002_c_every_refusal_names_the_rule_with_its_figures() -> None:
    year = "2026年第一季度—2026年第四季度"
    assert [one.text() for one in of("好 好 好 一般").refusals["excellent"]] == [
        f"不符合优秀的条件：{year}「一般、较差」1 次，应至多 0 次"
    ]
    assert [one.text() for one in of("好 一般 较好 较好").refusals["excellent"]] == [
        f"不符合优秀的条件：{year}「好」1 次，应至少 2 次",
        f"不符合优秀的条件：{year}「一般、较差」1 次，应至多 0 次",
    ]


def test_002_f_a_limit_refuses_with_its_name_and_what_it_leaves() -> None:
    found = of("一般 一般 较差 较好")
    assert found.restrictions == ("floor",)
    assert [one.text() for one in found.refusals["competent"]] == [
        "按「一般、较差累计超过 2 次」（2026年第一季度—2026年第四季度「一般、较差」3 次，"
        "达到 3 次），只能评为基本称职、不称职"
    ]
    assert set(found.refusals) == {"excellent", "competent"}


def test_002_g_two_limits_leave_what_both_allow() -> None:
    assert of("较差 较差 较差 较差").restrictions == ("floor", "poor")


def test_002_g_one_poor_quarter_is_left_to_people() -> None:
    found = of("- - - 较差")
    assert (found.allowed, found.restrictions) == (NOT_EXCELLENT, ())
    assert [one.text() for one in found.to_decide] == [
        "「均为较差」是否适用须由人决定：2026年第四季度只有 1 次结果，都是「较差」，不足 2 次"
    ]
    assert of("较好").to_decide == ()


def test_the_grades_asked_about_are_counted() -> None:
    assert of("好 好 较好 一般").counts == {"好": 2, "较好": 1, "一般": 1}
    other_year = quarters("a", "好 好 好 好", year=2025)
    ratee = RateeRow("a", "a", "person", "")
    assert outlook(SCHEME, ratee, other_year, "2026").counts == {}


def test_own_grades_are_counted_by_key() -> None:
    scheme = scheme_of(
        ONE_PART,
        '[[grade]]\nkey = "top"\nname = "优秀"\neligibility = [{grades = ["优秀"], at_most = 1}]\n',
    )
    rows = [HistoryRow("a", "2024", "优秀", "t"), HistoryRow("a", "2025", "top")]
    found = outlook(scheme, RateeRow("a", "a", "unit", ""), rows, "2026")
    assert (found.counts, found.allowed) == ({"top": 2}, ())


def test_002_n_units_are_judged_as_persons_are() -> None:
    found = outlook(
        SCHEME, RateeRow("u", "教育局", "unit", ""), quarters("u", "好 好 好 好"), "2026"
    )
    assert found.has_priority


def test_what_only_scores_will_tell_is_left_open() -> None:
    scheme = scheme_of(
        ONE_PART,
        """
[[grade]]
key = "top"
name = "优秀"
min = "90"
quota = {scope = "all", count = 0}
eligibility = [
    {parent = ["top"]}, {score = "a", reaches = "85"}, {first = 1},
    {grades = ["优秀"], at_most = 0},
]
priority = [{parent = ["top"]}]
[[restriction]]
key = "low"
name = "分数低"
when = [{score = "total", below = "60"}, {veto = []}]
grades = []
""".replace("grades = []\n", 'grades = ["top"]\n'),
    )
    found = outlook(scheme, RateeRow("a", "a", "head", "", "person", "u"), [], "2026")
    assert (found.allowed, found.has_priority, found.to_decide) == (("top",), False, ())
    barred = outlook(
        scheme, RateeRow("a", "a", "head", ""), [HistoryRow("a", "2025", "优秀")], "2026"
    )
    assert barred.allowed == ()


def test_of_many_each_is_as_alone() -> None:
    words = {"a": "好 好 好 好", "b": "一般 一般 较差 较好", "c": "较差"}
    history = [row for key, said in words.items() for row in quarters(key, said)]
    ratees = units(*words)
    together = outlooks(SCHEME, ratees, reversed(history), "2026")
    assert together == {row.key: outlook(SCHEME, row, history, "2026") for row in ratees}
