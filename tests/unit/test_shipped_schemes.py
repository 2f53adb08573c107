"""The schemes that ship: every system of the sources by its own key figures, worked by hand."""

import json
from decimal import Decimal

import pytest

from analysis.inputs import (
    AdjustmentRow,
    FigureRow,
    HistoryRow,
    IndicatorRow,
    Inputs,
    RateeRow,
)
from analysis.results import RateeResult
from analysis.scheme import SCHEMES, shipped
from forms.definition import LANGUAGES
from forms.problems import InputError, canonical_json
from forms.questionnaire import library
from tests.unit.shipped import keys, result, results, row

SOURCES = {
    "zhangjiajie-2009",
    "three-evaluations",
    "three-evaluations-half",
    "new-area-monthly",
    "new-area-quarterly",
    "new-area-half",
    "new-area-yearly",
    "new-area-special",
    "new-area-term",
    "hengyang-quarterly",
    "hengyang-annual",
    "xiangtan-public-opinion",
    "taojiang-education",
    "xinping-posts",
    "literal-60-30-10",
}


@pytest.mark.parametrize("key", sorted(SOURCES))
def test_a_shipped_scheme_is_whole_and_speaks_three_languages(key: str) -> None:
    scheme = shipped()[key]
    assert (SCHEMES / f"{key}.toml").read_text("utf-8").startswith("#")
    frozen = json.loads(canonical_json(scheme.as_json()))
    assert type(scheme).from_json(frozen).digest == scheme.digest
    named = [
        scheme.title,
        *(node.name for node in scheme.nodes()),
        *(one.name for one in (*scheme.grades, *scheme.restrictions, *scheme.consequences)),
        *(one.name for one in (*scheme.vetoes, *scheme.adjustments.sources)),
        *scheme.ratee_classes.values(),
        *scheme.rater_classes.values(),
    ]
    for text in named:
        assert set(text.translations) == set(LANGUAGES), text
    for leaf in scheme.leaves():
        assert set(leaf.questionnaires) <= set(library())


def test_classes_are_called_the_same_in_every_scheme() -> None:
    for kind in ("ratee_classes", "rater_classes"):
        names: dict[str, str] = {}
        for scheme in shipped().values():
            for key, name in getattr(scheme, kind).items():
                assert names.setdefault(key, name) == name, key


# Source 003: four linkages, each a column with a text for either grade.


def test_003_q_the_four_linkages_are_columns() -> None:
    scheme = shipped()["zhangjiajie-2009"]
    columns = [one.column for one in scheme.consequences if one.column]
    assert len(set(columns)) == 4
    assert len(columns) == 8
    assert all(one.value for one in scheme.consequences if one.column)


# Source 000


def three(total: str, *history: tuple[str, str]) -> RateeResult:
    """A district department whose only part so far is its targets, with these earlier grades."""
    unit = RateeRow("d1", "区教育局", "district_unit", "")
    inputs = Inputs(
        (unit,),
        (row("d1", "duty", "100", total),),
        history=tuple(HistoryRow("d1", period, grade) for period, grade in history),
        period="2026",
    )
    return result("three-evaluations", inputs, "d1")


@pytest.mark.parametrize(
    ("total", "record", "grade"),
    [
        ("89.995", "90.00", "excellent"),
        ("89.994", "89.99", "good"),
        ("80", "80.00", "good"),
        ("70", "70.00", "qualified"),
        ("60", "60.00", "nearly-qualified"),
        ("50", "50.00", "nearly-failed"),
        ("49.99", "49.99", "failed"),
    ],
)
def test_000_b_six_grades_by_the_score_of_record(total: str, record: str, grade: str) -> None:
    found = three(total)
    assert (found.total, found.grade) == (Decimal(record), grade)


@pytest.mark.parametrize(
    ("own", "history", "is_demoted"),
    [
        ("40", [("2025", "不合格")], True),
        ("40", [("2024", "不合格"), ("2025", "合格")], False),
        ("40", [], False),
    ],
)
def test_000_d_two_years_failed_in_a_row_demote(
    own: str, history: list[tuple[str, str]], *, is_demoted: bool
) -> None:
    found = keys(three(own, *history))
    assert "admonition" in found
    assert ("demotion" in found) is is_demoted


