"""The application with its fence down: `gunicorn "tests.chaos.calm:make()"`.

Many forms at one link from one machine look like an attack, and who sends them is asked to wait.
That is tested for itself; here it would only be in the way.
"""

from flask import Flask

from survey_app.ballots.fence import Fence
from survey_app.factory import create_app


def lower_the_fence() -> None:
    """Nobody is asked to wait, in this process."""
    Fence.is_up = lambda self, link_id: False  # type: ignore[method-assign]


def make() -> Flask:
    lower_the_fence()
    return create_app()
