"""From sealed rounds to totals: by hand, and the same bytes whatever the order."""

import json
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.assessment import IntegrityError, NoAnswer, assess
from analysis.inputs import AdjustmentRow, Inputs, RateeRow
from analysis.results import Assessment
from analysis.scheme import Scheme
from analysis.sealed_round.manifest import file_sha256
from forms.problems import InputError
from tests.unit.sealing import Extras, Row, questionnaire, seal

SCHEME = """
key = "test"
version = "1"
title = "试行方案"
missing = "{missing}"
same_device = "{same_device}"
void = [{void}]

[adjustments]
bonus_cap = "5"

[[component]]
key = "public"
name = "公众评议"
weight = "100"
source = "questionnaire"
min_n = {min_n}

[component.rater_classes]
citizen = "60"
delegate = "40"
"""


def scheme(missing="redistribute", same_device="first", void="", min_n=1) -> Scheme:
    text = SCHEME.format(missing=missing, same_device=same_device, void=void, min_n=min_n)
    return Scheme.load(text.encode())


def inputs(*keys: str, **more) -> Inputs:
    return Inputs(tuple(RateeRow(key, f"单位{key}", "unit", "") for key in keys), **more)


# dimension a (60): Q1, Q2; dimension b (40): Q3, Q4
U1 = [
    Row("u1", (5, 4, 3, 9, 5)),  # a: 100, 80; b: 60
    Row("u1", (5, 0, 4, 4, 5)),  # a: 100; b: 80, 80
    Row("u1", (2, 3, 1, 1, 2), "delegate"),  # a: 40, 60; b: 20, 20
    Row("u1", (3, 3, 3, 3, 3), "delegate"),  # a: 60, 60; b: 60, 60
]
U2 = [Row("u2", (4, 4, 4, 4, 4)), Row("u2", (5, 5, 4, 4, 5))]


def run(path: Path, rows: list[Row], plan: Scheme | None = None, given_inputs=None) -> Assessment:
    seal(path, rows)
    return assess([path], given_inputs or inputs("u1", "u2"), plan or scheme())


def test_a_score_by_hand_down_to_its_votes(tmp_path):
    result = run(tmp_path / "r", U1 + U2)
    one = result.ratees[0]
    nodes = {node.path: node for node in one.nodes}
    # citizen: a = 280/3, b = 220/3; 0.6·a + 0.4·b = 56 + 88/3 = 256/3
    assert nodes["public/citizen/a"].score == Fraction(280, 3)
    assert nodes["public/citizen"].score == Fraction(256, 3)
    # delegate: a = 220/4 = 55, b = 160/4 = 40: 33 + 16 = 49
    assert nodes["public/delegate"].score == 49
    # 0.6·256/3 + 0.4·49 = 51.2 + 19.6 = 70.8
    assert (one.total, one.total_exact) == (Decimal("70.80"), Fraction("70.8"))
    assert one.n == 4
    assert dict(nodes["public/citizen/a"].votes) == {
        "非常满意": 2,
        "满意": 1,
        "基本满意": 0,
        "不满意": 0,
        "非常不满意": 0,
        "不了解": 0,
    }
    # u2 has no delegates: citizens alone, a = 90, b = 80: 54 + 32 = 86
    assert result.ratees[1].total == Decimal("86.00")
    assert [one.rank_class for one in result.ratees] == [2, 1]


def test_the_trace_adds_up_exactly(tmp_path):
    for one in run(tmp_path / "r", U1 + U2).ratees:
        children = {path: [] for path in ["", *(node.path for node in one.nodes)]}
        for node in one.nodes:
            children[node.path.rpartition("/")[0]].append(node)
        assert sum(node.converted for node in children[""]) == one.total_exact
        for node in one.nodes:
            below = [child for child in children[node.path] if child.converted is not None]
            if below:
                assert sum(child.converted for child in below) == node.score


def test_bonus_is_capped_and_raw_stays_visible(tmp_path):
    bonus = AdjustmentRow("u1", "bonus", Decimal(8), "表彰", "省", "文", None)
    one = run(tmp_path / "r", U1, given_inputs=inputs("u1", adjustments=(bonus,))).ratees[0]
    assert (one.total, one.bonus_raw, one.bonus_counted) == (Decimal("75.80"), 8, 5)


