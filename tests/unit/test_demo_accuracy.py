"""How far scores land from the truth, and how the rules did, computed on cases worked by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest

from survey_app.demo.accuracy import TrueScores, compare_totals, true_scores
from survey_app.demo.city_plan import CitySpec, draw_city, find_scheme
from survey_app.demo.findings import ROW, RuleFigures


def truth(**totals: int) -> TrueScores:
    return TrueScores({key: Fraction(value) for key, value in totals.items()}, {})


def test_errors_bias_and_rank_correlation_by_hand() -> None:
    # Differences +1, -2, +4: mean of absolutes 7/3, greatest 4, bias 3/3 = 1.
    # Ranks of truth 1 2 3, of scores 81 88 104 also 1 2 3: correlation 1.
    found = compare_totals(
        truth(a=80, b=90, c=100),
        {"a": Decimal(81), "b": Decimal(88), "c": Fraction(104)},
    )
    assert (found.n, found.max_abs_error, found.bias) == (3, 4, 1)
    assert found.mean_abs_error == pytest.approx(7 / 3)
    assert found.rank_correlation == pytest.approx(1)


def test_rank_correlation_with_one_swap_and_with_ties() -> None:
    # Ranks 1 2 3 4 against 1 3 2 4: 1 - 6·(1+1)/(4·15) = 0.8.
    swapped = compare_totals(
        truth(a=1, b=2, c=3, d=4), {"a": Fraction(1), "b": Fraction(3), "c": 2, "d": Fraction(4)}
    )
    assert swapped.rank_correlation == pytest.approx(0.8)
    # Ranks 1 2 3 against 1 2.5 2.5: covariance 1.5/3, deviations sqrt(2/3) and sqrt(1.5/3).
    tied = compare_totals(truth(a=1, b=2, c=3), {"a": Fraction(1), "b": 5, "c": 5})
    assert tied.rank_correlation == pytest.approx(0.5 / ((2 / 3) * 0.5) ** 0.5)


def test_who_has_no_total_is_left_out() -> None:
    found = compare_totals(truth(a=80, b=90), {"a": Decimal(80), "b": None, "z": Decimal(1)})
    assert (found.n, found.mean_abs_error, found.rank_correlation) == (1, 0, None)
    assert compare_totals(truth(), {}).n == 0


def test_true_totals_are_composed_like_scores() -> None:
    city = draw_city(CitySpec(700, 2, find_scheme("zhangjiajie-2009")))
    scores = true_scores(city)
    assert len(scores.totals) == 49
    for row in city.inputs.ratees:
        public, internal = scores.leaves[row.key, "public"], scores.leaves[row.key, "internal"]
        assert 20 < public < 100
        assert 40 < internal < 100
        # 30 % and 10 % of the two, and at most 72 (120 % of 60) with bonus and deduction beside.
        assert scores.totals[row.key] - public * 30 / 100 - internal * 10 / 100 < 72 + 50


def test_missed_is_what_was_planted_and_not_found() -> None:
    figures = RuleFigures(ROW, planted=10, found=7, false_alarms=2)
    assert figures.missed == 3
    assert figures.as_json()["missed"] == 3
