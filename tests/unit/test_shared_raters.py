"""Where the same raters rate several ratees, errors go together; checked against plain numpy."""

from itertools import product

import numpy as np
import pytest

from analysis.assessment import assess, evaluate, prepare
from analysis.binding import bind
from analysis.engine import start_engine
from analysis.inputs import VetoRow
from analysis.round_statistics import tables
from analysis.round_statistics.tables import collect
from analysis.scheme import Scheme
from analysis.sealed_round import open_sealed_rounds
from analysis.shared_raters import class_correlations, total_covariance
from tests.unit.sealing import Row, seal
from tests.unit.test_assessment import SCHEME, inputs, scheme

POINTS = {5: 100.0, 4: 80.0, 3: 60.0, 2: 40.0, 1: 20.0}


def delegates(raters: int = 12, ratees: int = 3, seed: int = 1) -> list[Row]:
    """Every delegate rates every ratee but a few, with a severity of their own; some blanks."""
    draw = np.random.default_rng(seed)
    severity = draw.integers(0, 3, raters)
    rows = []
    for rater, ratee in product(range(raters), range(ratees)):
        if (rater + ratee) % 7 == 6:
            continue
        codes = np.clip(1 + severity[rater] + draw.integers(0, 3, 5), 1, 5)
        codes[draw.random(5) < 0.1] = draw.choice([0, 9])
        rows.append(Row(f"u{ratee + 1}", tuple(codes.tolist()), "delegate", submission=rater))
    return rows


def citizens(ratees: int = 3) -> list[Row]:
    draw = np.random.default_rng(5)
    return [
        Row(f"u{ratee + 1}", tuple(draw.integers(1, 6, 5).tolist()))
        for ratee in range(ratees)
        for _ in range(8)
    ]


def evaluated(path, rows):
    seal(path, rows)
    sealed = open_sealed_rounds([path])
    plan = scheme()
    bound = bind(inputs("u1", "u2", "u3"), plan)
    with start_engine("duckdb") as engine:
        run = prepare(engine, sealed, bound, plan)
        _, composed, _ = evaluate(run)
        return composed, class_correlations(run, composed), total_covariance(run, composed)


def deviations(rows: list[Row], ratee: str) -> dict[int, float]:
    """By rater, z = Σ W_d (y_d - S_d n_d) / N_d over the dimensions a (60: Q1, Q2), b (40)."""
    mine = {row.submission: row.codes for row in rows if row.ratee == ratee}
    found = dict.fromkeys(mine, 0.0)
    for weight, items in ((0.6, (0, 1)), (0.4, (2, 3))):
        votes = {
            rater: [POINTS[codes[i]] for i in items if codes[i] in POINTS]
            for rater, codes in mine.items()
        }
        n = sum(map(len, votes.values()))
        mean = sum(map(sum, votes.values())) / n
        for rater, given in votes.items():
            found[rater] += weight * (sum(given) - mean * len(given)) / n
    return found


def test_correlations_are_those_of_the_ballots_deviations(tmp_path):
    rows = delegates()
    _, correlations, _ = evaluated(tmp_path / "r", rows + citizens())
    found = correlations["public/delegate"]
    assert set(found) == {("u1", "u2"), ("u1", "u3"), ("u2", "u3")}
    for (first, second), value in found.items():
        a, b = deviations(rows, first), deviations(rows, second)
        together = sum(a[rater] * b[rater] for rater in set(a) & set(b))
        alone = np.sqrt(sum(x * x for x in a.values()) * sum(x * x for x in b.values()))
        assert value == pytest.approx(together / alone, abs=2e-4)
    assert "public/citizen" not in correlations or not correlations["public/citizen"]


def usual(composed, path: str) -> float:
    """The variance of one ballot's score in a rater class, pooled over its ratees."""
    nodes = [node for one in composed.values() for node in one.nodes if node.path == path]
    freedom = [node.n - 1 for node in nodes]
    return sum(f * n.se**2 * n.n for f, n in zip(freedom, nodes, strict=True)) / sum(freedom)


