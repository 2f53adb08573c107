"""Building a city in the store, through the services an operator and a rater use."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from analysis.inputs import RateeRow
from survey_app.closing.ceremony import hold_at_once
from survey_app.closing.shares import NEEDED
from survey_app.closing.unsealing import unseal
from survey_app.core import clock
from survey_app.core.services import Services
from survey_app.demo.ballot_plan import Filled
from survey_app.demo.cities.zhangjiajie_2009 import CITY, KINDS, ORGANISER
from survey_app.demo.city_plan import City
from survey_app.demo.desk import Desk, Way, WaysIn
from survey_app.demo.imprint import PHONE, SIMULATED, YEAR
from survey_app.demo.ways_in import (
    OPERATOR,
    make_posters,
    make_roster_cards,
    make_service_cards,
)
from survey_app.record import service as record
from survey_app.register.names import rater_class_names
from survey_app.register.reading import ClassRow, Register, RosterRow
from survey_app.register.service import store_register
from survey_app.rounds import service
from survey_app.rounds.entrances import IssuedCard
from survey_app.rounds.service import RoundSpec

BEGIN = "demo.begin"
HOLDERS = tuple(f"{name}（{SIMULATED}）" for name in ("赵一", "钱二", "孙三"))
CLOSED_ROUND, OPEN_ROUND = f"{YEAR}-annual", f"{YEAR + 1}-annual"
# The first midnight of the simulated week, in the city; fixed, so that a seed is a city.
MIDNIGHT = datetime(YEAR, 10, 18, 16, tzinfo=UTC)


class Teller(Protocol):
    """Tells a person how far the work is."""

    def stage(self, text: str, share: float) -> None:
        """A piece of work begins that is about this part (0-1) of the whole."""

    def track(self, steps: Iterable[int], total: int) -> None:
        """Go through the steps of this stage; each says how much of `total` it did."""


@dataclass(frozen=True, slots=True)
class BuiltRound:
    """A round in the store, with its plain ways in."""

    round_id: int
    key: str
    ways: WaysIn
    shares: tuple[str, ...] = ()
    """Of a sealed round's key; in a demonstration nobody keeps them."""


def begin(
    services: Services,
    ratees: Sequence[RateeRow],
    rater_classes: Iterable[str],
    roster: Sequence[RosterRow],
    facts: Mapping[str, Any],
) -> None:
    """Mark the store as a demonstration, then fill in the register."""
    names = rater_class_names()
    with services.database.write() as session:
        record.append(session, OPERATOR, BEGIN, **facts)
        store_register(
            session,
            Register(
                ratees=tuple(ratees),
                rater_classes=tuple(ClassRow(key, names[key]) for key in rater_classes),
                roster=tuple(roster),
            ),
        )


def make_closed_round(services: Services, city: City) -> BuiltRound:
    """The year's round: a poster a unit and class, service cards, codes by roster. Open."""
    spec = RoundSpec(
        title=f"{CITY}{YEAR}年度绩效评估社会评议（{SIMULATED}）",
        organiser=ORGANISER,
        phone=PHONE,
        scheme_toml=city.spec.scheme_toml,
        bindings=tuple(city.bindings()),
        target_per_ratee=city.spec.rows // len(city.inputs.ratees),
        is_simulated=True,
        period=str(YEAR),
        is_sealed=True,
    )
    round_id = service.create_round(services.database, services.keys, OPERATOR, CLOSED_ROUND, spec)
    used: Counter[Way] = Counter(
        one.way for one in city.plan.forms if one.label in ("honest", "card_farm")
    )
    posters: dict[Way, str] = {}
    cards: dict[Way, deque[IssuedCard]] = {}
    for kind in KINDS:
        if kind.way == "poster":
            posters |= make_posters(services, round_id, kind, city.inputs.ratees)
        elif kind.way == "card":
            wanted = {way: n for way, n in used.items() if way[0] == kind.key}
            cards |= make_service_cards(services, round_id, kind, city.inputs.ratees, wanted)
        else:
            cards |= make_roster_cards(services, round_id, kind)
    shares = simulated_ceremony(services, round_id)
    service.freeze(services.database, OPERATOR, round_id)
    service.open_round(services.database, OPERATOR, round_id)
    return BuiltRound(round_id, CLOSED_ROUND, WaysIn(posters, cards), shares)


def simulated_ceremony(services: Services, round_id: int) -> tuple[str, ...]:
    """The key ceremony of a sealed round without people; the three shares."""
    folder = services.settings.keys_dir
    shares = hold_at_once(services.database, folder, OPERATOR, round_id, HOLDERS)
    return tuple(one.text for one in shares)


def open_ballots(services: Services, built: BuiltRound) -> None:
    """Open a closed sealed round with two of its shares."""
    folder, two = services.settings.keys_dir, built.shares[:NEEDED]
    unseal(services.database, services.rounds, folder, OPERATOR, built.round_id, two)


def make_open_round(services: Services, city: City) -> BuiltRound:
    """Next year's round, open now: short forms, posters, some service cards, delegates' codes."""
    spec = RoundSpec(
        title=f"{CITY}{YEAR + 1}年度绩效评估社会评议（{SIMULATED}）",
        organiser=ORGANISER,
        phone=PHONE,
        scheme_toml=city.spec.scheme_toml,
        bindings=tuple(city.bindings(is_short=True)),
        target_per_ratee=city.spec.rows // len(city.inputs.ratees),
        close_at=clock.now() + timedelta(days=60),
        is_simulated=True,
        period=str(YEAR + 1),
    )
    round_id = service.create_round(services.database, services.keys, OPERATOR, OPEN_ROUND, spec)
    by_key = {kind.key: kind for kind in KINDS}
    few: dict[Way, int]
    posters = make_posters(services, round_id, by_key["citizen"], city.inputs.ratees)
    cards: dict[Way, deque[IssuedCard]] = {}
    for key in ("service_user", "village"):
        kind = by_key[key]
        few = {(key, (row.key,), ""): 10 for row in city.inputs.ratees[4:8]}
        cards |= make_service_cards(services, round_id, kind, city.inputs.ratees, few)
    for key in ("delegate_city", "cppcc_city", "leader_city"):
        cards |= make_roster_cards(services, round_id, by_key[key])
    service.freeze(services.database, OPERATOR, round_id)
    service.open_round(services.database, OPERATOR, round_id)
    return BuiltRound(round_id, OPEN_ROUND, WaysIn(posters, cards))


def hand_in_all(
    services: Services, built: BuiltRound, forms: Sequence[Filled], teller: Teller
) -> Desk:
    """Hand in the forms of an open round as the simulated week goes by."""
    desk = desk_of(services, built)
    teller.track(desk.hand_in(forms), len(forms))
    return desk


def desk_of(services: Services, built: BuiltRound) -> Desk:
    """The reception of an open round."""
    return Desk(services, services.rounds.get(built.round_id), built.ways, MIDNIGHT)
