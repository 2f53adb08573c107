"""Design effect, effective votes and full rosters, by hand.

The questionnaire has dimensions a (60: Q1, Q2) and b (40: Q3, Q4). Three ballots of 100 throughout
and three of 60: 12 votes a dimension, mean 80, Σ(x - 80)² = 12 · 400 = 4800, s²/N = 4800/11/12 =
400/11, v₀ = (0.36 + 0.16) · 400/11 = 208/11. By ballots: s² = 2400/5 = 480, v = 480/6 = 80.
deff = 80 · 11/208 = 55/13, n_eff = 24 · 13/55 = 312/55.
"""

import random
from dataclasses import replace

import pytest

from analysis.dedupe import counting_statuses
from analysis.round_statistics.estimates import class_bounds, class_estimates
from analysis.round_statistics.leaf_votes import leaf_votes
from analysis.round_statistics.who_answered import (
    complete_classes,
    response_sentences,
    responses,
)
from tests.unit.round_statistics.worked import TWO, Worked, row, worked
from tests.unit.sealing import Extras, Row

SIX = [*(row(100) for _ in range(3)), *(row(60) for _ in range(3))]
DELEGATES = [row(80, rater_class="delegate"), *(row(60, rater_class="delegate") for _ in range(5))]


def lines(found: Worked):
    (made,) = class_estimates(found.assessment, found.leaves)
    return made


def test_deff_and_effective_votes_by_hand(tmp_path):
    made = lines(worked(tmp_path / "r", SIX))
    (part,) = made.parts
    assert (part.score, part.n, part.votes) == (80, 6, 24)
    assert part.se == pytest.approx(80**0.5)
    assert part.deff == pytest.approx(55 / 13)
    assert part.n_eff == pytest.approx(312 / 55)
    (total,) = made.totals
    assert total.n_eff == pytest.approx(312 / 55)
    assert (total.se, total.lo, total.hi) == (part.se, part.lo, part.hi)


def test_a_total_adds_what_unequal_class_weights_cost(tmp_path):
    made = lines(worked(tmp_path / "r", SIX + DELEGATES))
    citizen, delegate = (next(p for p in made.parts if p.path.endswith(k)) for k in ("zen", "gate"))
    (total,) = made.totals
    expected = 1 / (0.36 / citizen.n_eff + 0.16 / delegate.n_eff)
    assert total.n_eff == pytest.approx(expected)
    assert total.votes == 48
    assert total.deff == pytest.approx(48 / expected)
    assert total.se == pytest.approx((0.36 * citizen.se**2 + 0.16 * delegate.se**2) ** 0.5)


def test_equal_answers_have_no_design_effect_and_count_as_ballots(tmp_path):
    made = lines(worked(tmp_path / "r", [row(80) for _ in range(7)]))
    (part,) = made.parts
    assert (part.deff, part.n_eff, part.se) == (None, 7, 0)
    assert part.lo < 80 < part.hi
    assert "相同" in part.notes[0].text()


def test_one_ballot_has_no_interval_and_fewer_than_five_are_not_shown(tmp_path):
    made = lines(worked(tmp_path / "r", [row(80), *DELEGATES]))
    assert [part.path for part in made.parts] == ["public/delegate"]
    assert made.hidden == 1
    (total,) = made.totals
    assert (total.se, total.lo, total.census_se) == (None, None, None)
    assert total.notes


def test_the_schemes_minimum_holds_where_it_is_higher(tmp_path):
    found = worked(tmp_path / "r", [*SIX, *SIX, *DELEGATES], min_n=8)
    assert [part.path for part in lines(found).parts] == ["public/citizen"]
    assert [n.suppressed for n in found.assessment.ratees[0].nodes if n.path == "public/delegate"]


def counts(**expected: int) -> Extras:
    return Extras(counts={"expected": expected})


def test_a_roster_that_answered_in_full_leaves_no_sampling_error(tmp_path):
    found = worked(tmp_path / "r", SIX + DELEGATES, extras=counts(delegate=6))
    assert complete_classes(found.assessment) == {"delegate"}
    made = lines(found)
    citizen, delegate = (next(p for p in made.parts if p.path.endswith(k)) for k in ("zen", "gate"))
    assert (citizen.census_se, delegate.census_se) == (None, 0)
    assert delegate.se > 0
    (total,) = made.totals
    # what is left is the citizens' part: 0.6 · √80
    assert total.census_se == pytest.approx(0.6 * 80**0.5)
    assert total.se > total.census_se
    both = worked(tmp_path / "s", SIX + DELEGATES, extras=counts(delegate=6, citizen=6))
    assert lines(both).totals[0].census_se == 0


