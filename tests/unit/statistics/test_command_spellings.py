"""Spellings of a call that mean the same, and none that is passed over without a word."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from survey_app.cli import group

TYPES = "[margin.kind]\na = 30\nb = 50\n"
SAMPLE = "kind,x,y\na,1,3\na,2,4\na,4,5\nb,3,4\nb,5,6\nb,7,9\n"


def run(method: str, file: Path, *options: str) -> Result:
    return CliRunner().invoke(group, ["stats", method, str(file), *options, "--json"])


def said(method: str, file: Path, *options: str) -> dict[str, Any]:
    result = run(method, file, *options)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "total",
    [
        "[total]\nx = 330\n",
        "[totals]\nx = 330\n",
        "[margin.x]\ntotal = 330\n",
        "[margin.x]\nx = 330\n",
        '[total]\nx = "330"\n',
    ],
)
def test_the_total_of_a_numeric_column_in_any_spelling(tmp_path: Path, total: str) -> None:
    sample, totals = put(tmp_path, "s.csv", SAMPLE), put(tmp_path, "t.toml", TYPES + total)
    found = said("calibrate", sample, "--margins", str(totals), "--y", "y")
    met = found["detail"]["totals_after"]
    assert met == pytest.approx({"(Intercept)": 80, "kindb": 50, "x": 330})


def test_a_total_in_the_table_of_all_margins(tmp_path: Path) -> None:
    sample = put(tmp_path, "s.csv", SAMPLE)
    totals = put(tmp_path, "t.toml", "[margin]\nx = 330\n" + TYPES)
    found = said("calibrate", sample, "--margins", str(totals))
    assert found["detail"]["totals_after"]["x"] == pytest.approx(330)


@pytest.mark.parametrize("more", ["[sum]\nx = 330\n", 'kind = "a"\n'])
def test_a_table_nobody_knows_is_named(tmp_path: Path, more: str) -> None:
    sample, totals = put(tmp_path, "s.csv", SAMPLE), put(tmp_path, "t.toml", more + TYPES)
    result = run("calibrate", sample, "--margins", str(totals))
    assert result.exit_code == 3
    assert "不是总体数的表" in result.output


@pytest.mark.parametrize("method", ["rake", "poststratify"])
def test_a_numeric_total_where_only_margins_count_is_refused(tmp_path: Path, method: str) -> None:
    sample = put(tmp_path, "s.csv", SAMPLE)
    totals = put(tmp_path, "t.toml", TYPES + "[total]\nx = 330\n")
    result = run(method, sample, "--margins", str(totals))
    assert result.exit_code == 2
    assert "calibrate" in result.output


def test_bounds_alone_mean_the_bounded_distance(tmp_path: Path) -> None:
    sample = put(tmp_path, "s.csv", SAMPLE)
    totals = put(tmp_path, "t.toml", TYPES + "[total]\nx = 330\n")
    options = ("--margins", str(totals), "--bounds", "0.2,3", "--y", "y")
    weighted = put(tmp_path, "w.csv", _weighted(SAMPLE))
    plain = said("calibrate", weighted, *options, "--weights", "w")
    named = said("calibrate", weighted, *options, "--weights", "w", "--calfun", "logit")
    other = said("calibrate", weighted, *options, "--weights", "w", "--calfun", "linear")
    assert plain == named
    assert plain["detail"]["weights"] != other["detail"]["weights"]
    assert sample.exists()


def _weighted(text: str) -> str:
    head, *rows = text.splitlines()
    return "\n".join([head + ",w", *(row + ",13" for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("alias", "name"), [("none", "unweighted"), ("linear", "equal"), ("quadratic", "squared")]
)
def test_the_weights_of_kappa_by_their_other_names(tmp_path: Path, alias: str, name: str) -> None:
    file = put(tmp_path, "k.csv", "a,b\n1,1\n2,3\n3,3\n2,2\n1,3\n3,2\n")
    options = ("--items", "a,b", "--weights-kind")
    assert said("kappa", file, *options, alias) == said("kappa", file, *options, name)


def test_kappa_heeds_a_design(tmp_path: Path) -> None:
    """Weights 1 and 3 say what three copies of a row say: p_o = 5/8, p_e = 1/2, kappa = 1/4."""
    file = put(tmp_path, "k.csv", "a,b,w\n1,1,1\n1,2,3\n2,2,1\n1,1,3\n")
    found = said("kappa", file, "--items", "a,b", "--weights", "w")["estimates"][0]
    copied = put(tmp_path, "c.csv", "a,b\n1,1\n1,2\n1,2\n1,2\n2,2\n1,1\n1,1\n1,1\n")
    alike = said("kappa", copied, "--items", "a,b")["estimates"][0]
    assert found["estimate"] == pytest.approx(alike["estimate"])
    assert run("kappa", file, "--items", "a,b", "--weights", "w", "--kind", "light").exit_code == 2


def test_kappa_counts_full_agreement(tmp_path: Path) -> None:
    file = put(tmp_path, "k.csv", "a,b,c\n1,1,1\n2,3,2\n3,3,3\n2,2,1\n")
    assert said("kappa", file, "--items", "a,b,c")["detail"]["pct"] == 50


def test_a_rater_a_row_means_the_columns_are_ratees(tmp_path: Path) -> None:
    by_rater = put(tmp_path, "r.csv", "rater,u1,u2,u3\nA,1,2,3\nB,1,3,3\n")
    by_ratee = put(tmp_path, "u.csv", "A,B\n1,1\n2,3\n3,3\n")
    turned = said("icc", by_rater, "--rater", "rater", "--items", "u1,u2,u3")
    plain = said("icc", by_ratee, "--items", "A,B")
    assert turned["estimates"] == plain["estimates"]
    assert turned["detail"]["raters"] == ["A", "B"]


def test_agreement_within_groups_by_either_option(tmp_path: Path) -> None:
    """Groups with numbers for names come in the order of the numbers."""
    file = put(tmp_path, "g.csv", "unit,y\n10,1\n10,2\n2,4\n2,4\n2,5\n")
    by, ratee = (said("rwg", file, "--y", "y", one, "unit", "--ranvar", "2") for one in BY)
    assert by == ratee
    assert by["detail"]["unit"] == ["2", "10"]
    assert by["detail"]["rwg"] == pytest.approx([1 - (1 / 3) / 2, 1 - 0.5 / 2])
    assert len(by["detail"]["awg"]) == 2


BY = ("--by", "--ratee")


def test_spaces_about_a_nested_facet(tmp_path: Path) -> None:
    rows = [f"{p},{t},{r},{(p * 7 + t * 3 + r * 5) % 6}" for p in range(4) for t, r in RATERS]
    file = put(tmp_path, "g.csv", "\n".join(["p,t,r,y", *rows]) + "\n")
    options = ("--y", "y", "--ratee", "p", "--facets")
    spaced, plain = (said("gtheory", file, *options, one) for one in ("t, r : t", "t,r:t"))
    assert spaced == plain
    assert plain["detail"]["n"][:3] == [1, 2, 3]


RATERS = ((1, 1), (1, 2), (2, 3), (2, 4))


def test_places_of_grades_without_a_cut(tmp_path: Path) -> None:
    rows = "".join(f"u{k},{k},1\n" for k in range(12))
    file = put(tmp_path, "g.csv", "id,y,se\n" + rows)
    detail = said("grades", file, "--y", "y", "--se", "se", "--id", "id")["detail"]
    assert sum(detail["p_top5"]) == pytest.approx(5, abs=0.01)


def test_criteria_of_both_kinds_at_stated_ratios(tmp_path: Path) -> None:
    rows = [f"{a},{b},{(a * 3 + b * b) % 5}" for a in range(4) for b in range(5)]
    file = put(tmp_path, "c.csv", "\n".join(["a,b,y", *rows]) + "\n")
    options = ("--y", "y", "--rater", "a", "--ratee", "b", "--at", "0.5,1")
    reml, ml = said("crossed", file, *options), said("crossed", file, *options, "--ml")
    assert reml["detail"]["criterion"] == pytest.approx(reml["detail"]["criterion_reml"])
    assert ml["detail"]["criterion"] == pytest.approx(reml["detail"]["criterion_ml"])


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e200", "六"])
def test_numbers_no_sum_can_hold_are_named(tmp_path: Path, text: str) -> None:
    result = run("mean", put(tmp_path, "n.csv", f"y\n1\n{text}\n2\n"), "--y", "y")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["problems"][0]["where"] == "n.csv:3"


def test_words_alone_are_classes(tmp_path: Path) -> None:
    found = said("mean", put(tmp_path, "n.csv", "y\na\nb\na\n1\n"), "--y", "y")["estimates"]
    assert [one["estimate"] for one in found] == pytest.approx([1 / 4, 1 / 2, 1 / 4])


def test_an_option_without_effect_is_named(tmp_path: Path) -> None:
    file = put(tmp_path, "w.csv", "a,b,w,g\n1,2,1,x\n2,2,1,y\n4,3,2,x\n5,5,1,y\n")
    items = ("--items", "a,b")
    plain, weighted = said("cronbach", file, *items), said("cronbach", file, *items, *UNUSED)
    assert plain["estimates"] == weighted["estimates"]
    assert len(weighted["notes"]) == len(plain["notes"]) + 2
    assert all(f"没有用到 {UNUSED[k]}" in "".join(weighted["notes"]) for k in (0, 2))


def test_an_option_with_effect_is_not(tmp_path: Path) -> None:
    file = put(tmp_path, "w.csv", "y,w,g\n1,1,x\n2,1,y\n4,2,x\n5,1,y\n")
    notes = said("mean", file, "--y", "y", "--weights", "w", "--by", "g")["notes"]
    assert not any("没有用到" in one for one in notes)


UNUSED = ("--weights", "w", "--by", "g")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--level", "95"], "--level/--conf 的值不对：应是大于 0、小于 1 的数"),
        (["--seed", "many"], "--seed 的值不对：应是整数"),
        (["--replicates", "jk2"], "--replicates 的值不对：只能是 jk1、jkn、brr"),
        (["--weigths", "w"], "没有 --weigths 这个选项，是不是 --weights"),
    ],
)
def test_wrong_usage_in_words(tmp_path: Path, options: list[str], words: str) -> None:
    result = run("mean", put(tmp_path, "w.csv", "y\n1\n2\n"), *options)
    assert result.exit_code == 2
    assert words in result.output


def test_a_needed_option_and_the_file_by_name(tmp_path: Path) -> None:
    file = put(tmp_path, "w.csv", "y\n1\n2\n")
    assert "缺少 --se。标准误列" in run("shrink", file, "--y", "y").output
    ends = CliRunner().invoke(group, ["stats", "mean", str(file), "--y"])
    assert ends.exit_code == 2
    assert "--y 后面缺少值" in ends.output
    assert "缺少 FILE.csv" in CliRunner().invoke(group, ["stats", "mean"]).output


def test_margins_that_are_not_there(tmp_path: Path) -> None:
    file = put(tmp_path, "w.csv", "y\n1\n2\n")
    assert run("rake", file, "--margins", str(tmp_path / "none.toml")).exit_code == 3


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    result = run("mean", put(tmp_path, "w.csv", "y,x,y\n1,2,3\n2,3,4\n"), "--y", "y")
    assert result.exit_code == 3
    assert "有不止一列叫“y”" in result.output


def test_a_line_break_within_a_field(tmp_path: Path) -> None:
    file = put(tmp_path, "w.csv", 'g,y\n"a\nb",1\n"c\u2028d",3\n')
    groups = said("mean", file, "--y", "y", "--by", "g")["estimates"]
    assert [one["by"]["g"] for one in groups] == ["a\nb", "c\u2028d"]
