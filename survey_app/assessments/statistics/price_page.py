"""The page 名次的价格: where the round is weak, and what closes it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from forms.problems import N_
from survey_app.assessments.statistics.blueprint import opened, page, statistics
from survey_app.assessments.statistics.opening import OpenedStatistics

if TYPE_CHECKING:
    from analysis.attacks.by_entrance import EntranceLine
    from analysis.attacks.gates import Entrance
    from analysis.attacks.price import ClassPrices, Prices, RateePrice
    from analysis.note import Note
    from analysis.scheme import Scheme

EVIDENCE = {"open": N_("公开海报"), "card": N_("评议卡"), "code": N_("凭码")}


@dataclass(frozen=True, slots=True)
class EntranceRow:
    """One entrance: its name, how people get in, and its figures."""

    name: str
    evidence: str
    line: "EntranceLine"


@dataclass(frozen=True, slots=True)
class RateeRow:
    """One ratee: the gap above it, and its cheapest entrance with the ballots it takes."""

    price: "RateePrice"
    entrance: str
    place: int | None


@dataclass(frozen=True, slots=True)
class PricePage:
    """One class of ratees; `weakest` is the entrance by which a place is cheapest in general,
    `least` the cheapest place of all.
    """

    name: str
    entrances: tuple[EntranceRow, ...]
    ratees: tuple[RateeRow, ...]
    weakest: EntranceRow | None
    least: int | None
    advice: "tuple[tuple[str, Note, Note], ...]"


@statistics.get("/price")
def price(round_id: int) -> str:
    """What one place costs in forged ballots, by entrance."""
    from analysis.attacks.price import prices

    of = opened(round_id)
    found = prices(of.assessment, of.sufficient.cells, of.run.inputs.ratees)
    classes = [_class_page(of, found, one) for one in found.classes]
    shown = tuple(one for one in classes if one.entrances)
    return page("price", round_id, of, classes=shown, notes=found.notes)


def _class_page(of: OpenedStatistics, found: "Prices", one: "ClassPrices") -> PricePage:
    from analysis.attacks.by_entrance import by_entrance

    scheme = of.assessment.scheme
    rows = tuple(
        EntranceRow(_name(scheme, line), _evidence(line), line) for line in by_entrance(found, one)
    )
    names = {row.line.entrance: row.name for row in rows}
    return PricePage(
        name=of.run.class_name(one.ratee_class),
        entrances=rows,
        ratees=tuple(_ratee_row(found, names, ratee) for ratee in one.ratees),
        weakest=next((row for row in rows if row.line.place_median is not None), None),
        least=min(
            (row.line.place_least for row in rows if row.line.place_least is not None), default=None
        ),
        advice=_advice(rows),
    )


def _name(scheme: "Scheme", line: "EntranceLine") -> str:
    from analysis.parts import EVERYBODY

    one = line.entrance
    who = "" if one.rater_class == EVERYBODY else str(scheme.rater_class_name(one.rater_class))
    part = _(EVIDENCE[one.part]) if one.part in EVIDENCE else one.part
    return " · ".join(text for text in (one.leaf_name, who, part) if text)


def _evidence(line: "EntranceLine") -> str:
    return str(_("、")).join(_(EVIDENCE.get(level, level)) for level in line.entrance.evidence)


def _advice(rows: tuple[EntranceRow, ...]) -> "tuple[tuple[str, Note, Note], ...]":
    """What watches and what closes each kind of entrance that the round has, once."""
    found: dict[str, tuple[str, Note, Note]] = {}
    for row in rows:
        watched, closed = row.line.watched, row.line.closed_by
        found.setdefault(watched.message, (row.evidence, watched, closed))
    return tuple(found.values())


def _ratee_row(found: "Prices", names: "dict[Entrance, str]", one: "RateePrice") -> RateeRow:
    from analysis.attacks.by_entrance import FEWEST

    priced = [cost for cost in one.costs if cost.place is not None and cost.n >= FEWEST]
    least = min(priced, key=lambda cost: (cost.place or 0, cost.entrance), default=None)
    return RateeRow(
        price=one,
        entrance="" if least is None else names[found.entrances[least.entrance]],
        place=None if least is None else least.place,
    )