def test_everybody_together_is_complete_where_every_class_is(tmp_path):
    half = worked(tmp_path / "r", SIX + DELEGATES, "", extras=counts(delegate=6))
    assert lines(half).parts[0].census_se is None
    both = worked(tmp_path / "s", SIX + DELEGATES, "", extras=counts(delegate=6, citizen=6))
    assert lines(both).parts[0].census_se == 0
    assert lines(both).totals[0].census_se == 0


def test_a_roster_with_one_missing_or_one_left_out_is_not_complete(tmp_path):
    one_short = worked(tmp_path / "r", SIX + DELEGATES, extras=counts(delegate=7))
    assert not complete_classes(one_short.assessment)
    twice = [*DELEGATES[:-1], row(60, rater_class="delegate", same_device=1)]
    twice[0] = row(80, rater_class="delegate", same_device=1)
    double = worked(tmp_path / "s", SIX + twice, extras=counts(delegate=6))
    assert double.assessment.counts.duplicate == 1
    assert not complete_classes(double.assessment)


def test_response_and_the_bound_of_silence_by_hand(tmp_path):
    found = worked(tmp_path / "r", SIX + DELEGATES, extras=counts(citizen=8))
    by_class = {
        one.rater_class: one for one in responses(found.assessment, class_bounds(found.leaves))
    }
    citizen, delegate = by_class["citizen"], by_class["delegate"]
    # 6 of 8, mean 80 on 20…100: 0.75 · 80 + 0.25 · 20 = 65, 60 + 25 = 85
    assert citizen.rate == 0.75
    assert citizen.bounds == pytest.approx((65, 85))
    assert (delegate.asked, delegate.rate, delegate.bounds) == (None, None, None)
    said = "".join(note.text() for note in response_sentences(tuple(by_class.values())))
    assert "75.0%" in said
    assert "没有名册" in said


def test_more_answers_than_asked_give_no_rate(tmp_path):
    found = worked(tmp_path / "r", SIX, extras=counts(citizen=3))
    (one,) = responses(found.assessment, class_bounds(found.leaves))
    assert (one.asked, one.rate, one.bounds, one.is_complete) == (None, None, None, False)


def test_votes_know_nothing_of_the_order_of_rows(tmp_path):
    draw = random.Random(2)
    rows = [
        Row("u1", tuple(draw.choice((0, 9, 1, 2, 3, 4, 5)) for _ in range(5)), who)
        for who in ("citizen", "delegate")
        for _ in range(9)
    ]
    first = worked(tmp_path / "r", rows)
    second = worked(tmp_path / "s", draw.sample(rows, len(rows)))
    assert lines(first).parts == lines(second).parts
    assert lines(first).totals == lines(second).totals


@pytest.mark.parametrize("more", [TWO, f"{TWO}\ntrim = '0.2'", f"{TWO}\nunknown = '60'", ""])
def test_votes_give_the_scores_of_record(tmp_path, more):
    draw = random.Random(3)
    rows = [
        Row("u1", tuple(draw.choice((0, 9, 1, 2, 3, 4, 5)) for _ in range(5)), who)
        for who in ("citizen", "delegate")
        for _ in range(12)
    ]
    found = worked(tmp_path / "r", rows, more)
    (leaf,) = found.leaves
    nodes = [one for one in found.assessment.ratees[0].nodes if one.kind == "rater_class"]
    assert nodes
    for node in nodes:
        votes = leaf.by_class["u1", node.path.rpartition("/")[2]]
        assert votes.score == pytest.approx(float(node.score))
        assert votes.variance > 0
        assert votes.rows >= node.n


def test_a_leaf_nobody_answered_has_no_votes(tmp_path):
    found = worked(tmp_path / "r", SIX)
    (leaf,) = found.leaves
    other = replace(leaf.component, questionnaires=("another",))
    cells = found.sufficient.cells
    assert leaf_votes(other, cells, counting_statuses("first")) is None


def test_words_say_nothing_of_errors_that_equal_or_few_answers_cannot_show(tmp_path):
    equal = [row(100, f"u{u}") for u in range(4) for _ in range(30)]
    said = "".join(note.text() for note in lines(worked(tmp_path / "equal", equal)).sentences)
    assert "看不出误差" in said
    assert "互不相干" not in said
    two = [Row(f"u{u}", (5, 4, i + 1, 4, 5)) for u in range(4) for i in range(2)]
    made = lines(worked(tmp_path / "two", two))
    assert made.totals[0].n_eff > made.totals[0].votes
    assert "互不相干" not in "".join(note.text() for note in made.sentences)
    many = [row(60 + 40 * (i % 2), f"u{u}") for u in range(4) for i in range(30)]
    said = "".join(note.text() for note in lines(worked(tmp_path / "many", many)).sentences)
    assert "互不相干" in said
