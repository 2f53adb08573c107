"""QR codes as small SVG pictures, drawn on this server."""

from itertools import groupby

import qrcode
from markupsafe import Markup

QUIET = 4  # modules of white around a code; readers need them
ERROR_CORRECTION = {"poster": qrcode.ERROR_CORRECT_Q, "card": qrcode.ERROR_CORRECT_M}


def qr_svg(text: str, label: str, kind: str = "poster") -> Markup:
    """A QR code as one SVG path. The viewBox lets a style sheet give it any size, whole."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECTION[kind], border=0)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    size = len(matrix) + 2 * QUIET
    return Markup(
        '<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" '
        'aria-label="{label}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}'
        'H0z"/><path d="{path}"/></svg>'
    ).format(size=size, label=label, path=_path(matrix))


def _path(matrix: list[list[bool]]) -> str:
    """Runs of dark modules, row by row."""
    parts = []
    for row, modules in enumerate(matrix):
        column = 0
        for is_dark, run in groupby(modules):
            length = len(list(run))
            if is_dark:
                parts.append(f"M{column + QUIET} {row + QUIET}h{length}v1h-{length}z")
            column += length
    return "".join(parts)
