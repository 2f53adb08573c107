"""How far a rank can be trusted."""

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ranking import RankInterval, rank_intervals


def test_far_apart_is_certain_and_close_is_not():
    found = rank_intervals([90.0, 89.9, 60.0], [0.5, 0.5, 0.5])
    assert found == [RankInterval(1, 2), RankInterval(1, 2), RankInterval(3, 3)]


def test_without_error_the_scores_decide_and_ties_share():
    found = rank_intervals([90.0, 80.0, 80.0, 70.0], [0.0] * 4)
    assert found == [RankInterval(1, 1), RankInterval(2, 3), RankInterval(2, 3), RankInterval(4, 4)]


def test_an_unknown_error_has_no_interval_and_leaves_the_others_undecided():
    found = rank_intervals([90.0, 80.0, 60.0], [0.1, None, 0.1])
    assert found == [RankInterval(1, 2), None, RankInterval(2, 3)]


def test_one_alone_is_first_and_nobody_is_nothing():
    assert rank_intervals([70.0], [3.0]) == [RankInterval(1, 1)]
    assert rank_intervals([], []) == []


def test_two_alike_use_the_quantile_of_one_pair():
    # one pair: 1.96; the difference has error √2, so 2.77 decides and 2.78 is beyond it
    assert rank_intervals([2.77, 0.0], [1.0, 1.0])[0] == RankInterval(1, 2)
    assert rank_intervals([2.78, 0.0], [1.0, 1.0])[0] == RankInterval(1, 1)


scores = st.lists(
    st.tuples(st.floats(20, 100), st.floats(0, 5, allow_subnormal=False)), min_size=1, max_size=80
)


@settings(deadline=None)
@given(scores)
def test_the_own_rank_is_always_inside(given_scores):
    values = [value for value, _ in given_scores]
    for value, found in zip(
        values, rank_intervals(values, [e for _, e in given_scores]), strict=True
    ):
        best = 1 + sum(other > value for other in values)
        worst = sum(other >= value for other in values)
        assert 1 <= found.lo <= best <= worst <= found.hi <= len(values)


@settings(deadline=None)
@given(scores)
def test_the_order_of_ratees_does_not_matter(given_scores):
    forward = rank_intervals([v for v, _ in given_scores], [e for _, e in given_scores])
    backward = rank_intervals(
        [v for v, _ in given_scores[::-1]], [e for _, e in given_scores[::-1]]
    )
    assert forward == backward[::-1]
