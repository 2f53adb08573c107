"""Building a city in the store, through the services an operator and a rater use."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from survey_app.core import clock
from survey_app.core.services import Services
from survey_app.demo.ballot_plan import Filled
from survey_app.demo.city import CITY, KINDS, ORGANISER, PHONE, SIMULATED, RaterKind
from survey_app.demo.city_plan import City
from survey_app.demo.desk import Desk, Way, WaysIn
from survey_app.demo.ledgers import YEAR
from survey_app.record import service as record
from survey_app.register.names import rater_class_names
from survey_app.register.reading import ClassRow, Register
from survey_app.register.service import store_register
from survey_app.rounds import entrances, service
from survey_app.rounds.entrances import BatchSpec, IssuedBatch, IssuedCard, LinkSpec
from survey_app.rounds.service import RoundSpec

OPERATOR = "demo"
BEGIN = "demo.begin"
CLOSED_ROUND, OPEN_ROUND = f"{YEAR}-annual", f"{YEAR + 1}-annual"
# The first midnight of the simulated week, in the city; fixed, so that a seed is a city.
MIDNIGHT = datetime(YEAR, 10, 18, 16, tzinfo=UTC)
SPARE_CARDS = 0.15


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


def begin(services: Services, city: City) -> None:
    """Mark the store as a demonstration, then fill in the register."""
    names = rater_class_names()
    with services.database.write() as session:
        record.append(session, OPERATOR, BEGIN, seed=city.spec.seed, rows=city.spec.rows)
        store_register(
            session,
            Register(
                ratees=city.inputs.ratees,
                rater_classes=tuple(ClassRow(kind.key, names[kind.key]) for kind in KINDS),
                roster=city.roster,
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
    )
    round_id = service.create_round(services.database, services.keys, OPERATOR, CLOSED_ROUND, spec)
    used: Counter[Way] = Counter(
        one.way for one in city.plan.forms if one.label in ("honest", "card_farm")
    )
    posters: dict[Way, str] = {}
    cards: dict[Way, deque[IssuedCard]] = {}
    for kind in KINDS:
        if kind.way == "poster":
            posters |= _posters(services, city, round_id, kind)
        elif kind.way == "card":
            wanted = {way: n for way, n in used.items() if way[0] == kind.key}
            cards |= _service_cards(services, city, round_id, kind, wanted)
        else:
            cards |= _roster_cards(services, round_id, kind)
    service.freeze(services.database, OPERATOR, round_id)
    service.open_round(services.database, OPERATOR, round_id)
    return BuiltRound(round_id, CLOSED_ROUND, WaysIn(posters, cards))


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
    )
    round_id = service.create_round(services.database, services.keys, OPERATOR, OPEN_ROUND, spec)
    by_key = {kind.key: kind for kind in KINDS}
    few: dict[Way, int]
    posters = _posters(services, city, round_id, by_key["citizen"])
    cards: dict[Way, deque[IssuedCard]] = {}
    for key in ("service_user", "village"):
        kind = by_key[key]
        few = {(key, (row.key,), ""): 10 for row in city.inputs.ratees[4:8]}
        cards |= _service_cards(services, city, round_id, kind, few)
    for key in ("delegate_city", "cppcc_city", "leader_city"):
        cards |= _roster_cards(services, round_id, by_key[key])
    service.freeze(services.database, OPERATOR, round_id)
    service.open_round(services.database, OPERATOR, round_id)
    return BuiltRound(round_id, OPEN_ROUND, WaysIn(posters, cards))


def link_name(ratee: str, kind: RaterKind) -> str:
    """What a poster's link is called in lists and in sealed files."""
    return f"{ratee}（{rater_class_names()[kind.key]}）"


def _posters(services: Services, city: City, round_id: int, kind: RaterKind) -> dict[Way, str]:
    specs = [
        LinkSpec(link_name(row.name, kind), kind.key, kind.channel, (row.key,))
        for row in city.inputs.ratees
    ]
    links = entrances.add_links(services.database, OPERATOR, round_id, specs)
    return {(kind.key, tuple(link.scope), ""): link.token for link in links}


def _service_cards(
    services: Services, city: City, round_id: int, kind: RaterKind, wanted: dict[Way, int]
) -> dict[Way, deque[IssuedCard]]:
    """Numbered cards handed out with a service: more than come back."""
    names = {row.key: row.name for row in city.inputs.ratees}
    made = {}
    for way, n in wanted.items():
        spec = BatchSpec(
            name=f"{names[way[1][0]]}（{rater_class_names()[kind.key]}）",
            rater_class=kind.key,
            channel=kind.channel,
            count=n + max(2, round(SPARE_CARDS * n)),
            evidence="card",
            scope=way[1],
        )
        issued = entrances.issue_cards(services.database, services.keys, OPERATOR, round_id, spec)
        made[way] = deque(issued.cards)
    return made


def _roster_cards(
    services: Services, round_id: int, kind: RaterKind
) -> dict[Way, deque[IssuedCard]]:
    """A code for everybody on the roster of this class."""
    issued: Sequence[IssuedBatch] = entrances.issue_from_roster(
        services.database, services.keys, OPERATOR, round_id, kind.key, kind.channel
    )
    return {(kind.key, tuple(one.spec.scope), one.spec.stratum): deque(one.cards) for one in issued}


def hand_in_all(
    services: Services, built: BuiltRound, forms: Sequence[Filled], teller: Teller
) -> Desk:
    """Hand in the forms of an open round as the simulated week goes by."""
    desk = Desk(services, services.rounds.get(built.round_id), built.ways, MIDNIGHT)
    teller.track(desk.hand_in(forms), len(forms))
    return desk
