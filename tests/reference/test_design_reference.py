"""Design-based figures against R's `survey` on its own data, through `survey stats`.

Left to the weighting chapter: strat_rake_trim, clus1_poststrat, clus1_rake, clus1_cal_linear,
clus1_cal_raking, clus1_cal_logit.
"""

import csv
from typing import Any

import pytest

from tests.reference.published import case, estimates, file, needs_data, stats

pytestmark = needs_data
PLAIN = ("--weights", "pw", "--strata", "stype")
STRATA = (*PLAIN, "--fpc", "fpc")
CLUSTERS = ("--weights", "pw", "--clusters", "dnum", "--fpc", "fpc")


def strata(method: str, *options: str) -> dict[str, Any]:
    return stats(method, str(file("apistrat.csv")), *options, *STRATA)


def clusters(method: str, *options: str) -> dict[str, Any]:
    return stats(method, str(file("apiclus1.csv")), *options, *CLUSTERS)


def only(answer: dict[str, Any]) -> dict[str, Any]:
    (one,) = answer["estimates"]
    return one


def close(found: dict[str, Any], key: str, rel: float = 1e-8) -> None:
    value = case(key)
    assert found["estimate"] == pytest.approx(value["estimate"], rel=rel)
    assert found["se"] == pytest.approx(value["se"], rel=rel)


def test_stratified_mean_with_and_without_population_sizes() -> None:
    found = strata("mean", "--y", "api00")
    close(only(found), "strat_mean_fpc")
    for name, value in case("strat_deff").items():
        assert found["detail"][name] == pytest.approx(value, rel=1e-8)
    close(
        only(stats("mean", str(file("apistrat.csv")), "--y", "api00", *PLAIN)), "strat_mean_nofpc"
    )


def test_fractions_say_the_same_as_population_sizes(tmp_path: Any) -> None:
    with file("apistrat.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    path = tmp_path / "fractions.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["api00", "stype", "fraction"])
        drawn = {one: sum(row["stype"] == one for row in rows) for one in "EHM"}
        for row in rows:
            fraction = drawn[row["stype"]] / float(row["fpc"])
            writer.writerow([row["api00"], row["stype"], fraction])
    options = ("--y", "api00", "--strata", "stype", "--fpc", "fraction")
    close(only(stats("mean", str(path), *options)), "strat_mean_fpc")


def test_interval_of_the_mean_with_design_degrees_of_freedom() -> None:
    found, value = only(strata("mean", "--y", "api00")), case("strat_confint_df")
    assert found["df"] == value["df"]
    assert (found["lo"], found["hi"]) == pytest.approx((value["lo"], value["hi"]), rel=1e-8)


def test_total_ratio_and_variance() -> None:
    close(only(strata("total", "--y", "enroll")), "strat_total")
    close(only(strata("ratio", "--y", "api.stu", "--x", "enroll")), "strat_ratio")
    close(only(strata("variance", "--y", "api00")), "strat_var")


@pytest.mark.parametrize("by", ["stype", "awards"])
def test_domain_means(by: str) -> None:
    found, value = strata("mean", "--y", "api00", "--by", by), case(f"strat_domain_{by}")
    names = [f"api00:{level}" for level in value["names"]]
    for field in ("estimate", "se"):
        assert estimates(found, field) == pytest.approx(
            dict(zip(names, value[field], strict=True)), rel=1e-8
        )


def test_change_between_years_keeps_the_covariance() -> None:
    found, value = strata("diff", "--items", "api00,api99"), case("strat_year_diff")
    assert only(found)["se"] == pytest.approx(value.pop("se"), rel=1e-8)
    for name, figure in value.items():
        assert found["detail"][name] == pytest.approx(figure, rel=1e-8)
    both = strata("mean", "--items", "api00,api99")["detail"]["covariance"]
    assert both[0][1] == pytest.approx(value["cov"], rel=1e-8)


