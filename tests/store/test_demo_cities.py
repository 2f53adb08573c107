"""Each small city built by its command, in a store of its own, and what it is there to show."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import func, select

from analysis.assessment import assess
from analysis.results import RateeResult
from analysis.scheme import Scheme
from survey_app.appraisals.filings import period_filings
from survey_app.appraisals.tables import AppraisalForm, AppraisalMember, AppraisalPeriod
from survey_app.assessments.tables import Result
from survey_app.cli.verifying import verify_path
from survey_app.complaints.tables import Complaint
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.demo.cities import NAMES, SMALL, hengyang
from survey_app.demo.outputs import INPUTS, SEALED, read_input_folder
from survey_app.demo.small_building import build_small
from survey_app.factory import start_services
from survey_app.followup.tables import FollowupItem
from survey_app.record.service import broken_entries
from survey_app.rounds.tables import Round
from survey_app.schemes.tables import StoredScheme
from survey_app.supervision.tables import ServicePromise, SupervisionRecord, WorkEntry
from tests.cities import BuiltCity, build_small_city, survey

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Shown:
    """A built city with its store."""

    city: BuiltCity
    services: Services

    def results(self, period: str = "") -> dict[str, RateeResult]:
        """What the files of a period lead to when they are assessed again."""
        folder = self.city.folder / period
        scheme = Scheme.load(folder / INPUTS / "scheme.toml")
        sealed = [folder / SEALED] if (folder / SEALED).is_dir() else []
        found = assess(sealed, read_input_folder(folder / INPUTS), scheme)
        return {one.key: one for one in found.ratees}

    def count(self, table: type) -> int:
        with self.services.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def items(self, kind: str) -> set[str]:
        """Whom the follow-up items of a kind are about."""
        with self.services.database.read() as session:
            return set(session.scalars(select(FollowupItem.ratee).where(FollowupItem.kind == kind)))


def shown(home: Path, name: str) -> Iterator[Shown]:
    city = build_small_city(home, name)
    services = start_services(Settings.from_environ({"SURVEY_HOME": str(home)}))
    yield Shown(city, services)
    services.database.dispose()


def check_whole(one: Shown) -> None:
    """What holds of every city: it verifies, is marked as simulated, and its record is unbroken."""
    assert all(check.ok for check in verify_path(one.city.folder))
    assert one.city.printed["simulated"]
    with one.services.database.read() as session:
        assert list(broken_entries(session)) == []
        rounds = session.scalars(select(Round)).all()
        assert all(row.is_simulated and "模拟数据" in row.title for row in rounds)
        assert set(session.scalars(select(FollowupItem.is_simulated))) <= {True}
    assert {"admin", "clerk", "viewer"} <= {row["role"] for row in one.city.printed["logins"]}


@pytest.fixture(scope="module")
def literal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    yield from shown(tmp_path_factory.mktemp("literal"), "literal-60-30-10")


def test_both_readings_stand_side_by_side_with_reasons(literal: Shown) -> None:
    check_whole(literal)
    text = (literal.city.folder / "csv" / "两种读法对照.csv").read_text("utf-8-sig")
    rows = {row["评议对象"]: row for row in csv.DictReader(text.splitlines())}
    assert len(rows) == 10
    moved = {name: int(row["名次变化"]) for name, row in rows.items() if row["名次变化"] != "0"}
    # Users think more of the service centre than leaders do, and less of the finance bureau.
    assert moved["市政务服务中心"] > 0 > moved["市财政局"]
    assert sum(moved.values()) == 0
    assert "服务对象（占 7.5%→12%）" in rows["市政务服务中心"]["为什么"]
    totals = {one.name: str(one.total) for one in literal.results().values()}
    assert {name: row["本读法得分"] for name, row in rows.items()} == totals


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    yield from shown(tmp_path_factory.mktemp("district"), "three-evaluations")


def test_a_district_with_three_evaluations(district: Shown) -> None:
    check_whole(district)
    found = district.results("three-evaluations.2026")
    assert {one.grade for one in found.values()} >= {"excellent", "good", "qualified", "failed"}
    # The half-year stands beside the year and adds nothing to it.
    half = next(node for node in found["d1"].nodes if node.path == "half-year")
    first = district.results("three-evaluations-half.2026-h1")["d1"]
    assert (half.score, half.converted) == (first.total, 0)
    # 综合执法局 failed two years running, 投资促进局 for the first time.
    assert district.items("demotion") == {"d5"}
    # Their heads, whose scores rest on the units', fail with them.
    assert district.items("admonition") == {"d5", "d6", "h-d5", "h-d6"}
    assert district.items("accountability") == {"d6"}
    # A unit below good: its head may not be excellent, and the refusal says so.
    assert found["t2"].grade == "qualified"
    refused = [one.text() for one in found["h-t2"].refusals if one.grade == "excellent"]
    assert any("所属单位西岭乡为「合格」" in text for text in refused)


def test_the_six_systems_are_on_record(district: Shown) -> None:
    with district.services.database.read() as session:
        kinds = set(session.scalars(select(SupervisionRecord.kind)))
    assert kinds >= {"dispatch", "circular", "publication", "filing", "urging", "falsification"}


def test_leaders_rate_those_in_their_charge_only(district: Shown) -> None:
    found = district.results("three-evaluations.2026")
    for one in found.values():
        answers = next(node.n for node in one.nodes if node.path == "leaders")
        assert answers == 2, one.key


@pytest.fixture(scope="module")
def opinion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    yield from shown(tmp_path_factory.mktemp("opinion"), "xiangtan-public-opinion")


def test_public_opinion_adds_and_takes_at_once(opinion: Shown) -> None:
    check_whole(opinion)
    found = opinion.results()
    assert found["b1"].bonus_counted == 2
    assert found["b5"].deduction_counted == 6  # exposed: 2 points, three times over
    assert "excellent" not in found["b2"].allowed  # a proven harm
    assert opinion.items("accountability") == {"b2"}
    assert opinion.items("talk") == {"b6"}  # 班子团结协作没搞好
    assert opinion.count(Complaint) == 2


@pytest.fixture(scope="module")
def education(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    yield from shown(tmp_path_factory.mktemp("education"), "taojiang-education")


def test_responsibility_reaches_from_leader_to_person(education: Shown) -> None:
    check_whole(education)
    found = education.results()
    for person, office, leader in (("p4", "o3", "l2"), ("p1", "o1", "l1")):
        for below, above in ((person, office), (office, leader)):
            chain = next(node for node in found[below].nodes if node.path == "chain")
            assert chain.score == found[above].total_exact


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    yield from shown(tmp_path_factory.mktemp("posts"), "xinping-posts")


def test_a_trial_sees_four_units_and_is_rolled_out(posts: Shown) -> None:
    check_whole(posts)
    found = posts.results()
    units = {key for key, one in found.items() if one.ratee_class == "county_unit"}
    assert units == {"xcb", "gtj", "jw", "hbj"}
    assert len(found) == 12
    with posts.services.database.read() as session:
        stored = session.scalars(select(StoredScheme).order_by(StoredScheme.number)).all()
        # Put into full use, the second version takes the place of the trial.
        assert [(one.pilot_ratees, one.status) for one in stored] == [(4, "retired"), (0, "full")]
        held = select(func.count()).where(FollowupItem.kind == "accountability")
        assert session.scalar(held) == 5
    assert posts.count(ServicePromise) == 920
    with posts.services.database.read() as session:
        opened = session.scalars(select(Round).where(Round.state == "open")).one()
        frozen = json.loads(opened.frozen_config or "")
    assert len(frozen["ratees"]) == 18


def test_the_score_of_a_post_stands_before_and_after_its_coefficient(posts: Shown) -> None:
    one = posts.results()["gtj-2"]  # enforcement: 1.10
    node = next(node for node in one.nodes if node.path == "post")
    assert node.score is not None
    assert node.steps[0].before * Decimal("1.1").as_integer_ratio()[0] == (
        node.score * Decimal("1.1").as_integer_ratio()[1]
    )


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """A tenth of the county: eight units, the seven persons of the rules among them."""
    home = tmp_path_factory.mktemp("county")
    services = start_services(Settings.from_environ({"SURVEY_HOME": str(home)}))
    city = hengyang.draw(1, n_units=8)
    built = build_small(services, city, home / "out", Quiet())
    printed = {
        "simulated": True,
        "logins": [{"role": one.role} for one in built.logins],
    }
    yield Shown(BuiltCity(home, home / "out", printed), services)
    services.database.dispose()


class Quiet:
    """Tells nobody."""

    def stage(self, text: str, share: float) -> None:
        pass

    def track(self, steps: Iterable[int], total: int) -> None:
        for _ in steps:
            pass


def test_the_year_follows_from_the_quarters(county: Shown) -> None:
    check_whole(county)
    found = county.results()
    seven = [f"人员{number:04d}" for number in range(1, 8)]
    assert [("excellent" in found[key].allowed) for key in seven] == [
        *(True, True, False, False),
        *(False, False, False),
    ]
    assert found[seven[0]].grade == "excellent"
    assert found[seven[5]].allowed == ("basic", "incompetent")
    assert found[seven[6]].allowed == ("incompetent",)
    assert found[seven[6]].grade == "incompetent"


def test_excellent_stays_within_a_fifth_of_every_unit(county: Shown) -> None:
    found = county.results()
    members = read_input_folder(county.city.folder / INPUTS).ratees
    for unit in {row.parent for row in members}:
        keys = [row.key for row in members if row.parent == unit]
        assert sum(found[key].grade == "excellent" for key in keys) <= len(keys) // 5


def test_places_of_a_pool_are_its_own(county: Shown) -> None:
    with county.services.database.read() as session:
        rows = session.execute(
            select(
                AppraisalMember.period_id,
                AppraisalMember.unit,
                AppraisalMember.pool,
                AppraisalForm.grade,
            ).join(
                AppraisalForm,
                (AppraisalForm.period_id == AppraisalMember.period_id)
                & (AppraisalForm.person == AppraisalMember.person),
            )
        ).all()
        periods = {
            one.id: one.period for one in session.scalars(select(AppraisalPeriod).order_by("id"))
        }
    cells: dict[tuple[int, str, str], list[str]] = {}
    for period_id, unit, pool, grade in rows:
        cells.setdefault((period_id, unit, pool), []).append(grade)
    assert all(grades.count("good") <= int(len(grades) * 0.4) for grades in cells.values())
    # The village team joins in the third quarter and is in no earlier one.
    team = {periods[period] for period, _, pool in cells if pool == "乡村振兴工作队"}
    assert team == {"2021-Q3", "2021-Q4", "2022-Q1"}
    assert {pool for _, unit, pool in cells if unit == "z01"} >= {
        "包村工作",
        "机关工作",
        "站所工作",
    }


def test_who_has_not_filed_is_listed(county: Shown) -> None:
    with county.services.database.read() as session:
        last = max(session.scalars(select(AppraisalPeriod)), key=lambda one: one.period).id
    missing = {
        one.unit for one in period_filings(county.services.database, last) if one.filed is None
    }
    assert missing == {"u02", "u03"}


@pytest.mark.long
def test_the_county_in_full_size(tmp_path: Path) -> None:
    city = hengyang.draw(1)
    assert isinstance(city.beforehand, hengyang.Filed)
    quarters = city.beforehand.quarters
    assert [len(one.forms) for one in quarters] == [1296, 1260, 1330, 1316, 1461]
    assert sum(len(one.forms) for one in quarters) == 6663
    assert len({one.unit for one in quarters[0].roster}) == 77
    for one in shown(tmp_path, "hengyang-quarterly"):
        check_whole(one)
        assert len(one.results()) == 1316


@pytest.mark.long
def test_a_new_area_through_its_year(tmp_path: Path) -> None:
    for one in shown(tmp_path, "new-area-monthly"):
        check_whole(one)
        assert len(one.city.printed["rounds"]) == 12 + 4 + 2 + 1 + 2
        # 末尾督考: the same department is struck three times.
        for kind in ("talk", "post", "accountability"):
            assert "b4" in one.items(kind)
        march = one.results("new-area-monthly.2026-03")["b1"]
        assert march.bonus_counted == 3  # 0.6 five times over
        year = one.results("new-area-yearly.2026")["b4"]
        months = [one.results(f"new-area-monthly.2026-{m:02d}")["b4"].total for m in range(1, 13)]
        node = next(node for node in year.nodes if node.path == "months")
        assert node.score == sum((Fraction(total or 0) for total in months), Fraction(0)) / 12
        assert one.count(WorkEntry) > 150
        with one.services.database.read() as session:
            kinds = set(session.scalars(select(SupervisionRecord.kind)))
            assert "exemption" in kinds
            assert session.scalar(select(func.count(Result.id))) > 100


def test_every_city_has_a_module_and_an_unknown_one_is_told_the_names(tmp_path: Path) -> None:
    assert set(SMALL) < set(NAMES)
    done = survey(tmp_path, "demo", "--scheme", "nowhere", "--no-serve")
    assert done.exit_code == 3
    assert all(name in done.stderr for name in NAMES)
    done = survey(tmp_path, "demo", "--scheme", "xinping-posts", "--ballots", "900", "--no-serve")
    assert done.exit_code == 2


def test_a_quarter_of_ones_own_in_a_demonstration_is_not_wiped(posts: Shown) -> None:
    with posts.services.database.write() as session:
        row = session.scalars(select(AppraisalPeriod)).one()
        row.is_simulated = False
    done = survey(posts.city.home, "demo", "--scheme", "xinping-posts", "--no-serve")
    with posts.services.database.write() as session:
        session.scalars(select(AppraisalPeriod)).one().is_simulated = True
    assert done.exit_code == 3
    assert "平时考核「2026年第四季度」" in done.stderr


def test_building_a_city_again_starts_anew(tmp_path: Path) -> None:
    first = build_small_city(tmp_path, "taojiang-education")
    before = (first.folder / "scores.json").read_bytes()
    again = build_small_city(tmp_path, "taojiang-education")
    assert (again.folder / "scores.json").read_bytes() == before
    assert again.printed["logins"] != first.printed["logins"]
