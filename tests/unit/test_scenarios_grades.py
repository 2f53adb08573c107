"""Grades and places in the scenarios of the sources, with numbers worked by hand."""

from collections.abc import Sequence
from decimal import Decimal

from analysis.grading import grade
from analysis.inputs import HistoryRow, RateeRow, VetoRow
from analysis.scheme import shipped
from analysis.scheme.grades import Quota
from tests.unit.marked import (
    ONE_PART,
    SIX,
    TWO,
    graded_by,
    quarters,
    scheme_of,
    totals,
    units,
    with_grade,
)
from tests.unit.test_outlook import ANNUAL, SCHEME

HEADS = SIX.replace(
    'name = "优秀"\nmin = "90"\n',
    'name = "优秀"\nmin = "90"\nquota = {scope = "class", count = %d}\n'
    'eligibility = [{parent = ["g0", "g1"]}]\npriority = [{parent = ["g0"]}]\n',
)


def heads(*marks_of_units: tuple[str, str]) -> tuple[list[RateeRow], dict[str, str]]:
    """Units with the marks given, and a head of each, called h1, h2, …"""
    ratees, marks = [], {}
    for number, (unit, mark) in enumerate(marks_of_units, start=1):
        ratees.append(RateeRow(f"h{number}", f"人员{number:04}", "head", "", "person", unit))
        ratees.append(RateeRow(unit, f"{unit}局", "unit", ""))
        marks[unit] = mark
    return ratees, marks


def test_000_b_lines_are_held_against_the_record() -> None:
    given = graded_by(scheme_of(SIX), units("a", "b"), {"a": "89.995", "b": "89.994"})
    assert [given[key].grade_name for key in "ab"] == ["优秀", "良好"]
    assert given["b"].reason == "总分 89.99 未达到优秀的分数线 90"


def test_000_b_or_against_the_unrounded_total_where_the_scheme_says_so() -> None:
    exact = scheme_of('grade_on = "exact"', SIX)
    given = graded_by(exact, units("a", "b"), {"a": "89.995", "b": "90"})
    assert [given[key].grade_name for key in "ab"] == ["良好", "优秀"]
    assert given["a"].reason == "总分 89.995 未达到优秀的分数线 90"


def test_000_c_the_head_of_a_qualified_unit_cannot_be_excellent() -> None:
    ratees, marks = heads(("甲", "95"), ("乙", "85"), ("丙", "75"))
    given = graded_by(scheme_of(HEADS % 9), ratees, {**marks, "h1": "92", "h2": "91", "h3": "99"})
    assert [given[f"h{n}"].grade_name for n in (1, 2, 3)] == ["优秀", "优秀", "良好"]
    assert given["h3"].reason == "不符合优秀的条件：所属单位丙局为「合格」，应为「优秀、良好」"
    assert given["h3"].allowed == ("g1", "g2", "g3", "g4", "g5")
    assert given["甲"].grade_name == "优秀"  # a unit of no unit is not meant


def test_000_c_heads_of_excellent_units_come_before_those_of_good_ones() -> None:
    ratees, marks = heads(("甲", "95"), ("乙", "85"), ("丙", "96"))
    # One place: h2 has the best score of the three, but its unit is only good.
    given = graded_by(scheme_of(HEADS % 1), ratees, {**marks, "h1": "91", "h2": "99", "h3": "93"})
    assert with_grade(given, "g0") == {"丙", "h3"}
    assert given["h2"].reason == "本类别优秀名额 1 个已满"


def test_000_c_a_head_whose_unit_has_no_grade_is_not_excellent() -> None:
    ratees, _ = heads(("甲", "95"))
    given = graded_by(scheme_of(HEADS % 9), ratees, {"h1": "99"})
    assert given["h1"].reason == "不符合优秀的条件：所属单位没有等次，应为「优秀、良好」"


def test_who_belongs_to_no_unit_takes_no_place_before_better_members_of_the_class() -> None:
    # Two places: h9 belongs to no unit and h8 to the unit of a unit; h1 and h8 are better.
    ratees, marks = heads(("甲", "95"))
    ratees.append(RateeRow("乙", "乙局", "unit", "", parent="甲"))
    ratees.append(RateeRow("h8", "h8", "head", "", "person", "乙"))
    ratees.append(RateeRow("h9", "h9", "head", "", "person"))
    text = HEADS.replace('priority = [{parent = ["g0"]}]', "") % 2
    marks |= {"乙": "96", "h1": "99", "h8": "98", "h9": "92"}
    given = graded_by(scheme_of(text), ratees, marks)
    assert with_grade(given, "g0") == {"甲", "乙", "h1", "h8"}
    assert given["h9"].reason == "本类别优秀名额 2 个已满"


