"""The one way numbers of record are rounded."""

from decimal import Decimal
from fractions import Fraction


def half_up(value: Fraction, decimals: int) -> Decimal:
    """The value with so many decimals, halves away from zero: 89.995 -> 90.00, -0.5 -> -1."""
    above, below = value.numerator, value.denominator
    whole = (2 * abs(above) * 10**decimals + below) // (2 * below)
    return Decimal(f"{-whole if above < 0 else whole}E-{decimals}")
