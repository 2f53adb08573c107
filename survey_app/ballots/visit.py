"""A rater's visit: through which entrance, to which form, seen how."""

import hashlib
import secrets
from collections.abc import Hashable
from dataclasses import dataclass

from flask import Request, g
from flask_babel import refresh

from forms.sheet import Sheet
from survey_app.ballots.entrance import Entrance
from survey_app.core.errors import NotFoundError
from survey_app.core.languages import LANGUAGES, current
from survey_app.core.services import services

DEVICE_COOKIE = "device"
DEVICE_DIGITS = 32  # 128 random bits


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is shown."""

    language: str
    is_elder: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One form in front of one rater. `address` is where it stands; `code` is a card's."""

    entrance: Entrance
    sheet: Sheet
    address: str
    look: Look
    code: str = ""
    number: int | None = None
    is_kiosk: bool = False
    """On a tablet that everybody shares: nothing may stay in the browser."""

    @property
    def is_list(self) -> bool:
        return len(self.sheet.rows) > 1

    @property
    def action(self) -> str:
        """Where the form posts to: never its own address.

        A browser forgets the page it keeps of an address that is posted to (RFC 9111 §4.4);
        going back would then fetch a new form with a new nonce, and the same answers could be
        counted twice.
        """
        if self.is_kiosk:
            return f"{self.address}/answer" + (f"/{self.number}" if self.number else "")
        return f"{self.address}?answer" if not self.code else self.address

    @property
    def draft_id(self) -> str:
        """Under which name a browser keeps the draft; says nothing of the code."""
        if self.entrance.card_id is None:
            return self.address
        return hashlib.sha256(b"draft" + self.entrance.card_id).hexdigest()[:DEVICE_DIGITS]

    @property
    def page_key(self) -> Hashable:
        """Visits with the same key see the same page but for its fresh part."""
        entrance = self.entrance
        return (
            entrance.round.id,
            entrance.round.digest,
            entrance.phase,
            entrance.rater_class,
            entrance.scope,
            self.number,
            self.address,
            self.look,
        )


def look_of_address(request: Request) -> Look:
    """As the address asks, else as the browser remembers."""
    elder = request.args.get("elder", request.cookies.get("elder", "0"))
    return Look(current(), elder == "1")


def look_of_form(request: Request, reserved: dict[str, str]) -> Look:
    """As the submitted page was shown, or as its switch was set; speaks that language from now."""
    language = reserved.get("lang", "")
    is_elder = reserved.get("elder", request.cookies.get("elder")) == "1"
    action = reserved.get("action", "")
    if action in ("elder", "plain"):
        is_elder = action == "elder"
    elif action.startswith("lang:"):
        language = action.removeprefix("lang:")
    if language in LANGUAGES:
        g.language = language
        refresh()
    return Look(current(), is_elder)


def open_visit(entrance: Entrance, token: str, number: int | None, look: Look) -> Visit:
    """The form about one ratee behind a poster. NotFoundError for a ratee not in its scope."""
    address = f"/r/{token}"
    if number is None:
        return Visit(entrance, entrance.sheet, address, look)
    if all(row.ratee != number for row in entrance.sheet.rows):
        raise NotFoundError
    key = entrance.round.ratee(number).key
    sheet = entrance.round.sheet(entrance.rater_class, (key,))
    return Visit(entrance, sheet, f"{address}/{number}", look, number=number)


def card_visit(entrance: Entrance, code: str, look: Look) -> Visit:
    """The form behind a card."""
    return Visit(entrance, entrance.sheet, "/c", look, code=code)


def device_of(request: Request) -> str | None:
    """The mark this browser carries, if it is one of ours."""
    given = request.cookies.get(DEVICE_COOKIE, "")
    is_ours = len(given) == DEVICE_DIGITS and set(given) <= set("0123456789abcdef")
    return given if is_ours else None


def new_device() -> str:
    return secrets.token_hex(DEVICE_DIGITS // 2)


def new_nonce(visit: Visit) -> str:
    return services().nonces.make(visit.entrance.round.id, visit.entrance.form_id)
