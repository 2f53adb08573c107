"""What holds of grades whatever the scores, the places, the limits and the history."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.grading import Graded
from analysis.inputs import HistoryRow, RateeRow
from analysis.scheme.grades import Quota
from tests.unit.marked import ONE_PART, graded_by, scheme_of

QUOTAS = st.sampled_from(
    [
        '{scope = "all", count = 3}',
        '{scope = "class", share = "0.34"}',
        '{scope = "group", share = "0.5"}',
        '{scope = "group", share = "0.3", rounding = "largest_remainder"}',
        '{scope = "pool", count = 2}',
        '{scope = "parent", count = 1}',
        '{scope = "all", share = "0.3"}',
    ]
)
THREE = """
[[grade]]
key = "top"
name = "优秀"
min = "85"
quota = [%s]
%s
[[grade]]
key = "fair"
name = "良好"
min = "70"
quota = [%s]
[[grade]]
key = "rest"
name = "合格"
"""
RULES = """
eligibility = [
    {grades = ["好"], series = "quarterly", span = "period", at_least = 2},
    {grades = ["较差"], series = "quarterly", span = "period", at_most = 0},
]
priority = [{grades = ["好"], series = "quarterly", span = "period", at_least = 4}]
"""
LIMIT = """
[[restriction]]
key = "floor"
name = "下限"
when = [{grades = ["一般", "较差"], series = "quarterly", span = "period", at_least = 3}]
grades = ["rest"]
"""
LEVEL = {"top": 0, "fair": 1, "rest": 2, None: 3}
WORDS = ("好", "较好", "一般", "较差")


@st.composite
def people(draw: st.DrawFn) -> list[RateeRow]:
    n = draw(st.integers(1, 16))
    return [
        RateeRow(
            f"p{number:02}",
            f"人员{number:04}",
            draw(st.sampled_from(["team", "cadre"])),
            draw(st.sampled_from(["东", "西", ""])),
            "person",
            draw(st.sampled_from(["甲局", "乙局"])),
            draw(st.sampled_from(["中层", "一般"])),
        )
        for number in range(n)
    ]


def marks_for(draw: st.DrawFn, ratees: Sequence[RateeRow], *, unique: bool) -> dict[str, str]:
    # Few different scores where equals are wanted, so that there are many of them.
    numbers = st.integers(240, 400) if unique else st.integers(320, 350)
    drawn = draw(st.lists(numbers, min_size=len(ratees), max_size=len(ratees), unique=unique))
    return {row.key: str(Decimal(mark) / 4) for row, mark in zip(ratees, drawn, strict=True)}


@st.composite
def cases(
    draw: st.DrawFn, *, rules: str = "", limit: str = "", unique: bool = False
) -> tuple[str, list[RateeRow], dict[str, str], list[HistoryRow], list[str]]:
    """A scheme, ratees, marks, quarters, and the quotas of the best grade."""
    ratees = draw(people())
    first, second = draw(st.lists(QUOTAS, max_size=3)), draw(st.lists(QUOTAS, max_size=1))
    scheme = ONE_PART + THREE % (",".join(first), rules, ",".join(second)) + limit
    history = [
        HistoryRow(row.key, f"2026-Q{quarter}", draw(st.sampled_from(WORDS)), "quarterly")
        for row in ratees
        for quarter in range(1, 5)
        if (rules or limit) and draw(st.booleans())
    ]
    return scheme, ratees, marks_for(draw, ratees, unique=unique), history, first


def cell(row: RateeRow, scope: str) -> Hashable:
    """The cells of quotas, said once more."""
    return {
        "all": 0,
        "class": row.ratee_class,
        "group": (row.ratee_class, row.group),
        "pool": (row.ratee_class, row.pool),
        "parent": row.parent,
    }[scope]


def counts(history: Sequence[HistoryRow], ratee: str) -> Counter[str]:
    return Counter(row.grade for row in history if row.ratee == ratee)


def holders(given_: Mapping[str, Graded], ratees: Sequence[RateeRow], key: str) -> list[RateeRow]:
    return [row for row in ratees if given_[row.key].grade == key]


@settings(deadline=None)
@given(cases(rules=RULES, limit=LIMIT))
def test_no_cell_has_more_than_its_places(
    case: tuple[str, list[RateeRow], dict[str, str], list[HistoryRow], list[str]],
) -> None:
    text, ratees, marks, history, _ = case
    scheme = scheme_of(text)
    found = graded_by(scheme, ratees, marks, history, "2026")
    for grade in scheme.grades:
        for quota in grade.quotas:
            sizes = Counter(cell(row, quota.scope) for row in ratees)
            given_ = Counter(cell(row, quota.scope) for row in holders(found, ratees, grade.key))
            for one, n in given_.items():
                spare = 1 if quota.rounding == "largest_remainder" else 0
                assert n <= quota.places(sizes[one]) + spare
            if quota.share is not None:
                assert sum(given_.values()) <= len(ratees) * quota.share


@settings(deadline=None)
@given(cases(rules=RULES))
def test_nobody_better_with_the_same_claim_is_passed_over(
    case: tuple[str, list[RateeRow], dict[str, str], list[HistoryRow], list[str]],
) -> None:
    text, ratees, marks, history, _ = case
    scheme = scheme_of(text)
    found = graded_by(scheme, ratees, marks, history, "2026")
    scopes = [quota.scope for grade in scheme.grades for quota in grade.quotas]

    def claim(row: RateeRow) -> Hashable:
        said = counts(history, row.key)
        eligible = said["好"] >= 2 and said["较差"] == 0
        return (eligible, said["好"] >= 4, *(cell(row, scope) for scope in scopes))

    for a in ratees:
        for b in ratees:
            if claim(a) == claim(b) and Decimal(marks[a.key]) > Decimal(marks[b.key]):
                assert LEVEL[found[a.key].grade] <= LEVEL[found[b.key].grade]


@settings(deadline=None)
@given(cases(rules=RULES, limit=LIMIT), st.data())
def test_the_order_of_rows_does_not_matter(
    case: tuple[str, list[RateeRow], dict[str, str], list[HistoryRow], list[str]],
    data: st.DataObject,
) -> None:
    text, ratees, marks, history, _ = case
    scheme = scheme_of(text)
    shuffled = data.draw(st.permutations(ratees)), data.draw(st.permutations(history))
    found = graded_by(scheme, ratees, marks, history, "2026")
    assert found == graded_by(scheme, shuffled[0], marks, shuffled[1], "2026")


@settings(deadline=None)
@given(cases(unique=True), st.data())
def test_a_better_score_is_never_a_worse_grade(
    case: tuple[str, list[RateeRow], dict[str, str], list[HistoryRow], list[str]],
    data: st.DataObject,
) -> None:
    text, ratees, marks, _, _ = case
    scheme = scheme_of(text)
    who = data.draw(st.sampled_from(ratees)).key
    # An eighth more than a multiple of a quarter: nobody else has that score.
    raised = Fraction(marks[who]) + data.draw(st.integers(0, 100)) * Fraction(1, 4) + Fraction(1, 8)
    before = graded_by(scheme, ratees, marks)[who]
    after = graded_by(scheme, ratees, {**marks, who: raised})[who]
    assert LEVEL[after.grade] <= LEVEL[before.grade]


@settings(deadline=None)
@given(cases(rules=RULES, limit=LIMIT))
def test_limits_and_conditions_are_always_kept(
    case: tuple[str, list[RateeRow], dict[str, str], list[HistoryRow], list[str]],
) -> None:
    text, ratees, marks, history, _ = case
    found = graded_by(scheme_of(text), ratees, marks, history, "2026")
    for row in ratees:
        said = counts(history, row.key)
        if said["一般"] + said["较差"] >= 3:
            assert found[row.key].grade == "rest"
        if said["好"] < 2 or said["较差"]:
            assert found[row.key].grade != "top"
            assert "top" not in found[row.key].allowed
        if found[row.key].grade == "top":
            assert Decimal(marks[row.key]) >= 85
            assert found[row.key].refusals == ()


@settings(deadline=None)
@given(cases(rules=RULES, limit=LIMIT))
def test_every_better_grade_not_given_is_explained(
    case: tuple[str, list[RateeRow], dict[str, str], list[HistoryRow], list[str]],
) -> None:
    text, ratees, marks, history, _ = case
    found = graded_by(scheme_of(text), ratees, marks, history, "2026")
    for one in found.values():
        refused = {refusal.grade for refusal in one.refusals}
        assert refused == {key for key in ("top", "fair") if LEVEL[key] < LEVEL[one.grade]}


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(0, 200), min_size=1),
    st.integers(0, 100).map(lambda pct: Decimal(pct) / 100),
)
def test_largest_remainder_meets_the_total_exactly(sizes: dict[str, int], share: Decimal) -> None:
    quota = Quota("group", None, share, "largest_remainder")
    places = quota.all_places(sizes)
    assert sum(places.values()) == int(sum(sizes.values()) * share)
    for one, n in sizes.items():
        assert int(n * share) <= places[one] <= int(n * share) + 1
