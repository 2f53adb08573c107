"""Every rule of a small scheme changed by itself, against the arithmetic and against studies."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.assessment import assess
from analysis.inputs import AdjustmentRow, Inputs, RateeRow, VetoRow
from analysis.results import NoAnswer
from analysis.round_statistics.rules import RuleEffect
from analysis.rule_sensitivity import rule_effects
from analysis.rule_sensitivity.answers import of_answers
from analysis.rule_sensitivity.grades import of_grades
from analysis.rule_sensitivity.totals import of_totals
from analysis.rule_sensitivity.variation import ConflictError, merged
from analysis.scheme import Scheme, shipped
from analysis.screened_rows import ScreenedRow
from analysis.sealed_round import open_sealed_rounds
from analysis.studies import Study, study
from tests.unit.made_schemes import schemes
from tests.unit.sealing import Row, questionnaire, seal
from tests.unit.test_studies import mark

SCHEME = """
key = "test"
version = "1"
title = "试行方案"
missing = "redistribute"
same_device = "first"
void = ["straight_line"]
ties = ["indicators"]

[rater_class]
citizen = "市民"
delegate = "代表"

[ratee_class]
unit = "单位"

[[component]]
key = "indicators"
name = "指标考核"
weight = "50"
source = "indicators"

[[component]]
key = "public"
name = "公众评议"
weight = "50"
source = "questionnaire"
rater_classes = { citizen = "90", delegate = "10" }
min_n = 1

[adjustments]
bonus_cap = "5"

[[veto]]
key = "safety"
name = "安全事故"
effect = "no_excellent"

[[grade]]
key = "best"
name = "优秀"
quota = { count = 1 }

