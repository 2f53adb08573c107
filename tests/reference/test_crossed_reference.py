"""Published cases of crossed random effects: lme4 on lecture ratings, companies and a G study.

Covered: insteval_reml, insteval_blup_top, insteval_crit_fixed, insteval_ml_fixed, insteval_ml,
insteval_service_reml, insteval_oneway, insteval_rankcor, insteval_dept15, lq_lmer_LEAD,
rajaratnam_g. None is left out.
"""

import csv
import gzip
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from analysis.statistics.raters.mixed_equations import equations, inverse, solve
from analysis.statistics.raters.variance_components import summary
from survey_app.cli.stats.data import read
from tests.reference.published import case, estimates, file, needs_data, stats

pytestmark = [*needs_data, pytest.mark.long]
CROSSED = ("--y", "y", "--rater", "s", "--ratee", "d")


@cache
def insteval(*options: str) -> dict[str, Any]:
    return stats("crossed", str(file("InstEval.csv.gz")), *options)


def best(answer: dict[str, Any], end: str) -> tuple[list[str], list[float]]:
    listed = answer["detail"]["blups"]["ratee"][end]
    return [one["level"] for one in listed], [one["blup"] for one in listed]


def agree(found: dict[str, float], value: dict[str, float], names: str, rel: float) -> None:
    """Variances against `var_s`, `var_d`, … of a case, in the order residual, then `names`."""
    for ours, published in zip(
        ("residual", "rater", "ratee"), ("resid", *names.split()), strict=False
    ):
        assert found[f"var_{ours}"] == pytest.approx(value[f"var_{published}"], rel=rel)


def test_both_random_effects() -> None:
    value, answer = case("insteval_reml"), insteval(*CROSSED)
    found = estimates(answer)
    agree(found, value, "s d", 1e-4)
    assert found["intercept"] == pytest.approx(value["intercept"], rel=1e-6)
    assert estimates(answer, "se")["intercept"] == pytest.approx(value["intercept_se"], rel=1e-5)
    detail = answer["detail"]
    assert detail["theta"]["rater"] == pytest.approx(value["theta_s"], rel=1e-4)
    assert detail["theta"]["ratee"] == pytest.approx(value["theta_d"], rel=1e-4)
    assert detail["criterion"] == pytest.approx(value["reml_criterion"], rel=1e-10)
    assert detail["criterion"] <= value["reml_criterion"] + 1e-6  # nearer the optimum, if anything
    assert detail["logLik"] == pytest.approx(value["reml_logLik"], rel=1e-10)
    assert detail["connectivity"]["components"] == 1


@pytest.mark.parametrize("end", ["best", "worst"])
def test_best_and_worst_lecturers(end: str) -> None:
    value = case("insteval_blup_top")
    levels, blups = best(insteval(*CROSSED), end)
    assert levels == value[f"{end}_levels"]
    assert blups == pytest.approx(value[end], abs=1e-5)


def test_every_prediction_and_its_error(tmp_path: Path) -> None:
    answer = stats(
        *("crossed", str(file("InstEval.csv.gz")), *CROSSED),
        *("--effects-to", str(tmp_path / "effects.csv")),
    )
    assert answer["status"] == "ok"
    with (tmp_path / "effects.csv").open(encoding="utf-8-sig", newline="") as stream:
        ours = {(row["factor"], row["level"]): row for row in csv.DictReader(stream)}
    for factor, name in (("rater", "s"), ("ratee", "d")):
        with file(f"InstEval_blup_{name}.csv").open(encoding="utf-8", newline="") as stream:
            published = list(csv.DictReader(stream))
        for row in published:
            one = ours[factor, row["level"]]
            assert one["n"] == row["n"]
            assert float(one["blup"]) == pytest.approx(float(row["blup"]), abs=1e-5)
            assert float(one["cond_sd"]) == pytest.approx(float(row["cond_sd"]), rel=1e-5)
            assert float(one["raw_mean"]) == pytest.approx(float(row["raw_mean"]), rel=1e-11)
            assert float(one["se"]) >= float(one["cond_sd"])
    assert len(ours) == 2972 + 1128


@pytest.mark.parametrize("at", ["0.5_0.5", "1_1", "0.3_0.4"])
def test_the_criterion_at_stated_ratios(at: str) -> None:
    answer = insteval(*CROSSED, "--at", at.replace("_", ","))
    published = case("insteval_crit_fixed")[f"at_{at}"]
    assert answer["detail"]["criterion"] == pytest.approx(published, rel=1e-12)


@pytest.mark.parametrize("at", ["0.5_0.5", "1_1"])
def test_the_deviance_at_stated_ratios(at: str) -> None:
    answer = insteval(*CROSSED, "--ml", "--at", at.replace("_", ","))
    published = case("insteval_ml_fixed")[f"at_{at}"]
    assert answer["detail"]["deviance"] == pytest.approx(published, rel=1e-12)


def test_maximum_likelihood() -> None:
    value, answer = case("insteval_ml"), insteval(*CROSSED, "--ml")
    agree(estimates(answer), value, "s d", 1e-4)
    assert estimates(answer)["intercept"] == pytest.approx(value["intercept"], rel=1e-6)
    assert answer["detail"]["deviance"] == pytest.approx(value["deviance"], rel=1e-10)
    assert answer["detail"]["logLik"] == pytest.approx(value["logLik"], rel=1e-10)


