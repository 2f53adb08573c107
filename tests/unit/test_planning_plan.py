"""A plan's figures by hand: S = 10, 95 %, so z = 1.96; ± 2 needs (1.96 · 10 / 2)² = 96.04."""

import pytest

from survey_app.assessments.earlier import spreads
from survey_app.planning.asked import Pair, Unit
from survey_app.planning.plan import (
    Guess,
    PairPlan,
    Wanted,
    between,
    expected_ballots,
    percent,
    plan_pairs,
)
from tests.rounds import SCHEME

HALF = Guess(sd=10, deff=1, response=0.5)
TWO_POINTS = Wanted("precision", 2)


def unit(people: int | None, cards: int = 0, *, is_posted: bool = False, key: str = "u") -> Unit:
    return Unit(key, key, people, cards, is_posted)


def planned(
    *units: Unit, guess: Guess = HALF, wanted: Wanted = TWO_POINTS, target: int = 0
) -> PairPlan:
    (found,) = plan_pairs([Pair("delegate", "unit", units)], {"delegate": guess}, wanted, target)
    return found


def said(plan: PairPlan) -> str:
    return "".join(note.text() for note in plan.sentences)


@pytest.mark.parametrize(
    ("people", "n", "asked"),
    [
        (None, 97, 194),
        (200, 65, 130),  # 96.04 / (1 + 96.04 / 200) = 64.88
        (100_000, 96, 192),  # 95.95
    ],
)
def test_precision_by_hand(people: int | None, n: int, asked: int) -> None:
    plan = planned(unit(people))
    (line,) = plan.lines
    assert line.needed is not None
    assert (line.needed.n, line.needed.asked) == (n, asked)
    assert line.width == pytest.approx(2, abs=0.03)
    assert f"每个对象收到 {n} 份有效答卷，得分的误差约 ±2.0 分" in said(plan)
    assert f"按 50% 的应答率，每个对象要请 {asked} 人" in said(plan)
    assert not plan.is_out_of_reach


def test_gap_by_hand() -> None:
    """2 · 10² · (1.95996 + 0.84162)² / 4² = 98.1."""
    plan = planned(unit(None), wanted=Wanted("gap", 4))
    (line,) = plan.lines
    assert line.needed is not None
    assert line.needed.n == 99
    assert line.gap == pytest.approx(4, abs=0.03)
    assert "相差 4.0 分以上的两个对象大致分得清" in said(plan)


def test_a_design_effect_of_two_takes_twice_the_ballots() -> None:
    (line,) = planned(unit(None), guess=Guess(10, 2, 1)).lines
    assert line.needed is not None
    assert line.needed.n == 193  # 192.07


def test_out_of_reach_says_how_to_get_there() -> None:
    """Of 60 people 96.04 / (1 + 96.04 / 60) = 36.9 are needed, and half of them come back: 30."""
    plan = planned(unit(60))
    assert plan.is_out_of_reach
    # Half of 60 come back: ± 1.96 · 10 · √((1 - 30/60) / 30) = 2.53.
    assert "名册 60 人全部请到，预计也只收回 30 份，需要 37 份" in said(plan)
    assert "应答率提高到 61.7%，或把精度放宽到 ±2.5 分" in said(plan)
    gap = planned(unit(60), wanted=Wanted("gap", 4))
    assert "或只求分清相差 5.1 分的对象" in said(gap)  # 2.8016 · √(2 · 100 / 30 / 2) = 5.115


def test_the_remedy_is_enough() -> None:
    better = planned(unit(60), guess=Guess(10, 1, 0.617))
    assert not better.is_out_of_reach


def test_asking_everybody_is_called_a_census() -> None:
    everybody = Guess(10, 1, 1)
    plan = planned(unit(10, cards=10), guess=everybody)
    (line,) = plan.lines
    assert line.needed is not None
    assert line.needed.is_census
    assert plan.is_census
    assert "名册上的 10 人都要请到，也就是普查" in said(plan)
    assert "名册上的人都发了卡，是普查" in said(plan)
    assert (line.expected, line.now_width, line.now_gap) == (10, 0, 0)
    assert "份数不到 30" in said(plan)


def test_cards_beyond_the_roster_bring_nobody() -> None:
    assert expected_ballots(unit(10, cards=50), HALF, 0) == 5
    assert expected_ballots(unit(None, cards=50), HALF, 0) == 25
    assert expected_ballots(unit(None, cards=50), HALF, 99) == 25
    assert expected_ballots(unit(None, cards=50, is_posted=True), HALF, 99) == 99


def test_what_today_gives_is_said_apart() -> None:
    plan = planned(unit(None, cards=200, key="a"), unit(None, key="b"))
    assert "每个对象预计 100 份，误差约 ±2.0 分，能分清相差 4.0 分的" in said(plan)
    assert "有 1 个对象还没有卡" in said(plan)
    assert plan.span(lambda line: line.expected) == (0, 100)
    assert plan.span(lambda line: line.now_width) == (pytest.approx(1.96, abs=0.001),) * 2
    assert not plan.is_even


def test_a_ratee_nobody_is_asked_about_is_reported_and_does_not_break_the_rest() -> None:
    plan = planned(unit(0, key="a"), unit(200, key="b"))
    assert plan.lines[0].needed is None
    assert "有 1 个对象，名册上没有人评它" in said(plan)
    assert "65 份有效答卷" in said(plan)
    assert said(planned(unit(0))) == "有 1 个对象，名册上没有人评它，请检查名册的评议范围。"


def test_no_spread_needs_one_ballot_and_a_pair_without_ratees_no_row() -> None:
    (line,) = planned(unit(None), guess=Guess(0, 1, 1)).lines
    assert line.needed is not None
    assert line.needed.n == 1
    assert plan_pairs([Pair("delegate", "unit", ())], {"delegate": HALF}, TWO_POINTS, 0) == ()


def test_figures_as_people_read_them() -> None:
    assert between([3, 3]) == "3"
    assert between([1.04, 2.0]) == "1.0–2.0"
    assert [percent(share) for share in (0.07, 0.6, 0.6161, 1.0)] == ["7", "60", "61.7", "100"]


def test_the_spread_of_an_earlier_run_is_that_of_single_ballots() -> None:
    """se² = s² / n: 1² · 25 = 25 over 25 ballots and 0.5² · 400 = 100 over 400."""
    from analysis.scheme import Scheme

    node = {"public": {"se": 9, "n": 400}}
    ratees = [
        {"suppressed": False, "nodes": {**node, "public/citizen": {"se": 1, "n": 25}}},
        {"suppressed": False, "nodes": {"public/citizen": {"se": 0.5, "n": 400}}},
        {"suppressed": False, "nodes": {"public/citizen": {"se": 7, "n": 4}}},
        {"suppressed": True, "nodes": {"public/citizen": {"se": 7, "n": 100}}},
        {"suppressed": False, "nodes": {"public/delegate": {"se": None, "n": 9}}},
    ]
    found = spreads(Scheme.load(SCHEME.encode()), {"ratees": ratees})
    assert set(found) == {"citizen"}
    assert found["citizen"].sd == pytest.approx(((25 * 25 + 400 * 100) / 425) ** 0.5)
    assert (found["citizen"].units, found["citizen"].n) == (2, 425)
