"""A round of indicators alone with grades, so that people can decide them.

Six units, marks of 100: 市1局 95, 市2局 90, 市3局 90, 市4局 80, 市5局 70, 市6局 50. 优秀 has two
places: 市2局 and 市3局 are equal, so that one place is left to people. 市6局 is below 60.
"""

from collections.abc import Mapping

from survey_app.assessments import service
from survey_app.assessments.service import OpenedRun
from survey_app.closing import service as closing
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.uploads import Upload
from survey_app.indicators.service import carry_out
from survey_app.register.tables import Ratee
from survey_app.rounds import log_opening
from survey_app.rounds import service as rounds
from survey_app.rounds.frozen import FrozenRounds
from survey_app.rounds.keys import KeyStore
from tests.rounds import OPERATOR

SCHEME = """
key = "graded"
version = "1"
title = "指标方案"
missing = "redistribute"

[ratee_class]
unit = "市直单位"

[[component]]
key = "work"
name = "工作实绩"
weight = "70"
source = "indicators"

[[component]]
key = "style"
name = "作风"
weight = "30"
source = "appraisal"

[adjustments]
bonus_cap = "5"

[[veto]]
key = "safety"
name = "重大安全事故"

[[grade]]
key = "excellent"
name = "优秀"
quota = { scope = "all", count = 2 }

[[grade]]
key = "qualified"
name = "合格"
min = "60"

[[grade]]
key = "failed"
name = "不合格"

[[consequence]]
key = "talk"
name = "诫勉谈话"
kind = "admonition"
column = "干部使用"
value = "诫勉谈话"
when = [{ grades = ["不合格"], consecutive = 1 }]
"""
MARKS = {"u1": 95, "u2": 90, "u3": 90, "u4": 80, "u5": 70, "u6": 50}
HEADERS = "indicator,name,ratee,component,kind,points,target,actual,method,owner,certified"


def fill_register(database: Database, units: int = 6) -> None:
    with database.write() as session:
        session.add_all(
            Ratee(
                key=f"u{n}",
                name=f"市{n}局",
                ratee_class="unit",
                group=f"第{1 + n % 2}组",
                kind="unit",
                position=n,
            )
            for n in range(1, units + 1)
        )


def make_round(
    database: Database,
    settings: Settings,
    period: str = "2026",
    *,
    key: str = "",
    scheme: str = SCHEME,
) -> int:
    """A sealed round that asks nobody."""
    keys = KeyStore(settings.keys_dir)
    log_opening.keep(database, keys, settings.heads_dir)
    spec = rounds.RoundSpec(
        f"{period}年度考核", "市绩效办", "12345", scheme, (), is_simulated=True, period=period
    )
    name = key or f"graded-{period}"
    round_id = rounds.create_round(database, keys, OPERATOR, name, spec)
    rounds.freeze(database, OPERATOR, round_id)
    rounds.open_round(database, OPERATOR, round_id)
    closing.close_round(database, OPERATOR, round_id)
    closing.seal(database, FrozenRounds(database), OPERATOR, round_id, settings.sealed_dir)
    return round_id


def report(
    database: Database, round_id: int, marks: Mapping[str, int] = MARKS, style: int = 100
) -> None:
    """Import the marks; everybody's 作风 is the same."""
    lines = [HEADERS]
    for ratee, mark in marks.items():
        lines.append(f"K1,重点工作,{ratee},work,定量,100,100,{mark},completion,市统计局,是")
        lines.append(f"S1,作风,{ratee},style,定性,100,,{style},marks,市纪委,是")
    upload = Upload("indicators.csv", "\n".join(lines).encode())
    carry_out(database, OPERATOR, round_id, upload, "indicators")


def run_of(
    database: Database,
    settings: Settings,
    period: str = "2026",
    marks: Mapping[str, int] = MARKS,
) -> OpenedRun:
    """A round made, reported and assessed."""
    round_id = make_round(database, settings, period)
    report(database, round_id, marks)
    service.run_assessment(database, settings, round_id, OPERATOR)
    return service.open_run(database, settings, round_id)
