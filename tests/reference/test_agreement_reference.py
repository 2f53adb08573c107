"""Agreement and generalisability against published tables and established packages.

Not here: `lq_alpha_*`, `lq_omega*`, `lq_guttman_*`, `lq_polychoric`, `lq_eigen` (items of a
questionnaire) and `lq_lmer_LEAD` (random effects) are tested with their own chapters.
Every id of this chapter is reproduced. `anx_cohen_ci`: psych's variance of the weighted kappa is
not that of Fleiss, Cohen & Everitt; it is reproduced under `detail.psych`, ours stands beside it.
`anx_kripp_*`: irr corrects for few ratings by another number when none is missing, so its alpha is
not Krippendorff's; it is reproduced under `detail.irr`. `brennan32_g`: the published optimum is off
by the optimiser's slack; the exact one is compared to four decimals with a
solution by hand.
"""

import math

import pytest

from tests.reference.published import case, estimates, file, needs_data, stats

pytestmark = needs_data

SF = ("icc", "shrout_fleiss_1979.csv", "--items", "J1,J2,J3,J4")
ANXIETY = ("anxiety.csv", "--items", "rater1,rater2,rater3")
ANXIETY_PAIR = ("anxiety.csv", "--items", "rater1,rater2")
DIAGNOSES = ("diagnoses.csv", "--items", "rater1,rater2,rater3,rater4,rater5,rater6")
OBSERVERS = (
    "krippendorff_2011.csv",
    "--items",
    ",".join(f"u{k}" for k in range(1, 13)),
    "--transpose",
)
LEAD = ",".join(f"LEAD{k:02}" for k in range(1, 12))


SLACK = 1e-3
"""lme4's optimiser stops this near; the criterion is flat there."""
BRENNAN = {
    "Person": 0.4731,
    "Task": 0.3252,
    "Rater:Task": 0.6475,
    "Person:Task": 0.5596,
    "Residual": 2.3802,
}
"""By hand from the mean squares: Person (10.2963 − 4.6185)/12, Task:Rater (8.8556 − 2.3802)/10 …"""


def run(method: str, name: str, *options: str) -> dict:
    return stats(method, str(file(name)), *options)


def close(got: object, wanted: object, rel: float = 1e-8) -> None:
    if isinstance(wanted, list):
        assert isinstance(got, list)
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            close(one, other, rel)
    elif isinstance(wanted, str):
        assert got == wanted
    else:
        assert isinstance(got, int | float)
        assert math.isclose(got, float(wanted), rel_tol=rel, abs_tol=1e-14), (got, wanted)


def test_six_forms_of_shrout_and_fleiss():
    wanted, answer = case("sf_icc"), run(*SF)
    for key in ("type", "ICC", "F", "df1", "df2", "p", "lower", "upper"):
        close(answer["detail"][key], wanted[key], 1e-10)
    assert estimates(answer)["ICC2k"] == answer["detail"]["ICC"][4]


def test_mean_squares_of_shrout_and_fleiss():
    detail = run(*SF)["detail"]
    for key, value in case("sf_anova").items():
        close(detail[key], value, 1e-12)


@pytest.mark.parametrize("unit", ["single", "average"])
@pytest.mark.parametrize("model", ["oneway_consistency", "twoway_consistency", "twoway_agreement"])
def test_forms_of_mcgraw_and_wong(model, unit):
    got = run(*SF)["detail"][f"{model}_{unit}"]
    for key, value in case(f"sf_irr_{model}_{unit}").items():
        close(got[key], value, 1e-10)


@pytest.mark.parametrize("kind", ["consistency", "agreement"])
def test_icc_of_anxiety(kind):
    got = run("icc", *ANXIETY)["detail"][f"twoway_{kind}_single"]
    for key, value in case(f"anx_icc_{kind}").items():
        close(got[key], value)


def test_fleiss_kappa():
    wanted, answer = case("diag_fleiss"), run("kappa", *DIAGNOSES, "--kind", "fleiss")
    detail = answer["detail"]
    close(detail["kappa"], wanted["kappa"])
    close(detail["z"], wanted["z"])
    assert detail["category"] == wanted["category"]
    assert [round(one, 3) for one in detail["cat_kappa"]] == wanted["cat_kappa"]
    assert [round(one, 3) for one in detail["cat_z"]] == wanted["cat_z"]
    # irr forms 1 − Φ(z), which is 0 beyond z = 8; the tail itself is about 1e-69.
    assert 0 < detail["p"] < 1e-60
    assert estimates(answer)["kappa"] == detail["kappa"]


