"""Confidence sets for ranks: by hand, against the plain form of the algorithm, and by coverage."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.ranks.rank_sets import (
    RankSets,
    difference_errors,
    draw_errors,
    integer_ranks,
    marginal,
    simultaneous,
)

Floats = NDArray[np.float64]
Method = Callable[..., RankSets]
METHODS = pytest.mark.parametrize("method", [simultaneous, marginal])
STEPS = pytest.mark.parametrize("stepdown", [False, True])

scores_and_errors = st.integers(2, 9).flatmap(
    lambda p: st.tuples(
        st.lists(st.integers(0, 40), min_size=p, max_size=p),
        st.lists(st.integers(0, 8), min_size=p, max_size=p),
    )
)


def test_ranks_share_the_best_place() -> None:
    assert integer_ranks(np.array([70.0, 90.0, 80.0, 80.0])).tolist() == [4, 1, 2, 2]


def test_errors_of_differences_by_hand() -> None:
    """Variances 4 and 9 with covariance 2: 4 + 9 − 2·2 = 9."""
    assert difference_errors(np.array([[4.0, 2.0], [2.0, 9.0]]))[0, 1] == 3.0
    assert difference_errors(np.array([3.0, 4.0]))[0, 1] == 5.0


@METHODS
def test_one_pair_has_the_normal_quantile(method: Method) -> None:
    """Two units: the maximum is |N(0, 1)|, whose 95 % quantile is 1.96."""
    sets = method(np.array([80.0, 90.0]), np.array([1.0, 2.0]), draws=100_000, stepdown=False)
    assert sets.critical == pytest.approx(float(ndtri(0.975)), abs=0.02)


def test_three_alike_have_the_studentised_range() -> None:
    """Tukey's q(0.95; 3, ∞) = 3.314 is the quantile of the range, √2 times ours."""
    sets = simultaneous(np.zeros(3), np.ones(3), draws=100_000)
    assert sets.critical[0] * np.sqrt(2) == pytest.approx(3.314, abs=0.04)


def test_a_decided_pair_leaves_in_its_own_direction_only() -> None:
    """A second step with every pair decided: the maximum over the opposite directions is left.

    For two units it is one-sided, so the value falls from 1.96 to 1.645.
    """
    sets = simultaneous(np.array([0.0, 9.0]), np.ones(2), draws=100_000, stepdown=True)
    assert sets.critical[0] == pytest.approx(float(ndtri(0.95)), abs=0.02)


@METHODS
@STEPS
def test_far_apart_is_certain_and_close_is_not(method: Method, *, stepdown: bool) -> None:
    sets = method(np.array([50.0, 90.0, 89.9]), np.ones(3), stepdown=stepdown)
    assert sets.rank.tolist() == [3, 1, 2]
    assert sets.lo.tolist() == [3, 1, 1]
    assert sets.hi.tolist() == [3, 2, 2]
    assert sets.better.tolist() == [[False, True, True], [False] * 3, [False] * 3]


def test_shared_errors_make_differences_sharp() -> None:
    """Equal variances 25, correlation 0.99: se of a difference is 0.707 in place of 7.07."""
    scores = np.array([70.0, 75.0, 80.0])
    shared = 25 * (0.99 * np.ones((3, 3)) + 0.01 * np.eye(3))
    assert simultaneous(scores, shared).hi.tolist() == [3, 2, 1]
    assert simultaneous(scores, np.full(3, 5.0)).hi.tolist() == [3, 3, 3]


@METHODS
@STEPS
def test_without_error_the_scores_decide_and_ties_stay(method: Method, *, stepdown: bool) -> None:
    sets = method(np.array([1.0, 2.0, 2.0]), np.zeros(3), stepdown=stepdown)
    assert (sets.lo.tolist(), sets.hi.tolist()) == ([3, 1, 1], [3, 2, 2])


@METHODS
def test_errors_wholly_shared_leave_the_scores_to_decide(method: Method) -> None:
    sets = method(np.array([1.0, 2.0, 3.0]), np.full((3, 3), 4.0))
    assert sets.lo.tolist() == sets.hi.tolist() == [3, 2, 1]


@METHODS
def test_an_unknown_error_decides_nothing(method: Method) -> None:
    sets = method(np.array([1.0, 50.0, 99.0]), np.array([0.1, np.nan, 0.1]))
    assert (sets.lo.tolist(), sets.hi.tolist()) == ([2, 1, 1], [3, 3, 2])


