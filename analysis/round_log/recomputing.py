"""The scores of a run computed again from a round's config, its sheets and its sealed files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.assessment import assess
from analysis.inputs import Inputs, RateeRow, Table, read_inputs
from analysis.results import Assessment
from analysis.scheme import Scheme


def assess_again(
    config: Mapping[str, Any], sheets: Mapping[str, Any], folders: Sequence[Path]
) -> Assessment:
    """The assessment that a run stored; raises what `assess` raises."""
    return assess(folders, inputs_of(config, sheets), Scheme.from_json(config["scheme"]))


def inputs_of(config: Mapping[str, Any], sheets: Mapping[str, Any]) -> Inputs:
    """The ratees as frozen and the sheets as imported, {kind: {"headers", "rows", …}}."""
    ratees = [
        (line, [one["key"], one["name"], one["ratee_class"], one["group"]])
        for line, one in enumerate(config["ratees"], start=2)
    ]
    tables = {
        kind: Table(
            kind, list(one["headers"]), [(n, list(row)) for n, row in enumerate(one["rows"], 2)]
        )
        for kind, one in sheets.items()
    }
    table = Table("名册", ["ratee", "name", "class", "group"], ratees)
    inputs = read_inputs(
        table,
        indicators=tables.get("indicators"),
        adjustments=tables.get("adjustments"),
        vetoes=tables.get("vetoes"),
        history=tables.get("history"),
        figures=tables.get("figures"),
        screened=tables.get("screened"),
    )
    rows = tuple(_ratee(one) for one in config["ratees"])
    return replace(inputs, ratees=rows, period=config.get("period", ""))


def _ratee(one: Mapping[str, Any]) -> RateeRow:
    return RateeRow(
        one["key"],
        one["name"],
        one["ratee_class"],
        one["group"],
        one.get("kind", "unit"),
        one.get("parent", ""),
        one.get("pool", ""),
    )
