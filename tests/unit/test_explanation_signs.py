"""Rounded figures claim equality only where they are equal."""

from fractions import Fraction

from survey_app.assessments.explanation import _shown, _sign


def test_parts_that_miss_the_total_by_a_cent_are_nearly_equal() -> None:
    # 59.045 + 25.755 + 9.165 = 93.965, printed 59.05 + 25.76 + 9.17 = 93.98, and 93.97
    parts = [Fraction(59045, 1000), Fraction(25755, 1000), Fraction(9165, 1000)]
    shown = sum(map(_shown, parts), Fraction(0))
    assert _sign(shown, sum(parts, Fraction(0))) == "≈"
    assert _sign(Fraction(9397, 100), Fraction(93965, 1000)) == "＝"
    assert _sign(shown, None) == "≈"