@METHODS
@STEPS
@pytest.mark.parametrize("p", [0, 1])
def test_nobody_and_one_alone(method: Method, p: int, *, stepdown: bool) -> None:
    sets = method(np.ones(p), np.ones(p), stepdown=stepdown)
    assert sets.lo.tolist() == sets.hi.tolist() == [1] * p


@METHODS
def test_a_covariance_that_cannot_be_is_refused(method: Method) -> None:
    with pytest.raises(NoEstimate, match="半正定"):
        method(np.array([1.0, 2.0]), np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_a_singular_covariance_will_do() -> None:
    """Two units with one error between them, the third with its own."""
    sigma = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    z = draw_errors(sigma, 20_000, 1)
    assert np.cov(z) == pytest.approx(sigma, abs=0.04)
    assert z[0] == pytest.approx(z[1], abs=1e-6)


@METHODS
@STEPS
@settings(deadline=None, max_examples=25)
@given(made=scores_and_errors, seed=st.integers(0, 9))
@example(made=([17, 0, 0, 17, 0], [6, 0, 5, 6, 0]), seed=0)
def test_invariants(
    method: Method, made: tuple[list[int], list[int]], seed: int, *, stepdown: bool
) -> None:
    """The own rank is inside; neither the order of units nor unit and origin of scores matter."""
    scores, errors = (np.array(one, dtype=np.float64) for one in made)
    options = {"draws": 200, "seed": seed, "stepdown": stepdown}
    sets = method(scores, errors, **options)
    assert (sets.lo <= sets.rank).all()
    assert (sets.rank <= sets.hi).all()
    shuffled = np.random.default_rng(seed).permutation(len(scores))
    again = method(scores[shuffled], errors[shuffled], **options)
    assert again.lo.tolist() == sets.lo[shuffled].tolist()
    assert again.hi.tolist() == sets.hi[shuffled].tolist()
    scaled = method(8 * scores - 64, 8 * errors, **options)
    assert (scaled.lo.tolist(), scaled.hi.tolist()) == (sets.lo.tolist(), sets.hi.tolist())


@settings(deadline=None, max_examples=25)
@given(made=scores_and_errors)
def test_a_diagonal_covariance_is_independence(made: tuple[list[int], list[int]]) -> None:
    scores, errors = (np.array(one, dtype=np.float64) for one in made)
    by_errors = simultaneous(scores, errors, draws=200)
    by_matrix = simultaneous(scores, np.diag(errors**2), draws=200)
    assert by_errors.lo.tolist() == by_matrix.lo.tolist()
    assert by_errors.hi.tolist() == by_matrix.hi.tolist()


def plain(
    scores: Floats, sigma: Floats, level: float, draws: int, *, stepdown: bool, of: int | None
) -> NDArray[np.bool_]:
    """The algorithm as it is written: every directed pair, every draw, every step.

    Scores ascending, no ties. `of` restricts the hypotheses to the pairs with one unit.
    """
    p = len(scores)
    z = draw_errors(sigma, draws, 1)
    errors = difference_errors(sigma) + np.eye(p)
    allowed = ~np.eye(p, dtype=bool)
    if of is not None:
        touches = np.arange(p) == of
        allowed &= touches[:, None] | touches
    decided = np.zeros((p, p), dtype=bool)
    while True:
        left = allowed & ~decided
        largest = [((one - one[:, None]) / errors)[left].max() for one in z.T]
        better = (scores - scores[:, None]) / errors > np.quantile(largest, level)
        if not stepdown or (better == decided).all():
            return better
        decided = better


@STEPS
@pytest.mark.parametrize("seed", range(5))
def test_the_shortcuts_change_nothing(seed: int, *, stepdown: bool) -> None:
    rng = np.random.default_rng(seed)
    p, draws = 9, 300
    loads = rng.normal(size=(p, 3))
    sigma = loads @ loads.T + np.diag(rng.uniform(0.2, 3, p))
    scores = np.sort(rng.normal(scale=6, size=p))
    better = plain(scores, sigma, 0.9, draws, stepdown=stepdown, of=None)
    sets = simultaneous(scores, sigma, level=0.9, draws=draws, stepdown=stepdown)
    assert sets.better.tolist() == better.tolist()
    assert sets.hi.tolist() == (p - better.sum(axis=0)).tolist()
    alone = marginal(scores, sigma, level=0.9, draws=draws, stepdown=stepdown)
    for j in range(p):
        better = plain(scores, sigma, 0.9, draws, stepdown=stepdown, of=j)
        assert alone.lo[j] == 1 + better[j].sum()
        assert alone.hi[j] == p - better[:, j].sum()


def coverage(repetitions: int, truth: Floats, *, stepdown: bool) -> float:
    """The share of rounds in which every true rank lies in its simultaneous set."""
    p = len(truth)
    rng = np.random.default_rng(7)
    loads = rng.normal(size=(p, 2))
    sigma = loads @ loads.T + np.diag(rng.uniform(0.5, 4, p))
    best = 1 + (truth > truth[:, None]).sum(axis=1)
    worst = p - (truth < truth[:, None]).sum(axis=1)
    held = 0
    for round_, errors in enumerate(draw_errors(sigma, repetitions, 11).T):
        sets = simultaneous(truth + errors, sigma, draws=500, seed=round_, stepdown=stepdown)
        held += bool((sets.lo <= best).all() and (sets.hi >= worst).all())
    return held / repetitions


TRUTHS = {
    "all alike": np.zeros(6),
    "two groups": np.array([0.0, 0, 0, 8, 8, 8]),
    "a ladder": np.arange(6.0),
}


@STEPS
@pytest.mark.parametrize("truth", TRUTHS.values(), ids=list(TRUTHS))
def test_simultaneous_sets_cover(truth: Floats, *, stepdown: bool) -> None:
    """At least 95 % less two Monte-Carlo errors."""
    repetitions = 200
    found = coverage(repetitions, truth, stepdown=stepdown)
    assert found >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / repetitions)


