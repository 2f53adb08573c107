"""What an operator sees of each open entrance: how many came, what is usual, who was asked to wait.

Counts only, and shares of counts: nothing here leads to a single ballot, and nothing is left out
of the results because of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from survey_app.ballots import rates
from survey_app.ballots.accept import ARRIVAL_SECONDS
from survey_app.ballots.tables import Arrival, Asked, Ballot
from survey_app.rounds.channels import COUNTED
from survey_app.rounds.tables import Link

FEW = 20
"""Shares of fewer ballots say nothing."""
HIGH_SHARE = 0.3
RECENT_BINS = 36


@dataclass(frozen=True, slots=True)
class Shares:
    """Of the ballots by a link: all, those after the first of one device, those sent too fast."""

    n: int = 0
    same_device: int = 0
    fast: int = 0

    def percent(self, part: int) -> int | None:
        return round(100 * part / self.n) if self.n >= FEW else None


@dataclass(frozen=True, slots=True)
class LinkProgress:
    """Arrivals through one link: (ten-minute bin, n), oldest first.

    `seen` are the ballots of the last ten minutes, `usual` what busy ten minutes of the week
    bring; `asked` how many were asked to wait in the last six hours.
    """

    id: int
    name: str
    token: str
    is_active: bool
    received: int
    arrivals: tuple[tuple[int, int], ...]
    seen: int
    usual: int
    asked: int
    shares: Shares

    @property
    def is_burst(self) -> bool:
        """Whether people are asked to wait here now."""
        return self.seen >= rates.limit(self.usual)

    @property
    def same_device(self) -> int | None:
        return self.shares.percent(self.shares.same_device)

    @property
    def fast(self) -> int | None:
        return self.shares.percent(self.shares.fast)

    @property
    def is_odd(self) -> bool:
        """Whether a person should have a look."""
        high = 100 * HIGH_SHARE
        return self.is_burst or (self.same_device or 0) >= high or (self.fast or 0) >= high


def link_progress(session: Session, round_id: int, at: datetime) -> tuple[LinkProgress, ...]:
    """Every entrance of a round that people open, in the order in which they were made."""
    links = session.scalars(
        select(Link)
        .where(Link.round_id == round_id, Link.channel.not_in(COUNTED))
        .order_by(Link.id)
    ).all()
    place, rest = divmod(at.timestamp(), ARRIVAL_SECONDS)
    now_bin, elapsed = int(place), rest / ARRIVAL_SECONDS
    arrivals = _by_link(session, links, Arrival)
    asked = _by_link(session, links, Asked)
    shares = _shares(session, round_id)
    return tuple(
        _one(
            link, arrivals[link.id], asked[link.id], shares.get(link.id, Shares()), now_bin, elapsed
        )
        for link in links
    )


def _one(
    link: Link,
    arrivals: Mapping[int, int],
    asked: Mapping[int, int],
    shares: Shares,
    now_bin: int,
    elapsed: float,
) -> LinkProgress:
    return LinkProgress(
        id=link.id,
        name=link.name,
        token=link.token,
        is_active=link.is_active,
        received=sum(arrivals.values()),
        arrivals=tuple(sorted(arrivals.items())),
        seen=round(rates.last_ten_minutes(arrivals, now_bin, elapsed)),
        usual=rates.usual(arrivals, now_bin),
        asked=sum(n for place, n in asked.items() if place > now_bin - RECENT_BINS),
        shares=shares,
    )


def _by_link(
    session: Session, links: Sequence[Link], table: type[Arrival] | type[Asked]
) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {link.id: {} for link in links}
    rows = session.execute(
        select(table.link_id, table.bin, table.n).where(table.link_id.in_(list(found)))
    )
    for link_id, place, n in rows:
        found[link_id][place] = n
    return found


def _shares(session: Session, round_id: int) -> dict[int, Shares]:
    marks = func.count(Ballot.device_mark)
    rows = session.execute(
        select(
            Ballot.link_id,
            func.count(),
            marks - func.count(Ballot.device_mark.distinct()),
            func.sum(case((Ballot.pace == "fast", 1), else_=0)),
        )
        .where(Ballot.round_id == round_id, Ballot.link_id.is_not(None))
        .group_by(Ballot.link_id)
    )
    return {link_id: Shares(n, again, int(fast)) for link_id, n, again, fast in rows}
