"""Sample sizes by hand and against published ones; draws that anybody can repeat."""

import hashlib
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.planning import draws
from analysis.statistics.planning.allocation import allocate
from analysis.statistics.planning.sample_size import (
    Assumptions,
    for_gap,
    for_precision,
    half_width,
    smallest_gap,
)
from tests.reference.published import stats


def test_precision_as_in_the_textbook():
    # Cochran 1977, §4.4: a share near 0.5 to within 0.05 at 95 %, many people: 384.1 -> 385
    found = for_precision(0.05, Assumptions(0.5))
    assert (found.n, round(found.exact, 1)) == (385, 384.1)
    # the same among 1 000 people: 384.146 / 1.384146 = 277.5
    among = for_precision(0.05, Assumptions(0.5, population=1000))
    assert (among.n, round(among.exact, 1)) == (278, 277.5)
    # at 60 % response 278 / 0.6 = 463.3
    assert for_precision(0.05, Assumptions(0.5, 1000, response=0.6)).asked == 464
    # a design effect of 2 doubles the ballots of a large population
    assert for_precision(0.05, Assumptions(0.5, deff=2)).exact == pytest.approx(2 * found.exact)


def test_a_gap_as_in_the_textbook():
    # half a standard deviation, 80 %, 5 %: 2 (1.959964 + 0.841621)² / 0.25 = 62.79 -> 63
    found = for_gap(5, Assumptions(10))
    assert (found.n, round(found.exact, 2)) == (63, 62.79)
    # raters shared with a correlation of 0.5 halve it
    assert for_gap(5, Assumptions(10), correlation=0.5).exact == pytest.approx(found.exact / 2)
    # ten comparisons: z at 0.0025 is 2.807034; 2 (2.807034 + 0.841621)² / 0.25 = 106.50
    assert for_gap(5, Assumptions(10), comparisons=10).n == 107


def test_whoever_cannot_be_had_is_told():
    everybody = for_precision(0.1, Assumptions(20, population=12))
    assert (everybody.n, everybody.asked, everybody.is_census) == (12, 12, True)
    few = for_precision(2, Assumptions(20, population=100, response=0.3))
    assert few.is_out_of_reach
    assert few.asked == 100
    for wrong in (Assumptions(10), Assumptions(10, population=50)):
        with pytest.raises(NoEstimate):
            for_precision(0, wrong)
    with pytest.raises(NoEstimate):
        Assumptions(10, response=0)
    with pytest.raises(NoEstimate):
        smallest_gap(0, Assumptions(10))


@given(st.floats(1, 30), st.floats(0.5, 10), st.one_of(st.none(), st.integers(20, 10**6)))
def test_size_and_precision_turn_into_each_other(sd, wanted, population):
    plan = Assumptions(sd, population)
    n = for_precision(wanted, plan).n
    assert half_width(n, plan) <= wanted * (1 + 1e-6)
    assert n == 1 or half_width(n - 1, plan) > wanted * (1 - 1e-6)
    pair = for_gap(wanted, plan).n
    assert smallest_gap(pair, plan) <= wanted * (1 + 1e-6)


def test_strata_share_by_largest_remainders():
    # 10 of 50, 30, 20: exactly 5, 3, 2; 10 of 45, 33, 22: 4.5, 3.3, 2.2 -> 5, 3, 2
    assert allocate(10, [50, 30, 20]) == (5, 3, 2)
    assert allocate(10, [45, 33, 22]) == (5, 3, 2)
    # Neyman: N·S = 50, 150, 200 -> 1.25, 3.75, 5
    assert allocate(10, [50, 50, 50], [1, 3, 4]) == (1, 4, 5)
    # at least two each, and never more than there are
    assert allocate(10, [1000, 3, 1], least=2) == (7, 2, 1)
    with pytest.raises(NoEstimate):
        allocate(200, [50, 30, 20])


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.data())
def test_an_allocation_adds_up_and_fits(sizes, data):
    n = data.draw(st.integers(len(sizes), sum(sizes)))
    spread = data.draw(
        st.one_of(st.none(), st.lists(st.floats(0, 5), min_size=len(sizes), max_size=len(sizes)))
    )
    shared = allocate(n, sizes, spread)
    assert sum(shared) == n
    assert all(1 <= one <= size for one, size in zip(shared, sizes, strict=True))


KEYS = [f"P{number:03}" for number in range(60)]


