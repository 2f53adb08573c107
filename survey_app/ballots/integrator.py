"""Lets waiting ballots into the logs now and then, out of the way of those who wait for a reply."""

import logging
import time
from threading import Lock, Thread

from sqlalchemy.exc import SQLAlchemyError

from survey_app.ballots.integration import integrate
from survey_app.core.database import Database
from survey_app.record import round_log

REST_SECONDS = 60.0
log = logging.getLogger(__name__)


class Integrator:
    """At most once a minute a round, in a thread of its own that ends with the work.

    The minute is counted here and, for other processes, by the age of the last signed head. The
    first comes a minute after the start.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._start = time.monotonic()
        self._last: dict[int, float] = {}
        self._door = Lock()

    def came_in(self, round_id: int) -> None:
        """A ballot was committed: see whether it is time. Costs the caller next to nothing."""
        now = time.monotonic()
        with self._door:
            if now - self._last.get(round_id, self._start) < REST_SECONDS:
                return
            self._last[round_id] = now
        Thread(target=self.run, args=(round_id,), name="round-log", daemon=True).start()

    def run(self, round_id: int) -> int:
        """Integrate what waits, if the last head has rested; returns how many ballots went in."""
        try:
            if not round_log.has_rested(self._database, round_id, REST_SECONDS):
                return 0
            return integrate(self._database, round_id)
        except (OSError, SQLAlchemyError) as error:
            # Nothing is lost: what waits goes in a minute later, or at the close.
            log.warning("ballots of round %s still wait for the log: %s", round_id, error)
            return 0
