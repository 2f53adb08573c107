"""Cells and moments are what counting by hand gives."""

from decimal import Decimal

from analysis.cells import count_moments
from analysis.dedupe import FIRST
from analysis.estimation import mean
from analysis.tallies import effective_points, tally
from tests.unit.counting import counted
from tests.unit.sealing import Extras, Row, questionnaire, seal

ROWS = [
    Row("u1", (5, 4, 9, 3, 5)),
    Row("u1", (5, 0, 1, 3, 4)),
    Row("u1", (2, 4, 9, 9, 0), "delegate"),
    Row("u2", (9, 9, 9, 9, 9)),
]


def test_cells_count_every_answer_blanks_too(tmp_path):
    seal(tmp_path / "r", ROWS)
    with counted(tmp_path / "r") as run:
        (cells,) = run.cells
        named = {
            (cells.keys[k].ratee, cells.keys[k].rater_class, int(option)): int(n)
            for k, option, n in zip(
                cells.items["Q2"].key_number,
                cells.items["Q2"].option_number,
                cells.items["Q2"].n,
                strict=True,
            )
        }
        assert named == {
            ("u1", "citizen", 4): 1,
            ("u1", "citizen", 0): 1,
            ("u1", "delegate", 4): 1,
            ("u2", "citizen", 9): 1,
        }
        assert all(counts.n.sum() == len(ROWS) for counts in cells.items.values())


def test_moments_are_sums_over_ballots(tmp_path):
    # dimension a = Q1, Q2; b = Q3, Q4. Points 5→100, 4→80, 3→60, 2→40, 1→20; 9 is not valued.
    # u1 citizen: ballot 1 a = (100+80, 2), b = (60, 1); ballot 2 a = (100, 1), b = (20+60, 2)
    seal(tmp_path / "r", ROWS)
    with counted(tmp_path / "r") as run:
        (cells,) = run.cells
        points = effective_points(cells.form, None)
        found = count_moments(run.engine, cells, points, 1, FIRST)
        m = found[cells.units().index(("u1", "citizen"))]
    assert (m.ballots, m.answered) == (2, (2, 2))
    assert m.y == (280, 140)
    assert m.n == (3, 3)
    assert m.yy == ((180**2 + 100**2, 180 * 60 + 100 * 80), (180 * 60 + 100 * 80, 60**2 + 80**2))
    assert m.yn == ((180 * 2 + 100 * 1, 180 * 1 + 100 * 2), (60 * 2 + 80 * 1, 60 * 1 + 80 * 2))
    assert m.nn == ((4 + 1, 2 + 2), (2 + 2, 1 + 4))


def test_a_ballot_of_unknowns_is_no_ballot_for_the_score(tmp_path):
    seal(tmp_path / "r", ROWS)
    with counted(tmp_path / "r") as run:
        tallies = tally(run.engine, run.cells, None, FIRST)
        assert tallies["u2"]["citizen"].moments.ballots == 0
        as_sixty = tally(run.engine, run.cells, Decimal(60), FIRST)
        assert as_sixty["u2"]["citizen"].moments.ballots == 1
        assert as_sixty["u2"]["citizen"].moments.y == (120, 120)


def test_unknown_may_count_as_the_scheme_says(tmp_path):
    # dimension b of the delegate is 不了解 twice: no score, or 0, or 60
    seal(tmp_path / "r", ROWS)
    with counted(tmp_path / "r") as run:
        for unknown, expected in ((None, None), (Decimal(0), 0), (Decimal(60), 60)):
            found = tally(run.engine, run.cells, unknown, FIRST)["u1"]["delegate"]
            assert [mean(one.votes) for one in found.dimensions] == [60, expected]


def test_a_short_and_a_long_form_of_the_same_dimensions_are_pooled(tmp_path):
    form = questionnaire()
    data = form.as_json()
    data["key"] = "form.short"
    data["item"] = [one for one in data["item"] if one["key"] in {"Q1", "Q3", "Q0"}]
    short = type(form).from_json(data)
    seal(tmp_path / "long", [Row("u1", (5, 5, 5, 5, 5))], form, "r.form")
    seal(tmp_path / "short", [Row("u1", (1, 1, 1))], short, "r.form.short")
    with counted(tmp_path / "long", tmp_path / "short") as run:
        pooled = tally(run.engine, run.cells, None, FIRST)["u1"]["citizen"]
    assert pooled.moments.ballots == 2
    # dimension a: 2 votes of 100 and one of 20
    assert pooled.moments.y[0] == 220
    assert pooled.moments.n == (3, 3)


def test_open_and_coded_rounds_count_together(tmp_path):
    seal(tmp_path / "open", ROWS[:2], round_key="a")
    seal(tmp_path / "coded", ROWS[2:], round_key="b", extras=Extras(is_open=False))
    with counted(tmp_path / "open", tmp_path / "coded") as run:
        assert run.answers.rounds == ("a", "b")
        assert run.statuses() == {"valid": 4}
