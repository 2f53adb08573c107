"""What several kinds of tests share: databases of both kinds, and settings of a scratch home."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as properties

from survey_app.core.config import Settings
from survey_app.core.database import Database
from tests.postgres import Server, find_binaries, start_server
from tests.stores import migrate, new_sqlite

PLAIN_ON_POSTGRES = frozenset(
    [
        "test_accounts",
        "test_admin_inputs",
        "test_admin_journey",
        "test_admin_register",
        "test_admin_rounds",
        "test_appraisals",
        "test_appraisals_filing",
        "test_appraisals_rosters",
        "test_assessments",
        "test_assessments_decisions",
        "test_assessments_history",
        "test_assessments_persons",
        "test_broken_openings",
        "test_bundles",
        "test_bundles_of_rounds",
        "test_cli_store",
        "test_closing_acts",
        "test_demo",
        "test_faults",
        "test_followup",
        "test_followup_complaints",
        "test_indicators",
        "test_intake",
        "test_intake_recomputed",
        "test_keeping",
        "test_minimum",
        "test_planning",
        "test_publication",
        "test_report_decided",
        "test_round_life",
        "test_round_log_heads",
        "test_round_ratees",
        "test_rounds_apart",
        "test_schemes",
        "test_screened",
        "test_sealed_bundles",
        "test_sealed_bytes",
        "test_sealed_rounds",
        "test_second_factor",
        "test_service_cards",
        "test_statistics_answers",
        "test_statistics_estimates",
        "test_statistics_price",
        "test_statistics_ranks",
        "test_statistics_rules",
        "test_stored_rounds",
        "test_supervision",
        "test_supervision_lists",
        "test_two_persons",
    ]
)
"""The short run tests these on SQLite, the long one on both databases."""
# Both judge the code, not the luck of the day; "search" looks for what nobody has seen yet.
properties.register_profile("short", max_examples=30, deadline=None, derandomize=True)
properties.register_profile("thorough", max_examples=150, deadline=None, derandomize=True)
properties.register_profile("search", max_examples=300, deadline=None)
properties.load_profile(os.environ.get("PROPERTIES", "short"))
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in PLAIN_ON_POSTGRES and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.long)


def missing(what: str) -> None:
    """Skip for want of a tool, loudly; under REQUIRE_ALL=1 that is a failure."""
    if REQUIRE_ALL:
        pytest.fail(f"{what} is required (REQUIRE_ALL=1)", pytrace=False)
    pytest.skip(f"*** {what} is missing: NOT TESTED ***")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server of this test run's own, on a free port of loopback."""
    if find_binaries() is None:
        missing("PostgreSQL")
    folder = Path(tempfile.mkdtemp(prefix="survey-pg-"))
    server = start_server(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of a database with every table, to be copied."""
    with postgres_server.new_database() as url:
        migrate(url, tmp_path_factory.mktemp("migrated"))
        yield url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with every table and no rows, of each kind in turn."""
    if request.param == "sqlite":
        yield new_sqlite(tmp_path / "survey.db")
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.new_database(request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a scratch installation."""
    return Settings(
        home=tmp_path / "home",
        database_url=database_url,
        secret_key=b"a secret for tests only, 32 bytes",
        is_production=False,
        base_url=None,
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A database with every table, of each kind in turn."""
    database = Database(settings.database_url)
    yield database
    database.dispose()
