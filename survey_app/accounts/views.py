"""Signing in and out, one's own password, and the administrators' list of operators."""

from collections.abc import Mapping, Sequence

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.accounts import (
    guard,
    operator_acts,
    own_sessions,
    second_factor,
    service,
    two_persons,
)
from survey_app.accounts.approval_views import approvals
from survey_app.accounts.check_views import checking
from survey_app.accounts.factor_views import factor
from survey_app.accounts.forms import (
    ChangePasswordForm,
    LoginForm,
    NewOperatorForm,
    OperatorForm,
    ReasonForm,
    ResetPasswordForm,
    SecondStepForm,
)
from survey_app.accounts.passwords import password_problems
from survey_app.accounts.resuming import kept_form
from survey_app.accounts.tables import Operator
from survey_app.core import clock
from survey_app.core.access import (
    PUBLIC,
    ROLE_NAMES,
    ROLES,
    SCOPED_ROLES,
    current,
    only,
    scope_keys,
    visitor,
)
from survey_app.core.errors import NotFoundError
from survey_app.core.services import services
from survey_app.register.service import read_present

blueprint = Blueprint("accounts", __name__, url_prefix="/admin")
blueprint.register_blueprint(approvals)
blueprint.register_blueprint(factor)
blueprint.register_blueprint(checking)


@blueprint.get("/login")
@only(PUBLIC)
def login() -> str | Response:
    """The log-in page; those already signed in go on."""
    if visitor() is not None:
        return redirect(guard.safe_return(request.args.get("next")))
    return _login_page(LoginForm(next=guard.safe_return(request.args.get("next"))))


@blueprint.post("/login")
@only(PUBLIC)
def sign_in() -> str | Response | tuple[str, int]:
    """Start a session. Every refusal reads the same, so that none tells which log-ins exist."""
    form = LoginForm()
    if not form.validate_on_submit():
        return _login_page(form), 422
    held = services()
    found = service.sign_in(
        held.database, held.settings, form.login.data.strip(), form.password.data
    )
    if found is None:
        return _login_page(form, is_refused=True), 403
    if isinstance(found, service.HalfSignedIn):
        step = SecondStepForm(
            formdata=None, half=found.text, next=form.next.data, kept=form.kept.data
        )
        return render_template("accounts/second_step.html", form=step)
    return _entered(found, form)


@blueprint.post("/login/code")
@only(PUBLIC)
def second_step() -> str | Response | tuple[str, int]:
    """The second factor, from whoever knew the password."""
    form = SecondStepForm()
    if not form.validate_on_submit():
        return render_template("accounts/second_step.html", form=form), 422
    held = services()
    token = service.second_step(held.database, held.settings, form.half.data, form.code.data)
    if token is None:
        form.code.data = ""
        return render_template("accounts/second_step.html", form=form, is_refused=True), 403
    return _entered(token, form)


def _entered(token: str, form: LoginForm | SecondStepForm) -> Response:
    held = services()
    session.clear()  # the CSRF secret of before does not outlive the log-in
    kept = kept_form(held.settings, form.kept.data) if form.kept.data else None
    response = make_response(
        render_template("accounts/resume.html", kept=kept)
        if kept
        else redirect(guard.safe_return(form.next.data))
    )
    guard.set_cookie(response, token)
    return response


def _login_page(form: LoginForm, *, is_refused: bool = False) -> str:
    is_empty = not service.has_operators(services().database)
    return render_template(
        "accounts/login.html", form=form, is_refused=is_refused, is_empty=is_empty
    )


@blueprint.post("/logout")
@only(*ROLES)
def logout() -> Response:
    """End this session."""
    service.sign_out(services().database, request.cookies.get(guard.cookie_name(), ""))
    return _signed_out(_("您已退出。"))


@blueprint.post("/account/logout-everywhere")
@only(*ROLES)
def logout_everywhere() -> Response:
    """End this operator's sessions on every machine."""
    service.sign_out_everywhere(services().database, current())
    return _signed_out(_("您在所有设备上都已退出。"))


def _signed_out(words: str) -> Response:
    session.clear()
    flash(words)
    response = redirect(url_for("accounts.login"))
    guard.clear_cookie(response)
    return response


@blueprint.get("/account")
@only(*ROLES)
def account() -> str:
    """One's own account."""
    return _account_page(ChangePasswordForm())