def test_a_draw_is_the_smallest_hashes_and_anybody_can_check():
    drawn = draws.simple(KEYS, 5, "2026")
    hashed = sorted(KEYS, key=lambda key: hashlib.sha256(f"2026/{key}".encode()).hexdigest())
    assert drawn.keys == tuple(sorted(hashed[:5]))
    assert drawn.weights == (12.0,) * 5
    assert draws.simple(KEYS, 5, "2027").keys != drawn.keys


@given(st.permutations(KEYS), st.integers(1, 60))
def test_the_order_of_the_list_does_not_matter(shuffled, n):
    assert draws.simple(shuffled, n, "s") == draws.simple(KEYS, n, "s")
    assert draws.systematic(shuffled, n, "s") == draws.systematic(KEYS, n, "s")


def test_one_more_person_moves_nobody_elses_number():
    before, after = (
        set(draws.simple(KEYS, 10, "s").keys),
        set(draws.simple([*KEYS, "Z"], 10, "s").keys),
    )
    assert len(before - after) <= 1


def test_every_stratum_gets_its_number():
    strata = {"a": KEYS[:40], "b": KEYS[40:]}
    drawn = draws.stratified(strata, {"a": 4, "b": 5}, "s")
    assert sum(key in KEYS[:40] for key in drawn.keys) == 4
    assert dict(zip(drawn.keys, drawn.weights, strict=True)) == {
        key: 10.0 if key in KEYS[:40] else 4.0 for key in drawn.keys
    }


def test_systematic_takes_every_kth():
    drawn = draws.systematic(KEYS, 6, "s")
    places = [KEYS.index(key) for key in drawn.keys]
    assert {later - one for one, later in pairwise(places)} == {10}


def test_pps_frequencies_follow_the_sizes():
    sizes = {"a": 50, "b": 30, "c": 15, "d": 5, "none": 0}
    counts = dict.fromkeys(sizes, 0)
    for seed in range(2000):
        drawn = draws.pps(sizes, 1, str(seed))
        counts[drawn.keys[0]] += 1
    for key, size in sizes.items():
        assert counts[key] / 2000 == pytest.approx(size / 100, abs=0.04)


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 50), min_size=3), st.data())
def test_pps_draws_the_number_and_probabilities_add_up(sizes, data):
    n = data.draw(st.integers(1, len(sizes)))
    drawn = draws.pps(sizes, n, "seed")
    assert len(set(drawn.keys)) == n
    certain = draws._certain(sorted(sizes), sizes, n)
    assert certain <= set(drawn.keys)
    rest = sum(Fraction(size) for key, size in sizes.items() if key not in certain)
    for key, probability in zip(drawn.keys, drawn.probabilities, strict=True):
        expected = 1 if key in certain else (n - len(certain)) * sizes[key] / rest
        assert probability == pytest.approx(float(expected))


def test_every_draw_is_as_likely_as_it_says():
    taken = sum("P007" in draws.simple(KEYS, 15, str(seed)).keys for seed in range(1500))
    assert taken / 1500 == pytest.approx(0.25, abs=0.04)


def test_a_list_that_cannot_be_drawn_from_is_refused():
    for keys, n in (([*KEYS, "P001"], 5), (KEYS, 0), (KEYS, 61), ([], 1)):
        with pytest.raises(NoEstimate):
            draws.simple(keys, n, "s")


def test_the_commands_answer(tmp_path):
    units = tmp_path / "units.csv"
    units.write_text("unit,N,town\na,1000,x\nb,80,x\nc,12,y\n", encoding="utf-8")
    plan = stats(
        "power", str(units), "--id", "unit", "--population", "N", "--sd", "15",
        "--precision", "2", "--response", "0.5",
    )  # fmt: skip
    # 216.08 / (1 + 216.08 / 1000) = 177.7
    assert plan["detail"]["rows"]["a"]["n"] == 178
    assert plan["detail"]["rows"]["c"]["out_of_reach"]
    first = stats("draw", str(units), "--id", "unit", "--n", "2", "--strata", "town", "--seed", "7")
    again = stats("draw", str(units), "--id", "unit", "--n", "2", "--strata", "town", "--seed", "7")
    assert first == again
    assert first["detail"]["allocation"] == {"x": 1, "y": 1}
    assert stats("draw", str(units), "--n", "9", exit_code=1)["status"] == "undefined"
