"""Draws from rosters: looked over, made, put on record, and checked against the record."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.note import Note
from forms.problems import N_, Problem
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError, ProblemsError
from survey_app.planning.drawing import Outcome, Rule, draw, problems_of
from survey_app.planning.lists import Listed
from survey_app.planning.packet import packet
from survey_app.planning.tables import RosterDraw
from survey_app.record import service as record
from survey_app.register.tables import RaterClass, RosterEntry
from survey_app.rounds.frozen import hold_round, load_round


class DrawnBeforeError(DomainError):
    status = 409
    message = N_("这次抽样已经做过，是第 {number} 次。")
    remedy = N_("名单、种子和方法都相同，结果也相同：请打开那一次，用同一份名单重新下载。")


@dataclass(frozen=True, slots=True)
class DrawSpec:
    """A draw that is wanted. `source` is a rater class or ""; `announced` says where the seed
    comes from and when it was made public.
    """

    purpose: str
    source: str
    rule: Rule
    announced: str


@dataclass(frozen=True, slots=True)
class Made:
    """A draw that was made: its number, and the file for whoever made it."""

    number: int
    packet: bytes


@dataclass(frozen=True, slots=True)
class DrawLine:
    """A draw on record, with what the public should know of it beside the others."""

    row: RosterDraw
    source_name: str
    marks: tuple[Note, ...]

    @property
    def rule(self) -> Rule:
        return Rule(self.row.method, self.row.n, self.row.seed, self.row.allocation)


@dataclass(frozen=True, slots=True)
class Check:
    """A list held against a draw on record; `outcome` None: nothing can be drawn from it."""

    is_same: bool
    reasons: tuple[Note, ...]
    outcome: Outcome | None = None


def propose_seed() -> str:
    """A seed nobody could have chosen, for whoever has no public number at hand."""
    return secrets.token_hex(8)


def roster_of(database: Database, rater_class: str) -> tuple[Listed, ...]:
    """The register's roster of a rater class as a list to draw from."""
    with database.read() as session:
        rows = session.scalars(
            select(RosterEntry)
            .where(RosterEntry.rater_class == rater_class)
            .order_by(RosterEntry.label)
        )
        return tuple(Listed(one.label, one.stratum) for one in rows)


def look_over(
    database: Database, round_id: int, people: Sequence[Listed], spec: DrawSpec
) -> tuple[list[Problem], Outcome | None, tuple[Note, ...]]:
    """Everything against a draw, else what it would give and how it stands beside earlier draws.

    What it gives is for counting strata only: nobody is shown before the draw is on record.
    """
    problems = problems_of(people, spec.rule)
    if problems:
        return problems, None, ()
    outcome = draw(people, spec.rule)
    with database.read() as session:
        load_round(session, round_id)
        before = _draws(session, round_id)
    row = _row(spec, outcome, len(before) + 1)
    return [], outcome, marks_of(row, before)


def make_draw(
    database: Database, operator: str, round_id: int, people: Sequence[Listed], spec: DrawSpec
) -> Made:
    """Draw and put it on record; the people drawn are in the answer and nowhere else.

    Raises:
        ProblemsError: the list does not allow this draw.
        DrawnBeforeError: the very same draw is on record already.
    """
    problems = problems_of(people, spec.rule)
    if problems:
        raise ProblemsError(problems)
    outcome = draw(people, spec.rule)
    with database.write() as session:
        title = hold_round(session, round_id).title
        before = _draws(session, round_id)
        row = _row(spec, outcome, len(before) + 1)
        same = next((one for one in before if _once(one) == _once(row)), None)
        if same is not None:
            raise DrawnBeforeError(number=same.number)
        row.round_id, row.operator, row.at = round_id, operator, clock.now()
        session.add(row)
        record.append(
            session,
            operator,
            "planning.draw",
            round_id=round_id,
            number=row.number,
            purpose=row.purpose,
            method=row.method,
            people=row.people,
            drawn=row.n,
            seed=row.seed,
            announced=row.announced,
            list=f"sha256:{row.list_digest}",
            digest=f"sha256:{row.drawn_digest}",
        )
        return Made(row.number, packet(title, row.number, spec.rule, outcome))


def _row(spec: DrawSpec, outcome: Outcome, number: int) -> RosterDraw:
    rule = spec.rule
    return RosterDraw(
        number=number,
        purpose=spec.purpose,
        source=spec.source,
        method=rule.method,
        allocation=rule.allocation,
        n=len(outcome.keys),
        people=outcome.people,
        strata=dict(outcome.strata) if rule.method == "stratified" else {},
        seed=rule.seed,
        announced=spec.announced,
        list_digest=outcome.list_digest,
        drawn_digest=outcome.drawn_digest,
    )


