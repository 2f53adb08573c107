"""Group commit: requests that wait at the same moment share one transaction and one fsync."""

from datetime import datetime
from threading import Lock

from survey_app.ballots.accept import Outcome, Submission, accept_many
from survey_app.ballots.integrator import Integrator
from survey_app.core import clock
from survey_app.core.database import Clock, Database
from survey_app.core.errors import NotRecordedError
from survey_app.rounds.keys import KeyStore


class _Ticket:
    """A submission and, later, what became of it."""

    __slots__ = ("error", "outcome", "submission")

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self.outcome: Outcome | None = None
        self.error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.outcome is not None or self.error is not None


class BallotWriter:
    """Takes one submission a call, from many threads; one of the waiting commits for all.

    Whoever holds the lead takes everything that is waiting, commits it and leaves the outcomes;
    the others find theirs done when the lead comes to them. Nobody is answered before the
    commit that holds the ballot.
    """

    def __init__(self, database: Database, keys: KeyStore, now: Clock = clock.now) -> None:
        self._database = database
        self._keys = keys
        self._now = now
        self._integrator = Integrator(database)
        self._waiting: list[_Ticket] = []
        self._door = Lock()
        self._lead = Lock()

    def submit(self, submission: Submission) -> Outcome:
        """Store one submission durably. Raises NotRecordedError where the store could not."""
        ticket = _Ticket(submission)
        with self._door:
            self._waiting.append(ticket)
        with self._lead:
            if not ticket.is_done:
                self._lead_on()
        if ticket.error is not None:
            raise ticket.error
        assert ticket.outcome is not None
        if ticket.outcome.kind == "not_recorded":
            raise NotRecordedError
        return ticket.outcome

    def _lead_on(self) -> None:
        """Commit for everybody who waits, once no other process is writing.

        Whoever waits for that lets more submissions gather meanwhile. Where even waiting is
        impossible (a full disk), everybody hears it and nobody's ballot is left behind.
        """
        try:
            with self._database.turn():
                self._commit_waiting(self._now())
        except OSError as error:
            with self._door:
                batch, self._waiting = self._waiting, []
            for ticket in batch:
                ticket.error = NotRecordedError()
                ticket.error.__cause__ = error

    def _commit_waiting(self, at: datetime) -> None:
        with self._door:
            batch, self._waiting = self._waiting, []
        try:
            outcomes = accept_many(
                self._database, self._keys, [ticket.submission for ticket in batch], at=at
            )
        except Exception as error:  # noqa: BLE001 -- each waiting request must hear of it
            for ticket in batch:
                ticket.error = error
            return
        for ticket, outcome in zip(batch, outcomes, strict=True):
            ticket.outcome = outcome
        for round_id in {ticket.submission.round_id for ticket in batch}:
            self._integrator.came_in(round_id)
