"""A chart of shares: a strip for each row, its figures inside, narrow enough for a phone."""

from collections.abc import Sequence
from html import escape

from survey_app.assessments.charts import INK, LABEL_EM, colour, svg

STRIP_ROW_EM = 5.2
SMALL_EM = 2.5
BAR_TOP_EM = 3.1
BAR_TEXT_EM = 4.1
NARROW = 0.1
DARK = (0,)
"""Parts whose colour wants white figures."""


def share_strips(
    key: str, title: str, parts: Sequence[str], rows: Sequence[tuple[str, str, Sequence[float]]]
) -> str:
    """Shares that add to 1, a strip each under its name and a smaller second name."""
    body, said = [], []
    for number, (name, second, shares) in enumerate(rows):
        top = number * STRIP_ROW_EM
        said.append(f"{name}（{second}）：{_words(parts, shares)}")
        body.append(_text("0", top + LABEL_EM, name))
        body.append(_text("0", top + SMALL_EM, second, 'fill="#51606f" font-size="0.85em"', 0.85))
        left = 0.0
        for place, share in enumerate(shares):
            body.append(
                f'<rect x="{100 * left:.2f}%" y="{top + BAR_TOP_EM:.2f}em"'
                f' width="{100 * share:.2f}%" height="1.5em" fill="{colour(place)}">'
                f"<title>{escape(parts[place])} {share:.0%}</title></rect>"
            )
            if share >= NARROW:
                ink = "#fff" if place in DARK else INK
                middle = f"{100 * (left + share / 2):.2f}%"
                style = f'fill="{ink}" text-anchor="middle"'
                body.append(_text(middle, top + BAR_TEXT_EM, f"{share:.0%}", style))
            left += share
    height = max(len(rows), 1) * STRIP_ROW_EM
    return svg(key, title, "；".join(said) + "。", len(rows), body, height=height)


def _text(x: str, y: float, words: str, style: str = f'fill="{INK}"', size: float = 1.0) -> str:
    """`y` in em of the page; an em of the text itself is `size` of that."""
    return f'<text x="{x}" y="{y / size:.2f}em" {style}>{escape(words)}</text>'


def _words(parts: Sequence[str], shares: Sequence[float]) -> str:
    return "、".join(f"{part} {share:.0%}" for part, share in zip(parts, shares, strict=True))
