"""Strata, channels and evidence levels weighed as the scheme says; by hand."""

from fractions import Fraction

import pytest

from analysis.assessment import assess
from analysis.scheme import Scheme
from forms.problems import InputError
from tests.unit.sealing import Row, seal
from tests.unit.test_assessment import inputs

SCHEME = """
key = "parts"
version = "1"
title = "分部分"
missing = "redistribute"
[[component]]
key = "public"
name = "公众评议"
weight = "100"
source = "questionnaire"
min_n = {min_n}
{more}
"""
STRATA = """mix = {by = "stratum", weights = {"城区" = "3000", "乡镇" = "1000"}}"""


def scheme(more: str = STRATA, min_n: int = 1) -> Scheme:
    return Scheme.load(SCHEME.format(more=more, min_n=min_n).encode())


def row(points: int, **more) -> Row:
    """One ballot that gives every item the same points."""
    return Row("u1", ((points // 20),) * 5, **more)


# 城区 100, 60: mean 80; 乡镇 40: mean 40
TWO_STRATA = [
    row(100, stratum="城区"),
    row(60, stratum="城区"),
    row(40, stratum="乡镇"),
    row(40, stratum="乡镇"),
    row(40, stratum="乡镇"),
]


def assessed(path, rows, plan):
    seal(path, rows)
    return assess([path], inputs("u1"), plan)


def nodes_of(found):
    return {node.path: node for node in found.ratees[0].nodes}


def test_strata_weigh_as_their_people_do_not_as_their_ballots(tmp_path):
    # 3 : 1 gives 0.75 · 80 + 0.25 · 40 = 70; by ballots it would be (160 + 120) / 5 = 56
    found = assessed(tmp_path / "r", TWO_STRATA, scheme())
    assert found.ratees[0].total_exact == 70
    nodes = nodes_of(found)
    assert nodes["public/all/城区"].share == Fraction(3, 4)
    assert nodes["public/all/城区"].score == 80
    assert nodes["public/all/乡镇"].converted == 10
    assert nodes["public/all/乡镇/a"].score == 40
    assert nodes["public/all"].n == 5
    assert assessed(tmp_path / "s", TWO_STRATA, scheme("")).ratees[0].total_exact == 56
    # 城区: s² = 800 of two ballots, v = 400, 0.75² · 400 = 225; 乡镇 has no spread
    assert found.ratees[0].se == pytest.approx(15)


def test_a_stratum_without_ballots_gives_its_weight_to_the_others(tmp_path):
    found = assessed(tmp_path / "r", TWO_STRATA[:2], scheme())
    assert found.ratees[0].total_exact == 80
    assert nodes_of(found)["public/all/乡镇"].score is None


def test_a_part_without_a_weight_does_not_score_and_is_told(tmp_path):
    rows = [*TWO_STRATA, row(20, stratum="外地"), row(20)]
    found = assessed(tmp_path / "r", rows, scheme())
    assert found.ratees[0].total_exact == 70
    told = [note.text() for note in found.notes if "没有给层" in note.text()]
    assert told == [
        "「公众评议」没有给层“—”权重，其 1 份评议不计分",
        "「公众评议」没有给层“外地”权重，其 1 份评议不计分",
    ]
    assert found.counts.valid == 7


def test_a_part_too_small_counts_and_is_not_shown(tmp_path):
    found = assessed(tmp_path / "r", TWO_STRATA, scheme(min_n=3))
    assert found.ratees[0].total_exact == 70
    assert not any(path.startswith("public/all/") for path in nodes_of(found))
    assert "有的部分不足 3 份，各部分不分别显示" in nodes_of(found)["public/all"].note
    more = [*TWO_STRATA, *(row(60, rater_class="delegate") for _ in range(6))]
    only = STRATA.replace("}}", '}, rater_classes = ["citizen"]}')
    weights = f"{only}\nrater_classes = {{citizen = '1', delegate = '1'}}"
    few = assessed(tmp_path / "s", [*more], scheme(weights, min_n=6))
    assert nodes_of(few)["public/citizen"].suppressed


def test_channels_of_one_rater_class_alone(tmp_path):
    more = """mix = {by = "channel", weights = {online = "1", paper = "1"},\
 rater_classes = ["citizen"]}
rater_classes = {citizen = "1", delegate = "1"}"""
    rows = [
        row(100, channel="online"),
        row(100, channel="online"),
        row(100, channel="online"),
        row(20, channel="paper"),
        row(80, channel="online", rater_class="delegate"),
        row(40, channel="paper", rater_class="delegate"),
    ]
    # citizens (100 + 20) / 2 = 60, delegates (80 + 40) / 2 = 60, without parts citizens had 80
    found = assessed(tmp_path / "r", rows, scheme(more))
    assert found.ratees[0].total_exact == 60
    assert "public/delegate/online" not in nodes_of(found)


def test_only_the_evidence_that_counts(tmp_path):
    rows = [row(100), row(100), row(60, evidence="code"), row(40, evidence="card")]
    found = assessed(tmp_path / "r", rows, scheme('evidence = ["code", "card"]'))
    assert found.ratees[0].total_exact == 50
    assert any("凭据“open”权重，其 2 份" in note.text() for note in found.notes)


def test_moments_of_regrouped_cells_are_those_of_the_rows(tmp_path):
    """One part with all the weight scores as a round of its ballots alone."""
    alone = [one for one in TWO_STRATA if one.stratum == "城区"]
    more = """mix = {by = "stratum", weights = {"城区" = "1"}}"""
    found = assessed(tmp_path / "r", TWO_STRATA, scheme(more)).ratees[0]
    expected = assessed(tmp_path / "s", alone, scheme("")).ratees[0]
    assert (found.total_exact, found.se, found.n) == (
        expected.total_exact,
        expected.se,
        expected.n,
    )


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("""mix = {by = "stratum", weights = {}}""", "component[1].mix.weights"),
        ("""mix = {by = "colour", weights = {a = "1"}}""", "component[1].mix.by"),
        ("""mix = {by = "stratum", weights = {a = "0"}}""", "component[1].mix.weights.a"),
        ("""evidence = ["letter"]""", "component[1].evidence"),
        (
            """mix = {by = "stratum", weights = {a = "1"}, rater_classes = ["citizen"]}""",
            "component[1].mix.rater_classes",
        ),
    ],
)
def test_a_mix_that_cannot_be_is_refused(more, where):
    with pytest.raises(InputError) as refused:
        scheme(more)
    assert [one.where.removeprefix("toml:") for one in refused.value.problems] == [where]


def test_a_scheme_says_it_in_its_digest_only_where_it_has_it():
    assert "mix" not in str(scheme("").as_json())
    again = Scheme.from_json(scheme().as_json())
    assert again == scheme()
    assert again.digest != scheme("").digest


def test_what_verified_ballots_alone_would_give_stands_beside(tmp_path):
    posters = [row(100) for _ in range(6)]
    coded = [row(60, evidence="code"), row(40, evidence="card")]
    found = assessed(tmp_path / "r", [*posters, *coded], scheme(""))
    assert found.ratees[0].total_exact == Fraction(700, 8)
    (verified,) = [one for one in found.alternatives if one.key == "verified"]
    assert (verified.totals["u1"], verified.n_valid) == (50, 2)
    closed = assessed(tmp_path / "s", coded, scheme(""))
    assert not [one for one in closed.alternatives if one.key == "verified"]
    # with both totals four posters' answers could be worked out
    few = assessed(tmp_path / "t", [*posters[:4], *coded], scheme(""))
    (hidden,) = [one for one in few.alternatives if one.key == "verified"]
    assert hidden.totals["u1"] is None