def test_a_fixed_effect_and_a_third_grouping() -> None:
    value = case("insteval_service_reml")
    answer = insteval(*CROSSED, "--x", "service", "--also", "dept:service")
    found, errors = estimates(answer), estimates(answer, "se")
    agree(found, value, "s d", 1e-4)
    assert found["var_dept:service"] == pytest.approx(value["var_dept_service"], rel=1e-3)
    for place, name in enumerate(("intercept", "service")):
        assert found[name] == pytest.approx(value["fixef"][place], rel=1e-4)
        assert errors[name] == pytest.approx(value["fixef_se"][place], rel=1e-3)
    assert answer["detail"]["criterion"] == pytest.approx(value["reml_criterion"], rel=1e-9)


def test_ratees_alone() -> None:
    value, answer = case("insteval_oneway"), insteval("--y", "y", "--ratee", "d")
    found = estimates(answer)
    assert found["var_ratee"] == pytest.approx(value["var_d"], rel=1e-5)
    assert found["var_residual"] == pytest.approx(value["var_resid"], rel=1e-6)
    assert found["intercept"] == pytest.approx(value["intercept"], rel=1e-7)
    assert answer["detail"]["criterion"] == pytest.approx(value["reml_criterion"], rel=1e-10)


def test_how_far_the_correction_reorders() -> None:
    value, detail = case("insteval_rankcor"), insteval(*CROSSED)["detail"]
    for name, published in value.items():
        assert detail[name] == pytest.approx(published, abs=1e-5)


def test_one_department(tmp_path: Path) -> None:
    value = case("insteval_dept15")
    with gzip.open(file("InstEval.csv.gz"), "rt", encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["dept"] == "15"]
    with (tmp_path / "dept15.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    answer = stats("crossed", str(tmp_path / "dept15.csv"), *CROSSED)
    found = estimates(answer)
    assert answer["n"] == value["n"]
    assert answer["detail"]["levels"] == {"rater": value["n_s"], "ratee": value["n_d"]}
    agree(found, value, "s d", 1e-4)
    assert found["intercept"] == pytest.approx(value["intercept"], rel=1e-6)
    assert estimates(answer, "se")["intercept"] == pytest.approx(value["intercept_se"], rel=1e-4)
    assert answer["detail"]["criterion"] == pytest.approx(value["reml_criterion"], rel=1e-9)
    every = answer["detail"]["blups"]["ratee"]["all"]
    for level, blup in value["blup_d_first5"].items():
        assert every[level] == pytest.approx(blup, rel=1e-4)


def test_companies() -> None:
    value = case("lq_lmer_LEAD")
    answer = stats("crossed", str(file("lq2002.csv")), "--y", "LEAD", "--ratee", "COMPID")
    found, detail = estimates(answer), answer["detail"]
    assert found["var_ratee"] == pytest.approx(value["var_unit"], rel=1e-5)
    assert found["var_residual"] == pytest.approx(value["var_resid"], rel=1e-6)
    assert found["intercept"] == pytest.approx(value["intercept"], rel=1e-7)
    assert estimates(answer, "se")["intercept"] == pytest.approx(value["intercept_se"], rel=1e-5)
    assert detail["criterion"] == pytest.approx(value["reml"], rel=1e-9)
    for name in ("rel_min", "rel_max", "rel_mean"):
        assert detail["reliability"][name] == pytest.approx(value[name], rel=1e-5)
    every = detail["blups"]["ratee"]["all"]
    found_blups = [every[name] for name in value["blup_names"]]
    assert found_blups == pytest.approx(value["blup_first5"], rel=1e-4)


def test_a_generalisability_study() -> None:
    value = case("rajaratnam_g")
    answer = stats(
        *("crossed", str(file("rajaratnam_2.csv")), "--y", "Score", "--ratee", "Person"),
        *("--also", "Subtest", "--also", "Item:Subtest", "--also", "Person:Subtest"),
    )
    found = estimates(answer)
    ours = {"Person": "ratee", "Residual": "residual"}
    for source, variance in zip(value["source"], value["var"], strict=True):
        assert found[f"var_{ours.get(source, source)}"] == pytest.approx(variance, rel=1e-3)


def test_predictions_at_stated_variances_solve_the_mixed_model_equations() -> None:
    value, data = case("insteval_reml"), read(file("InstEval.csv.gz"))
    y, codes = data.numbers("y"), [data.groups([name]).code for name in ("s", "d")]
    gamma = np.array([value["theta_s"], value["theta_d"]]) ** 2
    at = solve(equations(y, codes), gamma)
    done = summary(at, inverse(at))
    rows = np.arange(len(y))
    indicators = [sp.csr_matrix((np.ones(len(y)), (rows, one))) for one in codes]
    w = sp.hstack([np.ones((len(y), 1)), *indicators]).tocsc()
    levels = [one.shape[1] for one in indicators]
    ridge = np.r_[0.0, np.repeat(1 / gamma, levels)]
    direct = splu((w.T @ w + sp.diags(ridge)).tocsc()).solve(w.T @ y)
    ours = np.r_[done.fixed, done.effects[0].blup, done.effects[1].blup]
    assert np.abs(ours - direct).max() < 1e-9
