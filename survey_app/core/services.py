"""What a running application holds: handed to views by `services()`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app

from survey_app.core.config import Settings
from survey_app.core.database import Database

if TYPE_CHECKING:
    from survey_app.ballots.nonce import NonceMaker
    from survey_app.ballots.writer import BallotWriter
    from survey_app.rounds.frozen import FrozenRounds
    from survey_app.rounds.keys import KeyStore


@dataclass(frozen=True, slots=True)
class Services:
    """One per process."""

    settings: Settings
    database: Database
    keys: "KeyStore"
    rounds: "FrozenRounds"
    writer: "BallotWriter"
    nonces: "NonceMaker"


def services() -> Services:
    """The services of the application that serves this request."""
    return cast(Services, current_app.extensions["survey"])
