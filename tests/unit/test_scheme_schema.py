"""The schema for editors: current, right about every scheme, and strict about keys and words."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from analysis.scheme import Scheme
from analysis.scheme.definition import SCHEMES
from analysis.scheme.schema import json_schema, schema_text
from analysis.scheme.toml_text import to_toml
from tests.unit.made_schemes import schemes

FILE = Path(__file__).parents[2] / "docs" / "scheme.schema.json"


def problems(text: str) -> list[str]:
    data = tomllib.loads(text, parse_float=Decimal)
    return [error.message for error in Draft202012Validator(json_schema()).iter_errors(data)]


def test_the_file_is_what_the_function_makes() -> None:
    """Otherwise: python -m analysis.scheme.schema > docs/scheme.schema.json."""
    Draft202012Validator.check_schema(json_schema())
    assert FILE.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("path", sorted(SCHEMES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_scheme_is_as_the_schema_says(path: Path) -> None:
    assert problems(path.read_text(encoding="utf-8")) == []


@given(schemes())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_scheme_is_as_the_schema_says(scheme: Scheme) -> None:
    assert problems(to_toml(scheme)) == []


WRONG: dict[str, tuple[str, str]] = {
    "a key nobody knows": ("min_n = 5", "min_m = 5"),
    "a word that is not allowed": ('missing = "redistribute"', 'missing = "ignore"'),
    "a number in words": ('weight = "100"', 'weight = "hundred"'),
    "no title": ("title.", "subtitle."),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_an_editor_can_know_is_wrong(case: str) -> None:
    text = (SCHEMES / "plain.toml").read_text(encoding="utf-8")
    before, after = WRONG[case]
    assert before in text
    assert problems(text.replace(before, after)) != []


def keys_of(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {key for one in schema for key in keys_of(one)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    return own.union(*(keys_of(one) for one in schema.values()))


def test_the_schema_knows_no_key_that_a_file_may_not_have() -> None:
    """Every key is asked for by a reader: it occurs as a word in the package that reads files."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (SCHEMES.parent / "scheme").glob("*.py")
        if path.name in READERS
    )
    unknown = {key for key in keys_of(json_schema()) if f'"{key}"' not in source}
    assert unknown - {"zh_CN", "zh_TW", "en"} == set()


READERS = {
    "definition.py",
    "components.py",
    "mix.py",
    "transforms.py",
    "adjustments.py",
    "grades.py",
    "conditions.py",
}
