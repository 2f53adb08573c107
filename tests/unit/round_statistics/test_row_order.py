"""The order of rows changes nothing that 统计说明 says.

Sums are whole numbers; only the equations of raters, who are numbered as they come, may differ in
the sixteenth digit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import product

import numpy as np

from analysis.round_statistics.estimates import class_estimates, survey_leaves
from analysis.round_statistics.order import class_orders
from analysis.round_statistics.questionnaires import questionnaire_reports
from analysis.round_statistics.raters import rater_reports
from tests.unit.round_statistics.rated import sealed
from tests.unit.sealing import Row

SEED = 7


def as_plain(value: object) -> object:
    """Everything a report holds, as tuples that can be compared."""
    if is_dataclass(value) and not isinstance(value, type):
        return tuple((one.name, as_plain(getattr(value, one.name))) for one in fields(value))
    if isinstance(value, np.ndarray | np.generic):
        return as_plain(value.tolist())
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), as_plain(one)) for key, one in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(as_plain(one) for one in value)
    return round(value, 10) if isinstance(value, float) else value


def rows() -> list[Row]:
    """Delegates who rate every ratee, and citizens who rate one each."""
    draw = np.random.default_rng(5)

    def answers(ratee: int) -> tuple[int, ...]:
        return tuple(np.clip(2 + ratee // 3 + draw.integers(0, 3, 4), 1, 5).tolist())

    delegates = [
        Row(f"u{ratee}", answers(ratee), "delegate", submission=rater)
        for rater, ratee in product(range(7), range(6))
    ]
    citizens = [Row(f"u{ratee}", answers(ratee)) for ratee in range(6) for _ in range(9)]
    return delegates + citizens


def everything(folder, given):
    assessment, sufficient = sealed(folder, given)
    ratees = tuple(assessment.ratees)
    return as_plain(
        (
            class_orders(assessment, ratees, sufficient, SEED),
            class_estimates(assessment, survey_leaves(assessment.scheme, sufficient)),
            rater_reports(assessment, sufficient, SEED),
            questionnaire_reports(assessment, sufficient),
        )
    )


def test_rows_in_any_order_give_the_same_figures(tmp_path):
    given = rows()
    shuffled = [given[place] for place in np.random.default_rng(11).permutation(len(given))]
    assert everything(tmp_path / "a", given) == everything(tmp_path / "b", shuffled)