def test_units_above_units_are_graded_first_and_a_circle_does_no_harm() -> None:
    ratees = [
        RateeRow("c", "c", "unit", "", parent="b"),
        RateeRow("b", "b", "unit", "", parent="a"),
        RateeRow("a", "a", "unit", ""),
        RateeRow("x", "x", "unit", "", parent="y"),
        RateeRow("y", "y", "unit", "", parent="x"),
    ]
    given = graded_by(scheme_of(HEADS % 9), ratees, dict.fromkeys("abcxy", "95"))
    assert with_grade(given, "g0") == {"a", "b", "c"}
    assert given["x"].reason == "不符合优秀的条件：所属单位没有等次，应为「优秀、良好」"


def test_002_the_annual_grades_follow_the_quarters() -> None:
    words = {
        "a": "好 好 好 好",
        "b": "好 好 较好 较好",
        "c": "好 好 好 一般",
        "d": "好 较好 较好 较好",
        "e": "一般 较差 较好 较好",
        "f": "一般 一般 较差 较好",
        "g": "较差 较差 较差 较差",
    }
    history = [row for key, said in words.items() for row in quarters(key, said)]
    given = graded_by(SCHEME, units(*words), dict.fromkeys(words, "92"), history, "2026")
    names = {key: given[key].grade_name for key in words}
    assert names == {
        "a": "优秀",
        "b": "优秀",
        "c": "称职",
        "d": "称职",
        "e": "称职",
        "f": "基本称职",
        "g": "不称职",
    }


def test_002_f_the_machine_proposes_the_best_and_names_the_set() -> None:
    history = quarters("f", "一般 一般 较差 较好")
    given = graded_by(SCHEME, units("f"), {"f": "95"}, history, "2026")["f"]
    assert given.grade == "basic"
    assert given.allowed == ("basic", "incompetent")
    assert given.restrictions == ("floor",)
    rule = (
        "按「一般、较差累计超过 2 次」（2026年第一季度—2026年第四季度「一般、较差」3 次，"
        "达到 3 次），只能评为基本称职、不称职"
    )
    assert [(one.grade, one.text()) for one in given.refusals if "按" in one.message] == [
        ("excellent", rule),
        ("competent", rule),
    ]
    assert given.reason.count(rule) == 1


def test_002_g_one_poor_quarter_is_left_to_people() -> None:
    history = quarters("g", "- - - 较差")
    given = graded_by(SCHEME, units("g"), {"g": "95"}, history, "2026")["g"]
    assert (given.grade, given.restrictions) == ("competent", ())
    assert len(given.to_decide) == 1


def test_limits_that_leave_nothing_in_common_leave_it_to_people() -> None:
    limits = "".join(
        f'[[restriction]]\nkey = "r{n}"\nname = "限制{n}"\nwhen = [{{veto = []}}]\n'
        f'grades = ["g{n}"]\n'
        for n in (1, 2)
    )
    vetoes = [VetoRow("a", "v", "1", None)]
    given = graded_by(scheme_of(SIX, limits), units("a"), {"a": "95"}, vetoes=vetoes)["a"]
    assert (given.grade, given.allowed, given.restrictions) == (None, (), ("r1", "r2"))
    assert given.reason.endswith("没有可评的等次")


PRIORITY = TWO.format(
    'quota = {scope = "pool", share = "0.2"}\n'
    'priority = [{grades = ["好"], series = "quarterly", span = "period", at_least = 4}]'
)


def test_002_two_basics_and_one_priority_four_times_good_is_served_first() -> None:
    # 10 people, 20 %: two places. j has four times 好 and the lowest score.
    keys = [chr(ord("a") + n) for n in range(10)]
    marks = {key: str(99 - n) for n, key in enumerate(keys)}
    history = [*quarters("j", "好 好 好 好"), *quarters("a", "好 好 好 较好")]
    given = graded_by(scheme_of(PRIORITY), units(*keys), marks, history, "2026")
    assert with_grade(given, "top") == {"j", "a"}
    assert given["b"].reason == "本评优池优秀名额 2 个已满"


def staff(n: int, pool: str) -> list[RateeRow]:
    return [
        RateeRow(f"{pool}{i:03}", f"人员{i:04}", "person", "", "person", "", pool) for i in range(n)
    ]


def scored(ratees: Sequence[RateeRow], best: int = 99) -> dict[str, str]:
    """best, best - 0.01, best - 0.02, … in the order given."""
    return {row.key: str(Decimal(best) - Decimal(n) / 100) for n, row in enumerate(ratees)}


