"""Fifty scores of random systems, explained as data and added up again by a few lines of others."""

import json
import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from analysis.assessment import assess
from analysis.inputs import AdjustmentRow, FigureRow, HistoryRow, IndicatorRow, Inputs, RateeRow
from analysis.results import Assessment
from analysis.scheme import Scheme
from forms.problems import canonical_json
from survey_app.assessments.trace_file import steps_json
from tests.unit.sealing import Row, seal

Json = dict[str, Any]
WORLDS, EACH = 10, 5
TIMES = {"low": "1", "high": "3"}
SOURCES = ("praise", "media")


def made_scheme(chance: random.Random) -> Json:
    """A tree two deep over every source but a parent's, with transforms, caps and a base."""
    sources = ["indicators", "appraisal", "runs", "questionnaire"]
    leaves = [leaf(chance, source) for source in sources]
    chance.shuffle(leaves)
    branch, rest = leaves[:2], leaves[2:]
    weigh(chance, branch)
    node = {"key": "branch", "name": "合并", "component": branch, "transform": transforms(chance)}
    top = [node, *rest]
    weigh(chance, top)
    return {
        "key": "random",
        "version": "1",
        "title": "随机方案",
        "base": chance.choice(["100", "1000"]),
        "decimals": chance.choice([0, 2, 4]),
        "missing": chance.choice(["redistribute", "zero"]),
        "component": top,
        "ratee_class": {"unit": "单位"},
        "adjustments": {
            "bonus_cap": chance.choice(["3", "50"]),
            "deduction_cap": "4",
            "source": chance.choice(
                [
                    [],
                    [
                        {"key": key, "name": key, "cap": "2.5", "multiplier": TIMES}
                        for key in SOURCES
                    ],
                ]
            ),
        },
    }


def leaf(chance: random.Random, source: str) -> Json:
    made: Json = {"key": source, "name": f"构成{source}", "source": source}
    if source == "questionnaire":
        made["rater_classes"] = {"citizen": str(chance.randint(1, 9)), "delegate": "3"}
    if source == "runs":
        made |= {"series": "months", "combine": chance.choice(["mean", "last"])}
    return made | {"transform": transforms(chance)}


def transforms(chance: random.Random) -> list[Json]:
    tiers = {"t1": "1.036", "t2": "1.072"}
    line = [{"at": "0", "factor": "0.9"}, {"at": "30", "factor": "1.13"}]
    kinds: list[Json] = [
        {"kind": "coefficient", "figure": "tier", "table": tiers, "default": "1"},
        {"kind": "coefficient", "figure": "growth", "line": line, "default": "1"},
        {"kind": "ratio_to_best", "full": "100"},
        {"kind": "rank", "full": "100", "step": "0.03"},
        {"kind": "bands", "bands": [{"min": "80", "points": "95"}, {"min": "0", "points": "70"}]},
    ]
    return chance.sample(kinds, chance.choice([0, 0, 1, 2]))


def weigh(chance: random.Random, nodes: list[Json]) -> None:
    cuts = sorted(chance.sample(range(1, 1000), len(nodes) - 1))
    for node, low, high in zip(nodes, [0, *cuts], [*cuts, 1000], strict=True):
        node["weight"] = str(Decimal(high - low) / 10)


