"""The pages a rater sees, made from a visit."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Request, Response, current_app, render_template
from flask_babel import gettext as _
from markupsafe import Markup

from forms.decoder import Decoded, FieldError
from survey_app.ballots.pages import MARK, PreparedPages
from survey_app.ballots.paper import Pairs, Paper, Question, paper
from survey_app.ballots.visit import Look, Visit, new_nonce
from survey_app.ballots.work import BITS, PIECES
from survey_app.core.assets import asset_url
from survey_app.rounds.frozen import FrozenRatee

RECEIPT_GROUP = 4
LONG_LABEL = 4  # characters; shorter ones fit a tile in one line
ONE_LOOK_FITS_ALL = 3  # fewer units rated alike are no reason to ask


@dataclass(frozen=True, slots=True)
class Tools:
    """The switches at the top: links, or buttons of the form where its code must travel along."""

    by_buttons: bool
    default: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a form page says beside its questions."""

    errors: tuple[FieldError, ...] = ()
    alert: str = ""
    notice: str = ""
    status: int = 200
    has_work: bool = False
    """Whether a browser with scripts may send it by itself after a little work."""


def hidden_fields(visit: Visit, nonce: str) -> Markup:
    """The part of a form that is fresh in each page. The draft's name has none, so it stays."""
    parts = [Markup('<input type="hidden" name="nonce" value="{}">').format(nonce)]
    if visit.code:
        parts.append(Markup('<input type="hidden" name="code" value="{}">').format(visit.code))
    if not visit.is_kiosk:
        parts.append(Markup('<input type="hidden" id="draft" value="{}">').format(visit.draft_id))
    return Markup("").join(parts)


def work_field(challenge: str) -> Markup:
    """What static/work.js fills in before it sends the form."""
    return Markup(
        '<input type="hidden" id="work" name="work" data-challenge="{}" data-pieces="{}"'
        ' data-bits="{}"><script src="{}" defer></script>'
    ).format(challenge, PIECES, BITS, asset_url("work.js"))


def paper_of(visit: Visit, given: Pairs = (), errors: Sequence[FieldError] = ()) -> Paper:
    return paper(visit.entrance.round, visit.sheet, visit.look.language, _, given, errors)


def render_form(visit: Visit, hidden: Markup, given: Pairs = (), said: Said | None = None) -> str:
    """The form as text, with `hidden` where its fresh part belongs."""
    said = said or Said()
    template = "ballots/list.html" if visit.is_list else "ballots/form.html"
    return render_template(
        template,
        **_common(visit),
        paper=paper_of(visit, given, said.errors),
        action=visit.action,
        address=visit.address,
        hidden=hidden,
        alert=said.alert,
        notice=said.notice,
        keep_server=bool(given),
        tools=_tools(visit),
    )


def form_page(visit: Visit, nonce: str, given: Pairs, said: Said) -> Response:
    """The form again, with the answers given so far."""
    hidden = hidden_fields(visit, nonce) + (work_field(nonce) if said.has_work else "")
    html = render_form(visit, hidden, given, said)
    return Response(html, said.status, mimetype="text/html")


def prepared_page(visit: Visit, request: Request) -> Response:
    """The empty form: rendered and compressed once, only its nonce is new."""
    pages: PreparedPages = current_app.extensions["prepared_pages"]
    page = pages.get(visit.page_key, lambda: render_form(visit, Markup(MARK)))  # noqa: S704 -- our own
    fresh = hidden_fields(visit, new_nonce(visit)).encode()
    is_packed = request.accept_encodings["gzip"] > 0
    response = Response(page.packed(fresh) if is_packed else page.plain(fresh))
    response.mimetype = "text/html"
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    if not visit.code:
        # Going back must find the same nonce: the same form counts once. So it does not vary by
        # cookie either; "no-cache" has every other visit fetch the page anew.
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def confirm_page(visit: Visit, nonce: str, given: Pairs, decoded: Decoded) -> Response:
    """Before a list is sent: how many units were rated, which were not."""
    rated = {one.ratee for one in decoded.answers}
    names = {row.ratee: visit.entrance.round.ratee(row.ratee).name for row in visit.sheet.rows}
    html = render_template(
        "ballots/confirm.html",
        **_common(visit),
        rated=[name for number, name in names.items() if number in rated],
        skipped=[name for number, name in names.items() if number not in rated],
        is_uniform=is_uniform(decoded),
        given=[pair for pair in given if pair[1]],
        action=visit.action,
        hidden=hidden_fields(visit, nonce),
    )
    return Response(html, mimetype="text/html")


def is_uniform(decoded: Decoded) -> bool:
    """Whether three units or more were all given the very same answers."""
    codes = [one.codes for one in decoded.answers]
    return len(codes) >= ONE_LOOK_FITS_ALL and len(set(codes)) == 1


