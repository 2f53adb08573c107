"""Publishing a round's results to everybody, and taking them back: both stay on record."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.results import RateeResult
from forms.problems import N_, Problem, canonical_json
from survey_app.assessments.decisions import decided_results
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.statistics.opening import open_statistics
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError, ProblemsError
from survey_app.disclosure import ledger
from survey_app.disclosure.minimum import Minimum, minimum_of
from survey_app.publication import files
from survey_app.publication.tables import Publication
from survey_app.record import service as record
from survey_app.rounds.frozen import hold_round, load_round
from survey_app.rounds.tables import Round

Style = Literal["grades", "scores", "intervals"]
STYLES: dict[str, str] = {
    "grades": N_("只公布等次"),
    "scores": N_("公布得分、名次和等次"),
    "intervals": N_("公布得分、置信区间、名次范围和等次"),
}
FILE, KIND = "results.json", "publication"
FILES_TELL_SCORES = Problem(
    N_("表格"),
    N_("只公布等次时，不能同时公布表格，因为表格里有得分"),
    N_("请换一种公布内容，或不勾选表格"),
)


class NotPublishedError(DomainError):
    status = 404
    message = N_("本轮没有公布中的结果。")
    remedy = N_("请回到发布页查看。")


@dataclass(frozen=True, slots=True)
class Published:
    """What is open to everybody of a round, as its page was published."""

    id: int
    key: str
    title: str
    style: str
    page: dict[str, Any]
    digest: str
    operator: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """The page 发布 of a round."""

    title: str
    key: str
    state: str
    is_simulated: bool
    releases: list[ledger.Line]
    published: Published | None
    minimum: Minimum


def desk(database: Database, round_id: int) -> Desk:
    """What has been released, what is published, and what holds."""
    with database.read() as session:
        row = load_round(session, round_id)
        return Desk(
            row.title,
            row.key,
            row.state,
            row.is_simulated,
            ledger.lines(session, round_id),
            _published(session, row),
            minimum_of(session, round_id),
        )


def publish(
    database: Database,
    settings: Settings,
    operator: str,
    round_id: int,
    style: Style,
    *,
    with_files: bool = False,
) -> str:
    """Open the newest run's results to everybody; gives the digest of the page.

    With `with_files` the workbook and the tables of the run are there for everybody, too; not
    beside a page of grades only (ProblemsError), for scores stand in them.
    """
    if with_files and style == "grades":
        raise ProblemsError([FILES_TELL_SCORES])
    of = open_statistics(database, settings, round_id, is_released=True)
    run = of.run
    beside = files.make(database, of) if with_files else {}
    page = page_of(run, decided_results(database, run), style)
    if beside:
        page["files"] = files.listed(beside)
    digest = hashlib.sha256(canonical_json(page)).hexdigest()
    with database.write() as session:
        hold_round(session, round_id)
        files.keep(session, run, beside, operator)
        release = ledger.enter(
            session,
            round_id,
            FILE,
            KIND,
            digest,
            run.guarded.cells if style != "grades" else None,
            reasons=run.guarded.reasons,
            operator=operator,
        )
        _add(session, round_id, release, "publish", style, page, "", operator)
        record.append(
            session,
            operator,
            "results.published",
            round_id=round_id,
            digest=digest,
            style=style,
            run=run.line.number,
            files=sorted(beside),
        )
    return digest


def withdraw(database: Database, operator: str, round_id: int, reason: str) -> None:
    """Close the page again. It stays in the ledger: who has seen it has seen it."""
    reason = " ".join(reason.split())
    if not reason:
        raise ProblemsError([Problem(N_("理由"), N_("没有写理由"), N_("请写明为什么撤下"))])
    with database.write() as session:
        row = hold_round(session, round_id)
        last = _last(session, round_id)
        if last is None or last.act != "publish":
            raise NotPublishedError
        _add(session, row.id, last.release_id, "withdraw", last.style, last.page, reason, operator)
        record.append(session, operator, "results.withdrawn", round_id=round_id, reason=reason)


def public_page(database: Database, key: str) -> Published:
    """The published page of a round by its key. Raises NotPublishedError."""
    with database.read() as session:
        row = session.scalar(select(Round).where(Round.key == key))
        found = _published(session, row) if row is not None else None
    if found is None:
        raise NotPublishedError
    return found


def public_file(database: Database, key: str, name: str) -> bytes:
    """A file beside the published page of a round. Raises NotPublishedError, NotFoundError."""
    page = public_page(database, key).page
    digests = [one["sha256"] for one in page.get("files", []) if one["name"] == name]
    if not digests:
        raise NotFoundError
    return files.content_of(database, digests[0])


def all_published(database: Database) -> list[tuple[str, str]]:
    """(key, title) of every round with published results, the newest first."""
    with database.read() as session:
        rows = session.scalars(
            select(Round)
            .where(Round.id.in_(select(Publication.round_id)))
            .order_by(Round.id.desc())
        )
        return [(row.key, row.title) for row in rows if _published(session, row) is not None]


def page_of(run: OpenedRun, results: tuple[RateeResult, ...], style: Style) -> dict[str, Any]:
    """The published page as plain JSON: texts only, nothing in it that its style leaves out."""
    classes: dict[str, list[RateeResult]] = {}
    for one in results:
        classes.setdefault(one.ratee_class, []).append(one)
    order = [key for key in run.assessment.scheme.ratee_classes if key in classes]
    order += sorted(set(classes) - set(order))
    return {
        "round": run.frozen.key,
        "title": run.frozen.title,
        "organiser": run.frozen.organiser,
        "run": run.line.number,
        "content": run.line.content_digest,
        "scheme": run.assessment.scheme.digest,
        "style": style,
        "simulated": run.is_simulated,
        "closed_on": run.closed_on,
        "classes": [
            {
                "name": run.class_name(key),
                "rows": [_row(one, style) for one in sorted(classes[key], key=_order(style))],
            }
            for key in order
        ],
    }


def _order(style: Style) -> Any:
    """By rank; where only grades are shown by name, so that the order tells nothing more."""
    if style == "grades":
        return lambda one: (one.grade_name, one.name)
    return lambda one: (one.rank_class is None, one.rank_class or 0, one.key)


def _row(one: RateeResult, style: Style) -> dict[str, str]:
    row = {"name": one.name, "grade": one.grade_name}
    if style == "grades":
        return row
    row |= {
        "score": "" if one.suppressed or one.total is None else str(one.total),
        "rank": "" if one.rank_class is None else str(one.rank_class),
    }
    if style == "intervals":
        row |= {
            "interval": "" if one.lo is None else f"{one.lo:.2f}–{one.hi:.2f}",
            "ranks": _places(one),
        }
    return row


def _places(one: RateeResult) -> str:
    if one.rank_lo is None or one.rank_lo == one.rank_hi:
        return "" if one.rank_lo is None else str(one.rank_lo)
    return f"{one.rank_lo}–{one.rank_hi}"


def _add(
    session: Session,
    round_id: int,
    release_id: int,
    act: str,
    style: str,
    page: dict[str, Any],
    reason: str,
    operator: str,
) -> None:
    session.add(
        Publication(
            round_id=round_id,
            release_id=release_id,
            act=act,
            style=style,
            page=page,
            reason=reason,
            operator=operator,
            at=clock.now(),
        )
    )


def _last(session: Session, round_id: int) -> Publication | None:
    return session.scalar(
        select(Publication)
        .where(Publication.round_id == round_id)
        .order_by(Publication.id.desc())
        .limit(1)
    )


def _published(session: Session, row: Round) -> Published | None:
    last = _last(session, row.id)
    if last is None or last.act != "publish":
        return None
    digest = hashlib.sha256(canonical_json(last.page)).hexdigest()
    return Published(
        last.id, row.key, row.title, last.style, last.page, digest, last.operator, last.at
    )
