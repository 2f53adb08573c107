"""A round as frozen: the one document that raters see and results use.

`config_of` makes it, `FrozenRound` reads it. Its canonical JSON is stored with the round and its
digest is quoted by every result; later it is leaf 0 of the round's log.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy.orm import Session

from forms.questionnaire import Questionnaire
from forms.sheet import Sheet
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.rounds.tables import Round

FORMAT = "round-config/1"


@dataclass(frozen=True, slots=True)
class FrozenRatee:
    """A ratee with the number that stands for it in forms and ballots of this round."""

    number: int
    key: str
    name: str
    ratee_class: str
    group: str
    kind: Literal["unit", "person"] = "unit"
    parent: str = ""
    """Key or name of the unit a person belongs to; it need not be a ratee of this round."""
    pool: str = ""


@dataclass(frozen=True, slots=True)
class FrozenRound:
    """What cannot change any more. Digest and content are from the stored document."""

    id: int
    digest: str
    key: str
    title: str
    organiser: str
    phone: str
    is_simulated: bool
    target_per_ratee: int
    scheme: Mapping[str, Any]
    questionnaires: Mapping[str, Questionnaire]
    bindings: Mapping[tuple[str, str], str]
    """(rater class, ratee class) → questionnaire key."""
    ratees: tuple[FrozenRatee, ...]
    rater_classes: Mapping[str, str]
    """Key → name, in the order of the register."""
    expected: Mapping[str, int]
    """Rater class → number on the roster; classes without a roster are absent."""
    period: str = ""
    """What the round evaluates, see analysis.periods; "" where nobody said."""
    public_key: bytes | None = None
    """What the answers of a sealed round are encrypted to; None in a plain round and in tests."""
    _sheets: dict[tuple[str, tuple[str, ...]], Sheet] = field(default_factory=dict, compare=False)

    def sheet(self, rater_class: str, scope: Sequence[str]) -> Sheet:
        """The form of a rater: the ratees in scope (all when empty) with their questionnaires.

        Ratees without a questionnaire for this rater class are not on the form. Raises
        NotFoundError where none is left.
        """
        key = (rater_class, tuple(scope))
        if key not in self._sheets:
            asked = [
                (ratee.number, self.questionnaires[self.bindings[rater_class, ratee.ratee_class]])
                for ratee in self.ratees
                if (not scope or ratee.key in scope)
                and (rater_class, ratee.ratee_class) in self.bindings
            ]
            if not asked:
                raise NotFoundError
            self._sheets[key] = Sheet.prepare(asked)
        return self._sheets[key]

    def widths(self, rater_class: str) -> dict[int, int]:
        """Ratee number → coded items of the questionnaire this rater class fills in about it."""
        return {row.ratee: row.width for row in self.sheet(rater_class, ()).rows}

    def ratee(self, number: int) -> FrozenRatee:
        """The ratee with this number; NotFoundError where there is none."""
        if not 0 < number <= len(self.ratees):
            raise NotFoundError
        return self.ratees[number - 1]


def read_config(round_id: int, digest: str, content: str) -> FrozenRound:
    """A stored document as an object."""
    config = json.loads(content)
    return FrozenRound(
        id=round_id,
        digest=digest,
        key=config["round"],
        title=config["title"],
        organiser=config["organiser"],
        phone=config["phone"],
        is_simulated=config["simulated"],
        target_per_ratee=config["target_per_ratee"],
        scheme=config["scheme"],
        questionnaires={
            key: Questionnaire.from_json(value) for key, value in config["questionnaires"].items()
        },
        bindings={
            (one["rater_class"], one["ratee_class"]): one["questionnaire"]
            for one in config["bindings"]
        },
        ratees=tuple(FrozenRatee(**one) for one in config["ratees"]),
        rater_classes={one["key"]: one["name"] for one in config["rater_classes"]},
        expected=config["expected"],
        period=config.get("period", ""),
        public_key=base64.b64decode(config["public_key"]) if config.get("sealed") else None,
    )


class FrozenRounds:
    """The frozen rounds this process has read. A document never changes under its digest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, FrozenRound] = {}

    def of(self, row: Round) -> FrozenRound:
        """The frozen form of a round that is past its draft.

        Raises:
            NotFoundError: the round is still a draft, so nobody may see its form.
        """
        if row.frozen_config is None or row.config_digest is None:
            raise NotFoundError
        known = self._known.get(row.config_digest)
        if known is None or known.id != row.id:
            known = read_config(row.id, row.config_digest, row.frozen_config)
            self._known[row.config_digest] = known
        return known

    def get(self, round_id: int, digest: str | None = None) -> FrozenRound:
        """The same by id; without a look into the store where the digest is known here."""
        known = self._known.get(digest) if digest else None
        if known is not None and known.id == round_id:
            return known
        with self._database.read() as session:
            return self.of(load_round(session, round_id))


def load_round(session: Session, round_id: int) -> Round:
    """The stored round; NotFoundError where there is none."""
    row = session.get(Round, round_id)
    if row is None:
        raise NotFoundError
    return row


def hold_round(session: Session, round_id: int) -> Round:
    """The stored round as it is now, held against other operators' acts until the commit.

    Two acts at once would both find the state they need. PostgreSQL locks the row, which neither
    readers nor ballots wait for; SQLite has one writer at a time. NotFoundError as above.
    """
    row = session.get(Round, round_id, with_for_update={"key_share": True})
    if row is None:
        raise NotFoundError
    return row
