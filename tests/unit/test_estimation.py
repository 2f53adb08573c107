"""Scores by hand, and the errors that belong to them."""

from dataclasses import replace
from fractions import Fraction
from math import isclose, sqrt

from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.cells import Moments
from analysis.estimation import (
    Interval,
    Vote,
    ballot_variance,
    interval,
    mean,
    used_shares,
    vote_variance,
    weighted,
    whole_interval,
    wilson,
)
from analysis.weighting import (
    ClassTally,
    DimensionTally,
    LeafRules,
    class_score,
    leaf_score,
)

POINTS = [Fraction(p) for p in (20, 40, 60, 80, 100)]


def votes(*counts: int, unknown: int = 0) -> tuple[Vote, ...]:
    """Counts of 20, 40, 60, 80, 100 points and of 不了解."""
    valued = [Vote(str(p), p, n) for p, n in zip(POINTS, counts, strict=True)]
    return (*valued, Vote("不了解", None, unknown))


def moments(ballots: list[list[tuple[int, int]]]) -> Moments:
    """Ballots as (points, answers) per dimension."""
    d = range(len(ballots[0]))

    def total(value):
        return sum(value(ballot) for ballot in ballots)

    return Moments(
        scale=1,
        ballots=total(lambda b: any(n for _, n in b)),
        answered=tuple(total(lambda b, i=i: b[i][1] > 0) for i in d),
        y=tuple(total(lambda b, i=i: b[i][0]) for i in d),
        n=tuple(total(lambda b, i=i: b[i][1]) for i in d),
        yy=tuple(tuple(total(lambda b, i=i, j=j: b[i][0] * b[j][0]) for j in d) for i in d),
        yn=tuple(tuple(total(lambda b, i=i, j=j: b[i][0] * b[j][1]) for j in d) for i in d),
        nn=tuple(tuple(total(lambda b, i=i, j=j: b[i][1] * b[j][1]) for j in d) for i in d),
    )


def test_the_mean_leaves_unknown_out():
    # 10·100 + 6·80 + 3·60 + 1·40 = 1700 over 20 votes; the 5 不了解 do not count
    assert mean(votes(0, 1, 3, 6, 10, unknown=5)) == Fraction(1700, 20) == 85


def test_the_mean_of_nothing_is_nothing():
    assert mean(votes(0, 0, 0, 0, 0, unknown=7)) is None
    assert mean(()) is None


def test_trimming_drops_whole_votes_from_both_ends():
    # 20 votes, 10 %: two from each end. Low: 40 and one 60 go. High: two 100 go.
    # left 2·60 + 6·80 + 8·100 = 1400 over 16
    assert mean(votes(0, 1, 3, 6, 10), Fraction(1, 10)) == Fraction(1400, 16)
    # 19 votes: ⌊1.9⌋ = 1 from each end
    assert mean(votes(0, 1, 3, 6, 9), Fraction(1, 10)) == Fraction(3 * 60 + 6 * 80 + 8 * 100, 17)


def test_dimension_weights_go_to_those_with_votes():
    shares = used_shares(
        [Fraction(50), Fraction(30), Fraction(20)], [Fraction(80), None, Fraction(60)]
    )
    # 50 : 20 over 70
    assert shares == [Fraction(5, 7), 0, Fraction(2, 7)]
    assert weighted(shares, [Fraction(80), None, Fraction(60)]) == Fraction(520, 7)
    assert used_shares([Fraction(1)], [None]) is None


def test_the_variance_is_that_of_ballots_and_not_of_votes():
    # Three ballots of two items in one dimension: (100,100), (80,80), (60,60). S = 80.
    # z = (200-160)/6, 0, (120-160)/6; Σz² = 2·(40/6)² = 88.89; v = 3/2 · 88.89 = 133.33
    found = ballot_variance(moments([[(200, 2)], [(160, 2)], [(120, 2)]]), [Fraction(1)], 3)
    assert isclose(found, 400 / 3)
    # with one item each it is the textbook s²/n: s² = 400, n = 3
    assert isclose(
        ballot_variance(moments([[(100, 1)], [(80, 1)], [(60, 1)]]), [Fraction(1)], 3), 400 / 3
    )


