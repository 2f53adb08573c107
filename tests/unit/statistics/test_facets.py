"""The many-facet Rasch model: hand-worked cases, truth recovered, invariants, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.facet_likelihood import design, evaluate, information
from analysis.statistics.raters.facets import Facets, many_facets
from analysis.statistics.raters.rating_categories import categories

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Ratings = tuple[Ints, Ints, Ints, Floats]


def pairs(both: int, first: int, second: int, none: int) -> Ratings:
    """Every ratee marked 0 or 1 by two raters on one item."""
    marks = [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * none
    ratee = np.repeat(np.arange(len(marks)), 2)
    rater = np.tile([0, 1], len(marks))
    return ratee, rater, np.zeros_like(ratee), np.array(marks, dtype=float).ravel()


def simulated(seed: int, ratees: int, severities: Floats, items: Floats, steps: Floats) -> Ratings:
    rng = np.random.default_rng(seed)
    ratee, rater, item = (
        one.ravel()
        for one in np.meshgrid(
            np.arange(ratees), np.arange(len(severities)), np.arange(len(items)), indexing="ij"
        )
    )
    place = rng.normal(size=ratees)[ratee] - severities[rater] - items[item]
    logits = np.outer(place, np.arange(len(steps) + 1)) - np.append(0, np.cumsum(steps))
    mark = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return ratee, rater, item, mark.astype(float)


SMALL = simulated(
    7, 30, np.array([-0.5, 0.0, 0.5]), np.array([-0.3, 0.3]), np.array([-1.0, 0.0, 1.0])
)


def severities(found: Facets) -> Floats:
    return np.array([one.measure.estimate for one in found.raters], dtype=float)


def test_two_raters_by_hand() -> None:
    """P(1,0)/P(0,1) = exp(α₂ − α₁) whatever the abilities, and three free parameters fit the
    four patterns exactly, so the severities are ∓½ log(20/10)."""
    found = many_facets(*pairs(40, 20, 10, 50))
    assert severities(found) == pytest.approx([-np.log(2) / 2, np.log(2) / 2], abs=1e-6)
    shares = np.array([40, 20, 10, 50]) / 120
    assert found.deviance == pytest.approx(-2 * 120 * float(shares @ np.log(shares)), abs=1e-6)
    # the variance of log(n10/n01) is 1/20 + 1/10, and a severity is half of that difference
    assert found.raters[0].measure.se == pytest.approx(np.sqrt(1 / 20 + 1 / 10) / 2, abs=1e-4)
    assert found.parameters == 3


def test_the_likelihood_is_the_sum_over_nodes() -> None:
    ratee, rater, item, mark = SMALL
    step = mark.astype(np.int64)
    made = design(ratee, rater, item, step, top=np.array([3, 3]), by_item=False)
    free = np.array([0.2, -0.1, 0.3, -0.4, -0.6, 0.1, np.log(0.8)])
    delta, alpha, tau = free[:2], np.array([0.3, -0.4, 0.1]), np.array([-0.6, 0.1, 0.5])
    nodes = np.linspace(-4, 4, 9)
    prior = np.exp(-(nodes**2) / (2 * 0.64))
    prior /= prior.sum()
    total = 0.0
    for one in range(30):
        like = np.ones(9)
        for row in np.flatnonzero(ratee == one):
            place = nodes - delta[item[row]] - alpha[rater[row]]
            weight = np.exp(np.outer(place, np.arange(4)) - np.concatenate([[0], np.cumsum(tau)]))
            like *= weight[:, step[row]] / weight.sum(axis=1)
        total += np.log(prior @ like)
    assert evaluate(made, free, nodes).value == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("by_item", [False, True])
def test_derivatives(by_item: bool) -> None:
    ratee, rater, item, mark = SMALL
    step = mark.astype(np.int64)
    made = design(ratee, rater, item, step, top=np.array([3, 3]), by_item=by_item)
    nodes = np.linspace(-6, 6, 41)
    free = np.random.default_rng(2).normal(size=made.basis.shape[1] + 1) / 4
    state = evaluate(made, free, nodes)
    steps = np.eye(len(free)) * 1e-5
    above = [evaluate(made, free + one, nodes) for one in steps]
    below = [evaluate(made, free - one, nodes) for one in steps]
    slope = [(a.value - b.value) / 2e-5 for a, b in zip(above, below, strict=True)]
    bend = [(a.gradient - b.gradient) / 2e-5 for a, b in zip(above, below, strict=True)]
    assert state.gradient == pytest.approx(slope, abs=1e-5)
    assert information(made, state, free, nodes)[0] == pytest.approx(-np.array(bend), abs=1e-5)


def test_the_truth_is_recovered() -> None:
    truth = np.linspace(-1, 1, 8)
    data = simulated(11, 120, truth, np.array([-0.5, 0.0, 0.5]), np.array([-1.0, 0.0, 1.0]))
    found = many_facets(*data)
    errors = np.array([one.measure.se for one in found.raters])
    assert np.abs(severities(found) - truth).max() < 4 * errors.max()
    assert 0.6 < float(found.var_theta.estimate or 0) < 1.6
    fits = [one.infit or 0 for one in found.raters]
    assert np.mean(fits) == pytest.approx(1, abs=0.05)
    assert found.reliability is not None
    assert found.reliability > 0.85


def test_an_erratic_rater_is_seen() -> None:
    ratee, rater, item, mark = SMALL
    wild = np.random.default_rng(1).integers(0, 4, len(mark)).astype(float)
    found = many_facets(ratee, rater, item, np.where(rater == 1, wild, mark))
    infits = [one.infit or 0 for one in found.raters]
    assert int(np.argmax(infits)) == 1
    assert infits[1] > 1.15


def test_fair_average_by_hand() -> None:
    """Two categories 60 and 80: the fair average is 60 + 20 · logistic(θ̂ − mean δ)."""
    ratee, rater, item, mark = pairs(40, 20, 10, 50)
    found = many_facets(ratee, rater, item, 60 + 20 * mark)
    theta = float(found.ratees[0].measure.estimate or 0)
    delta = float(found.items[0].measure.estimate or 0)
    assert found.ratees[0].fair_average == pytest.approx(60 + 20 / (1 + np.exp(delta - theta)))
    assert found.raters[0].fair_average == pytest.approx(
        60 + 20 / (1 + np.exp(delta + severities(found)[0]))
    )


def test_a_finer_grid_is_taken_for_many_ratings() -> None:
    data = simulated(3, 12, np.linspace(-1, 1, 30), np.linspace(-1, 1, 6), np.array([-1.0, 1.0]))
    assert many_facets(*data).nodes > 41


@settings(max_examples=3, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["common", "item"]))
def test_neither_order_nor_unit_matter(random: object, steps: str) -> None:
    order = list(range(len(SMALL[0])))
    random.shuffle(order)  # type: ignore[attr-defined]
    ratee, rater, item, mark = (one[order] for one in SMALL)
    one = many_facets(*SMALL, steps=steps)  # type: ignore[arg-type]
    other = many_facets(ratee, rater, item, 60 + 10 * mark, steps=steps)  # type: ignore[arg-type]
    assert severities(one).tolist() == severities(other).tolist()
    assert one.deviance == other.deviance
    fair = [m.fair_average for m in other.ratees]
    assert fair == pytest.approx([60 + 10 * float(m.fair_average or 0) for m in one.ratees])


def test_names_of_raters_do_not_matter() -> None:
    ratee, rater, item, mark = SMALL
    turned = severities(many_facets(ratee, 2 - rater, item, mark))
    assert turned[::-1] == pytest.approx(severities(many_facets(*SMALL)), abs=1e-8)


def test_each_rating_twice_narrows_the_errors() -> None:
    ratee, rater, item, mark = SMALL
    twice = many_facets(
        np.append(ratee, ratee + 30),
        np.append(rater, rater),
        np.append(item, item),
        np.append(mark, mark),
    )
    once = many_facets(*SMALL)
    assert severities(twice) == pytest.approx(severities(once), abs=1e-6)
    assert twice.deviance == pytest.approx(2 * once.deviance, rel=1e-9)
    for a, b in zip(twice.raters, once.raters, strict=True):
        assert float(a.measure.se or 0) == pytest.approx(float(b.measure.se or 0) / np.sqrt(2))


def refused(ratings: Ratings) -> str:
    with pytest.raises(NoEstimate) as why:
        many_facets(*ratings)
    return why.value.status


def test_refusals() -> None:
    ratee, rater, item, mark = SMALL
    nobody = np.empty(0, dtype=np.int64)
    assert refused((nobody, nobody, nobody, np.empty(0))) == "too_few"
    assert refused((ratee, rater, item, mark * np.nan)) == "too_few"
    assert refused((ratee, rater, item, mark * 0)) == "too_few"
    assert refused((ratee, rater * 0, item, mark)) == "too_few"
    assert refused((ratee * 0, rater, item, mark)) == "too_few"
    assert refused((ratee, rater + 3 * (ratee % 2), item, mark)) == "disconnected"
    assert refused((ratee, rater, rater, mark)) == "undefined"
    assert refused((ratee, rater, item, (ratee % 4).astype(float))) == "not_converged"


def test_a_rater_with_nothing_but_top_marks_has_no_severity() -> None:
    ratee, rater, item, mark = SMALL
    found = many_facets(ratee, rater, item, np.where(rater == 2, 3.0, mark))
    assert found.raters[2].measure.estimate is None
    assert found.raters[2].measure.notes
    others = rater < 2
    without = many_facets(ratee[others], rater[others], item[others], mark[others])
    assert severities(found)[:2] == pytest.approx(severities(without))


def test_a_ratee_nobody_marked_has_no_measure() -> None:
    ratee, rater, item, mark = SMALL
    found = many_facets(ratee, rater, item, np.where(ratee == 4, np.nan, mark))
    assert found.ratees[4].measure.estimate is None
    assert "6" in found.notes[0].text()


def test_without_differences_the_variance_is_nothing() -> None:
    ratee, rater, item, _ = SMALL
    mark = np.random.default_rng(5).permutation(np.tile([0.0, 1.0, 2.0], 60))
    found = many_facets(ratee, rater, item, mark)
    assert float(found.var_theta.estimate or 0) < 0.15
    flat = many_facets(ratee, rater, item, ((ratee + rater + item) % 3).astype(float))
    assert flat.var_theta.estimate == 0
    assert flat.var_theta.se is None
    assert flat.reliability == 0
    assert {one.measure.estimate for one in flat.ratees} == {0}
    assert any("0" in note.text() for note in flat.notes)


def test_rare_categories_are_named_and_can_be_joined() -> None:
    ratee, rater, item, mark = SMALL
    rare = mark.copy()
    rare[:3] = 4.0
    kept = many_facets(ratee, rater, item, rare)
    assert len(kept.steps[0]) == 4
    assert any("10" in note.text() for note in kept.notes)
    joined = many_facets(ratee, rater, item, rare, collapse=10)
    assert len(joined.steps[0]) == 3


def test_categories_by_hand() -> None:
    """3 is used once, so it joins 2 (used twice): together 2.33 on average."""
    found = categories(np.array([1.0, 1, 1, 2, 2, 3]), least=2)
    assert found.step.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.values == pytest.approx([1, 7 / 3])
    assert found.uses.tolist() == [3, 3]
    assert found.joined == 1
