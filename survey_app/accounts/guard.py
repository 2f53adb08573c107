"""Nobody gets in unless a view says so: roles are checked before any view of a blueprint runs."""

from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import N_
from survey_app.accounts.forms import LoginForm
from survey_app.accounts.operator_acts import is_separated
from survey_app.accounts.resuming import keep_form
from survey_app.accounts.second_factor import has_second_factor, is_needed
from survey_app.accounts.service import find_session
from survey_app.accounts.two_persons import n_to_decide
from survey_app.core.access import PUBLIC, SignedIn, admits, current, only, visitor
from survey_app.core.errors import ForbiddenError
from survey_app.core.services import services

__all__ = ["admit", "current", "only", "visitor"]

READING = frozenset({"GET", "HEAD", "OPTIONS"})
WRITERS = frozenset({"admin", "clerk"})
READERS = WRITERS | {"viewer"}
"""Roles without a scope. Any other enters only the views that name it."""

WITHOUT_FACTOR = frozenset(
    {
        "accounts.account",
        "accounts.change_password",
        "accounts.logout",
        "accounts.logout_everywhere",
        "accounts.factor.index",
        "accounts.factor.confirm",
    }
)
"""What can be reached before a second factor that is needed has been set up."""
APPROVALS, OPERATORS = "/admin/approvals/", "/admin/operators/"
NAVIGATION = (
    ("/admin/", N_("首页"), ("admin", "clerk", "viewer")),
    ("/admin/register/", N_("名册"), ("admin", "clerk", "viewer")),
    ("/admin/schemes/", N_("方案"), ("admin", "clerk", "viewer")),
    ("/admin/rounds/", N_("轮次"), ("admin", "clerk", "viewer")),
    ("/admin/reporting/", N_("指标填报"), ("reporter", "certifier")),
    ("/admin/supervision/", N_("督查"), ("admin", "clerk", "viewer", "unit")),
    (
        "/admin/appraisals/",
        N_("平时考核"),
        ("admin", "clerk", "viewer", "unit", "leader", "person"),
    ),
    ("/admin/followup/", N_("结果运用"), ("admin", "clerk", "viewer", "unit")),
    (APPROVALS, N_("待批事项"), ("admin", "clerk", "security", "auditor")),
    ("/admin/record/", N_("操作记录"), ("admin", "clerk", "viewer", "auditor")),
    (OPERATORS, N_("操作员"), ("admin", "security")),
    ("/admin/checks/", N_("运行检查"), ("system",)),
    ("/admin/liaison/", N_("代表联络"), ("liaison",)),
)


def admit(app: Flask, blueprint: Blueprint, roles: frozenset[str]) -> None:
    """Let only these roles use a blueprint; views narrow or widen it with `only`.

    The hooks are the application's: a blueprint serves every application of a process.
    """

    def check() -> BaseResponse | tuple[str, int] | None:
        g.operator = identify()
        admitted = roles_of(current_app.view_functions[request.endpoint or ""], roles)
        if PUBLIC in admitted:
            return None
        if g.operator is None:
            return _ask_to_sign_in()
        if g.operator.role not in admitted:
            raise ForbiddenError
        if _must_enrol(g.operator):
            return redirect(url_for("accounts.factor.index"))
        return None

    def keep_referrer(response: Response) -> Response:
        # Without a referrer browsers send "Origin: null" with a form.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    app.before_request_funcs.setdefault(blueprint.name, []).append(check)
    app.after_request_funcs.setdefault(blueprint.name, []).append(keep_referrer)
    app.template_context_processors[blueprint.name].append(page_names)


def _must_enrol(operator: SignedIn) -> bool:
    """Whether somebody has to set up the second factor before anything else."""
    held = services()
    return (
        request.endpoint not in WITHOUT_FACTOR
        and is_needed(held.settings, operator.role)
        and not has_second_factor(held.database, operator.id)
    )


def _ask_to_sign_in() -> BaseResponse | tuple[str, int]:
    """To the log-in page; what was typed before the session ran out goes with it."""
    kept = keep_form(services().settings) if request.method == "POST" else ""
    if not kept:
        return redirect(url_for("accounts.login", next=_return_address()))
    form = LoginForm(formdata=None, kept=kept, next="/admin/")
    return render_template("accounts/login.html", form=form), 401


def roles_of(view: Callable[..., Any], roles: frozenset[str]) -> frozenset[str]:
    """Whom a view admits for the method of this request.

    Where the view says nothing: operators of its blueprint may read, and those who may write
    may post. Never the public, and never a role with a scope.
    """
    said = admits(view)
    if said is not None:
        return said
    operators = roles - {PUBLIC}
    return operators & (READERS if request.method in READING else WRITERS)


def identify() -> SignedIn | None:
    """The operator whose session cookie came with this request."""
    token = request.cookies.get(cookie_name())
    return find_session(services().database, token) if token else None


def cookie_name() -> str:
    """Browsers keep a __Host- cookie to this host and to https."""
    return "__Host-operator" if services().settings.is_https else "operator"


def set_cookie(response: BaseResponse, token: str) -> None:
    """Hand the browser its session's token."""
    response.set_cookie(
        cookie_name(),
        token,
        httponly=True,
        secure=services().settings.is_https,
        samesite="Strict",
        path="/",
    )


def clear_cookie(response: BaseResponse) -> None:
    response.delete_cookie(
        cookie_name(), path="/", secure=services().settings.is_https, httponly=True
    )


def safe_return(address: str | None) -> str:
    """Where to go after signing in: a page of the operators, never another host."""
    odd = ("\\", "//")
    if address and address.startswith("/admin/") and address.isprintable():
        return "/admin/" if any(one in address for one in odd) else address
    return "/admin/"


def page_names() -> dict[str, Any]:
    """What every operators' page needs: who is signed in, and the menu."""
    operator = visitor()
    if operator is None:
        return {"operator": None, "admin_nav": []}
    database = services().database
    waiting = n_to_decide(database, operator)
    is_kept_out = operator.role == "admin" and is_separated(database)
    shown = {"name": operator.name, "role_name": gettext(operator.role_name)}
    return {
        "operator": shown | {"role": operator.role},
        "admin_nav": [
            {"href": href, "label": gettext(label), "n": waiting if href == APPROVALS else 0}
            for href, label, roles in NAVIGATION
            if operator.role in roles and not (is_kept_out and href == OPERATORS)
        ],
        "may_write": operator.role in WRITERS,
        "is_admin": operator.role == "admin",
        "n_to_decide": waiting,
    }


def home_of(role: str) -> str:
    """The first entry of the menu that a role has."""
    return next(href for href, _label, roles in NAVIGATION if role in roles and href != "/admin/")


def _return_address() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/admin/"
