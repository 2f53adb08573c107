"""The screens find what was planted and leave the honest alone."""

import numpy as np

from analysis.scheme.checks import VOIDABLE_RULES as NAMEABLE
from analysis.screening import VOIDABLE_RULES
from analysis.statistics.response_quality.bursts import find_bursts
from tests.unit.counting import counted
from tests.unit.sealing import Extras, Row, questionnaire, seal

LONG = questionnaire("long", items=8)


def test_a_straight_line_needs_a_long_form(tmp_path):
    seal(tmp_path / "long", [Row("u1", (5,) * 9), Row("u1", (5,) * 7 + (4, 5))], LONG, "a")
    seal(tmp_path / "short", [Row("u1", (5,) * 5)], round_key="b")
    with counted(tmp_path / "long", tmp_path / "short") as run:
        assert run.flagged() == {"straight_line": 1}


def test_unknown_all_the_way_is_a_straight_line_and_blanks_are_not(tmp_path):
    seal(tmp_path / "r", [Row("u1", (9,) * 9), Row("u1", (0,) * 9)], LONG)
    with counted(tmp_path / "r") as run:
        assert run.flagged() == {"straight_line": 1, "too_many_blank": 1}


def test_half_blank_is_flagged_and_less_is_not(tmp_path):
    half = (5, 0, 4, 0, 3, 0, 2, 0, 5)
    less = (5, 0, 4, 0, 3, 0, 2, 1, 0)
    seal(tmp_path / "r", [Row("u1", half), Row("u1", less)], LONG)
    with counted(tmp_path / "r") as run:
        assert run.flagged() == {"too_many_blank": 1}


def test_fast_alone_is_nothing(tmp_path):
    rows = [Row("u1", (5, 4) * 4 + (3,), pace="fast"), Row("u1", (5,) * 9, pace="fast")]
    seal(tmp_path / "r", rows, LONG)
    with counted(tmp_path / "r") as run:
        assert run.flagged() == {"straight_line": 1, "fast_straight_line": 1}


def honest(rng: np.random.Generator, links: int, bins: int, mean: float) -> list:
    return [
        (f"L{link:02d}", 5000 + b, int(n))
        for link in range(links)
        for b, n in enumerate(rng.poisson(mean, bins))
        if n
    ]


def test_a_farm_stands_out_and_honest_links_do_not():
    rng = np.random.default_rng(7)
    arrivals = honest(rng, links=30, bins=720, mean=0.7)
    arrivals += [("L03", 5100 + b, 60) for b in range(4)]
    found = find_bursts(*map(list, zip(*arrivals, strict=True)))
    assert [one.link for one in found] == ["L03"]
    assert found[0].bins == 4
    assert found[0].n >= 60


def test_honest_days_and_nights_raise_no_flag():
    rng = np.random.default_rng(11)
    day = [(b % 144) // 6 in range(8, 20) for b in range(720)]
    arrivals = [
        (f"L{link}", b, int(n))
        for link in range(20)
        for b in range(720)
        if (n := rng.poisson(2.0 if day[b] else 0.05))
    ]
    assert find_bursts(*map(list, zip(*arrivals, strict=True))) == []


def test_few_arrivals_are_not_judged():
    assert find_bursts(["L1"] * 2, [0, 50], [40, 1]) == []
    assert find_bursts([], [], []) == []


def farm(tmp_path) -> None:
    """40 usual ballots a unit by its own link; a farm of 60 full marks by one link for u1."""
    rng = np.random.default_rng(3)
    usual = [
        Row(f"u{u}", (*rng.choice([5, 4, 3, 2], 9).tolist(),), link=f"L{u}")
        for u in range(1, 7)
        for _ in range(40)
    ]
    pushed = [Row("u1", (5,) * 9, link="L1") for _ in range(60)]
    arrivals = [(f"L{u}", 1000 + 12 * k, 1) for u in range(1, 7) for k in range(40)]
    arrivals += [("L1", 1100, 30), ("L1", 1101, 30)]
    seal(tmp_path / "r", usual + pushed, LONG, extras=Extras(arrivals=arrivals))


def test_a_one_sided_burst_is_found_at_its_link(tmp_path):
    farm(tmp_path)
    with counted(tmp_path / "r") as run:
        links = {(one.rule, one.subject, one.n) for one in run.screened.findings}
        assert ("link_burst", "L1", 100) in links
        assert ("one_sided_link", "L1", 100) in links
        assert {one.subject for one in run.screened.findings} == {"L1"}
        # every ballot of the link is doubtful: the screen points at the link, not at one ballot
        assert run.statuses() == {"valid": 200, "doubtful": 100}


def test_a_burst_alone_is_a_meeting(tmp_path):
    rng = np.random.default_rng(5)
    rows = [
        Row(f"u{u}", (*rng.choice([5, 4, 3, 2], 9).tolist(),), link=f"L{u}")
        for u in range(1, 4)
        for _ in range(60)
    ]
    arrivals = [(f"L{u}", 1000 + 5 * k, 1) for u in range(1, 4) for k in range(60)]
    arrivals += [("L2", 1100, 50)]
    seal(tmp_path / "r", rows, LONG, extras=Extras(arrivals=arrivals))
    with counted(tmp_path / "r") as run:
        assert [(one.rule, one.subject) for one in run.screened.findings] == [("link_burst", "L2")]
        assert run.statuses() == {"valid": 180}


def test_a_standard_answer_is_found_as_a_pattern(tmp_path):
    rng = np.random.default_rng(9)
    rows = [
        Row(f"u{u}", (*rng.choice([5, 4, 3, 2, 1], 9).tolist(),))
        for u in range(1, 6)
        for _ in range(60)
    ]
    sheet = (5, 5, 5, 4, 5, 5, 5, 5, 5)
    rows += [Row("u2", sheet) for _ in range(15)]
    seal(tmp_path / "r", rows, LONG)
    with counted(tmp_path / "r") as run:
        (one,) = run.screened.findings
    assert (one.rule, one.ratee, one.subject, one.n) == (
        "repeated_pattern",
        "u2",
        "5 5 5 4 5 5 5 5",
        15,
    )


def test_a_scheme_may_name_exactly_the_rules_that_point_at_ballots_or_links():
    assert set(NAMEABLE) == set(VOIDABLE_RULES)
