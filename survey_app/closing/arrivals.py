"""Arrivals through a link as a small picture."""

from collections.abc import Sequence

from markupsafe import Markup

BARS = 36
WIDTH, HEIGHT = 144, 28


def sparkline(arrivals: Sequence[tuple[int, int]], last_bin: int, label: str) -> Markup:
    """Bars for the last six hours of ten-minute counts, ending with `last_bin`."""
    by_bin = dict(arrivals)
    counts = [by_bin.get(last_bin - BARS + 1 + place, 0) for place in range(BARS)]
    top = max([*counts, 1])
    step = WIDTH // BARS
    bars = Markup("").join(
        Markup('<rect x="{x}" y="{y}" width="3" height="{h}"/>').format(
            x=place * step, y=HEIGHT - height, h=height
        )
        for place, n in enumerate(counts)
        if (height := max(2, round(n / top * HEIGHT)) if n else 0)
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        'aria-label="{label}"><path d="M0 {base}h{w}" stroke="#c5d0da"/><g fill="#14508c">{bars}'
        "</g></svg>"
    ).format(w=WIDTH, h=HEIGHT, base=HEIGHT - 0.5, label=label, bars=bars)
