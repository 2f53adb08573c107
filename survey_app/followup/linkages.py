"""The table of linkages (四个挂钩, 003-q): what each ratee's result leads to, a column each."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey_app.core.database import Database
from survey_app.followup.reading import Wanted, items_of
from survey_app.followup.tables import FollowupItem
from survey_app.register.tables import Ratee
from survey_app.rounds.frozen import load_round, read_config
from survey_app.rounds.tables import Round

NONE = "—"
UNDECIDED = "（建议）"


@dataclass(frozen=True, slots=True)
class Linkages:
    """The table of one round; each row is a name and a cell for each column."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_simulated: bool
    is_assessed: bool
    n_items: int
    n_dropped: int
    """Items still undecided that the newest run no longer proposes."""


def linkages(database: Database, round_id: int) -> Linkages:
    """What the items of a round say, by ratee; those declined say nothing. NotFoundError."""
    with database.read() as session:
        row = load_round(session, round_id)
        items = [line.item for line in items_of(session, Wanted(round_id=round_id))]
        shown = [item for item in reversed(items) if item.linkage and item.state != "declined"]
        columns = _columns(row, shown)
        cells: dict[tuple[str, str], list[str]] = {}
        for item in shown:
            cells.setdefault((item.ratee, item.linkage), []).append(_cell(item))
        return Linkages(
            title=row.title,
            columns=columns,
            rows=tuple(
                (name, *("；".join(cells.get((key, column), [])) or NONE for column in columns))
                for key, name in _ratees(session, row).items()
            ),
            is_simulated=row.is_simulated,
            is_assessed=row.state == "assessed",
            n_items=len(items),
            n_dropped=sum(not item.is_current and item.state == "proposed" for item in items),
        )


def _cell(item: FollowupItem) -> str:
    return (item.value or item.name) + (UNDECIDED if item.state == "proposed" else "")


def _columns(row: Round, items: list[FollowupItem]) -> tuple[str, ...]:
    """In the order of the scheme, also those that nobody's result leads to."""
    named: dict[str, None] = {}
    if row.frozen_config is not None:
        frozen = read_config(row.id, row.config_digest or "", row.frozen_config)
        for one in frozen.scheme.get("consequence", ()):
            named[_text(one.get("column", ""))] = None
    named |= dict.fromkeys(item.linkage for item in items)
    return tuple(column for column in named if column)


def _text(value: object) -> str:
    """A text of a scheme as stored: plain, or a mapping of languages."""
    if isinstance(value, Mapping):
        return str(value.get("zh_CN", ""))
    return str(value)


def _ratees(session: Session, row: Round) -> dict[str, str]:
    if row.frozen_config is not None:
        frozen = read_config(row.id, row.config_digest or "", row.frozen_config)
        return {one.key: one.name for one in frozen.ratees}
    found = session.query(Ratee).order_by(Ratee.position)
    return {one.key: one.name for one in found}
