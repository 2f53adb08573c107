"""Open entrances under attack: whoever sends a form is asked for a little work, or to wait.

Nobody is refused, and no address is kept or looked at: a hall behind one address counts like any
other crowd. What is known is how many ballots came by the link: by ten minutes from the store, and
by the minute in this worker's memory. In peace nothing is asked and no page differs by a byte.
"""

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from survey_app.ballots import rates
from survey_app.ballots.accept import ARRIVAL_SECONDS
from survey_app.core import clock
from survey_app.core.database import Database

MINUTE = 60.0
LOOK_SECONDS = 15.0
"""How old the counts from the store may be: a look for every form would cost more than it tells."""
FLUSH_SECONDS = 5.0
WAIT_SECONDS = 30
ASKED_FORM = " asked"
"""What marks the nonce of a form that came back: only such a one can have waited."""

_ARRIVALS = text("SELECT bin, n FROM arrival WHERE link_id = :link AND bin >= :first")
_NOTE = text(
    "INSERT INTO asked (link_id, bin, n) VALUES (:link, :bin, :n) "
    "ON CONFLICT (link_id, bin) DO UPDATE SET n = asked.n + excluded.n"
)


class Fence:
    """The state of every link as one worker sees it."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime] = clock.now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._now = now
        self._ticks = ticks
        self._minutes: dict[int, deque[float]] = {}
        self._looked: dict[int, tuple[float, float, int]] = {}
        self._asked: dict[tuple[int, int], int] = {}
        self._flushed = ticks()
        self._lock = Lock()

    def is_up(self, link_id: int) -> bool:
        """Whether forms by this link are to wait now; the one asked about counts as one more."""
        with self._lock:
            in_a_minute = self._count_minute(link_id)
        seen, usual = self._look(link_id)
        return in_a_minute > rates.minute_limit(usual) or seen >= rates.limit(usual)

    def note_asked(self, link_id: int) -> None:
        """Count somebody who was asked to wait; written down every few seconds."""
        key = (link_id, int(self._now().timestamp()) // ARRIVAL_SECONDS)
        with self._lock:
            self._asked[key] = self._asked.get(key, 0) + 1
            if self._ticks() - self._flushed < FLUSH_SECONDS:
                return
        self.flush()

    def flush(self) -> None:
        """Write down the counts gathered here. Where the store is busy they stay for later."""
        with self._lock:
            asked, self._asked = self._asked, {}
            self._flushed = self._ticks()
        rows = [{"link": link, "bin": place, "n": n} for (link, place), n in sorted(asked.items())]
        try:
            with self._database.write_rows() as connection:
                if rows:
                    connection.execute(_NOTE, rows)
        except (SQLAlchemyError, OSError):
            with self._lock:
                for key, n in asked.items():
                    self._asked[key] = self._asked.get(key, 0) + n

    def _count_minute(self, link_id: int) -> int:
        now = self._ticks()
        minute = self._minutes.setdefault(link_id, deque())
        minute.append(now)
        while minute[0] <= now - MINUTE:
            minute.popleft()
        return len(minute)

    def _look(self, link_id: int) -> tuple[float, int]:
        """(ballots of the last ten minutes, what is usual), looked up now and then."""
        known = self._looked.get(link_id)
        if known is not None and self._ticks() - known[0] < LOOK_SECONDS:
            return known[1], known[2]
        place, rest = divmod(self._now().timestamp(), ARRIVAL_SECONDS)
        now_bin = int(place)
        with self._database.read_rows() as connection:
            rows = connection.execute(
                _ARRIVALS, {"link": link_id, "first": now_bin - rates.BINS_A_WEEK}
            )
            arrivals = {row.bin: row.n for row in rows}
        seen = rates.last_ten_minutes(arrivals, now_bin, rest / ARRIVAL_SECONDS)
        usual = rates.usual(arrivals, now_bin)
        self._looked[link_id] = (self._ticks(), seen, usual)
        return seen, usual
