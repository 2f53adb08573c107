"""Shares, trimmed means, adjusted p-values and change against published packages.

Left to the design chapter: strat_year_diff, strat_ciprop_*. Nothing of this chapter is left out;
`pisa_years` keeps only countries without a gap in any column (Spain lacks reading in 2018), so its
files are written without Spain here.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from analysis.statistics.intervals.proportions import KINDS
from tests.reference.published import case, file, needs_data, stats

pytestmark = needs_data


def written(path: Path, header: list[str], rows: list[list[object]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return str(path)


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_of_a_share(kind: str) -> None:
    for one in case("prop_ci"):
        lo, hi = KINDS[kind](one["x"], one["n"], 0.95)
        assert (float(lo), float(hi)) == pytest.approx(tuple(one[kind]), rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("kind", ["goodman", "sison-glaz"])
def test_simultaneous_intervals_of_option_shares(kind: str, tmp_path: Path) -> None:
    counts = [56, 72, 73, 59, 62, 87, 58]
    path = written(tmp_path / "c.csv", ["option", "n"], [[k, n] for k, n in enumerate(counts)])
    answer = stats("shares", path, "--y", "option", "--counts", "n", "--kind", kind)
    found = [[one["lo"], one["hi"]] for one in answer["estimates"]]
    assert np.array(found) == pytest.approx(np.array(case("multinomial_ci")[kind]), rel=1e-10)
    rows = [[k] for k, n in enumerate(counts) for _ in range(n)]
    single = stats("shares", written(tmp_path / "r.csv", ["option"], rows), "--y", "option")
    assert single["detail"][kind] == answer["detail"][kind]


def check_trimmed(path: str, y: str, value: dict, *options: str) -> None:
    answer = stats("trimmed", path, "--y", y, "--cut", str(value["trim"]), *options)
    for name in ("trim", "h", "mean", "winsor_mean", "winsor_sd", "se_tukey_mclaughlin", "ci"):
        assert answer["detail"][name] == pytest.approx(value[name], rel=1e-10), name
    (one,) = answer["estimates"]
    assert [one["estimate"], one["se"]] == pytest.approx(
        [value["mean"], value["se_tukey_mclaughlin"]], rel=1e-10
    )
    assert [one["lo"], one["hi"]] == pytest.approx(value["ci"], rel=1e-10)
    winsor = stats("winsor", path, "--y", y, "--cut", str(value["trim"]))
    assert winsor["estimates"][0]["estimate"] == pytest.approx(value["winsor_mean"], rel=1e-10)
    assert winsor["detail"]["winsor_sd"] == pytest.approx(value["winsor_sd"], rel=1e-10)


@pytest.mark.parametrize(
    ("key", "name", "y"), [("trim_lq", "lq2002", "LEAD01"), ("trim_chem", "chem", "chem")]
)
def test_trimmed_means_of_whole_columns(key: str, name: str, y: str) -> None:
    for value in case(key):
        check_trimmed(str(file(f"{name}.csv")), y, value)


@pytest.mark.parametrize("trim", ["trim10", "trim20"])
def test_trimmed_mean_of_one_company(trim: str, tmp_path: Path) -> None:
    value = case("trim_lq_comp2")
    rows = [[k] for k, n in value["counts"].items() for _ in range(n)]
    check_trimmed(written(tmp_path / "c.csv", ["x"], rows), "x", value[trim])


@pytest.mark.parametrize("kind", ["BH", "BY", "holm", "hochberg", "bonferroni"])
def test_adjusted_p_values(kind: str, tmp_path: Path) -> None:
    value = case(f"bh1995_{kind}")
    path = written(tmp_path / "p.csv", ["p"], [[p] for p in value["p"]])
    answer = stats("padjust", path, "--y", "p", "--p-method", kind)
    assert answer["detail"]["adjusted"] == pytest.approx(value["adjusted"], rel=1e-12)
    assert [one["estimate"] for one in answer["estimates"]] == answer["detail"]["adjusted"]
    assert answer["detail"]["n_reject_05"] == value["n_reject_05"]


def test_change_between_independent_years(tmp_path: Path) -> None:
    value = case("pisa_years")
    paths = []
    for year in ("2018", "2022"):
        with file(f"pisa{year}.csv").open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        kept = [row for row in rows if row[0] != "Spain"]
        paths.append(written(tmp_path / f"{year}.csv", header, kept))
    columns = ("--id", "jurisdiction", "--y", "math_score", "--se", "math_se")
    answer = stats("change", paths[0], "--later", paths[1], *columns)
    assert answer["n"] == value["n"]
    assert answer["detail"]["names"] == value["names"]
    for name in ("z", "q_bh", "kendall_tau", "spearman"):
        assert answer["detail"][name] == pytest.approx(value[name], rel=1e-10), name
