"""满意率 as the tables count it, with Wilson's interval."""

from dataclasses import replace

import pytest

from analysis.estimation import wilson
from analysis.round_statistics.satisfaction import rate_sentences, scale_rates
from tests.unit.round_statistics.worked import row, worked
from tests.unit.sealing import Row

STATUSES = {"valid", "doubtful"}


def overall(option: int, ratee: str = "u1", **more) -> Row:
    """A ballot whose overall item says something else than the rest."""
    return Row(ratee, (5, 5, 5, 5, option), **more)


def rates(found, deff=1.0):
    return scale_rates(found.assessment, found.sufficient.cells, STATUSES, deff)


def test_shares_of_the_overall_item_and_wilson(tmp_path):
    # 5 and 3 are worth 100 and 60, 2 is worth 40; 9 is 不了解, 0 a blank
    ballots = [overall(o) for o in (5, 5, 5, 5, 5, 5, 5, 3, 2, 2, 9, 0)]
    (scale,) = rates(worked(tmp_path / "r", ballots))
    (one,) = scale.rates
    assert (one.n, one.satisfied, one.unknown, one.share) == (10, 8, 1, 0.8)
    assert (one.lo, one.hi) == pytest.approx(wilson(8, 10))
    assert one.deff == 1
    assert scale.good == ("非常满意", "满意", "基本满意")
    assert scale.is_satisfaction
    assert "80.0%" in rate_sentences(scale.rates)[0].text()


def test_nobody_is_the_lowest_where_all_are_alike(tmp_path):
    ballots = [overall(5, key) for key in ("u1", "u2") for _ in range(12)]
    (scale,) = rates(worked(tmp_path / "r", ballots))
    said = "".join(note.text() for note in rate_sentences(scale.rates))
    assert "都是 100.0%" in said
    assert "最低" not in said
    assert "另一批人" in said  # of those who answer, not of the truth


def test_few_votes_have_no_interval_and_fewer_are_not_shown(tmp_path):
    ballots = [overall(5) for _ in range(9)] + [overall(5, "u2") for _ in range(4)]
    (scale,) = rates(worked(tmp_path / "r", ballots, 'rater_classes = {citizen = "1"}'))
    (one,) = scale.rates
    assert (one.key, one.n, one.lo, one.hi) == ("u1", 9, None, None)
    assert scale.hidden == 1
    assert rate_sentences(()) == ()


def test_suppressed_ratees_are_left_out(tmp_path):
    ballots = [row(80) for _ in range(12)] + [row(80, "u2") for _ in range(6)]
    found = worked(tmp_path / "r", ballots, 'rater_classes = {citizen = "1"}', min_n=10)
    assert [one.key for scale in rates(found) for one in scale.rates] == ["u1"]


def test_without_an_overall_item_votes_are_alike_and_the_interval_wider(tmp_path):
    found = worked(tmp_path / "r", [row(p) for p in (100, 60, 40, 80, 80, 100, 20, 60)])
    (cells,) = found.sufficient.cells
    form = replace(cells.form.questionnaire, overall=None)
    bare = replace(cells, form=replace(cells.form, questionnaire=form))
    (scale,) = scale_rates(found.assessment, (bare,), STATUSES, 4.0)
    (one,) = scale.rates
    assert (one.n, one.satisfied) == (32, 24)
    assert (one.lo, one.hi) == pytest.approx(wilson(6, 8))
    assert scale.notes
