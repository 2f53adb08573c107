"""A paper session of a small round, for tests: made, counted and filled as operators do it."""

from datetime import date

from forms.decoder import decode
from survey_app.intake import entering, sessions
from survey_app.intake.entering import Desk, Entered
from survey_app.intake.reading import Asked, Form
from survey_app.intake.sessions import SessionSpec, Standing
from tests.rounds import OPERATOR, World


def announce(
    world: World, issued: int = 10, kind: str = "paper", scope: tuple[str, ...] = ("u1",)
) -> int:
    """A session about the first unit, as many papers given out; gives its id."""
    spec = SessionSpec(
        kind=kind,  # type: ignore[arg-type]
        name="第一场",
        place="礼堂",
        held_on=date(2026, 11, 20),
        tellers="甲、乙",
        rater_class="citizen",
        stratum="",
        scope=scope,
        issued=issued,
    )
    return sessions.announce(world.database, world.keys, OPERATOR, world.round_id, spec)


def count(world: World, session_id: int, collected: int, spoiled: int = 0) -> bool:
    """What the tellers counted; True where that makes it void."""
    return sessions.count(world.database, OPERATOR, world.round_id, session_id, collected, spoiled)


def desk(world: World) -> Desk:
    return Desk(world.database, world.keys, world.rounds)


def standing(world: World, session_id: int) -> Standing:
    return sessions.session_of(world.database, world.round_id, session_id)


def asked(world: World, session_id: int) -> Asked:
    return entering.asked_of(desk(world), standing(world, session_id))


def form(world: World, session_id: int, number: str, option: str = "satisfied") -> Form:
    """A paper on which every question has the same answer."""
    sheet = asked(world, session_id).sheet
    pairs = []
    for field in sheet.fields.values():
        if field.kind == "single":
            value = option if option in field.numbers else next(iter(field.numbers))
            pairs.append((field.name, value))
    decoded = decode(pairs, sheet)
    assert not decoded.errors
    return Form(number, "", "", decoded.answers)


def enter(world: World, session_id: int, *numbers: str) -> Entered:
    """Enter papers with these numbers."""
    forms = [form(world, session_id, number) for number in numbers]
    return entering.enter(desk(world), OPERATOR, world.round_id, session_id, forms)
