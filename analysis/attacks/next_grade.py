"""What total brings the next better grade, everything else of the round staying as it is."""

from collections.abc import Sequence

import numpy as np

from analysis.attacks.gates import Floats
from analysis.inputs import RateeRow
from analysis.results import Assessment, RateeResult
from analysis.round_statistics.drawn_grades import drawn_grades

JUST = 1e-7


def needed_totals(assessment: Assessment, ratees: Sequence[RateeRow]) -> dict[str, float]:
    """By ratee key the total to be exceeded for a better grade; absent where none brings one.

    The totals that can matter are those of the others and the grades' lines; each is tried with the
    scheme's lines and places (`drawn_grades` says what of the scheme is taken as it is), and the
    least that brings a better grade than the ratee's own is given.
    """
    grades = [one.key for one in assessment.scheme.grades]
    results = [one for one in assessment.ratees if one.total is not None]
    if not grades or not results:
        return {}
    totals = np.array([_counted(one) for one in results])
    tried = np.unique(np.concatenate([totals, _lines(assessment)]))
    rounds = np.tile(totals, (len(results), len(tried), 1))
    own = np.arange(len(results))
    rounds[own, :, own] = tried + JUST
    given = drawn_grades(
        assessment.scheme,
        results,
        _rows(ratees, results),
        rounds.reshape(-1, len(results)),
    ).reshape(rounds.shape)[own, :, own]
    now = np.array([grades.index(one.grade) if one.grade else len(grades) for one in results])
    better = (given < now[:, None]) & (tried > totals[:, None])
    return {
        one.key: float(tried[row.argmax()])
        for one, row in zip(results, better, strict=True)
        if row.any()
    }


def _counted(one: RateeResult) -> float:
    """What orders: the unrounded total, 0 under a veto that makes it so."""
    return 0.0 if one.total == 0 else float(one.total_exact or 0)


def _lines(assessment: Assessment) -> Floats:
    """The grades' lines, less what rounding gives."""
    scheme = assessment.scheme
    half = 0.5 * 10.0**-scheme.decimals if scheme.grade_on == "record" else 0.0
    return np.array([float(one.min) - half for one in scheme.grades if one.min is not None])


def _rows(ratees: Sequence[RateeRow], results: Sequence[RateeResult]) -> list[RateeRow]:
    """The rows of `results` in their order, then the others: they count in shares of places."""
    rows = {row.key: row for row in ratees}
    with_total = {one.key for one in results}
    others = [row for key, row in sorted(rows.items()) if key not in with_total]
    return [*(rows[one.key] for one in results), *others]