[[grade]]
key = "fair"
name = "合格"
"""
INPUTS = Inputs(
    tuple(RateeRow(key, f"单位{key}", "unit", "") for key in ("u1", "u2", "u3")),
    indicators=(
        mark("u1", "indicators", 90),
        mark("u2", "indicators", 88),
        mark("u3", "indicators", 60),
    ),
    adjustments=(AdjustmentRow("u2", "bonus", Decimal(8), "获奖", "表彰", "文", None),),
    vetoes=(VetoRow("u2", "safety", "文", None),),
)
GOOD, BEST, POOR, UNKNOWN = (4,) * 5, (5,) * 5, (2,) * 5, (9,) * 5


def rows() -> list[Row]:
    """u1: 市民 80, 代表 100: 82. u2: 市民 (80 + 80) / 2, 代表 40: 76. u3: 60 and 60: 60.

    u2 has a 不了解 and a phone that came again with 40 points; straight lines are no evidence on a
    form of four items.
    """
    fair = (3, 3, 3, 3, 3)
    return [
        *[Row("u1", GOOD)] * 2,
        Row("u1", BEST, "delegate"),
        Row("u2", GOOD, submission=1, same_device=7),
        Row("u2", GOOD, submission=1, same_device=7),
        Row("u2", GOOD),
        Row("u2", UNKNOWN),
        Row("u2", POOR, "delegate"),
        *[Row("u3", fair)] * 2,
        Row("u3", fair, "delegate"),
    ]


# Before: u1 45 + 41 = 86; u2 44 + 38 + 5 = 87; u3 30 + 30 = 60. 优秀 goes to u1 (u2 is vetoed).


def scheme(text: str = SCHEME) -> Scheme:
    return Scheme.load(text.encode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "r"
    seal(path, [replace(row, submission=n) for n, row in enumerate(rows())])
    return path


def effects(folder: Path, inputs: Inputs = INPUTS, text: str = SCHEME) -> dict[str, RuleEffect]:
    found = rule_effects(open_sealed_rounds([folder]), inputs, scheme(text)).effects
    assert len({one.key for one in found}) == len(found)
    return {one.key: one for one in found}


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, RuleEffect]:
    return effects(folder)


def test_without_the_bonus_the_first_two_change_places(found: dict[str, RuleEffect]) -> None:
    """u2 44 + 38 = 82 is behind 86. |−1| + |+1| over 3 ratees; totals move 5/3 on average."""
    one = found["adjustments"]
    assert (one.moved, one.n, one.places, one.who) == (2, 3, -1, "单位u2")
    assert one.mean_places == 2 / 3
    assert one.shift == pytest.approx(5 / 3, abs=1e-12)
    assert one.correlation == pytest.approx(0.5, abs=1e-12)
    assert not one.has_same_top


def test_the_cap_of_the_bonus_counts(found: dict[str, RuleEffect]) -> None:
    """8 instead of 5: u2 goes further ahead."""
    assert (found["adjustments:caps"].moved, found["adjustments:caps"].shift) == (0, 1.0)


def test_a_veto_moves_a_grade_and_no_rank(found: dict[str, RuleEffect]) -> None:
    """Without it u2 is first and takes the only place of u1."""
    one = found["veto:safety"]
    assert (one.moved, one.grades, one.has_same_top) == (0, 2, True)
    assert not one.is_idle


def test_what_the_unknown_counts(found: dict[str, RuleEffect]) -> None:
    """u2's citizens (80 + 80 + 0) / 3 = 160/3: 0.9 · 160/3 + 4 = 52, total 44 + 26 + 5 = 75 < 86.

    As 60: 220/3 · 0.9 + 4 = 70; 44 + 35 + 5 = 84 < 86.
    """
    assert (found["unknown=zero"].moved, found["unknown=zero"].shift) == (2, 4.0)
    assert (found["unknown=60"].moved, found["unknown=60"].shift) == (2, 1.0)
    assert "unknown=exclude" not in found


def test_equal_rater_classes(found: dict[str, RuleEffect]) -> None:
    """u1 45 + 45 = 90; u2 44 + 30 + 5 = 79; u3 60. Changes 4, 8 and 0."""
    one = found["rater_classes:public"]
    assert (one.moved, one.shift) == (2, 4.0)


def test_a_weight_a_tenth_more_or_less(found: dict[str, RuleEffect]) -> None:
    """指标 55 : 45: u1 49.5 + 36.9 = 86.4, u2 48.4 + 34.2 + 5 = 87.6; u3 60."""
    one = found["weight:indicators+"]
    assert (one.now.text(), one.tried.text(), one.moved) == ("50", "55", 0)
    assert one.shift == pytest.approx((0.4 + 0.6) / 3, abs=1e-12)
    assert found["weight:indicators-"].tried.text() == "45"
    assert {"weight:public+", "weight:public-"} <= set(found)


def test_the_minimum_drops_whole_classes(found: dict[str, RuleEffect]) -> None:
    """Nobody has five answers: the score of the indicators takes it all.

    u1 90, u2 88 + 5 = 93, u3 60.
    """
    one = found["min_n"]
    assert (one.tried.text(), one.moved) == ("5 份", 0)
    assert one.shift == pytest.approx((4 + 6) / 3, abs=1e-12)


def test_rules_that_find_nothing_change_nothing(found: dict[str, RuleEffect]) -> None:
    for key in ("void:straight_line", "missing=zero", "missing=fail", "ties"):
        assert found[key].is_idle, key
        assert found[key].shift == 0
        assert found[key].correlation == 1.0


def test_one_phone_twice(found: dict[str, RuleEffect]) -> None:
    """Its second answer says the same 80: the mean stays, with one more ballot behind it."""
    assert found["same_device=count"].is_idle


def test_a_line_instead_of_places(found: dict[str, RuleEffect]) -> None:
    """From 90 points: nobody is 优秀; u1 was."""
    assert (found["quota:best"].grades, found["quota:best"].moved) == (1, 0)
    assert found["quota:best"].tried.text() == "只按分数线 90"


def test_rules_together(folder: Path) -> None:
    """Bonus off, 不了解 60 or zero, equal classes: each alone puts u1 first, any two no more.

    So the mean shift is 2/3 in seven of eight combinations and 0 in one: V = (4/9)·7/64,
    S = (4/9)·(1/64)/V = 1/7, T = (4/9)·(1/16)/V = 4/7.
    """
    found = rule_effects(open_sealed_rounds([folder]), INPUTS, scheme()).together
    assert found is not None
    assert {one.key for one in found.effects} == {
        "adjustments",
        "rater_classes:public",
        "unknown=zero",
    }
    assert found.n == 8
    assert found.most == 2 / 3
    assert found.first == pytest.approx([1 / 7] * 3, abs=1e-12)
    assert found.total == pytest.approx([4 / 7] * 3, abs=1e-12)
    assert "有 8 种组合" in found.sentence.text()
    assert "57%" in found.sentence.text()


def test_changes_of_the_same_place_cannot_be_merged() -> None:
    first, second = (
        one for one in of_answers(scheme(), frozenset()) if one.key.startswith("unknown=")
    )
    with pytest.raises(ConflictError):
        merged(scheme(), [first, second])
    off = next(one for one in of_totals(scheme(), INPUTS) if one.key == "ties")
    both = merged(scheme(), [first, off]).scheme
    assert both.ties == ()
    assert both.leaves()[1].unknown == first.scheme.leaves()[1].unknown


def moved(one: Study) -> tuple[int, list[Fraction | None]]:
    return sum(line.places_won != 0 for line in one.lines), [one.difference for one in one.lines]


def test_effects_are_those_of_studies(folder: Path, found: dict[str, RuleEffect]) -> None:
    studied = [one for one in found.values() if one.change is not None]
    assert len(studied) >= 7
    for one in studied:
        assert one.change is not None
        n, differences = moved(study([folder], INPUTS, scheme(), one.change))
        assert one.moved == n, one.key
        mean = sum(abs(value or 0) for value in differences) / len(differences)
        assert one.shift == pytest.approx(float(mean), abs=1e-12), one.key


def test_the_order_of_rows_and_inputs_does_not_matter(
    folder: Path, found: dict[str, RuleEffect], tmp_path: Path
) -> None:
    numbered = [replace(row, submission=n) for n, row in enumerate(rows())]
    seal(tmp_path / "r", numbered[::-1])
    turned = replace(INPUTS, ratees=INPUTS.ratees[::-1], indicators=INPUTS.indicators[::-1])
    assert effects(tmp_path / "r", turned) == found


def test_a_voiding_rule_is_judged_anew(tmp_path: Path) -> None:
    """Eight items: u1's straight 100 is void; counted it makes (80 + 100) / 2 = 90 of 80."""
    mixed = (4, 4, 4, 4, 3, 5, 4, 4, 4)
    straight = (5,) * 9
    sheets = [Row("u1", mixed), Row("u1", straight), Row("u2", mixed), Row("u3", mixed)]
    numbered = [replace(row, submission=n) for n, row in enumerate(sheets)]
    seal(tmp_path / "r", numbered, questionnaire(items=8))
    found = effects(tmp_path / "r", replace(INPUTS, adjustments=()))
    one = found["void:straight_line"]
    assert one.shift == pytest.approx(5 / 3, abs=1e-12)
    assert "adjustments" not in found


