"""The whole product with something in every room, made of texts that would harm if they could."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.complaints import service as complaints
from survey_app.complaints.service import ComplaintSpec
from survey_app.core.access import ROLE_NAMES, SCOPED_ROLES
from survey_app.core.config import Settings
from survey_app.core.database import Base, Database
from survey_app.core.services import Services
from survey_app.rounds import entrances, service
from survey_app.rounds.entrances import BatchSpec, LinkSpec
from tests.appraising import open_period
from tests.assessed import assessed_world
from tests.rounds import BINDINGS, OPERATOR, SCHEME, World
from tests.stores import new_sqlite
from tests.supervising import NEEDED, file
from tests.web.desk import PASSWORD, make_app

MARKUP = "<script>alert(1)</script>{{7*7}}"
FORMULA = "=HYPERLINK(1,{n})"
ROLES = tuple(ROLE_NAMES)
KEEPS_TIME = {("operator_session", "seen_at")}
"""Where reading leaves a mark, and may: when a session was last used."""
NOTES_RELEASES = {"release", "record_entry", "log_leaf", "log_checkpoint"}


@dataclass
class Product:
    """An application, and the ways into the round that is open."""

    app: Flask
    world: World
    poster: str
    codes: list[str]

    @property
    def held(self) -> Services:
        held: Services = self.app.extensions["survey"]
        return held


def make_product(home: Path, base_url: str | None = None) -> Product:
    """A sealed and assessed round, an open one, records, an appraisal, a complaint, each role."""
    settings = Settings(
        home=home,
        database_url=new_sqlite(home / "survey.db"),
        secret_key=b"a secret for tests only, 32 bytes",
        is_production=False,
        base_url=base_url,
    )
    app = make_app(settings)
    held: Services = app.extensions["survey"]
    world = assessed_world(held.database, held.settings, FORMULA)
    for role in ROLES:
        if role not in ("admin", "clerk", "viewer"):
            scope = "u1" if role in SCOPED_ROLES else ""
            try_spec = OperatorSpec(role, f"{role}{MARKUP}", role, scope)
            _make_operator(held, try_spec)
    poster, codes = _open_round(world)
    for kind in NEEDED:
        file(held.database, kind, "u1", content=MARKUP)
    open_period(held.database)
    spec = ComplaintSpec(topic="service", content=f"={MARKUP}", ratee="u1", contact="=1+1")
    complaints.take(held.database, spec, "A" * 16)
    return Product(app, world, poster, codes)


def _make_operator(held: Services, spec: OperatorSpec) -> None:
    with held.database.read() as session:
        table = Base.metadata.tables["operator"]
        if session.execute(select(table.c.id).where(table.c.login == spec.login)).first():
            return
    create_operator(held.database, held.settings, "tests", spec, PASSWORD)


def _open_round(world: World) -> tuple[str, list[str]]:
    """A second round on the same register, open; its poster and the codes of its cards."""
    spec = service.RoundSpec("=第二轮", "=市绩效办", "12345", SCHEME, BINDINGS, is_simulated=True)
    database, keys = world.database, world.keys
    round_id = service.create_round(database, keys, OPERATOR, "second", spec)
    link = LinkSpec("=海报", "citizen", "online", ("u1", "u2"))
    (poster,) = entrances.add_links(database, OPERATOR, round_id, [link])
    batch = BatchSpec("=代表", "delegate", "assembly", 4)
    cards = entrances.issue_cards(database, keys, OPERATOR, round_id, batch).cards
    service.freeze(database, OPERATOR, round_id)
    service.open_round(database, OPERATOR, round_id)
    return poster.token, [card.qr_code for card in cards]


def rows_of(database: Database) -> dict[str, list[str]]:
    """Every row of every table, but for the moment a session was last used."""
    found = {}
    with database.read() as session:
        for table in Base.metadata.tables.values():
            columns = [one for one in table.c if (table.name, one.name) not in KEEPS_TIME]
            found[table.name] = sorted(map(repr, session.execute(select(*columns))))
    return found


def fingerprint(database: Database) -> str:
    """A digest of all of them."""
    return hashlib.sha256(repr(sorted(rows_of(database).items())).encode()).hexdigest()


def written_by_reading(
    before: dict[str, list[str]], after: dict[str, list[str]]
) -> dict[str, list[str]]:
    """What reading has left, by table; that a table of results left the house is written down."""
    changed = {name: sorted(set(after[name]) ^ set(before[name])) for name in after}
    acts = changed.get("record_entry", [])
    if acts and all("'release.entered'" in one for one in acts):
        changed = {name: rows for name, rows in changed.items() if name not in NOTES_RELEASES}
    return {name: rows for name, rows in changed.items() if rows}
