"""Islands of raters and ratees, and the raters on whom all comparison rests."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.connectivity import connectivity, require_connected


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_two_islands_and_their_ratees() -> None:
    # Raters 0 and 1 share ratees 0 and 2; rater 2 alone rates ratees 1 and 3.
    found = connectivity(codes(0, 0, 1, 1, 2, 2), codes(0, 2, 0, 2, 1, 3))
    assert found.islands == 2
    assert found.members(0) == [0, 2]
    assert found.members(1) == [1, 3]
    assert found.rater_island.tolist() == [0, 0, 1]
    assert found.bridges == 1  # without rater 2, ratees 1 and 3 fall apart
    with pytest.raises(NoEstimate) as refused:
        require_connected(found)
    assert refused.value.status == "disconnected"
    assert "2 组" in str(refused.value)


def test_one_rater_joins_two_departments() -> None:
    # Two departments with two raters each; rater 4 alone rates across them.
    rater, ratee = codes(0, 0, 1, 1, 2, 2, 3, 3, 4, 4), codes(0, 1, 0, 1, 2, 3, 2, 3, 1, 2)
    found = connectivity(rater, ratee)
    assert (found.islands, found.bridges, found.pairs) == (1, 1, 10)
    require_connected(found)
    assert "1 名" in found.notes[0].text()


def test_everybody_rating_everybody_has_no_bridge() -> None:
    found = connectivity(np.tile(np.arange(3), 4), np.repeat(np.arange(4), 3))
    assert (found.islands, found.bridges, found.notes) == (1, 0, ())


def test_nobody_rating() -> None:
    found = connectivity(codes(), codes())
    assert (found.islands, found.bridges) == (0, 0)
    require_connected(found)


def pieces(rater: np.ndarray, ratee: np.ndarray, ratees: int) -> int:
    """Groups of ratees, by brute force; ratees without ratings are groups of their own."""
    size = ratees + int(rater.max(initial=-1)) + 1
    graph = sp.csr_matrix((np.ones(len(rater)), (ratee, rater + ratees)), shape=(size, size))
    label = connected_components(graph, directed=False)[1][:ratees]
    return len(np.unique(label))


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=24))
def test_bridges_are_the_raters_whose_removal_splits(pairs: list[tuple[int, int]]) -> None:
    rater, ratee = (
        np.unique(np.array(one), return_inverse=True)[1] for one in zip(*pairs, strict=True)
    )
    found, ratees = connectivity(rater, ratee), int(ratee.max()) + 1
    whole = pieces(rater, ratee, ratees)
    removed = [pieces(rater[rater != r], ratee[rater != r], ratees) for r in range(rater.max() + 1)]
    assert found.islands == whole
    assert found.bridges == sum(left > whole for left in removed)
    shuffled = np.random.default_rng(1).permutation(len(rater))
    again = connectivity(rater[shuffled], ratee[shuffled])
    assert again.ratee_island.tolist() == found.ratee_island.tolist()
    assert again.bridges == found.bridges
