"""The price of a rank: by hand, and by really sealing the forged ballots and assessing again."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from analysis.assessment import assess, prepare, ratee_results
from analysis.attacks.find_gates import find_gates
from analysis.attacks.price import Cost, Prices, RateePrice, prices
from analysis.binding import bind
from analysis.engine import start_engine
from analysis.inputs import Inputs, RateeRow
from analysis.results import Assessment, RateeResult
from analysis.round_statistics.tables import collect
from analysis.scheme import Scheme
from analysis.sealed_round import open_sealed_rounds
from tests.unit.sealing import Row, questionnaire, seal

ONE = """
key = "one"
version = "1"
title = "一个构成"
missing = "redistribute"

[[component]]
key = "public"
name = "公众评议"
weight = "100"
source = "questionnaire"
min_n = 3
"""
QUOTA = """
[[grade]]
key = "best"
name = "优秀"
quota = { scope = "all", count = 1 }

[[grade]]
key = "fair"
name = "合格"
"""
CLASSES = 'rater_classes = { citizen = "60", delegate = "40" }\n'
MIXED = CLASSES + 'mix = { by = "evidence", weights = { open = "1", card = "3" } }\n'
NESTED = """
key = "nested"
version = "1"
title = "两层"
base = "120"
missing = "redistribute"

[[component]]
key = "all"
name = "全部"
weight = "100"

[[component.component]]
key = "public"
name = "公众评议"
weight = "70"
source = "questionnaire"
questionnaires = ["form"]
rater_classes = { citizen = "60", delegate = "40" }
trim = "0.1"
min_n = 3

