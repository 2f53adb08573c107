"""Whole sheets against honest ones, repeats beyond chance, and both results of a finding."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from analysis.assessment import assess
from analysis.inputs import Inputs, RateeRow
from analysis.round_statistics.answer_rows import collect_rows
from analysis.round_statistics.pile import both_results, key_of, pile, place_of
from analysis.round_statistics.screens import RATE, Screens, screen_sheets
from analysis.scheme import Scheme
from analysis.screened_rows import ScreenedRow
from analysis.screening_rules import PACE_RULE
from analysis.sealed_round import open_sealed_rounds
from tests.unit.counting import counted
from tests.unit.sealing import Extras, Row, questionnaire, seal
from tests.unit.test_screened import FULL, LONG, SCHEME, USUAL

SHEET = (5, 4, 5, 3, 5, 4, 5, 5, 5)


def honest(rng: np.random.Generator, ratee: str, n: int) -> list[Row]:
    """Ballots whose answers go together, as those of people do."""
    level = rng.normal(0, 1, (n, 1)) + rng.normal(0, 0.8, (n, 9))
    codes = np.clip(np.round(level + 4), 1, 5).astype(int)
    return [Row(ratee, tuple(row)) for row in codes.tolist()]


def random_ones(rng: np.random.Generator, ratee: str, n: int) -> list[Row]:
    return [Row(ratee, tuple(rng.integers(1, 6, 9).tolist())) for _ in range(n)]


def screened(folder: Path, rows: list[Row], hidden: tuple[str, ...] = ()) -> Screens:
    seal(folder, rows, LONG)
    return screen_sheets(collect_rows(open_sealed_rounds([folder])), hidden, seed=1)


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Screens:
    """200 honest ballots at each of six units; 40 filled in at random and 15 of one sheet at u3."""
    rng = np.random.default_rng(8)
    rows = [row for u in range(1, 7) for row in honest(rng, f"u{u}", 200)]
    rows += random_ones(rng, "u3", 40) + [Row("u3", SHEET) for _ in range(15)]
    return screened(tmp_path_factory.mktemp("c") / "r", rows)


def test_random_sheets_stand_out_at_their_ratee_alone(careless: Screens) -> None:
    by_name = {one.detector: one for one in careless.sheets}
    for name in ("distance", "guttman"):
        assert [one.ratee for one in by_name[name].excess] == ["u3"]
        assert by_name[name].excess[0].k >= 20
        assert by_name[name].excess[0].n == 255
        assert 0 < by_name[name].rate <= RATE
    found = by_name["distance"].excess[0]
    # of honest sheets with the marks at u3, which are lower, at least as many are beyond
    assert 255 * by_name["distance"].rate <= found.expected < found.k / 3


def test_honest_sheets_stand_out_no_more_than_expected(tmp_path: Path) -> None:
    rng = np.random.default_rng(12)
    rows = [row for u in range(1, 7) for row in honest(rng, f"u{u}", 200)]
    made = screened(tmp_path / "r", rows)
    for one in made.sheets:
        assert one.excess == ()
        assert one.k <= 3 * max(one.expected, 4)
    assert made.repeats == () or not any(one.is_flagged for one in made.repeats)
    # about as many honest straight lines as the round really has
    (rate,) = made.honest.values()
    straight = sum(len(set(row.codes[:8])) == 1 for row in rows) / len(rows)
    assert rate.straight_line == pytest.approx(straight, abs=0.03)


def test_low_marks_alone_are_not_strange_sheets(tmp_path: Path) -> None:
    """A unit rated low lies far from the middle of all sheets, however honest its own are."""
    rng = np.random.default_rng(21)
    rows = []
    for u in range(1, 21):
        n, cuts = (60, (0.08, 0.2, 0.5)) if u == 5 else (120, (0.005, 0.02, 0.1))
        share = ndtr(0.2**0.5 * rng.normal(size=(n, 1)) + 0.8**0.5 * rng.normal(size=(n, 9)))
        codes = 2 + sum((share > cut).astype(int) for cut in cuts)
        rows += [Row(f"u{u}", tuple(one)) for one in codes.tolist()]
    distance = next(
        one for one in screened(tmp_path / "r", rows).sheets if one.detector == "distance"
    )
    assert distance.rate > 0
    assert distance.excess == ()


def test_a_sheet_handed_out_is_beyond_chance(careless: Screens) -> None:
    (one,) = [one for one in careless.repeats if one.is_flagged]
    assert (one.ratee, one.pattern) == ("u3", "5 4 5 3 5 4 5 5")
    assert one.n >= 15
    assert one.q <= 0.01


def test_the_same_seed_gives_the_same_figures_in_any_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = honest(rng, "u1", 120) + honest(rng, "u2", 120)
    assert screened(tmp_path / "a", rows) == screened(tmp_path / "b", rows[::-1])


def test_suppressed_ratees_are_not_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    rows = [row for u in range(1, 5) for row in honest(rng, f"u{u}", 150)]
    rows += random_ones(rng, "u3", 40)
    assert any(one.excess for one in screened(tmp_path / "a", rows).sheets)
    assert not any(one.excess for one in screened(tmp_path / "b", rows, ("u3",)).sheets)


@pytest.mark.parametrize("rows", [[], [Row("u1", FULL)], [Row("u1", (0,) * 9)] * 120])
def test_too_little_or_too_equal_is_no_screen(tmp_path: Path, rows: list[Row]) -> None:
    made = screened(tmp_path / "r", rows)
    assert all(one.excess == () for one in made.sheets)
    assert all(one.why is not None for one in made.sheets)
    assert made.repeats == ()


def test_a_fast_link_points_at_the_link(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = []
    for link in range(1, 51):
        fast = 30 if link == 2 else 3
        made = honest(rng, f"u{link % 3}", 60)
        rows += [
            Row(one.ratee, one.codes, link=f"L{link}", pace="fast" if at < fast else "normal")
            for at, one in enumerate(made)
        ]
    seal(tmp_path / "r", rows, LONG, extras=Extras(arrivals=[]))
    with counted(tmp_path / "r") as run:
        (one,) = [one for one in run.screened.findings if one.rule == PACE_RULE]
        assert (one.subject, one.n) == ("L2", 60)
        assert dict(one.evidence)["fast_share"] == "0.500"
        assert one.score is not None
        assert one.score <= one.threshold
        assert PACE_RULE not in run.screened.totals()  # a hint for people, no flag of record


def test_both_results_by_hand_and_few_ballots_give_nobody_away(tmp_path: Path) -> None:
    """u1: 40 usual ballots (72) and 10 straight lines of 100: (40·72 + 10·100)/50 = 77.6; u2: 2."""
    rows = [Row(f"u{u}", USUAL) for u in (1, 2) for _ in range(40)]
    rows += [Row("u1", FULL) for _ in range(10)] + [Row("u2", FULL) for _ in range(2)]
    seal(tmp_path / "r", rows, LONG)
    inputs = Inputs(tuple(RateeRow(f"u{u}", f"市{u}局", "unit", "") for u in (1, 2)))
    scheme = Scheme.load(SCHEME.format(void="").encode())
    sealed = open_sealed_rounds([tmp_path / "r"])
    place = ("r1", "straight_line", "citizen", "", "")
    made = both_results(sealed, inputs, scheme, [place])[place]
    (moved,) = made.moved
    assert (moved.key, moved.n) == ("u1", 10)
    assert (moved.total_with, moved.total_without) == (Decimal("77.60"), Decimal("72.00"))
    assert made.hidden == 1
    known = assess([tmp_path / "r"], inputs, scheme)
    assert both_results(sealed, inputs, scheme, [place], known)[place] == made
    # from the other side: already left out, the two results are the same
    decided = ScreenedRow(*place, "exclude", "核实")
    inputs = Inputs(inputs.ratees, screened=(decided,))
    assert both_results(sealed, inputs, scheme, [place])[place] == made


def test_the_pile_says_what_each_finding_is_worth(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    rows = [
        Row(f"u{u}", tuple(rng.choice([5, 4, 3, 2, 1], 9).tolist()))
        for u in range(1, 6)
        for _ in range(60)
    ]
    rows += [Row("u2", SHEET) for _ in range(15)] + [Row("u1", FULL) for _ in range(4)]
    seal(tmp_path / "r", rows, LONG)
    inputs = Inputs(tuple(RateeRow(f"u{u}", f"市{u}局", "unit", "") for u in range(1, 6)))
    made = assess([tmp_path / "r"], inputs, Scheme.load(SCHEME.format(void="").encode()))
    pattern, straight = pile(made, lambda *_: 0.01)
    (finding,) = made.findings
    assert pattern.place == place_of(finding) == ("", "repeated_pattern", "citizen", *place_tail())
    assert (pattern.n, pattern.threshold, pattern.false_alarms) == (15, 0.01, 0.01)
    assert (straight.rule, straight.n) == ("straight_line", 4)
    assert straight.false_alarms == pytest.approx(3.19)  # one in a hundred of 319 received
    assert key_of(pattern.place) != key_of(straight.place)


def place_tail() -> tuple[str, str]:
    return "5 4 5 3 5 4 5 5", "u2"


def test_a_short_form_has_no_repeats_and_no_long_strings(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    short = questionnaire("short", items=4)
    rows = [Row("u1", tuple(rng.integers(1, 6, 5).tolist())) for _ in range(150)]
    seal(tmp_path / "r", rows, short)
    made = screen_sheets(collect_rows(open_sealed_rounds([tmp_path / "r"])), (), seed=1)
    assert {one.detector for one in made.sheets} == {"distance", "guttman"}
    assert made.repeats == ()
