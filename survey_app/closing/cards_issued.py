"""The cards of a round as the log knows them: kept at sealing, before the round's key is gone.

Lists are sorted, so nothing leads from a place in one to a card.
"""

import json
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import canonical_json
from survey_app.record.tables import LogLeaf
from survey_app.rounds import log_opening
from survey_app.rounds.tables import Batch, Card

NULLIFIERS = "nullifiers.json"

Issued = dict[int, list[bytes]]


def write_nullifiers(session: Session, round_id: int, folder: Path) -> None:
    """Keep them beside the sealed files, where the round's key is still there."""
    if log_opening.has_key(session, round_id):
        listed = issued_nullifiers(session, round_id)
        content = {str(batch): [one.hex() for one in cards] for batch, cards in listed.items()}
        (folder / NULLIFIERS).write_bytes(canonical_json(content))


def kept_nullifiers(folder: Path) -> Issued | None:
    """What was kept at sealing; None where nothing was."""
    try:
        stored = json.loads((folder / NULLIFIERS).read_bytes())
    except FileNotFoundError:
        return None
    return {int(batch): [bytes.fromhex(card) for card in cards] for batch, cards in stored.items()}


def issued_nullifiers(session: Session, round_id: int) -> Issued:
    """Batch → the nullifiers its issuance committed to.

    Those are all of the batch but the ones made for lost cards, and but the ones that were void
    before the log began: nobody replaced them in it.
    """
    void, new = _reissued(session, round_id)
    issued: Issued = {}
    for batch_id in session.scalars(select(Batch.id).where(Batch.round_id == round_id)).all():
        cards = session.execute(select(Card.id, Card.is_void).where(Card.batch_id == batch_id))
        told = [
            (log_opening.nullifier(session, round_id, card_id), is_void)
            for card_id, is_void in cards
        ]
        issued[batch_id] = sorted(
            one for one, is_void in told if one not in new and (one in void or not is_void)
        )
    return issued


def _reissued(session: Session, round_id: int) -> tuple[set[bytes], set[bytes]]:
    """Cards that died and cards that were made in their place since the log began."""
    bodies = session.scalars(
        select(LogLeaf.body).where(LogLeaf.round_id == round_id, LogLeaf.subject.is_(None))
    )
    leaves = [leaf for leaf in map(json.loads, bodies) if leaf["type"] == "reissue"]
    return (
        {bytes.fromhex(leaf["void"]) for leaf in leaves},
        {bytes.fromhex(leaf["new"]) for leaf in leaves},
    )