def test_the_variance_of_two_dimensions_keeps_their_covariance():
    # Two ballots, dimensions a and b of weight 1/2: a = 100, 60; b = 60, 100. Both ballots say 80
    # on the whole, so the score has no variance at all, though each dimension has.
    m = moments([[(100, 1), (60, 1)], [(60, 1), (100, 1)]])
    assert ballot_variance(m, [Fraction(1, 2), Fraction(1, 2)], 2) == 0
    assert ballot_variance(m, [Fraction(1), Fraction(0)], 2) == 400


def test_a_blank_counts_in_neither_sum():
    # Ballot 1 answers (100, 60), ballot 2 only (80). R = 240/3 = 80.
    # z1 = (160 - 80·2)/3 = 0, z2 = (80-80)/3 = 0
    assert ballot_variance(moments([[(160, 2)], [(80, 1)]]), [Fraction(1)], 2) == 0


def test_one_ballot_has_no_variance_and_equal_ones_have_none_to_show():
    assert ballot_variance(moments([[(100, 1)]]), [Fraction(1)], 1) is None
    assert ballot_variance(moments([[(300, 3)]] * 7), [Fraction(1)], 7) == 0


def test_few_ballots_widen_the_interval():
    # Five ballots, 90 of 20-100: m = 0.875, v = 16/80² = 0.0025. With half a vote at each end of
    # six: mean 4.875/6 = 0.8125, squares 5·4·0.0025 + 0.25 + 5/6·0.375² = 0.4171875,
    # variance that/(4·6) = 0.0173828; Beta of total 0.8125·0.1875/0.0173828 - 1 = 7.76404
    found = interval(Fraction(90), 16.0, 4, (20.0, 100.0))
    assert found.se == 4
    first, second = 0.8125 * 7.7640449, 0.1875 * 7.7640449
    assert isclose(found.lo, 20 + 80 * stats.beta.ppf(0.025, first, second), rel_tol=1e-7)
    assert isclose(found.hi, 20 + 80 * stats.beta.ppf(0.975, first, second), rel_tol=1e-7)


def test_many_ballots_have_the_normal_interval():
    found = interval(Fraction(70), 0.04, None, (20.0, 100.0))
    assert isclose(found.lo, 70 - 1.959964 * 0.2, abs_tol=2e-3)
    assert isclose(found.hi, 70 + 1.959964 * 0.2, abs_tol=2e-3)


def test_equal_answers_leave_room_below_the_top():
    # eight votes of 100: mean 8.5/9 on the unit scale, squares 0.25 + 8/9·0.25 = 0.472222,
    # variance 0.472222/(7·9) = 0.00749559; total (0.944444·0.055556)/0.00749559 - 1 = 6
    found = interval(Fraction(100), 0.0, 7, (0.0, 100.0))
    assert (found.se, found.hi) == (0, 100)
    assert isclose(found.lo, 100 * stats.beta.ppf(0.025, 6 * 8.5 / 9, 6 * 0.5 / 9), rel_tol=1e-9)
    assert 68 < found.lo < 69


def test_a_scale_of_one_point_leaves_no_room():
    found = interval(Fraction(100), 0.0, 7, (100.0, 100.0))
    assert (found.se, found.lo, found.hi) == (0, 100, 100)


def test_no_variance_gives_no_interval():
    found = interval(Fraction(90), None, 0, (20.0, 100.0))
    assert (found.se, found.lo, found.hi) == (None, None, None)


def test_variances_of_rater_classes_add_with_squared_shares():
    # 0.6²·4 + 0.4²·9 = 1.44 + 1.44 = 2.88; below √(0.6²·5² + 0.4²·10²) = 5,
    # above √(0.6²·3² + 0.4²·4²) = √5.8; score 0.6·90 + 0.4·80 = 86
    shares, scores = [Fraction(3, 5), Fraction(2, 5)], [Fraction(90), Fraction(80)]
    first, second = Interval(2.0, 85.0, 93.0), Interval(3.0, 70.0, 84.0)
    found = whole_interval(shares, scores, [first, second])
    assert isclose(found.se, sqrt(2.88))
    assert isclose(found.lo, 81)
    assert isclose(found.hi, 86 + sqrt(5.8))