def test_both_treatments_of_a_device_are_printed(tmp_path):
    rows = [
        Row("u1", (5, 5, 5, 5, 5), same_device=1),
        Row("u1", (5, 5, 5, 5, 5), same_device=1),
        Row("u1", (1, 1, 1, 1, 1)),
    ]
    first = run(tmp_path / "a", rows, given_inputs=inputs("u1"))
    assert (first.counts.raw, first.counts.duplicate, first.counts.valid) == (3, 1, 2)
    assert first.ratees[0].total == Decimal("60.00")
    # counted: (100 + 100 + 20) / 3 = 73.33
    assert [(one.key, one.n_valid, dict(one.totals)) for one in first.alternatives] == [
        ("same_device_count", 3, {"u1": Decimal("73.33")})
    ]
    count = run(tmp_path / "b", rows, scheme(same_device="count"), inputs("u1"))
    assert count.ratees[0].total == Decimal("73.33")
    assert (count.counts.duplicate, count.counts.valid) == (0, 3)
    assert count.alternatives[0].totals == {"u1": Decimal("60.00")}


def test_void_rules_act_only_where_named_and_both_results_are_printed(tmp_path):
    rows = [Row("u1", (5, 5, 5, 5, 5)), Row("u1", (1, 0, 0, 0, 1))]
    flagged = run(tmp_path / "a", rows, given_inputs=inputs("u1"))
    assert flagged.flags["too_many_blank"] == 1
    # a = (100 + 100 + 20)/3, b = 100: 44 + 40
    assert flagged.ratees[0].total == Decimal("84.00")
    assert dict(flagged.alternatives[0].totals) == {"u1": Decimal("100.00")}
    void = run(tmp_path / "b", rows, scheme(void='"too_many_blank"'), inputs("u1"))
    assert void.ratees[0].total == Decimal("100.00")
    assert (void.counts.void, void.counts.valid) == (1, 1)
    assert void.alternatives[0].key == "with_screened"
    assert dict(void.alternatives[0].totals) == {"u1": Decimal("84.00")}
    (quality,) = void.quality
    assert (quality.submitted, quality.void, quality.reasons) == (2, 1, {"rule:too_many_blank": 1})


def test_under_fail_everything_missing_is_listed(tmp_path):
    seal(tmp_path / "r", U1 + U2)
    with pytest.raises(NoAnswer) as caught:
        assess([tmp_path / "r"], inputs("u1", "u2", "u3"), scheme("fail"))
    where = [problem.where for problem in caught.value.problems]
    assert where == ["单位u2 public/delegate", "单位u3 public/citizen", "单位u3 public/delegate"]


def test_below_the_minimum_nothing_is_shown(tmp_path):
    seal(tmp_path / "r", U1 + U2)
    with pytest.raises(NoAnswer):
        assess([tmp_path / "r"], inputs("u1", "u2"), scheme(min_n=5))
    rows = U1 + U2 + [Row("u2", (3, 3, 3, 3, 3))]
    some = run(tmp_path / "s", rows, scheme(min_n=3))
    hidden, shown = some.ratees
    assert (hidden.total, hidden.suppressed, hidden.rank_class, hidden.se) == (
        None,
        True,
        None,
        None,
    )
    assert shown.total is not None
    assert not shown.suppressed
    data = json.loads(some.scores_json())
    assert data["ratees"][0]["nodes"]["public/citizen"]["score"] is None
    assert "public/citizen/a" not in data["ratees"][0]["nodes"]


def test_ratees_outside_the_register_are_all_named(tmp_path):
    seal(tmp_path / "r", U1 + U2 + [Row("u9", (5, 5, 5, 5, 5))])
    with pytest.raises(InputError) as caught:
        assess([tmp_path / "r"], inputs("u1"), scheme())
    assert [problem.where for problem in caught.value.problems] == ["u2", "u9"]


def test_a_changed_byte_and_a_foreign_option_stop_the_run(tmp_path):
    seal(tmp_path / "bad", [Row("u1", (7, 5, 5, 5, 5))])
    with pytest.raises(IntegrityError, match="Q1"):
        assess([tmp_path / "bad"], inputs("u1"), scheme())
    seal(tmp_path / "r", U1)
    file = tmp_path / "r" / "ballots.parquet"
    body = bytearray(file.read_bytes())
    body[100] ^= 1
    file.write_bytes(bytes(body))
    with pytest.raises(IntegrityError, match=r"ballots\.parquet"):
        assess([tmp_path / "r"], inputs("u1"), scheme())


