"""Looking into the follow-up items: filtered, in full, by round, and what stands in the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from forms.problems import N_
from survey_app.complaints.tables import Complaint
from survey_app.complaints.words import STATE_NAMES as COMPLAINT_STATES
from survey_app.complaints.words import TOPIC_NAMES, case_number
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.followup.service import within
from survey_app.followup.states import DECIDED_STATES, KIND_NAMES, STATE_NAMES
from survey_app.followup.tables import FollowupAct, FollowupItem
from survey_app.rounds.tables import Round
from survey_app.supervision.archive import Section
from survey_app.supervision.lines import today
from survey_app.supervision.units import EVERYTHING, Scope, check_scope, names_of_all


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items to show; "" and None want them all. `state` may be "overdue" or "open"."""

    state: str = ""
    kind: str = ""
    year: int | None = None
    ratee: str = ""
    round_id: int | None = None


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item in a list."""

    item: FollowupItem
    ratee_name: str
    round_title: str
    is_overdue: bool

    @property
    def kind_name(self) -> str:
        return KIND_NAMES[self.item.kind]

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.item.state]


@dataclass(frozen=True, slots=True)
class OpenedItem:
    """An item in full, with its log."""

    line: ItemLine
    acts: Sequence[FollowupAct]


def find_items(database: Database, wanted: Wanted, scope: Scope = EVERYTHING) -> list[ItemLine]:
    """The items wanted within the scope, newest first.

    Within a scope only what people have decided: a unit does not see proposals about itself.
    """
    with database.read() as session:
        return items_of(session, wanted, scope)


def items_of(session: Session, wanted: Wanted, scope: Scope = EVERYTHING) -> list[ItemLine]:
    """The same within the caller's session."""
    found = select(FollowupItem).where(*_conditions(wanted)).order_by(FollowupItem.id.desc())
    own = within(session, scope)
    if own is not None:
        found = found.where(FollowupItem.ratee.in_(own), FollowupItem.state.in_(DECIDED_STATES))
    items = session.scalars(found).all()
    return _lines(session, items)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state == "overdue":
        found += [
            FollowupItem.state.in_(("confirmed", "in_progress")),
            FollowupItem.due_on < today(),
        ]
    elif wanted.state == "open":
        found.append(FollowupItem.state.in_(("proposed", "confirmed", "in_progress")))
    elif wanted.state:
        found.append(FollowupItem.state == wanted.state)
    if wanted.kind:
        found.append(FollowupItem.kind == wanted.kind)
    if wanted.year is not None:
        found.append(func.substr(FollowupItem.period, 1, 4) == str(wanted.year))
    if wanted.ratee:
        found.append(FollowupItem.ratee == wanted.ratee)
    if wanted.round_id is not None:
        found.append(FollowupItem.round_id == wanted.round_id)
    return found


def _lines(session: Session, items: Sequence[FollowupItem]) -> list[ItemLine]:
    names = names_of_all(session)
    titles = _round_titles(session)
    day = today()
    return [
        ItemLine(
            item,
            names.get(item.ratee, item.ratee),
            titles.get(item.round_id or 0, ""),
            is_overdue(item, day),
        )
        for item in items
    ]


def is_overdue(item: FollowupItem, day: date) -> bool:
    """Whether what was confirmed is not done although its deadline has gone by."""
    is_due = item.due_on is not None and item.due_on < day
    return is_due and item.state in ("confirmed", "in_progress")


def _round_titles(session: Session) -> dict[int, str]:
    return dict(session.execute(select(Round.id, Round.title)).all())


def open_item(database: Database, item_id: int, scope: Scope = EVERYTHING) -> OpenedItem:
    """An item and its log. Raises ForbiddenError outside the scope, NotFoundError."""
    with database.read() as session:
        item = session.get(FollowupItem, item_id)
        if item is None:
            raise NotFoundError
        own = within(session, scope)
        check_scope(own, item.ratee if item.state in DECIDED_STATES else "")
        found = select(FollowupAct).where(FollowupAct.item_id == item_id)
        if own is not None:
            found = found.where(or_(FollowupAct.kind == "report", FollowupAct.kind == "finish"))
        acts = session.scalars(found.order_by(FollowupAct.id)).all()
        return OpenedItem(_lines(session, [item])[0], acts)


def years(database: Database) -> list[int]:
    """The years that items are about, this one included, the latest first."""
    with database.read() as session:
        found = session.scalars(select(func.substr(FollowupItem.period, 1, 4)).distinct())
        return sorted({int(text) for text in found if text} | {today().year}, reverse=True)


def assessed_rounds(database: Database) -> Mapping[int, str]:
    """Id → title of the rounds that have been assessed, newest first."""
    with database.read() as session:
        rows = session.execute(
            select(Round.id, Round.title).where(Round.state == "assessed").order_by(Round.id.desc())
        )
        return dict(rows.all())


def archive_sections(database: Database, ratee: str, year: int, scope: Scope) -> list[Section]:
    """What this floor adds to a unit's file: its items, and for the office its complaints."""
    with database.read() as session:
        lines = items_of(session, Wanted(year=year, ratee=ratee), scope)
        sections = [
            Section(
                N_("结果运用"),
                (N_("事项"), N_("类型"), N_("理由"), N_("状态"), N_("结果")),
                tuple(
                    (
                        one.item.name,
                        one.kind_name,
                        one.item.reason,
                        one.state_name,
                        one.item.outcome,
                    )
                    for one in lines
                ),
                tuple(f"/admin/followup/items/{one.item.id}" for one in lines),
            )
        ]
        if scope is None:
            sections.append(_complaints(session, ratee, year))
        return sections


def _complaints(session: Session, ratee: str, year: int) -> Section:
    found = session.scalars(
        select(Complaint)
        .where(Complaint.ratee == ratee, Complaint.year == year)
        .order_by(Complaint.number)
    ).all()
    return Section(
        N_("举报投诉"),
        (N_("编号"), N_("方面"), N_("受理日期"), N_("状态")),
        tuple(
            (
                case_number(one.year, one.number),
                TOPIC_NAMES[one.topic],
                one.received_on.isoformat(),
                COMPLAINT_STATES[one.state],
            )
            for one in found
        ),
        tuple(f"/admin/followup/complaints/{one.id}" for one in found),
    )