GOOD_40 = (
    ONE_PART
    + '[[grade]]\nkey = "good"\nname = "好"\nmin = "60"\nquota = {scope = "pool", share = "0.4"}\n'
    + '[[grade]]\nkey = "fair"\nname = "较好"\n'
)


def test_002_h_pools_of_50_and_80_have_20_and_32_places() -> None:
    middle, common = staff(50, "中层"), staff(80, "一般")
    given = graded_by(
        scheme_of(GOOD_40), [*middle, *common], {**scored(middle), **scored(common, 90)}
    )
    good = with_grade(given, "good")
    assert [sum(row.key in good for row in pool) for pool in (middle, common)] == [20, 32]


def test_002_h_unused_places_of_one_pool_stay_unused() -> None:
    middle, common = staff(50, "中层"), staff(80, "一般")
    marks = {**scored(common, 90), **scored(middle[:5]), **{row.key: "50" for row in middle[5:]}}
    good = with_grade(graded_by(scheme_of(GOOD_40), [*middle, *common], marks), "good")
    assert [sum(row.key in good for row in pool) for pool in (middle, common)] == [5, 32]


def test_002_n_four_times_good_gives_a_unit_priority_too() -> None:
    bureaus = [RateeRow(key, f"{key}局", "unit", "") for key in "abcde"]  # 20 % of 5: one place
    marks = {"a": "95", "b": "94", "c": "93", "d": "92", "e": "91"}
    given = graded_by(scheme_of(PRIORITY), bureaus, marks, quarters("e", "好 好 好 好"), "2026")
    assert with_grade(given, "top") == {"e"}


def test_within_a_share_means_rounded_down() -> None:
    # 1316 x 40 % = 526.4, x 20 % = 263.2, x 25 % = 329
    for share, places in (("0.4", 526), ("0.2", 263), ("0.25", 329)):
        assert Quota("all", None, Decimal(share)).places(1316) == places


GROUPS = [
    RateeRow(f"{g}{n}", f"{g}{n}", "unit", g)
    for g, size in (("甲", 5), ("乙", 5), ("丙", 4))
    for n in range(size)
]


def test_largest_remainder_meets_the_share_of_everybody() -> None:
    # 14 x 0.3 = 4.2: 4 places. 5 x 0.3 = 1.5, 1.5, 4 x 0.3 = 1.2: down 1 + 1 + 1, one spare place
    # to the larger remainder, of equals to the group earlier in order (丙 < 乙 < 甲 by code).
    share = 'quota = {{scope = "group", share = "0.3", rounding = "{}"}}'
    for rounding, sizes in (("down", [1, 1, 1]), ("largest_remainder", [1, 2, 1])):
        scheme = scheme_of(TWO.format(share.format(rounding)))
        top = with_grade(graded_by(scheme, GROUPS, scored(GROUPS)), "top")
        assert [sum(key[0] == group for key in top) for group in "甲乙丙"] == sizes


def test_001_13_a_ceiling_beside_the_places_of_groups() -> None:
    # Two places in each of three groups make six, the ceiling for all is four.
    both = 'quota = [{scope = "group", count = 2}, {scope = "all", count = 4}]'
    given = graded_by(scheme_of(TWO.format(both)), GROUPS, scored(GROUPS))
    # In order: 甲0 甲1 (甲2 … no place in the group) 乙0 乙1, then the ceiling is reached.
    assert with_grade(given, "top") == {"甲0", "甲1", "乙0", "乙1"}
    assert given["甲2"].reason == "本组优秀名额 2 个已满"
    assert given["丙0"].reason == "优秀名额 4 个已满"


def test_places_of_a_unit_are_its_own() -> None:
    people = [
        RateeRow(f"{u}{n}", f"人员{u}{n}", "person", "", "person", u)
        for u in "xy"
        for n in range(5)
    ]
    scheme = scheme_of(TWO.format('quota = {scope = "parent", share = "0.2"}'))
    given = graded_by(scheme, people, scored(people))
    assert with_grade(given, "top") == {"x0", "y0"}
    assert given["x1"].reason == "本单位优秀名额 1 个已满"


def test_003_d_13_of_49_and_the_14th_of_another_group_has_no_place() -> None:
    scheme = shipped()["zhangjiajie-2009"]
    city = [RateeRow(f"q{n}", f"区{n}", "county", "") for n in range(4)]
    city += [RateeRow(f"d{n:02}", f"局{n}", "unit", f"第{n % 5}组") for n in range(45)]
    given = graded_by(scheme, city, scored(city))
    assert len(with_grade(given, "excellent")) == 13
    assert len(with_grade(given, "qualified")) == 36


