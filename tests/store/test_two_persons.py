"""Acts of two persons: nobody approves the own act, one decision each, a permit is used once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from survey_app.accounts import two_persons
from survey_app.accounts.act_tables import ActDecision, PermitUse, TwoPersonAct
from survey_app.accounts.service import OperatorSpec, change_within, create_operator
from survey_app.accounts.tables import Operator
from survey_app.accounts.two_persons import (
    Act,
    DecidedError,
    OwnActError,
    PermitNeededError,
)
from survey_app.core import clock
from survey_app.core.access import Role, SignedIn
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ForbiddenError, ProblemsError
from survey_app.record.service import broken_entries
from survey_app.record.tables import RecordEntry

ANN = SignedIn(1, "ann", "甲", "admin")
BEN = SignedIn(2, "ben", "乙", "security")
EVE = SignedIn(3, "eve", "丙", "viewer")
CAM = SignedIn(4, "cam", "丁", "clerk")
MADE = datetime(2026, 3, 2, 1, tzinfo=UTC)
carried: list[Act] = []


def carry_out(_session: Session, act: Act) -> None:
    if act.details.get("is_impossible"):
        raise DomainError
    carried.append(act)


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch, database: Database, settings: Settings) -> None:
    monkeypatch.setattr(two_persons, "KINDS", {})
    two_persons.register("try", "试一试", carry_out)
    two_persons.register("look", "看一看")
    carried.clear()
    with time_machine.travel(MADE, tick=False):
        for one in (ANN, BEN, EVE, CAM):
            make_account(database, settings, one.login, one.role)


def make_account(database: Database, settings: Settings, login: str, role: Role) -> None:
    cheap = replace(settings, is_cheap_hashing=True)
    spec = OperatorSpec(login, login, role)
    create_operator(database, cheap, "tests", spec, "a long enough phrase")


def asked(database: Database, kind: str = "try", **details: object) -> int:
    with database.write() as session:
        return two_persons.ask(session, "ann", kind, "市里 要求", None, **details)


def state(database: Database, act_id: int) -> str:
    with database.read() as session:
        row = session.get(TwoPersonAct, act_id)
        assert row is not None
        return two_persons.state_of(row, clock.now())


def test_another_person_approves_and_it_happens_on_record(database: Database) -> None:
    act_id = asked(database, what="x")
    assert two_persons.n_to_decide(database, BEN) == 1
    assert two_persons.n_to_decide(database, ANN) == 0
    two_persons.approve(database, BEN, act_id, "核对过")
    (act,) = carried
    assert (act.asked_by, act.approved_by, act.details) == ("ann", "ben", {"what": "x"})
    assert state(database, act_id) == "approved"
    with database.read() as session:
        entries = session.scalars(select(RecordEntry).order_by(RecordEntry.id)).all()[-2:]
        assert [(one.operator, one.action) for one in entries] == [
            ("ann", "act.ask"),
            ("ben", "act.approve"),
        ]
        assert not list(broken_entries(session))


def test_nobody_approves_the_own_act_and_no_other_role_does(database: Database) -> None:
    act_id = asked(database)
    with pytest.raises(OwnActError):
        two_persons.approve(database, ANN, act_id)
    with pytest.raises(ForbiddenError):
        two_persons.approve(database, EVE, act_id)
    assert (carried, state(database, act_id)) == ([], "asked")


def test_nobody_approves_what_they_could_not_ask_for(database: Database) -> None:
    """A clerk has fewer rights than an administrator; security is kept apart and may."""
    two_persons.register("both", "都能提", carry_out, askers=("admin", "clerk"))
    act_id = asked(database)
    with pytest.raises(ForbiddenError):
        two_persons.approve(database, CAM, act_id)
    assert two_persons.n_to_decide(database, CAM) == 0
    assert (carried, state(database, act_id)) == ([], "asked")
    two_persons.approve(database, CAM, asked(database, "both"))
    two_persons.approve(database, BEN, act_id)
    assert [(one.kind, one.approved_by) for one in carried] == [("both", "cam"), ("try", "ben")]
    with pytest.raises(ValueError, match="wide"):
        two_persons.register("wide", "太宽", askers=("admin",), approvers=("admin", "clerk"))


def test_without_that_guard_a_clerk_would_pass_an_administrators_act(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counter-proof: the same approval with the kind's approvers as they once were."""
    act_id = asked(database)
    wide = replace(two_persons.KINDS["try"], approvers=("admin", "clerk"))
    monkeypatch.setitem(two_persons.KINDS, "try", wide)
    two_persons.approve(database, CAM, act_id)
    assert state(database, act_id) == "approved"


def last_details(database: Database) -> dict[str, Any]:
    with database.read() as session:
        entries = select(RecordEntry).where(RecordEntry.action == "act.approve")
        return session.scalars(entries.order_by(RecordEntry.id.desc())).all()[0].details


def test_accounts_made_or_changed_within_a_week_are_named_on_record(
    database: Database, settings: Settings
) -> None:
    with time_machine.travel(MADE + timedelta(days=10), tick=False):
        make_account(database, settings, "fay", "viewer")
    with time_machine.travel(MADE + timedelta(days=13, hours=5), tick=False):
        with database.write() as session:
            row = session.scalars(select(Operator).where(Operator.login == "fay")).one()
            change_within(session, "ann", row, "admin", is_active=True, scope="")
        two_persons.approve(database, SignedIn(5, "fay", "戊", "admin"), asked(database))
    told = {"fay": {"made_days": 3, "changed_days": 0}}
    assert last_details(database)["recent"] == told
    with time_machine.travel(MADE + timedelta(days=30), tick=False):
        two_persons.approve(database, BEN, asked(database))
    assert last_details(database)["recent"] == {}