@pytest.mark.parametrize("kind", ["conger", "light"])
def test_kappas_of_named_raters(kind):
    answer = run("kappa", *DIAGNOSES, "--kind", kind)
    close(estimates(answer)["kappa"], case(f"diag_{kind}")["kappa"])


def test_cohen_of_two_coders():
    detail = run("kappa", "diagnoses.csv", "--items", "rater1,rater2")["detail"]
    for key, value in case("diag_cohen12").items():
        # irr forms 1 − Φ(z) in doubles, which leaves four digits of p = 2.6e-12.
        close(detail[key], value, 1e-4 if key == "p" else 1e-8)


def test_percent_of_full_agreement():
    close(run("agreement", *DIAGNOSES)["detail"]["pct"], case("diag_agree")["pct"])


@pytest.mark.parametrize("weights", ["unweighted", "equal", "squared"])
def test_weighted_kappa(weights):
    answer = run("kappa", *ANXIETY_PAIR, "--kind", "cohen", "--weights-kind", weights)
    for key, value in case(f"anx_kappa2_{weights}").items():
        close(answer["detail"][key], value)
    close(estimates(answer)["kappa"], case(f"anx_kappa2_{weights}")["kappa"])


def test_asymptotic_variance_of_kappa():
    answer = run("kappa", *ANXIETY_PAIR)
    wanted = case("anx_cohen_ci")
    for key, value in wanted.items():
        close(answer["detail"]["psych"][key], value)
    close(estimates(answer, "se")["kappa"], math.sqrt(wanted["var_kappa"]))
    close(estimates(answer, "lo")["kappa"], wanted["ci"][0])


def test_kendall_with_and_without_ties():
    for key, option in (("anx_kendall", "--ties"), ("anx_kendall_nc", "--no-ties")):
        detail = run("kendall", *ANXIETY, option)["detail"]
        for name, value in case(key).items():
            close(detail[name], value)


@pytest.mark.parametrize(("key", "name"), [("anx_meanrho", "rho"), ("anx_meancor", "r")])
def test_mean_correlations(key, name):
    close(run("agreement", *ANXIETY)["detail"][name], case(key)[name])


def test_finn():
    items = "rater1,rater2,rater3,rater4"
    detail = run("agreement", "video.csv", "--items", items, "--levels", "6")["detail"]
    for key, value in case("video_finn").items():
        close(detail["finn"][key], value)


def test_robinson():
    close(run("agreement", *ANXIETY)["detail"]["robinson"], case("anx_robinson")["value"])


def test_stuart_maxwell():
    detail = run("homogeneity", *ANXIETY_PAIR)["detail"]
    wanted = case("anx_stuart_maxwell")
    close(detail["chisq"], wanted["chisq"][0][0])
    close(detail["p"], wanted["p"][0][0])


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_krippendorff(level):
    few = ("--level-of", level, "--draws", "50")
    anxiety = run("alpha", *ANXIETY, *few)
    close(anxiety["detail"]["irr"][level], case(f"anx_kripp_{level}")["alpha"])
    observers = run("alpha", *OBSERVERS, *few)
    close(estimates(observers)["alpha"], case(f"kripp_{level}")["alpha"])
    close(estimates(observers)["alpha"], case(f"kripp_py_{level}")["alpha"], 1e-10)
    wide = run("alpha", "gwet_raw4.csv", "--items", "Rater1,Rater2,Rater3,Rater4", *few)
    close(wide["detail"][level], case(f"kripp_{level}")["alpha"])


def test_krippendorff_from_cells():
    wanted = case("kripp_py_cells")
    detail = run("alpha", *OBSERVERS, "--draws", "50")["detail"]
    assert detail["value_counts"] == wanted["value_counts"]
    for key in ("alpha_nominal", "alpha_ordinal", "alpha_interval"):
        close(detail[key], wanted[key], 1e-10)


def test_krippendorff_of_many_raters_a_unit():
    detail = run("alpha", "lq2002.csv", "--ratee", "COMPID", "--y", "LEAD01", "--draws", "50")[
        "detail"
    ]
    for level, value in case("lq_kripp_LEAD01").items():
        close(detail[level], value, 1e-10)


def by_company(answer: dict, name: str, order: list[str]) -> list[float]:
    values = {k: v for k, v in estimates(answer).items() if k.startswith(f"{name}:")}
    return [values[f"{name}:{company}"] for company in order]


