"""A small round that went the whole way: rated, closed, sealed, so that it can be assessed.

市1局: 市民 4 × 满意 (80) and 2 × 非常满意 (100): 520/6 = 86.67; one phone sent its 满意 twice and
counts once. 市2局: 市民 6 × 非常满意: 100. 人大代表: 5 × 满意 on both: 80.
Totals (60 : 40): 市1局 0.6·520/6 + 0.4·80 = 52 + 32 = 84.00; 市2局 60 + 32 = 92.00.
Were the doubled form counted: 0.6·600/7 + 32 = 83.43.
"""

from pathlib import Path

from survey_app.assessments import service
from survey_app.ballots.accept import accept_many
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from tests.rounds import OPERATOR, World, make_world

GOOD, BEST = "4", "5"


def sealed_world(database: Database, settings: Settings, unit_name: str = "市{n}局") -> World:
    """Rated, closed and sealed."""
    world = make_world(database, settings.home, units=2, cards=5, unit_name=unit_name)
    rate(world)
    seal(world, settings.sealed_dir)
    return world


def rate(world: World) -> None:
    """Send every ballot of the story above."""
    first, second = world.at_link("u1"), world.at_link("u2")
    ballots = [world.ballot(first, option=GOOD) for _ in range(3)]
    ballots += [world.ballot(first, option=GOOD, device="one phone") for _ in range(2)]
    ballots += [world.ballot(first, option=BEST) for _ in range(2)]
    ballots += [world.ballot(second, option=BEST) for _ in range(6)]
    ballots += [world.ballot(world.at_card(card.qr_code), option=GOOD) for card in world.cards]
    outcomes = accept_many(world.database, world.keys, ballots, at=clock.now())
    assert {one.kind for one in outcomes} == {"accepted"}


def seal(world: World, home: Path) -> None:
    closing.close_round(world.database, OPERATOR, world.round_id)
    closing.seal(world.database, world.rounds, OPERATOR, world.round_id, home)


def assessed_world(database: Database, settings: Settings, unit_name: str = "市{n}局") -> World:
    """The same, and assessed once."""
    world = sealed_world(database, settings, unit_name)
    service.run_assessment(database, settings, world.round_id, OPERATOR)
    return world
