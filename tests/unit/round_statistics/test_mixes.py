"""What the scheme's weights of strata do, by hand (tests/unit/test_parts.py, three times)."""

import pytest

from analysis.round_statistics.mixes import weighting
from tests.unit.round_statistics.worked import TWO, row, worked

STRATA = 'mix = {by = "stratum", weights = {"城区" = "3000", "乡镇" = "1000"}}'
# 城区 three times 100 and 60: mean 80; 乡镇 nine times 40
ROWS = [
    *(row(points, stratum="城区") for points in (100, 60) * 3),
    *(row(40, stratum="乡镇") for _ in range(9)),
]


def made(found):
    return weighting(found.assessment, found.leaves)


def test_weights_deff_and_both_results_by_hand(tmp_path):
    found = made(worked(tmp_path / "r", ROWS, STRATA))
    (one,) = found.compositions
    town, village = one.parts
    # six of fifteen ballots stand for three quarters: 0.75 / 0.4; nine for one: 0.25 / 0.6
    assert (town.share, town.target) == (0.4, 0.75)
    assert town.weight == pytest.approx(1.875)
    assert village.weight == pytest.approx(5 / 12)
    # n Σw² / (Σw)² with Σw = n = 15
    deff = (6 * 1.875**2 + 9 * (5 / 12) ** 2) / 15
    assert one.size.deff == pytest.approx(deff)
    (line,) = found.lines
    assert (line.weighted, line.unweighted) == (70, pytest.approx(56))
    # 城区: s² = 480, v = 80, 0.75² · 80 = 45; 乡镇 has no spread
    assert line.weighted_se == pytest.approx(45**0.5)
    assert line.unweighted_se is not None
    assert line.deff == pytest.approx(deff)
    assert line.n_eff == pytest.approx(15 / deff)
    assert (line.least, line.most) == (pytest.approx(5 / 12), pytest.approx(1.875))
    assert line.is_fit
    assert "加权 70.00，不加权 56.00" in "".join(note.text() for note in found.sentences)


def test_a_weighted_score_that_rests_on_few_is_unfit(tmp_path):
    rows = [row(100, stratum="城区") for _ in range(5)]
    rows += [row(40, stratum="乡镇") for _ in range(95)]
    found = made(worked(tmp_path / "r", rows, STRATA))
    (line,) = found.lines
    # w = 15 and 5/19, Σw = n = 100: (5 · 225 + 95 · 25/361) / 100
    assert line.deff == pytest.approx((225 + 25 / 19) / 20)
    assert not line.is_fit
    assert "不到三成" in "".join(note.text() for note in found.sentences)


def test_without_weights_there_are_only_shares(tmp_path):
    found = made(worked(tmp_path / "r", ROWS, 'rater_classes = {citizen = "1"}'))
    (one,) = found.compositions
    assert {part.part: part.share for part in one.parts} == {"城区": 0.4, "乡镇": 0.6}
    assert one.size is None
    assert {part.target for part in one.parts} == {None}
    assert found.lines == ()
    assert "没有按层" in found.sentences[0].text()


def test_a_stratum_nobody_answered_in_is_told(tmp_path):
    rows = [row(points, stratum="城区") for points in (100, 60, 80, 80, 60)]
    found = made(worked(tmp_path / "r", rows, STRATA))
    (one,) = found.compositions
    assert one.missing == ("乡镇",)
    assert one.parts[0].weight == 1
    (line,) = found.lines
    assert line.weighted == line.unweighted == pytest.approx(76)
    assert line.deff == 1


def test_rater_classes_without_parts_and_few_ballots_are_not_listed(tmp_path):
    mix = STRATA.replace("}}", '}, rater_classes = ["citizen"]}')
    rows = [*ROWS, *(row(60, rater_class="delegate", stratum="城区") for _ in range(6))]
    found = made(worked(tmp_path / "r", rows, f"{mix}\n{TWO}"))
    assert [one.rater_class for one in found.lines] == ["citizen"]
    few = made(worked(tmp_path / "s", ROWS[:4], f"{mix}\n{TWO}"))
    assert (few.lines, few.hidden) == ((), 1)


def test_both_results_would_give_away_a_small_stratum(tmp_path):
    # 0.75 a + 0.25 b and (4 a + 9 b) / 13 together are a and b
    found = made(worked(tmp_path / "r", ROWS[2:], STRATA))
    assert (found.lines, found.hidden) == ((), 1)
    assert "没有按层" not in "".join(note.text() for note in found.sentences)


def test_ballots_of_a_stratum_without_weight_change_neither_result(tmp_path):
    rows = [*ROWS, row(20, stratum="外地"), row(20)]
    (line,) = made(worked(tmp_path / "r", rows, STRATA)).lines
    assert (line.weighted, line.unweighted, line.n) == (70, pytest.approx(56), 15)
