"""Who is asking, and whom a view admits. Views say it; accounts.guard holds them to it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from flask import g

from forms.problems import N_
from survey_app.core.errors import ForbiddenError

Role = Literal[
    "admin",
    "clerk",
    "viewer",
    "reporter",
    "certifier",
    "unit",
    "leader",
    "person",
    "system",
    "security",
    "auditor",
    "liaison",
]
ROLE_NAMES: dict[Role, str] = {
    "admin": N_("绩效办管理员"),
    "clerk": N_("经办"),
    "viewer": N_("查看"),
    "reporter": N_("数据填报"),
    "certifier": N_("数据认定"),
    "unit": N_("单位经办"),
    "leader": N_("分管领导"),
    "person": N_("被考核人"),
    "system": N_("系统管理员"),
    "security": N_("安全管理员"),
    "auditor": N_("审计员"),
    "liaison": N_("代表联络员"),
}
ROLES: tuple[Role, ...] = tuple(ROLE_NAMES)
SCOPED_ROLES: tuple[Role, ...] = ("reporter", "unit", "leader", "person", "liaison")
"""Roles that see and do only what belongs to their scope."""
PUBLIC = "public"
_SEPARATORS = re.compile(r"[、,，;；\s]+")

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The operator behind a request."""

    id: int
    login: str
    name: str
    role: Role
    scope: str = ""

    @property
    def role_name(self) -> str:
        return ROLE_NAMES[self.role]

    def has_role(self, *roles: Role) -> bool:
        return self.role in roles


def scope_keys(scope: str) -> frozenset[str]:
    """The keys a scope names, however they are set apart."""
    return frozenset(part for part in _SEPARATORS.split(scope) if part)


def only(*roles: str) -> Callable[[View], View]:
    """Say which roles a view admits, whatever its blueprint does ("public" is everybody)."""

    def mark(view: View) -> View:
        view.admits = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def admits(view: Callable[..., Any]) -> frozenset[str] | None:
    """The roles `only` gave a view, None where it says nothing."""
    return cast("frozenset[str] | None", getattr(view, "admits", None))


def visitor() -> SignedIn | None:
    """The operator behind this request, None where nobody is signed in."""
    return cast("SignedIn | None", g.get("operator"))


def current() -> SignedIn:
    """The operator behind this request. Raises ForbiddenError where nobody is signed in."""
    found = visitor()
    if found is None:
        raise ForbiddenError
    return found