def _account_page(form: ChangePasswordForm) -> str:
    held, me = services(), current()
    token = request.cookies.get(guard.cookie_name(), "")
    return render_template(
        "accounts/account.html",
        form=form,
        me=me,
        sessions=own_sessions.own_sessions(held.database, me, token),
        is_on=second_factor.has_second_factor(held.database, me.id),
        n_codes=second_factor.n_recovery_codes(held.database, me.id),
        local=clock.local,
    )


@blueprint.post("/account/sessions/<key>/end")
@only(*ROLES)
def end_session(key: str) -> Response:
    """Sign out one browser."""
    own_sessions.end_session(services().database, current(), key)
    flash(_("那一处登录已退出。"))
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/password")
@only(*ROLES)
def change_password() -> Response | tuple[str, int]:
    """Set one's own password; other machines are signed out."""
    form = ChangePasswordForm()
    held, me = services(), current()
    if not form.validate_on_submit() or not _is_fit(form, me.login):
        return _account_page(form), 422
    token = service.change_password(
        held.database, held.settings, me, form.old.data, form.password.data
    )
    flash(_("密码已修改，其他设备上的登录已失效。"))
    response = redirect(url_for("accounts.account"))
    guard.set_cookie(response, token)
    return response


@blueprint.get("/operators/")
@only("admin", "security")
def operators() -> str:
    """Everybody who may sign in."""
    operator_acts.check_manager(services().database, current())
    with services().database.read() as store:
        rows = service.list_operators(store)
    return _operators_page(rows, NewOperatorForm())


@blueprint.post("/operators/")
@only("admin", "security")
def create_operator() -> Response | tuple[str, int]:
    """A new account."""
    form = NewOperatorForm()
    held = services()
    operator_acts.check_manager(held.database, current())
    is_fit = form.validate_on_submit() and _is_scope_fit(form)
    if not is_fit or not _is_fit(form, form.login.data):
        with held.database.read() as store:
            rows = service.list_operators(store)
        return _operators_page(rows, form), 422
    spec = service.OperatorSpec(
        form.login.data, form.name.data.strip(), form.role.data, (form.scope.data or "").strip()
    )
    service.create_operator(held.database, held.settings, current().login, spec, form.password.data)
    flash(_("已新建操作员“{login}”。").format(login=spec.login))
    _note_unknown_units(spec.role, spec.scope)
    return redirect(url_for("accounts.operators"))


@blueprint.get("/operators/<int:operator_id>")
@only("admin", "security")
def operator(operator_id: int) -> str:
    """One account: role, whether it may sign in, a new password."""
    operator_acts.check_manager(services().database, current())
    row = service.get_operator(services().database, operator_id)
    form = OperatorForm(role=row.role, scope=row.scope, is_active=row.is_active)
    return _operator_page(operator_id, form, ResetPasswordForm())


@blueprint.post("/operators/<int:operator_id>")
@only("admin", "security")
def change_operator(operator_id: int) -> Response | tuple[str, int]:
    """Set role and whether the account may sign in."""
    held, form = services(), OperatorForm()
    operator_acts.check_manager(held.database, current())
    row = service.get_operator(held.database, operator_id)
    is_fit = form.validate_on_submit() and _is_scope_fit(form) and _is_explained(form, row)
    if not is_fit:
        return _operator_page(operator_id, form, ResetPasswordForm()), 422
    is_done = operator_acts.change(
        held.database,
        current().login,
        operator_id,
        form.role.data,
        is_active=form.is_active.data,
        scope=(form.scope.data or "").strip(),
        reason=form.reason.data or "",
    )
    flash(_("已保存。") if is_done else _("已提出，等另一位操作员批准。"))
    _note_unknown_units(form.role.data, (form.scope.data or "").strip())
    return redirect(url_for("accounts.operators"))


def _is_explained(form: OperatorForm, row: Operator) -> bool:
    """Whether a change that takes two persons says why; if not, the field says so."""
    two = operator_acts.needs_two(row, form.role.data, is_active=form.is_active.data)
    if not two or (form.reason.data or "").strip():
        return True
    form.reason.errors = [_("降低或停用管理员、安全管理员时请写明理由。")]
    return False