[[component.component]]
key = "other"
name = "其他"
weight = "30"
source = "questionnaire"
questionnaires = ["other"]
min_n = 1
"""

SINGLE = questionnaire(items=1, weights=("100",))
DOUBLE = questionnaire(items=4, weights=("60", "40"))


def given(*keys: str) -> Inputs:
    return Inputs(ratees=tuple(RateeRow(key, key, "unit", "") for key in keys))


def run(folder: Path, scheme: str, rows: list[Row], form=DOUBLE) -> tuple[Assessment, Prices]:
    """The assessment and the prices of these rows."""
    seal(folder / "r1.form", rows, form)
    folders = [folder / "r1.form"]
    asked, plan = given(*sorted({row.ratee for row in rows})), Scheme.load(scheme.encode())
    made = assess(folders, asked, plan)
    cells = collect(open_sealed_rounds(folders), asked, plan).cells
    return made, prices(made, cells, asked.ratees)


def line(found: Prices, key: str) -> RateePrice:
    return next(one for of in found.classes for one in of.ratees if one.key == key)


def cost(found: Prices, key: str, rater_class: str, part: str = "") -> Cost:
    return next(
        one
        for one in line(found, key).costs
        if (found.entrances[one.entrance].rater_class, found.entrances[one.entrance].part)
        == (rater_class, part)
    )


def three() -> list[Row]:
    """u1: five 100 and five 80, mean 90; u2: ten 80; u3: ten 60."""
    return (
        [Row("u1", (5,)) for _ in range(5)]
        + [Row("u1", (4,)) for _ in range(5)]
        + [Row("u2", (4,)) for _ in range(10)]
        + [Row("u3", (3,)) for _ in range(10)]
    )


def test_one_class_by_hand(tmp_path):
    """u2 passes 90 when (800 + 100k)/(10 + k) > 90, k > 10; u1 falls below 80 when
    (900 + 20k)/(10 + k) < 80, k > 5/3; u3 passes 80 when 600 + 100k > 800 + 80k, k > 10.
    """
    _, found = run(tmp_path, ONE + QUOTA, three(), SINGLE)
    second = cost(found, "u2", "all")
    assert (second.place, second.grade, second.rival, second.n) == (11, 11, 2, 10)
    assert line(found, "u2").gap == pytest.approx(10)
    third = cost(found, "u3", "all")
    assert third.place == 11
    # (600 + 100k)/(10 + k) > 90, k > 30: the first place is the one with a better grade
    assert third.grade == 31
    # u2 below u3's 60: (800 + 20k)/(10 + k) < 60, k > 5
    assert third.rival == 6
    first = cost(found, "u1", "all")
    assert (first.place, first.grade, first.rival) == (None, None, None)
    assert line(found, "u1").gap is None


def test_standard_attacks_by_hand(tmp_path):
    """50 full marks on u2: (800 + 5000)/60 = 96.67, +16.67, one place; one rater turned: +2; a
    tenth of ten is one.
    """
    _, found = run(tmp_path, ONE, three(), SINGLE)
    second = cost(found, "u2", "all")
    assert second.fifty == pytest.approx(5800 / 60 - 80)
    assert (second.fifty_places, second.one_places) == (1, 0)
    assert second.one == pytest.approx(2)
    assert second.tenth == pytest.approx(2)
    assert second.grade is None, "no grades in this scheme"


def test_where_every_ballot_needs_a_code_raters_are_turned(tmp_path):
    """u2, ten 80 by code: turning k of them gives (800 + 20k)/10 > 90 from k = 6 on; u1's average
    ballot is 90, turned to 20: 90 - 7k < 80 from k = 2 on.
    """
    rows = [Row(row.ratee, row.codes, evidence="code") for row in three()]
    _, found = run(tmp_path, ONE, rows, SINGLE)
    assert not found.entrances[0].is_open
    assert cost(found, "u2", "all").place == 6
    assert cost(found, "u2", "all").rival == 2
    assert cost(found, "u3", "all").place == 6  # 60 + 4k > 80


def test_class_weights_and_leaf_weights_slow_a_gate(tmp_path):
    """Citizens 60 of 100: u2 = 0.6 · c + 0.4 · 80; it passes 0.6 · 90 + 0.4 · 80 at c > 90."""
    delegates = [Row(unit, (4,), "delegate", evidence="code") for unit in ("u1", "u2", "u3")] * 4
    _, found = run(tmp_path, ONE + CLASSES, three() + delegates, SINGLE)
    assert cost(found, "u2", "citizen").place == 11
    # delegates must bring 6 points: 0.4 · 20 · k/4 > 6, k > 3
    assert cost(found, "u2", "delegate").place == 4
    assert cost(found, "u2", "delegate").one == pytest.approx(0.4 * 5)
    assert cost(found, "u3", "delegate").place is None, "0.4 · 20 = 8 points are not 12"


def many(seed: int) -> list[Row]:
    """Four units, citizens by poster and card, delegates who all agree, blanks and 不了解."""
    draw = np.random.default_rng(seed)
    rows = []
    for place, unit in enumerate(("u1", "u2", "u3", "u4")):
        for n in range(12):
            codes = np.clip(draw.integers(2, 6, 4) - place // 3, 1, 5)
            codes[draw.random(4) < 0.1] = draw.choice([0, 9])
            evidence = "open" if n % 3 else "card"
            rows.append(Row(unit, tuple(codes.tolist()), evidence=evidence))
        rows += [Row(unit, (4 - place % 2,) * 4, "delegate", evidence="code") for _ in range(6)]
    return rows


SCHEMES = {
    "classes": ONE + CLASSES + QUOTA,
    "mixed": ONE + MIXED + QUOTA,
    "evidence": ONE + CLASSES + 'evidence = ["card", "code"]\n' + QUOTA,
    "nested": NESTED + QUOTA,
}


@pytest.mark.parametrize("name", SCHEMES)
def test_a_price_is_what_assessing_again_shows(tmp_path, name):
    check_by_assessing(tmp_path, SCHEMES[name], many(3), most=1)


@pytest.mark.long
@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("seed", [1, 2, 4])
def test_every_price_is_what_assessing_again_shows(tmp_path, name, seed):
    check_by_assessing(tmp_path, SCHEMES[name], many(seed), most=99)


def check_by_assessing(folder: Path, scheme: str, rows: list[Row], most: int) -> None:
    """k ballots bring the place (grade, fall), k - 1 do not; `most` prices of each kind."""
    made, found = run(folder / "now", scheme, rows)
    checked: Counter[str] = Counter()
    lines = [line for of in found.classes for line in of.ratees]
    for one, gate in ((line, gate) for line in lines for gate in line.costs):
        asked = {"place": gate.place, "grade": gate.grade, "rival": gate.rival}
        for what, k in asked.items():
            if k is None or k > 60 or checked[what] == most:
                continue
            checked[what] += 1
            attacked, code = ([one.key], 5) if what != "rival" else (above(made, one.key), 1)
            for number, is_enough in ((k, True), (k - 1, False)):
                entrance = found.entrances[gate.entrance]
                after = [
                    again(
                        folder / f"{one.key}-{gate.entrance}-{what}-{number}-{ratee}",
                        scheme,
                        forged(rows, ratee, entrance, number, code),
                    )
                    for ratee in attacked
                ]
                brought = any(won(made.ratees, results, one.key, what) for results in after)
                assert brought == is_enough, (one, what, number)
    assert min(checked[what] for what in ("place", "grade", "rival")) >= 1


def again(folder: Path, scheme: str, rows: list[Row]) -> tuple[RateeResult, ...]:
    """The results of a round sealed with these rows."""
    seal(folder, rows, DOUBLE)
    plan = Scheme.load(scheme.encode())
    asked = bind(given(*sorted({row.ratee for row in rows})), plan)
    with start_engine("duckdb") as engine:
        return ratee_results(prepare(engine, open_sealed_rounds([folder]), asked, plan))


def forged(rows: list[Row], ratee: str, entrance, k: int, code: int) -> list[Row]:
    """The rows with k forged ballots, or with k of the class's own turned where it needs codes."""
    if not entrance.is_open:
        own = [
            n for n, row in enumerate(rows) if (row.ratee, row.rater_class) == (ratee, "delegate")
        ]
        turned = set(own[:k])
        return [
            Row(row.ratee, (code,) * 4, "delegate", evidence="code") if n in turned else row
            for n, row in enumerate(rows)
        ]
    evidence = entrance.part or entrance.evidence[0]
    who = "citizen" if entrance.rater_class == "all" else entrance.rater_class
    return rows + [Row(ratee, (code,) * 4, who, evidence=evidence)] * k


