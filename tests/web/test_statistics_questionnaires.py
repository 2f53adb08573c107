"""The page on questionnaires: figures, what to reword, and why a form is not judged."""

from flask import Flask

from forms.decoder import decode
from survey_app.assessments import service
from survey_app.ballots.accept import accept_many
from survey_app.ballots.service import submission
from survey_app.core import clock
from survey_app.core.services import Services
from tests.assessed import seal
from tests.rounds import OPERATOR, World, make_world
from tests.web.test_assessment_pages import address, client, web_settings

__all__ = ["web_settings"]
VIEWS = ((5, 5, 5), (4, 4, 4), (3, 3, 3), (2, 3, 2), (4, 5, 4), (3, 2, 3))


def with_a_bad_item(app: Flask) -> World:
    """108 citizens of three units whose last answer runs against the others."""
    held: Services = app.extensions["survey"]
    world = make_world(held.database, held.settings.home, units=3, cards=0)
    ballots = []
    for number in range(108):
        at = world.at_link(f"u{number % 3 + 1}")
        scored = [one for one in at.sheet.fields.values() if one.kind == "single"]
        view = VIEWS[(number // 3) % len(VIEWS)]
        pairs = [(one.name, str(view[place % 3])) for place, one in enumerate(scored[:3])]
        pairs.append((scored[3].name, str(6 - view[0])))
        pairs += [(one.name, next(iter(one.numbers))) for one in scored[4:]]
        decoded = decode(pairs, at.sheet)
        assert not decoded.errors, decoded.errors
        ballots.append(submission(at, world.nonce(), decoded.answers, world.keys, None))
    accept_many(world.database, world.keys, ballots, at=clock.now())
    seal(world, held.settings.sealed_dir)
    service.run_assessment(held.database, held.settings, world.round_id, OPERATOR)
    return world


def test_the_item_to_reword_is_named_with_its_reason(app: Flask) -> None:
    world = with_a_bad_item(app)
    browser = client(app, "viewer")
    page = browser.get(address(world, "/statistics/questionnaires"))
    assert browser.status == 200
    assert "108 份次，4 道计分的题" in page.text
    assert "建议改写的题目" in page.text
    assert "方向相反：是不是反向题" in page.text
    assert "各题合起来可靠不可靠" in page.text
    assert "nan" not in page.text
    tabs = [one.partition("?")[0] for one in page.links]
    assert address(world, "/statistics/raters") in tabs
