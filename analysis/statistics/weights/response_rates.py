"""Response rates, and how far the result could move if everybody had answered.

AAPOR rates from dispositions I complete, P partial, R refusal, NC no contact, O other, U unknown
eligibility, e the share of unknown cases that are eligible:
RR1 = I/(I+P+R+NC+O+U), RR2 = (I+P)/(…), RR3 and RR4 the same with eU, RR5 and RR6 without U.
Undeliverable and ineligible cases stay outside every denominator; 不了解 is an answer.

Source: AAPOR (2023), Standard Definitions, 10th ed., "Response rates". Bound: Manski (1989),
Journal of Human Resources 24, 343–360: with response rate r and a scale lo…hi, the score of a
census lies in [r m + (1−r) lo, r m + (1−r) hi], whatever the others think.
"""

from dataclasses import dataclass
from math import sqrt

from scipy.special import ndtri

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_


@dataclass(frozen=True, slots=True)
class Dispositions:
    """What became of the cases issued; `ineligible` ones (undeliverable too) are not counted."""

    complete: int
    partial: int = 0
    refusal: int = 0
    noncontact: int = 0
    other: int = 0
    unknown: int = 0
    ineligible: int = 0


def response_rates(cases: Dispositions, eligible_share: float = 1.0) -> dict[str, float]:
    """RR1…RR6; `eligible_share` is e. NoEstimate where no case could have answered."""
    known = cases.complete + cases.partial + cases.refusal + cases.noncontact + cases.other
    if known == 0:
        raise NoEstimate("undefined", Note(N_("没有可应答的对象，算不出应答率")))
    both = cases.complete + cases.partial
    below = {
        "12": known + cases.unknown,
        "34": known + eligible_share * cases.unknown,
        "56": known,
    }
    return {
        f"RR{number}": (cases.complete if odd else both) / total
        for pair, total in below.items()
        for number, odd in ((pair[0], True), (pair[1], False))
    }


def response_rate(valid: int, issued: int, undeliverable: int = 0, level: float = 0.95) -> Estimate:
    """valid / (issued − undeliverable), the RR1 of a link or a roster, with Wilson's interval."""
    n = issued - undeliverable
    if n <= 0:
        return Estimate(None, n=0, method="RR1", notes=(Note(N_("没有可应答的对象")),))
    p = valid / n
    z = float(ndtri((1 + level) / 2))
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if valid == 0 else max(0.0, centre - half)
    high = 1.0 if valid == n else min(1.0, centre + half)
    return Estimate(p, sqrt(p * (1 - p) / n), None, low, high, n, "RR1 wilson")


def census_bounds(mean: float, rate: float, low: float, high: float) -> tuple[float, float]:
    """[r m + (1−r) lo, r m + (1−r) hi] for a response rate 0 ≤ r ≤ 1 and lo ≤ m ≤ hi."""
    if not (0 <= rate <= 1 and low <= mean <= high):
        raise NoEstimate("undefined", Note(N_("应答率应在 0 与 1 之间，得分应在量表范围之内")))
    return rate * mean + (1 - rate) * low, rate * mean + (1 - rate) * high
