"""Periods and steps 1 to 4: each function one transaction, every act stamped and on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from analysis import periods
from analysis.scheme import Scheme
from forms.problems import N_, Problem
from survey_app.appraisals import filling, loading, sheets
from survey_app.appraisals.bulk import FilledForm, file_many
from survey_app.appraisals.desk import open_form, refuse, today
from survey_app.appraisals.history import grades_as_history, marks_as_indicators
from survey_app.appraisals.rules import annual_of, frozen, quota_problems, scheme_problems
from survey_app.appraisals.sheets import Sheet
from survey_app.appraisals.tables import AppraisalPeriod
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError
from survey_app.record import service as record

__all__ = ["FilledForm", "file_many", "grades_as_history", "marks_as_indicators"]


class PeriodTakenError(DomainError):
    status = 409
    message = N_("已经有“{period}”这一期。")
    remedy = N_("请打开那一期，或换一个时期。")


@dataclass(frozen=True, slots=True)
class PeriodSpec:
    """What a new period is to be. `annual` None: found among the schemes given as known."""

    period: str
    title: str
    organiser: str
    scheme: Scheme
    due_on: date
    annual: Scheme | None = None
    objection_days: int = 5
    is_simulated: bool = False


def create_period(
    database: Database, operator: str, spec: PeriodSpec, known: Sequence[Scheme] = ()
) -> int:
    """Open a period under a scheme, whose text is kept. Raises PeriodTakenError, ProblemsError."""
    problems = scheme_problems(spec.scheme)
    if periods.parse(spec.period) is None:
        message = N_("“{period}”不是时期")
        values = {"period": spec.period}
        problems.append(Problem(N_("时期"), message, N_("请写成 2021-Q1、2021-H1 或 2021"), values))
    if problems:
        raise ProblemsError(problems)
    with database.write() as session:
        same = select(AppraisalPeriod.id).where(AppraisalPeriod.period == spec.period)
        if session.scalar(same) is not None:
            raise PeriodTakenError(period=spec.period)
        row = AppraisalPeriod(
            period=spec.period,
            title=spec.title or periods.in_words(spec.period),
            organiser=spec.organiser,
            scheme_json=frozen(spec.scheme),
            scheme_digest=spec.scheme.digest,
            annual_json=frozen(spec.annual or annual_of(spec.scheme, known)),
            due_on=spec.due_on,
            objection_days=spec.objection_days,
            is_simulated=spec.is_simulated,
            created_at=clock.now(),
        )
        session.add(row)
        session.flush()
        record.append(
            session,
            operator,
            "appraisal.create",
            period=spec.period,
            scheme=spec.scheme.key,
            digest=row.scheme_digest,
        )
        return row.id


def set_state(database: Database, operator: str, period_id: int, state: str) -> None:
    """End a period, or open it again."""
    with database.write() as session:
        row = loading.load_period(session, period_id, is_locked=True)
        if row.state != state:
            row.state = state
            record.append(session, operator, f"appraisal.{state}", period=row.period)


def fix_indicators(
    database: Database, by: SignedIn, period_id: int, person: str, items: Sheet
) -> None:
    """Step 1. Raises ProblemsError with everything wrong with the sheet."""
    with database.write() as session:
        desk = open_form(session, by, period_id, person, "indicators")
        refuse(filling.set_indicators(desk.form, desk.rules, items))
        session.add(desk.form)
        desk.member.version = desk.form.version
        desk.done()


def write_summary(
    database: Database, by: SignedIn, period_id: int, person: str, summary: str
) -> None:
    """Step 2."""
    with database.write() as session:
        desk = open_form(session, by, period_id, person, "summary")
        refuse(filling.set_summary(desk.form, summary))
        desk.done()


@dataclass(frozen=True, slots=True)
class Review:
    """What the leader in charge gives: a mark for each item in order, a grade, and words."""

    marks: tuple[Decimal | None, ...]
    proposed: str
    opinion: str = ""


def review(database: Database, by: SignedIn, period_id: int, person: str, given: Review) -> None:
    """Step 3."""
    with database.write() as session:
        desk = open_form(session, by, period_id, person, "review")
        found = loading.outlooks_now(session, desk.period, desk.rules, [desk.member])
        refuse(
            filling.set_review(
                desk.form,
                desk.rules,
                sheets.load_items(desk.form.items),
                given.marks,
                given.proposed,
                given.opinion,
                found.get(person),
            )
        )
        score = f"{(desk.form.score_hundredths or 0) / 100:.2f}"
        desk.done(f"{score} · {desk.rules.grade_name(given.proposed)}")


@dataclass(frozen=True, slots=True)
class Decision:
    """The party committee's decision for one person."""

    person: str
    grade: str
    reason: str = ""


def decide(
    database: Database,
    by: SignedIn,
    period_id: int,
    decisions: Sequence[Decision],
    on: date | None = None,
) -> None:
    """Step 4, for everybody a meeting decided on: all of them, or nobody.

    Raises ProblemsError; a refused grade names the rule and, for places, the pool.
    """
    with database.write() as session:
        problems: list[Problem] = []
        desks = [
            open_form(session, by, period_id, one.person, "decision", is_locked=True)
            for one in decisions
        ]
        if not desks:
            return
        first = desks[0]
        people = [desk.member for desk in desks]
        found = loading.outlooks_now(session, first.period, first.rules, people)
        for desk, one in zip(desks, decisions, strict=True):
            outlook = found.get(one.person)
            day = on or today()
            problems += filling.set_decision(
                desk.form, desk.rules, one.grade, one.reason, day, outlook
            )
        if not problems:
            session.flush()
            problems += quota_problems(
                first.rules, loading.places_of(session, period_id, first.rules)
            )
        refuse(problems)
        for desk, one in zip(desks, decisions, strict=True):
            words = [desk.rules.grade_name(one.grade), one.reason.strip()]
            desk.done(" · ".join(word for word in words if word))
