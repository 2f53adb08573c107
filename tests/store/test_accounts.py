"""Operators and their sessions: who gets in, for how long, and what is on record."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from survey_app.accounts import operator_acts, service
from survey_app.accounts.passwords import hash_password
from survey_app.accounts.service import (
    LastAdminError,
    LoginTakenError,
    OperatorSpec,
    WrongPasswordError,
)
from survey_app.accounts.tables import Operator, OperatorSession
from survey_app.core import clock
from survey_app.core.access import Role
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.record.service import broken_entries
from survey_app.record.tables import RecordEntry

GOOD = "a long enough phrase"
NEW = "another phrase, longer"


@pytest.fixture
def cheap(settings: Settings) -> Settings:
    return replace(settings, is_cheap_hashing=True)


def make(database: Database, settings: Settings, login: str = "wang", role: Role = "admin") -> int:
    return service.create_operator(
        database, settings, "tests", OperatorSpec(login, "王", role), GOOD
    )


def token(database: Database, settings: Settings, login: str = "wang") -> str:
    found = service.sign_in(database, settings, login, GOOD)
    assert isinstance(found, str)
    return found


def actions(database: Database) -> list[str]:
    with database.read() as session:
        assert list(broken_entries(session)) == []
        return list(session.scalars(select(RecordEntry.action).order_by(RecordEntry.id)))


def test_the_right_password_opens_a_session(database: Database, cheap: Settings) -> None:
    make(database, cheap)
    found = service.find_session(database, token(database, cheap))
    assert found is not None
    assert (found.login, found.role) == ("wang", "admin")
    assert service.find_session(database, "forged") is None
    assert service.sign_in(database, cheap, "wang", GOOD + "x") is None
    assert service.sign_in(database, cheap, "nobody", GOOD) is None
    assert actions(database) == ["operator.create", "operator.sign_in"]


def test_neither_password_nor_token_is_in_the_store(database: Database, cheap: Settings) -> None:
    make(database, cheap)
    given = token(database, cheap)
    with database.read() as session:
        rows = [
            *session.execute(text("SELECT * FROM operator")).all(),
            *session.execute(text("SELECT * FROM operator_session")).all(),
            *session.execute(text("SELECT * FROM record_entry")).all(),
        ]
        held = repr(rows)
        digest = session.scalars(select(OperatorSession.token_digest)).one()
    assert GOOD not in held
    assert given not in held
    assert len(digest) == 32


def test_full_passwords_are_argon2id_with_real_work(settings: Settings) -> None:
    """RFC 9106's second recommendation: 64 MiB, three passes."""
    assert hash_password(settings, GOOD).startswith("$argon2id$v=19$m=65536,t=3,")
    assert not Settings.from_environ({"SURVEY_HOME": str(settings.home)}).is_cheap_hashing


def test_failures_delay_even_the_right_password(database: Database, cheap: Settings) -> None:
    """Five failures: wait 30 s; the sixth doubles that to 60 s."""
    make(database, cheap)
    with time_machine.travel(clock.now(), tick=False) as time:
        for _ in range(5):
            assert service.sign_in(database, cheap, "wang", "wrong") is None
        assert service.sign_in(database, cheap, "wang", GOOD) is None
        time.shift(timedelta(seconds=29))
        assert service.sign_in(database, cheap, "wang", GOOD) is None
        time.shift(timedelta(seconds=2))
        assert service.sign_in(database, cheap, "wang", "wrong") is None
        time.shift(timedelta(seconds=59))
        assert service.sign_in(database, cheap, "wang", GOOD) is None
        time.shift(timedelta(seconds=2))
        assert service.sign_in(database, cheap, "wang", GOOD) is not None
        for _ in range(4):
            assert service.sign_in(database, cheap, "wang", "wrong") is None
        assert service.sign_in(database, cheap, "wang", GOOD) is not None
    assert actions(database).count("operator.delayed") == 2