@pytest.mark.long
@STEPS
@pytest.mark.parametrize("truth", TRUTHS.values(), ids=list(TRUTHS))
def test_simultaneous_sets_cover_at_length(truth: Floats, *, stepdown: bool) -> None:
    repetitions = 5000
    found = coverage(repetitions, truth, stepdown=stepdown)
    assert found >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / repetitions)


def test_sets_do_not_hold_far_more_than_promised() -> None:
    """Where all are alike any clear pair is wrong: 95 % is met, not exceeded."""
    assert coverage(200, np.zeros(6), stepdown=True) <= 0.95 + 3 * np.sqrt(0.95 * 0.05 / 200)


@STEPS
def test_a_marginal_set_covers_by_itself(*, stepdown: bool) -> None:
    """Of 5 alike each true rank is anywhere: 95 % for each unit, not for all at once."""
    p, repetitions = 5, 300
    errors = np.linspace(0.5, 3, p)
    held = np.zeros(p)
    together = 0
    for round_, scores in enumerate(draw_errors(errors, repetitions, 13).T):
        sets = marginal(scores, errors, draws=400, seed=round_, stepdown=stepdown)
        whole = (sets.lo == 1) & (sets.hi == p)
        held += whole
        together += bool(whole.all())
    slack = np.sqrt(0.95 * 0.05 / repetitions)
    assert (held / repetitions >= 0.95 - 3 * slack).all()
    assert together / repetitions < 0.95 - slack


@STEPS
@pytest.mark.parametrize("shared", [0.0, 0.5, 0.999])
def test_leaving_out_pairs_changes_nothing(shared: float, *, stepdown: bool) -> None:
    """Enough units for the bound on pairs; at 0.999 in two groups it helps little."""
    rng = np.random.default_rng(5)
    p, draws = 110, 120
    own = rng.uniform(0.3, 3, p)
    same = np.equal.outer(np.arange(p) % 2, np.arange(p) % 2)
    sigma = (shared * same + (1 - shared) * np.eye(p)) * np.outer(own, own)
    scores = np.sort(rng.normal(scale=4, size=p))
    better = plain(scores, sigma, 0.9, draws, stepdown=stepdown, of=None)
    sets = simultaneous(scores, sigma, level=0.9, draws=draws, stepdown=stepdown)
    assert sets.better.tolist() == better.tolist()


@pytest.mark.parametrize("errors", [np.zeros(120), np.where(np.arange(120) % 2, 1.0, 0.0)])
def test_many_units_without_error(errors: Floats) -> None:
    sets = simultaneous(np.arange(120.0) * 20, errors)
    assert sets.lo.tolist() == sets.hi.tolist() == sets.rank.tolist()
