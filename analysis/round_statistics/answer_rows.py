"""The answers of a round row by row, for screens that look at whole sheets; never shown singly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.answers import Form, load_answers
from analysis.engine import Engine, start_engine
from analysis.sealed_round import SealedRound
from analysis.tallies import effective_points

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_ROWS = 2_000_000
"""Beyond this many rows of a questionnaire the screens of whole sheets are left out."""


@dataclass(frozen=True, slots=True)
class AnswerRows:
    """Everything received on one questionnaire from one rater class, a row a ballot and ratee.

    `ratee` (rows,) the place in `ratees`; `codes` (rows, items) option numbers, 0 a blank; `points`
    (rows, items) their points, NaN for a blank and for 不了解; `is_fast` (rows,). Sorted, so that
    nothing depends on the order of the file.
    """

    questionnaire: str
    title: str
    rater_class: str
    ratees: tuple[str, ...]
    ratee: Ints
    codes: Ints
    points: Floats
    is_fast: NDArray[np.bool_]
    is_one_scale: bool

    @property
    def items(self) -> int:
        return int(self.codes.shape[1])


def collect_rows(sealed: Sequence[SealedRound]) -> tuple[AnswerRows, ...]:
    """Read the sealed answers to scored items, by questionnaire and rater class."""
    rows: dict[str, int] = {}
    for one in sealed:
        key = one.questionnaire.key
        rows[key] = rows.get(key, 0) + int(one.manifest.counts["rows"])
    with start_engine("duckdb") as engine:
        answers = load_answers(engine, sealed)
        return tuple(
            part
            for form in answers.forms
            if form.scored and rows[form.questionnaire.key] <= MOST_ROWS
            for part in _by_class(engine, form)
        )


def _by_class(engine: Engine, form: Form) -> list[AnswerRows]:
    names = [name for _, name in form.scored]
    found = engine.query(form.sql("whole_rows", items=", ".join(names)))
    codes = np.column_stack([found[name] for name in names]).astype(np.int64)
    points = np.column_stack(
        [_points(form, item.key)[codes[:, at]] for at, (item, _) in enumerate(form.scored)]
    )
    is_fast = np.asarray(found["pace"] == "fast", dtype=np.bool_)
    scales = {item.scale for item, _ in form.scored}
    classes = found["rater_class"]
    parts = []
    for rater_class in sorted(set(classes.tolist())):
        own = classes == rater_class
        ratees, ratee = np.unique(found["ratee"][own].astype(str), return_inverse=True)
        order = np.lexsort((is_fast[own], *codes[own].T, ratee))
        parts.append(
            AnswerRows(
                questionnaire=form.questionnaire.key,
                title=str(form.questionnaire.title),
                rater_class=rater_class,
                ratees=tuple(ratees.tolist()),
                ratee=ratee[order].astype(np.int64),
                codes=codes[own][order],
                points=points[own][order],
                is_fast=is_fast[own][order],
                is_one_scale=len(scales) == 1,
            )
        )
    return parts


def _points(form: Form, item: str) -> Floats:
    """Points by option number, up to the largest a column can hold."""
    worth = np.full(256, np.nan)
    for number, value in effective_points(form, None)[item].items():
        worth[number] = float(value)
    return worth