def test_the_covariance_of_totals_keeps_their_errors_and_is_a_covariance(tmp_path):
    composed, correlations, covariance = evaluated(tmp_path / "r", delegates() + citizens())
    citizen, delegate = "public/citizen", "public/delegate"
    spread = {path: usual(composed, path) for path in (citizen, delegate)}
    errors = {}
    for place, (key, one) in enumerate(composed.items()):
        nodes = {node.path: node for node in one.nodes}
        # eight citizens are few: their usual spread stands in where it is larger
        few = max(nodes[citizen].se, np.sqrt(spread[citizen] / 8))
        errors[key] = nodes[delegate].se
        assert nodes[delegate].n >= 10
        expected = (0.6 * few) ** 2 + (0.4 * errors[key]) ** 2
        assert covariance.matrix[place, place] == pytest.approx(expected)
    expected = 0.4**2 * errors["u1"] * errors["u2"] * correlations[delegate]["u1", "u2"]
    assert covariance.of(("u2", "u1"))[0, 1] == pytest.approx(expected)
    assert np.linalg.eigvalsh(covariance.matrix).min() > -1e-12


def test_ballots_on_one_ratee_alone_leave_errors_independent(tmp_path):
    _, correlations, covariance = evaluated(tmp_path / "r", citizens())
    assert correlations == {}
    assert np.array_equal(covariance.matrix, np.diag(np.diag(covariance.matrix)))


def test_item_moments_and_rater_sheets_are_sums_over_the_rows(tmp_path):
    rows = delegates() + citizens()
    seal(tmp_path / "r", rows)
    found = collect(open_sealed_rounds([tmp_path / "r"]), inputs("u1", "u2", "u3"), scheme())
    (items,) = found.items
    for unit, (ratee, rater_class) in enumerate(items.units):
        codes = [r.codes for r in rows if (r.ratee, r.rater_class) == (ratee, rater_class)]
        for i, j in product(range(4), range(4)):
            both = [
                (POINTS[c[i]], POINTS[c[j]]) for c in codes if c[i] in POINTS and c[j] in POINTS
            ]
            assert items.n[unit, i, j] == len(both)
            assert items.x[unit, i, j] == sum(a for a, _ in both) * items.scale
            assert items.xy[unit, i, j] == sum(a * b for a, b in both) * items.scale**2
    (sheets,) = found.sheets
    assert len(sheets.rater) == len(rows)
    per_rater = np.bincount(sheets.rater)
    submitted = [row.submission for row in delegates()]
    assert sorted(per_rater[per_rater > 1]) == sorted(
        n for n in np.unique(submitted, return_counts=True)[1].tolist() if n > 1
    )


def test_an_assessment_at_hand_saves_the_scoring_and_changes_nothing(tmp_path, monkeypatch):
    seal(tmp_path / "r", delegates() + citizens())
    zeroing = '\n[[veto]]\nkey = "safety"\nname = "safety"\neffect = "zero"\n'
    usual = SCHEME.format(missing="redistribute", same_device="first", void="", min_n=1)
    plan = Scheme.load((usual + zeroing).encode())
    of = inputs("u1", "u2", "u3", vetoes=(VetoRow("u2", "safety", "1", None),))
    sealed = open_sealed_rounds([tmp_path / "r"])
    found = collect(sealed, of, plan)
    monkeypatch.setattr(tables, "evaluate", None)
    again = collect(sealed, of, plan, assess([tmp_path / "r"], of, plan))
    assert again.covariance.of(("u2",)) == 0
    assert again.covariance.of(("u1",)) > 0
    assert np.array_equal(found.covariance.matrix, again.covariance.matrix)


def test_an_assessment_made_with_its_sums_is_the_same_as_without(tmp_path):
    seal(tmp_path / "r", delegates() + citizens())
    of, plan = inputs("u1", "u2", "u3"), scheme()
    found, sums = tables.assess_with_sums([tmp_path / "r"], of, plan)
    alone = assess([tmp_path / "r"], of, plan)
    assert found.scores_json() == alone.scores_json()
    again = collect(open_sealed_rounds([tmp_path / "r"]), of, plan, alone)
    assert np.array_equal(sums.covariance.matrix, again.covariance.matrix)
    for one, other in zip(sums.items, again.items, strict=True):
        assert np.array_equal(one.xy, other.xy)
    for one, other in zip(sums.sheets, again.sheets, strict=True):
        assert np.array_equal(one.codes, other.codes)


def test_sums_do_not_depend_on_the_size_of_a_block(tmp_path, monkeypatch):
    seal(tmp_path / "r", delegates())
    asked = open_sealed_rounds([tmp_path / "r"]), inputs("u1", "u2", "u3"), scheme()
    (whole,) = collect(*asked).items
    monkeypatch.setattr(tables, "BLOCK", 3)
    (blocks,) = collect(*asked).items
    for kind in ("n", "x", "xy"):
        assert np.array_equal(getattr(whole, kind), getattr(blocks, kind))