def test_a_class_without_a_share_does_not_matter_and_one_without_an_error_does():
    nothing = Interval(None, None, None)
    scores = [Fraction(90), Fraction(80)]
    found = whole_interval([Fraction(1), Fraction(0)], scores, [Interval(2.0, 85.0, 93.0), nothing])
    assert (found.se, found.lo, found.hi) == (2, 85, 93)
    parts = [Interval(2.0, 85.0, 93.0), nothing]
    assert whole_interval([Fraction(1, 2)] * 2, scores, parts) == nothing


def test_wilson_at_the_ends():
    # 0 of 10: hi = z²/(n+z²) = 3.8415/13.8415
    lo, hi = wilson(0, 10)
    assert lo == 0
    assert isclose(hi, 3.841458821 / 13.841458821, rel_tol=1e-9)
    assert wilson(10, 10)[1] == 1
    assert wilson(0, 0) is None


def tally(*dimensions: tuple[str, int, tuple[Vote, ...]], n: int) -> ClassTally:
    """Every ballot gives the same, so that only the scores matter."""
    y = [[(0, 1)] * len(dimensions)] * n
    parts = tuple(DimensionTally(key, key, Fraction(w), v) for key, w, v in dimensions)
    return ClassTally(parts, moments(y))


def test_dissent_trimmed_away_does_not_make_a_class_sure():
    # 19 of 20 ballots give 100, one 20; 5 % cut at each end leaves only 100
    m = moments([[(100, 1)]] * 19 + [[(20, 1)]])
    one = DimensionTally("a", "a", Fraction(1), votes(1, 0, 0, 0, 19))
    found = class_score("p", ClassTally((one,), m), replace(rules(), trim=Fraction(1, 20)))
    assert (found.score, found.found.se, found.found.hi) == (100, 0, 100)
    # as far below as the plain interval goes below 96: variance 80²·19/400/19 = 16
    plain = interval(Fraction(96), 16.0, 19, (20.0, 100.0))
    assert isclose(found.found.lo, 100 - (96 - plain.lo))
    assert "区间" in found.dimensions[0].note


def test_equal_ballots_still_have_an_interval_and_say_why():
    found, _ = leaf_score("u", rules(), {"a": Fraction(1)}, {"a": single("100", 8)})
    assert (found.se, found.hi) == (0, 100)
    assert found.lo is not None
    assert 70 < found.lo < 80
    assert "各加半票" in found.nodes[0].note


def rules(missing="redistribute", min_n=1) -> LeafRules:
    return LeafRules("public", min_n, Fraction(0), missing, (20.0, 100.0))


def single(points: str, n: int) -> ClassTally:
    """`n` ballots with one vote each whose mean is `points`."""
    return tally(("a", 100, (Vote("x", Fraction(points), n),)), n=n)


WEIGHTS = {"a": Fraction(40), "b": Fraction(30), "c": Fraction(20), "d": Fraction(10)}
CLASSES = {
    "a": single("84.2", 30),
    "b": single("88.6", 20),
    "c": single("90.1", 10),
    "d": single("92.0", 10),
}


def test_rater_classes_are_weighted_and_never_pooled():
    # 0.4·84.2 + 0.3·88.6 + 0.2·90.1 + 0.1·92.0 = 33.68 + 26.58 + 18.02 + 9.20 = 87.48
    found, missing = leaf_score("u", rules(), WEIGHTS, CLASSES)
    assert found.score == Fraction("87.48")
    assert found.n == 70
    assert missing == []


def test_a_missing_class_gives_its_weight_to_the_others():
    # (33.68 + 26.58 + 18.02) / 0.9 = 86.9777…
    three = {key: one for key, one in CLASSES.items() if key != "d"}
    found, missing = leaf_score("u", rules(), WEIGHTS, three)
    assert found.score == Fraction("78.28") / Fraction("0.9")
    node = next(one for one in found.nodes if one.path == "public/d")
    assert (node.score, node.share, node.weight) == (None, 0, 10)
    assert "权重已分给其他评议主体" in node.note
    assert [(one.path, one.n) for one in missing] == [("public/d", 0)]


def test_a_missing_class_counts_zero_or_refuses_where_the_scheme_says_so():
    three = {key: one for key, one in CLASSES.items() if key != "d"}
    found, _ = leaf_score("u", rules("zero"), WEIGHTS, three)
    assert found.score == Fraction("78.28")
    found, missing = leaf_score("u", rules("fail"), WEIGHTS, three)
    assert found.score is None
    assert len(missing) == 1


