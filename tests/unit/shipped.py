"""Assessing by a shipped scheme, in one line."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis.assessment import assess
from analysis.inputs import (
    IndicatorMethod,
    IndicatorRow,
    Inputs,
)
from analysis.results import RateeResult
from analysis.scheme import shipped
from forms.questionnaire import library
from tests.unit.sealing import seal


def row(
    ratee: str,
    component: str,
    points: str,
    actual: str,
    method: IndicatorMethod = "marks",
    code: str = "I1",
    **more: object,
) -> IndicatorRow:
    return IndicatorRow(
        indicator=code,
        name=f"指标{code}",
        ratee=ratee,
        component=component,
        kind="qualitative",
        points=Decimal(points),
        actual=Decimal(actual),
        method=method,
        **{"target": None, **more},  # type: ignore[arg-type]
    )


def results(key: str, inputs: Inputs) -> dict[str, RateeResult]:
    """What a shipped scheme makes of inputs where nobody answered."""
    scheme = shipped()[key]
    with TemporaryDirectory() as name:
        folder = Path(name) / "round"
        seal(folder, [], library()["unit"])
        return {one.key: one for one in assess([folder], inputs, scheme).ratees}


def result(key: str, inputs: Inputs, ratee: str) -> RateeResult:
    """The same for one ratee."""
    return results(key, inputs)[ratee]


def keys(one: RateeResult) -> list[str]:
    return [proposal.key for proposal in one.consequences]
