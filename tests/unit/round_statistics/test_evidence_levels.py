"""Evidence levels apart, by hand; and nothing shown that a subtraction would give away."""

import pytest

from analysis.round_statistics.evidence_levels import class_deffs, levels_apart
from analysis.small_groups import hidden_places
from analysis.statistics.intervals.scores import score_interval
from tests.unit.round_statistics.worked import row, worked

# Six coded ballots of 100 and 60, six by the open poster of 60 and 40: means 80 and 50.
TWO_LEVELS = [
    *(row(points, evidence="code") for points in (100, 60) * 3),
    *(row(points, evidence="open") for points in (60, 40) * 3),
]
ONE_CLASS = 'rater_classes = {citizen = "1"}'


def apart(found, by="evidence"):
    return levels_apart(found.assessment, found.leaves, by)


def test_scores_errors_and_difference_of_two_levels_by_hand(tmp_path):
    found = worked(tmp_path / "r", TWO_LEVELS, ONE_CLASS)
    (one,) = apart(found)
    code, poster = one.lines
    assert (code.level, code.score, code.n) == ("code", 80, 6)
    assert (poster.level, poster.score, poster.n) == ("open", 50, 6)
    # As if independent v0 = 0.52 · s²/N with 12 votes a dimension: 208/11 and a quarter of it.
    deff = class_deffs(found.assessment, found.leaves[0])["citizen"]
    assert deff > 1
    assert code.se**2 == pytest.approx(208 / 11 * deff)
    assert poster.se**2 == pytest.approx(52 / 11 * deff)
    assert code.difference == pytest.approx(30)
    assert code.difference_se**2 == pytest.approx(260 / 11 * deff)
    assert code.is_clear
    assert code.q < 0.05
    assert poster.difference == pytest.approx(-30)
    assert code.lo < 80 < code.hi
    assert one.is_same_people
    (first, second) = one.means
    assert first.difference == pytest.approx(30)
    # nobody rated two ratees, and there is one
    assert first.difference_se == pytest.approx(code.difference_se)
    assert second.mean == 50
    # two levels of one ratee are one comparison, seen from both sides
    assert "共比较 1 处，相差超出偶然的有 1 处" in one.sentences[0].text()
    assert one.clear == 2


def test_three_levels_are_three_comparisons(tmp_path):
    rows = TWO_LEVELS + [row(points, evidence="card") for points in (100, 60) * 3]
    (one,) = apart(worked(tmp_path / "r", rows, ONE_CLASS))
    assert "共比较 3 处" in one.sentences[0].text()


def test_levels_are_weighed_by_rater_class_as_the_scheme_says(tmp_path):
    rows = [
        *TWO_LEVELS[:6],
        *(row(60, rater_class="delegate", evidence="code") for _ in range(4)),
        *(row(100, rater_class="delegate", evidence="code") for _ in range(2)),
        *TWO_LEVELS[6:],
    ]
    (one,) = apart(worked(tmp_path / "r", rows))
    code, poster = one.lines
    # 0.6 · 80 + 0.4 · 220/3; the others are the citizens of the poster
    assert code.score == pytest.approx(48 + 0.4 * 220 / 3)
    assert code.others == pytest.approx(50)
    assert poster.others == pytest.approx(code.score)


def test_a_level_too_small_hides_and_so_does_the_next_smallest(tmp_path):
    rows = [
        *TWO_LEVELS,
        *(row(points, evidence="card") for points in (100, 20)),
        *(row(points, evidence="open") for points in (60, 40)),
    ]
    (one,) = apart(worked(tmp_path / "r", rows, ONE_CLASS))
    assert [line.level for line in one.lines] == ["open"]
    assert one.hidden == 2
    assert [mean.level for mean in one.means] == ["open"]
    assert hidden_places([3, 9, 8], 5) == {0, 2}
    assert hidden_places([3, 4, 8], 5) == {0, 1}
    assert hidden_places([1, 2, 8, 9], 5) == {0, 1, 2}
    assert hidden_places([0, 9, 8], 5) == set()


def test_the_minimum_of_the_scheme_holds_for_levels(tmp_path):
    (one,) = apart(worked(tmp_path / "r", TWO_LEVELS, ONE_CLASS, min_n=7))
    assert one.lines == ()
    assert one.hidden == 2


def test_a_suppressed_rater_class_is_in_no_level(tmp_path):
    # with the citizens' 80 known, three delegates in the mean would be known as well
    few = [row(20, rater_class="delegate", evidence="code") for _ in range(3)]
    (one,) = apart(worked(tmp_path / "r", [*TWO_LEVELS, *few], min_n=5))
    assert [line.score for line in one.lines] == [80, 50]
    assert [line.n for line in one.lines] == [6, 6]
    assert [line.others for line in one.lines] == [50, 80]
    assert one.hidden == 1


def test_a_small_part_of_a_rater_class_cannot_be_had_by_subtraction(tmp_path):
    more = [
        *(row(100, rater_class="delegate", evidence="code") for _ in range(2)),
        *(row(60, rater_class="delegate", evidence="open") for _ in range(9)),
    ]
    (one,) = apart(worked(tmp_path / "r", [*TWO_LEVELS, *more]))
    # the delegates' score is shown, so neither of their levels may count on any side
    assert [line.score for line in one.lines] == [80, 50]
    assert [line.others for line in one.lines] == [50, 80]
    assert one.hidden == 2


def test_a_suppressed_ratee_stays_so(tmp_path):
    rows = [*TWO_LEVELS, *(row(80, "u2", evidence=e) for e in ("code", "open"))]
    found = worked(tmp_path / "r", rows, ONE_CLASS, min_n=5)
    assert [one.suppressed for one in found.assessment.ratees] == [False, True]
    assert {line.key for one in apart(found) for line in one.lines} == {"u1"}


def test_one_level_alone_has_nothing_to_compare_with(tmp_path):
    found = worked(tmp_path / "r", TWO_LEVELS[:6], ONE_CLASS)
    assert apart(found) == ()
    assert apart(found, "channel") == ()


def test_equal_levels_are_seldom_called_different(tmp_path):
    rows = [
        row(points, f"u{u}", evidence=level, channel=level)
        for u in range(4)
        for level in ("code", "card")
        for points in (100, 80, 60, 80, 100, 60)
    ]
    (one,) = apart(worked(tmp_path / "r", rows, ONE_CLASS))
    assert one.clear == 0
    assert all(line.difference == 0 and line.q == 1 for line in one.lines)


def test_equal_votes_do_not_pass_for_certain(tmp_path):
    rows = [
        *(row(80, evidence="code") for _ in range(5)),
        *(row(100, evidence="open") for _ in range(5)),
    ]
    (one,) = apart(worked(tmp_path / "r", rows, ONE_CLASS))
    assert [line.score for line in one.lines] == [80, 100]
    lo, hi = score_interval(80, 0.0, 5, (20, 100))
    assert one.lines[0].se == pytest.approx((hi - lo) / 4)
    assert all(line.difference_se > 0 for line in one.lines)
    # five of 80 and five of 100 may well be one opinion
    assert one.clear == 0
    assert one.lines[0].q > 0.05
