"""Prices summed up by entrance, by hand."""

from dataclasses import replace

from analysis.attacks.by_entrance import by_entrance
from analysis.attacks.gates import Entrance
from analysis.attacks.price import ClassPrices, Cost, Prices, RateePrice

POSTER = Entrance("public", "公众评议", "citizen", "", ("card", "open"))
CARDS = Entrance("public", "公众评议", "village", "", ("card",))
CODES = Entrance("public", "公众评议", "delegate", "", ("code",))
COST = Cost(0, 40, 10, None, 4, 1.5, 0.5, 0.25, 2, 1, 0)


def ratee(key: str, rank: int, *costs: Cost) -> RateePrice:
    gap = None if rank == 1 else 1.0
    return RateePrice(key, key, rank, 90.0, gap, costs)


def test_medians_count_those_without_a_price_as_the_dearest():
    """Three ratees below the first: 10, 30 and never: half of three are two, so 30."""
    lines = (
        ratee("a", 1, replace(COST, place=None, rival=None, n=60)),
        ratee("b", 2, COST),
        ratee("c", 3, replace(COST, place=30, rival=2, n=50, grade=40)),
        ratee("d", 4, replace(COST, place=None, rival=None, fifty=3.0, fifty_places=3)),
    )
    prices = Prices((POSTER,), (ClassPrices("unit", lines),), ())
    (line,) = by_entrance(prices, prices.classes[0])
    assert (line.ratees, line.n) == (3, 40)
    assert (line.place_least, line.place_median, line.unreachable) == (10, 30, 1)
    assert (line.rival_least, line.rival_median, line.grade_least) == (2, 4, 40)
    assert (line.moved, line.moved_most, line.places) == (1.5, 3.0, 3)
    worse = replace(lines[2], costs=(replace(COST, place=None),))
    many = ClassPrices("unit", (lines[0], lines[1], worse, lines[3]))
    assert by_entrance(prices, many)[0].place_median is None


def test_the_cheapest_entrance_comes_first_and_each_kind_has_its_remedy():
    costs = (
        replace(COST, entrance=0, place=9),
        replace(COST, entrance=1, place=5),
        replace(COST, entrance=2, place=7),
    )
    prices = Prices((POSTER, CARDS, CODES), (ClassPrices("unit", (ratee("b", 2, *costs),)),), ())
    lines = by_entrance(prices, prices.classes[0])
    assert [line.entrance for line in lines] == [CARDS, CODES, POSTER]
    assert [line.moved for line in lines] == [1.5, 0.25, 1.5], "raters with codes are turned"
    words = [line.watched.text() for line in lines]
    assert words[0].startswith("评议卡")
    assert words[1].startswith("凭码")
    assert words[2].startswith("公开海报"), "the weakest of its levels speaks"
    assert len({line.closed_by.text() for line in lines}) == 3


def test_fewer_than_five_ballots_are_not_shown():
    lines = (ratee("b", 2, replace(COST, n=4)),)
    prices = Prices((POSTER,), (ClassPrices("unit", lines),), ())
    assert by_entrance(prices, prices.classes[0]) == ()
