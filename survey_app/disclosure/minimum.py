"""How many ballots a group must have to be shown: tightened with a reason, never loosened."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.small_groups import COMMENT_MINIMUM, PRIVACY_MINIMUM
from forms.problems import N_, Problem
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.disclosure.tables import PrivacyMinimum
from survey_app.record import service as record
from survey_app.rounds.frozen import hold_round

MOST = 1000


@dataclass(frozen=True, slots=True)
class Minimum:
    """For scores and for comments."""

    scores: int = PRIVACY_MINIMUM
    comments: int = COMMENT_MINIMUM


def minimum_of(session: Session, round_id: int) -> Minimum:
    """What holds for a round."""
    row = session.scalar(
        select(PrivacyMinimum)
        .where(PrivacyMinimum.round_id == round_id)
        .order_by(PrivacyMinimum.id.desc())
        .limit(1)
    )
    return Minimum() if row is None else Minimum(row.scores, row.comments)


def tighten(database: Database, operator: str, round_id: int, wanted: Minimum, reason: str) -> None:
    """Ask for more ballots from now on, on record. Raises ProblemsError for less than holds."""
    reason = " ".join(reason.split())
    with database.write() as session:
        hold_round(session, round_id)
        now = minimum_of(session, round_id)
        problems = list(_problems(now, wanted, reason))
        if problems:
            raise ProblemsError(problems)
        session.add(
            PrivacyMinimum(
                round_id=round_id,
                scores=wanted.scores,
                comments=wanted.comments,
                reason=reason,
                operator=operator,
                at=clock.now(),
            )
        )
        record.append(
            session,
            operator,
            "minimum.tightened",
            round_id=round_id,
            scores=wanted.scores,
            comments=wanted.comments,
            reason=reason,
        )


def _problems(now: Minimum, wanted: Minimum, reason: str) -> Iterator[Problem]:
    pairs = (
        (N_("显示得分的最低份数"), now.scores, wanted.scores),
        (N_("显示意见的最低份数"), now.comments, wanted.comments),
    )
    for name, before, after in pairs:
        if after < before:
            remedy = N_("只能改严，不能放宽；请填 {n} 或更大的数")
            yield Problem(name, N_("比现在的 {n} 小"), remedy, {"n": before})
        elif after > MOST:
            yield Problem(name, N_("大于 {n}"), N_("请填小一些的数"), {"n": MOST})
    if now == wanted:
        yield Problem(N_("最低份数"), N_("和现在一样"), N_("请填更大的数"))
    if not reason:
        yield Problem(N_("理由"), N_("没有写理由"), N_("请写明为什么要改严"))