def test_a_class_below_the_minimum_shows_nothing():
    found, _ = leaf_score("u", rules(min_n=11), WEIGHTS, CLASSES)
    hidden = [one for one in found.nodes if one.suppressed]
    assert [one.path for one in hidden] == ["public/c", "public/d"]
    assert all(one.score is None and one.votes == () for one in hidden)
    assert not any(one.path.startswith("public/c/") for one in found.nodes)
    # (0.4·84.2 + 0.3·88.6) / 0.7
    assert found.score == Fraction("60.26") / Fraction("0.7")


def test_converted_parts_add_up_to_their_parent():
    two = tally(("x", 60, votes(0, 0, 1, 2, 3)), ("y", 40, votes(1, 0, 0, 0, 5)), n=6)
    found, _ = leaf_score("u", rules(), {"a": Fraction(3), "b": Fraction(7)}, {"a": two, "b": two})
    by_path = {one.path: one for one in found.nodes}
    assert by_path["public/a"].converted + by_path["public/b"].converted == found.score
    for key in "ab":
        parts = [by_path[f"public/{key}/x"], by_path[f"public/{key}/y"]]
        assert sum(one.converted for one in parts) == by_path[f"public/{key}"].score


def test_nothing_at_all_is_no_score():
    found, missing = leaf_score("u", rules(), WEIGHTS, {})
    assert (found.score, found.se, found.n) == (None, None, 0)
    assert len(missing) == 4


counts = st.lists(st.integers(0, 30), min_size=5, max_size=5)


@given(counts, st.integers(0, 4), st.sampled_from([Fraction(0), Fraction(1, 20), Fraction(1, 4)]))
def test_raising_one_answer_never_lowers_the_score(given_counts, place, trim):
    place = min(place, 3)
    if not given_counts[place]:
        return
    raised = list(given_counts)
    raised[place] -= 1
    raised[place + 1] += 1
    assert mean(votes(*raised), trim) >= mean(votes(*given_counts), trim)


@given(counts, st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(49, 100)]))
def test_a_mean_stays_on_the_scale(given_counts, trim):
    found = mean(votes(*given_counts), trim)
    assert found is None if not sum(given_counts) else 20 <= found <= 100


ballots = st.lists(
    st.tuples(
        st.lists(st.sampled_from([0, 20, 40, 60, 80, 100]), min_size=2, max_size=2),
        st.lists(st.sampled_from([0, 20, 40, 60, 80, 100]), min_size=1, max_size=1),
    ),
    min_size=2,
    max_size=12,
)


@given(ballots)
def test_the_variance_from_sums_is_that_from_ballots(given_ballots):
    rows = [[(sum(d), sum(v > 0 for v in d)) for d in ballot] for ballot in given_ballots]
    m = moments(rows)
    shares = used_shares([Fraction(60), Fraction(40)], [Fraction(1) if n else None for n in m.n])
    if shares is None or m.ballots < 2:
        return
    z = [
        sum(
            float(w) * (y - m.y[d] / m.n[d] * n) / m.n[d]
            for d, (w, (y, n)) in enumerate(zip(shares, row, strict=True))
            if w
        )
        for row in rows
    ]
    expected = m.ballots / (m.ballots - 1) * sum(one**2 for one in z)
    found = ballot_variance(m, shares, m.ballots)
    assert found >= 0
    assert isclose(sqrt(found), sqrt(expected), rel_tol=1e-9, abs_tol=1e-6)


@given(ballots, ballots)
def test_moments_of_shards_add_up(first, second):
    def rows(part):
        return [[(sum(d), sum(v > 0 for v in d)) for d in ballot] for ballot in part]

    assert moments(rows(first)) + moments(rows(second)) == moments(rows(first + second))


def test_the_error_of_a_trimmed_mean_falls_back_to_the_plain_one():
    # 60, 80, 100: s² = 400, s²/n = 133.33
    assert isclose(vote_variance(votes(0, 0, 1, 1, 1)), 400 / 3)
    assert vote_variance(votes(0, 0, 0, 0, 1)) is None
