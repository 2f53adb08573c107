"""Periods nest and sort as offices count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import periods

YEARS = st.integers(1, 9999).map("{:04d}".format)
SHAPES = st.sampled_from(
    ["", *(f"-H{n}" for n in (1, 2)), *(f"-Q{n}" for n in range(1, 5))]
    + [f"-{n:02d}" for n in range(1, 13)]
)
PERIODS = st.builds("{}{}".format, YEARS, SHAPES)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("2026", 1, 12), ("2026-H2", 7, 12), ("2026-Q3", 7, 9), ("2026-03", 3, 3)],
)
def test_what_a_period_covers(text: str, first: int, last: int) -> None:
    found = periods.parse(text)
    assert found is not None
    assert (found.year, found.first, found.last) == (2026, first, last)


@pytest.mark.parametrize("text", ["", "26", "2026-13", "2026-Q5", "2026-H0", "2026年", "2026-3"])
def test_what_is_no_period(text: str) -> None:
    assert periods.parse(text) is None
    assert not periods.contains("2026", text)


def test_a_month_lies_in_its_quarter_half_and_year_and_in_no_other() -> None:
    assert [one for one in ("2026", "2026-H1", "2026-H2", "2026-Q1", "2026-Q2", "2025")
            if periods.contains(one, "2026-03")] == ["2026", "2026-H1", "2026-Q1"]  # fmt: skip


def test_the_parts_of_a_year() -> None:
    assert periods.parts("2026", 3) == ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
    assert periods.parts("2026", 6) == ("2026-H1", "2026-H2")
    assert periods.parts("2026-H2", 1) == tuple(f"2026-{n:02d}" for n in range(7, 13))
    assert periods.parts("第一期", 1) == ()


def test_in_words() -> None:
    said = [periods.in_words(one) for one in ("2026", "2026-H1", "2026-Q3", "2026-10", "试评")]
    assert said == ["2026年", "2026年上半年", "2026年第三季度", "2026年10月", "试评"]


@given(st.lists(PERIODS, max_size=20))
def test_order_puts_a_period_after_those_within_it(given_periods: list[str]) -> None:
    ordered = sorted(given_periods, key=periods.order)
    for place, one in enumerate(ordered):
        assert not any(
            periods.contains(one, later) and later != one for later in ordered[place + 1 :]
        )


@given(PERIODS, PERIODS)
def test_before_is_a_strict_order_and_never_within(first: str, second: str) -> None:
    assert not (periods.before(first, second) and periods.before(second, first))
    if periods.before(first, second):
        assert not periods.contains(first, second)
        assert not periods.contains(second, first)
        assert periods.order(first) < periods.order(second)


@given(PERIODS)
def test_parts_cover_the_whole(period: str) -> None:
    found = periods.parse(period)
    assert found is not None
    months = periods.parts(period, 1)
    assert len(months) == found.months
    assert all(periods.contains(period, month) for month in months)


def test_every_month_has_words() -> None:
    said = [periods.in_words(one) for one in periods.parts("2026", 1)]
    assert said == [f"2026年{month}月" for month in range(1, 13)]