def _once(row: RosterDraw) -> tuple[str | int, ...]:
    """What the table holds to be one draw."""
    return row.purpose, row.method, row.n, row.allocation, row.seed, row.list_digest


def _draws(session: Session, round_id: int) -> Sequence[RosterDraw]:
    found = select(RosterDraw).where(RosterDraw.round_id == round_id).order_by(RosterDraw.number)
    return session.scalars(found).all()


def marks_of(row: RosterDraw, others: Sequence[RosterDraw]) -> tuple[Note, ...]:
    """What looks like choosing among draws: said beside each, so that it cannot be done quietly."""
    before = [one for one in others if one.number < row.number]
    same_list = [one for one in before if one.list_digest == row.list_digest]
    other_list = [one for one in before if one not in same_list]
    checks = (
        (N_("同一用途，之前抽过：第 {n} 次"), [o for o in before if o.purpose == row.purpose]),
        (N_("同一份名单，换了种子或方法：第 {n} 次"), same_list),
        (
            N_("同一个种子，用在另一份名单上：第 {n} 次"),
            [one for one in other_list if one.seed == row.seed],
        ),
    )
    return tuple(
        Note(message, {"n": "、".join(str(one.number) for one in found)})
        for message, found in checks
        if found
    )


def list_draws(database: Database, round_id: int) -> list[DrawLine]:
    """Every draw of a round, the newest first."""
    with database.read() as session:
        load_round(session, round_id)
        rows = _draws(session, round_id)
        names = dict(session.execute(select(RaterClass.key, RaterClass.name)).all())
        return [_line(row, rows, names) for row in reversed(rows)]


def _line(row: RosterDraw, rows: Sequence[RosterDraw], names: dict[str, str]) -> DrawLine:
    return DrawLine(row, names.get(row.source, row.source), marks_of(row, rows))


def open_draw(database: Database, round_id: int, number: int) -> DrawLine:
    """One draw of a round. Raises NotFoundError."""
    found = (one for one in list_draws(database, round_id) if one.row.number == number)
    line = next(found, None)
    if line is None:
        raise NotFoundError
    return line


def repeat(line: DrawLine, title: str, outcome: Outcome) -> bytes:
    """The packet of a draw on record, made again from the list."""
    return packet(title, line.row.number, line.rule, outcome)


def check_draw(line: DrawLine, people: Sequence[Listed]) -> Check:
    """Draw again from a list and hold it against the record."""
    problems = problems_of(people, line.rule)
    if problems:
        why = N_("从这份名单抽不出来：{why}")
        reasons = [Note(why, {"why": one.text()}) for one in problems]
        return Check(is_same=False, reasons=(*_other_number(line.row, len(people)), *reasons))
    outcome, row = draw(people, line.rule), line.row
    is_same_list = outcome.list_digest == row.list_digest
    is_same_drawn = outcome.drawn_digest == row.drawn_digest
    if is_same_list and is_same_drawn:
        return Check(is_same=True, reasons=(), outcome=outcome)
    reasons = [] if is_same_list else _changes(row, outcome)
    if is_same_list:
        reasons.append(Note(N_("名单相同，抽中的却不同：记录或程序被改动过，请联系管理员")))
    elif is_same_drawn:
        reasons.append(Note(N_("抽中的人没有变，但名单已经不是当时那一份")))
    else:
        reasons.append(Note(N_("用这份名单重抽，抽中的人与记录不同")))
    return Check(is_same=False, reasons=tuple(reasons), outcome=outcome)


def _changes(row: RosterDraw, outcome: Outcome) -> list[Note]:
    """How a list differs from the one on record, as far as counts can tell."""
    found = _other_number(row, outcome.people)
    if found:
        return found
    now = {name: counts[0] for name, counts in outcome.strata.items()}
    for name in sorted({*row.strata, *now} if row.strata else ()):
        then = row.strata.get(name, [0])[0]
        if then != now.get(name, 0):
            values: dict[str, str | int | Note] = {
                "name": name,
                "then": then,
                "now": now.get(name, 0),
            }
            found.append(Note(N_("“{name}”的人数不同：抽样时 {then} 人，这份 {now} 人"), values))
    return found or [Note(N_("人数相同，但有编号、层或规模被改动"))]


def _other_number(row: RosterDraw, now: int) -> list[Note]:
    if now == row.people:
        return []
    values: dict[str, str | int | Note] = {"then": row.people, "now": now}
    return [Note(N_("名单人数不同：抽样时 {then} 人，这份 {now} 人"), values)]
