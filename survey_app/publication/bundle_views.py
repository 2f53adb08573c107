"""Taking bundles out: the public one for whoever may see the page, the auditor's with a permit."""

import io
import tempfile
import zipfile
from pathlib import Path

from flask import Blueprint, Response

from survey_app.core.access import current, only
from survey_app.core.services import services
from survey_app.publication import bundles

blueprint = Blueprint("bundles", __name__)
EPOCH = (2000, 1, 1, 0, 0, 0)
"""Of every entry, so that the same bundle is the same archive."""


@blueprint.get("/public.zip")
def public(round_id: int) -> Response:
    """What anybody needs to check the round; it holds nothing of single answers."""
    held = services()
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        folder = Path(scratch) / "bundle"
        bundles.write(held.database, held.settings, round_id, folder)
        return _archive(folder, "bundle.zip")


@blueprint.post("/auditor.zip")
@only("admin", "clerk")
def auditor(round_id: int) -> Response:
    """The auditor's, which holds single answer sheets; uses the permit up."""
    held = services()
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=held.settings.home) as scratch:
        folder = Path(scratch) / "bundle"
        bundles.write_for_auditor(held.database, held.settings, current().login, round_id, folder)
        return _archive(folder, "auditor-bundle.zip")


def _archive(folder: Path, name: str) -> Response:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=EPOCH)
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    reply = Response(packed.getvalue(), mimetype="application/zip")
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    reply.headers["Cache-Control"] = "no-store"
    return reply