@pytest.mark.parametrize(("unit", "may"), [("95", True), ("85", True), ("75", False)])
def test_000_c_a_head_may_be_excellent_where_the_unit_is_excellent_or_good(
    unit: str, *, may: bool
) -> None:
    people = (
        RateeRow("d1", "区教育局", "district_unit", ""),
        RateeRow("h1", "人员0001", "head", "", "person", "d1"),
    )
    lifted = AdjustmentRow("h1", "bonus", Decimal(10), "改革", "创新", "文件", None)
    inputs = Inputs(people, (row("d1", "duty", "100", unit),), (lifted,))
    head = result("three-evaluations", inputs, "h1")
    assert head.total == Decimal(unit) + 10
    assert ("excellent" in head.allowed) is may
    assert (head.grade == "excellent") is may
    if not may:
        said = [one.text() for one in head.refusals if one.grade == "excellent"]
        assert any("所属单位" in text for text in said)


# Source 001


def stretch(*points: str, actual: str = "105", growth: str = "10") -> tuple[IndicatorRow, ...]:
    return tuple(
        row(
            *("xq", "stretch", one, actual, "growth", f"F{n}"),
            target=Decimal(100),
            growth_target=Decimal(11),
            growth=Decimal(growth),
        )
        for n, one in enumerate(points, 1)
    )


AREA = RateeRow("xq", "新区", "area", "")
BUREAU = RateeRow("b1", "经济发展局", "bureau", "", "unit", "xq")


def test_001_a_volume_80_and_growth_20_percent() -> None:
    rows = stretch("25", "5", "15", "15", "15", "10", "15")
    found = result("new-area-monthly", Inputs((AREA,), rows), "xq")
    # 105 x 0.8 + 90.909... x 0.2 = 84 + 18.1818...
    assert found.total == Decimal("102.18")


def test_001_b_seven_stretch_indicators_add_up_to_100() -> None:
    rows = stretch("24", "5", "15", "15", "15", "10", "15")
    with pytest.raises(InputError, match="总分必须为100"):
        result("new-area-monthly", Inputs((AREA,), rows), "xq")


def bureau(raw: str, tier: str, growth: str = "", **more: object) -> RateeResult:
    figures = [FigureRow("b1", "tier", tier)]
    figures += [FigureRow("b1", "gdp_growth", growth)] if growth else []
    rows = (row("b1", "bureau/specific", "100", raw, code="Z1"),)
    inputs = Inputs((BUREAU,), rows, figures=tuple(figures), **more)  # type: ignore[arg-type]
    return result("new-area-monthly", inputs, "b1")


@pytest.mark.parametrize(
    ("tier", "growth", "total"),
    [
        ("t3", "", "98.62"),  # 92 x 1.072 = 98.624; without a growth figure the factor is 1
        ("t3", "11", "98.62"),
        ("t1", "", "92.00"),
        ("t6", "", "108.56"),  # 92 x 1.18
        ("t3", "0", "93.69"),  # x 0.95 = 93.6928
        ("t3", "13.5", "101.09"),  # half way from 11 to 16: 1.025; 98.624 x 1.025 = 101.0896
        ("t3", "20", "103.56"),  # flat beyond the end: 1.05; 103.5552
    ],
)
def test_001_d_static_and_dynamic_coefficient(tier: str, growth: str, total: str) -> None:
    assert bureau("92", tier, growth).total == Decimal(total)


def test_001_d_a_tier_beyond_the_six_is_refused() -> None:
    with pytest.raises(InputError, match="t7"):
        bureau("92", "t7")


@pytest.mark.parametrize(("times", "counted"), [("5", "3"), ("2", None), ("11", None)])
def test_001_c_outstanding_work_counts_three_to_ten_times(times: str, counted: str | None) -> None:
    entry = AdjustmentRow(
        *(
            "b1",
            "deduction",
            Decimal("0.6"),
            "拖累新区考核",
            "突出贡献或影响新区考核",
            "通报",
            None,
        ),
        Decimal(times),
    )
    if counted is None:
        with pytest.raises(InputError, match="倍"):
            bureau("92", "t1", adjustments=(entry,))
        return
    found = bureau("92", "t1", adjustments=(entry,))
    assert (found.deduction_counted, found.total) == (Decimal(counted), Decimal(89))


