"""The server with one guard taken out: `gunicorn "tests.prove.unguarded:make('blind')"`.

What is missing:
- "early-thanks": a receipt is given before the ballot is stored, which happens a moment later;
- "unsynced": PostgreSQL may lose its last commits (synchronous_commit off);
- "no-close": accepting does not look at the state of the round;
- "blind": what the store could not take counts as taken;
- "wordless": a store that is gone is an error like any other.
"""

import threading
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import OperationalError

from survey_app.ballots import accept, writer
from survey_app.ballots.accept import Outcome, Submission
from survey_app.core.database import Database
from survey_app.core.errors import NotRecordedError
from survey_app.factory import create_app
from tests.chaos.calm import lower_the_fence

LATE_SECONDS = 0.2


def _early_thanks() -> None:
    submit = writer.BallotWriter.submit

    def late(self: writer.BallotWriter, submission: Submission) -> None:
        time.sleep(LATE_SECONDS)
        submit(self, submission)

    def at_once(self: writer.BallotWriter, submission: Submission) -> Outcome:
        threading.Thread(target=late, args=(self, submission)).start()
        return Outcome("accepted", accept._new_receipt())

    writer.BallotWriter.submit = at_once  # type: ignore[method-assign]


def _unsynced() -> None:
    Database.check = lambda self: None  # type: ignore[method-assign]
    Database.unsafe = lambda self, **_: []  # type: ignore[method-assign]


def _no_close() -> None:
    accept._ROUND = accept.select(  # type: ignore[assignment]
        accept.text("'open'"), accept.text("NULL"), accept.Round.config_digest
    ).where(accept.Round.id == accept.bindparam("round_id"))


def _blind() -> None:
    submit = writer.BallotWriter.submit

    def hopeful(self: writer.BallotWriter, submission: Submission) -> Outcome:
        try:
            return submit(self, submission)
        except NotRecordedError:
            return Outcome("accepted", accept._new_receipt())

    writer.BallotWriter.submit = hopeful  # type: ignore[method-assign]


MODES: dict[str, Callable[[], None]] = {
    "early-thanks": _early_thanks,
    "unsynced": _unsynced,
    "no-close": _no_close,
    "blind": _blind,
    "wordless": lambda: None,
}


def make(mode: str) -> Flask:
    """The application without one guard."""
    MODES[mode]()
    lower_the_fence()
    made = create_app()
    if mode == "wordless":
        made.error_handler_spec[None][None].pop(OperationalError)
    return made


def named(mode: str) -> str:
    """What gunicorn calls it."""
    return f"tests.prove.unguarded:make('{mode}')"