def done_page(visit: Visit, receipt: str) -> Response:
    """Thanks and the receipt. The same receipt gives the same bytes."""
    parts = [
        receipt[start : start + RECEIPT_GROUP] for start in range(0, len(receipt), RECEIPT_GROUP)
    ]
    spans = Markup("").join(Markup("<span>{}</span>").format(part) for part in parts)
    if visit.code:
        return Response(_render_done(visit, spans), mimetype="text/html")
    pages: PreparedPages = current_app.extensions["prepared_pages"]
    key = ("done", visit.page_key)
    page = pages.get(key, lambda: _render_done(visit, Markup(MARK)))  # noqa: S704 -- our own
    return Response(page.plain(spans.encode()), mimetype="text/html")


def _render_done(visit: Visit, receipt: Markup) -> str:
    return render_template(
        "ballots/done.html",
        **_common(visit),
        receipt=receipt,
        draft=visit.draft_id,
        again="" if visit.code or visit.is_kiosk else visit.address,
        chooser=_chooser(visit),
    )


def _chooser(visit: Visit) -> str:
    """Where another unit can be chosen, "" where there is none."""
    is_one_of_many = visit.number is not None and not visit.is_kiosk
    return visit.address.rpartition("/")[0] if is_one_of_many else ""


def stopped_page(
    visit: Visit, heading: str, told: Sequence[str], status: int, given: Pairs = ()
) -> Response:
    """A form that cannot be taken now; what was filled in is shown, so that it is not lost."""
    html = render_template(
        "ballots/stopped.html",
        **_common(visit),
        heading=heading,
        told=told,
        answers=_in_words(paper_of(visit, given)) if given else [],
    )
    return Response(html, status, mimetype="text/html")


def choose_page(visit: Visit, request: Request) -> Response:
    """The units behind a poster that stands for several."""
    groups: dict[str, list[FrozenRatee]] = {}
    for row in visit.sheet.rows:
        ratee = visit.entrance.round.ratee(row.ratee)
        groups.setdefault(ratee.group, []).append(ratee)
    query = request.query_string.decode("ascii", "replace")
    html = render_template(
        "ballots/choose.html",
        **_common(visit),
        groups=groups.items(),
        minutes=paper_of(_first_of(visit)).minutes,
        base=visit.address,
        query=f"?{query}" if query else "",
        tools=Tools(by_buttons=False),
    )
    return Response(html, mimetype="text/html")


def plain_page(template: str, look: Look, status: int = 200, **values: object) -> Response:
    """A page that belongs to no round."""
    shown = {"tools": Tools(by_buttons=False)} | values
    html = render_template(template, round=None, elder=look.is_elder, **shown)
    return Response(html, status, mimetype="text/html")


def code_page(look: Look, status: int = 200, error: str = "", typed: str = "") -> Response:
    """Where a code is typed. Its switches are buttons, so that what was typed travels along."""
    tools = Tools(by_buttons=True, default="submit")
    return plain_page("ballots/code.html", look, status, error=error, typed=typed, tools=tools)


def busy_page(look: Look, code: str, stamp: str, fields: Pairs, action: str) -> Response:
    """A code has to wait: everything that came with it is sent again, once or by itself."""
    html = render_template(
        "ballots/busy.html",
        round=None,
        elder=look.is_elder,
        code=code,
        stamp=stamp,
        fields=fields,
        action=action,
        work=work_field(stamp),
    )
    return Response(html, 429, mimetype="text/html")


def _common(visit: Visit) -> dict[str, object]:
    return {
        "round": visit.entrance.round,
        "is_test": visit.entrance.phase == "testing",
        "elder": visit.look.is_elder,
        "kiosk": visit.address if visit.is_kiosk else "",
    }


def _tools(visit: Visit) -> Tools:
    if not visit.code and not visit.is_kiosk:
        return Tools(by_buttons=False)
    return Tools(by_buttons=True, default="save" if visit.is_list else "submit")


def _first_of(visit: Visit) -> Visit:
    entrance, number = visit.entrance, visit.sheet.rows[0].ratee
    key = entrance.round.ratee(number).key
    sheet = entrance.round.sheet(entrance.rater_class, (key,))
    return Visit(entrance, sheet, visit.address, visit.look, number=number)


def _in_words(whole: Paper) -> list[tuple[str, list[tuple[str, str]]]]:
    found = []
    for unit in whole.units:
        lines = [(one.text, _answer(one)) for one in unit.questions if one.is_answered]
        if lines or unit.is_skipped:
            found.append((unit.name, lines or [(_("不了解该单位"), "✓")]))
    return found


def _answer(question: Question) -> str:
    chosen = [one.text for one in question.choices + question.aside if one.is_checked]
    return question.value or "、".join(chosen)


def breakable(text: str) -> Markup:
    """A Chinese label of four characters or more, allowed to break before its last two."""
    plain = str(text)
    if len(plain) < LONG_LABEL or plain.isascii():
        return Markup.escape(plain)
    return Markup("{}<wbr>{}").format(plain[:-2], plain[-2:])
