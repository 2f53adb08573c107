"""The dirt of the world, planted on top of honest ballots so that finding it can be measured."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from survey_app.demo.ballot_plan import Ballots, Drawer, Filled
from survey_app.demo.truth import ItemScale

# Planted per honest ballot row.
REPLAYED, SAME_DEVICE, TWO_PHONES, FAMILY = 0.0075, 0.01, 0.005, 0.002
STRAIGHT, HALF_FILLED, LINK_FARM, CARD_FARM = 0.012, 0.01, 0.005, 0.001
CODE_USED, AFTER_CLOSE, INCOMPLETE, FORGED = 0.004, 0.006, 0.004, 0.001
FARM_MINIMUM = 60
FARM_BINS = 3
MEETING = 24
FAST_SECONDS = (3.0, 7.0)
FARMER = "citizen"
SERVED = "service_user"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that will be handed in, honest and not, in the order it comes.

    `pushed` is the ratee the farms work for, `meeting` the one whose honest raters came together.
    """

    forms: tuple[Filled, ...]
    late: tuple[Filled, ...]
    pushed: str
    meeting: str

    def planted(self, label: str) -> list[Filled]:
        return [one for one in (*self.forms, *self.late) if one.label == label]


def add_dirt(drawer: Drawer, honest: Ballots, pushed: str) -> Plan:
    """The plan of a round: honest forms and all that comes on top of them."""
    rows = honest.rows
    posters = [one for one in honest.forms if one.kind.way == "poster"]
    cards = [one for one in honest.forms if one.kind.way != "poster"]
    meeting = _meet(drawer, posters, pushed)
    _share_phones(drawer, posters, _count(rows, FAMILY))
    dirt = [
        *(one.again("replayed") for one in _some(drawer, honest.forms, _count(rows, REPLAYED))),
        *_second_scans(drawer, posters, _count(rows, SAME_DEVICE)),
        *_second_phones(drawer, posters, _count(rows, TWO_PHONES)),
        *_straight_lines(drawer, posters, _count(rows, STRAIGHT)),
        *_half_filled(drawer, posters, _count(rows, HALF_FILLED)),
        *_link_farm(drawer, posters, pushed, max(FARM_MINIMUM, _count(rows, LINK_FARM))),
        *_card_farm(drawer, cards, pushed, _count(rows, CARD_FARM)),
        *(one.again("code_used") for one in _some(drawer, cards, _count(rows, CODE_USED))),
        *_unfinished(drawer, posters, _count(rows, INCOMPLETE)),
        *(
            one.again("forged", device=drawer.new_device())
            for one in _some(drawer, posters, _count(rows, FORGED))
        ),
    ]
    late = [
        one.again("after_close", device=drawer.new_device(), comment="")
        for one in _some(drawer, posters, _count(rows, AFTER_CLOSE))
    ]
    ordered = sorted([*honest.forms, *dirt], key=lambda one: one.bin)  # stable: originals first
    return Plan(tuple(ordered), tuple(late), pushed, meeting)


def _count(rows: int, share: float) -> int:
    return max(2, round(rows * share))


def _some(drawer: Drawer, forms: Sequence[Filled], n: int) -> list[Filled]:
    chosen = drawer.rng.choice(len(forms), min(n, len(forms)), replace=False)
    return [forms[place] for place in sorted(chosen.tolist())]


def _meet(drawer: Drawer, posters: Sequence[Filled], pushed: str) -> str:
    """An honest meeting: people of one unit's link come within ten minutes, as they may."""
    by_ratee: dict[str, list[Filled]] = defaultdict(list)
    for one in posters:
        if one.kind.key == FARMER and one.scope[0] != pushed:
            by_ratee[one.scope[0]].append(one)
    ratee = max(sorted(by_ratee), key=lambda key: len(by_ratee[key]))
    members = by_ratee[ratee][:MEETING]
    for one in members:
        one.bin = members[0].bin
    return ratee


def _share_phones(drawer: Drawer, posters: Sequence[Filled], n: int) -> None:
    """Two honest members of a family answer on one phone, one after the other.

    They agree: which of the two counts is left to chance, and scores must not depend on it.
    """
    last: dict[tuple[object, ...], Filled] = {}
    shared = 0
    for place in drawer.rng.permutation(len(posters)).tolist():
        one = posters[place]
        other = last.pop(one.way, None)
        if other is None:
            last[one.way] = one
            continue
        one.device, one.codes, one.seconds = other.device, dict(other.codes), other.seconds
        one.label = "shared_phone"
        shared += 1
        if shared == n:
            return