def test_a_session_ends_when_idle_or_old(database: Database, cheap: Settings) -> None:
    make(database, cheap)
    with time_machine.travel(clock.now(), tick=False) as time:
        idle = token(database, cheap)
        busy = token(database, cheap)
        time.shift(timedelta(minutes=29))
        assert service.find_session(database, busy)
        time.shift(timedelta(minutes=2))
        assert service.find_session(database, idle) is None
        for _ in range(17):  # 31 + 17 × 26 = 473 minutes, under 8 h = 480
            assert service.find_session(database, busy)
            time.shift(timedelta(minutes=26))
        assert service.find_session(database, busy)
        time.shift(timedelta(minutes=8))
        assert service.find_session(database, busy) is None


def test_signing_out_here_and_everywhere(database: Database, cheap: Settings) -> None:
    make(database, cheap)
    one, two, three = (token(database, cheap) for _ in range(3))
    service.sign_out(database, one)
    assert service.find_session(database, one) is None
    me = service.find_session(database, two)
    assert me is not None
    service.sign_out_everywhere(database, me)
    assert service.find_session(database, two) is None
    assert service.find_session(database, three) is None


def test_changing_the_password_ends_other_sessions(database: Database, cheap: Settings) -> None:
    make(database, cheap)
    other = token(database, cheap)
    me = service.find_session(database, token(database, cheap))
    assert me is not None
    with pytest.raises(WrongPasswordError):
        service.change_password(database, cheap, me, "not this", NEW)
    with pytest.raises(ProblemsError):
        service.change_password(database, cheap, me, GOOD, "wang")
    fresh = service.change_password(database, cheap, me, GOOD, NEW)
    assert service.find_session(database, other) is None
    assert service.find_session(database, fresh) is not None
    assert service.sign_in(database, cheap, "wang", GOOD) is None
    assert service.sign_in(database, cheap, "wang", NEW) is not None


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "长度应为"),
        ("x" * 129, "长度应为"),
        ("aaaaaaaaaaaa", "太容易被猜到"),
        ("1234567890ab", "太容易被猜到"),
        ("wang-in-it-all", "太容易被猜到"),
    ],
)
def test_weak_passwords_are_refused(
    database: Database, cheap: Settings, password: str, said: str
) -> None:
    with pytest.raises(ProblemsError, match=said):
        service.create_operator(
            database, cheap, "tests", OperatorSpec("wang", "王", "clerk"), password
        )
    assert not service.has_operators(database)


def test_an_administrator_manages_operators(database: Database, cheap: Settings) -> None:
    make(database, cheap, "boss")
    clerk = make(database, cheap, "wang", "clerk")
    with pytest.raises(LoginTakenError):
        make(database, cheap, "wang")
    held = token(database, cheap)
    operator_acts.reset_password(database, cheap, "boss", clerk, NEW)
    assert service.find_session(database, held) is None
    assert service.sign_in(database, cheap, "wang", NEW)
    service.change_operator(database, "boss", clerk, "viewer", is_active=False)
    assert service.sign_in(database, cheap, "wang", NEW) is None
    assert actions(database)[-1] == "operator.change"


def test_a_disabled_operator_is_out_at_once(database: Database, cheap: Settings) -> None:
    make(database, cheap, "boss")
    clerk = make(database, cheap, "wang", "clerk")
    held = token(database, cheap)
    service.change_operator(database, "boss", clerk, "clerk", is_active=False)
    assert service.find_session(database, held) is None


@pytest.mark.parametrize(("role", "is_active"), [("clerk", True), ("admin", False)])
def test_the_last_administrator_stays(
    database: Database, cheap: Settings, role: Role, is_active: bool
) -> None:
    boss = make(database, cheap, "boss")
    with pytest.raises(LastAdminError):
        service.change_operator(database, "boss", boss, role, is_active=is_active)
    with database.read() as session:
        row = session.get(Operator, boss)
        assert row is not None
        assert (row.role, row.is_active) == ("admin", True)
