"""What a changed rule does, from outcomes worked with a pencil."""

from fractions import Fraction
from itertools import permutations

import pytest

from analysis.inputs import RateeRow
from analysis.note import Note
from analysis.round_statistics.rules import (
    Outcome,
    RuleEffect,
    effect,
    refused,
    sentences,
    strongest_first,
)
from analysis.rule_sensitivity import Variation
from tests.unit.test_studies import scheme

RATEES = [RateeRow(key, f"单位{key}", "unit", "") for key in "abcd"]
BEFORE = {
    "a": Outcome(Fraction(90), 1, "good"),
    "b": Outcome(Fraction(80), 2, "good"),
    "c": Outcome(Fraction(70), 3, "fair"),
    "d": Outcome(Fraction(60), 4, "fair"),
}


def changed(key: str = "rule") -> Variation:
    return Variation(key, Note(key), Note("now"), Note("tried"), scheme())


def done(after: dict[str, Outcome], ratees: list[RateeRow] = RATEES) -> RuleEffect:
    return effect(changed(), ratees, BEFORE, after)


def test_a_rule_that_turns_the_order_about() -> None:
    """d jumps from 4 to 1: |3| + 1 + 1 + 1 = 6 places over 4; totals move 35/4.

    Spearman: 1 − 6·(9 + 1 + 1 + 1)/(4·15) = 1 − 72/60 = −0.2.
    """
    after = {
        "d": Outcome(Fraction(95), 1, "good"),
        "a": Outcome(Fraction(90), 2, "good"),
        "b": Outcome(Fraction(80), 3, "fair"),
        "c": Outcome(Fraction(70), 4, "fair"),
    }
    found = done(after)
    assert (found.n, found.moved, found.mean_places) == (4, 4, 1.5)
    assert (found.places, found.who, found.n_alike) == (3, "单位d", 1)
    assert found.grades == 2
    assert found.correlation == pytest.approx(-0.2, abs=1e-12)
    assert found.shift == 35 / 4
    assert not found.has_same_top
    assert not found.is_idle


def test_a_rule_that_changes_nothing() -> None:
    found = done(dict(BEFORE))
    assert (found.moved, found.grades, found.shift, found.correlation) == (0, 0, 0.0, 1.0)
    assert (found.places, found.who, found.n_alike) == (0, "", 0)
    assert found.has_same_top
    assert found.is_idle


def test_totals_may_move_and_ranks_stay() -> None:
    """Everybody gains 1: that is no change anybody sees in the order."""
    found = done({key: one._replace(total=(one.total or 0) + 1) for key, one in BEFORE.items()})
    assert found.shift == 1.0
    assert found.is_idle


def test_a_change_below_the_top_leaves_the_top() -> None:
    """Only the fourth is put level with the third: ranks 3 and 3.

    Midranks 1, 2, 3.5, 3.5 against 1…4: Σxy = 2.25 + 0.25 + 0.5 + 1.5 = 4.5, Σx² = 5, Σy² = 4.5.
    """
    found = done({**BEFORE, "d": Outcome(Fraction(70), 3, "fair")})
    assert found.moved == 1
    assert found.correlation == pytest.approx(4.5 / (5 * 4.5) ** 0.5, abs=1e-12)
    assert not found.has_same_top, "a third one beside the third is a change among the first three"
    lower = {**BEFORE, "e": Outcome(Fraction(50), 5, "fair"), "f": Outcome(Fraction(40), 6, "")}
    ratees = [*RATEES, *(RateeRow(key, key, "unit", "") for key in "ef")]
    after = {**lower, "e": lower["f"]._replace(grade="fair"), "f": lower["e"]._replace(grade="")}
    swapped = effect(changed(), ratees, lower, after)
    assert (swapped.moved, swapped.places, swapped.who, swapped.n_alike) == (2, -1, "e", 2)
    assert swapped.has_same_top


def test_who_gains_or_loses_a_total_is_counted_apart() -> None:
    gone = {**BEFORE, "d": Outcome(None, None, None)}
    found = done(gone)
    assert (found.n, found.moved, found.gone, found.appeared, found.grades) == (3, 0, 1, 0, 1)
    assert not found.is_idle
    back = effect(changed(), RATEES, gone, BEFORE)
    assert (back.n, back.gone, back.appeared) == (3, 0, 1)


def test_nobody_ranked_is_no_figure() -> None:
    nobody = {key: Outcome(None, None, None) for key in "abcd"}
    found = effect(changed(), RATEES, nobody, nobody)
    assert (found.n, found.mean_places, found.shift, found.correlation) == (0, 0.0, 0.0, None)


def test_ranks_are_compared_within_classes() -> None:
    """Two classes of two, both turned about: −1 within each, whatever the other class does."""
    ratees = [RateeRow(key, key, "x" if key in "ab" else "y", "") for key in "abcd"]
    ranks = {"a": 1, "b": 2, "c": 1, "d": 2}
    before = {key: Outcome(Fraction(9 - rank), rank, None) for key, rank in ranks.items()}
    after = {key: Outcome(Fraction(rank), 3 - rank, None) for key, rank in ranks.items()}
    assert effect(changed(), ratees, before, after).correlation == -1.0


def test_the_order_of_rows_does_not_matter() -> None:
    after = {
        "a": Outcome(Fraction(90), 2, "good"),
        "b": Outcome(Fraction(91), 1, "good"),
        "c": Outcome(Fraction(1, 3), 4, None),
        "d": Outcome(Fraction(60), 3, "fair"),
    }
    one = done(after)
    assert all(done(after, list(rows)) == one for rows in permutations(RATEES))
    assert (one.who, one.n_alike) == ("单位a", 4)


def sized(key: str, **figures: float) -> RuleEffect:
    return RuleEffect(key, Note(key), Note("x"), Note("y"), None, n=10, **figures)  # type: ignore[arg-type]


def test_the_strongest_first_and_no_result_last() -> None:
    effects = [
        refused(changed("failed"), 3),
        sized("totals", shift=2.0),
        sized("grades", grades=1),
        sized("places", mean_places=0.2, moved=2),
        sized("idle"),
    ]
    for rows in permutations(effects):
        keys = [one.key for one in strongest_first(rows)]
        assert keys == ["places", "grades", "totals", "idle", "failed"]


def test_sentences_say_what_counts() -> None:
    effects = [
        sized("名额", mean_places=0.9, moved=7, has_same_top=False, shift=0.5),
        sized("权重", mean_places=0.2, moved=2, grades=3),
        sized("并列"),
    ]
    said = [note.text() for note in sentences(effects, [0.1, 0.3, 0.4])]
    assert said[0] == (
        "各条规则中，名次主要取决于名额、权重。影响最大的一种改法是名额由“x”改为“y”，"
        "10 个对象中有 7 个会变动名次。试过的 3 种改法，1 种完全不改变名次。"
    )
    assert said[1] == (
        "有 2 种改法不会改变各类的前三名，如权重（y）、并列（y）；"
        "有 1 种会改变前三名，如名额（y）。"
    )
    assert said[2] == "会改变等次的有 1 种，如权重（y）；改变最多的一种涉及 3 个对象。"
    assert "0.30 分" in said[3]
    assert "有 1 种（共 3 种）" in said[3]


def test_sentences_where_nothing_moves() -> None:
    said = [note.text() for note in sentences([sized("a"), sized("b")], [])]
    assert said == [
        "试过的 2 种改法，没有一种会改变名次。",
        "任何一种改法都不会改变各类的前三名。",
    ]
    assert sentences([refused(changed(), 1)], [0.2]) == ()
