"""Items to start sheets with: common ones for everybody, specific ones by post."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.appraisals import filling, loading, sheets, steps
from survey_app.appraisals.desk import PeriodClosedError, refuse
from survey_app.appraisals.rules import rules_of
from survey_app.appraisals.sheets import Sheet
from survey_app.appraisals.tables import AppraisalAct, AppraisalMember, AppraisalTemplate
from survey_app.appraisals.who import sight_of
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError
from survey_app.record import service as record

EVERYWHERE = ""
ANY_POST = ""


def save_template(
    database: Database, by: SignedIn, period_id: int, unit: str, post: str, items: Sheet
) -> None:
    """Keep items to start with; none takes the template away. `unit` "" is for the office only.

    Raises ForbiddenError, ProblemsError (an item without text, more points than there are).
    """
    with database.write() as session:
        period = loading.load_period(session, period_id)
        if unit == EVERYWHERE and by.role not in steps.OFFICE:
            raise ForbiddenError
        if unit != EVERYWHERE:
            sight_of(by).check(unit)
        if period.state != "open":
            raise PeriodClosedError
        refuse(_template_problems(items, rules_of(period).leaf.points.by_attribute))
        row = session.get(AppraisalTemplate, (period_id, unit, post))
        if row is not None:
            session.delete(row)
            session.flush()
        if items:
            session.add(
                AppraisalTemplate(
                    period_id=period_id, unit=unit, post=post, items=sheets.dump_items(items)
                )
            )
        record.append(
            session,
            by.login,
            "appraisal.template",
            period=period.period,
            unit=unit,
            post=post,
            n=len(items),
        )


def _template_problems(items: Sheet, by_attribute: Sequence[tuple[str, Decimal]]) -> list[Problem]:
    problems = [
        Problem(f"{number}", N_("没有写考核内容"), N_("请写明考核什么，或删去分值"))
        for number, item in enumerate(items, start=1)
        if not item.text or item.points <= 0
    ]
    for attribute, most in by_attribute:
        total = sum((one.points for one in items if one.attribute == attribute), Decimal(0))
        if total > most:
            values = {"attribute": attribute, "total": f"{most}", "sum": f"{total}"}
            message = N_("{attribute}指标合计 {sum} 分，多于规定的 {total} 分")
            problems.append(Problem(attribute, message, N_("请减少分值"), values))
    return problems


def templates_of(session: Session, period_id: int) -> dict[tuple[str, str], Sheet]:
    """(unit, post) → the items kept for them."""
    rows = session.scalars(
        select(AppraisalTemplate).where(AppraisalTemplate.period_id == period_id)
    )
    return {(one.unit, one.post): sheets.load_items(one.items) for one in rows}


def starting_items(kept: dict[tuple[str, str], Sheet], member: AppraisalMember) -> Sheet:
    """The items somebody's sheet starts with: the unit's before everybody's, then the post's."""
    common = kept.get((member.unit, ANY_POST)) or kept.get((EVERYWHERE, ANY_POST), ())
    if not member.post:
        return common
    specific = kept.get((member.unit, member.post)) or kept.get((EVERYWHERE, member.post), ())
    return common + specific


def draw_up(database: Database, by: SignedIn, period_id: int, unit: str) -> tuple[int, list[str]]:
    """Step 1 for everybody in a unit whose starting items make a whole sheet.

    Returns how many sheets were fixed, and who still needs items of their own.
    """
    with database.write() as session:
        sight_of(by).check(unit)
        period = loading.load_period(session, period_id)
        if by.role not in steps.ACTS["indicators"].roles:
            raise ForbiddenError
        if period.state != "open":
            raise PeriodClosedError
        rules, kept = rules_of(period), templates_of(session, period_id)
        waiting = [
            one
            for one in loading.load_roster(session, period_id)
            if one.unit == unit and not one.version
        ]
        left, made = [], []
        for member in waiting:
            form = filling.blank_form(period_id, member.person)
            if filling.set_indicators(form, rules, starting_items(kept, member)):
                left.append(member.person)
            else:
                made.append(form)
                member.version = form.version
        session.add_all(made)
        session.flush()
        now = clock.now()
        acts = [
            {"form_id": form.id, "kind": "indicators", "operator": by.login, "at": now}
            | {"is_proxy": False, "words": ""}
            for form in made
        ]
        if acts:
            session.execute(insert(AppraisalAct), acts)
        record.append(
            session, by.login, "appraisal.draw_up", period=period.period, unit=unit, n=len(made)
        )
        return len(made), left
