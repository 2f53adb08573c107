"""Small sealed rounds for the statistics of scores, and what they lead to."""

from dataclasses import dataclass

from analysis.assessment import assess
from analysis.inputs import Inputs, RateeRow
from analysis.results import Assessment
from analysis.round_statistics.estimates import Leaf, survey_leaves
from analysis.round_statistics.tables import Sufficient, collect
from analysis.scheme import Scheme
from analysis.sealed_round import open_sealed_rounds
from tests.unit.sealing import Extras, Row, seal

SCHEME = """
key = "worked"
version = "1"
title = "算例"
missing = "redistribute"
[rater_class]
citizen = "市民"
delegate = "人大代表"
[[component]]
key = "public"
name = "公众评议"
weight = "100"
source = "questionnaire"
min_n = {min_n}
{more}
"""
TWO = 'rater_classes = {citizen = "60", delegate = "40"}'


@dataclass(frozen=True)
class Worked:
    assessment: Assessment
    sufficient: Sufficient
    leaves: tuple[Leaf, ...]


def row(points: int, ratee: str = "u1", **more) -> Row:
    """One ballot that gives every item the same points."""
    return Row(ratee, (points // 20,) * 5, **more)


def worked(path, rows, more: str = TWO, min_n: int = 1, extras: Extras | None = None) -> Worked:
    seal(path, rows, extras=extras)
    scheme = Scheme.load(SCHEME.format(min_n=min_n, more=more).encode())
    keys = sorted({one.ratee for one in rows})
    inputs = Inputs(tuple(RateeRow(key, f"单位{key}", "unit", "") for key in keys))
    found = assess([path], inputs, scheme)
    sufficient = collect(open_sealed_rounds([path]), inputs, scheme)
    return Worked(found, sufficient, survey_leaves(scheme, sufficient))
