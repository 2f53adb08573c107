"""Which language a page speaks: Chinese as written, or a catalog in survey_app/translations.

Catalogs are read from their .po files when first needed, so a fresh clone needs no compiling.
"""

from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale

SOURCE = "zh_CN"
LANGUAGES = {"zh_CN": "简体", "zh_TW": "繁體", "en": "English"}
HTML_LANG = {"zh_CN": "zh-CN", "zh_TW": "zh-TW", "en": "en"}
CATALOGS = Path(__file__).parents[1] / "translations"
_LOCALES = {name: Locale.parse(name) for name in LANGUAGES}
_NAMES: dict[Locale | None, str] = {locale: name for name, locale in _LOCALES.items()}
_ACCEPTED = {
    "zh-cn": "zh_CN",
    "zh": "zh_CN",
    "zh-hans": "zh_CN",
    "zh-hant": "zh_TW",
    "zh-hant-tw": "zh_TW",
    "zh-hant-hk": "zh_TW",
    "zh-tw": "zh_TW",
    "zh-hk": "zh_TW",
    "zh-mo": "zh_TW",
    "en": "en",
}


def read_catalog(language: str) -> NullTranslations:
    """The translations of one language; the source language needs none."""
    path = CATALOGS / language / "LC_MESSAGES" / "messages.po"
    if language == SOURCE or not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


class PoDomain(Domain):  # type: ignore[misc]  # flask_babel is untyped
    """Catalogs read from text, once per process and language."""

    def __init__(self) -> None:
        super().__init__()
        self._catalogs: dict[str, NullTranslations] = {}

    def get_translations(self) -> NullTranslations:
        language = current()
        if language not in self._catalogs:
            self._catalogs[language] = read_catalog(language)
        return self._catalogs[language]


def choose() -> Locale:
    """The locale of this request, parsed beforehand: parsing one costs more than a page."""
    return _LOCALES[wanted_language()]


def wanted_language() -> str:
    """As the submitted page says, else ?lang=, else the cookie, else as the browser asks."""
    said = (g.get("language"), request.args.get("lang"), request.cookies.get("lang"))
    for wanted in said:
        if wanted in LANGUAGES:
            return wanted
    accepted = request.accept_languages.best_match(list(_ACCEPTED), default="zh-cn")
    return _ACCEPTED[accepted or "zh-cn"]


def current() -> str:
    """The language of this request: "zh_CN", "zh_TW" or "en"; Chinese outside a request."""
    return _NAMES.get(get_locale(), SOURCE)


def register(app: Flask) -> None:
    """Give an application its languages, and its templates the names to speak of them."""
    babel = Babel()
    babel.init_app(app, default_locale=SOURCE, locale_selector=choose)
    babel.domain_instance = PoDomain()

    @app.context_processor
    def _names() -> dict[str, object]:
        language = current()
        return {
            "language": language,
            "languages": LANGUAGES,
            "html_lang": HTML_LANG[language],
        }
