"""Charts of ranks and grades: a caterpillar of rank ranges, and strips of probabilities."""

from collections.abc import Sequence
from html import escape

from flask_babel import gettext as _

from survey_app.assessments.charts import BAR_EM, INK, LABEL_EM, PALETTE, ROW_EM, RULE, colour, svg


def rank_caterpillar(
    key: str, title: str, rows: Sequence[tuple[str, int, tuple[int, int], tuple[int, int]]]
) -> str:
    """Ranks with the range that holds for all at once (thin) and alone (thick); a row each.

    A row is a label, the rank and both ranges; rank 1 stands at the left.
    """
    last = max((row[2][1] for row in rows), default=1)

    def place(rank: float) -> str:
        return f"{2 + 96 * (rank - 1) / max(last - 1, 1):.3f}%"

    body = []
    for number, (label, rank, together, alone) in enumerate(rows):
        top = number * ROW_EM
        y = f"{top + BAR_EM:.2f}em"
        words = _range_words(rank, together)
        body.append(
            f'<text x="0" y="{top + LABEL_EM:.2f}em" fill="{INK}">{escape(label)}　{words}</text>'
        )
        body.append(f'<line x1="1%" x2="99%" y1="{y}" y2="{y}" stroke="{RULE}"/>')
        for (first, end), width in ((together, 2), (alone, 7)):
            body.append(
                f'<line x1="{place(first)}" x2="{place(end)}" y1="{y}" y2="{y}"'
                f' stroke="{PALETTE[0] if width == 2 else PALETTE[2]}" stroke-width="{width}"/>'
            )
        body.append(f'<circle cx="{place(rank)}" cy="{y}" r="5" fill="{PALETTE[0]}"/>')
    text = "；".join(f"{row[0]} {_range_words(row[1], row[2])}" for row in rows)
    return svg(key, title, f"{text}。左边是第1名。", len(rows), body)


def _range_words(rank: int, together: tuple[int, int]) -> str:
    first, last = together
    return f"第{rank}名" if first == last else f"第{rank}名（{first}–{last}）"


def grade_strips(
    key: str, title: str, grades: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]]
) -> str:
    """The probabilities of the grades, a strip each; those below half a percent are left out."""
    body, said = [], []
    for number, (label, shares) in enumerate(rows):
        top = number * ROW_EM
        words = probability_words(grades, shares)
        said.append(f"{label}：{words}")
        body.append(
            f'<text x="0" y="{top + LABEL_EM:.2f}em" fill="{INK}">'
            f"{escape(label)}　{escape(words)}</text>"
        )
        left = 0.0
        for place, share in enumerate(shares):
            if share >= 0.005:
                body.append(
                    f'<rect x="{100 * left:.2f}%" y="{top + BAR_EM - 0.5:.2f}em"'
                    f' width="{100 * share:.2f}%" height="1.1em"'
                    f' fill="{colour(place)}"><title>{escape(grades[place])} {share:.0%}</title>'
                    "</rect>"
                )
            left += share
    return svg(key, title, "；".join(said) + "。", len(rows), body)


def probability_words(grades: Sequence[str], shares: Sequence[float]) -> str:
    """The grades that may be, the likeliest first, with their probabilities."""
    named = sorted(zip(shares, grades, strict=True), key=lambda one: -one[0])
    return "、".join(f"{name} {_percent(share)}" for share, name in named if share >= 0.005)


def _percent(share: float) -> str:
    """Never "100%": what was drawn is no certainty."""
    return _("99.5% 以上") if share >= 0.995 else f"{share:.0%}"