def _second_scans(drawer: Drawer, posters: Sequence[Filled], n: int) -> list[Filled]:
    """The same person scans again with the same phone and answers the same."""
    return [
        one.again("same_device", bin=one.bin + 1, comment="") for one in _some(drawer, posters, n)
    ]


def _second_phones(drawer: Drawer, posters: Sequence[Filled], n: int) -> list[Filled]:
    """The same person answers the same again, with another phone."""
    return [
        one.again("two_phones", bin=one.bin + 1, device=drawer.new_device(), comment="")
        for one in _some(drawer, posters, n)
    ]


def _straight_lines(drawer: Drawer, posters: Sequence[Filled], n: int) -> list[Filled]:
    """Somebody ticks one column from top to bottom, most of them without reading."""
    made = []
    for one in _some(drawer, posters, n):
        number = int(drawer.rng.choice([5, 4, 3, 1], p=[0.45, 0.15, 0.3, 0.1]))
        codes = _filled(drawer, one, [number] * 64)
        is_fast = drawer.rng.random() < 0.6
        made.append(
            one.again(
                "straight_line",
                codes=codes,
                seconds=float(drawer.rng.uniform(*FAST_SECONDS)) if is_fast else 30.0,
                device=drawer.new_device(),
                bin=int(drawer.bins(1)[0]),
                comment="",
            )
        )
    return made


def _filled(drawer: Drawer, one: Filled, numbers: Sequence[int]) -> dict[str, bytes]:
    """Codes that give these numbers in turn to the items with points, and blanks to the rest."""
    codes = {}
    for ratee in one.codes:
        form = drawer.form_of(one.kind, ratee)
        following = iter(numbers)
        codes[ratee] = bytes(
            next(following) if ItemScale.of(form, item) else 0 for item in form.coded_items
        )
    return codes


def _half_filled(drawer: Drawer, posters: Sequence[Filled], n: int) -> list[Filled]:
    """Only what had to be answered is answered: half of the scored items stay blank."""
    made = []
    for one in _some(drawer, posters, n):
        codes = {}
        for ratee, numbers in one.codes.items():
            items = drawer.form_of(one.kind, ratee).coded_items
            codes[ratee] = bytes(
                number if item.required else 0 for item, number in zip(items, numbers, strict=True)
            )
        made.append(
            one.again(
                "half_filled",
                codes=codes,
                device=drawer.new_device(),
                bin=int(drawer.bins(1)[0]),
                comment="",
            )
        )
    return made


def _link_farm(drawer: Drawer, posters: Sequence[Filled], pushed: str, n: int) -> list[Filled]:
    """A room of phones pushes one ratee through its poster's link within half an hour."""
    model = next(one for one in posters if one.kind.key == FARMER and one.scope == (pushed,))
    first = int(drawer.bins(1)[0])
    scripts = ([5] * 64, [5] * 7 + [4] + [5] * 56, [5] * 3 + [4] + [5] * 60)
    scripted = drawer.rng.choice(len(scripts), n, p=[0.85, 0.1, 0.05])
    return [
        model.again(
            "link_farm",
            codes=_filled(drawer, model, scripts[scripted[place]]),
            device=drawer.new_device(),
            seconds=float(drawer.rng.uniform(4.0, 14.0)),
            bin=first + int(drawer.rng.integers(FARM_BINS)),
            comment="",
        )
        for place in range(n)
    ]


def _card_farm(drawer: Drawer, cards: Sequence[Filled], pushed: str, n: int) -> list[Filled]:
    """Staff fill in the service cards of their own unit that they kept back."""
    model = next(one for one in cards if one.kind.key == SERVED and one.scope == (pushed,))
    moment = int(drawer.bins(1)[0])
    codes = _filled(drawer, model, [5] * 64)
    return [model.again("card_farm", codes=codes, bin=moment, comment="") for _ in range(n)]


def _unfinished(drawer: Drawer, posters: Sequence[Filled], n: int) -> list[Filled]:
    """Sent with a required answer missing: the page comes back, nothing is stored."""
    made = []
    for one in _some(drawer, posters, n):
        codes = {}
        for ratee, numbers in one.codes.items():
            items = drawer.form_of(one.kind, ratee).coded_items
            first = next(place for place, item in enumerate(items) if item.required)
            codes[ratee] = numbers[:first] + b"\0" + numbers[first + 1 :]
        made.append(one.again("incomplete", codes=codes, device=drawer.new_device(), comment=""))
    return made
