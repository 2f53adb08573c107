"""Links and cards of a round: making them and printing them."""

import secrets
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from analysis.inputs import RateeRow
from forms.problems import N_
from survey_app.core.access import current, only
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.core.qr import qr_svg
from survey_app.core.services import services
from survey_app.register.names import ratee_class_name
from survey_app.rounds import entrances as service
from survey_app.rounds.entrances import BatchSpec, IssuedBatch, IssuedCard, LinkSpec
from survey_app.rounds.forms import (
    MAX_COUNT,
    CountedCardsForm,
    PosterForm,
    RosterCardsForm,
    channel_choices,
    class_choices,
)
from survey_app.rounds.overview import Overview, overview
from survey_app.rounds.posters import Addresses
from survey_app.rounds.tables import Link

entrances = Blueprint("entrances", __name__, url_prefix="/rounds/<int:round_id>")
EACH, ALL, KEY, CLASS, GROUP = "each", "all", "key:", "class:", "group:"


class RepeatedIssueError(DomainError):
    status = 409
    message = N_("这一批评议卡已经生成过了，没有再生成。")
    remedy = N_(
        "如果上一次的卡没有打印出来，请回到“海报和评议卡”页面按数量再发一批；"
        "没印出来的卡没有人拿到，验证码也没有保存，不会被使用。"
    )


def addresses() -> Addresses:
    """Where printed codes lead: the configured address, else the one of this request."""
    return Addresses(services().settings.base_url or request.host_url.rstrip("/"))


@entrances.get("/entrances")
def index(round_id: int) -> str:
    """What there is, and forms to make more."""
    found = overview(services().database, round_id)
    return _page(found, _poster_form(found), _roster_form(found), _counted_form(found))


def _page(
    found: Overview, posters: PosterForm, roster: RosterCardsForm, counted: CountedCardsForm
) -> str:
    return render_template(
        "rounds/entrances.html",
        found=found,
        row=found.row,
        posters=posters,
        roster=roster,
        counted=counted,
        addresses=addresses(),
        is_simulated=found.row.is_simulated,
        is_test=found.row.state == "testing",
    )


def _poster_form(found: Overview) -> PosterForm:
    form = PosterForm(prefix="poster-")
    form.rater_class.choices = class_choices(found.register, found.bound_classes)
    form.channel.choices = channel_choices()
    return form


def _roster_form(found: Overview) -> RosterCardsForm:
    form = RosterCardsForm(prefix="roster-")
    on_roster = {row.rater_class for row in found.register.roster}
    issued = {batch.rater_class for batch in found.batches}
    open_classes = [key for key in found.bound_classes if key in on_roster - issued]
    form.rater_class.choices = class_choices(found.register, open_classes)
    form.channel.choices = channel_choices()
    return form


def _counted_form(found: Overview) -> CountedCardsForm:
    form = CountedCardsForm(prefix="counted-")
    form.rater_class.choices = class_choices(found.register, found.bound_classes)
    form.channel.choices = channel_choices()
    form.scope.choices = _card_scopes(found.ratees)
    form.place.choices = [SelectChoice("", _("不限"))] + [
        SelectChoice(str(link.id), link.name) for link in found.tablets
    ]
    if request.method == "GET":
        form.batches.data = str(len(found.batches))
    return form


def _card_scopes(ratees: Sequence[RateeRow]) -> list[SelectChoice]:
    each = SelectChoice(EACH, _("每个评议对象各发这么多张，一卡评一个"))
    return [each, *scope_choices(ratees)]


def scope_choices(ratees: Sequence[RateeRow]) -> list[SelectChoice]:
    """Whom a form may be about: all ratees, a class, a group or one."""
    classes = dict.fromkeys(row.ratee_class for row in ratees)
    groups = dict.fromkeys(row.group for row in ratees if row.group)
    named = {
        ALL: _("全部评议对象"),
        **{CLASS + key: _("类别：{name}").format(name=ratee_class_name(key)) for key in classes},
        **{GROUP + name: _("分组：{name}").format(name=name) for name in groups},
        **{KEY + row.key: row.name for row in ratees},
    }
    return [SelectChoice(*one) for one in named.items()]


@entrances.post("/posters")
def add_posters(round_id: int) -> Response | tuple[str, int]:
    """Make open links."""
    found = overview(services().database, round_id)
    form = _poster_form(found)
    if not form.validate_on_submit():
        return _page(found, form, _roster_form(found), _counted_form(found)), 422
    database, login = services().database, current().login
    rater_class, channel = form.rater_class.data, form.channel.data
    if form.extent.data == "each":
        links = service.add_link_per_ratee(database, login, round_id, rater_class, channel)
    else:
        name = found.names.rater_class(rater_class)
        spec = LinkSpec(_("总海报（{name}）").format(name=name), rater_class, channel)
        links = service.add_links(database, login, round_id, [spec])
    flash(_("已生成 {n} 张海报。").format(n=len(links)))
    return redirect(url_for("rounds.entrances.index", round_id=round_id))


