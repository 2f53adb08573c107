"""The demonstration from end to end: built through the real services, on both databases."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from analysis.sealed_round import check_sealed_round, read_manifest
from forms.decoder import decode
from survey_app.accounts.service import sign_in
from survey_app.assessments.service import stored_scores
from survey_app.assessments.tables import Result
from survey_app.ballots.accept import accept_many
from survey_app.ballots.entrance import card_entrance, open_entrance
from survey_app.ballots.service import submission
from survey_app.ballots.tables import Ballot, Refusal
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.demo.file_list import check_file_list
from survey_app.factory import start_services
from survey_app.followup.tables import FollowupItem
from survey_app.record.service import broken_entries
from survey_app.register.tables import Ratee
from survey_app.rounds.tables import Round
from tests.cities import BuiltCity, build_city, survey
from tests.postgres import Server
from tests.rounds import filled

INPUTS = (
    *(f"{name}.csv" for name in ("ratees", "indicators", "adjustments", "vetoes", "history")),
    "scheme.toml",
    "period.txt",
)
# Every one of them was handed in by the plan and must not be among the ballots.
REFUSED = {"after_close", "code_used", "incomplete", "forged"}


@dataclass(frozen=True)
class Twice:
    """A demonstration built two times over in one store; `first_files` are the first one's."""

    first_files: Mapping[str, bytes]
    first_logins: Sequence[Mapping[str, str]]
    built: BuiltCity
    url: str


def files_of(city: BuiltCity) -> dict[str, bytes]:
    """The files that a seed decides."""
    names = ["scores.json", "truth.json", *(f"inputs/{one}" for one in INPUTS)]
    return {name: (city.folder / name).read_bytes() for name in names}


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def twice(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Twice]:
    home = tmp_path_factory.mktemp("city") / "home"
    if request.param == "sqlite":
        yield build_twice(home, f"sqlite:///{home / 'city.db'}")
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.new_database() as url:
        yield build_twice(home, url)


def build_twice(home: Path, url: str) -> Twice:
    first = build_city(home, SURVEY_DATABASE_URL=url)
    files = files_of(first)
    return Twice(files, first.printed["logins"], build_city(home, SURVEY_DATABASE_URL=url), url)


@pytest.fixture
def built(twice: Twice) -> BuiltCity:
    return twice.built


@pytest.fixture
def services(twice: Twice) -> Iterator[Services]:
    environment = {"SURVEY_HOME": str(twice.built.home), "SURVEY_DATABASE_URL": twice.url}
    started = start_services(Settings.from_environ(environment))
    yield started
    started.database.dispose()


def test_a_closed_round_with_results_and_an_open_one_that_takes_ballots(
    built: BuiltCity, services: Services
) -> None:
    with services.database.read() as session:
        rounds = {row.key: row for row in session.scalars(select(Round))}
        assert list(broken_entries(session)) == []
        refusals = {
            row.reason: row.n
            for row in session.scalars(
                select(Refusal).where(Refusal.round_id == rounds["2026-annual"].id)
            )
        }
        ballots = session.scalar(
            select(func.count()).where(Ballot.round_id == rounds["2026-annual"].id)
        )
    closed, opened = rounds["2026-annual"], rounds["2027-annual"]
    assert (closed.state, opened.state) == ("assessed", "open")
    assert closed.is_simulated
    assert opened.is_simulated
    assert "模拟数据" in closed.title

    rules = built.truth()["rules"]
    assert refusals == {
        "closed": rules["after_close"]["planted"],
        "code_used": rules["code_used"]["planted"],
    }
    sealed = [read_manifest(one) for one in (built.folder / "sealed").iterdir()]
    assert sum(one.counts["ballots"] for one in sealed) >= ballots  # lists span two questionnaires
    assert all(one.is_simulated for one in sealed)

    stored = stored_scores(services.database, closed.id)
    assert stored.encode() == (built.folder / "scores.json").read_bytes()

    token = built.printed["open_link"].rsplit("/", 1)[1]
    code = built.printed["codes"]["service_user"][0]
    for entrance in (
        open_entrance(services.database, services.rounds, token, clock.now()),
        card_entrance(services.database, services.rounds, services.keys, code, clock.now()),
    ):
        decoded = decode(filled(entrance, "5"), entrance.sheet)
        nonce = services.nonces.read(services.nonces.make(opened.id), opened.id)
        made = submission(entrance, nonce, decoded.answers, services.keys)
        outcome = accept_many(services.database, services.keys, [made], at=clock.now())[0]
        assert outcome.kind == "accepted"


def test_printed_logins_work_for_every_role(built: BuiltCity, services: Services) -> None:
    logins = built.printed["logins"]
    roles = {"admin", "clerk", "viewer", "reporter", "certifier", "unit"}
    assert {one["role"] for one in logins} == roles
    for one in logins:
        found = sign_in(services.database, services.settings, one["login"], one["password"])
        assert found is not None


