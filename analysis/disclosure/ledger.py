"""Is a release safe together with everything released before, and which cells must it hide?

Two releases of the same content say of the same cells; where ballots came in or were taken out
between them, what changed is a cell of its own, which nobody publishes but everybody can subtract.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from analysis.disclosure.statements import Cell, Range, Statement, Sum, shown
from analysis.disclosure.suppression import Counts, Hidden, Pinned, Why, name, suppress
from analysis.small_groups import is_few

ALL = "*"


@dataclass(frozen=True, slots=True)
class Release:
    """Counts by cell, totals (with a "*") among them. `hidden` are cells that exist unsaid.

    `content` tells releases of the same ballots; before a release is entered `cells` are true.
    """

    name: str
    cells: Mapping[Cell, int]
    hidden: Mapping[Cell, Why] = field(default_factory=dict)
    content: str = ""

    def without(self, hidden: Mapping[Cell, Why]) -> "Release":
        """The release as it is shown."""
        left = {cell: n for cell, n in self.cells.items() if cell not in hidden}
        return replace(self, cells=left, hidden=dict(hidden))

    def named(self) -> dict[Cell, int]:
        """Its counts, each under the content it speaks of."""
        return {(self.content, *cell): n for cell, n in self.cells.items()}

    def all_cells(self) -> set[Cell]:
        return set(self.cells) | set(self.hidden)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a release has to hide, and the sentences that say why."""

    hidden: Mapping[Cell, Why]
    reasons: tuple[str, ...]
    saved: tuple[Pinned, ...] = ()


def check(
    earlier: Sequence[Release],
    new: Release,
    k: int,
    already: Mapping[Cell, Why] | None = None,
    names: Mapping[str, str] | None = None,
) -> Verdict:
    """What `new` must hide so that, with all of `earlier`, no hidden count is pinned.

    `already` are cells that are hidden for reasons of their own; `names` say how the parts of a
    cell are called in the reasons. The pins themselves, with ranges, are the verdict's `saved`.
    """
    known = [one for one in earlier if one.all_cells()]
    before = {one.content for one in known}
    releases = [*known, new]
    sums = list(structure(releases))
    said = [statement for one in known for statement in shown(one.named(), ())]
    changes = _changes(known, new)
    hidden: dict[Cell, Why] = {cell: "difference" for _, cell, n in changes if is_few(abs(n), k)}
    kept = _never_again(known, new) if new.content in before else {}
    counts = Counts(
        new.named(),
        sums,
        {(*_between(one.content, new.content), *cell): n for one, cell, n in changes},
        kept=_hidden_before(known),
        said=said,
        kinds=kinds_of(releases),
    )
    first = {
        (new.content, *cell): why for cell, why in (dict(already or {}) | kept | hidden).items()
    }
    found = suppress(counts, k, first)
    cells = {cell[1:]: why for cell, why in found.cells.items() if cell[0] == new.content}
    return Verdict(cells, tuple(_reasons(changes, hidden, found, names or {})), found.saved)


def structure(releases: Sequence[Release]) -> Iterator[Sum]:
    """What adds up, within each content and from each to the next."""
    contents: dict[str, set[Cell]] = {}
    for one in releases:
        contents.setdefault(one.content, set()).update(one.all_cells())
    for content, cells in contents.items():
        for whole, parts in sums_of(cells):
            yield Sum((content, *whole), tuple((content, *part) for part in parts))
    for a, b in combinations(contents, 2):
        span = _between(a, b)
        for cell in sorted(contents[a] & contents[b]):
            yield Sum((b, *cell), ((a, *cell), (*span, *cell)))


def kinds_of(releases: Sequence[Release]) -> dict[Cell, Range]:
    """What changes between two contents can be, as their shown cells tell it.

    Where nothing became less, ballots came in: no change is below 0. Where nothing became more,
    none is above. Where both happened a change can be anything.
    """
    told: dict[str, dict[Cell, int]] = {}
    for one in releases:
        told.setdefault(one.content, {}).update(one.cells)
    found: dict[Cell, Range] = {}
    for a, b in combinations(told, 2):
        gaps = [told[b][cell] - told[a][cell] for cell in told[a].keys() & told[b].keys()]
        if any(gap < 0 for gap in gaps):
            kind = Range(None, None if any(gap > 0 for gap in gaps) else 0)
            cells = {cell for one in releases if one.content in (a, b) for cell in one.all_cells()}
            found |= {(*_between(a, b), *cell): kind for cell in cells}
    return found


def _hidden_before(known: Sequence[Release]) -> set[Cell]:
    """What earlier releases hid: it must not come out later either."""
    return {(one.content, *cell) for one in known for cell in one.hidden}


def sums_of(cells: set[Cell]) -> Iterator[tuple[Cell, tuple[Cell, ...]]]:
    """Every total with its parts along one direction."""
    inner: dict[Cell, list[Cell]] = {}
    for cell in sorted(cells):
        for place, part in enumerate(cell):
            if part != ALL:
                whole = (*cell[:place], ALL, *cell[place + 1 :])
                inner.setdefault((str(place), *whole), []).append(cell)
    for (_, *rest), parts in sorted(inner.items()):
        if (whole := tuple(rest)) in cells:
            yield whole, tuple(parts)


def statements_of(releases: Sequence[Release]) -> Iterator[Statement]:
    """Everything somebody with all releases can write down."""
    for one in structure(releases):
        yield one.statement()
    for each in releases:
        yield from shown(each.named(), ())


def _between(a: str, b: str) -> tuple[str, ...]:
    return (f"{a}→{b}",)


def _changes(known: Sequence[Release], new: Release) -> list[tuple[Release, Cell, int]]:
    """What changed since each earlier content, where both say the cell."""
    return [
        (one, cell, n - one.cells[cell])
        for one in known
        if one.content != new.content
        for cell, n in new.cells.items()
        if n != one.cells.get(cell, n)
    ]


def _never_again(known: Sequence[Release], new: Release) -> dict[Cell, Why]:
    """What a release of the same ballots hid stays hidden, unless it was shown all the same."""
    same = [one for one in known if one.content == new.content]
    told = {cell for one in same for cell in one.cells}
    return {
        cell: why
        for one in same
        for cell, why in one.hidden.items()
        if cell in new.cells and cell not in told
    }


def _reasons(
    changes: Sequence[tuple[Release, Cell, int]],
    hidden: Mapping[Cell, Why],
    found: Hidden,
    names: Mapping[str, str],
) -> Iterator[str]:
    """Why cells are hidden, in words without a figure: a figure would tell what is hidden."""
    said: set[Cell] = set()
    for one, cell, _ in changes:
        if cell in hidden and cell not in said:
            said.add(cell)
            yield f"{name(cell, names)}：和“{one.name}”里的相减，只差少数几份"
    for pin in found.saved:
        if pin.cell[1:] not in said:
            said.add(pin.cell[1:])
            how = pin.words or "由已经发布的各表联立"
            yield f"{name(pin.cell[1:], names)}：{how}，就能得出"
