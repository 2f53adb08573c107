"""A real Chromium against the real application on loopback."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from werkzeug.serving import make_server

from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.factory import create_app
from tests.conftest import missing
from tests.rounds import World, make_world
from tests.stores import new_sqlite

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}
PICTURES = os.environ.get("SURVEY_PICTURES")
"""Folder for screenshots that a person looks at; unset: none are kept."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@dataclass
class Site:
    """A served installation with one round, and what it is made of."""

    url: str
    services: Services
    world: World


def follow(locator: Locator) -> None:
    """Click what leads to another page, and wait until that page has been loaded."""
    with locator.page.expect_navigation():
        locator.click()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    if shutil.which(CHROMIUM) is None:
        missing("Chromium")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Serve an installation whose round is made with the arguments of `make_world`."""
    servers = []

    def make(**options: Any) -> Site:
        settings = Settings(
            home=tmp_path / "home",
            database_url=new_sqlite(tmp_path / "survey.db"),
            secret_key=b"a secret for tests only, 32 bytes",
            is_production=False,
            base_url=None,
        )
        app = create_app(settings)
        services: Services = app.extensions["survey"]
        world = make_world(services.database, settings.home, **options)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread, services))
        return Site(f"http://127.0.0.1:{server.server_port}", services, world)

    yield make
    for server, thread, services in servers:
        server.shutdown()
        thread.join()
        server.server_close()
        services.database.dispose()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A fresh browser window; what the page complains of on its console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_(viewport: dict[str, int] | None = None, **options: Any) -> Page:
        context = browser.new_context(
            viewport=viewport or PHONE, locale=options.pop("locale", "zh-CN"), **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "status of 4" not in message.text
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def picture(page: Page, name: str, *, is_whole: bool = True) -> None:
    """Keep a screenshot where SURVEY_PICTURES names a folder."""
    if PICTURES:
        folder = Path(PICTURES)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=is_whole)
