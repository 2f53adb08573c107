"""A small round with something to decide: forms of citizens that are mostly blank.

市1局: 6 × 满意 (80) on every item, and 6 forms that answer only the first item, 非常满意 (100).
市2局: 10 × 满意. unit.short has one item in each of four dimensions of equal weight, so 市1局 has
(6·80 + 6·100)/12 = 90 in the first one and 80 in the others: 82.50; without the six forms 80.00.
"""

from dataclasses import replace

from forms.decoder import decode
from survey_app.assessments import service
from survey_app.ballots.accept import Submission, accept_many
from survey_app.ballots.entrance import Entrance
from survey_app.ballots.service import submission
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from tests.assessed import BEST, GOOD, seal
from tests.rounds import OPERATOR, World, filled, make_world

PLACE = ("test-round.unit.short", "too_many_blank", "citizen", "", "")
WHY = "到现场核实，未填完就提交"


def world_with_blanks(database: Database, settings: Settings) -> World:
    """Rated, closed, sealed and assessed once."""
    world = make_world(database, settings.home, units=2, cards=0)
    first, second = world.at_link("u1"), world.at_link("u2")
    ballots = [world.ballot(first, option=GOOD) for _ in range(6)]
    ballots += [mostly_blank(world, first) for _ in range(6)]
    ballots += [world.ballot(second, option=GOOD) for _ in range(10)]
    outcomes = accept_many(world.database, world.keys, ballots, at=clock.now())
    assert {one.kind for one in outcomes} == {"accepted"}
    seal(world, settings.sealed_dir)
    service.run_assessment(database, settings, world.round_id, OPERATOR)
    return world


def mostly_blank(world: World, entrance: Entrance) -> Submission:
    """Nothing but the first item answered, as paper may be; the page itself asks for all."""
    decoded = decode(filled(entrance, BEST), entrance.sheet)
    answers = [
        replace(one, codes=one.codes[:1] + bytes(len(one.codes) - 1)) for one in decoded.answers
    ]
    return submission(entrance, world.nonce(), answers, world.keys, None)
