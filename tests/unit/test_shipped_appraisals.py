"""Quarters and years of persons under the shipped schemes, by the scenarios of source 002."""

from decimal import Decimal

import pytest

from analysis.inputs import (
    HistoryRow,
    Inputs,
    RateeRow,
)
from analysis.results import RateeResult
from analysis.scheme import shipped
from forms.problems import InputError
from tests.unit.shipped import keys, result, row

ANNUAL = "hengyang-annual"
NAMES = {"好": "好", "较": "较好", "一": "一般", "差": "较差"}
SCORES = {"好": "95", "较": "80", "一": "65", "差": "50"}


def year_of(pattern: str) -> RateeResult:
    """Somebody with these quarters in a unit of ten, where two may be excellent."""
    people = tuple(
        RateeRow(f"p{n}", f"人员{n:04d}", "servant", "", "person", "u1") for n in range(10)
    )
    history = tuple(
        HistoryRow("p0", f"2026-Q{n}", NAMES[word], "hengyang-quarterly", Decimal(SCORES[word]))
        for n, word in enumerate(pattern, 1)
    )
    rows = tuple(row(one.key, "annual", "100", "60", code="N") for one in people)
    return result(ANNUAL, Inputs(people, rows, history=history, period="2026"), "p0")


@pytest.mark.parametrize(
    ("pattern", "may_be_excellent"),
    [
        ("好好好好", True),
        ("好好较较", True),
        ("好好好一", False),
        ("好较较较", False),
        ("一差较较", False),
    ],
)
def test_002_a_to_e_two_basic_conditions(pattern: str, *, may_be_excellent: bool) -> None:
    found = year_of(pattern)
    assert ("excellent" in found.allowed) is may_be_excellent
    assert not found.restrictions


def test_002_a_four_times_good_comes_first() -> None:
    assert "honour" in keys(year_of("好好好好"))
    assert "honour" not in keys(year_of("好好较较"))


def test_002_f_more_than_two_average_or_poor_leave_two_grades() -> None:
    assert year_of("一一差较").allowed == ("basic", "incompetent")


def test_002_g_poor_throughout_is_not_competent() -> None:
    assert year_of("差差差差").allowed == ("incompetent",)
    assert year_of("差差").allowed == ("incompetent",)
    assert year_of("差").allowed != ("incompetent",)  # one quarter is not yet "every quarter"


@pytest.mark.parametrize(("n", "places"), [(50, 20), (80, 32), (1316, 526)])
def test_002_h_places_of_a_pool_are_rounded_down(n: int, places: int) -> None:
    (quota,) = shipped()["hengyang-quarterly"].grades[0].quotas
    assert (quota.scope, quota.places(n)) == ("pool", places)


def sheet(common: str, specific: str, marks: tuple[str, str]) -> RateeResult:
    one = RateeRow("p1", "人员0001", "servant", "", "person")
    rows = (
        row("p1", "sheet", common, marks[0], code="G", attribute="共性"),
        row("p1", "sheet", specific, marks[1], code="S", attribute="个性"),
    )
    return result("hengyang-quarterly", Inputs((one,), rows), "p1")


def test_002_i_40_points_in_common_and_60_by_post() -> None:
    assert sheet("40", "60", ("38", "54")).total == Decimal(92)
    with pytest.raises(InputError, match="必须为40"):
        sheet("45", "55", ("38", "54"))
