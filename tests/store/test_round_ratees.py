"""Who is in a round: classes nobody needs to be asked about, pilots, persons with their units."""

import json
from pathlib import Path

import pytest

from analysis.scheme import Scheme
from survey_app.assessments import service as assessments
from survey_app.closing import service as closing
from survey_app.closing.watching import watch
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.core.uploads import Upload
from survey_app.indicators import service as indicators
from survey_app.register.tables import Ratee, RaterClass
from survey_app.rounds import log_opening, service
from survey_app.rounds.frozen import FrozenRound, FrozenRounds, load_round, read_config
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.ratees import asked_leaves, round_classes
from tests.rounds import OPERATOR

SCHEME = """
key = "both"
version = "1"
title = "单位评议、个人考核"
missing = "redistribute"
{more}

[[component]]
key = "public"
name = "公众评议"
weight = {{ unit = "100" }}
source = "questionnaire"
questionnaires = ["unit.short"]
rater_classes = {{ citizen = "1" }}
min_n = 1

[[component]]
key = "work"
name = "平时考核"
weight = {{ staff = "100" }}
source = "appraisal"
"""
UNITS = {"rater_class": "citizen", "ratee_class": "unit", "questionnaire": "unit", "short": True}


def fill(database: Database) -> None:
    """Two units with three persons, and a class no scheme here knows."""
    with database.write() as session:
        session.add_all(
            Ratee(
                key=key,
                name=name,
                ratee_class=of,
                group="",
                kind=kind,
                parent=parent,
                pool=pool,
                position=place,
            )
            for place, (key, name, of, kind, parent, pool) in enumerate(
                [
                    ("u1", "市一局", "unit", "unit", None, None),
                    ("u2", "市二局", "unit", "unit", None, None),
                    ("p1", "人员0001", "staff", "person", "u1", "中层"),
                    ("p2", "人员0002", "staff", "person", "u2", "一般"),
                    ("p3", "人员0003", "staff", "person", "市二局", "一般"),
                    ("s1", "一小学", "school", "unit", None, None),
                ]
            )
        )
        session.add(RaterClass(key="citizen", name="市民", position=1))


def make_round(
    database: Database, home: Path, *bindings: dict[str, object], more: str = "", period: str = ""
) -> int:
    fill(database)
    keys = KeyStore(home / "keys")
    log_opening.keep(database, keys, home / "log-heads")
    spec = service.RoundSpec(
        "测试轮次", "市绩效办", "12345", SCHEME.format(more=more), bindings, period=period
    )
    return service.create_round(database, keys, OPERATOR, "test-round", spec)


def frozen(database: Database, round_id: int) -> FrozenRound:
    service.freeze(database, OPERATOR, round_id)
    with database.read() as session:
        return FrozenRounds(database).of(load_round(session, round_id))


def keys(found: FrozenRound) -> list[str]:
    return [one.key for one in found.ratees]


def told(database: Database, round_id: int) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        service.freeze(database, OPERATOR, round_id)
    return [problem.text() for problem in caught.value.problems]


def test_classes_without_a_questionnaire_leaf_come_with_the_scheme() -> None:
    scheme = Scheme.load(SCHEME.format(more="").encode())
    assert [leaf.key for leaf in asked_leaves(scheme, "unit")] == ["public"]
    assert asked_leaves(scheme, "staff") == []
    known = {"unit", "staff", "school"}
    assert round_classes((), scheme, known) == {"staff"}
    assert round_classes((UNITS,), scheme, known) == {"unit", "staff"}
    alone = Scheme.load(
        b'key = "i"\nversion = "1"\ntitle = "i"\n[[component]]\nkey = "a"\nname = "a"\n'
        b'weight = "100"\nsource = "indicators"\n'
    )
    assert round_classes((), alone, known) == known


