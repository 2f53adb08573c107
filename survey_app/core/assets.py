"""The few files of static/, read and compressed once, sent with a name that never goes stale."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request

FOLDER = Path(__file__).parents[2] / "static"
A_YEAR = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file; `mark` is the part of its address that changes with its content."""

    content: bytes
    packed: bytes
    mark: str
    media_type: str


@cache
def asset(name: str) -> Asset | None:
    """The file of this name in static/, or None. Names with a path are not known."""
    path = FOLDER / name
    if path.parent != FOLDER or not path.is_file():
        return None
    content = path.read_bytes()
    return Asset(
        content,
        gzip.compress(content, 9, mtime=0),
        hashlib.sha256(content).hexdigest()[:10],
        mimetypes.guess_type(name)[0] or "application/octet-stream",
    )


def asset_url(name: str) -> str:
    """The address of a file, good for a year because it changes with the file."""
    found = asset(name)
    if found is None:
        raise FileNotFoundError(name)
    return f"/static/{name}?v={found.mark}"


def _serve(name: str) -> Response:
    found = asset(name)
    if found is None:
        abort(404)
    is_packed = request.accept_encodings["gzip"] > 0
    response = Response(found.packed if is_packed else found.content, mimetype=found.media_type)
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = A_YEAR if request.args.get("v") == found.mark else AN_HOUR
    return response


def register(app: Flask) -> None:
    """Serve static/ and let templates name its files with asset_url("s.css")."""
    app.add_url_rule("/static/<name>", "static", _serve)
    app.add_template_global(asset_url)
