"""One mapping from what went wrong to a page that says so in plain words."""

import logging

from flask import Flask, render_template
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from forms.problems import N_, InputError, Problem
from survey_app.core.errors import DomainError, NotFoundError, ProblemsError

log = logging.getLogger(__name__)

TOO_LARGE = (N_("发来的内容太大，没有保存。"), N_("请减少内容后再试；表格文件不超过 5 MB。"))
STALE_PAGE = (N_("这个页面放得太久，需要重新打开。"), N_("请返回上一页刷新后再提交一次。"))
UNSTORABLE = (
    N_("填的内容存不下，没有保存：有一个数太大，或有不能保存的字符。"),
    N_("请返回上一页改正后再试。"),
)
UNEXPECTED = (
    N_("系统出了故障，刚才的操作没有完成。"),
    N_("请稍后再试；仍然不行时请联系工作人员。"),
)
BUSY = (
    N_("系统正忙，刚才的操作没有完成，也没有记录。"),
    N_("请过几秒返回上一页再试一次，填过的内容还在那里。"),
)
HTTP_WORDS = {
    404: (NotFoundError.message, NotFoundError.remedy),
    405: (DomainError.message, DomainError.remedy),
    413: TOO_LARGE,
}


def register(app: Flask) -> None:
    """Handle every exception a view may let through; none shows a stack trace."""

    @app.errorhandler(DomainError)
    def domain_error(error: DomainError) -> tuple[str, int]:
        problems = error.problems if isinstance(error, ProblemsError) else ()
        return _page(
            gettext(error.message).format(**error.values),
            gettext(error.remedy).format(**error.values),
            error.status,
            problems,
        )

    @app.errorhandler(InputError)
    def input_error(error: InputError) -> tuple[str, int]:
        first = ProblemsError(list(error.problems))
        return _page(gettext(first.message), gettext(first.remedy), 422, error.problems)

    @app.errorhandler(CSRFError)
    def stale_page(_error: CSRFError) -> tuple[str, int]:
        return _page(*_say(STALE_PAGE), 400)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
        if error.code is None or error.code < 400:
            return error
        words = HTTP_WORDS.get(error.code, (DomainError.message, DomainError.remedy))
        return _page(*_say(words), error.code)

    @app.errorhandler(OperationalError)
    def store_is_away(_error: OperationalError) -> tuple[str, int]:
        log.error("the store does not answer")
        return _page(*_say(BUSY), 503)

    @app.errorhandler(OverflowError)
    @app.errorhandler(DataError)
    def cannot_be_stored(_error: Exception) -> tuple[str, int]:
        return _page(*_say(UNSTORABLE), 400)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> tuple[str, int]:
        # The type only: a message may quote what a person sent.
        log.error("unexpected %s", type(error).__name__, exc_info=app.debug)
        return _page(*_say(UNEXPECTED), 500)


def _say(words: tuple[str, str]) -> tuple[str, str]:
    return gettext(words[0]), gettext(words[1])


def _page(
    message: str, remedy: str, status: int, problems: tuple[Problem, ...] = ()
) -> tuple[str, int]:
    lines = [problem.text(gettext) for problem in problems]
    return render_template("error.html", message=message, remedy=remedy, problems=lines), status
