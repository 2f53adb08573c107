"""The library of schemes in both databases: content never changes, versions do not collide."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from analysis.scheme import Scheme
from analysis.scheme.toml_text import edit_toml
from forms.problems import InputError
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.record.service import broken_entries
from survey_app.schemes import service
from survey_app.schemes.tables import StoredScheme

MINE = """
# 只有评议
key = "mine"
version = "x"
title = "本市方案"
[[component]]
key = "all"
name = "评议"
weight = "100"
source = "questionnaire"
min_n = 5
"""


def saved(database: Database, n: int = 1, source: str = MINE) -> service.Version:
    """A scheme with n versions."""
    made = service.create(database, "tester", source, "第一版")
    for number in range(2, n + 1):
        changed = edit_toml(made.toml, [(("component", 0, "min_n"), 5 + number)])
        made = service.add_version(database, "tester", "mine", number - 1, changed, f"改{number}")
    return made


def test_versions_run_on_and_the_file_says_so(database: Database) -> None:
    assert saved(database, 3).number == 3
    found = service.versions(database, "mine")
    assert [(one.number, one.scheme.version, one.note) for one in found] == [
        (3, "3", "改3"),
        (2, "2", "改2"),
        (1, "1", "第一版"),
    ]
    assert "# 只有评议" in found[0].toml
    assert found[1].scheme.diff(found[0].scheme) == ["版本 2 → 3", "评议 最低样本 7 → 8"]
    with database.read() as session:
        assert list(broken_entries(session)) == []


@pytest.mark.parametrize("act", ["toml = 'x'", "number = 9", "note = 'x'", "made_at = NULL"])
def test_the_database_keeps_every_version_as_it_was(database: Database, act: str) -> None:
    saved(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(f"UPDATE stored_scheme SET {act}"))
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("DELETE FROM stored_scheme"))
    assert service.versions(database, "mine")[0].note == "第一版"


def row(number: int, **changed: object) -> StoredScheme:
    values: dict[str, object] = {
        "key": "mine",
        "title": "t",
        "toml": MINE,
        "digest": "sha256:0",
        "pilot_ratees": 0,
        "status": "draft",
        "note": "n",
        "operator": "o",
        "made_at": clock.now(),
    }
    return StoredScheme(number=number, **{**values, **changed})


BAD: dict[str, Callable[[], list[StoredScheme]]] = {
    "the same number twice": lambda: [row(1), row(1)],
    "a trial of nobody": lambda: [row(1, status="pilot")],
    "full use with a limit": lambda: [row(1, status="full", pilot_ratees=4)],
    "two in full use": lambda: [row(1, status="full"), row(2, status="full")],
    "two trials": lambda: [
        row(1, status="pilot", pilot_ratees=1),
        row(2, status="pilot", pilot_ratees=1),
    ],
    "no note": lambda: [row(1, note="")],
    "a status nobody knows": lambda: [row(1, status="best")],
}


@pytest.mark.parametrize("case", BAD)
def test_the_database_refuses(database: Database, case: str) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add_all(BAD[case]())


def test_of_two_at_once_one_saves_and_the_other_is_told(database: Database) -> None:
    saved(database)
    last = service.version(database, "mine", 1)

    def save(n: int) -> str:
        changed = edit_toml(last.toml, [(("component", 0, "min_n"), n)])
        try:
            service.add_version(database, f"clerk{n}", "mine", 1, changed, "同时")
        except service.SavedMeanwhileError:
            return "told"
        return "saved"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(save, (6, 7, 8, 9)))
    assert outcomes == ["saved", "told", "told", "told"]
    assert len(service.versions(database, "mine")) == 2


def test_full_use_takes_the_place_of_what_was_in_use(database: Database) -> None:
    saved(database, 2)
    service.set_status(database, "tester", "mine", 1, "full")
    service.set_status(database, "tester", "mine", 2, "full")
    assert [one.status for one in service.versions(database, "mine")] == ["full", "retired"]
    assert [one.number for one in service.in_use(database)] == [2]
    with pytest.raises(service.StatusRefusedError):
        service.set_status(database, "tester", "mine", 2, "draft")
    with pytest.raises(service.StatusRefusedError):
        service.set_status(database, "tester", "mine", 2, "pilot")


def test_004_f_a_trial_stands_beside_full_use_until_it_is_rolled_out(database: Database) -> None:
    saved(database)
    service.set_status(database, "tester", "mine", 1, "full")
    limited = edit_toml(service.version(database, "mine", 1).toml, [(("ties",), "")])
    limited = limited.replace('ties = ""', 'pilot = ["u1", "u2"]')
    service.add_version(database, "tester", "mine", 1, limited, "四家单位试行一个季度")
    service.set_status(database, "tester", "mine", 2, "pilot")
    assert [one.status for one in service.versions(database, "mine")] == ["pilot", "full"]
    made = service.roll_out(database, "tester", "mine")
    assert (made.number, made.status, made.scheme.pilot) == (3, "full", ())
    assert "2 个" in made.note
    assert [one.status for one in service.versions(database, "mine")] == [
        "full",
        "retired",
        "retired",
    ]


def test_nothing_is_stored_of_what_cannot_be_used(database: Database) -> None:
    made = saved(database)
    for text_, error in (
        (made.toml, InputError),
        (made.toml.replace('key = "mine"', 'key = "other"'), InputError),
        (made.toml.replace('"100"', '"90"'), InputError),
    ):
        with pytest.raises(error):
            service.add_version(database, "tester", "mine", 1, text_, "不行")
    with pytest.raises(service.SchemeKeyTakenError):
        service.create(database, "tester", MINE, "又一次")
    assert len(service.versions(database, "mine")) == 1


def test_what_was_typed_is_what_is_saved(database: Database) -> None:
    """The editor's page and the file agree: what is typed is read from the saved text."""
    made = saved(database)
    text_ = service.edited_text(made, {"v.component.0.min_n": "12"})
    assert Scheme.load(text_.encode()).components[0].min_n == 12
