"""A small assessed round whose scheme says what results lead to.

市1局 84.00 合格 (last in its class), 市2局 92.00 优秀; see tests.assessed for the sums.
"""

from survey_app.assessments import service as assessments
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.rounds import service
from tests.assessed import rate, seal
from tests.rounds import BINDINGS, OPERATOR, SCHEME, World, make_world

LINKED = """
[[grade]]
key = "excellent"
name = "优秀"
min = "90"

[[grade]]
key = "qualified"
name = "合格"
min = "0"

[[consequence]]
key = "quota"
name = "优秀比例"
kind = "quota"
column = "年度优秀比例"
value = "25%"
when = [{ grades = ["excellent"], consecutive = 1 }]

[[consequence]]
key = "honour"
name = "领导评优资格"
kind = "honour"
column = "领导评优"
value = "有资格"
when = [{ grades = ["excellent"], consecutive = 1 }]

[[consequence]]
key = "pay"
name = "绩效工资"
kind = "pay"
column = "绩效工资系数"
value = "1.2"
when = [{ grades = ["excellent"], consecutive = 1 }]

[[consequence]]
key = "account"
name = "行政问责"
kind = "accountability"
column = "问责说明"
value = "末位约谈"
when = [{ last = 1, scope = "class" }]
"""


def linked_world(database: Database, settings: Settings) -> World:
    """Rated, closed, sealed and assessed once."""
    world = make_world(database, settings.home, units=2, cards=5, state="draft")
    spec = service.RoundSpec(
        "2026年度评议",
        "市绩效办",
        "12345",
        SCHEME + LINKED,
        BINDINGS,
        is_simulated=True,
        period="2026",
    )
    service.update_round(database, OPERATOR, world.round_id, spec)
    service.freeze(database, OPERATOR, world.round_id)
    service.open_round(database, OPERATOR, world.round_id)
    rate(world)
    seal(world, settings.sealed_dir)
    assessments.run_assessment(database, settings, world.round_id, OPERATOR)
    return world