@blueprint.post("/operators/<int:operator_id>/ask/<kind>")
@only("admin", "security")
def ask_reset(operator_id: int, kind: str) -> Response | tuple[str, int]:
    """Ask that a second factor, or the password of an account that matters, be set anew."""
    held, form = services(), ReasonForm()
    operator_acts.check_manager(held.database, current())
    if kind not in (operator_acts.RESET_FACTOR, operator_acts.RESET_PASSWORD):
        raise NotFoundError
    row = service.get_operator(held.database, operator_id)
    if not form.validate_on_submit():
        own = OperatorForm(formdata=None, role=row.role, scope=row.scope, is_active=row.is_active)
        reset = ResetPasswordForm(formdata=None)
        return _operator_page(operator_id, own, reset, {kind: form}), 422
    operator_acts.ask_reset(held.database, current().login, kind, operator_id, form.reason.data)
    flash(_("已提出，等另一位操作员批准。"))
    return redirect(url_for("accounts.operator", operator_id=operator_id))


@blueprint.post("/operators/<int:operator_id>/password")
@only("admin", "security")
def reset_password(operator_id: int) -> Response | tuple[str, int]:
    """Give an account a new password; its sessions end."""
    held, form = services(), ResetPasswordForm()
    operator_acts.check_manager(held.database, current())
    row = service.get_operator(held.database, operator_id)
    if not form.validate_on_submit() or not _is_fit(form, row.login):
        own = OperatorForm(formdata=None, role=row.role, scope=row.scope, is_active=row.is_active)
        return _operator_page(operator_id, own, form), 422
    operator_acts.reset_password(
        held.database, held.settings, current().login, operator_id, form.password.data
    )
    flash(_("已重设“{login}”的密码，请当面告知本人。").format(login=row.login))
    return redirect(url_for("accounts.operators"))


def _operators_page(rows: Sequence[Operator], form: NewOperatorForm) -> str:
    return render_template(
        "accounts/operators.html",
        rows=rows,
        form=form,
        role_names=ROLE_NAMES,
        missing=_("、").join(
            _(ROLE_NAMES[role]) for role in operator_acts.missing_roles(services().database)
        ),
        say=_,
    )


def _operator_page(
    operator_id: int,
    form: OperatorForm,
    reset: ResetPasswordForm,
    asked: Mapping[str, ReasonForm] | None = None,
) -> str:
    held, me = services(), current()
    row = service.get_operator(held.database, operator_id)
    kinds = (operator_acts.RESET_FACTOR, operator_acts.RESET_PASSWORD)
    return render_template(
        "accounts/operator.html",
        row=row,
        form=form,
        reset=reset,
        reasons={kind: _reason_form(kind, (asked or {}).get(kind)) for kind in kinds},
        kinds=kinds,
        is_on=second_factor.has_second_factor(held.database, operator_id),
        may_reset=operator_acts.may_reset(held.database, me.login, row),
        no_second=two_persons.no_second(held.database, operator_acts.LOWER, me.login),
    )


def _is_scope_fit(form: NewOperatorForm | OperatorForm) -> bool:
    """Whether a role that needs a scope has one; if not, the field says so."""
    if form.role.data not in SCOPED_ROLES or (form.scope.data or "").strip():
        return True
    form.scope.errors = [_("这个角色要写明管辖范围。")]
    return False


def _note_unknown_units(role: str, scope: str) -> None:
    """Say which units in charge the register does not have: a name for a key sees nothing."""
    if role not in ("unit", "leader"):
        return
    known = {row.key for row in read_present(services().database).ratees}
    unknown = sorted(scope_keys(scope) - known)
    if unknown:
        text = _("名册里没有编号“{keys}”。管辖范围写单位编号，不写名称。")
        flash(text.format(keys="、".join(unknown)))


def _is_fit(form: ChangePasswordForm | NewOperatorForm | ResetPasswordForm, login: str) -> bool:
    """Whether the new password may be used; if not, the field says everything against it."""
    problems = password_problems(form.password.data, login)
    form.password.errors = [
        _(one.message).format(**one.values) + "；" + _(one.remedy) + "。" for one in problems
    ]
    return not problems


def _reason_form(kind: str, typed: ReasonForm | None) -> ReasonForm:
    """The form that asks why, under an id of its own: the page has one for each kind."""
    form = typed or ReasonForm(formdata=None)
    form.reason.id = f"reason-{kind}"
    return form
