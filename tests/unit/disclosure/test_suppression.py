"""What a table hides, worked by hand, and an attacker who finds nothing in any family."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure.attack import attack, family, weighted, with_margins
from analysis.disclosure.bounds import feasible
from analysis.disclosure.ledger import Release, check
from analysis.disclosure.scores import Part, hide_scores, score_statements
from analysis.disclosure.statements import SCORE, Range, Statement, Sum, shown
from analysis.disclosure.suppression import Counts, suppress

K = 5
A, B, C, T = ("a",), ("b",), ("c",), ("*",)
ROW = Sum(T, (A, B, C))


def test_total_minus_shown_is_found() -> None:
    """23 = 8 + 12 + hidden: the hidden cell is 3, whatever the table says of it."""
    values = {A: 8, B: 12, C: 3, T: 23}
    ranges = feasible([ROW.statement(), *shown(values, [C])], [C])
    assert ranges[C] == Range(3, 3)


def test_a_second_cell_goes_with_the_hidden_one() -> None:
    found = suppress(Counts({A: 8, B: 12, C: 3, T: 23}, [ROW]), K)
    assert found.cells == {C: "few", A: "complement"}
    ranges = feasible([ROW.statement(), *shown({B: 12, T: 23}, [])], [A, C])
    assert ranges == {A: Range(0, 11), C: Range(0, 11)}


def test_two_by_two_with_margins() -> None:
    """One small cell of a 2×2 table hides all four: each margin gives the second one away."""
    cells = with_margins({("u", "x"): 2, ("u", "y"): 30, ("v", "x"): 40, ("v", "y"): 50})
    found = check([], Release("一", cells, content="1"), K)
    assert set(found.hidden) == {("u", "x"), ("u", "y"), ("v", "x"), ("v", "y")}
    assert found.hidden["u", "x"] == "few"


def test_two_exports_a_day_apart() -> None:
    """20 ballots yesterday, 22 today: the two of tonight are in the difference."""
    before = Release("昨天", {("u", "x"): 20, ("u", "y"): 40, ("u", "*"): 60}, content="1")
    today = Release("今天", {("u", "x"): 22, ("u", "y"): 40, ("u", "*"): 62}, content="2")
    found = check([before], today, K)
    assert found.hidden[("u", "x")] == "difference"
    assert found.hidden[("u", "*")] == "difference"
    assert any("昨天" in words for words in found.reasons)
    assert not any(sign.isdigit() for words in found.reasons for sign in words)


def test_enough_new_ballots_may_be_shown() -> None:
    before = Release("昨天", {("u", "x"): 20, ("u", "*"): 20}, content="1")
    today = Release("今天", {("u", "x"): 26, ("u", "*"): 26}, content="2")
    assert not check([before], today, K).hidden


def test_the_same_ballots_twice_change_nothing() -> None:
    cells = with_margins({("u", "x"): 3, ("u", "y"): 30, ("v", "x"): 40, ("v", "y"): 50})
    first = Release("一", cells, content="1")
    hidden = check([], first, K).hidden
    again = check([first.without(hidden)], Release("二", cells, content="1"), K)
    assert dict(again.hidden) == dict(hidden)


def test_what_is_told_already_hides_nothing_more() -> None:
    """A minimum tightened after a release cannot take back what everybody has."""
    cells = with_margins({("u", "x"): 6, ("u", "y"): 30, ("u", "z"): 40})
    first = Release("一", cells, content="1")
    found = check([first], Release("二", cells, content="1"), 8)
    assert found.hidden == {("u", "x"): "few", ("*", "x"): "few"}


def test_ballots_taken_out_are_not_told_either() -> None:
    before = Release("一", {("u", "x"): 20, ("u", "y"): 40}, content="1")
    after = Release("二", {("u", "x"): 18, ("u", "y"): 52}, content="2")
    assert check([before], after, K).hidden == {("u", "x"): "difference"}


def test_two_decimals_pin_the_score_of_a_hidden_class() -> None:
    parts = [
        Part("leaders", Fraction(3, 10), Fraction(80), 3),
        Part("units", Fraction(7, 10), Fraction(90), 30),
    ]
    kinds = {("leaders",): SCORE, ("units",): SCORE}
    known = feasible(score_statements(parts, {"leaders"}), [("leaders",)], kinds)
    assert known[("leaders",)].is_narrower(1)
    assert hide_scores(parts, ["leaders"], K) == {"leaders", "units"}


def test_a_rounded_mean_bounds_the_votes_behind_it() -> None:
    """Two votes of 100 and 0 points with the mean 50.00: one of each."""
    yes, no = ("yes",), ("no",)
    total = Statement(((yes, 1), (no, 1)), 2, 2)
    low, high = Fraction(49995, 1000), Fraction(50005, 1000)
    mean = [
        Statement(((yes, 100 - low), (no, -low)), 0, None),
        Statement(((yes, 100 - high), (no, -high)), None, 0),
    ]
    assert feasible([total, *mean], [yes])[yes] == Range(1, 1)


@settings(max_examples=3)
@given(st.integers(0, 10**6))
def test_no_family_pins_a_cell(seed: int) -> None:
    assert attack(family(seed)) == []


@given(st.integers(0, 10**6))
def test_no_weighted_total_pins_a_small_class(seed: int) -> None:
    tables, hidden = weighted(seed)
    everything = len({cell for one in tables.statements for cell, _ in one.terms}) == len(hidden)
    assert everything or attack(tables) == []


def test_without_the_guard_the_attack_succeeds() -> None:
    """Hiding only the few is no protection: most families give cells away."""
    assert sum(bool(attack(family(seed, is_guarded=False))) for seed in range(20)) > 10


@settings(max_examples=3)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_more_releases_never_widen(seed: int, random: Random) -> None:
    tables = family(seed)
    some = [one for one in tables.statements if random.random() < 0.7]
    targets = tables.hidden[:6]
    before = feasible(some, targets, tables.kinds)
    after = feasible(tables.statements, targets, tables.kinds)
    for cell, one in before.items():
        assert not _is_wider(after[cell], one)


def _is_wider(after: Range, before: Range) -> bool:
    is_lower = before.lo is not None and (after.lo is None or after.lo < before.lo)
    return is_lower or (before.hi is not None and (after.hi is None or after.hi > before.hi))


@pytest.mark.long
@pytest.mark.parametrize("start", range(0, 50, 10))
def test_fifty_families(start: int) -> None:
    for seed in range(1000 + start, 1010 + start):
        assert attack(family(seed)) == [], seed
