"""`create_app`: the list of features, each registered with the roles it admits."""

import logging
from importlib import import_module
from importlib.util import find_spec

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect

from survey_app.accounts import guard
from survey_app.accounts.operator_acts import missing_roles
from survey_app.ballots.nonce import NonceMaker
from survey_app.ballots.writer import BallotWriter
from survey_app.closing import keeping, unsealing
from survey_app.core import assets, checks, error_pages, languages, migrations, security
from survey_app.core.access import ROLE_NAMES
from survey_app.core.config import Settings, prepare_home
from survey_app.core.database import Database
from survey_app.core.services import Services
from survey_app.indicators.reviewing import problems_before_freeze
from survey_app.record import round_log
from survey_app.rounds import life, log_opening
from survey_app.rounds.frozen import FrozenRounds
from survey_app.rounds.keys import KeyStore

log = logging.getLogger(__name__)
MAX_UPLOAD_BYTES = 6 * 1024 * 1024

EVERYBODY = frozenset({"public"})
OPERATORS = frozenset({"admin", "clerk", "viewer"})

FEATURES: tuple[tuple[str, frozenset[str]], ...] = (
    ("ballots", EVERYBODY),
    ("public_log", EVERYBODY),
    ("accounts", EVERYBODY | OPERATORS),
    ("record", OPERATORS),
    ("register", OPERATORS),
    ("schemes", OPERATORS),
    ("rounds", OPERATORS),
    ("intake", OPERATORS),
    ("intake.kiosk", EVERYBODY),
    ("closing", OPERATORS),
    ("liaison", frozenset({"liaison"})),
    ("planning", OPERATORS),
    ("indicators", OPERATORS | {"reporter", "certifier"}),
    ("supervision", OPERATORS | {"unit"}),
    ("appraisals", OPERATORS | {"unit", "leader", "person"}),
    ("assessments", OPERATORS),
    ("reports", OPERATORS),
    ("publication", OPERATORS),
    ("complaints", EVERYBODY),
    ("followup", OPERATORS | {"unit"}),
)


def create_app(settings: Settings | None = None) -> Flask:
    """The application of one process, with its store checked and brought up to date.

    Raises:
        UnsafeSettingsError: it would not be safe to start; the message says why.
    """
    settings = settings or checks.safe_settings()
    app = Flask(__name__, static_folder=None, template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=settings.is_https,
        WTF_CSRF_TIME_LIMIT=None,  # a page may stay open over lunch
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["survey"] = start_services(settings)
    security.register(app, settings)
    assets.register(app)
    languages.register(app)
    error_pages.register(app)
    _register_features(app)
    if settings.is_production:
        _say_what_is_joined(app.extensions["survey"].database)
    return app


def _say_what_is_joined(database: Database) -> None:
    missing = missing_roles(database)
    if missing:
        names = "、".join(ROLE_NAMES[role] for role in missing)
        log.warning("三员还没有分设：缺少%s", names)


def start_services(settings: Settings) -> Services:
    """Open the store (made or upgraded where needed) and what works on it."""
    life.add_guard("freeze", problems_before_freeze)
    prepare_home(settings.home)
    database = Database(settings.database_url)
    database.check()
    migrations.upgrade(database, settings.home / "upgrade.lock")
    keys = KeyStore(settings.keys_dir)
    log_opening.keep(database, keys, settings.heads_dir, settings.base_url)
    round_log.resume(database)
    unsealing.finish_interrupted(database, settings.keys_dir)
    keeping.finish_interrupted(database, keys)
    return Services(
        settings=settings,
        database=database,
        keys=keys,
        rounds=FrozenRounds(database),
        writer=BallotWriter(database, keys),
        nonces=NonceMaker(settings.secret_key),
    )


def _register_features(app: Flask) -> None:
    csrf = CSRFProtect(app)
    for name, roles in FEATURES:
        if find_spec(f"survey_app.{name}.views") is None:
            continue
        blueprint: Blueprint = import_module(f"survey_app.{name}.views").blueprint
        if roles == EVERYBODY:
            csrf.exempt(blueprint)  # guarded by the nonce and the Origin header
        else:
            guard.admit(app, blueprint, roles)
        app.register_blueprint(blueprint)
