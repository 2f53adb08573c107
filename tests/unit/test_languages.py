"""Every text people can meet exists in every language, with the same placeholders."""

import re

import pytest

from survey_app.core import catalogs
from survey_app.core.languages import LANGUAGES, SOURCE, read_catalog

PLACEHOLDER = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Sheet names of the import templates and an alias are Chinese in every language.
KEPT_CHINESE = re.compile("评议对象|评议主体|名册|人员0001")


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = [str(message.id) for message in catalogs.collect() if message.id]
    assert len(found) > 500
    return found


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != SOURCE])
def test_nothing_is_untranslated(texts: list[str], language: str) -> None:
    translations = read_catalog(language)
    known = {message.id: message.string for message in catalogs.read(language)}
    assert [text for text in texts if not known.get(text)] == []  # then: make catalogs
    for text in texts:
        said = translations.gettext(text)
        assert set(PLACEHOLDER.findall(said)) == set(PLACEHOLDER.findall(text)), said


def test_english_is_english(texts: list[str]) -> None:
    translations = read_catalog("en")
    said = (KEPT_CHINESE.sub("", translations.gettext(text)) for text in texts)
    assert [text for text in said if CHINESE.search(text)] == []
