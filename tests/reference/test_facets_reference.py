"""Many-facet Rasch, rating scale, partial credit and ordinal models against published fits.

Deliberate differences: TAM's standard errors (diagonal of the information only, and unusable for
the last level of a facet) are not reproduced; ours invert the whole observed information and are
larger. O+ of mokken 3.1.2 turns the categories around instead of the ranks; it is given as
`Oplus_mokken` beside the right O+. H of `gcbs_mokken` is in the chapter on items.
"""

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reference.published import case, estimates, file, needs_data, stats

pytestmark = needs_data
MARKS = "item1,item2,item3,item4"
SIX = "q1,q2,q3,q4,q5,q6"


def facet_names(key: str) -> list[str]:
    """Our names of TAM's parameters: rater_1_ is rater 1."""
    names = []
    for name in case(key)["parameter"]:
        if name.startswith("rater"):
            names.append("rater:" + name.removeprefix("rater").strip("_"))
        elif name.startswith("step"):
            names.append("step:" + name.removeprefix("step"))
        elif ":step" in name:
            names.append("step:" + name.replace(":step", ":"))
        else:
            names.append("item:" + name)
    return names


@pytest.mark.parametrize(("key", "steps"), [("mfrm_rsm_mml", "common"), ("mfrm_pcm_mml", "item")])
def test_simulated_facets(key: str, steps: str) -> None:
    data = str(file("simulated_mfrm.csv"))
    answer = stats(
        "facets", data, "--items", MARKS, "--ratee", "ratee", "--rater", "rater", "--steps", steps
    )
    value, found = case(key), estimates(answer)
    assert [found[name] for name in facet_names(key)] == pytest.approx(value["xsi"], abs=1e-3)
    assert answer["detail"]["deviance"] == pytest.approx(value["deviance"], rel=1e-8)
    assert answer["detail"]["var_theta"] == pytest.approx(value["var_theta"], abs=1e-4)
    reliability = answer["detail"]["EAP_reliability"]
    assert reliability == pytest.approx(value["EAP_reliability"], abs=1e-6)
    first = [found[f"ratee:{one}"] for one in range(1, 11)]
    assert first == pytest.approx(value["eap_first10"], abs=1e-3)


def test_true_severities_are_within_their_errors() -> None:
    data = str(file("simulated_mfrm.csv"))
    answer = stats("facets", data, "--items", MARKS, "--ratee", "ratee", "--rater", "rater")
    found, errors = estimates(answer), estimates(answer, "se")
    truth = case("mfrm_rsm_mml")["true_severity"]
    away = [
        (found[f"rater:{one}"] - severity) / errors[f"rater:{one}"]
        for one, severity in enumerate(truth, start=1)
    ]
    assert np.abs(away).max() < 3.5
    assert 0.5 < np.mean(np.square(away)) < 2


def test_unbalanced_raters() -> None:
    items = ",".join(f"I000{one}" for one in range(1, 6))
    data = str(file("tam_ex10.csv"))
    answer = stats("facets", data, "--items", items, "--ratee", "pid", "--rater", "rater")
    value, found = case("ex10_mfr"), estimates(answer)
    assert [found[name] for name in facet_names("ex10_mfr")] == pytest.approx(
        value["xsi"], abs=5e-4
    )
    assert answer["detail"]["deviance"] == pytest.approx(value["deviance"], rel=1e-6)
    assert answer["detail"]["var_theta"] == pytest.approx(value["var_theta"], abs=1e-3)
    reliability = answer["detail"]["EAP_reliability"]
    assert reliability == pytest.approx(value["EAP_reliability"], abs=1e-4)


