"""Published cases of weighting: R survey, ipfn, statsmodels and scipy on the same files.

All ids of the chapter are covered: clus1_poststrat, clus1_rake, clus1_cal_linear, clus1_cal_raking,
clus1_cal_logit, strat_rake_trim, balance_rake, balance_propensity, balance_asmd, with
apipop_margins and calibration_totals as what is weighted to.
"""

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest

from tests.reference.published import case, estimates, file, needs_data, stats

pytestmark = needs_data


def toml(path: Path, margins: dict[str, dict[str, float]], total: dict[str, float]) -> str:
    lines = []
    for name, table in margins.items():
        lines.append(f'[margin."{name}"]')
        lines += [f'"{level}" = {value!r}' for level, value in table.items()]
    lines.append("[total]")
    lines += [f'"{name}" = {value!r}' for name, value in total.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def clus1(method: str, targets: str, *more: str) -> dict[str, Any]:
    return stats(
        method, str(file("apiclus1.csv")), "--margins", targets, "--y", "api00",
        "--items", "enroll", "--weights", "pw", "--clusters", "dnum", "--fpc", "fpc", *more,
    )  # fmt: skip


def test_population_margins() -> None:
    published = case("apipop_margins")
    with gzip.open(file("apipop.csv.gz"), "rt", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    for column, table in published.items():
        for level, count in table.items():
            assert sum(row[column] == level for row in rows) == count


def test_poststratification(tmp_path: Path) -> None:
    published = case("clus1_poststrat")
    margin = {"stype": case("apipop_margins")["stype"]}
    answer = clus1("poststratify", toml(tmp_path / "m.toml", margin, {}))
    detail = answer["detail"]
    assert detail["mean"] == pytest.approx(published["mean"], rel=1e-8)
    assert detail["mean_se"] == pytest.approx(published["mean_se"], rel=1e-8)
    assert detail["total_enroll"] == pytest.approx(published["total"], rel=1e-8)
    assert detail["total_enroll_se"] == pytest.approx(published["total_se"], rel=1e-8)
    assert detail["weights_by_stype"] == pytest.approx(published["weights_by_stype"], rel=1e-8)
    assert len(detail["weights"]) == answer["n"] == 183


def test_raking(tmp_path: Path) -> None:
    published, population = case("clus1_rake"), case("apipop_margins")
    margins = {name: population[name] for name in ("stype", "sch.wide")}
    detail = clus1("rake", toml(tmp_path / "m.toml", margins, {}))["detail"]
    assert detail["cell"] == published["cell"]
    assert detail["weight"] == pytest.approx(published["weight"], rel=1e-8)
    for name in ("mean_api00", "total_enroll"):
        assert detail[name] == pytest.approx(published[name], rel=1e-8)
        assert detail[f"{name}_se"] == pytest.approx(published[f"{name}_se"], rel=1e-6)
    assert detail["margins"]["stype"]["after"] == pytest.approx(population["stype"], rel=1e-12)


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("clus1_cal_linear", []),
        ("clus1_cal_raking", ["--calfun", "raking"]),
        ("clus1_cal_logit", ["--calfun", "logit", "--bounds", "0.6,1.6"]),
    ],
)
def test_calibration(tmp_path: Path, key: str, options: list[str]) -> None:
    published, totals = case(key), case("calibration_totals")
    margin = {"stype": case("apipop_margins")["stype"]}
    path = toml(tmp_path / "m.toml", margin, {"api99": totals["api99"]})
    detail = clus1("calibrate", path, *options)["detail"]
    assert detail["totals"] == totals
    assert detail["totals_after"] == pytest.approx(totals, rel=1e-11)
    for name, value in published.items():
        assert detail[name] == pytest.approx(value, rel=1e-6 if "logit" in key else 1e-7), name


def test_raking_then_trimming_evenly(tmp_path: Path) -> None:
    published, population = case("strat_rake_trim"), case("apipop_margins")
    margins = {name: population[name] for name in ("awards", "sch.wide")}
    detail = stats(
        "rake", str(file("apistrat.csv")), "--margins", toml(tmp_path / "m.toml", margins, {}),
        "--y", "api00", "--weights", "pw", "--strata", "stype", "--trim", "12,45",
    )["detail"]  # fmt: skip
    for name, value in published.items():
        assert detail[name] == pytest.approx(value, rel=1e-7), name


