"""Items opened from results and by hand, and what people decide and do about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import periods
from forms.problems import N_, Problem
from survey_app.assessments import service as assessments
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError, ProblemsError
from survey_app.followup.states import KIND_NAMES, STATE_NAMES, STEPS
from survey_app.followup.tables import FollowupAct, FollowupItem
from survey_app.record import service as record
from survey_app.register.tables import Ratee
from survey_app.rounds.frozen import hold_round
from survey_app.rounds.tables import Round
from survey_app.supervision.lines import today
from survey_app.supervision.units import EVERYTHING, Scope, check_scope, names_of_all

if TYPE_CHECKING:
    from analysis.results import Proposal


class WrongStateError(DomainError):
    status = 409
    message = N_("这一步现在不能做：这一项的状态是“{state}”。")
    remedy = N_("请刷新页面，看清现在的状态再办理。")


@dataclass(frozen=True, slots=True)
class Proposed:
    """What proposing did: items opened, changed, left alone, and no longer proposed."""

    opened: int
    changed: int
    same: int
    dropped: int


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """An item opened by hand."""

    ratee: str
    kind: str
    name: str
    reason: str
    value: str = ""
    period: str = ""
    """"" stands for this year."""
    due_on: date | None = None
    is_simulated: bool = False


def propose_from_run(
    database: Database, settings: Settings, operator: str, round_id: int
) -> Proposed:
    """Open what the newest run of a round leads to, with the grades that people gave.

    Raises NotAssessedError where there is no run.
    """
    # The rules of grading bring the analysis, which the raters' pages must not load.
    from survey_app.assessments.decisions import decided_results

    run = assessments.open_run(database, settings, round_id)
    found = [one for result in decided_results(database, run) for one in result.consequences]
    return propose(database, operator, round_id, found)


def propose(
    database: Database, operator: str, round_id: int, proposals: "Sequence[Proposal]"
) -> Proposed:
    """Open an item for each proposal that has none yet; doing it again opens nothing twice.

    What people have decided stays. An item still undecided takes the words of the newest run; one
    that the newest run does not propose is marked so.
    """
    wanted = {(one.ratee, one.key): one for one in proposals}
    with database.write() as session:
        row = hold_round(session, round_id)
        items = session.scalars(select(FollowupItem).where(FollowupItem.round_id == round_id))
        present = {(one.ratee, one.consequence): one for one in items}
        opened = [one for place, one in wanted.items() if place not in present]
        for one in opened:
            _add(session, operator, _item(row, one))
        changed = 0
        for place, item in present.items():
            if place in wanted:
                changed += _update(session, operator, item, wanted[place])
        dropped = [item for place, item in present.items() if place not in wanted]
        for item in dropped:
            if item.is_current:
                item.is_current = False
                _log(session, operator, item, "drop")
        made = Proposed(len(opened), changed, len(wanted) - len(opened) - changed, len(dropped))
        record.append(
            session,
            operator,
            "followup.propose",
            round_id=round_id,
            counts={"added": made.opened, "changed": made.changed, "removed": made.dropped},
        )
        return made


def _item(row: Round, proposal: "Proposal") -> FollowupItem:
    return FollowupItem(
        round_id=row.id,
        ratee=proposal.ratee,
        consequence=proposal.key,
        period=row.period or str(today().year),
        kind=proposal.kind,
        name=str(proposal.name),
        linkage=str(proposal.column),
        value=str(proposal.value),
        reason=_reason(proposal),
        state="proposed",
        is_current=True,
        is_simulated=row.is_simulated,
    )


def _reason(proposal: "Proposal") -> str:
    return proposal.reason.text() or str(proposal.name)


def _update(session: Session, operator: str, item: FollowupItem, proposal: "Proposal") -> bool:
    """Take the newest words while nobody has decided; whether anything changed."""
    said = (str(proposal.name), str(proposal.column), str(proposal.value), _reason(proposal))
    item.is_current = True
    if item.state != "proposed" or said == (item.name, item.linkage, item.value, item.reason):
        return False
    item.name, item.linkage, item.value, item.reason = said
    _log(session, operator, item, "change", f"{item.value} {item.reason}".strip())
    return True


def check_item(database: Database, spec: ItemSpec) -> list[Problem]:
    """Everything that stands against opening an item by hand."""
    with database.read() as session:
        return _problems(session, spec)


def _problems(session: Session, spec: ItemSpec) -> list[Problem]:
    found = [
        Problem(name, N_("没有填写"), N_("请填写这一项"))
        for name, value in ((N_("事项"), spec.name), (N_("理由"), spec.reason))
        if not value.strip()
    ]
    if spec.kind not in KIND_NAMES:
        found.append(Problem(N_("类型"), N_("没有选择"), N_("请选一项")))
    if spec.ratee not in names_of_all(session):
        found.append(Problem(N_("对象"), N_("名册里没有这个对象"), N_("请从名册中选择")))
    if spec.period.strip() and periods.parse(spec.period) is None:
        remedy = N_("请写成 2026、2026-H1、2026-Q3 或 2026-03")
        values = {"text": spec.period.strip()}
        found.append(Problem(N_("时期"), N_("“{text}”不是时期"), remedy, values))
    return found


def add_item(database: Database, operator: str, spec: ItemSpec) -> int:
    """Open an item by hand: people decided it, so it is confirmed. Raises ProblemsError."""
    with database.write() as session:
        problems = _problems(session, spec)
        if problems:
            raise ProblemsError(problems)
        item = FollowupItem(
            ratee=spec.ratee,
            consequence="",
            period=spec.period.strip() or str(today().year),
            kind=spec.kind,
            name=spec.name.strip(),
            value=spec.value.strip(),
            reason=spec.reason.strip(),
            state="confirmed",
            due_on=spec.due_on,
            is_current=True,
            is_simulated=spec.is_simulated,
        )
        _add(session, operator, item)
        record.append(
            session, operator, "followup.add", item=item.id, ratee=spec.ratee, kind=spec.kind
        )
        return item.id


def act(
    database: Database,
    operator: str,
    item_id: int,
    kind: str,
    words: str = "",
    due_on: date | None = None,
) -> None:
    """Take one of STEPS; `due_on` is the deadline that confirming sets.

    Raises:
        WrongStateError: the step does not start from the item's state.
        ProblemsError: words are missing that the step needs.
    """
    with database.write() as session:
        _act(session, operator, _held(session, item_id), kind, words, due_on)


def report(
    database: Database, operator: str, item_id: int, words: str, scope: Scope = EVERYTHING
) -> None:
    """A unit's own account of what it did. Raises ForbiddenError outside the scope."""
    with database.write() as session:
        item = _held(session, item_id)
        check_scope(within(session, scope), item.ratee)
        _act(session, operator, item, "report", words, None)


