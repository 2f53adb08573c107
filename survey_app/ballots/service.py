"""From a decoded form to a stored ballot: what a request, the demonstration and imports share."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.round_log.leaves import commitment
from forms.decoder import RateeAnswers
from survey_app.ballots.accept import Submission
from survey_app.ballots.commitments import OPENING_BYTES, Traits, content_of
from survey_app.ballots.entrance import Entrance
from survey_app.ballots.envelope import Comments, Letter, seal
from survey_app.ballots.nonce import Nonce
from survey_app.ballots.payload import pack
from survey_app.rounds.keys import KeyStore

FAST_SECONDS_PER_ITEM = 1.0  # Wood et al. 2017: under a second an item nobody reads


def submission(
    entrance: Entrance,
    nonce: Nonce,
    answers: Sequence[RateeAnswers],
    keys: KeyStore,
    device: str | None = None,
) -> Submission:
    """The ballot of a form that was decoded without errors.

    Only an open entrance leaves its link, a keyed mark of the device and whether it was filled in
    too fast to have been read; a code leaves nothing.
    """
    is_open = entrance.evidence == "open"
    numbers = {one.ratee for one in answers}
    sheet = _Sheet(
        pack(answers),
        tuple((one.ratee, item, words) for one in answers for item, words in one.comments),
        next(iter(numbers)) if len(numbers) == 1 else None,
    )
    if entrance.round.public_key is not None:
        sheet = _in_envelope(sheet, entrance)
    mark = _device_mark(entrance, keys, device) if is_open else None
    pace = pace_of(nonce, answers) if is_open else None
    opening = secrets.token_bytes(OPENING_BYTES)
    content = content_of(
        Traits(entrance.rater_class, entrance.stratum, entrance.channel, entrance.evidence),
        sheet.payload,
        entrance.link,
        has_mark=mark is not None,
        pace=pace,
    )
    return Submission(
        round_id=entrance.round.id,
        config_digest=entrance.round.digest,
        nonce=nonce.value,
        rater_class=entrance.rater_class,
        stratum=entrance.stratum,
        channel=entrance.channel,
        evidence=entrance.evidence,
        ratee_number=sheet.ratee_number,
        payload=sheet.payload,
        commitment=commitment(opening, content),
        opening=opening,
        comments=sheet.comments,
        card_id=entrance.card_id,
        link_id=entrance.link_id,
        device_mark=mark,
        pace=pace,
    )


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What a form says, as it will be stored."""

    payload: bytes
    comments: Comments
    ratee_number: int | None


def _in_envelope(sheet: _Sheet, entrance: Entrance) -> _Sheet:
    """The same for a sealed round: nothing of the answers is left outside.

    The one ratee of a form is told beside the envelope only where no personal code was used, so
    that progress can be watched.
    """
    letter = Letter.write(sheet.payload, sheet.comments)
    return _Sheet(
        seal(letter, entrance.round, entrance.rater_class),
        (),
        None if entrance.evidence == "code" else sheet.ratee_number,
    )


def _device_mark(entrance: Entrance, keys: KeyStore, device: str | None) -> bytes | None:
    """The same device gives the same mark within a round, and another in the next."""
    return keys.hash(entrance.round.id, "device", device.encode())[:16] if device else None


def pace_of(nonce: Nonce, answers: Sequence[RateeAnswers]) -> str:
    """Whether a form was filled in too fast to have been read."""
    answered = sum(len(one.codes) - one.codes.count(0) for one in answers)
    return "fast" if nonce.age_seconds < FAST_SECONDS_PER_ITEM * answered else "normal"