def won(before, after, key: str, what: str) -> bool:
    old, new = (next(one for one in made if one.key == key) for made in (before, after))
    if what != "grade":
        return new.rank_class < old.rank_class
    order = {"best": 0, "fair": 1}
    return order[new.grade] < order[old.grade]


def above(made: Assessment, key: str) -> list[str]:
    """The next one above, or all that are tied there: the cheapest of them counts."""
    ranks = {one.key: one.rank_class or 0 for one in made.ratees}
    next_rank = max(rank for rank in ranks.values() if rank < ranks[key])
    return [one for one, rank in ranks.items() if rank == next_rank]


def test_gates_reproduce_the_scores_of_the_assessment(tmp_path):
    """With nothing added every gate gives the ratee's total, to the last digits of a float."""
    rows = many(4)
    seal(tmp_path / "r1.form", rows, DOUBLE)
    asked, plan = given("u1", "u2", "u3", "u4"), Scheme.load((ONE + MIXED).encode())
    made = assess([tmp_path / "r1.form"], asked, plan)
    cells = collect(open_sealed_rounds([tmp_path / "r1.form"]), asked, plan).cells
    gates = find_gates(made, cells)
    assert gates is not None
    own = {node.path: node.score for one in made.ratees if one.key == "u1" for node in one.nodes}
    zero = np.zeros(len(gates.rows))
    np.testing.assert_allclose(gates.added(zero, gates.best), gates.total, atol=1e-12)
    labels = {(one.rater_class, one.part) for one in gates.entrances}
    assert labels == {("citizen", "card"), ("citizen", "open")}, "no code has a weight in this mix"
    assert own["public/citizen"] is not None


def test_a_class_below_the_least_number_has_no_price(tmp_path):
    rows = three() + [Row("u1", (5,), "delegate", evidence="code")] * 2
    _, found = run(tmp_path, ONE + CLASSES, rows, SINGLE)
    assert {one.rater_class for one in found.entrances} == {"citizen"}


def test_a_conversion_by_rank_has_no_closed_form(tmp_path):
    ranked = ONE + 'transform = { kind = "rank", full = "100", step = "0.1" }\n'
    made, found = run(tmp_path, ranked, three(), SINGLE)
    assert made.ratees[0].total is not None
    assert found.classes == ()
    assert [note.text() for note in found.notes]
