"""What a rater's browser sent, checked before anything is looked up.

Rater pages have no session. That a form comes from our own page is shown by its nonce, and by
what the browser says of its origin. Under "Referrer-Policy: no-referrer" browsers send
"Origin: null" with a form, so null alone proves nothing either way; Sec-Fetch-Site then decides
where the browser knows it.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from forms.problems import N_
from survey_app.core.errors import DomainError

CITIZEN_BYTES = 64 * 1024
LIST_BYTES = 1024 * 1024
MOST_FIELDS = 10_000
RESERVED = frozenset({"nonce", "code", "action", "elder", "lang", "csrf_token", "work", "stamp"})
FORM_TYPE = "application/x-www-form-urlencoded"


class ForeignOriginError(DomainError):
    status = 403
    message = N_("这份内容不是从本网站的页面提交的，没有记录。")
    remedy = N_("请重新扫描二维码，在打开的页面上填写。")


class UnreadableFormError(DomainError):
    status = 400
    message = N_("提交的内容读不出来，没有记录。")
    remedy = N_("请返回上一页再提交一次；仍然不行时请换一个浏览器。")


class TooLongError(DomainError):
    status = 413
    message = N_("发来的内容太长，没有记录。")
    remedy = N_("请返回上一页，把意见缩短到 200 字以内，再提交一次。")


class WrongTypeError(UnreadableFormError):
    status = 415


@dataclass(frozen=True, slots=True)
class Posted:
    """The fields of a form in the order sent, reserved ones apart."""

    answers: tuple[tuple[str, str], ...]
    reserved: dict[str, str]

    @property
    def nonce(self) -> str:
        return self.reserved.get("nonce", "")

    @property
    def code(self) -> str:
        return self.reserved.get("code", "")

    @property
    def action(self) -> str:
        return self.reserved.get("action", "submit")


def read(request: Request, limit: int) -> Posted:
    """The form in a request's body.

    Raises:
        ForeignOriginError, WrongTypeError, UnreadableFormError: as their messages say.
        TooLongError: more than `limit` bytes.
    """
    if not is_own(request):
        raise ForeignOriginError
    if request.mimetype != FORM_TYPE:
        raise WrongTypeError
    request.max_content_length = limit
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise TooLongError from error
    if len(body) > limit:
        raise TooLongError
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise UnreadableFormError from error
    return Posted(
        tuple(pair for pair in pairs if pair[0] not in RESERVED),
        {name: value for name, value in pairs if name in RESERVED},
    )


def is_own(request: Request) -> bool:
    """Whether the browser says that the form stood on a page of this host, or says nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin in (None, "null") or urlsplit(origin or "").netloc == request.host