@entrances.get("/posters")
def posters(round_id: int) -> str:
    """Every poster of the round, one on each sheet of paper."""
    found = overview(services().database, round_id)
    return _posters_page(found, found.links)


@entrances.get("/posters/<int:link_id>")
def poster(round_id: int, link_id: int) -> str:
    """One poster."""
    found = overview(services().database, round_id)
    links = [link for link in found.links if link.id == link_id]
    if not links:
        raise NotFoundError
    return _posters_page(found, links)


def _posters_page(found: Overview, links: Sequence[Link]) -> str:
    where = addresses()
    sheets = [
        (link, where.of_link(link.token), qr_svg(where.of_link(link.token), _("扫码评议")))
        for link in links
    ]
    return render_template(
        "rounds/posters.html",
        row=found.row,
        sheets=sheets,
        names=found.names,
        is_simulated=found.row.is_simulated,
    )


@entrances.post("/cards/roster")
def roster_cards(round_id: int) -> str | tuple[str, int]:
    """Cards for a roster, shown this once."""
    found = overview(services().database, round_id)
    form = _roster_form(found)
    if not form.validate_on_submit():
        return _page(found, _poster_form(found), form, _counted_form(found)), 422
    held = services()
    batches = service.issue_from_roster(
        held.database,
        held.keys,
        current().login,
        round_id,
        form.rater_class.data,
        form.channel.data,
    )
    return cards_page(found, batches)


@entrances.post("/cards/counted")
@only("admin", "clerk")
def counted_cards(round_id: int) -> str | tuple[str, int]:
    """Cards by number, shown this once."""
    found = overview(services().database, round_id)
    form = _counted_form(found)
    if not form.validate_on_submit() or not _is_within_limit(form, found):
        return _page(found, _poster_form(found), _roster_form(found), form), 422
    if form.batches.data != str(len(found.batches)):
        raise RepeatedIssueError
    held = services()
    batches = [
        service.issue_cards(held.database, held.keys, current().login, round_id, spec)
        for spec in _specs(form, found)
    ]
    return cards_page(found, batches)


def _is_within_limit(form: CountedCardsForm, found: Overview) -> bool:
    specs = _specs(form, found)
    total = sum(spec.count for spec in specs)
    if total > MAX_COUNT:
        words = _("一共 {total} 张，一次最多 {limit} 张，请分几批。")
        form.count.errors = [words.format(total=total, limit=MAX_COUNT)]
    if not specs:
        form.scope.errors = [_("这类评议主体不评这些评议对象，请另选范围。")]
    return 0 < total <= MAX_COUNT


def _specs(form: CountedCardsForm, found: Overview) -> list[BatchSpec]:
    rated = rated_by(found, form.rater_class.data)
    choice = form.scope.data
    scopes: list[tuple[str, tuple[str, ...]]] = []
    if choice == EACH:
        scopes = [(row.name, (row.key,)) for row in rated]
    elif choice == ALL:
        scopes = [(found.names.rater_class(form.rater_class.data), ())]
    else:
        keys = scope_of(rated, choice)
        # Nobody in scope is no cards: an empty list would stand for everybody.
        scopes = [(found.names.scope(keys), keys)] if keys else []
    return [
        BatchSpec(
            name,
            form.rater_class.data,
            form.channel.data,
            form.count.data,
            "card",
            keys,
            (form.stratum.data or "").strip(),
            form.valid_from.data,
            form.valid_until.data,
            int(form.place.data) if form.place.data else None,
        )
        for name, keys in scopes
    ]


def rated_by(found: Overview, rater_class: str) -> list[RateeRow]:
    """The ratees that a rater class is asked about."""
    asked = {one["ratee_class"] for one in found.row.bindings if one["rater_class"] == rater_class}
    return [row for row in found.ratees if row.ratee_class in asked]


def scope_of(rated: Sequence[RateeRow], choice: str) -> tuple[str, ...]:
    """The keys a choice of `scope_choices` stands for; none for all of them."""
    if choice == ALL:
        return ()
    kind, _colon, wanted = choice.partition(":")
    return tuple(
        row.key
        for row in rated
        if wanted == {"key": row.key, "class": row.ratee_class, "group": row.group}.get(kind)
    )


def shuffled(cards: Sequence[IssuedCard]) -> list[IssuedCard]:
    """The cards of a batch in an order that nobody knows and nothing keeps."""
    mixed = list(cards)
    secrets.SystemRandom().shuffle(mixed)
    return mixed


def cards_page(found: Overview, batches: Sequence[IssuedBatch]) -> str:
    """New cards to print now; their codes are shown nowhere else and never again."""
    where = addresses()
    places = {link.id: link.name for link in found.tablets}
    cards = [
        (batch.spec, card, qr_svg(where.of_card(card.qr_code), _("评议卡二维码"), "card"))
        for batch in batches
        for card in shuffled(batch.cards)
    ]
    return render_template(
        "rounds/cards.html",
        row=found.row,
        cards=cards,
        names=found.names,
        typed_address=where.typed,
        places=places,
        is_simulated=found.row.is_simulated,
    )
