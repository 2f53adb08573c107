"""Keeping the catalogs: `python -m survey_app.core.catalogs` after texts have changed.

Collects every message, brings it into the catalogs, and writes the traditional Chinese one from
the simplified with OpenCC (a development dependency). English is for a person to write; what is
still missing is listed.
"""

import sys
from copy import deepcopy
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from survey_app.core.languages import CATALOGS

ROOT = Path(__file__).parents[2]
METHODS = [
    ("analysis/**.py", "python"),
    ("forms/**.py", "python"),
    ("survey_app/**.py", "python"),
    ("survey_app/templates/**.html", "jinja2"),
]
OPTIONS = {"survey_app/templates/**.html": {"trimmed": "true"}}
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "N_": None,
    "lazy_gettext": None,
}
WIDTH = 100
CORRECTIONS = {"髮卡": "發卡", "換髮": "換發"}
"""Where the converter takes a verb for a noun: cards are issued here, not worn in the hair."""


def collect() -> Catalog:
    """Every message of the program."""
    found = Catalog(charset="utf-8")
    for name, line, message, comments, context in extract_from_dir(
        ROOT, METHODS, OPTIONS, KEYWORDS
    ):
        found.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return found


def read(language: str) -> Catalog:
    """The catalog of one language as it is, empty where there is none."""
    path = _path(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def missing(language: str, used: Catalog) -> list[str]:
    """The messages in use that have no translation."""
    known = {message.id: message.string for message in read(language) if message.id}
    return [str(one.id) for one in used if one.id and not known.get(one.id)]


def update(language: str, used: Catalog) -> None:
    """Bring a catalog up to date: new messages in, those no longer used out."""
    catalog = read(language)
    catalog.update(deepcopy(used), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    if language == "zh_TW":
        _convert(catalog)
    path = _path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # Neither header nor places: a catalog changes only where a text does.
        write_po(file, catalog, width=WIDTH, omit_header=True, no_location=True, sort_output=True)


def _convert(catalog: Catalog) -> None:
    from opencc import OpenCC

    converter = OpenCC("s2twp")
    for message in catalog:
        if message.id:
            text = converter.convert(str(message.id))
            for wrong, right in CORRECTIONS.items():
                text = text.replace(wrong, right)
            message.string = text


def _path(language: str) -> Path:
    return CATALOGS / language / "LC_MESSAGES" / "messages.po"


def main() -> int:
    """Update both catalogs; 1 where English misses something."""
    used = collect()
    for language in ("zh_TW", "en"):
        update(language, used)
    left = missing("en", used)
    for text in left:
        sys.stdout.write(f"{text}\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
