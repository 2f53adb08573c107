"""A small round for tests, made through the same services an operator uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from forms.decoder import decode
from survey_app.ballots.accept import Submission
from survey_app.ballots.entrance import Entrance, card_entrance, open_entrance
from survey_app.ballots.nonce import Nonce, NonceMaker
from survey_app.ballots.service import submission
from survey_app.closing import ceremony
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.register.tables import Ratee, RaterClass, RosterEntry
from survey_app.rounds import entrances, log_opening, service
from survey_app.rounds.entrances import BatchSpec, IssuedCard, LinkSpec
from survey_app.rounds.frozen import FrozenRounds
from survey_app.rounds.keys import KeyStore

OPERATOR = "tester"
SCHEME = """
key = "test"
version = "1"
title = "测试方案"
missing = "redistribute"

[rater_class]
citizen = "市民"
delegate = "人大代表"

[ratee_class]
unit = "市直单位"

[[component]]
key = "public"
name = "公众评议"
weight = "100"
source = "questionnaire"
questionnaires = ["unit.short", "delegate-unit.short"]
rater_classes = { citizen = "60", delegate = "40" }
min_n = 1
"""
BINDINGS = (
    {
        "rater_class": "citizen",
        "ratee_class": "unit",
        "questionnaire": "unit",
        "short": True,
    },
    {
        "rater_class": "delegate",
        "ratee_class": "unit",
        "questionnaire": "delegate-unit",
        "short": True,
    },
)


@dataclass
class World:
    """A store with a register of `units` units and one round."""

    database: Database
    keys: KeyStore
    rounds: FrozenRounds
    nonces: NonceMaker
    round_id: int
    links: Mapping[str, str] = field(default_factory=dict)
    """Unit key → token of its poster."""
    cards: Sequence[IssuedCard] = ()
    shares: Sequence[str] = ()
    """What the three key holders of a sealed round have on paper."""

    def at_link(self, unit: str = "u1") -> Entrance:
        return open_entrance(self.database, self.rounds, self.links[unit], clock.now())

    def at_card(self, text: str) -> Entrance:
        return card_entrance(self.database, self.rounds, self.keys, text, clock.now())

    def nonce(self) -> Nonce:
        return self.nonces.read(self.nonces.make(self.round_id), self.round_id)

    def ballot(
        self,
        entrance: Entrance,
        nonce: Nonce | None = None,
        option: str = "satisfied",
        device: str | None = None,
        comment: str = "",
    ) -> Submission:
        """A form filled in with one option throughout, decoded as a request would."""
        decoded = decode(filled(entrance, option, comment), entrance.sheet)
        assert not decoded.errors, decoded.errors
        return submission(entrance, nonce or self.nonce(), decoded.answers, self.keys, device)


def filled(entrance: Entrance, option: str, comment: str = "") -> list[tuple[str, str]]:
    """The fields of a form on which every question that offers the option has it chosen."""
    pairs = []
    for asked in entrance.sheet.fields.values():
        if asked.kind == "single":
            value = option if option in asked.numbers else next(iter(asked.numbers))
            pairs.append((asked.name, value))
        elif asked.kind == "text" and comment:
            pairs.append((asked.name, comment))
    return pairs


def make_world(
    database: Database,
    home: Path,
    *,
    units: int = 3,
    cards: int = 0,
    state: str = "open",
    close_at: datetime | None = None,
    unit_name: str = "市{n}局",
    is_sealed: bool = False,
    keep_days: int = 30,
) -> World:
    """Register, round, a poster a unit and a batch of delegates' cards, in the wanted state."""
    keys = KeyStore(home / "keys")
    log_opening.keep(database, keys, home / "log-heads")
    fill_register(database, units, unit_name)
    spec = service.RoundSpec(
        "测试轮次",
        "市绩效办",
        "12345",
        SCHEME,
        BINDINGS,
        close_at=close_at,
        is_simulated=True,
        is_sealed=is_sealed,
        keep_days=keep_days,
    )
    round_id = service.create_round(database, keys, OPERATOR, "test-round", spec)
    world = World(database, keys, FrozenRounds(database), NonceMaker(b"n" * 32), round_id)
    links = entrances.add_links(
        database,
        OPERATOR,
        round_id,
        [LinkSpec(f"海报{n}", "citizen", "online", (f"u{n}",)) for n in range(1, units + 1)],
    )
    world.links = {link.scope[0]: link.token for link in links}
    if cards:
        batch = BatchSpec("代表", "delegate", "assembly", cards)
        world.cards = entrances.issue_cards(database, keys, OPERATOR, round_id, batch).cards
    if is_sealed and state in ("frozen", "open"):
        world.shares = hold_ceremony(database, keys.folder, round_id)
    if state == "testing":
        service.start_test(database, OPERATOR, round_id)
    if state in ("frozen", "open"):
        service.freeze(database, OPERATOR, round_id)
    if state == "open":
        service.open_round(database, OPERATOR, round_id)
    return world


def hold_ceremony(database: Database, folder: Path, round_id: int) -> list[str]:
    """The whole key ceremony; gives the three shares as printed."""
    names = ["赵一", "钱二", "孙三"]
    shares = ceremony.hold_at_once(database, folder, OPERATOR, round_id, names)
    return [one.printed for one in shares]


def fill_register(database: Database, units: int, unit_name: str = "市{n}局") -> None:
    with database.write() as session:
        session.add_all(
            Ratee(
                key=f"u{n}",
                name=unit_name.format(n=n),
                ratee_class="unit",
                group=f"第{1 + n % 2}组",
                kind="unit",
                position=n,
            )
            for n in range(1, units + 1)
        )
        session.add_all(
            [
                RaterClass(key="citizen", name="市民", position=1),
                RaterClass(key="delegate", name="人大代表", position=2),
            ]
        )
        session.flush()
        session.add_all(
            RosterEntry(rater_class="delegate", label=f"人员{n:04d}", stratum="", scope=[])
            for n in range(1, 7)
        )