def _held(session: Session, item_id: int) -> FollowupItem:
    item = session.get(FollowupItem, item_id, with_for_update=True)
    if item is None:
        raise NotFoundError
    return item


def _act(
    session: Session,
    operator: str,
    item: FollowupItem,
    kind: str,
    words: str,
    due_on: date | None,
) -> None:
    step = STEPS[kind]
    said = words.strip()
    if item.state not in step.sources:
        raise WrongStateError(state=STATE_NAMES[item.state])
    if step.needs_words and not said:
        raise ProblemsError([Problem(N_("内容"), N_("没有填写"), N_("请填写这一项"))])
    if kind in ("confirm", "decline", "reconsider"):
        item.decision = said
    if kind == "confirm":
        item.due_on = due_on
    if kind == "finish":
        item.outcome, item.closed_on = said, today()
    item.state = step.target or item.state
    _log(session, operator, item, kind, said)
    record.append(session, operator, f"followup.{kind}", round_id=item.round_id, item=item.id)


def _add(session: Session, operator: str, item: FollowupItem) -> None:
    session.add(item)
    session.flush()
    _log(session, operator, item, "open", item.reason)


def _log(session: Session, operator: str, item: FollowupItem, kind: str, words: str = "") -> None:
    session.add(
        FollowupAct(item_id=item.id, kind=kind, content=words, operator=operator, at=clock.now())
    )


def within(session: Session, scope: Scope) -> Scope:
    """The scope with the persons that belong to its units."""
    if scope is None:
        return None
    rows = session.execute(select(Ratee.key, Ratee.parent).where(Ratee.kind == "person"))
    return scope | _children(scope, rows.all())


def _children(scope: frozenset[str], rows: Iterable[Sequence[str | None]]) -> frozenset[str]:
    return frozenset(str(key) for key, parent in rows if parent in scope)


def ratee_choices(database: Database) -> Mapping[str, str]:
    """Key → name of everybody an item may be about."""
    with database.read() as session:
        return names_of_all(session)
