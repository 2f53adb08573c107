"""What operators do with rounds: make, describe, freeze, open. Each function is a transaction."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms.problems import N_
from forms.questionnaire import Questionnaire, library
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError
from survey_app.record import service as record
from survey_app.register.tables import RaterClass, RosterEntry
from survey_app.rounds import life
from survey_app.rounds.frozen import FORMAT, hold_round
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.ratees import round_ratees
from survey_app.rounds.tables import Round

if TYPE_CHECKING:
    from analysis.scheme import Scheme

KEEP_DAYS = 30


class KeyTakenError(DomainError):
    status = 409
    message = N_("已经有编号为“{key}”的轮次。")
    remedy = N_("请换一个编号。")


class NotADraftError(DomainError):
    status = 409
    message = N_("本轮已经冻结，不能再修改。")
    remedy = N_("需要修改时请先解除冻结（开放之后不能再改）。")


class LoosenedError(DomainError):
    status = 409
    message = N_("本轮冻结过，已经定为密封轮次，不能再改成不密封的。")
    remedy = N_("保密只能加强，不能放松。确实不需要密封时，请另建一轮。")


@dataclass(frozen=True, slots=True)
class RoundSpec:
    """What describes a round while it is a draft.

    `is_sealed`: ballots stay encrypted until two of three key holders open them. `keep_days`: how
    long after the first assessment the raters' material is kept.
    `bindings`: {rater_class, ratee_class, questionnaire, short} each; none where the scheme asks
    nobody. `period` is what the round evaluates, see analysis.periods.
    """

    title: str
    organiser: str
    phone: str
    scheme_toml: str
    bindings: tuple[dict[str, Any], ...]
    target_per_ratee: int = 0
    close_at: datetime | None = None
    is_simulated: bool = False
    period: str = ""
    is_sealed: bool = False
    keep_days: int = KEEP_DAYS


def create_round(
    database: Database, keys: KeyStore, operator: str, key: str, spec: RoundSpec
) -> int:
    """A new draft and its secret key; returns the id. Raises KeyTakenError."""
    with database.write() as session:
        if session.scalar(select(Round.id).where(Round.key == key)) is not None:
            raise KeyTakenError(key=key)
        row = Round(key=key, created_at=clock.now())
        _describe(row, spec)
        session.add(row)
        session.flush()
        record.append(session, operator, "round.create", round_id=row.id, key=key)
        keys.create(row.id)
        return row.id


def update_round(database: Database, operator: str, round_id: int, spec: RoundSpec) -> None:
    """Change a draft. Raises NotADraftError once it is frozen or being tested."""
    with database.write() as session:
        row = hold_round(session, round_id)
        if row.state != "draft":
            raise NotADraftError
        _describe(row, spec)
        record.append(session, operator, "round.update", round_id=round_id)


def _describe(row: Round, spec: RoundSpec) -> None:
    row.title = spec.title
    row.organiser = spec.organiser
    row.phone = spec.phone
    row.scheme_toml = spec.scheme_toml
    row.bindings = list(spec.bindings)
    row.target_per_ratee = spec.target_per_ratee
    row.close_at = spec.close_at
    row.period = spec.period
    row.is_simulated = spec.is_simulated
    row.keep_days = spec.keep_days
    if row.is_sealed and not spec.is_sealed and row.frozen_at is not None:
        raise LoosenedError
    row.is_sealed = spec.is_sealed


def start_test(database: Database, operator: str, round_id: int) -> None:
    """Open the form for trial ballots, which are wiped before the round can be frozen."""
    _freeze_as(database, operator, round_id, "start_test")


def freeze(database: Database, operator: str, round_id: int) -> None:
    """Fix questions, scheme, ratees and rater classes; the digest goes on record."""
    _freeze_as(database, operator, round_id, "freeze")


def _freeze_as(database: Database, operator: str, round_id: int, step: life.Step) -> None:
    with database.write() as session:
        row = hold_round(session, round_id)
        problems = life.problems_before(session, row, step, clock.now())
        if problems:
            raise ProblemsError(problems)
        config = build_config(session, row, is_test=step == "start_test")
        life.move(session, row, step, operator, clock.now(), config)


def unfreeze(database: Database, operator: str, round_id: int) -> None:
    """Back to a draft, possible until the round opens."""
    with database.write() as session:
        life.move(session, hold_round(session, round_id), "unfreeze", operator, clock.now())


def open_round(database: Database, operator: str, round_id: int) -> None:
    """Let raters in."""
    with database.write() as session:
        life.move(session, hold_round(session, round_id), "open", operator, clock.now())


def list_rounds(session: Session) -> Sequence[Round]:
    """Newest first."""
    return session.scalars(select(Round).order_by(Round.id.desc())).all()


def build_config(session: Session, row: Round, *, is_test: bool = False) -> dict[str, Any]:
    """The round's document: what raters will see and results will use (see rounds.frozen).

    A test's ballots are never encrypted: they are wiped, and there may be no key yet.
    """
    scheme, problems = life.read_scheme(row)
    assert scheme is not None, problems
    bound = [
        {
            "rater_class": one["rater_class"],
            "ratee_class": one["ratee_class"],
            "questionnaire": bound_questionnaire(one).key,
        }
        for one in row.bindings
    ]
    forms = {bound_questionnaire(one).key: bound_questionnaire(one) for one in row.bindings}
    rater_classes = {one["rater_class"] for one in bound}
    return {
        "format": FORMAT,
        "round": row.key,
        "title": row.title,
        "organiser": row.organiser,
        "phone": row.phone,
        "period": row.period,
        "simulated": row.is_simulated,
        "target_per_ratee": row.target_per_ratee,
        "close_at": None if row.close_at is None else row.close_at.isoformat(),
        "keep_days": row.keep_days,
        "sealed": row.is_sealed and not is_test,
        "public_key": base64.b64encode(row.public_key or b"").decode(),
        "scheme": scheme.as_json(),
        "questionnaires": {key: form.as_json() for key, form in forms.items()},
        "bindings": bound,
        "ratees": _ratees(session, row, scheme),
        "rater_classes": [
            {"key": one.key, "name": one.name}
            for one in session.scalars(select(RaterClass).order_by(RaterClass.position))
            if one.key in rater_classes
        ],
        "expected": _expected(session, rater_classes),
    }


def bound_questionnaire(binding: dict[str, Any]) -> Questionnaire:
    """The questionnaire a binding names, in its short or its long form."""
    form = library()[binding["questionnaire"]]
    return form.short() if binding.get("short") else form


def _ratees(session: Session, row: Round, scheme: "Scheme") -> list[dict[str, Any]]:
    rows = round_ratees(session, row.bindings, scheme)
    return [
        {
            "number": number,
            "key": ratee.key,
            "name": ratee.name,
            "ratee_class": ratee.ratee_class,
            "group": ratee.group,
            "kind": ratee.kind,
            "parent": ratee.parent or "",
            "pool": ratee.pool or "",
        }
        for number, ratee in enumerate(rows, start=1)
    ]


def _expected(session: Session, classes: set[str]) -> dict[str, int]:
    rows = session.execute(
        select(RosterEntry.rater_class, func.count())
        .where(RosterEntry.rater_class.in_(classes))
        .group_by(RosterEntry.rater_class)
    )
    return dict(rows.all())
