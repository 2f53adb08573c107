"""The application over a real database, for tests that walk through its pages."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.factory import create_app
from tests.rounds import World, make_world
from tests.stores import new_sqlite


@pytest.fixture
def web_settings(tmp_path: Path) -> Settings:
    """A scratch installation on SQLite."""
    return Settings(
        home=tmp_path / "home",
        database_url=new_sqlite(tmp_path / "survey.db"),
        secret_key=b"a secret for tests only, 32 bytes",
        is_production=False,
        base_url=None,
    )


@pytest.fixture
def app(web_settings: Settings) -> Iterator[Flask]:
    app = create_app(web_settings)
    yield app
    held: Services = app.extensions["survey"]
    held.database.dispose()


@pytest.fixture
def make_round(app: Flask, web_settings: Settings) -> Callable[..., World]:
    """Make a round in the application's own store; arguments as `make_world`."""

    def make(**options: Any) -> World:
        held: Services = app.extensions["survey"]
        return make_world(held.database, web_settings.home, **options)

    return make
