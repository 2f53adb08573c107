"""Cell formats of the workbook: fonts of official documents, by name, and thin borders."""

from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from survey_app.reports.sheets import Kind

# Names as office programs in China know them; where one is missing the program takes its own.
TITLE_FONT = "方正小标宋简体"
BODY_FONT = "仿宋"
HEAD_FONT = "黑体"

FIGURES: dict[Kind, str] = {
    "count": "0",
    "ordinal": "0",
    "score": "0.00",
    "points": "0.00",
    "percent": "0.00%",
}
CENTRED: tuple[Kind, ...] = ("label", "ordinal")
_BODY = {"font_name": BODY_FONT, "font_size": 11, "valign": "vcenter"}
_TEXTS: dict[str, dict[str, Any]] = {
    "title": {
        "font_name": TITLE_FONT,
        "font_size": 22,
        "align": "center",
        "valign": "vcenter",
        "text_wrap": True,
    },
    "unit": {**_BODY, "align": "left"},
    "head": {
        "font_name": HEAD_FONT,
        "font_size": 11,
        "align": "center",
        "valign": "vcenter",
        "text_wrap": True,
        "border": 1,
        "bg_color": "#F2F2F2",
    },
    "section": {"font_name": HEAD_FONT, "font_size": 11, "valign": "vcenter", "border": 1},
    "lead": {**_BODY, "valign": "vcenter", "text_wrap": True, "border": 1},
    "note": {**_BODY, "valign": "top", "text_wrap": True},
    "signature": {**_BODY, "align": "left"},
}


class Styles:
    """The formats of one workbook, each made once."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._known: dict[tuple[tuple[str, object], ...], Format] = {}

    def text(self, name: str) -> Format:
        """A format of the frame around the figures: title, unit, head, section, lead, …."""
        return self._format(_TEXTS[name])

    def figure(self, kind: Kind) -> Format:
        """A number in a column of this kind, to the right unless it is a place."""
        form = FIGURES.get(kind, "General")
        align = "center" if kind in CENTRED else "right"
        return self._format({**_BODY, "border": 1, "align": align, "num_format": form})

    def words(self, kind: Kind, *, is_mark: bool) -> Format:
        """Text in a column of this kind; in a column of figures it stands to the right too."""
        in_figures = kind in FIGURES and kind not in CENTRED
        is_centred = kind in CENTRED or (is_mark and not in_figures)
        align = "right" if in_figures else "center" if is_centred else "left"
        return self._format(
            {
                **_BODY,
                "border": 1,
                "align": align,
                "num_format": "@",
                "text_wrap": True,
            }
        )

    def _format(self, properties: dict[str, Any]) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._known:
            self._known[key] = self._workbook.add_format(properties)
        return self._known[key]