def test_rwg_of_many_items():
    wanted = case("lq_rwgj")
    answer = run("rwg", "lq2002.csv", "--ratee", "COMPID", "--items", LEAD, "--ranvar", "2")
    close(by_company(answer, "rwgj", wanted["COMPID"]), wanted["rwgj"])
    close(answer["detail"]["mean"], wanted["mean"])
    close(answer["detail"]["median"], wanted["median"])
    sizes = dict(zip(answer["detail"]["COMPID"], answer["detail"]["n"], strict=True))
    assert [sizes[one] for one in wanted["COMPID"]] == wanted["n"]


def test_rwg_awg_and_deviation_of_one_item():
    companies = case("lq_rwgj")["COMPID"]
    options = ("--ratee", "COMPID", "--y", "LEAD01", "--ranvar", "2", "--range", "1,5")
    answer = run("rwg", "lq2002.csv", *options)
    detail = answer["detail"]
    close(by_company(answer, "rwg", companies), case("lq_rwg_LEAD01")["rwg"])
    close(detail["mean_rwg"], case("lq_rwg_LEAD01")["mean"])
    close(by_company(answer, "awg", companies), case("lq_awg_LEAD01")["awg"])
    close(detail["mean_awg"], case("lq_awg_LEAD01")["mean"])
    close(by_company(answer, "ad_mean", companies[:5]), case("lq_adm_LEAD01")["first5"])
    close(detail["mean_ad"], case("lq_adm_LEAD01")["mean_ad"])


@pytest.mark.parametrize("y", ["LEAD", "TSIG", "HOSTILE", "LEAD01"])
def test_icc_of_unequal_groups(y):
    answer = run("icc", "lq2002.csv", "--ratee", "COMPID", "--y", y)
    for key, value in case(f"lq_icc12_{y}").items():
        close(answer["detail"][key], value)
    assert estimates(answer)["ICC2"] == answer["detail"]["ICC2"]
    assert estimates(answer, "lo")["ICC1"] < answer["detail"]["ICC1"]


def test_gwet_with_missing_ratings():
    answer = run("gwet", "gwet_raw4.csv", "--items", "Rater1,Rater2,Rater3,Rater4")
    for name, wanted in case("gwet_raw4").items():
        got = answer["detail"][name]
        for key in ("coef", "se", "pa", "pe"):
            assert abs(got[key] - wanted[key]) <= 1e-5, (name, key, got[key])
        # irrCAC prints the one-sided p for Brennan–Prediger alone.
        sides = 2 if name == "bp" else 1
        close(got["p"], sides * wanted["p"], 1e-6)
        assert abs(got["ci"][0] - wanted["ci"][0]) <= 1e-5
        assert abs(got["ci"][1] - wanted["ci"][1]) <= 1e-5


@pytest.mark.parametrize("facets", ["Task,Rater:Task", "Rater:Task", "Task,Rater"])
def test_brennan_nested_raters(facets):
    wanted = case("brennan32_g")
    detail = run(
        "gtheory", "brennan_3_2.csv", "--ratee", "Person", "--facets", facets, "--y", "Score"
    )["detail"]
    assert compared(detail, wanted, SLACK) == []
    for key in set(wanted) - {"source", "var"}:
        close(detail[key], wanted[key], SLACK)
    printed = dict(zip(detail["source"], [round(one, 4) for one in detail["var"]], strict=True))
    assert printed == BRENNAN


def compared(detail: dict, wanted: dict, rel: float) -> list[str]:
    got = {sorted_name(k): v for k, v in zip(detail["source"], detail["var"], strict=True)}
    return [
        source
        for source, var in zip(wanted["source"], wanted["var"], strict=True)
        if not math.isclose(got[sorted_name(source)], var, rel_tol=rel)
    ]


def sorted_name(source: str) -> tuple[str, ...]:
    return tuple(sorted(source.split(":")))


def test_unbalanced_items_in_subtests():
    answer = run(
        "gtheory", "rajaratnam_2.csv", "--ratee", "Person", "--facets", "Subtest,Item:Subtest",
        "--y", "Score",
    )  # fmt: skip
    assert compared(answer["detail"], case("rajaratnam_g"), 1e-3) == []
    assert answer["estimates"][0]["method"] == "reml"


def test_expected_mean_squares_of_anxiety():
    detail = run("gtheory", *ANXIETY, "--n", "1,2,3,5,10")["detail"]
    for key, value in case("anx_g_ems").items():
        close(detail[key], value, 1e-10)