def test_what_people_decided_can_be_taken_back(tmp_path: Path) -> None:
    """The same straight 100, left out by a decision instead of by the scheme."""
    mixed = (4, 4, 4, 4, 3, 5, 4, 4, 4)
    sheets = [Row("u1", mixed), Row("u1", (5,) * 9), Row("u2", mixed), Row("u3", mixed)]
    numbered = [replace(row, submission=n) for n, row in enumerate(sheets)]
    seal(tmp_path / "r", numbered, questionnaire(items=8))
    out = ScreenedRow("", "straight_line", "citizen", "", "", "exclude", "核实")
    inputs = replace(INPUTS, screened=(out,))
    found = effects(tmp_path / "r", inputs, SCHEME.replace('void = ["straight_line"]', ""))
    assert found["decisions"].shift == pytest.approx(5 / 3, abs=1e-12)
    kept = replace(INPUTS, screened=(replace(out, decision="keep"),))
    assert "decisions" not in effects(tmp_path / "r", kept)


def test_what_gives_no_result_is_told(folder: Path) -> None:
    """u3 has no indicators: under "fail" that is no result, not a figure."""
    inputs = replace(INPUTS, indicators=INPUTS.indicators[:2])
    found = effects(folder, inputs)
    assert found["missing=fail"].lacking == 1
    assert list(found)[-1] == "missing=fail"
    assert found["missing=zero"].shift == pytest.approx(30 / 3, abs=1e-12)