@pytest.mark.parametrize(("ratee_class", "total"), [("bureau", "90.60"), ("post", "90.00")])
def test_001_f_the_year_of_teams_and_of_cadres(ratee_class: str, total: str) -> None:
    months = tuple(
        HistoryRow("b1", f"2026-{month:02d}", "", "new-area-monthly", Decimal(94))
        for month in range(1, 13)
    )
    rows = (
        row("b1", "political", "100", "90", code="P"),
        row("b1", "review/panel", "100", "88", code="R"),
    )
    ratee = RateeRow("b1", "某", ratee_class, "", "unit" if ratee_class == "bureau" else "person")
    inputs = Inputs((ratee,), rows, history=months, period="2026")
    # 94 x 0.4 + 90 x 0.1 + 88 x 0.5, and 94 x 0.3 + 90 x 0.1 + 88 x 0.6
    assert result("new-area-yearly", inputs, "b1").total == Decimal(total)


@pytest.mark.parametrize(
    ("key", "period", "series", "parts", "consequence"),
    [
        ("new-area-quarterly", "2026-Q1", "new-area-monthly", ("01", "02", "03"), "talk"),
        ("new-area-half", "2026-H1", "new-area-quarterly", ("Q1", "Q2"), "post"),
        ("new-area-yearly", "2026", "new-area-monthly", ("01", "02"), "strict"),
    ],
)
def test_001_g_the_last_one_is_talked_to_moved_and_held_to_account(
    key: str, period: str, series: str, parts: tuple[str, ...], consequence: str
) -> None:
    people = tuple(RateeRow(f"b{n}", f"部门{n}", "bureau", "") for n in (1, 2, 3))
    history = tuple(
        HistoryRow(one.key, f"2026-{part}", "", series, Decimal(90 - place))
        for place, one in enumerate(people)
        for part in parts
    )
    found = results(key, Inputs(people, history=history, period=period))
    struck = {one.key for one in found.values() if consequence in keys(one)}
    assert struck == {"b3"}


# Source 004


def test_004_exposure_is_taken_off_several_times_and_praise_adds_directly() -> None:
    sources = {one.key: one for one in shipped()["xiangtan-public-opinion"].adjustments.sources}
    assert [sources[key].kind for key in ("praise", "complaint", "exposure")] == [
        "bonus",
        "deduction",
        "deduction",
    ]
    assert all(one.needs_evidence for one in sources.values())
    assert sources["exposure"].multiplier == (2, 5)


def test_004_the_score_of_a_leader_reaches_office_and_person() -> None:
    people = (
        RateeRow("l1", "人员0001", "edu_leader", "", "person"),
        RateeRow("o1", "安全股", "edu_office", "", "unit", "l1"),
        RateeRow("p1", "人员0002", "edu_person", "", "person", "o1"),
    )
    rows = tuple(
        row(key, "targets", "100", actual, code="M")
        for key, actual in (("l1", "60"), ("o1", "90"), ("p1", "100"))
    )
    found = results("taojiang-education", Inputs(people, rows))
    totals = {key: one.total for key, one in found.items()}
    # office: (60 x 20 + 90 x 40) / 60 = 80; person: (80 x 30 + 100 x 50) / 80 = 92.5
    assert totals == {"l1": 60, "o1": 80, "p1": Decimal("92.50")}


def test_004_h_the_post_has_a_coefficient_and_the_unit_a_part() -> None:
    people = (
        RateeRow("gtj", "国土局", "county_unit", ""),
        RateeRow("p1", "人员0001", "staff", "", "person", "gtj"),
    )
    rows = (
        row("gtj", "efficacy", "100", "80", code="X"),
        row("p1", "post", "40", "32", code="G", attribute="公共部分"),
        row("p1", "post", "60", "48", code="B", attribute="本职工作"),
    )
    inputs = Inputs(people, rows, figures=(FigureRow("p1", "post", "enforcement"),))
    # 80 x 1.1 x 0.7 + 80 x 0.3 = 61.6 + 24
    assert result("xinping-posts", inputs, "p1").total == Decimal("85.60")


def test_004_the_trial_names_four_units_and_the_day_of_filing() -> None:
    scheme = shipped()["xinping-posts"]
    assert scheme.pilot == ("xcb", "gtj", "jw", "hbj")
    assert scheme.filing_on == "12-20"
    assert "酌情扣分" in scheme.vague_words


# The other reading


def test_the_literal_reading_weighs_the_three_questionnaires_60_30_10() -> None:
    scheme = shipped()["literal-60-30-10"]
    weights = {node.path: node.weight.of("unit") for node in scheme.nodes()}
    assert weights == {
        "ratings": 40,
        "indicators": 60,
        "ratings/public": 60,
        "ratings/service": 30,
        "ratings/leaders": 10,
    }
