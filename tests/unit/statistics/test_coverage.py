"""How often the intervals hold a truth that is known. The long form is that of docs/coverage.md."""

import numpy as np
import pytest

from bench.coverage import (
    COMPOSITES,
    LARGE,
    PATTERNS,
    combined_cell,
    large_cells,
    mean_cell,
    run,
    small_cells,
    trimmed_cell,
    worst_yes_no,
)

REPS = 2000
SHOWN = 0.90
NOMINAL = (0.93, 0.97)


def generator(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 60, 100])
def test_no_yes_no_item_of_any_share_is_covered_too_little(n: int) -> None:
    # exact: every possible result, every true share in steps of 0.002
    assert worst_yes_no(n, np.linspace(0.5, 0.998, 250)) >= SHOWN


@pytest.mark.parametrize("pattern", PATTERNS)
def test_few_ballots_are_covered_and_many_as_promised(pattern: str) -> None:
    for n in (3, 8, 30):
        assert mean_cell(pattern, n, REPS, generator(1, n)).coverage >= SHOWN
    low, high = NOMINAL
    assert low <= mean_cell(pattern, LARGE, REPS, generator(2)).coverage <= high


def test_the_plain_interval_would_not_do() -> None:
    # the reason for all this: eight ballots on an item that nearly all like best
    cell = mean_cell("95 % satisfied, most at the top", 8, REPS, generator(3))
    assert cell.plain is not None
    assert cell.plain < 0.65 < SHOWN <= cell.coverage


@pytest.mark.parametrize("pattern", ["95 % satisfied", "80 % yes, 20 % no", "split"])
def test_trimmed_means_of_thirty_are_covered(pattern: str) -> None:
    assert trimmed_cell(pattern, 30, 0.10, REPS, generator(4)).coverage >= SHOWN


@pytest.mark.parametrize(("patterns", "shares"), COMPOSITES)
def test_a_composite_of_three_classes_is_covered(
    patterns: tuple[str, ...], shares: tuple[float, ...]
) -> None:
    cell = combined_cell("composite", patterns, shares, (LARGE,) * 3, REPS, generator(5))
    assert NOMINAL[0] <= cell.coverage <= NOMINAL[1]
    few = combined_cell("composite", patterns, shares, (5, 8, 12), REPS, generator(6))
    assert few.coverage >= SHOWN


@pytest.mark.long
@pytest.mark.timeout(600)
def test_every_cell_of_the_table() -> None:
    cells = run(small_cells(), REPS, 7)
    assert [one for one in cells if one.coverage < SHOWN] == []
    outside = [
        one
        for one in cells
        if one.n >= LARGE and not one.is_kink and not NOMINAL[0] <= one.coverage <= NOMINAL[1]
    ]
    assert outside == []
    # at a kink the truth may be the end of the scale; then more, never less
    assert all(one.coverage >= NOMINAL[0] for one in cells if one.n >= LARGE)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_every_estimator_at_the_size_where_the_level_is_owed() -> None:
    cells = run(large_cells(), REPS, 8)
    shown = [one for one in cells if one.shown >= 0.5 and not one.is_kink]
    assert {one.estimator for one in shown} == {one.estimator for one in cells}
    outside = [one for one in shown if not NOMINAL[0] <= one.coverage <= NOMINAL[1]]
    assert [one for one in outside if one.estimator != "composite, small classes"] == []
    assert all(one.coverage >= SHOWN for one in outside)
    # an unclear cut is rarely taken for a clear one, whatever it would have held
    for one in cells:
        if one.estimator == "winsorised mean" and one.coverage < SHOWN:
            assert one.shown * (1 - one.coverage) < 0.05
