"""Rank sets (csranks), tier probabilities and shrinkage (metafor), through `survey stats`.

`pisa_years` belongs to comparisons of years. Mean ranks of the tier cases are compared within three
errors of the 200 000 published draws, about 0.01; ours are exact.
"""

import numpy as np
import pytest

from tests.reference.published import case, estimates, file, needs_data, stats

pytestmark = needs_data

YEARS = ("2018", "2022")
METHODS = ("REML", "ML", "DL", "PM", "EB", "SJ", "HE")


def pisa(method: str, year: str, *options: str) -> dict:
    columns = ("--y", "math_score", "--se", "math_se", "--id", "jurisdiction")
    return stats(method, str(file(f"pisa{year}.csv")), *columns, *options)


@pytest.mark.parametrize("year", YEARS)
def test_ranks(year: str) -> None:
    published = case(f"pisa{year}_math_irank")
    found = estimates(pisa("ranks", year, "--draws", "100"))
    assert found == dict(zip(published["name"], published["rank"], strict=True))


@pytest.mark.parametrize("steps", ["onestep", "stepdown"])
@pytest.mark.parametrize("kind", ["marginal", "simultaneous"])
@pytest.mark.parametrize("year", YEARS)
def test_rank_sets(year: str, kind: str, steps: str) -> None:
    """Within the published range over seeds ± 1, for three seeds of ours."""
    published = case(f"pisa{year}_math_{kind}_{steps}")
    options = [f"--{kind}", "--step-down" if steps == "stepdown" else "--one-step"]
    for seed in ("1", "2", "3"):
        answer = pisa("ranks", year, *options, "--seed", seed)
        for bound, field in (("L", "lo"), ("U", "hi")):
            found = np.array([one[field] for one in answer["estimates"]])
            assert (found >= np.array(published[f"{bound}_min_over_5_seeds"]) - 1).all()
            assert (found <= np.array(published[f"{bound}_max_over_5_seeds"]) + 1).all()
        assert answer["detail"]["mean_width"] == pytest.approx(published["mean_width"], abs=0.25)


@pytest.mark.parametrize("tau", [1, 5, 10])
@pytest.mark.parametrize("year", YEARS)
def test_best_sets(year: str, tau: int) -> None:
    published = case(f"pisa{year}_math_tau{tau}")
    detail = pisa("ranks", year, "--simultaneous", "--step-down", "--tau", str(tau))["detail"]
    for side in ("best", "worst"):
        assert len(set(detail[side]) ^ set(published[side])) <= 1
        assert detail[f"n_{side}"] == len(detail[side])


@pytest.mark.parametrize("year", YEARS)
def test_tiers(year: str) -> None:
    published = case(f"pisa{year}_math_tier_prob")
    detail = pisa("grades", year, "--tiers", "1,5,10")["detail"]
    assert detail["name"] == published["name"]
    for key in ("p_top1", "p_top5", "p_top10"):
        assert detail[key] == pytest.approx(published[key], abs=0.005)
    assert detail["mean_rank"] == pytest.approx(published["mean_rank"], abs=0.015)


@pytest.mark.parametrize("method", METHODS)
def test_schools(method: str) -> None:
    published = case(f"schools_rma_{method}")
    columns = ("--y", "y", "--se", "se", "--id", "school")
    answer = stats("shrink", str(file("eight_schools.csv")), *columns, "--tau-method", method)
    for key in ("tau2", "mu", "mu_se", "I2", "Q", "blup", "blup_se"):
        assert answer["detail"][key] == pytest.approx(published[key], rel=1e-5, abs=1e-12)
    found = estimates(answer)
    assert found["tau2"] == pytest.approx(published["tau2"], rel=1e-5)
    assert found["A"] == pytest.approx(published["blup"][0], rel=1e-5)


@pytest.mark.parametrize("method", ["REML", "ML", "DL", "PM"])
def test_milk(method: str) -> None:
    published = case(f"milk_rma_{method}")
    columns = ("--y", "direct_est", "--se", "std_error", "--x", "major_area")
    answer = stats("shrink", str(file("expenditure_on_milk.csv")), *columns, "--tau-method", method)
    detail = answer["detail"]
    for key in ("sigma2_u", "beta", "beta_se", "logLik"):
        assert detail[key] == pytest.approx(published[key], rel=1e-4)
    assert detail["eblup"][:10] == pytest.approx(published["eblup_first10"], rel=1e-4)
    assert detail["eblup_se"][:10] == pytest.approx(published["eblup_se_first10"], rel=1e-4)
