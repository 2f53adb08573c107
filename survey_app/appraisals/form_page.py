"""One form as its page and its prints show it, with its acts and the versions before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import Problem
from survey_app.appraisals import loading, sheets, steps
from survey_app.appraisals.rules import Rules, rules_of
from survey_app.appraisals.sheets import Marks, Sheet
from survey_app.appraisals.tables import (
    AppraisalAct,
    AppraisalForm,
    AppraisalMember,
    AppraisalPeriod,
)
from survey_app.appraisals.templates import starting_items, templates_of
from survey_app.appraisals.who import EVERYTHING, Sight
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.supervision.units import names_of_all


@dataclass(frozen=True, slots=True)
class FormPage:
    """One form with everything its page and its prints show."""

    period: AppraisalPeriod
    rules: Rules
    member: AppraisalMember
    unit_name: str
    form: AppraisalForm | None
    items: Sheet
    marks: Marks
    acts: Sequence[AppraisalAct]
    versions: Sequence[AppraisalForm]
    """The versions before, the newest first."""
    starting: Sheet
    warnings: Sequence[Problem]

    @property
    def step(self) -> int:
        return self.form.step if self.form else 0

    @property
    def score(self) -> str:
        held = self.form.score_hundredths if self.form else None
        return "" if held is None else f"{held / 100:.2f}"

    @property
    def objection_until(self) -> date | None:
        """The last day to object, once there is a decision."""
        if self.form is None or self.form.decided_on is None:
            return None
        return self.form.decided_on + timedelta(days=self.period.objection_days)

    @property
    def answer_until(self) -> date | None:
        """The last day to answer an objection."""
        if self.form is None or self.form.objected_on is None:
            return None
        return self.form.objected_on + timedelta(days=self.period.objection_days)

    def last_act(self, kind: str) -> AppraisalAct | None:
        """The latest act of a kind on this version."""
        return next((one for one in reversed(self.acts) if one.kind == kind), None)


def read_form(
    database: Database,
    period_id: int,
    person: str,
    sight: Sight = EVERYTHING,
    version: int | None = None,
) -> FormPage:
    """Somebody's form, the one that counts or an earlier version. Raises ForbiddenError."""
    with database.read() as session:
        member = loading.load_member(session, period_id, person)
        sight.check(member.unit, person)
        period = loading.load_period(session, period_id)
        rules = rules_of(period)
        every = session.scalars(
            select(AppraisalForm)
            .where(AppraisalForm.period_id == period_id, AppraisalForm.person == person)
            .order_by(AppraisalForm.version.desc())
        ).all()
        shown = member.version if version is None else version
        form = next((one for one in every if one.version == shown), None)
        if form is None and version is not None:
            raise NotFoundError
        items = sheets.load_items(form.items) if form else ()
        return FormPage(
            period=period,
            rules=rules,
            member=member,
            unit_name=names_of_all(session).get(member.unit, member.unit),
            form=form,
            items=items,
            marks=sheets.load_marks(form.marks) if form and form.step >= steps.REVIEW else (),
            acts=_acts(session, form),
            versions=[one for one in every if one.version < shown],
            starting=items or starting_items(templates_of(session, period_id), member),
            warnings=sheets.sheet_warnings(person, rules.scheme, rules.leaf, items),
        )


def _acts(session: Session, form: AppraisalForm | None) -> Sequence[AppraisalAct]:
    if form is None:
        return ()
    return session.scalars(
        select(AppraisalAct).where(AppraisalAct.form_id == form.id).order_by(AppraisalAct.id)
    ).all()