def test_rows_add_up_and_figures_say_what_was_found(built: BuiltCity) -> None:
    truth = built.truth()
    rows, rules = truth["rows"], truth["rules"]
    assert rows["honest"] == 600
    # Nothing accepted is lost and nothing refused gets in.
    assert rows["raw"] == rows["honest"] + rows["dirt"]
    assert rows["valid"] == rows["raw"] - rows["duplicate"] - rows["void"]
    for rule in (*REFUSED, "replayed", "same_device", "straight_line", "too_many_blank"):
        assert rules[rule]["planted"] > 0
        assert rules[rule]["missed"] == 0, rule
    # A family on one phone loses an answer, and the figures admit it.
    assert rules["same_device"]["false_alarms"] == truth["shared_phones"] > 0
    assert rows["duplicate"] == rules["same_device"]["planted"] + truth["shared_phones"]
    # The farm's link is found and no other is called one-sided.
    assert (rules["one_sided_link"]["found"], rules["one_sided_link"]["false_alarms"]) == (1, 0)
    # What cannot be found is said, not hidden.
    assert truth["cannot_be_found"] == ["two_phones", "card_farm"]
    assert rules["two_phones"]["found"] == 0 < rules["two_phones"]["planted"]
    assert set(truth["never_accepted"]) == REFUSED
    assert truth["is_simulated"] is True
    assert len(truth["ratees"]) == 49


def test_13_of_49_are_excellent_and_the_year_is_decided(
    built: BuiltCity, services: Services
) -> None:
    scores = json.loads((built.folder / "scores.json").read_bytes())["ratees"]
    assert Counter(one["grade"] for one in scores) == {"excellent": 13, "qualified": 36}
    with services.database.read() as session:
        results = session.scalars(select(Result).where(Result.period == "2026")).all()
        linkages = Counter(session.scalars(select(FollowupItem.linkage)))
    assert Counter(one.grade for one in results) == {"优秀": 13, "合格": 36}
    # Four linkages for each of 49, and one veto to follow up.
    assert sorted(linkages.values()) == [1, 49, 49, 49, 49]


def test_every_output_is_there_and_whole(built: BuiltCity) -> None:
    names = {one.name for one in built.folder.iterdir()}
    files = {"files.json", "scores.json", "truth.json", "workbook.xlsx"}
    assert names == {"sealed", "inputs", "csv"} | files
    assert all(check.ok for check in check_file_list(built.folder))
    inputs = {one.name for one in (built.folder / "inputs").iterdir()}
    assert inputs == {*INPUTS, "questionnaires"}
    folders = sorted((built.folder / "sealed").iterdir())
    assert len(folders) == 8
    assert all(check.ok for one in folders for check in check_sealed_round(one))


def test_building_again_starts_anew_and_gives_the_same_scores(twice: Twice) -> None:
    assert files_of(twice.built) == twice.first_files
    assert twice.built.printed["logins"] != twice.first_logins
    keys = list((twice.built.home / "keys").glob("round-*"))
    assert len(keys) == 2  # the first city's keys are destroyed, and the key of the opened round


def test_a_store_with_real_data_is_not_touched(tmp_path: Path, database_url: str) -> None:
    home = tmp_path / "home"
    environment = {"SURVEY_HOME": str(home), "SURVEY_DATABASE_URL": database_url}
    services = start_services(Settings.from_environ(environment))
    with services.database.write() as session:
        session.add(Ratee(key="u1", name="市某局", ratee_class="unit", group="", position=1))
    done = survey(home, "demo", "--no-serve", "--ballots", "600", SURVEY_DATABASE_URL=database_url)
    assert done.exit_code == 3
    assert "有真实数据" in done.stderr
    assert "评议对象 1 个" in done.stderr
    with services.database.read() as session:
        assert session.scalars(select(Ratee.name)).all() == ["市某局"]
    services.database.dispose()


def test_a_real_round_in_a_demonstration_stops_it_from_being_wiped(
    twice: Twice, services: Services
) -> None:
    with services.database.write() as session:
        session.add(Round(key="own", title="我们自己的评议", created_at=clock.now()))
    done = survey(
        twice.built.home, "demo", "--no-serve", "--ballots", "600", SURVEY_DATABASE_URL=twice.url
    )
    with services.database.write() as session:
        own = session.scalars(select(Round).where(Round.key == "own")).one()
        session.delete(own)
    assert done.exit_code == 3
    assert "我们自己的评议" in done.stderr
    assert files_of(twice.built) == twice.first_files


def test_a_folder_of_other_things_is_not_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("keep me")
    done = survey(tmp_path / "home", "demo", "--no-serve", "--ballots", "600", "--to", str(mine))
    assert done.exit_code == 3
    assert "不是空的" in done.stderr
    assert [one.name for one in mine.iterdir()] == ["letter.txt"]