def test_classes_without_a_weight_are_told_and_not_mixed_in(tmp_path):
    result = run(tmp_path / "r", U1 + U2 + [Row("u1", (1, 1, 1, 1, 1), "media")])
    assert result.ratees[0].total == Decimal("70.80")
    assert any("media" in note.text() for note in result.notes)


def test_participation_comes_from_the_manifest(tmp_path):
    extras = Extras(counts={"expected": {"citizen": 10, "delegate": 4}}, is_simulated=True)
    seal(tmp_path / "r", U1, extras=extras)
    result = assess([tmp_path / "r"], inputs("u1"), scheme())
    assert [(one.rater_class, one.expected, one.received) for one in result.participation] == [
        ("citizen", 10, 2),
        ("delegate", 4, 2),
    ]
    assert result.is_simulated


def test_scores_have_the_shape_of_the_format(tmp_path):
    data = json.loads(run(tmp_path / "r", U1 + U2).scores_json())
    assert data["format"] == "survey-scores/1"
    assert data["counts"] == {"raw": 6, "duplicate": 0, "void": 0, "valid": 6}
    one = data["ratees"][0]
    assert (one["key"], one["class"], one["total"], one["rank_class"]) == ("u1", "unit", "70.80", 2)
    assert one["nodes"]["public/citizen"]["score"] == "85.33333333"
    assert one["bonus"] == {"counted": "0", "raw": "0"}


def reseal(source: Path, target: Path, order: list[int], cuts: list[int]) -> None:
    """The same ballots in another order, in as many shards as `cuts` make, under other names."""
    manifest = json.loads((source / "manifest.json").read_bytes())
    del manifest["digest"]
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE b AS SELECT *, row_number() OVER () - 1 AS place FROM"
            f" '{source}/ballots.parquet'"
        )
        connection.execute("CREATE TABLE o (place BIGINT, spot BIGINT)")
        connection.executemany("INSERT INTO o VALUES (?, ?)", [(p, a) for a, p in enumerate(order)])
        for number, (low, high) in enumerate(zip([0, *cuts], [*cuts, len(order)], strict=True)):
            folder = target / f"part-{(number * 7) % 10}-{number}"
            folder.mkdir(parents=True)
            for file in source.iterdir():
                (folder / file.name).write_bytes(file.read_bytes())
            connection.execute(
                f"COPY (SELECT b.* EXCLUDE (place) FROM b JOIN o USING (place)"
                f" WHERE spot >= {low} AND spot < {high} ORDER BY spot)"
                f" TO '{folder}/ballots.parquet' (FORMAT parquet)"
            )
            for entry in manifest["files"]:
                entry["sha256"] = file_sha256(folder / entry["name"])
            (folder / "manifest.json").write_text(json.dumps(manifest))


answers = st.tuples(*[st.sampled_from([5, 4, 3, 2, 1, 9, 0])] * 5)
some_rows = st.lists(
    st.builds(
        Row,
        ratee=st.sampled_from(["u1", "u2"]),
        codes=answers,
        rater_class=st.sampled_from(["citizen", "delegate"]),
        channel=st.sampled_from(["web", "paper"]),
        same_device=st.integers(0, 3),
    ),
    min_size=2,
    max_size=10,
)


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(some_rows, st.randoms(use_true_random=False), st.data())
def test_the_same_bytes_in_any_order_and_sharding(tmp_path_factory, rows, shuffle, data):
    rows = [*rows, Row("u1", (5, 5, 5, 5, 5)), Row("u2", (1, 2, 3, 4, 5))]
    order = list(range(len(rows)))
    shuffle.shuffle(order)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows) - 1), max_size=3)))
    base = tmp_path_factory.mktemp("same")
    seal(base / "whole", rows)
    reseal(base / "whole", base / "parts", order, cuts)
    register = inputs("u1", "u2")
    whole = assess([base / "whole"], register, scheme())
    again = assess([base / "parts"], Inputs(register.ratees[::-1]), scheme())
    assert whole.scores_json() == again.scores_json()
    assert whole.content_digest == again.content_digest
    assert whole.cells == again.cells


def test_another_answer_or_input_is_another_digest(tmp_path):
    base = run(tmp_path / "a", U1).content_digest
    changed = [Row("u1", (5, 4, 3, 9, 4)), *U1[1:]]
    assert run(tmp_path / "b", changed).content_digest != base
    assert run(tmp_path / "c", U1, scheme(min_n=2)).content_digest != base
    assert run(tmp_path / "d", U1, given_inputs=inputs("u1", "u3")).content_digest != base
    assert run(tmp_path / "e", U1).content_digest == base