def test_persons_are_frozen_with_unit_and_pool(database: Database, settings: Settings) -> None:
    found = frozen(database, make_round(database, settings.home, UNITS, period="2026-Q3"))
    assert keys(found) == ["u1", "u2", "p1", "p2", "p3"]
    one = found.ratees[2]
    assert (one.kind, one.parent, one.pool, one.number) == ("person", "u1", "中层", 3)
    assert found.period == "2026-Q3"
    assert assessments.read_sheets(found, {}).period == "2026-Q3"
    row = assessments.read_sheets(found, {}).ratees[2]
    assert (row.kind, row.parent, row.pool) == ("person", "u1", "中层")


def test_a_document_frozen_earlier_is_still_read(database: Database, settings: Settings) -> None:
    found = frozen(database, make_round(database, settings.home, UNITS))
    with database.read() as session:
        config = json.loads(load_round(session, found.id).frozen_config or "")
    del config["period"]
    for one in config["ratees"]:
        del one["kind"], one["parent"], one["pool"]
    old = read_config(found.id, "sha256:0", json.dumps(config))
    assert (old.period, old.ratees[0].kind, old.ratees[0].pool) == ("", "unit", "")


def test_004_f_only_the_pilots_units_and_their_persons_are_in(
    database: Database, settings: Settings
) -> None:
    round_id = make_round(database, settings.home, UNITS, more='pilot = ["u2"]')
    assert keys(frozen(database, round_id)) == ["u2", "p2", "p3"]


def test_a_pilot_that_is_not_in_the_register_is_told(
    database: Database, settings: Settings
) -> None:
    round_id = make_round(database, settings.home, UNITS, more='pilot = ["u2", "u9"]')
    assert told(database, round_id) == [
        "试点范围：名册里没有试点的评议对象 u9。请补入名册，或在方案中改正编号。"
    ]


def test_a_round_that_asks_nobody_goes_the_whole_way(
    database: Database, settings: Settings
) -> None:
    """Persons by appraisal alone: 45 of 50 points are 90 percent, 30 of 50 are 60."""
    round_id = make_round(database, settings.home)
    rounds = FrozenRounds(database)
    assert keys(frozen(database, round_id)) == ["p1", "p2", "p3"]
    service.open_round(database, OPERATOR, round_id)
    assert watch(database, rounds, round_id).received == 0
    closing.close_round(database, OPERATOR, round_id)
    assert closing.seal(database, rounds, OPERATOR, round_id, settings.sealed_dir) == []
    kept = (settings.sealed_dir / "test-round").iterdir()
    assert [one for one in kept if one.is_dir()] == []
    marks = {"p1": 45, "p2": 30, "p3": 30}
    lines = [f"a,工作,{key},work,定性,50,50,{n},marks,考核办" for key, n in marks.items()]
    header = "indicator,name,ratee,component,kind,points,target,actual,method,owner"
    upload = Upload("指标.csv", "\n".join([header, *lines]).encode())
    indicators.carry_out(database, OPERATOR, round_id, upload, "indicators")
    assessments.run_assessment(database, settings, round_id, OPERATOR)
    scores = json.loads(assessments.stored_scores(database, round_id))
    assert {one["key"]: one["total"] for one in scores["ratees"]} == {
        "p1": "90.00",
        "p2": "60.00",
        "p3": "60.00",
    }


def test_a_round_that_has_to_ask_still_needs_questionnaires_and_entrances(
    database: Database, settings: Settings
) -> None:
    round_id = make_round(database, settings.home, UNITS)
    service.freeze(database, OPERATOR, round_id)
    with pytest.raises(ProblemsError) as caught:
        service.open_round(database, OPERATOR, round_id)
    assert "还没有二维码海报" in caught.value.problems[0].message


def test_earlier_runs_need_a_period(database: Database, settings: Settings) -> None:
    fill(database)
    text = SCHEME.format(more="").replace('source = "appraisal"', 'source = "runs"\nseries = "m"')
    spec = service.RoundSpec("测试轮次", "市绩效办", "12345", text, ())
    keys_ = KeyStore(settings.home / "keys")
    round_id = service.create_round(database, keys_, OPERATOR, "test-round", spec)
    assert told(database, round_id)[0].startswith("评估期间：方案要合并期间内的各期结果")