def test_long_form_is_the_same(tmp_path: Path) -> None:
    with file("simulated_mfrm.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    long = tmp_path / "long.csv"
    lines = ["who,by,what,mark"]
    lines += [f"{r['ratee']},{r['rater']},{q},{r[q]}" for q in MARKS.split(",") for r in rows]
    long.write_text("\n".join(lines), encoding="utf-8")
    other = stats(
        "facets", str(long), "--ratee", "who", "--rater", "by", "--item", "what", "--y", "mark"
    )
    wide = stats(
        "facets",
        str(file("simulated_mfrm.csv")),
        *("--items", MARKS, "--ratee", "ratee", "--rater", "rater"),
    )
    assert other["estimates"] == wide["estimates"]


@pytest.fixture
def beliefs(tmp_path: Path) -> str:
    """The first six questions of the persons who answered all fifteen, as the cases have it."""
    with gzip.open(file("conspiracist_beliefs_2016.csv.gz"), "rt", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    whole = [row for row in rows if all(row[f"q{one}"] for one in range(1, 16))]
    made = tmp_path / "beliefs.csv"
    lines = [SIX] + [",".join(row[q] for q in SIX.split(",")) for row in whole]
    made.write_text("\n".join(lines), encoding="utf-8")
    return str(made)


def test_rating_scale(beliefs: str) -> None:
    detail = stats("rating-scale", beliefs, "--items", SIX)["detail"]
    value = case("gcbs_rsm_cml")
    assert detail["itempar"] == pytest.approx(value["itempar"], abs=1e-5)
    assert detail["itempar_se"] == pytest.approx(value["itempar_se"], abs=1e-5)
    assert detail["thresholds"] == pytest.approx(value["thresholds"], abs=1e-5)
    assert detail["raw_coef"] == pytest.approx(value["raw_coef"], abs=1e-5)
    assert detail["loglik"] == pytest.approx(value["loglik"], rel=1e-10)


def test_partial_credit(beliefs: str) -> None:
    detail = stats("rating-scale", beliefs, "--items", SIX, "--kind", "pcm")["detail"]
    value = case("gcbs_pcm_cml")
    assert detail["itempar"] == pytest.approx(value["itempar"], abs=1e-4)
    assert detail["thresholds"] == pytest.approx(value["thresholds"], abs=1e-4)
    assert detail["loglik"] == pytest.approx(value["loglik"], rel=1e-9)


def test_guttman_errors(beliefs: str) -> None:
    detail = stats("rating-scale", beliefs, "--items", SIX)["detail"]
    value = case("gcbs_mokken")
    assert detail["Gplus"][:10] == value["Gplus_first10"]
    assert detail["Gplus_mean"] == pytest.approx(value["Gplus_mean"], rel=1e-12)
    assert detail["Gplus_max"] == value["Gplus_max"]
    assert detail["Oplus_mokken"][:10] == value["Oplus_first10"]


def test_rating_scale_and_persons_of_erm() -> None:
    items = ",".join(f"I{one}" for one in range(1, 7))
    detail = stats("rating-scale", str(file("rsmdat.csv")), "--items", items)["detail"]
    value = case("rsmdat_rsm_cml")
    assert detail["loglik"] == pytest.approx(value["loglik"], rel=1e-9)
    assert detail["person_raw"] == value["person_raw"]
    for name in ("etapar", "se_eta", "person_theta", "item_outfit", "item_infit"):
        assert detail[name] == pytest.approx(value[name], abs=3e-5), name
    for name in ("person_outfit", "person_infit"):
        assert detail[name] == pytest.approx(value[name], abs=3e-5), name
    for one, other in zip(detail["threshtable"], value["threshtable"], strict=True):
        assert one.pop("_row") == other["_row"]
        assert one == pytest.approx({k: v for k, v in other.items() if k != "_row"}, abs=3e-5)


def soup(*more: str) -> dict[str, Any]:
    return stats("ordinal", str(file("soup.csv")), "--y", "SURENESS", "--x", "PROD", *more)


def test_cumulative_logit() -> None:
    detail, value = soup()["detail"], case("soup_clm")
    assert detail["coef"] == pytest.approx(value["coef"], rel=1e-10)
    assert detail["se"] == pytest.approx(value["se"], rel=1e-10)
    assert detail["logLik"] == pytest.approx(value["logLik"], rel=1e-12)


@pytest.mark.parametrize(
    ("key", "more"),
    [("soup_clmm", ()), ("soup_clmm_agq10", ("--nodes", "10"))],
)
def test_cumulative_logit_with_raters(key: str, more: tuple[str, ...]) -> None:
    answer, value = soup("--rater", "RESP", *more), case(key)
    detail = answer["detail"]
    assert detail["coef"] == pytest.approx(value["coef"], rel=1e-4)
    assert detail["var_rater"] == pytest.approx(value["var_rater"], rel=1e-4)
    assert estimates(answer)["var_rater"] == detail["var_rater"]
    assert detail["logLik"] == pytest.approx(value["logLik"], rel=1e-7)
