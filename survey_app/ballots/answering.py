"""What a submitted form leads to. Whatever goes wrong, the page says so and keeps every answer."""

from urllib.parse import parse_qsl, urlencode

from flask import Response
from flask_babel import gettext as _

from forms.decoder import UNTOUCHED_RATEE, decode
from forms.problems import N_
from forms.sheet import SKIP_VALUE
from survey_app.ballots import drafts
from survey_app.ballots.accept import Outcome, find_receipt
from survey_app.ballots.asking import asked_nonce, must_wait, new_asked_nonce, settled
from survey_app.ballots.entrance import VoidCardError
from survey_app.ballots.nonce import BadNonceError, Nonce
from survey_app.ballots.paper import Pairs
from survey_app.ballots.posted import Posted
from survey_app.ballots.service import submission
from survey_app.ballots.showing import Said, confirm_page, done_page, form_page, stopped_page
from survey_app.ballots.visit import Visit, new_nonce
from survey_app.core import clock
from survey_app.core.errors import NotRecordedError
from survey_app.core.services import services
from survey_app.rounds.life import close_if_due

STALE = N_("这个页面打开得太久，或不是完整打开的，刚才没有记录。请再按一次提交。")
ASKED = N_(
    "现在从这个二维码提交的人特别多，刚才没有记录。请等 30 秒后再按一次提交。"
    "多数手机几秒钟后会自动提交，不用再按。"
)
BUSY = N_("系统正忙，刚才没有记录下来。请再按一次提交。")
SAVED = N_("已经保存。可以关闭页面；以后用同一张卡的二维码或验证码打开，就能接着填。")
RESTORED = N_("已恢复您上次保存的内容。")
DRAFT_FIELD = "form"


def answer(visit: Visit, posted: Posted, device: str | None = None) -> Response:
    """Take one form: thanks with a receipt, or a page that says what is in the way."""
    decoded = decode(posted.answers, visit.sheet)
    if decoded.errors and not visit.entrance.takes_ballots:
        return _closed(visit, posted.answers)
    nonce = _nonce(visit, posted.nonce)
    if nonce is None:
        said = Said(decoded.errors, alert=_(STALE), status=422)
        return form_page(visit, new_nonce(visit), posted.answers, said)
    if decoded.errors:
        said = Said(decoded.errors, status=422)
        return form_page(visit, posted.nonce, posted.answers, said)
    if must_wait(visit, posted, nonce):
        again = asked_nonce(visit, posted.nonce) and posted.nonce
        again = again or new_asked_nonce(visit, nonce, decoded.answers)
        said = Said(alert=_(ASKED), status=429, has_work=True)
        return form_page(visit, again, posted.answers, said)
    held = services()
    try:
        outcome = held.writer.submit(
            submission(visit.entrance, nonce, decoded.answers, held.keys, device)
        )
    except NotRecordedError:
        said = Said(alert=_(BUSY), status=NotRecordedError.status)
        return form_page(visit, posted.nonce, posted.answers, said)
    return _told(visit, outcome, posted.answers)


def answer_list(visit: Visit, posted: Posted) -> Response:
    """Take a step with a list: save it, look it over, go back to it, or send it."""
    if posted.action == "submit":
        return answer(visit, posted)
    if not visit.entrance.takes_ballots:
        return _closed(visit, posted.answers)
    if visit.entrance.is_used:
        return used_page(visit, posted.answers)
    if posted.action == "save":
        return _save(visit, posted)
    if posted.action in ("confirm", "rest"):
        return _look_over(visit, posted)
    return shown_again(visit, posted)


def shown_again(visit: Visit, posted: Posted) -> Response:
    """The same form with the same answers, as another button of it asks (language, text size)."""
    nonce = posted.nonce if _nonce(visit, posted.nonce) else new_nonce(visit)
    return form_page(visit, nonce, posted.answers, Said())


def saved_form(visit: Visit) -> Response | None:
    """The form with what was saved under this card; None where nothing was."""
    content = drafts.load(services().database, visit.entrance).get(DRAFT_FIELD)
    if content is None:
        return None
    given = parse_qsl(content, keep_blank_values=True)
    return form_page(visit, new_nonce(visit), given, Said(notice=_(RESTORED)))


def used_page(visit: Visit, given: Pairs = ()) -> Response:
    """The card has been used; what came with it now, if anything, is not recorded."""
    told = [_("这张评议卡已经提交过答卷，一张卡只能用一次。")]
    if given:
        told.append(_("您刚才填写的内容没有记录。"))
    told.append(_("如果不是您提交的，请拨打监督电话反映。"))
    return stopped_page(visit, _("您已完成评议"), told, 409, given)


def over_page(visit: Visit, given: Pairs = ()) -> Response:
    """The round is over, or has not begun."""
    if visit.entrance.phase == "early":
        told = [_("请在开始以后再扫一次二维码，或再输入一次验证码。")]
        heading, status = _("本轮评议还没有开始"), 409 if given else 200
    else:
        told = [_("感谢您的关注。本轮已经停止接收答卷。")]
        heading, status = _("本轮评议已经结束"), 410
    if given:
        told.insert(0, _("您刚才填写的内容没有记录。"))
    return stopped_page(visit, heading, told, status, given)


def _closed(visit: Visit, given: Pairs) -> Response:
    if visit.entrance.phase == "over":
        close_if_due(services().database, visit.entrance.round.id, clock.now())
    return over_page(visit, given)


def _told(visit: Visit, outcome: Outcome, given: Pairs) -> Response:
    if outcome.receipt is not None:
        return done_page(visit, outcome.receipt)
    if outcome.kind == "closed":
        return _closed(visit, given)
    if outcome.kind == "code_void":
        told = [_("您刚才填写的内容没有记录。"), _(VoidCardError.remedy)]
        return stopped_page(visit, _(VoidCardError.message), told, VoidCardError.status, given)
    return used_page(visit, given)


def _nonce(visit: Visit, text: str) -> Nonce | None:
    """The form's nonce if it may still be used, or has been: then its receipt is given again."""
    round_id, held = visit.entrance.round.id, services()
    try:
        nonce = held.nonces.read(text, round_id, visit.entrance.form_id)
    except BadNonceError:
        asked = asked_nonce(visit, text)
        if asked is None:
            return None
        nonce = settled(visit, asked, text)
    if nonce.is_expired and not find_receipt(held.database, held.keys, round_id, nonce.value):
        return None
    return nonce


def _save(visit: Visit, posted: Posted) -> Response:
    known = [
        pair
        for pair in posted.answers
        if pair[1] and (pair[0] in visit.sheet.fields or pair[0] in visit.sheet.skips)
    ]
    fields = {DRAFT_FIELD: urlencode(known)}
    if not drafts.save(services().database, visit.entrance, fields):
        return used_page(visit, posted.answers)
    nonce = posted.nonce if _nonce(visit, posted.nonce) else new_nonce(visit)
    return form_page(visit, nonce, known, Said(notice=_(SAVED)))


def _look_over(visit: Visit, posted: Posted) -> Response:
    given = list(posted.answers)
    decoded = decode(given, visit.sheet)
    if posted.action == "rest":
        given += [
            (error.field, SKIP_VALUE)
            for error in decoded.errors
            if error.message == UNTOUCHED_RATEE
        ]
        decoded = decode(given, visit.sheet)
    nonce = posted.nonce if _nonce(visit, posted.nonce) else new_nonce(visit)
    if decoded.errors:
        return form_page(visit, nonce, given, Said(decoded.errors, status=422))
    return confirm_page(visit, nonce, given, decoded)
