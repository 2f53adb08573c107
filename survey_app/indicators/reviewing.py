"""The indicators of a round looked over before they are used: what must change, what may stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.indicator_points import leaves_of, points_problems
from analysis.indicator_review import IndicatorWarning, mark_words, review
from analysis.inputs import IndicatorRow, RateeRow
from analysis.scheme import Scheme
from forms.problems import N_, InputError, Problem
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.indicators import kept
from survey_app.indicators.basis import ratees_of, scheme_of
from survey_app.indicators.tables import Confirmation
from survey_app.record import service as record
from survey_app.rounds.frozen import hold_round, load_round
from survey_app.rounds.tables import Round

if TYPE_CHECKING:
    from analysis.indicators import IndicatorScores


class NeedsReasonError(DomainError):
    status = 422
    message = N_("确认要写明理由。")
    remedy = N_("请写明为什么这样可以，例如已有细则。")


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning, with who let it stand and why; `pieces` are its text with the words marked."""

    warning: IndicatorWarning
    pieces: tuple[tuple[str, bool], ...]
    confirmation: Confirmation | None


@dataclass(frozen=True, slots=True)
class Look:
    """Everything found in a round's indicators."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Warned, ...] = ()


def look_over(database: Database, row: Round) -> Look:
    """What must be put right, and the warnings, those to be dealt with first."""
    with database.read() as session:
        return _look(session, row)


def _look(session: Session, row: Round) -> Look:
    scheme = scheme_of(row)
    rows = [one.row() for one in kept.load(session, row.id)]
    if scheme is None or not rows:
        return Look()
    people = ratees_of(session, row)
    scores, problems = score_loosely(scheme, people, rows)
    if scores is None:
        return Look(problems)
    confirmed = _confirmations(session, row.id)
    warned = [
        Warned(one, mark_words(one.text, one.words), confirmed.get(one.key))
        for one in review(scheme, people, rows, scores.results)
    ]
    return Look(problems, tuple(sorted(warned, key=lambda one: one.confirmation is not None)))


def score_loosely(
    scheme: Scheme, people: Sequence[RateeRow], rows: Sequence[IndicatorRow]
) -> "tuple[IndicatorScores | None, tuple[Problem, ...]]":
    """The scores as far as figures go, and what keeps the indicators from being used.

    None where a row belongs to no part of the scheme.
    """
    # Scores bring numpy, which a server that only takes answers does not load.
    from analysis.indicators import score_known

    lenient = replace(scheme, missing="redistribute")
    try:
        leaves = leaves_of(lenient, rows)
    except InputError as error:
        return None, error.problems
    names = {row.key: row for row in people}
    wrong = points_problems(names, [(row, leaves[row.component]) for row in rows])
    return score_known(lenient, people, rows), tuple(wrong)


def _confirmations(session: Session, round_id: int) -> Mapping[str, Confirmation]:
    found = session.scalars(select(Confirmation).where(Confirmation.round_id == round_id))
    return {one.key: one for one in found}


def confirm(database: Database, operator: str, round_id: int, key: str, reason: str) -> None:
    """Let a warning stand for a reason, on record. NotFoundError where it is not there (any more).

    A text that is changed later brings its warning back.
    """
    reason = reason.strip()[:1000]
    if not reason:
        raise NeedsReasonError
    with database.write() as session:
        row = hold_round(session, round_id)
        found = {one.warning.key: one for one in _look(session, row).warnings}
        if key not in found:
            raise NotFoundError
        if found[key].confirmation is None:
            now: datetime = clock.now()
            session.add(
                Confirmation(round_id=round_id, key=key, reason=reason, operator=operator, at=now)
            )
            about = found[key].warning.problem.where
            facts = {"about": about, "kind": found[key].warning.kind, "reason": reason}
            record.append(session, operator, "indicator.confirm", round_id=round_id, **facts)


def glance(database: Database, round_id: int) -> list[Problem]:
    """What stands against freezing, without a look at the scores."""
    with database.read() as session:
        return problems_before_freeze(session, load_round(session, round_id), clock.now())


def problems_before_freeze(session: Session, row: Round, _at: datetime) -> list[Problem]:
    """Full marks that do not add up, and vague standards nobody has confirmed.

    Asked for every page that shows a draft, so it looks at samples where they are enough.
    """
    samples = [one.row() for one in kept.load_samples(session, row.id)]
    scheme = scheme_of(row)
    if scheme is None or not samples:
        return []
    people = ratees_of(session, row)
    try:
        leaves_of(scheme, samples)
    except InputError as error:
        return list(error.problems)
    confirmed = _confirmations(session, row.id)
    return [
        *_points_problems(session, row, scheme, people),
        *(
            one.problem
            for one in review(scheme, people, samples)
            if one.kind == "vague" and one.key not in confirmed
        ),
    ]


def _points_problems(
    session: Session, row: Round, scheme: Scheme, people: Sequence[RateeRow]
) -> list[Problem]:
    rules = [leaf.points for leaf in scheme.leaves()]
    if all(rule.total is None and not rule.by_attribute for rule in rules):
        return []
    rows = [one.row() for one in kept.load(session, row.id)]
    leaves = leaves_of(scheme, rows)
    return points_problems(
        {one.key: one for one in people}, [(one, leaves[one.component]) for one in rows]
    )
