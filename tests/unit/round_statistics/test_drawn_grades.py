"""Grades of drawn rounds are those the scheme itself would give."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import given, settings

from analysis.inputs import VetoRow
from analysis.round_statistics.drawn_grades import drawn_grades
from tests.unit.marked import SIX, TWO, graded_by, results_of, scheme_of, units
from tests.unit.test_grading_properties import LIMIT, cases


def grades_drawn(scheme, ratees, marks, history=(), vetoes=()):
    """By ratee the key of the grade that one drawn round with these totals gives."""
    given_ = graded_by(scheme, ratees, marks, history, "2026", vetoes)
    results = [
        replace(one, allowed=given_[one.key].allowed)
        for one in results_of(scheme, ratees, marks, history, "2026", vetoes)
    ]
    drawn = np.array([[float(Decimal(marks[one.key])) for one in results]])
    keys = [*(one.key for one in scheme.grades), None]
    found = drawn_grades(scheme, results, ratees, drawn)[0].tolist()
    return {one.key: keys[place] for one, place in zip(results, found, strict=True)}


@settings(deadline=None)
@given(cases(limit=LIMIT, unique=True))
def test_one_drawn_round_is_graded_as_the_scheme_grades_it(case):
    text, ratees, marks, history, _ = case
    scheme = scheme_of(text)
    expected = graded_by(scheme, ratees, marks, history, "2026")
    assert grades_drawn(scheme, ratees, marks, history) == {
        key: one.grade for key, one in expected.items()
    }


def test_lines_are_held_against_the_score_of_record():
    marks = {"a": "89.995", "b": "89.994", "c": "69"}
    found = grades_drawn(scheme_of(SIX), units("a", "b", "c"), marks)
    assert found == {"a": "g0", "b": "g1", "c": "g3"}


def test_a_veto_passes_the_place_on():
    scheme = scheme_of(TWO.format('quota = {scope = "class", count = 1}'))
    veto = VetoRow("a", "事故", "文号", None)
    found = grades_drawn(
        scheme, units("a", "b", "c"), {"a": "90", "b": "80", "c": "70"}, (), [veto]
    )
    assert found == {"a": "rest", "b": "top", "c": "rest"}


def test_every_draw_is_graded_by_itself():
    scheme = scheme_of(TWO.format('quota = {scope = "class", count = 1}'))
    ratees, marks = units("a", "b"), {"a": "90", "b": "80"}
    results = [replace(one, allowed=("top", "rest")) for one in results_of(scheme, ratees, marks)]
    drawn = np.array([[90.0, 80.0], [70.0, 80.0]])
    assert drawn_grades(scheme, results, ratees, drawn).tolist() == [[0, 1], [1, 0]]