def forge(database: Database, act_id: int, asked_by: str, approved_by: str) -> None:
    with database.write() as session:
        session.execute(
            insert(ActDecision).values(
                act_id=act_id,
                asked_by=asked_by,
                approved_by=approved_by,
                verdict="approve",
                note="",
                at=clock.now(),
            )
        )


def test_the_database_itself_refuses_the_own_act_and_a_false_asker(database: Database) -> None:
    act_id = asked(database)
    for asked_by, approved_by in (("ann", "ann"), ("ben", "ann"), ("ann", "nobody")):
        with pytest.raises(IntegrityError):
            forge(database, act_id, asked_by, approved_by)
    assert state(database, act_id) == "asked"
    forge(database, act_id, "ann", "ben")
    assert state(database, act_id) == "approved"


def test_without_the_check_the_own_act_would_pass(database: Database) -> None:
    """The counter-proof: what the test before refuses goes in once the check is gone."""
    act_id = asked(database)
    if database.is_sqlite:
        with database.write() as session:
            session.execute(text("PRAGMA ignore_check_constraints = 1"))
            session.execute(
                text(
                    "INSERT INTO act_decision (act_id, asked_by, approved_by, verdict, note, at)"
                    " VALUES (:id, 'ann', 'ann', 'approve', '', '2026-01-01 00:00:00')"
                ),
                {"id": act_id},
            )
    else:
        with database.write() as session:
            session.execute(
                text("ALTER TABLE act_decision DROP CONSTRAINT ck_act_decision_two_persons")
            )
        forge(database, act_id, "ann", "ann")
    assert state(database, act_id) == "approved"


@pytest.mark.parametrize("table", ["two_person_act", "act_decision", "permit_use"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_what_was_decided_is_never_changed(database: Database, table: str, change: str) -> None:
    act_id = asked(database, "look")
    two_persons.approve(database, BEN, act_id)
    with database.write() as session:
        two_persons.require_permit(session, "ann", "look", None)
    column = "id" if table == "two_person_act" else "act_id"
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(change.format(table, column, column)))


def test_an_act_that_cannot_be_done_is_not_approved_either(database: Database) -> None:
    act_id = asked(database, is_impossible=True)
    with pytest.raises(DomainError):
        two_persons.approve(database, BEN, act_id)
    assert state(database, act_id) == "asked"


def test_it_is_decided_once_with_a_reason_and_lapses_after_a_week(database: Database) -> None:
    act_id = asked(database)
    with pytest.raises(ProblemsError):
        two_persons.decline(database, BEN, act_id, " ")
    two_persons.decline(database, BEN, act_id, "材料不全")
    assert state(database, act_id) == "declined"
    with pytest.raises(DecidedError):
        two_persons.approve(database, BEN, act_id)
    later = asked(database)
    assert later != act_id
    assert asked(database) == later, "what waits already is not asked twice"
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1), tick=False):
        assert state(database, later) == "lapsed"
        with pytest.raises(DecidedError):
            two_persons.approve(database, BEN, later)
    assert carried == []


def test_whoever_asked_may_take_it_back(database: Database) -> None:
    act_id = asked(database)
    two_persons.decline(database, ANN, act_id, "写错了")
    assert state(database, act_id) == "declined"


def test_a_permit_is_for_whoever_asked_once_within_a_day(database: Database) -> None:
    def use(login: str) -> None:
        with database.write() as session:
            two_persons.require_permit(session, login, "look", None)

    act_id = asked(database, "look")
    with pytest.raises(PermitNeededError):
        use("ann")
    two_persons.approve(database, BEN, act_id)
    with pytest.raises(PermitNeededError):
        use("ben")
    with (
        time_machine.travel(clock.now() + timedelta(hours=24, minutes=1), tick=False),
        pytest.raises(PermitNeededError),
    ):
        use("ann")
    use("ann")
    with pytest.raises(PermitNeededError):
        use("ann")


def race(database: Database, n: int = 6) -> list[bool]:
    """`n` threads look for the permit together and only then try to use it."""
    barrier, won = Barrier(n), []

    def run() -> None:
        with database.read() as session:
            found = two_persons.find_permit(session, "ann", "look", None)
        barrier.wait()
        assert found is not None
        try:
            with database.write_rows() as connection:
                connection.execute(insert(PermitUse).values(act_id=found.id, at=clock.now()))
            won.append(True)
        except IntegrityError:
            won.append(False)

    threads = [Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_a_permit_is_used_once_under_a_race(database: Database) -> None:
    act_id = asked(database, "look")
    two_persons.approve(database, BEN, act_id)
    assert sorted(race(database)) == [False] * 5 + [True]


def test_without_its_primary_key_a_permit_would_be_used_often(database: Database) -> None:
    """The counter-proof: the same race over a table without the key."""
    act_id = asked(database, "look")
    two_persons.approve(database, BEN, act_id)
    with database.write() as session:
        session.execute(text("DROP TABLE permit_use"))
        session.execute(text("CREATE TABLE permit_use (act_id INTEGER, at TIMESTAMP)"))
    assert race(database) == [True] * 6


def test_two_who_decide_at_once_get_one_decision(database: Database) -> None:
    act_id = asked(database)
    barrier, outcomes = Barrier(4), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            if number % 2:
                two_persons.approve(database, BEN, act_id)
            else:
                two_persons.decline(database, BEN, act_id, "不行")
            outcomes.append("done")
        except DecidedError:
            outcomes.append("late")

    threads = [Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "late", "late", "late"]
