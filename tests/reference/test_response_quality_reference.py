"""Careless answers: the values of R's `careless`, through `survey stats screen`.

Left out: of `careless_dataset2_psychsyn` the mean, the SD and the count of undefined rows, because
one row has a constant vector of pairs, which the package re-pairs at random and we call undefined.
"""

import csv
import gzip
from functools import cache

import pytest

from tests.reference.published import case, file, needs_data, stats

pytestmark = needs_data

SETS = {
    "careless_dataset": ("careless_dataset.csv", "5"),
    "careless_dataset2": ("careless_dataset2.csv.gz", ",".join(["10"] * 10)),
}


@cache
def screened(key: str) -> dict:
    name, scales = SETS[key]
    opened = gzip.open if name.endswith("gz") else open
    with opened(file(name), "rt", encoding="utf-8") as stream:
        items = ",".join(next(csv.reader(stream)))
    options = ("--items", items, "--scales", scales, "--confidence", ".99")
    return stats("screen", str(file(name)), *options)["detail"]


def agrees(key: str, name: str, expected: dict, rel: float) -> None:
    found = screened(key)
    assert found[name][:10] == pytest.approx(expected["first10"], rel=rel)
    for figure in ("mean", "sd", "min", "max", "argmax_1based", "n_na"):
        if figure in expected:
            assert found[f"{name}_summary"][figure] == pytest.approx(expected[figure], rel=rel)


@pytest.mark.parametrize("key", SETS)
def test_runs(key):
    expected = case(f"{key}_longstring")
    agrees(key, "longstr", expected["longstr"], 1e-12)
    agrees(key, "avgstr", expected["avgstr"], 1e-12)
    assert screened(key)["counts"] == expected["counts"]


@pytest.mark.parametrize("key", SETS)
def test_variability(key):
    agrees(key, "irv", case(f"{key}_irv"), 1e-12)


@pytest.mark.parametrize("key", SETS)
def test_mahalanobis(key):
    expected = case(f"{key}_mahad")
    agrees(key, "mahad", expected, 1e-8)
    found = screened(key)
    assert found["cutoff"] == pytest.approx(expected["cutoff"], rel=1e-8)
    assert found["n_flagged"] == expected["n_flagged"]
    assert found["flagged_1based"][:10] == expected["first_flagged_1based"]


@pytest.mark.parametrize("key", SETS)
def test_even_odd(key):
    agrees(key, "evenodd", case(f"{key}_evenodd"), 1e-8)


@pytest.mark.parametrize("key", SETS)
def test_pairs(key):
    expected, found = case(f"{key}_psychsyn_pairs"), screened(key)
    assert found["n_pairs"] == expected["n_pairs_ge_0.60"]
    for one, (later, earlier, r) in zip(found["pairs"], expected["top5"], strict=False):
        assert one == [later, earlier, pytest.approx(r, rel=1e-10)]


def test_synonyms():
    found = screened("careless_dataset2")
    assert found["psychsyn"][:10] == pytest.approx(
        case("careless_dataset2_psychsyn")["first10"], rel=1e-8
    )
    assert found["psychsyn_summary"]["n_na"] == 1
