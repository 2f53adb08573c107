"""Charts as SVG made by the server: no script, no style attribute, a text that says the same.

Places along the width are percentages and heights are in em, so that a chart fills its box on any
screen and its labels keep the size of the text around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

ROW_EM = 3.2
LABEL_EM = 1.2
BAR_EM = 2.1
TREND_EM = 12.0
# Told apart by lightness as well as by hue, and every part carries its figure in words.
PALETTE = ("#0b5cad", "#4b93d1", "#9cc3e6", "#e3b36b", "#b5541c", "#767676")
INK = "#1b1b1b"
RULE = "#d0d0d0"


@dataclass(frozen=True, slots=True)
class Interval:
    """One row of a caterpillar: a value with its bounds, None where there are none."""

    label: str
    value: float
    lo: float | None
    hi: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a stacked bar: a count for each of the chart's parts."""

    label: str
    counts: tuple[int, ...]


def caterpillar(key: str, title: str, rows: Sequence[Interval]) -> str:
    """Values with their intervals, a row each, in the order given; `key` is unique on the page."""
    low, high = _range(rows)
    body = []
    for number, row in enumerate(rows):
        top = number * ROW_EM
        y = f"{top + BAR_EM:.2f}em"
        body.append(_label(top, f"{row.label}　{_interval_words(row)}"))
        body.append(f'<line x1="1%" x2="99%" y1="{y}" y2="{y}" stroke="{RULE}"/>')
        if row.lo is not None and row.hi is not None:
            left, right = _place(row.lo, low, high), _place(row.hi, low, high)
            body.append(
                f'<line x1="{left}" x2="{right}" y1="{y}" y2="{y}"'
                f' stroke="{PALETTE[0]}" stroke-width="3"/>'
            )
        body.append(
            f'<circle cx="{_place(row.value, low, high)}" cy="{y}" r="5" fill="{PALETTE[0]}"/>'
        )
    text = "；".join(f"{row.label} {_interval_words(row)}" for row in rows)
    text += f"。横轴从 {low:g} 分到 {high:g} 分。"
    return svg(key, title, text, len(rows), body)


def stacked(key: str, title: str, parts: Sequence[str], rows: Sequence[Bar]) -> str:
    """The shares of the parts, a row each; rows without a count say so in words."""
    body = []
    for number, row in enumerate(rows):
        top = number * ROW_EM
        whole = sum(row.counts)
        body.append(_label(top, f"{row.label}　{whole} 票"))
        left = 0.0
        for place, count in enumerate(row.counts):
            width = 100 * count / whole if whole else 0.0
            if count:
                body.append(_part(top, left, width, place, f"{parts[place]} {count} 票"))
            left += width
    text = "；".join(f"{row.label} {_counts_words(parts, row.counts)}" for row in rows) + "。"
    return svg(key, title, text, len(rows), body)


def _part(top: float, left: float, width: float, place: int, words: str) -> str:
    return (
        f'<rect x="{left:.3f}%" y="{top + BAR_EM - 0.5:.2f}em" width="{width:.3f}%" height="1.1em"'
        f' fill="{colour(place)}"><title>{escape(words)}</title></rect>'
    )


def colour(place: int) -> str:
    """The colour of the part in this place, for the legend beside a stacked bar."""
    return PALETTE[place % len(PALETTE)]


def swatch(place: int) -> str:
    """A small square of that colour."""
    return (
        '<svg width="1em" height="1em" aria-hidden="true" focusable="false">'
        f'<rect width="100%" height="100%" fill="{colour(place)}"/></svg>'
    )


def _range(rows: Sequence[Interval]) -> tuple[float, float]:
    """Round ends for the axis around everything shown."""
    ends = [end for row in rows for end in (row.value, row.lo, row.hi) if end is not None]
    low, high = min(ends, default=0.0), max(ends, default=100.0)
    low, high = 5 * (low // 5), 5 * -(-high // 5)
    return (low, high) if high > low else (low, low + 5)


def _place(value: float, low: float, high: float) -> str:
    return f"{1 + 98 * (value - low) / (high - low):.3f}%"


def _interval_words(row: Interval) -> str:
    if row.lo is None or row.hi is None:
        return f"{row.value:.2f}"
    return f"{row.value:.2f}（{row.lo:.2f}–{row.hi:.2f}）"


def _counts_words(parts: Sequence[str], counts: Sequence[int]) -> str:
    return "、".join(f"{part} {count} 票" for part, count in zip(parts, counts, strict=True))


def _label(top: float, text: str) -> str:
    return f'<text x="0" y="{top + LABEL_EM:.2f}em" fill="{INK}">{escape(text)}</text>'


def svg(key: str, title: str, text: str, rows: int, body: Sequence[str], height: float = 0) -> str:
    """The chart around its parts, with the text that says the same."""
    height = height or max(rows, 1) * ROW_EM
    return (
        f'<svg role="img" aria-labelledby="{key}-title {key}-text" width="100%"'
        f' height="{height:.2f}em" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-text">{escape(text)}</desc>' + "".join(body) + "</svg>"
    )


def trend(key: str, title: str, points: Sequence[tuple[str, float]]) -> str:
    """Values in order of time, joined by a line; at least two. `key` is unique on the page."""
    low, high = _range([Interval(label, value, None, None) for label, value in points])
    step = 96 / (len(points) - 1)
    places = [
        (2 + step * place, 9.2 - 7 * (value - low) / (high - low))
        for place, (_, value) in enumerate(points)
    ]
    body = [
        f'<line x1="{x1:.3f}%" y1="{y1:.2f}em" x2="{x2:.3f}%" y2="{y2:.2f}em"'
        f' stroke="{PALETTE[0]}" stroke-width="2"/>'
        for (x1, y1), (x2, y2) in pairwise(places)
    ]
    ends = {0: "start", len(points) - 1: "end"}
    for place, ((x, y), (label, value)) in enumerate(zip(places, points, strict=True)):
        anchor = ends.get(place, "middle")
        body.append(f'<circle cx="{x:.3f}%" cy="{y:.2f}em" r="4" fill="{PALETTE[0]}"/>')
        body += [
            _words(x, y - 0.6, anchor, f"{value:.2f}"),
            _words(x, TREND_EM - 0.6, anchor, label),
        ]
    text = "；".join(f"{label} {value:.2f}" for label, value in points) + "。"
    return svg(key, title, text, 0, body, height=TREND_EM)


def _words(x: float, y: float, anchor: str, text: str) -> str:
    place = f'x="{x:.3f}%" y="{y:.2f}em" text-anchor="{anchor}"'
    return f'<text {place} fill="{INK}">{escape(text)}</text>'
