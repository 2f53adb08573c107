"""Save and come back: a form half filled in, readable only with the card's code.

A draft is encrypted under the card's draft key and dies in the transaction that accepts the
card's ballot.
"""

import json
import os
import zlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text

from survey_app.ballots.entrance import Entrance
from survey_app.ballots.tables import Admission, Draft
from survey_app.core.database import Database

NONCE_BYTES = 12
PAD_TO = 1024


def save(database: Database, entrance: Entrance, fields: Mapping[str, str]) -> bool:
    """Keep the fields of a form for later; False when the card has been used meanwhile."""
    assert entrance.card_id is not None
    assert entrance.draft_key is not None
    nonce = os.urandom(NONCE_BYTES)
    content = nonce + AESGCM(entrance.draft_key).encrypt(nonce, _pad(fields), entrance.card_id)
    with database.write() as session:
        # Alone, or a ballot accepted in the same moment would leave its draft behind.
        database.lock_round(session, entrance.round.id, is_exclusive=True)
        if session.get(Admission, entrance.card_id) is not None:
            return False
        session.execute(
            text(
                "INSERT INTO draft (card_id, round_id, content) VALUES (:card, :round, :content) "
                "ON CONFLICT (card_id) DO UPDATE SET content = excluded.content"
            ),
            {"card": entrance.card_id, "round": entrance.round.id, "content": content},
        )
    return True


def load(database: Database, entrance: Entrance) -> dict[str, str]:
    """The fields saved under this card, or none."""
    assert entrance.card_id is not None
    assert entrance.draft_key is not None
    with database.read() as session:
        draft = session.get(Draft, entrance.card_id)
    if draft is None:
        return {}
    nonce, content = draft.content[:NONCE_BYTES], draft.content[NONCE_BYTES:]
    plain = AESGCM(entrance.draft_key).decrypt(nonce, content, entrance.card_id)
    return dict(json.loads(zlib.decompress(plain.rstrip(b"\0")[:-1])))


def _pad(fields: Mapping[str, str]) -> bytes:
    """Compressed and filled up to whole kilobytes, so that its length says little."""
    content = zlib.compress(json.dumps(dict(fields), ensure_ascii=False).encode()) + b"\1"
    return content.ljust(-(-len(content) // PAD_TO) * PAD_TO, b"\0")
