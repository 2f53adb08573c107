"""Operators of a demonstration: one of each role that has something to do in the city."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.core.access import ROLES, Role
from survey_app.core.services import Services
from survey_app.demo.ways_in import OPERATOR

WORDS = "abcdefghjkmnpqrstuvwxyz23456789"
OFFICE: Mapping[Role, str] = {"admin": "", "clerk": "", "viewer": ""}
"""The roles every city has, with their scopes."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to sign in as one of the roles."""

    role: Role
    login: str
    password: str


def make_logins(services: Services, scopes: Mapping[Role, str]) -> tuple[Login, ...]:
    """An operator of each of these roles, with a password drawn for this demonstration."""
    logins = tuple(Login(role, role, _password()) for role in ROLES if role in scopes)
    for number, one in enumerate(logins, start=1):
        spec = OperatorSpec(one.login, f"人员{number:04d}", one.role, scopes[one.role])
        create_operator(services.database, services.settings, OPERATOR, spec, one.password)
    return logins


def _password() -> str:
    return "-".join("".join(secrets.choice(WORDS) for _ in range(4)) for _ in range(3))
