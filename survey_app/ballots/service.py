"""From a decoded form to a stored ballot: what a request, the demonstration and imports share."""

from collections.abc import Sequence

from forms.decoder import RateeAnswers
from survey_app.ballots.accept import Submission
from survey_app.ballots.entrance import Entrance
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
    is_open = entrance.link_id is not None
    numbers = {one.ratee for one in answers}
    return Submission(
        round_id=entrance.round.id,
        config_digest=entrance.round.digest,
        nonce=nonce.value,
        rater_class=entrance.rater_class,
        stratum=entrance.stratum,
        channel=entrance.channel,
        evidence=entrance.evidence,
        ratee_number=next(iter(numbers)) if len(numbers) == 1 else None,
        payload=pack(answers),
        comments=tuple((one.ratee, item, words) for one in answers for item, words in one.comments),
        card_id=entrance.card_id,
        link_id=entrance.link_id,
        device_mark=_device_mark(entrance, keys, device) if is_open else None,
        pace=_pace(nonce, answers) if is_open else None,
    )


def _device_mark(entrance: Entrance, keys: KeyStore, device: str | None) -> bytes | None:
    """The same device gives the same mark within a round, and another in the next."""
    return keys.hash(entrance.round.id, "device", device.encode())[:16] if device else None


def _pace(nonce: Nonce, answers: Sequence[RateeAnswers]) -> str:
    answered = sum(len(one.codes) - one.codes.count(0) for one in answers)
    return "fast" if nonce.age_seconds < FAST_SECONDS_PER_ITEM * answered else "normal"
