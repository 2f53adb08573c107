"""Deciding grades (等次评定): people decide, the machine proposes; approval carries results on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.results import RateeResult
from analysis.rounding import half_up
from forms.problems import N_, Problem, plain
from survey_app.assessments import grading
from survey_app.assessments.grading import Choice, GradeLine, Places
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.tables import Approval, Decision, Result
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError
from survey_app.record import service as record
from survey_app.rounds.frozen import hold_round

FULL = 100


class ApprovedAlreadyError(DomainError):
    status = 409
    message = N_("这次核算的等次已经审定，不能再改。")
    remedy = N_("需要更正时，请管理员写明理由退回，再重新评定。")


class NotApprovedError(DomainError):
    status = 409
    message = N_("这次核算的等次还没有审定，不用退回。")
    remedy = N_("可以直接修改。")


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """One act: approved, or sent back with a reason."""

    is_approval: bool
    operator: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class Board:
    """What the page of decisions shows. `acts` are the approvals so far, the latest first."""

    lines: tuple[GradeLine, ...]
    places: tuple[Places, ...]
    acts: tuple[ApprovalLine, ...]

    @property
    def is_approved(self) -> bool:
        return bool(self.acts) and self.acts[0].is_approval

    @property
    def n_changed(self) -> int:
        """How many grades differ from the proposal."""
        return sum(line.is_changed for line in self.lines)


def open_board(
    database: Database, run: OpenedRun, typed: Mapping[str, Choice] | None = None
) -> Board:
    """The grades of a run as they stand; `typed` are choices not saved yet, shown instead."""
    with database.read() as session:
        chosen = _chosen(session, run.line.id)
        acts = _acts(session, run.line.id)
    lines = grading.grade_lines(run.assessment, {**chosen, **(typed or {})})
    return Board(lines, grading.count_places(run.assessment, run.inputs, lines), acts)


def decided(database: Database, run: OpenedRun) -> dict[str, GradeLine]:
    """The grade of every ratee of a run as it stands, by ratee."""
    with database.read() as session:
        chosen = _chosen(session, run.line.id)
    return {line.one.key: line for line in grading.grade_lines(run.assessment, chosen)}


def decided_results(database: Database, run: OpenedRun) -> tuple[RateeResult, ...]:
    """The results with the grades people gave, and what these lead to."""
    return grading.with_grades(run.assessment, run.inputs, decided(database, run))


def problems_of(run: OpenedRun, board: Board) -> list[Problem]:
    """Everything that keeps these choices from being saved."""
    return grading.problems_of(run.assessment, board.lines, board.places)


def save(database: Database, run: OpenedRun, operator: str, typed: Mapping[str, Choice]) -> int:
    """Keep the choices, on record; returns how many changed.

    Raises ProblemsError with every refusal, ApprovedAlreadyError.
    """
    board = open_board(database, run, typed)
    with database.write() as session:
        hold_round(session, run.frozen.id)
        if _is_approved(session, run.line.id):
            raise ApprovedAlreadyError
        problems = problems_of(run, board)
        if problems:
            raise ProblemsError(problems)
        changed = _keep(session, run, operator, [x for x in board.lines if x.one.key in typed])
        if changed:
            record.append(
                session,
                operator,
                "grades.decide",
                round_id=run.frozen.id,
                number=run.line.number,
                n=changed,
                n_differing=board.n_changed,
            )
        return changed


def approve(database: Database, run: OpenedRun, operator: str) -> int:
    """Approve every grade and carry the results on, on record; returns how many were carried on.

    Who has no decision gets what was proposed. Nothing is carried on where the round says no
    period. Raises ProblemsError, ApprovedAlreadyError.
    """
    board = open_board(database, run)
    with database.write() as session:
        hold_round(session, run.frozen.id)
        if _is_approved(session, run.line.id):
            raise ApprovedAlreadyError
        problems = [*_stale(run), *grading.problems_before_approval(board.lines)]
        problems += problems_of(run, board)
        if problems:
            raise ProblemsError(problems)
        _keep(session, run, operator, board.lines)
        _add_act(session, run, operator, "approve", "")
        carried = _carry_on(session, run, board.lines) if run.frozen.period else 0
        record.append(
            session,
            operator,
            "grades.approve",
            round_id=run.frozen.id,
            number=run.line.number,
            n_differing=board.n_changed,
            n_carried=carried,
        )
        return carried


def reopen(database: Database, run: OpenedRun, operator: str, reason: str) -> None:
    """Send approved grades back with a reason, on record; what was carried on holds until then.

    Raises NotApprovedError, ProblemsError without a reason.
    """
    if not reason.strip():
        raise ProblemsError([Problem(N_("理由"), N_("没有写退回的理由"), N_("请写明理由"))])
    with database.write() as session:
        hold_round(session, run.frozen.id)
        if not _is_approved(session, run.line.id):
            raise NotApprovedError
        _add_act(session, run, operator, "reopen", reason.strip())
        record.append(
            session,
            operator,
            "grades.reopen",
            round_id=run.frozen.id,
            number=run.line.number,
            reason=reason.strip(),
        )


def _stale(run: OpenedRun) -> list[Problem]:
    if not run.is_stale:
        return []
    return [Problem(run.frozen.title, N_("核算之后输入已经改动"), N_("请重新核算，再审定"))]


def _chosen(session: Session, run_id: int) -> dict[str, Choice]:
    rows = session.scalars(select(Decision).where(Decision.run_id == run_id))
    return {row.ratee: Choice(row.grade, row.reason, is_saved=True) for row in rows}


def _acts(session: Session, run_id: int) -> tuple[ApprovalLine, ...]:
    rows = session.scalars(
        select(Approval).where(Approval.run_id == run_id).order_by(Approval.id.desc())
    )
    return tuple(
        ApprovalLine(
            row.act == "approve", row.operator, f"{clock.local(row.at):%Y-%m-%d %H:%M}", row.reason
        )
        for row in rows
    )


def _is_approved(session: Session, run_id: int) -> bool:
    acts = _acts(session, run_id)
    return bool(acts) and acts[0].is_approval


def _add_act(session: Session, run: OpenedRun, operator: str, act: str, reason: str) -> None:
    # Decisions first: once the act stands, the database refuses them.
    session.flush()
    session.add(
        Approval(run_id=run.line.id, act=act, reason=reason, operator=operator, at=clock.now())
    )


def _keep(session: Session, run: OpenedRun, operator: str, lines: Sequence[GradeLine]) -> int:
    """Write what changed. What needs a reason and has none is no decision."""
    rows = session.scalars(select(Decision).where(Decision.run_id == run.line.id))
    kept = {row.ratee: row for row in rows}
    changed = 0
    for line in lines:
        row = kept.get(line.one.key)
        if not line.grade or (line.needs_reason and not line.reason):
            if row is not None:
                session.delete(row)
                changed += 1
            continue
        said = (line.proposed, line.is_open, line.grade, line.reason)
        if row is not None and said == (row.proposed, row.is_open, row.grade, row.reason):
            continue
        if row is None:
            row = Decision(run_id=run.line.id, ratee=line.one.key)
            session.add(row)
        row.proposed, row.is_open, row.grade, row.reason = said
        row.operator, row.at = operator, clock.now()
        changed += 1
    return changed


def out_of_100(total: Decimal | None, base: Decimal) -> str:
    """A total as later rounds combine it; "" without one."""
    if total is None:
        return ""
    if base == FULL:
        return str(total)
    return plain(half_up(Fraction(total) * FULL / Fraction(base), 6))


def _carry_on(session: Session, run: OpenedRun, lines: Sequence[GradeLine]) -> int:
    """A new version of every result that is not as it was."""
    series, period = run.assessment.scheme.key, run.frozen.period
    known: dict[str, Result] = {}
    for row in session.scalars(
        select(Result)
        .where(Result.series == series, Result.period == period)
        .order_by(Result.version)
    ):
        known[row.ratee] = row
    carried = 0
    for line in lines:
        one, last = line.one, known.get(line.one.key)
        score = out_of_100(one.total, run.assessment.scheme.base)
        said = (line.grade_name, score, one.rank_class)
        if not (line.grade or score) or (
            last is not None and said == (last.grade, last.score, last.rank_class)
        ):
            continue
        session.add(
            Result(
                series=series,
                period=period,
                ratee=one.key,
                version=1 if last is None else last.version + 1,
                grade=line.grade_name,
                score=score,
                rank_class=one.rank_class,
                round_id=run.frozen.id,
                run_id=run.line.id,
                at=clock.now(),
            )
        )
        carried += 1
    return carried