def made_inputs(chance: random.Random, most: int) -> Inputs:
    keys = [f"u{n}" for n in range(EACH)]
    return Inputs(
        tuple(RateeRow(key, f"单位{key}", "unit", "") for key in keys),
        indicators=tuple(
            IndicatorRow(
                indicator=f"K{n}",
                name=f"指标{n}",
                ratee=key,
                component=component,
                kind="quantitative",
                points=Decimal(chance.randint(1, 40)),
                target=Decimal(chance.randint(50, 150)),
                actual=actual,
                method=method,
            )
            for key in keys
            for component in ("indicators", "appraisal")
            for n in range(3)
            for actual in [Decimal(chance.randint(1, 160))]
            for method in [chance.choice(["completion", "completion_inverse", "ratio_to_best"])]
        ),
        adjustments=tuple(
            AdjustmentRow(
                chance.choice(keys),
                chance.choice(["bonus", "deduction"]),
                Decimal(chance.randint(1, 300)) / 100,
                "事项",
                chance.choice(SOURCES),
                "文",
                None,
                Decimal(chance.randint(1, most)),
            )
            for _ in range(8)
        ),
        history=tuple(
            HistoryRow(
                key, f"2026-0{month}", "", "months", Decimal(chance.randint(6000, 9999)) / 100
            )
            for key in keys
            for month in (1, 2, 3)
        ),
        figures=tuple(
            FigureRow(key, figure, value)
            for key in keys
            for figure, value in (("tier", "t2"), ("growth", str(chance.randint(-5, 40))))
            if chance.random() < 0.8
        ),
        period="2026",
    )


def rows(chance: random.Random) -> list[Row]:
    return [
        Row(f"u{n}", tuple(chance.choice([5, 4, 3, 2, 1, 9, 0]) for _ in range(5)), who)
        for n in range(EACH)
        for who in ("citizen", "citizen", "citizen", "delegate")
    ]


def world(path: Path, seed: int) -> tuple[Assessment, Inputs, Json]:
    chance = random.Random(seed)
    plan = made_scheme(chance)
    inputs = made_inputs(chance, 3 if plan["adjustments"]["source"] else 1)
    seal(path, rows(chance))
    return assess([path], inputs, Scheme.from_json(plan)), inputs, plan


def readd(steps: list[Json], plan: Json) -> Decimal:
    """The total again, from the votes and figures up, by nothing but the printed fractions."""
    values: dict[str, Fraction] = {}
    for step in reversed(steps):
        path, level = step["path"], step["level"]
        inside = f"{path}/" if path else ""
        below = [
            one
            for one in steps
            if one["level"] == level + 1 and one["path"].startswith(inside) and one["adds"]
        ]
        value = Fraction(step["exact"] or 0)
        if below:
            value = sum((Fraction(one["adds"]) for one in below), Fraction(0))
            for one in step["conversions"]:
                assert value == Fraction(one["before"])
                by_rule = Fraction(one["after"])
                value = value * Fraction(one["factor"]) if one["factor"] else by_rule
                assert value == by_rule
        assert value == Fraction(step["exact"] or 0), path
        if step["share"] and step["adds"]:
            scale = Fraction(plan["base"]) / 100 if level == 1 else 1
            assert Fraction(step["adds"]) == value * Fraction(step["share"]) * scale, path
        values[path] = value
    places = Decimal(1).scaleb(-plan["decimals"])
    whole = values[""]
    # Half up by hand: Decimal's division would round first.
    scaled = whole / Fraction(places)
    return Decimal(int(scaled + Fraction(1, 2))) * places


@pytest.mark.parametrize("seed", range(WORLDS))
def test_explanations_readd_to_the_score_of_record(tmp_path: Path, seed: int) -> None:
    made, inputs, plan = world(tmp_path / "r", seed)
    assert len(made.ratees) == EACH
    for one in made.ratees:
        steps = json.loads(canonical_json(steps_json(made, one, inputs)))
        assert one.total is not None
        assert readd(steps, plan) == one.total.quantize(one.total, ROUND_HALF_UP)
        kinds = {step["kind"] for step in steps}
        assert {"total", "adjustment", "indicators", "indicator", "rater_class", "period"} <= kinds


def test_a_changed_fraction_is_found(tmp_path: Path) -> None:
    made, inputs, plan = world(tmp_path / "r", 1)
    steps = json.loads(canonical_json(steps_json(made, made.ratees[0], inputs)))
    for step in steps:
        if step["kind"] in ("indicator", "dimension", "period", "entry") and step["adds"]:
            kept, step["adds"] = step["adds"], str(Fraction(step["adds"]) + Fraction(1, 10**9))
            with pytest.raises(AssertionError):
                readd(steps, plan)
            step["adds"] = kept
