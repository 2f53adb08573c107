"""Totals carried on into history are out of 100, whatever their scheme counts to."""

from decimal import Decimal

import pytest

from survey_app.assessments.decisions import out_of_100


@pytest.mark.parametrize(
    ("total", "base", "carried"),
    [
        ("92.90", "100", "92.90"),
        ("909.0", "1000", "90.9"),  # 003-c
        ("100", "120", "83.333333"),
        (None, "1000", ""),
    ],
)
def test_a_total_is_carried_on_out_of_100(total: str | None, base: str, carried: str) -> None:
    given = None if total is None else Decimal(total)
    assert out_of_100(given, Decimal(base)) == carried
