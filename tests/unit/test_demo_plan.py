"""The simulated city on paper: its shape, its seed, and that the planted truth is what is drawn."""

from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.problems import InputError
from forms.questionnaire import library
from survey_app.demo.ballot_plan import Drawer, largest_remainder
from survey_app.demo.cities.zhangjiajie_2009 import KINDS, ratees
from survey_app.demo.city_plan import City, CitySpec, draw_city, find_scheme
from survey_app.demo.input_files import write_inputs
from survey_app.demo.outputs import read_input_folder
from survey_app.demo.truth import ItemScale, PlantedTruth, expected_dimension

HONEST = ("honest", "shared_phone")


def city(rows: int = 1000, seed: int = 1) -> City:
    return draw_city(CitySpec(rows, seed, find_scheme("zhangjiajie-2009")))


def honest_rows(drawn: City) -> int:
    return sum(len(one.codes) for one in drawn.plan.forms if one.label in HONEST)


def test_the_city_is_shaped_like_the_year_it_is_taken_from() -> None:
    drawn = city()
    classes = Counter(row.ratee_class for row in drawn.inputs.ratees)
    levels = {row.indicator: row.level for row in drawn.inputs.indicators}
    assert classes == {"county": 4, "unit": 45}
    assert Counter(levels.values()) == {"省级": 71, "市级": 64}
    assert len({one.kind.key for one in drawn.plan.forms}) > 10
    assert {one.kind.channel for one in drawn.plan.forms} == {
        "distributed",
        "assembly",
        "online",
        "field",
    }
    assert all(row.owner for row in drawn.inputs.indicators)
    assert all(row.evidence for row in drawn.inputs.adjustments)
    assert len(drawn.inputs.vetoes) == 1
    assert {row.label for row in drawn.roster} >= {"人员0001", "人员0002"}


def test_every_ratee_has_a_hundred_points_of_indicators() -> None:
    points: dict[str, Decimal] = defaultdict(Decimal)
    for row in city().inputs.indicators:
        points[row.ratee] += row.points
    assert set(points) == {row.key for row in ratees()}
    assert set(points.values()) == {Decimal(100)}


@settings(max_examples=8, deadline=None)
@given(rows=st.integers(600, 3000), seed=st.integers(0, 10**6))
def test_honest_rows_are_as_many_as_asked_and_reach_everybody(rows: int, seed: int) -> None:
    drawn = city(rows, seed)
    assert honest_rows(drawn) == rows
    reached = {
        (one.kind.key, ratee)
        for one in drawn.plan.forms
        if one.label in HONEST
        for ratee in one.codes
    }
    assert len(reached) == len(KINDS) * 49


def test_a_seed_is_a_city() -> None:
    def content(drawn: City) -> list[tuple[str, dict[str, bytes], int, str]]:
        return [(one.label, one.codes, one.bin, one.device) for one in drawn.plan.forms]

    first, again, other = city(seed=5), city(seed=5), city(seed=6)
    assert content(first) == content(again)
    assert first.inputs == again.inputs
    assert content(first) != content(other)
    assert first.inputs != other.inputs


def test_dirt_comes_on_top_and_every_kind_of_it() -> None:
    labels = Counter(one.label for one in (*city().plan.forms, *city().plan.late))
    assert set(labels) == {
        *HONEST,
        "replayed",
        "same_device",
        "two_phones",
        "straight_line",
        "half_filled",
        "link_farm",
        "card_farm",
        "code_used",
        "incomplete",
        "forged",
        "after_close",
    }


def test_dirt_is_never_handed_in_before_what_it_repeats() -> None:
    forms = city(3000).plan.forms
    places = {id(one): place for place, one in enumerate(forms)}
    repeats = [one for one in forms if one.label in ("replayed", "same_device", "code_used")]
    assert repeats
    for one in repeats:
        assert one.original is not None
        assert places[id(one.original)] < places[id(one)]


def test_inputs_are_the_same_when_read_back_from_their_files(tmp_path: Path) -> None:
    drawn = city()
    forms = list(drawn.questionnaires.values())
    write_inputs(tmp_path, drawn.inputs, drawn.spec.scheme_toml, forms)
    assert read_input_folder(tmp_path) == drawn.inputs
    assert (tmp_path / "questionnaires" / "unit.toml").is_file()


def test_too_few_rows_are_refused_and_an_unknown_scheme_names_the_known() -> None:
    with pytest.raises(ValueError, match="too few rows"):
        city(100)
    for name in ("nowhere", "plain"):  # the plain one weighs no rater classes
        with pytest.raises(InputError, match="zhangjiajie-2009"):
            find_scheme(name)


def test_expected_points_by_hand() -> None:
    # Five options cut at -1.6, -0.9, -0.1, 0.9. A view centred far above 0.9 is always 100 points,
    # far below -1.6 always 20. Centred on the cut -0.1 with a tiny spread it is 60 or 80 with equal
    # chance: 70.
    unit = library()["unit"]
    scale = ItemScale.of(unit, unit.item("D1"))
    assert scale is not None
    assert scale.expected(50.0, 1.0) == pytest.approx(100)
    assert scale.expected(-50.0, 1.0) == pytest.approx(20)
    assert scale.expected(-0.1, 0.001) == pytest.approx(70)


@pytest.mark.parametrize("rater_class", ["citizen", "service_user", "leader_city"])
def test_what_is_drawn_is_what_was_planted(rater_class: str) -> None:
    kind = next(one for one in KINDS if one.key == rater_class)
    form = library()[dict(kind.forms)["unit"]]
    register = ratees()
    dimension = form.dimensions[0].key
    truth = PlantedTruth({"u01": 0.4}, {("u01", one.key): 0.1 for one in form.dimensions})
    drawer = Drawer(register, {(kind.key, "unit"): form}, truth, np.random.default_rng(3))
    leniency = drawer.rng.normal(0.0, kind.spread, 20_000)
    answers = np.frombuffer(b"".join(drawer.answers(kind, "u01", leniency)), dtype=np.uint8)
    first = answers.reshape(len(leniency), -1)[:, 0]
    item = form.coded_items[0]
    points = {one.number: one.points for one in form.scale_of(item).options}
    scored = np.array([float(points[one]) for one in first.tolist() if points[one] is not None])
    # 20 000 raters: the mean has a standard error near 0.15 points; four of them are 0.6.
    expected = expected_dimension(truth, form, kind, "u01", dimension)
    assert scored.mean() == pytest.approx(expected, abs=0.6)
    assert 1 - len(scored) / len(first) == pytest.approx(kind.unknown, abs=0.01)


@given(st.lists(st.floats(0, 50), min_size=1, max_size=30))
def test_whole_numbers_keep_the_sum_they_were_given(parts: list[float]) -> None:
    wanted = np.array(parts)
    total = round(sum(parts))
    scaled = wanted / wanted.sum() * total if wanted.sum() > 0 else wanted
    whole = largest_remainder(scaled)
    assert whole.sum() == round(float(scaled.sum()))
    assert np.all(np.abs(whole - scaled) < 1 + 1e-9)
