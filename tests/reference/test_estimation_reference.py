"""Our figures against those of established packages on data nobody here wrote."""

import csv
import gzip
import json
import os
from collections import Counter
from fractions import Fraction
from functools import cache
from math import isclose, sqrt
from pathlib import Path

import duckdb
import pytest

from analysis.cells import Moments
from analysis.estimation import Vote, ballot_variance, mean, vote_variance, wilson
from analysis.sealed_round import SealedHeader, check_sealed_round, seal_csv
from analysis.statistics.comparisons.multiple_testing import benjamini_hochberg
from forms.questionnaire import Questionnaire

FOLDER = os.environ.get("SURVEY_REFERENCE_DATA", "")
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not FOLDER, reason="SURVEY_REFERENCE_DATA names no reference data"),
]


@cache
def reference() -> dict[str, dict]:
    text = (Path(FOLDER) / "reference.json").read_text("utf-8")
    return {one["id"]: one for one in json.loads(text)}


def table(name: str) -> list[dict[str, str]]:
    with (Path(FOLDER) / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_wilson_intervals():
    for case in reference()["prop_ci"]["value"]:
        lo, hi = wilson(case["x"], case["n"])
        assert isclose(lo, case["wilson"][0], rel_tol=1e-10, abs_tol=1e-12)
        assert isclose(hi, case["wilson"][1], rel_tol=1e-10)


@pytest.mark.parametrize("trim", ["trim10", "trim20"])
def test_trimmed_mean_from_counts(trim):
    value = reference()["trim_lq_comp2"]["value"]
    votes = [Vote(k, Fraction(k), n) for k, n in value["counts"].items()]
    share = Fraction(str(value[trim]["trim"]))
    assert isclose(mean(votes, share), value[trim]["mean"], rel_tol=1e-12)
    error = sqrt(vote_variance(votes, share))
    assert isclose(error, value[trim]["se_tukey_mclaughlin"], rel_tol=1e-10)


def test_trimmed_mean_of_a_whole_item():
    counts = Counter(row["LEAD01"] for row in table("lq2002.csv"))
    votes = [Vote(k, Fraction(k), n) for k, n in counts.items()]
    for case in reference()["trim_lq"]["value"]:
        share = Fraction(str(case["trim"]))
        assert isclose(mean(votes, share), case["mean"], rel_tol=1e-10)
        error = sqrt(vote_variance(votes, share))
        assert isclose(error, case["se_tukey_mclaughlin"], rel_tol=1e-10)


def test_the_error_of_a_mean_clustered_on_the_ballot():
    """The cluster mean of `survey` without its finite population factor.

    Districts are the ballots, schools the votes: the linearised variance is the same formula.
    """
    rows = table("apiclus1.csv")
    districts: dict[str, list[int]] = {}
    for row in rows:
        districts.setdefault(row["dnum"], []).append(int(row["api00"]))
    y, n = [sum(d) for d in districts.values()], [len(d) for d in districts.values()]
    moments = Moments(
        scale=1,
        ballots=len(y),
        answered=(len(y),),
        y=(sum(y),),
        n=(sum(n),),
        yy=((sum(a * a for a in y),),),
        yn=((sum(a * b for a, b in zip(y, n, strict=True)),),),
        nn=((sum(b * b for b in n),),),
    )
    value = reference()["clus1_mean"]["value"]
    assert isclose(sum(y) / sum(n), value["estimate"], rel_tol=1e-12)
    left_out = 1 - len(y) / float(rows[0]["fpc"])
    found = sqrt(ballot_variance(moments, [Fraction(1)], len(y)) * left_out)
    assert isclose(found, value["se"], rel_tol=1e-8)


def test_false_discovery_adjustment():
    value = reference()["bh1995_BH"]["value"]
    for one, expected in zip(benjamini_hochberg(value["p"]), value["adjusted"], strict=True):
        assert isclose(one, expected, rel_tol=1e-10)


def test_a_large_real_file_is_sealed_whole(tmp_path):
    with gzip.open(Path(FOLDER) / "InstEval.csv.gz", "rt", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    path = tmp_path / "ratings.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["rater", "ratee", "rater_class", "item", "option", "channel"])
        writer.writerows([r["s"], r["d"], "student", "y", r["y"], r["service"]] for r in rows)
    manifest = seal_csv(path, SealedHeader("insteval", "InstEval", _one_item()), tmp_path / "s")
    assert manifest.counts["ballots"] == len({row["s"] for row in rows}) == 2972
    assert manifest.counts["rows"] == len(rows) == 73421
    assert all(check.ok for check in check_sealed_round(tmp_path / "s"))
    with duckdb.connect() as connection:
        found = connection.sql(
            f"SELECT ratee, y, channel, COUNT(*) FROM '{tmp_path}/s/ballots.parquet' GROUP BY ALL"
        ).fetchall()
    expected = Counter((row["d"], int(row["y"]), row["service"]) for row in rows)
    assert {(d, y, service): n for d, y, service, n in found} == dict(expected)


def _one_item() -> Questionnaire:
    options = [{"code": str(k), "text": str(k), "points": str(20 * k)} for k in (5, 4, 3, 2, 1)]
    return Questionnaire.from_json(
        {
            "key": "insteval",
            "version": "1",
            "title": "InstEval",
            "scale": [{"key": "s", "options": options}],
            "dimension": [{"key": "y", "text": "y", "weight": "1"}],
            "item": [{"key": "y", "dimension": "y", "scale": "s", "text": "y"}],
        }
    )