def test_one_and_two_stage_clusters() -> None:
    close(only(clusters("mean", "--y", "api00")), "clus1_mean")
    options = ("--y", "api00", "--clusters", "dnum,snum", "--fpc", "fpc1,fpc2")
    close(only(stats("mean", str(file("apiclus2.csv")), *options)), "clus2_mean")


def test_shares_of_categories() -> None:
    found, value = clusters("mean", "--y", "stype"), case("clus1_share")
    for field in ("estimate", "se"):
        assert estimates(found, field) == pytest.approx(
            dict(zip(value["names"], value[field], strict=True)), rel=1e-8
        )


def test_quantiles() -> None:
    found = strata("quantile", "--y", "api00", "--p", ".25,.5,.75")
    assert found["detail"]["q"] == case("strat_quantile")["q"]


@pytest.mark.parametrize("kind", ["logit", "xlogit", "beta", "mean", "likelihood"])
def test_interval_of_a_share(kind: str) -> None:
    value = case(f"strat_ciprop_{kind}")
    one = only(strata("proportion", "--y", "awards", "--value", "Yes", "--interval", kind))
    rel = 1e-5 if kind == "likelihood" else 1e-8
    assert one["estimate"] == pytest.approx(value["est"], rel=1e-8)
    assert (one["lo"], one["hi"]) == pytest.approx((value["lo"], value["hi"]), rel=rel)


def test_rao_scott() -> None:
    found = stats("table", str(file("apistrat.csv")), "--items", "awards,stype", *PLAIN)
    for name, value in case("strat_raoscott_F").items():
        assert found["detail"][name] == pytest.approx(value, rel=1e-8)
    found = clusters("table", "--items", "sch.wide,stype")
    for name, value in case("clus1_raoscott_F").items():
        assert found["detail"][name] == pytest.approx(value, rel=1e-8)
    found = clusters("table", "--items", "sch.wide,stype", "--statistic", "chisq")
    for name, value in case("clus1_raoscott_chisq").items():
        assert found["detail"][name] == pytest.approx(value, rel=1e-8)


def test_t_test() -> None:
    found = strata("ttest", "--y", "api00", "--by", "sch.wide")["detail"]
    for name, value in case("strat_ttest").items():
        assert found[name] == pytest.approx(value, rel=1e-8)


def test_regression() -> None:
    found = strata("regression", "--y", "api00", "--x", "ell,meals,mobility")
    value = case("strat_glm")
    assert [one["name"] for one in found["estimates"]] == value["names"]
    assert [one["estimate"] for one in found["estimates"]] == pytest.approx(value["coef"], rel=1e-7)
    assert [one["se"] for one in found["estimates"]] == pytest.approx(value["se"], rel=1e-7)


def test_kappa() -> None:
    close(only(strata("kappa-design", "--items", "comp.imp,sch.wide")), "strat_kappa", 1e-7)


def test_jackknife() -> None:
    close(only(strata("mean", "--y", "api00", "--replicates", "jkn")), "strat_jkn")
    close(only(clusters("mean", "--y", "api00", "--replicates", "jk1")), "clus1_jk1")
    options = ("--y", "api.stu", "--x", "enroll", "--replicates", "jk1")
    close(only(clusters("ratio", *options)), "clus1_jk1_ratio")


def test_balanced_half_samples() -> None:
    value = case("scd_ratio_brr")
    options = ("--y", "alive", "--x", "arrests", "--strata", "ESA", "--clusters", "ambulance")
    linear = only(stats("ratio", str(file("scd.csv")), *options))
    halves = only(stats("ratio", str(file("scd.csv")), *options, "--replicates", "brr"))
    assert linear["estimate"] == pytest.approx(value["ratio"], rel=1e-8)
    assert linear["se"] == pytest.approx(value["se_linear"], rel=1e-8)
    assert halves["se"] == pytest.approx(value["se_brr"], rel=1e-8)
