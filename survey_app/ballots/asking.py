"""Asking a rater for a little work or a wait: at a link under attack, and when codes are guessed.

Two ways through, and nobody is refused: a browser with scripts works on the form's nonce for a
second and sends by itself; without them the same form is sent again half a minute later. How long
it waited is told by the nonce's own signed age.
"""

from dataclasses import replace
from hashlib import sha256

from flask import current_app

from forms.decoder import RateeAnswers
from survey_app.ballots import work
from survey_app.ballots.accept import find_receipt
from survey_app.ballots.code_budget import WAIT_SECONDS as CODE_WAIT_SECONDS
from survey_app.ballots.code_budget import CodeBudget
from survey_app.ballots.fence import ASKED_FORM, WAIT_SECONDS, Fence
from survey_app.ballots.nonce import BadNonceError, Nonce
from survey_app.ballots.posted import Posted
from survey_app.ballots.service import pace_of
from survey_app.ballots.visit import Visit
from survey_app.core.services import services

PACES = ("fast", "normal")
LONG_ENOUGH = 24 * 3600.0
"""Seconds that no form is too long for, and no nonce too old."""


def fence() -> Fence:
    """What this worker knows of its links."""
    return current_app.extensions["fence"]  # type: ignore[no-any-return]


def code_budget() -> CodeBudget:
    """The wrong codes of this installation."""
    return current_app.extensions["code_budget"]  # type: ignore[no-any-return]


def asked_nonce(visit: Visit, text: str) -> Nonce | None:
    """The nonce of a form that came back to wait; None for any other.

    Its `age_seconds` tells how long it waited; `settled` makes it one that tells the pace.
    """
    for pace in PACES:
        try:
            return _read(visit, text, pace)
        except BadNonceError:
            continue
    return None


def settled(visit: Visit, nonce: Nonce, text: str) -> Nonce:
    """The nonce as its ballot is made with it: the wait is no time in which it was filled in."""
    if nonce.is_expired:
        return nonce
    try:
        _read(visit, text, "fast")
    except BadNonceError:
        return replace(nonce, age_seconds=LONG_ENOUGH)
    return replace(nonce, age_seconds=0.0)


def _read(visit: Visit, text: str, pace: str) -> Nonce:
    entrance = visit.entrance
    form_id = f"{entrance.form_id}{ASKED_FORM} {pace}"
    return services().nonces.read(text, entrance.round.id, form_id)


def new_asked_nonce(visit: Visit, nonce: Nonce, answers: tuple[RateeAnswers, ...]) -> str:
    """A nonce for the form that comes back; it remembers how fast the first was filled in."""
    entrance = visit.entrance
    form_id = f"{entrance.form_id}{ASKED_FORM} {pace_of(nonce, answers)}"
    return services().nonces.make(entrance.round.id, form_id)


def must_wait(visit: Visit, posted: Posted, nonce: Nonce) -> bool:
    """Whether this form has to wait or work first. One that was counted never has."""
    link_id = visit.entrance.link_id
    if link_id is None or visit.is_kiosk or not fence().is_up(link_id):
        return False
    asked = asked_nonce(visit, posted.nonce)
    if asked is not None and (
        asked.age_seconds >= WAIT_SECONDS
        or work.is_done(posted.nonce, posted.reserved.get("work", ""))
    ):
        return False
    held = services()
    if find_receipt(held.database, held.keys, visit.entrance.round.id, nonce.value):
        return False
    fence().note_asked(link_id)
    return True


def new_stamp(code: str) -> str:
    """What a code that has to wait carries along: when it was first shown, and which it was."""
    return services().nonces.make(0, _stamp_of(code))


def is_stamp(code: str, text: str) -> bool:
    """Whether a stamp was made for this code."""
    try:
        services().nonces.read(text, 0, _stamp_of(code))
    except BadNonceError:
        return False
    return True


def code_must_wait(code: str, reserved: dict[str, str]) -> bool:
    """Whether this code has to wait or work before anybody looks for its card."""
    if not code_budget().is_spent():
        return False
    stamp = reserved.get("stamp", "")
    try:
        waited = services().nonces.read(stamp, 0, _stamp_of(code)).age_seconds
    except BadNonceError:
        waited = -1.0
    if waited >= 0 and (
        waited >= CODE_WAIT_SECONDS or work.is_done(stamp, reserved.get("work", ""))
    ):
        return False
    code_budget().note_asked()
    return True


def _stamp_of(code: str) -> str:
    return f"code {sha256(code.encode()).hexdigest()}"
