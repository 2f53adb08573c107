"""The ways into a simulated round: posters, cards given with a service, codes by roster."""

from collections import deque
from collections.abc import Mapping, Sequence

from analysis.inputs import RateeRow
from survey_app.core.services import Services
from survey_app.demo.desk import Way
from survey_app.demo.raters import RaterKind
from survey_app.register.names import rater_class_names
from survey_app.rounds import entrances
from survey_app.rounds.entrances import BatchSpec, IssuedBatch, IssuedCard, LinkSpec

OPERATOR = "demo"
SPARE_CARDS = 0.15


def link_name(ratee: str, kind: RaterKind) -> str:
    """What a poster's link is called in lists and in sealed files."""
    return f"{ratee}（{rater_class_names()[kind.key]}）"


def make_posters(
    services: Services, round_id: int, kind: RaterKind, ratees: Sequence[RateeRow]
) -> dict[Way, str]:
    """A poster for each of these ratees: its way → its token."""
    specs = [
        LinkSpec(link_name(row.name, kind), kind.key, kind.channel, (row.key,)) for row in ratees
    ]
    links = entrances.add_links(services.database, OPERATOR, round_id, specs)
    return {(kind.key, tuple(link.scope), ""): link.token for link in links}


def make_service_cards(
    services: Services,
    round_id: int,
    kind: RaterKind,
    ratees: Sequence[RateeRow],
    wanted: Mapping[Way, int],
) -> dict[Way, deque[IssuedCard]]:
    """Numbered cards handed out with a service: more than come back."""
    names = {row.key: row.name for row in ratees}
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


def make_roster_cards(
    services: Services, round_id: int, kind: RaterKind
) -> dict[Way, deque[IssuedCard]]:
    """A code for everybody on the roster of this class."""
    issued: Sequence[IssuedBatch] = entrances.issue_from_roster(
        services.database, services.keys, OPERATOR, round_id, kind.key, kind.channel
    )
    return {(kind.key, tuple(one.spec.scope), one.spec.stratum): deque(one.cards) for one in issued}
