"""Handing forms in: each takes the way a request takes, from the fields of a page to the store.

The nonce is made and read, the entrance is found by its link or code, the fields are decoded from
text, and `accept_many` decides. Only the time on the clock is simulated.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import select

from forms.decoder import decode
from forms.sheet import SKIP_VALUE, SheetField, SheetRow
from survey_app.ballots.accept import Submission, accept_many
from survey_app.ballots.entrance import Entrance, card_entrance, open_entrance
from survey_app.ballots.nonce import BadNonceError, Nonce
from survey_app.ballots.service import submission
from survey_app.core.services import Services
from survey_app.demo.ballot_plan import Filled
from survey_app.rounds.codes import read_code
from survey_app.rounds.entrances import IssuedCard
from survey_app.rounds.frozen import FrozenRound
from survey_app.rounds.tables import Batch, Card

TEN_MINUTES = timedelta(minutes=10)
Way = tuple[str, tuple[str, ...], str]

EXPECTED: Mapping[str, str] = {
    "replayed": "replayed",
    "code_used": "code_used",
    "after_close": "closed",
    "incomplete": "incomplete",
    "forged": "forged",
}
"""What becomes of a form by its label; every other label is accepted."""


@dataclass(frozen=True, slots=True)
class WaysIn:
    """The plain ways into a round, as printed: a poster's token, or cards not yet given out."""

    posters: Mapping[Way, str]
    cards: Mapping[Way, deque[IssuedCard]]


@dataclass(slots=True)
class _Held:
    """What a rater holds: the page's nonce and, where there is one, the card's code."""

    nonce: str
    code: str | None


@dataclass(slots=True)
class Desk:
    """One round's reception of simulated forms. `outcomes` counts by (label, outcome)."""

    services: Services
    frozen: FrozenRound
    ways: WaysIn
    midnight: datetime
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    _held: dict[int, _Held] = field(default_factory=dict)
    _posters: dict[str, Entrance] = field(default_factory=dict)
    _cards: dict[bytes, tuple[bytes, int]] = field(default_factory=dict)
    _batches: dict[int, Entrance] = field(default_factory=dict)
    _numbers: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self._numbers = {ratee.number: ratee.key for ratee in self.frozen.ratees}

    def hand_in(self, forms: Sequence[Filled]) -> Iterator[int]:
        """Hand in forms in the order given, one commit for each ten minutes; yields how many."""
        for moment, members in groupby(forms, key=lambda one: one.bin):
            group = list(members)
            at = self.midnight + moment * TEN_MINUTES
            self._commit(group, at)
            yield len(group)

    def _commit(self, forms: Sequence[Filled], at: datetime) -> None:
        ready: list[tuple[Filled, Submission]] = []
        for one in forms:
            made = self._prepare(one, at)
            if isinstance(made, Submission):
                ready.append((one, made))
            else:
                self.outcomes[one.label, made] += 1
        services = self.services
        outcomes = accept_many(services.database, services.keys, [made for _, made in ready], at=at)
        for (one, _), outcome in zip(ready, outcomes, strict=True):
            self.outcomes[one.label, outcome.kind] += 1

    def _prepare(self, one: Filled, at: datetime) -> Submission | str:
        """The submission a form becomes, or why it never becomes one."""
        held = self._hold(one)
        try:
            nonce = self._nonce(one, held)
        except BadNonceError:
            return "forged"
        entrance = self._entrance(one, held, at)
        decoded = decode(self._fields(one, entrance), entrance.sheet)
        if decoded.errors:
            return "incomplete"
        device = one.device or None
        return submission(entrance, nonce, decoded.answers, self.services.keys, device)

    def _hold(self, one: Filled) -> _Held:
        """A replay sends the first page once more; a used code comes back on a fresh page."""
        earlier = self._held.get(id(one.original))
        if one.label == "replayed" and earlier is not None:
            return earlier
        nonce = self.services.nonces.make(self.frozen.id)
        if one.label == "forged":
            nonce = ("A" if nonce[0] != "A" else "B") + nonce[1:]
        if one.kind.way == "poster":
            code = None
        elif one.label == "code_used" and earlier is not None:
            code = earlier.code
        else:
            card = self.ways.cards[self.way_of(one)].popleft()
            code = card.qr_code if len(self._held) % 2 else card.typed_code
        self._held[id(one)] = _Held(nonce, code)
        return self._held[id(one)]

    def _nonce(self, one: Filled, held: _Held) -> Nonce:
        nonce = self.services.nonces.read(held.nonce, self.frozen.id)
        return replace(nonce, age_seconds=one.seconds)

    def way_of(self, one: Filled) -> Way:
        """A form's way in; the list of everybody may be issued as the empty list."""
        way = (one.kind.key, one.scope, one.stratum)
        is_issued = way in self.ways.cards or way in self.ways.posters
        return way if is_issued else (one.kind.key, (), one.stratum)

    def _entrance(self, one: Filled, held: _Held, at: datetime) -> Entrance:
        services = self.services
        if held.code is not None:
            return self._card_entrance(held.code, at)
        token = self.ways.posters[self.way_of(one)]
        if token not in self._posters:
            self._posters[token] = open_entrance(services.database, services.rounds, token, at)
        return self._posters[token]

    def _card_entrance(self, text: str, at: datetime) -> Entrance:
        """The entrance behind a code. Cards of a batch are alike, so one of each is looked up in
        full and the others are found among all cards of the round, read once.
        """
        services = self.services
        if not self._cards:
            self._cards = self._read_cards()
        code = read_code(text)
        card_id, batch_id = self._cards[
            services.keys.hash(self.frozen.id, code.kind, code.text.encode())
        ]
        if batch_id not in self._batches:
            self._batches[batch_id] = card_entrance(
                services.database, services.rounds, services.keys, text, at
            )
        return replace(self._batches[batch_id], card_id=card_id, draft_key=None)

    def _read_cards(self) -> dict[bytes, tuple[bytes, int]]:
        with self.services.database.read() as session:
            rows = session.execute(
                select(Card.id, Card.batch_id, Card.qr_hash, Card.typed_hash)
                .join(Batch, Card.batch_id == Batch.id)
                .where(Batch.round_id == self.frozen.id)
            )
            return {
                hashed: (card_id, batch_id) for card_id, batch_id, *both in rows for hashed in both
            }

    def _fields(self, one: Filled, entrance: Entrance) -> Iterator[tuple[str, str]]:
        """The form's body: the fields a browser would send."""
        for row in entrance.sheet.rows:
            codes = one.codes.get(self._numbers[row.ratee])
            if codes is None:
                yield row.skip_field, SKIP_VALUE
            else:
                yield from _row_fields(row, codes, one.comment)


def _row_fields(row: SheetRow, codes: bytes, comment: str) -> Iterator[tuple[str, str]]:
    for asked in row.fields:
        if asked.kind == "text":
            yield asked.name, comment
        elif asked.kind == "multiple":
            mask = codes[asked.column]
            yield from ((asked.name, code) for code, bit in asked.numbers.items() if mask & bit)
        elif codes[asked.column]:
            yield asked.name, _code_of(asked, codes[asked.column])


def _code_of(asked: SheetField, number: int) -> str:
    return next(code for code, stored in asked.numbers.items() if stored == number)
