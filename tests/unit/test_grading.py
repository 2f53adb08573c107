"""Ranks and grades: order, ties, quotas, vetoes, history, and the reasons in words."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.composition import compose
from analysis.grading import Graded, grade
from analysis.inputs import HistoryRow, RateeRow, VetoRow
from analysis.results import LeafScore
from analysis.scheme import SCHEMES, Scheme, shipped
from tests.unit.marked import ONE_PART, SIX, totals, with_grade

DEFAULT = shipped()["zhangjiajie-2009"]
TEXT = (SCHEMES / "zhangjiajie-2009.toml").read_text("utf-8")
GROUPS = [f"第{n}组" for n in range(1, 8)]


def city(n_counties: int = 4, n_units: int = 45) -> list[RateeRow]:
    counties = [RateeRow(f"q{n:02}", f"区{n}", "county", "") for n in range(n_counties)]
    units = [
        RateeRow(f"d{n:02}", f"局{n}", "unit", GROUPS[n % len(GROUPS)], pool=f"p{n % 2}")
        for n in range(n_units)
    ]
    return counties + units


def descending(ratees: Sequence[RateeRow]) -> dict[str, str]:
    """99, 98, 97, … in the order given."""
    return {ratee.key: str(99 - place) for place, ratee in enumerate(ratees)}


def graded(scheme: Scheme, marks: Mapping[str, str], *vetoes: VetoRow) -> dict[str, Graded]:
    ratees = [RateeRow(key, key, "unit", "") for key in marks]
    return grade(scheme, totals(scheme, ratees, marks, vetoes))


def test_of_49_exactly_13_are_excellent_and_36_qualified() -> None:
    ratees = city()
    given = grade(DEFAULT, totals(DEFAULT, ratees, descending(ratees)))
    assert with_grade(given, "excellent") == {ratee.key for ratee in ratees[:13]}
    assert len(with_grade(given, "qualified")) == 36
    assert given[ratees[12].key].reason == ""
    assert given[ratees[13].key].reason == "优秀名额 13 个已满"


SHIPPED_QUOTA = 'scope = "all", share = "0.27"'  # 49 x 0.27 = 13.23


def with_quota(quota: str) -> Scheme:
    """The shipped scheme with another quota for its best grade."""
    assert SHIPPED_QUOTA in TEXT
    return Scheme.load(TEXT.replace(SHIPPED_QUOTA, quota).encode())


def test_13_of_49_come_from_a_fixed_number_too() -> None:
    ratees = city()
    scheme = with_quota('scope = "all", count = 13')
    given = grade(scheme, totals(scheme, ratees, descending(ratees)))
    assert len(with_grade(given, "excellent")) == 13


def test_under_a_quota_by_group_a_better_score_in_a_full_group_has_no_place() -> None:
    # Two groups, one place each; group A holds 99 and 98, group B 97 and 96.
    ratees = [RateeRow(key, key, "unit", key[0]) for key in ("A1", "A2", "B1", "B2")]
    scheme = with_quota('scope = "group", count = 1')
    given = grade(scheme, totals(scheme, ratees, descending(ratees)))
    assert with_grade(given, "excellent") == {"A1", "B1"}
    assert given["A2"].reason == "本组优秀名额 1 个已满"


def test_places_of_pools_are_never_lent() -> None:
    # 50 and 80 people, 40 % each: 20 and 32 places; nobody of pool a reaches the threshold.
    ratees = [RateeRow(f"a{n}", "a", "person", "", "person", "", "中层") for n in range(50)]
    ratees += [RateeRow(f"b{n}", "b", "person", "", "person", "", "一般") for n in range(80)]
    text = ONE_PART + '[[grade]]\nkey = "good"\nname = "好"\nmin = "60"\n'
    text += 'quota = {scope = "pool", share = "0.4"}\n[[grade]]\nkey = "fair"\nname = "较好"\n'
    marks = {ratee.key: "50" if ratee.pool == "中层" else "90.5" for ratee in ratees}
    marks |= {f"b{n}": str(Fraction(9000 + n, 100)) for n in range(80)}
    scheme = Scheme.load(text.encode())
    given = grade(scheme, totals(scheme, ratees, marks))
    assert with_grade(given, "good") == {f"b{n}" for n in range(48, 80)}
    assert given["a0"].reason == "总分 50.00 未达到好的分数线 60"


def test_units_are_ranked_in_class_and_group_and_never_against_counties() -> None:
    ratees = city()
    given = grade(DEFAULT, totals(DEFAULT, ratees, descending(ratees)))
    assert [given[f"q0{n}"].rank_class for n in range(4)] == [1, 2, 3, 4]
    assert given["d00"].rank_class == 1
    assert (given["d10"].rank_class, given["d10"].rank_group) == (11, 2)  # group of d03, d10, …
    for group in GROUPS:
        members = [ratee.key for ratee in ratees if ratee.group == group]
        assert [given[key].rank_group for key in members] == list(range(1, len(members) + 1))


def test_equal_records_are_ordered_by_the_unrounded_total() -> None:
    given = graded(DEFAULT, {"a": "88.001", "b": "88.004", "c": "87"})
    assert [(given[key].rank_class, given[key].is_tied) for key in "bac"] == [
        (1, False),
        (2, False),
        (3, False),
    ]


def test_equal_totals_are_ordered_by_the_public_score() -> None:
    # a: 90 x 0.6 + 80 x 0.3 + 90 x 0.1 = 87; b: 85 x 0.6 + 90 x 0.3 + 90 x 0.1 = 87
    marks = {"a": ("90", "80", "90"), "b": ("85", "90", "90")}
    leaves = {
        (key, path): LeafScore(Fraction(score))
        for key, scores in marks.items()
        for path, score in zip(("indicators", "public", "internal"), scores, strict=True)
    }
    ratees = [RateeRow(key, key, "unit", "") for key in marks]
    given = grade(DEFAULT, compose(DEFAULT, ratees, leaves))
    assert (given["b"].rank_class, given["a"].rank_class) == (1, 2)
    assert not given["a"].is_tied


def test_full_equals_at_the_last_place_wait_for_a_decision() -> None:
    # 12 above, then two equals for the 13th place, then one below: nobody takes that place.
    marks = {f"u{n:02}": str(99 - n) for n in range(12)} | {"x": "80", "y": "80", "z": "70"}
    given = graded(with_quota('scope = "all", count = 13'), marks)
    assert len(with_grade(given, "excellent")) == 12
    assert (given["x"].rank_class, given["y"].rank_class, given["z"].rank_class) == (13, 13, 15)
    assert given["x"].is_tied
    assert given["y"].is_tied
    assert given["x"].reason == "与 y 并列，优秀名额不足，须由管理员说明理由后决定"
    assert given["z"].reason == "优秀名额 13 个已满"


def test_a_vetoed_first_keeps_its_total_and_rank_and_passes_its_place_on() -> None:
    ratees = city()
    vetoes = [VetoRow(ratees[0].key, "safety", "安委3号", None)]
    made = totals(DEFAULT, ratees, descending(ratees), vetoes)
    given = grade(DEFAULT, made)
    first, fourteenth = ratees[0].key, ratees[13].key
    assert str(made[first].total) == "99.00"
    assert (given[first].rank_class, given[first].grade) == (1, "qualified")
    assert given[first].reason == "因一票否决（重大安全事故），不得评为优秀"
    assert given[fourteenth].grade == "excellent"
    assert len(with_grade(given, "excellent")) == 13


def test_a_veto_the_scheme_does_not_list_costs_the_best_grade() -> None:
    given = graded(Scheme.load(SIX.encode()), {"a": "95"}, VetoRow("a", "事故", "1号", None))
    assert (given["a"].grade, given["a"].reason) == ("g1", "因一票否决（事故），不得评为优秀")


def test_harder_vetoes_leave_only_the_last_grade() -> None:
    veto = '[[veto]]\nkey = "v"\nname = "造假"\neffect = "{}"\n'
    for effect, rank in (("lowest_grade", 1), ("zero", 2)):
        scheme = Scheme.load((SIX + veto.format(effect)).encode())
        given = graded(scheme, {"a": "95", "b": "85"}, VetoRow("a", "v", "1号", None))
        assert (given["a"].grade_name, given["a"].rank_class) == ("不合格", rank)
        assert given["a"].reason == "因一票否决（造假），定为不合格"


def test_six_grades_are_cut_at_the_score_of_record() -> None:
    # 89.995 is 90.00 on record and 优秀; 89.994 is 89.99 and 良好.
    marks = {"a": "89.995", "b": "89.994", "c": "70", "d": "69.99", "e": "50", "f": "0"}
    given = graded(Scheme.load(SIX.encode()), marks)
    assert [given[key].grade_name for key in marks] == [
        "优秀",
        "良好",
        "合格",
        "基本合格",
        "基本不合格",
        "不合格",
    ]
    assert given["b"].reason == "总分 89.99 未达到优秀的分数线 90"
    assert given["c"].reason == "总分 70.00 未达到优秀的分数线 90；总分 70.00 未达到良好的分数线 80"


def test_earlier_grades_decide_who_is_eligible() -> None:
    # At least twice 好, and never 一般 or 较差.
    text = (
        ONE_PART
        + """
