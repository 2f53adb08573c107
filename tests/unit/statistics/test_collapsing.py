import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.weights.collapsing import collapse
from analysis.statistics.weights.margins import Margin

AGES = Margin("age", ("18-29", "30-44", "45-59", "60+"), (30.0, 30.0, 25.0, 15.0))


def test_a_small_category_joins_its_smaller_neighbour() -> None:
    """60+ has 10 < 30 answers and only one neighbour."""
    made = collapse(AGES, [200, 150, 100, 10])
    assert made.margin.levels == ("18-29", "30-44", "45-59+60+")
    assert made.margin.totals == (30, 30, 40)
    assert made.new_code.tolist() == [0, 1, 2, 2]
    assert made.counts == (200, 150, 110)
    assert len(made.notes) == 1


def test_between_two_neighbours_the_smaller_is_joined() -> None:
    made = collapse(AGES, [200, 20, 100, 90])
    assert made.margin.levels == ("18-29", "30-44+45-59", "60+")


def test_five_percent_of_many_answers_count_more_than_thirty() -> None:
    made = collapse(AGES, [2000, 2000, 2000, 200])
    assert made.counts == (2000, 2000, 2200)
    assert collapse(AGES, [2000, 2000, 2000, 400]).counts == (2000, 2000, 2000, 400)


def test_nothing_small_nothing_joined() -> None:
    made = collapse(AGES, [50, 50, 50, 50])
    assert made.margin == AGES
    assert made.notes == ()


def test_too_few_answers_in_all_are_said() -> None:
    made = collapse(AGES, [3, 2, 1, 4])
    assert made.counts == (10,)
    assert "10" in made.notes[-1].text()


@given(st.lists(st.integers(0, 200), min_size=1, max_size=8))
def test_totals_and_answers_are_kept_and_order_respected(counts: list[int]) -> None:
    margin = Margin("x", tuple(map(str, range(len(counts)))), tuple(map(float, counts)))
    made = collapse(margin, counts)
    assert sum(made.counts) == sum(counts)
    assert made.margin.totals == pytest.approx(made.counts)
    assert (np.diff(made.new_code) >= 0).all()
    assert len(made.counts) == 1 or min(made.counts) >= max(30, 0.05 * sum(counts))
