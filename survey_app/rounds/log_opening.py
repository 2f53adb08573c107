"""What a round's log says of its beginning: what was frozen, and how many cards were issued.

A card stands in the log as its nullifier, a keyed hash that tells nothing of its codes. Each
batch commits to all of its nullifiers before the first ballot, so a card made up later shows.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.round_log.leaves import batch_root
from survey_app.core.database import Database
from survey_app.record import round_log
from survey_app.record.notary import Notary
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.tables import Batch, Card, Round

KEYS = "keys"


def keep(database: Database, keys: KeyStore, heads: Path, base_url: str | None = None) -> None:
    """Let the rounds of this store have logs: keys for nullifiers, and a notary beside them."""
    database.info[KEYS] = keys
    round_log.attach(database, Notary(keys.folder, heads, base_url))


def begin(session: Session, row: Round, _at: datetime) -> None:
    """Leaf 0 and a leaf for every batch of cards there is, within the opening's transaction."""
    if round_log.has_begun(session, row.id):
        return
    round_log.begin(session, row.id, row.key, json.loads(row.frozen_config or "{}"))
    batches = select(Batch).where(Batch.round_id == row.id).order_by(Batch.id)
    for batch in session.scalars(batches).all():
        add_issuance(session, batch)


def add_issuance(session: Session, batch: Batch) -> None:
    """How many cards a batch has, and the root over their nullifiers; nothing before opening."""
    if not round_log.has_begun(session, batch.round_id):
        return
    cards = session.scalars(select(Card.id).where(Card.batch_id == batch.id, ~Card.is_void))
    nullifiers = [nullifier(session, batch.round_id, card_id) for card_id in cards]
    round_log.add(
        session,
        batch.round_id,
        {
            "type": "issuance",
            "batch": batch.id,
            "rater_class": batch.rater_class,
            "evidence": batch.evidence,
            "issued": len(nullifiers),
            "root": batch_root(nullifiers).hex(),
        },
    )


def add_reissue(session: Session, batch: Batch, void: bytes, new: bytes) -> None:
    """One card of a batch dead, another in its place."""
    if not round_log.has_begun(session, batch.round_id):
        return
    round_log.add(
        session,
        batch.round_id,
        {
            "type": "reissue",
            "batch": batch.id,
            "void": nullifier(session, batch.round_id, void).hex(),
            "new": nullifier(session, batch.round_id, new).hex(),
        },
    )


def nullifier(session: Session, round_id: int, card_id: bytes) -> bytes:
    """What stands for a card in the log."""
    return cast(KeyStore, session.info[KEYS]).hash(round_id, "nullifier", card_id)


def has_key(session: Session, round_id: int) -> bool:
    """Whether nullifiers of this round can be told."""
    return cast(KeyStore, session.info[KEYS]).has(round_id)