[[grade]]
key = "top"
name = "优秀"
eligibility = [
    {grades = ["好"], series = "quarter", span = "all", at_least = 2},
    {grades = ["一般", "较差"], series = "quarter", span = "all", at_most = 0},
]
[[grade]]
key = "rest"
name = "称职"
"""
    )
    quarters = {
        "a": ("好", "好", "好", "好"),
        "b": ("好", "好", "较好", "较好"),
        "c": ("好", "好", "好", "一般"),
        "d": ("好", "较好", "较好", "较好"),
    }
    history = [
        HistoryRow(key, f"2025-Q{n}", name, "quarter")
        for key, names in quarters.items()
        for n, name in enumerate(names, start=1)
    ]
    scheme = Scheme.load(text.encode())
    ratees = [RateeRow(key, key, "person", "") for key in quarters]
    given = grade(scheme, totals(scheme, ratees, dict.fromkeys(quarters, "90")), history)
    assert with_grade(given, "top") == {"a", "b"}
    year = "2025年第一季度—2025年第四季度"
    assert given["c"].reason == f"不符合优秀的条件：{year}「一般、较差」1 次，应至多 0 次"
    assert given["d"].reason == f"不符合优秀的条件：{year}「好」1 次，应至少 2 次"


def test_without_a_total_there_is_no_rank_and_no_grade() -> None:
    ratees = [RateeRow(key, key, "unit", "") for key in "ab"]
    given = grade(DEFAULT, totals(DEFAULT, ratees, {"a": "90"}))
    assert (given["b"].rank_class, given["b"].rank_group, given["b"].grade) == (None, None, None)
    assert given["b"].reason == "没有总分，不评等次"
    assert given["a"].rank_class == 1


def test_who_meets_no_grade_is_told_so() -> None:
    scheme = Scheme.load((ONE_PART + '[[grade]]\nkey = "g"\nname = "合格"\nmin = "60"\n').encode())
    given = graded(scheme, {"a": "59"})
    assert given["a"].grade is None
    assert given["a"].reason == "总分 59.00 未达到合格的分数线 60；没有可评的等次"


def test_a_scheme_without_grades_only_ranks() -> None:
    given = graded(Scheme.load(ONE_PART.encode()), {"a": "59"})
    assert given["a"] == Graded(1, 1, False, None, "")


MARKS = st.lists(st.integers(0, 40).map(lambda n: str(80 + n / 4)), min_size=1, max_size=30)
QUOTAS = st.sampled_from(
    [
        'scope = "all", count = 3',
        'scope = "class", share = "0.34"',
        'scope = "group", share = "0.5"',
        'scope = "pool", count = 2',
    ]
)


@settings(deadline=None)
@given(marks=MARKS, quota=QUOTAS, data=st.data())
def test_quotas_hold_order_is_kept_and_rows_have_no_order(
    marks: list[str], quota: str, data: st.DataObject
) -> None:
    scheme = Scheme.load(TEXT.replace('scope = "all", count = 13', quota).encode())
    assert scheme.grades[0].quotas
    ratees = city()[: len(marks)]
    by_ratee = {ratee.key: mark for ratee, mark in zip(ratees, marks, strict=True)}
    barred = data.draw(st.sets(st.sampled_from(sorted(by_ratee)), max_size=3))
    vetoes = [VetoRow(key, "safety", "1号", None) for key in barred]
    made = totals(scheme, ratees, by_ratee, vetoes)
    given = grade(scheme, made)

    cells: dict[object, list[RateeRow]] = {}
    for ratee in ratees:
        cell = {
            "all": (),
            "class": (ratee.ratee_class,),
            "group": (ratee.ratee_class, ratee.group),
            "pool": (ratee.ratee_class, ratee.pool),
        }[scheme.grades[0].quotas[0].scope]
        cells.setdefault(cell, []).append(ratee)
    best = with_grade(given, "excellent")
    for members in cells.values():
        chosen = [ratee.key for ratee in members if ratee.key in best]
        assert len(chosen) <= scheme.grades[0].quotas[0].places(len(members))
        passed_over = [ratee.key for ratee in members if ratee.key not in best | barred]
        for key in chosen:
            assert all(Fraction(by_ratee[key]) > Fraction(by_ratee[one]) for one in passed_over)
    assert not best & barred

    shuffled = data.draw(st.permutations(ratees))
    assert grade(scheme, totals(scheme, shuffled, by_ratee, vetoes)) == given


def test_of_many_equals_only_ten_are_named() -> None:
    # 5000 names for each of 5000 ratees were 344 million characters.
    given = graded(with_quota('scope = "all", count = 1'), {f"u{n:02}": "95" for n in range(20)})
    said = "、".join(f"u{n:02}" for n in range(10))
    assert f"与 {said}等 19 个 并列，优秀名额不足" in given["u19"].reason
    assert "u10" in given["u00"].reason
    assert "u11" not in given["u00"].reason
