"""Secrecy as a property of the schema: what is not there cannot leak."""

from sqlalchemy import DateTime, Integer
from sqlalchemy.types import TypeDecorator

from survey_app import tables

SECRET = ("ballot", "receipt", "admission", "draft", "comment", "arrival", "asked", "refusal")
ANSWERS = {"ballot", "comment"}
PERSONS = {"card", "admission", "receipt", "draft", "roster_entry", "operator"}


def test_no_time_beside_what_raters_send() -> None:
    for name in SECRET:
        for column in tables.metadata.tables[name].columns:
            kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
            assert not isinstance(kind, DateTime), f"{name}.{column.name}"


def test_no_key_counts_up_and_no_row_has_a_hidden_number() -> None:
    for name in SECRET:
        table = tables.metadata.tables[name]
        assert table.dialect_options["sqlite"]["with_rowid"] is False, name
        (first, *_) = table.primary_key.columns
        assert not (isinstance(first.type, Integer) and not first.foreign_keys), name


def test_no_reference_leads_from_a_code_or_person_to_an_answer() -> None:
    leads = {
        name: {key.column.table.name for key in table.foreign_keys}
        for name, table in tables.metadata.tables.items()
    }
    for answer in ANSWERS:
        assert not leads[answer] & PERSONS
    for person in PERSONS:
        assert not leads[person] & ANSWERS
    assert leads["ballot"] == {"round", "link"}


def test_no_address_browser_or_code_is_kept_of_a_rater() -> None:
    forbidden = {"ip", "address", "user_agent", "browser", "code", "nonce", "created_at", "at"}
    for name in SECRET:
        assert not forbidden & {column.name for column in tables.metadata.tables[name].columns}