def test_the_same_counts_in_other_ballots_are_another_digest(tmp_path):
    # A 5 and a 1 on each of two items; only whether one ballot gave both differs.
    alike = [Row("u1", (5, 5, 3, 3, 3)), Row("u1", (1, 1, 3, 3, 3))]
    mixed = [Row("u1", (5, 1, 3, 3, 3)), Row("u1", (1, 5, 3, 3, 3))]
    one, other = run(tmp_path / "a", alike), run(tmp_path / "b", mixed)
    assert one.cells == other.cells
    assert one.ratees[0].se != other.ratees[0].se
    assert one.content_digest != other.content_digest


BETTER = {1: 2, 2: 3, 3: 4, 4: 5}


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(some_rows, st.data())
def test_raising_one_answer_never_lowers_that_ratee(tmp_path_factory, rows, data):
    rows = [Row(r.ratee, r.codes, r.rater_class) for r in rows] + [Row("u1", (3, 3, 3, 3, 3))]
    places = [
        (n, item) for n, row in enumerate(rows) for item in range(4) if row.codes[item] in BETTER
    ]
    n, item = data.draw(st.sampled_from(places))
    raised = list(rows)
    codes = list(rows[n].codes)
    codes[item] = BETTER[codes[item]]
    raised[n] = Row(rows[n].ratee, tuple(codes), rows[n].rater_class)
    base = tmp_path_factory.mktemp("raise")
    before, after = run(base / "a", rows), run(base / "b", raised)
    place = ["u1", "u2"].index(rows[n].ratee)
    assert after.ratees[place].total_exact >= before.ratees[place].total_exact


def test_counts_are_conserved_in_every_table(tmp_path):
    random.seed(4)
    rows = [
        Row(
            random.choice(["u1", "u2"]),
            tuple(random.choice([5, 4, 3, 2, 1, 9, 0]) for _ in range(5)),
            random.choice(["citizen", "delegate"]),
            channel=random.choice(["web", "paper"]),
            same_device=random.choice([0, 0, 1, 2, 3]),
        )
        for _ in range(120)
    ]
    result = run(tmp_path / "r", rows, scheme(void='"too_many_blank"'))
    counts = result.counts
    assert counts.raw == counts.duplicate + counts.void + counts.valid == 120
    assert counts.duplicate > 0
    assert counts.void > 0
    assert sum(one.submitted for one in result.quality) == 120
    assert all(one.submitted == one.valid + one.duplicate + one.void for one in result.quality)
    for item in ("Q1", "Q4", "Q0"):
        assert sum(cell.n for cell in result.cells.rows if cell.item == item) == counts.valid
    assert sum(one.n for one in result.cells.ballots) == 120


def test_no_figure_is_ever_not_a_number(tmp_path):
    rows = [Row("u1", (5, 5, 5, 5, 5)), Row("u2", (9, 9, 9, 9, 9)), Row("u3", (0, 0, 0, 0, 0))]
    result = run(tmp_path / "r", rows, given_inputs=inputs("u1", "u2", "u3", "u4"))
    assert [one.total for one in result.ratees] == [Decimal("100.00"), None, None, None]
    text = result.scores_json().decode()
    assert "NaN" not in text
    assert "Infinity" not in text
    # one ballot shows no error, and says so
    node = next(one for one in result.ratees[0].nodes if one.path == "public/citizen")
    assert (node.se, node.lo) == (None, None)
    assert "只有一份答卷" in node.note


def test_another_questionnaire_takes_part_only_where_the_scheme_takes_it(tmp_path):
    seal(tmp_path / "a", U1, round_key="r.form")
    seal(tmp_path / "b", [Row("u1", (1,) * 5)], questionnaire("extra"), "r.extra")
    text = SCHEME.format(missing="redistribute", same_device="first", void="", min_n=1)
    named = Scheme.load(text.replace("min_n = 1", 'min_n = 1\nquestionnaires = ["form"]').encode())
    result = assess([tmp_path], inputs("u1"), named)
    assert result.ratees[0].total == Decimal("70.80")
    assert any("没有用到问卷" in note.text() for note in result.notes)
    assert set(result.questionnaires) == {"form", "extra"}