def test_003_e_equals_at_the_border_are_left_to_people_with_their_names() -> None:
    scheme = scheme_of(TWO.format('quota = {scope = "all", count = 2}'))
    marks = {"a": "95", "b": "90", "c": "90", "d": "80"}
    given = graded_by(scheme, units(*marks), marks)
    assert with_grade(given, "top") == {"a"}
    assert given["b"].reason == "与 c 并列，优秀名额不足，须由管理员说明理由后决定"
    assert given["b"].is_tied
    assert given["b"].allowed == ("top", "rest")
    assert given["d"].reason == "优秀名额 2 个已满"


def test_003_e_a_place_in_question_in_a_group_is_kept_under_the_ceiling() -> None:
    # 甲: two equals for the one place; 乙: one place. The ceiling of two keeps one for 甲.
    both = 'quota = [{scope = "group", count = 1}, {scope = "all", count = 2}]'
    ratees = [RateeRow(k, k, "unit", k[0]) for k in ("甲1", "甲2", "乙1", "丙1")]
    marks = {"甲1": "95", "甲2": "95", "乙1": "90", "丙1": "85"}
    given = graded_by(scheme_of(TWO.format(both)), ratees, marks)
    assert with_grade(given, "top") == {"乙1"}
    assert given["丙1"].reason == "优秀名额 2 个已满"


def test_003_e_who_has_priority_is_no_equal_of_who_has_not() -> None:
    scheme = scheme_of(PRIORITY)
    people = units("a", "b", "c", "d", "e")
    given = graded_by(
        scheme, people, dict.fromkeys("abcde", "90"), quarters("c", "好 好 好 好"), "2026"
    )
    assert with_grade(given, "top") == {"c"}


def test_003_f_the_place_of_the_vetoed_first_passes_on() -> None:
    scheme = shipped()["zhangjiajie-2009"]
    keys = [f"u{n:02}" for n in range(49)]
    ratees = units(*keys)
    vetoes = [VetoRow("u00", "safety", "安委3号", None)]
    given = graded_by(scheme, ratees, scored(ratees), vetoes=vetoes)
    assert with_grade(given, "excellent") == set(keys[1:14])
    assert given["u00"].allowed == ("qualified",)
    assert given["u00"].refusals[0].text() == "因一票否决（重大安全事故），不得评为优秀"


def test_refusals_are_data_that_can_be_translated() -> None:
    given = graded_by(scheme_of(SIX), units("a"), {"a": "75"})["a"]
    assert [(one.grade, one.message, dict(one.values)) for one in given.refusals] == [
        (
            f"g{n}",
            "总分 {total} 未达到{grade}的分数线 {min}",
            {"total": "75.00", "grade": name, "min": line},
        )
        for n, (name, line) in enumerate((("优秀", "90"), ("良好", "80")))
    ]
    english = {"总分 {total} 未达到{grade}的分数线 {min}": "{total} is below {min} ({grade})"}
    assert given.refusals[0].text(lambda said: english[said]) == "75.00 is below 90 (优秀)"


def test_sentences_within_sentences_are_translated_too() -> None:
    history = quarters("a", "好")
    given = graded_by(SCHEME, units("a"), {"a": "90"}, history, "2026")["a"]
    english = {
        "不符合{grade}的条件：{why}": "not {grade}: {why}",
        "{periods}「{grades}」{n} 次，应至少 {wanted} 次": "{n} × {grades}, wants {wanted}",
    }
    assert given.refusals[0].text(lambda said: english[said]) == "not 优秀: 1 × 好, wants 2"


def test_who_has_no_total_is_still_told_what_is_open() -> None:
    history = [*quarters("f", "一般 一般 较差"), HistoryRow("f", "2026-Q4", "较差", "quarterly")]
    given = graded_by(scheme_of(ONE_PART, ANNUAL), units("f"), {}, history, "2026")["f"]
    assert (given.grade, given.allowed, given.reason) == (
        None,
        ("basic", "incompetent"),
        "没有总分，不评等次",
    )


def test_five_thousand_persons_are_graded() -> None:
    persons = [
        RateeRow(f"p{n:04}", f"人员{n:04}", "person", "", "person", f"u{n % 77}", f"池{n % 3}")
        for n in range(5000)
    ]
    made = totals(SCHEME, persons, scored(persons))
    history = [row for one in persons for row in quarters(one.key, "好 较好 好 一般")]
    given = grade(SCHEME, made, history, "2026")
    assert len(given) == len(persons)
    assert all(one.grade for one in given.values())