def test_domains_of_a_raked_stratified_sample(tmp_path: Path) -> None:
    """SE(svyby(~api00, ~stype, rake(dn, …), svymean)) of survey 4.1-1, dn without fpc."""
    population = case("apipop_margins")
    margins = {name: population[name] for name in ("awards", "sch.wide")}
    answer = stats(
        "rake", str(file("apistrat.csv")), "--margins", toml(tmp_path / "m.toml", margins, {}),
        "--y", "api00", "--weights", "pw", "--strata", "stype", "--by", "stype",
    )  # fmt: skip
    errors = estimates(answer, "se")
    expected = {"E": 12.4160646948521, "H": 16.1549203017640, "M": 16.6885905032982}
    for level, value in expected.items():
        assert errors[f"api00:{level}"] == pytest.approx(value, rel=1e-8)


def raked_balance(folder: Path) -> dict[str, Any]:
    path = toml(folder / "m.toml", case("balance_rake")["margins"], {})
    return stats(
        "rake", str(file("balance_sample.csv")), "--margins", path, "--y", "happiness",
        "--id", "id", "--weights-to", str(folder / "weights.csv"),
    )  # fmt: skip


def test_raking_of_rows_with_missing_levels(tmp_path: Path) -> None:
    published, answer = case("balance_rake"), raked_balance(tmp_path)
    detail = answer["detail"]
    assert answer["n"] == published["n"]
    assert len(detail["weights"]) == 1000
    assert detail["weights"].count(None) == 1000 - published["n"]
    by_cell = {name.replace(":", "|"): value for name, value in detail["weight_by_cell"].items()}
    assert by_cell == pytest.approx(published["weight_by_cell"], rel=1e-8)
    assert detail["mean"] == pytest.approx(published["mean_happiness_raked"], rel=1e-8)
    raw = stats_mean_of_kept(detail["weights"])
    assert raw == pytest.approx(published["mean_happiness_raw"], rel=1e-8)
    assert detail["raw_mean_happiness"] == pytest.approx(raw, rel=1e-12)
    for name in ("kish_n_eff", "kish_deff"):
        assert detail[name] == pytest.approx(published[name], rel=1e-8)


def stats_mean_of_kept(weights: list[float | None]) -> float:
    with file("balance_sample.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    kept = [float(row["happiness"]) for row, w in zip(rows, weights, strict=True) if w is not None]
    return sum(kept) / len(kept)


def complete(name: str) -> list[dict[str, str]]:
    path = file(name)
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    else:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    return [row for row in rows if all(row.values())]


def test_propensity(tmp_path: Path) -> None:
    published = case("balance_propensity")
    both = tmp_path / "both.csv"
    with both.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        traits = ("gender", "age_group", "income", "happiness")
        writer.writerow(("y", *traits))
        for here, name in ((1, "balance_sample.csv"), (0, "balance_target.csv.gz")):
            writer.writerows([here, *(row[one] for one in traits)] for row in complete(name))
    answer = stats(
        "nonresponse", str(both), "--y", "y", "--by", "gender,age_group", "--items", "income",
        "--score", "happiness",
    )  # fmt: skip
    detail = answer["detail"]
    assert detail["columns"] == published["columns"]
    assert detail["coef"] == pytest.approx(published["coef"], rel=1e-7)
    assert detail["se"] == pytest.approx(published["se"], rel=1e-7)
    assert detail["llf"] == pytest.approx(published["llf"], rel=1e-7)
    ipw = estimates(answer)["mean_ipw"]
    assert ipw == pytest.approx(published["mean_happiness_ipw"], rel=1e-7)


def test_standardised_difference(tmp_path: Path) -> None:
    published = case("balance_asmd")
    weights = raked_balance(tmp_path)["detail"]["weights"]
    with file("balance_sample.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    sample, target = tmp_path / "sample.csv", tmp_path / "target.csv"
    kept = [(row["income"], w) for row, w in zip(rows, weights, strict=True) if w is not None]
    sample.write_text(
        "income,w\n" + "\n".join(f"{income},{w!r}" for income, w in kept), encoding="utf-8"
    )
    population = [row["income"] for row in complete("balance_target.csv.gz")]
    target.write_text("income\n" + "\n".join(population), encoding="utf-8")
    answer = stats(
        "balance", str(sample), "--items", "income", "--target", str(target), "--weights", "w"
    )
    found = answer["detail"]["income"]
    assert found["before"] == pytest.approx(published["before"], rel=1e-10)
    assert found["after"] == pytest.approx(published["after"], rel=1e-10)
