"""`survey stats` on designs: names, missing values, groups, and refusals with their exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from survey_app.cli import group

FILE = """score,before,unit,kind,weight,size,note
1,2,a,E,2,8,x
3,2,a,H,2,8,
,4,a,E,2,8,y
7,5,b,H,1,4,x
9,8,b,E,1,4,x
5,7,b,,1,4,y
"""


@pytest.fixture
def run(tmp_path: Path):
    def call(*arguments: str, text: str = FILE, code: int = 0):
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        method, *options = arguments
        done = CliRunner().invoke(
            group, ["stats", method, str(path), *options, "--json"], catch_exceptions=False
        )
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if done.stdout else done.output

    return call


def named(answer):
    return {
        ":".join((one["name"], *(one["by"] or {}).values())): one for one in answer["estimates"]
    }


def test_missing_values_are_left_out_and_said(run):
    answer = run("mean", "--y", "score")
    assert (answer["n"], answer["estimates"][0]["estimate"]) == (5, 5)
    assert any("缺失 1 行" in note for note in answer["notes"])


def test_several_items_and_a_text_column(run):
    answer = run("mean", "--items", "score,kind")
    assert list(named(answer)) == ["score", "kindE", "kindH"]
    assert named(answer)["kindE"]["estimate"] == pytest.approx(0.6)
    assert len(answer["detail"]["covariance"]) == 3
    assert len(answer["detail"]["deff_replace"]) == 3
    totals = named(run("total", "--y", "kind", "--weights", "weight"))
    assert {name: one["estimate"] for name, one in totals.items()} == {"kindE": 5, "kindH": 3}


def test_groups_of_two_columns_leave_missing_labels_out(run):
    answer = named(run("mean", "--y", "score", "--by", "unit,kind"))
    assert list(answer) == ["score:E:a", "score:H:a", "score:E:b", "score:H:b"]
    assert answer["score:E:b"]["estimate"] == 9


def test_numbers_may_stand_for_columns(run):
    column = run("total", "--y", "before", "--fpc", "size", "--strata", "unit")
    assert named(column)["before"]["estimate"] == pytest.approx(8 * 8 / 3 + 20 * 4 / 3)
    number = run("total", "--y", "before", "--weights", "2", "--fpc", "12")
    assert named(number)["before"]["estimate"] == 56


def test_difference_of_items_uses_the_rows_with_both(run):
    answer = run("diff", "--items", "score,before")
    one = named(answer)["score - before"]
    assert (one["estimate"], one["n"]) == (pytest.approx(0.2), 5)
    groups = named(run("diff", "--y", "before", "--by", "unit"))
    assert groups["b - a"]["estimate"] == pytest.approx(20 / 3 - 8 / 3)


def test_replication_agrees_with_linearisation_for_a_total(run):
    options = ("--y", "before", "--strata", "unit", "--weights", "weight")
    linear = named(run("total", *options))["before"]
    again = run("total", *options, "--replicates", "jkn")
    assert named(again)["before"]["se"] == pytest.approx(linear["se"])
    assert (again["detail"]["R"], named(again)["before"]["method"]) == (6, "jkn")
    boot = run("mean", *options, "--replicates", "bootstrap", "--by", "unit", "--seed", "4")
    assert len(boot["detail"]["percentile"]) == 2


def test_a_rater_is_a_cluster_unless_clusters_are_named(run):
    by_rater = run("mean", "--y", "before", "--rater", "unit")["estimates"][0]
    by_cluster = run("mean", "--y", "before", "--clusters", "unit")["estimates"][0]
    assert by_rater == by_cluster
    assert by_rater["df"] == 1


def test_half_samples_number_units_as_a_person_would(run):
    # five strata of two; units named in text order would exchange 9 and 10 in the last
    y, x = (1, 4, 2, 8, 5, 7, 1, 9, 3, 3), (2, 5, 1, 9, 3, 3, 8, 7, 6, 1)
    rows = [f"{unit // 2},{{}},{y[unit]},{x[unit]}" for unit in range(10)]
    errors = []
    for first in (1, 11):
        text = "\n".join(["s,p,y,x", *(row.format(first + n) for n, row in enumerate(rows))])
        options = ("--y", "y", "--x", "x", "--strata", "s", "--clusters", "p")
        answer = run("ratio", *options, "--replicates", "brr", text=text + "\n")
        errors.append(answer["estimates"][0]["se"])
    assert errors[0] == pytest.approx(errors[1])


def test_quantiles_carry_their_share(run):
    answer = run("quantile", "--y", "before", "--p", "0.5", "--by", "unit")
    assert [one["by"] for one in answer["estimates"]] == [
        {"unit": "a", "p": "0.5"},
        {"unit": "b", "p": "0.5"},
    ]
    assert answer["detail"]["q"] == [2, 7]


def test_a_share_of_one_value_and_of_each(run):
    one = run("proportion", "--y", "kind", "--value", "E")
    assert (named(one)["kind"]["estimate"], named(one)["kind"]["method"]) == (0.6, "wilson")
    each = named(run("proportion", "--y", "kind", "--strata", "unit"))
    assert [each[name]["method"] for name in ("kindE", "kindH")] == ["logit", "logit"]
    number = named(run("proportion", "--y", "before", "--value", "2.0"))["before"]
    assert number["estimate"] == pytest.approx(1 / 3)


def test_tests_and_regression(run):
    test = run("ttest", "--y", "before", "--by", "unit")
    assert test["detail"]["diff"] == pytest.approx(4)
    assert run("ttest", "--y", "before", "--mu", "4")["detail"]["df"] == 5
    table = run("table", "--items", "unit,kind")
    assert named(table)["a:E"]["estimate"] == pytest.approx(0.4)
    line = run("regression", "--y", "before", "--x", "score,unit")
    assert line["detail"]["names"] == ["(Intercept)", "score", "unitb"]
    exact = run("regression", "--y", "before", "--x", "before")
    assert exact["detail"]["coef"] == pytest.approx([0, 1], abs=1e-9)
    kappa = run("kappa-design", "--items", "kind,kind")
    assert kappa["estimates"][0]["estimate"] == 1
    spread = named(run("variance", "--y", "score"))["score"]
    assert spread["estimate"] == pytest.approx(10)


def test_a_ratio_with_a_missing_denominator(run):
    answer = run("ratio", "--y", "before", "--x", "score")
    assert answer["estimates"][0]["estimate"] == pytest.approx(24 / 25)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (1, ("mean", "--y", "score", "--strata", "unit", "--replicates", "jk1")),
        (1, ("diff", "--y", "score", "--by", "before")),
        (1, ("table", "--items", "unit,kind", "--clusters", "unit")),
        (1, ("mean", "--y", "score", "--weights", "0")),
        (2, ("mean",)),
        (2, ("quantile", "--y", "score", "--p", "1.5")),
        (2, ("diff", "--items", "kind,note")),
        (3, ("mean", "--y", "nowhere")),
        (3, ("mean", "--y", "score", "--fpc", "2")),
        (3, ("mean", "--y", "score", "--strata", "kind")),
        (3, ("mean", "--y", "score", "--weights", "score")),
        (3, ("ratio", "--y", "score", "--x", "kind")),
    ],
)
def test_what_cannot_be_answered_has_its_exit_code(run, code, arguments):
    run(*arguments, code=code)


METHODS = [
    ("mean", "--y", "y"),
    ("total", "--y", "y"),
    ("ratio", "--y", "y", "--x", "x"),
    ("diff", "--items", "y,x"),
    ("quantile", "--y", "y"),
    ("proportion", "--y", "y"),
    ("variance", "--y", "y"),
    ("ttest", "--y", "y"),
    ("table", "--items", "y,x"),
    ("regression", "--y", "y", "--x", "x"),
    ("kappa-design", "--items", "y,x"),
    *(("mean", "--y", "y", "--replicates", kind) for kind in ("jk1", "jkn", "dagjk", "bootstrap")),
]


@pytest.mark.parametrize(
    "text", ["y,x\n", "y,x\n3,3\n", "y,x\n2,2\n2,2\n", "y,x\n,\n,\n", "y,x\n0,0\n1,\n"]
)
@pytest.mark.parametrize("arguments", METHODS, ids=lambda one: "-".join(one))
def test_degenerate_files_are_answered(run, tmp_path, text, arguments):
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    method, *options = arguments
    done = CliRunner().invoke(
        group, ["stats", method, str(path), *options, "--json"], catch_exceptions=False
    )
    assert done.exit_code in (0, 1), done.output
    answer = json.loads(done.stdout)
    if done.exit_code == 1:
        assert answer["notes"]
        assert answer["status"] != "ok"
    for one in answer["estimates"]:
        if one["estimate"] is None or one["se"] is None:
            assert answer["notes"]
