"""What other rooms take from appraisals: grades as earlier results, marks as indicator rows."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from analysis import periods
from analysis.inputs import HistoryRow, IndicatorRow
from survey_app.appraisals.rules import Rules, rules_of
from survey_app.appraisals.sheets import indicator_row, load_items, load_marks
from survey_app.appraisals.tables import AppraisalForm, AppraisalMember, AppraisalPeriod


def newest_filed() -> Select[int, str, int]:
    """Period, person and version of the newest filed form of everybody."""
    return (
        select(
            AppraisalForm.period_id,
            AppraisalForm.person,
            func.max(AppraisalForm.version).label("version"),
        )
        .where(AppraisalForm.filing == "filed")
        .group_by(AppraisalForm.period_id, AppraisalForm.person)
    )


def periods_within(session: Session, outer: str) -> list[AppraisalPeriod]:
    """The periods inside a period or year, in order; all of them for ""."""
    found = session.scalars(select(AppraisalPeriod))
    inside = [one for one in found if not outer or periods.contains(outer, one.period)]
    return sorted(inside, key=lambda one: periods.order(one.period))


def grades_as_history(session: Session, outer: str = "") -> list[HistoryRow]:
    """The filed grades within a period or year ("" is all there are), by the grades' names.

    `series` is the key of the scheme of the period; `score` the sum of the marks.
    """
    found: list[HistoryRow] = []
    for period in periods_within(session, outer):
        rules = rules_of(period)
        found += [
            HistoryRow(
                person, period.period, rules.grade_name(grade), rules.scheme.key, _score(score)
            )
            for person, grade, score in session.execute(
                _filed_forms(period.id).with_only_columns(
                    AppraisalForm.person, AppraisalForm.grade, AppraisalForm.score_hundredths
                )
            )
        ]
    return found


def _score(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths) / 100


def _filed_forms(period_id: int) -> Select[AppraisalForm]:
    newest = newest_filed().where(AppraisalForm.period_id == period_id).subquery()
    return (
        select(AppraisalForm)
        .join(
            newest,
            (newest.c.period_id == AppraisalForm.period_id)
            & (newest.c.person == AppraisalForm.person)
            & (newest.c.version == AppraisalForm.version),
        )
        .order_by(AppraisalForm.person)
    )


def marks_as_indicators(session: Session, period: str) -> list[IndicatorRow]:
    """The filed sheets of a period as indicators of the scheme's leaf of appraisals, by marks."""
    found = session.scalar(select(AppraisalPeriod).where(AppraisalPeriod.period == period))
    if found is None:
        return []
    rules = rules_of(found)
    rows = session.execute(
        _filed_forms(found.id)
        .join(
            AppraisalMember,
            (AppraisalMember.period_id == AppraisalForm.period_id)
            & (AppraisalMember.person == AppraisalForm.person),
        )
        .with_only_columns(
            AppraisalForm.person, AppraisalForm.items, AppraisalForm.marks, AppraisalMember.leader
        )
    )
    return [one for row in rows for one in _indicators(rules, row)]


def _indicators(rules: Rules, row: Row[str, str, str, str]) -> Iterator[IndicatorRow]:
    person, items, marks, leader = row
    pairs = zip(load_items(items), load_marks(marks), strict=True)
    for number, (item, mark) in enumerate(pairs, start=1):
        made = indicator_row(person, rules.leaf, number, item, mark)
        yield replace(made, assessor=leader, is_certified=True)
