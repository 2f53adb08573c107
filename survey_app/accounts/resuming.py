"""A form sent after the session ran out: kept in the log-in page, to be sent again afterwards."""

from dataclasses import dataclass

from flask import request
from itsdangerous import BadData, URLSafeTimedSerializer

from survey_app.core.config import Settings

KEEP_SECONDS = 3600
MAX_CHARACTERS = 60_000
NEVER_KEPT = ("csrf_token", "password", "again", "old", "code", "ticket")


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where a form was going and what was in it, but for passwords, codes and files."""

    path: str
    fields: tuple[tuple[str, str], ...]


def keep_form(settings: Settings) -> str:
    """The form of this request as a signed text, "" where there is nothing worth keeping."""
    fields = [
        [name, value]
        for name, value in request.form.items(multi=True)
        if name.rsplit("-", 1)[-1] not in NEVER_KEPT
    ]
    if not fields or sum(len(name) + len(value) for name, value in fields) > MAX_CHARACTERS:
        return ""
    return _signer(settings).dumps([request.path, fields])


def kept_form(settings: Settings, text: str) -> KeptForm | None:
    """The form behind a signed text; None where it is forged, too old or empty."""
    try:
        path, fields = _signer(settings).loads(text, max_age=KEEP_SECONDS)
    except (BadData, ValueError):
        return None
    return KeptForm(path, tuple((name, value) for name, value in fields))


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="kept form")
