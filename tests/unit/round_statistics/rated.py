"""Small sealed rounds for the statistics of raters and questionnaires."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from analysis.assessment import assess
from analysis.inputs import Inputs, RateeRow
from analysis.results import Assessment
from analysis.round_statistics.tables import Sufficient, collect
from analysis.sealed_round import open_sealed_rounds
from tests.unit.sealing import Row, questionnaire, seal
from tests.unit.test_assessment import scheme

POINTS = {5: 100.0, 4: 80.0, 3: 60.0, 2: 40.0, 1: 20.0}


def sealed(
    folder: Path,
    rows: Sequence[Row],
    *,
    items: int = 4,
    min_n: int = 1,
    classes: Iterable[tuple[str, str]] = (),
) -> tuple[Assessment, Sufficient]:
    """The rows sealed, assessed and summed; `classes` are ratees of another class than "unit"."""
    of = dict(classes)
    keys = sorted({row.ratee for row in rows})
    given = Inputs(tuple(RateeRow(one, f"单位{one}", of.get(one, "unit"), "") for one in keys))
    seal(folder, list(rows), questionnaire(items=items))
    plan = scheme(min_n=min_n)
    return assess([folder], given, plan), collect(open_sealed_rounds([folder]), given, plan)


def texts(notes: Iterable[object]) -> str:
    """The sentences as one text."""
    return "\n".join(one.text() for one in notes)