def test_a_scheme_without_a_result_is_refused(folder: Path) -> None:
    inputs = replace(INPUTS, indicators=INPUTS.indicators[:2])
    with pytest.raises(NoAnswer):
        effects(folder, inputs, SCHEME.replace('"redistribute"', '"fail"'))


def test_the_basis_is_the_result_of_record(folder: Path) -> None:
    """The figures above start from what `assess` says."""
    totals = [one.total for one in assess([folder], INPUTS, scheme()).ratees]
    assert totals == [Decimal("86.00"), Decimal("87.00"), Decimal("60.00")]


def keys(made: Iterable[object]) -> list[str]:
    return [one.key for one in made]  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", sorted(shipped()))
def test_every_shipped_scheme_can_be_varied(key: str) -> None:
    """Each change is a scheme, differs, and only in what it names."""
    plan = shipped()[key]
    made = [*of_answers(plan, frozenset({"open", "code"})), *of_totals(plan, INPUTS)]
    made += of_grades(plan, 2)
    assert len(set(keys(made))) == len(made)
    for one in made:
        if one.has_adjustments and not one.vetoes:
            assert plan.diff(one.scheme), one.key


@given(plan=schemes(), levels=st.sets(st.sampled_from(["code", "card", "open"])))
@settings(max_examples=5, deadline=None)
def test_any_scheme_can_be_varied(plan: Scheme, levels: set[str]) -> None:
    """Whatever a scheme says, there is a list of changes, each under a key of its own."""
    made = [*of_answers(plan, frozenset(levels)), *of_totals(plan, INPUTS), *of_grades(plan, 2)]
    assert len(set(keys(made))) == len(made)
    assert all(one.scheme.key == plan.key for one in made)


def test_weights_of_classes_stay_whole() -> None:
    """Weights that differ between classes of ratees are stepped in each."""
    text = SCHEME.replace('unit = "单位"', 'unit = "单位"\ncounty = "区县"')
    text = text.replace(
        'weight = "50"\nsource = "i', 'weight = { unit = "50", county = "40" }\nsource = "i'
    )
    text = text.replace(
        'weight = "50"\nsource = "q', 'weight = { unit = "50", county = "60" }\nsource = "q'
    )
    found = {one.key: one for one in of_totals(scheme(text), INPUTS)}
    first, second = found["weight:indicators+"].scheme.components
    assert dict(first.weight.by_ratee_class) == {"unit": Decimal(55), "county": Decimal(44)}
    assert dict(second.weight.by_ratee_class) == {"unit": Decimal(45), "county": Decimal(56)}


def test_small_groups_are_never_tried() -> None:
    """A minimum under 5 would tell, by the difference, what a handful of raters said."""
    for least in (1, 4, 5, 6, 30):
        text = SCHEME.replace("min_n = 1", f"min_n = {least}")
        one = next(one for one in of_answers(scheme(text), frozenset()) if one.key == "min_n")
        tried = one.scheme.leaves()[1].min_n
        assert tried >= 5
        assert tried != least
