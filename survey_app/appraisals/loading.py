"""Periods, people on rosters and their forms, as rows; NotFoundError where there are none."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Integer, and_, func, select
from sqlalchemy.orm import Session

from analysis.outlook import Outlook
from survey_app.appraisals.history import grades_as_history
from survey_app.appraisals.rules import Place, Places, Rules, all_places, outlooks_of
from survey_app.appraisals.tables import AppraisalForm, AppraisalMember, AppraisalPeriod
from survey_app.core.errors import NotFoundError
from survey_app.supervision.units import names_of_all

CURRENT: ColumnElement[bool] = and_(
    AppraisalForm.period_id == AppraisalMember.period_id,
    AppraisalForm.person == AppraisalMember.person,
    AppraisalForm.version == AppraisalMember.version,
)
"""Joins a member with the form that counts."""


def load_period(session: Session, period_id: int, *, is_locked: bool = False) -> AppraisalPeriod:
    """One period; locked, whoever hands out places of it waits for the transaction."""
    found = session.get(AppraisalPeriod, period_id, with_for_update=is_locked)
    if found is None:
        raise NotFoundError
    return found


def load_member(
    session: Session, period_id: int, person: str, *, is_locked: bool = False
) -> AppraisalMember:
    """Somebody on a period's roster; locked while their form is written."""
    found = session.get(AppraisalMember, (period_id, person), with_for_update=is_locked)
    if found is None:
        raise NotFoundError
    return found


def load_form(session: Session, member: AppraisalMember) -> AppraisalForm | None:
    """The form that counts, None where none has been begun."""
    return session.scalar(
        select(AppraisalForm).where(
            AppraisalForm.period_id == member.period_id,
            AppraisalForm.person == member.person,
            AppraisalForm.version == member.version,
        )
    )


def load_roster(session: Session, period_id: int) -> Sequence[AppraisalMember]:
    """Everybody on a roster, by unit and alias."""
    return session.scalars(
        select(AppraisalMember)
        .where(AppraisalMember.period_id == period_id)
        .order_by(AppraisalMember.unit, AppraisalMember.person)
    ).all()


def places_of(session: Session, period_id: int, rules: Rules) -> list[Places]:
    """Every limited grade in every pool or unit of a period, with what is taken."""
    roster = session.execute(
        select(AppraisalMember.unit, AppraisalMember.pool).where(
            AppraisalMember.period_id == period_id
        )
    ).all()
    given = session.execute(
        select(
            AppraisalForm.grade,
            AppraisalMember.unit,
            AppraisalMember.pool,
            func.count(AppraisalForm.id, type_=Integer),
        )
        .join(AppraisalMember, CURRENT)
        .where(AppraisalForm.period_id == period_id, AppraisalForm.grade != "")
        .group_by(AppraisalForm.grade, AppraisalMember.unit, AppraisalMember.pool)
    ).all()
    counts: Counter[tuple[str, Place]] = Counter()
    for grade, unit, pool, n in given:
        counts[grade, (unit, pool)] = n
    units = names_of_all(session) if any(one.quotas for one in rules.grades) else {}
    return all_places(rules, [(unit, pool) for unit, pool in roster], counts, units)


def outlooks_now(
    session: Session, period: AppraisalPeriod, rules: Rules, people: Sequence[AppraisalMember]
) -> dict[str, Outlook]:
    """What earlier filed grades leave open to people, where the scheme looks at them at all."""
    if not rules.has_conditions:
        return {}
    history = [one for one in grades_as_history(session) if one.period != period.period]
    places = {one.person: (one.unit, one.pool) for one in people}
    return outlooks_of(rules.scheme, places, history, period.period)
