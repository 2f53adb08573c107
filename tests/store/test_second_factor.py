"""The second factor: no code twice, delays, recovery codes once, a secret only readable here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pyotp
import pytest
import time_machine
from sqlalchemy import select, text

from survey_app.accounts import operator_acts, second_factor, service, two_persons
from survey_app.accounts.second_factor import SecretLostError, WrongCodeError
from survey_app.accounts.service import HalfSignedIn, OperatorSpec
from survey_app.accounts.tables import Operator, RecoveryCode, SecondFactor
from survey_app.accounts.two_persons import OwnActError, PermitNeededError
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, ProblemsError
from survey_app.record.tables import RecordEntry

GOOD = "a long enough phrase"
NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)


@pytest.fixture
def cheap(settings: Settings) -> Settings:
    return replace(settings, is_cheap_hashing=True)


@pytest.fixture
def me(database: Database, cheap: Settings) -> SignedIn:
    for login in ("wang", "li"):
        service.create_operator(database, cheap, "tests", OperatorSpec(login, login, "admin"), GOOD)
    return SignedIn(1, "wang", "王", "admin")


LI = SignedIn(2, "li", "李", "admin")


def enrol(database: Database, settings: Settings, me: SignedIn) -> tuple[pyotp.TOTP, list[str]]:
    made = second_factor.begin(settings, me)
    totp = pyotp.TOTP(made.secret)
    codes = second_factor.confirm(database, settings, me, made.sealed, totp.at(clock.now()))
    return totp, list(codes)


def half(database: Database, settings: Settings) -> str:
    found = service.sign_in(database, settings, "wang", GOOD)
    assert isinstance(found, HalfSignedIn)
    return found.text


def test_the_password_alone_is_half_of_signing_in(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    with time_machine.travel(NOW, tick=False) as moment:
        assert isinstance(service.sign_in(database, cheap, "wang", GOOD), str)
        totp, _codes = enrol(database, cheap, me)
        text = half(database, cheap)
        assert service.find_session(database, text) is None
        assert service.second_step(database, cheap, text, "000000") is None
        moment.shift(30)
        token = service.second_step(database, cheap, text, totp.at(clock.now()))
        assert token is not None
        found = service.find_session(database, token)
        assert found is not None
        assert found.login == "wang"


def test_no_code_is_taken_twice_nor_one_before_it(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    with time_machine.travel(NOW, tick=False) as moment:
        totp, _codes = enrol(database, cheap, me)
        first = totp.at(clock.now())
        assert service.second_step(database, cheap, half(database, cheap), first) is None, "replay"
        moment.shift(30)
        code = totp.at(clock.now())
        assert service.second_step(database, cheap, half(database, cheap), code)
        moment.shift(20)
        assert service.second_step(database, cheap, half(database, cheap), code) is None
        moment.shift(40)
        late = totp.at(clock.now() - timedelta(seconds=30))
        assert service.second_step(database, cheap, half(database, cheap), late), "one step late"
        moment.shift(300)
        old = totp.at(clock.now() - timedelta(seconds=90))
        assert service.second_step(database, cheap, half(database, cheap), old) is None


def test_without_the_last_step_a_code_would_be_taken_twice(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    """The counter-proof: the replay is refused by the stored step and by nothing else."""
    with time_machine.travel(NOW, tick=False):
        totp, _codes = enrol(database, cheap, me)
        code = totp.at(clock.now())
        assert service.second_step(database, cheap, half(database, cheap), code) is None
        with database.write() as session:
            session.execute(text("UPDATE second_factor SET last_step = 0"))
        assert service.second_step(database, cheap, half(database, cheap), code)


def test_of_two_who_use_a_code_at_once_one_gets_in(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    with time_machine.travel(NOW, tick=False) as moment:
        totp, _codes = enrol(database, cheap, me)
        moment.shift(60)
        code, texts, barrier = totp.at(clock.now()), [half(database, cheap)] * 4, Barrier(4)
        got: list[str | None] = []

        def run(text: str) -> None:
            barrier.wait()
            got.append(service.second_step(database, cheap, text, code))

        threads = [Thread(target=run, args=(one,)) for one in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(one is not None for one in got) == 1


def test_wrong_codes_count_into_the_delay_and_the_right_password_does_not_clear_it(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    with time_machine.travel(NOW, tick=False) as moment:
        totp, _codes = enrol(database, cheap, me)
        moment.shift(60)
        text = half(database, cheap)
        for _ in range(service.FREE_FAILURES):
            assert service.second_step(database, cheap, text, "000000") is None
        code = totp.at(clock.now())
        assert service.second_step(database, cheap, text, code) is None, "delayed"
        assert service.sign_in(database, cheap, "wang", GOOD) is None, "delayed"
        moment.shift(60)
        assert service.second_step(database, cheap, text, totp.at(clock.now()))


def test_half_a_sign_in_does_not_outlive_five_minutes_or_the_password(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    with time_machine.travel(NOW, tick=False) as moment:
        totp, _codes = enrol(database, cheap, me)
        early = half(database, cheap)
        moment.shift(service.HALF_SECONDS + 2)
        code = totp.at(clock.now())
        assert service.second_step(database, cheap, early, code) is None
        assert service.second_step(database, cheap, early + "x", code) is None
        fresh = half(database, cheap)
        service.change_password(database, cheap, me, GOOD, "another phrase, longer")
        assert service.second_step(database, cheap, fresh, code) is None


def test_a_recovery_code_is_good_once(database: Database, cheap: Settings, me: SignedIn) -> None:
    with time_machine.travel(NOW, tick=False):
        _totp, codes = enrol(database, cheap, me)
        assert len(set(codes)) == second_factor.RECOVERY_CODES
        typed = codes[0].upper().replace("-", " ")
        assert service.second_step(database, cheap, half(database, cheap), typed)
        assert service.second_step(database, cheap, half(database, cheap), typed) is None
        assert second_factor.n_recovery_codes(database, me.id) == 7
        fresh = second_factor.renew_recovery_codes(database, cheap, me, codes[1])
        assert service.second_step(database, cheap, half(database, cheap), codes[2]) is None
        assert service.second_step(database, cheap, half(database, cheap), fresh[0])


def test_the_store_holds_neither_the_secret_nor_the_codes(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    totp, codes = enrol(database, cheap, me)
    with database.read() as session:
        row = session.get(SecondFactor, me.id)
        assert row is not None
        held = row.secret + b"".join(session.scalars(select(RecoveryCode.digest)))
    assert totp.secret.encode() not in held
    assert all(code.replace("-", "").encode() not in held for code in codes)
    other = replace(cheap, secret_key=b"another secret, of 32 bytes or so")
    text = service._half_signer(other).dumps([1, ""])
    assert service.second_step(database, other, text, "000000") is None
    with pytest.raises(SecretLostError), database.write() as session:
        second_factor.take(session, other, me.id, "000000", clock.now())


def test_a_wrong_first_code_turns_nothing_on(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    made = second_factor.begin(cheap, me)
    assert second_factor.begin(cheap, me, made.sealed) == made, "a form that comes back"
    with pytest.raises(WrongCodeError):
        second_factor.confirm(database, cheap, me, made.sealed, "000000")
    code = pyotp.TOTP(made.secret).at(clock.now())
    for forged in ("", "zz", made.sealed[:-2] + "00"):
        with pytest.raises(WrongCodeError):
            second_factor.confirm(database, cheap, me, forged, code)
    with pytest.raises(WrongCodeError):
        second_factor.confirm(database, cheap, LI, made.sealed, code)
    assert not second_factor.has_second_factor(database, me.id)


def test_setting_it_anew_takes_two(database: Database, cheap: Settings, me: SignedIn) -> None:
    enrol(database, cheap, me)
    operator_acts.ask_reset(database, "li", operator_acts.RESET_FACTOR, me.id, "手机丢了")
    with pytest.raises(OwnActError):
        two_persons.approve(database, LI, 1)
    assert second_factor.has_second_factor(database, me.id)
    two_persons.approve(database, me, 1)
    assert not second_factor.has_second_factor(database, me.id)
    assert isinstance(service.sign_in(database, cheap, "wang", GOOD), str)


def test_the_password_of_an_administrator_is_set_anew_by_two(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    new = "another phrase, longer"
    with pytest.raises(PermitNeededError):
        operator_acts.reset_password(database, cheap, "li", me.id, new)
    operator_acts.ask_reset(database, "li", operator_acts.RESET_PASSWORD, me.id, "忘了")
    two_persons.approve(database, me, 1)
    with pytest.raises(PermitNeededError):
        operator_acts.reset_password(database, cheap, "li", LI.id, new)
    operator_acts.reset_password(database, cheap, "li", me.id, new)
    assert isinstance(service.sign_in(database, cheap, "wang", new), str)
    with pytest.raises(PermitNeededError):
        operator_acts.reset_password(database, cheap, "li", me.id, GOOD)


def test_an_administrator_is_lowered_by_two(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    def role() -> str:
        with database.read() as session:
            row = session.get(Operator, LI.id)
            assert row is not None
            return row.role

    with pytest.raises(ProblemsError):
        operator_acts.change(database, "wang", LI.id, "clerk", is_active=True)
    assert not operator_acts.change(database, "wang", LI.id, "clerk", is_active=True, reason="换岗")
    assert role() == "admin"
    with pytest.raises(OwnActError):
        two_persons.approve(database, me, 1)
    two_persons.approve(database, LI, 1)
    assert role() == "clerk"
    assert operator_acts.change(database, "wang", LI.id, "viewer", is_active=True), "one will do"


def test_once_security_is_apart_administrators_do_not_manage_operators(
    database: Database, cheap: Settings, me: SignedIn
) -> None:
    operator_acts.check_manager(database, me)
    assert set(operator_acts.missing_roles(database)) == {"system", "security", "auditor"}
    spec = OperatorSpec("sun", "孙", "security")
    sun = service.create_operator(database, cheap, "wang", spec, GOOD)
    with pytest.raises(ForbiddenError):
        operator_acts.check_manager(database, me)
    operator_acts.check_manager(database, SignedIn(sun, "sun", "孙", "security"))
    operator_acts.change(database, "sun", sun, "viewer", is_active=True, reason="试完")
    two_persons.approve(database, me, 1)
    operator_acts.check_manager(database, me)
    with database.read() as session:
        actions = list(session.scalars(select(RecordEntry.action)))
    assert actions.count("operator.separated") == actions.count("operator.joined") == 1
