"""What tests of a round's log look at: its leaves, its heads, and how to send ballots."""

import os
from typing import Any

from sqlalchemy import delete, select, text

from analysis.round_log.leaves import read_leaf
from survey_app.ballots.accept import accept_many
from survey_app.core import clock
from survey_app.record import service as record
from survey_app.record.tables import LogCheckpoint, LogLeaf
from tests.rounds import OPERATOR, World


def leaves(world: World) -> list[dict[str, Any]]:
    return [read_leaf(body) for body in bodies(world)]


def bodies(world: World) -> list[bytes]:
    with world.database.read() as session:
        return list(session.scalars(select(LogLeaf.body).order_by(LogLeaf.place)))


def types(world: World) -> list[str]:
    return [one["type"] for one in leaves(world)]


def heads(world: World) -> list[LogCheckpoint]:
    with world.database.read() as session:
        return list(session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size)))


def send(world: World, n: int, cards: int = 0) -> list[str]:
    ballots = [world.ballot(world.at_link()) for _ in range(n)]
    ballots += [world.ballot(world.at_card(one.qr_code)) for one in world.cards[:cards]]
    outcomes = accept_many(world.database, world.keys, ballots, at=clock.now())
    return [one.receipt for one in outcomes if one.receipt]


def rest(world: World) -> None:
    """Make the last signed head two minutes old."""
    (head,) = (world.keys.folder.parent / "log-heads").glob("*.note")
    at = head.stat().st_mtime - 120
    os.utime(head, (at, at))


def roll_back(world: World, n: int, *, is_other: bool = False) -> None:
    """Put the store's log back to `n` leaves, as an older backup would.

    `is_other` lets as many leaves follow as there were and more, of another course.
    """
    longest = len(bodies(world))
    with world.database.write_rows() as connection:
        without_triggers(connection)
        connection.execute(delete(LogCheckpoint).where(LogCheckpoint.size > n))
        connection.execute(delete(LogLeaf).where(LogLeaf.place >= n))
    if is_other:
        with world.database.write() as session:
            for number in range(longest):
                record.append(session, OPERATOR, "round.other", round_id=world.round_id, n=number)


def without_triggers(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        for table in ("log_leaf", "log_checkpoint"):
            for act in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER {table}_no_{act}"))
    else:
        connection.execute(text("ALTER TABLE log_leaf DISABLE TRIGGER USER"))
        connection.execute(text("ALTER TABLE log_checkpoint DISABLE TRIGGER USER"))
