"""An attacker with every released table: which hidden counts come out, and a source of families.

`attack` takes what was shown and what adds up, and nothing else that the owner of the tables
knows. `family` makes tables as a round makes them: ratees by rater classes with both margins,
released again as ballots come in, and scores weighted into a total.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from random import Random

from analysis.disclosure.bounds import feasible
from analysis.disclosure.ledger import Release, check
from analysis.disclosure.statements import Cell, Range, Statement
from analysis.disclosure.suppression import Pinned, Why

ALL = "*"


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything an attacker has of one round, and the cells they look for."""

    statements: Sequence[Statement]
    hidden: Sequence[Cell]
    kinds: Mapping[Cell, Range]
    k: int


def attack(tables: Tables) -> list[Pinned]:
    """The hidden cells that come out to a range narrower than `k`."""
    ranges = feasible(tables.statements, tables.hidden, tables.kinds)
    return [
        Pinned(cell, one, "") for cell, one in sorted(ranges.items()) if one.is_narrower(tables.k)
    ]


def family(seed: int, k: int = 5, *, is_guarded: bool = True) -> Tables:
    """Random tables of one round, released once to three times, with what the guard hides.

    Without the guard only the few are hidden, as a careless office does it.
    """
    random = Random(seed)  # noqa: S311 -- to be repeated, keeps no secret
    ratees = [f"u{n}" for n in range(random.randint(2, 6))]
    classes = [f"c{n}" for n in range(random.randint(2, 4))]
    counts = {one: _size(random, k) for one in product(ratees, classes)}
    releases: list[Release] = []
    shown: list[Mapping[Cell, Why]] = []
    for number in range(random.randint(1, 3)):
        if number:
            for one in counts:
                counts[one] += random.choice((0, 0, 0, 1, 2, k, 3 * k))
        new = Release(f"r{number}", with_margins(counts), content=str(tuple(counts.values())))
        hidden: dict[Cell, Why] = {cell: "few" for cell, n in new.cells.items() if 0 < n < k}
        if is_guarded:
            hidden = dict(check(releases, new, k).hidden)
        releases.append(new.without(hidden))
        shown.append(hidden)
    return _as_seen(releases, shown, k)


def with_margins(counts: Mapping[tuple[str, str], int]) -> dict[Cell, int]:
    """Counts by ratee and class, with the totals of both and of all."""
    found: dict[Cell, int] = {}
    for (ratee, one), n in counts.items():
        for cell in product((ratee, ALL), (one, ALL)):
            found[cell] = found.get(cell, 0) + n
    return found


def _size(random: Random, k: int) -> int:
    return random.choice((0, random.randint(1, k - 1), random.randint(k, 8 * k)))


def _as_seen(releases: Sequence[Release], hidden: Sequence[Mapping[Cell, Why]], k: int) -> Tables:
    from analysis.disclosure.ledger import kinds_of, statements_of

    statements = list(statements_of(releases))
    names = [
        (one.content, *cell) for one, gone in zip(releases, hidden, strict=True) for cell in gone
    ]
    return Tables(statements, sorted(set(names)), kinds_of(releases), k)


def weighted(seed: int, width: int = 5) -> tuple[Tables, frozenset[Cell]]:
    """Class scores and their weighted total, with the classes `hide_scores` hides."""
    from analysis.disclosure.scores import Part, hide_scores, score_statements

    random = Random(seed)  # noqa: S311 -- to be repeated, keeps no secret
    parts = [
        Part(
            f"c{n}",
            Fraction(random.randint(1, 6), 10),
            Fraction(random.randint(4000, 10000), 100),
            random.choice((random.randint(1, 4), random.randint(5, 60))),
        )
        for n in range(random.randint(3, 5))
    ]
    small = [one.key for one in parts if one.n < 5]
    hidden = hide_scores(parts, small, width)
    statements = score_statements(parts, hidden)
    kinds: dict[Cell, Range] = {(one.key,): Range(0, 100) for one in parts}
    few: list[Cell] = [(one.key,) for one in parts if one.n < 5]
    return Tables(statements, few, kinds, width), frozenset((one,) for one in hidden)
