"""Real ratings go the whole way: what is sealed and scored is what the file holds, exactly."""

import csv
import gzip
import json
import os
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result

from analysis.sealed_round import read_manifest
from tests.cities import survey

FOLDER = os.environ.get("SURVEY_REFERENCE_DATA", "")
pytestmark = [
    pytest.mark.long,
    pytest.mark.reference,
    pytest.mark.skipif(not FOLDER, reason="SURVEY_REFERENCE_DATA names no reference data"),
]
MIN_N = 5


def rows() -> list[dict[str, str]]:
    with gzip.open(Path(FOLDER) / "InstEval.csv.gz", "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    done = real(folder, Path(FOLDER) / "InstEval.csv.gz")
    assert done.exit_code == 0, done.output
    (folder / "printed.json").write_text(done.stdout, encoding="utf-8")
    return folder / "out"


def real(folder: Path, file: Path) -> Result:
    return survey(
        folder / "home", "demo", "--real", str(file), "--to", str(folder / "out"), "--json"
    )


def test_sealed_counts_are_the_files_totals(out: Path) -> None:
    counts = read_manifest(out / "sealed" / "lectures").counts
    assert (counts["rows"], counts["ballots"]) == (73421, 2972)
    printed = json.loads((out.parent / "printed.json").read_text(encoding="utf-8"))
    assert (printed["ratings"], printed["raters"], printed["ratees"]) == (73421, 2972, 1128)
    assert printed["groups"] == 14
    assert printed["by_value"] == Counter(row["y"] for row in rows())


def test_every_score_is_the_mean_of_the_files_ratings(out: Path) -> None:
    """y 1-5 counts 20 … 100 points: a lecturer's score is 20 times the mean, rounded once."""
    given: dict[str, list[int]] = defaultdict(list)
    groups = {}
    for row in rows():
        given[row["d"]].append(int(row["y"]))
        groups[row["d"]] = f"{row['dept']}系"
    scores = json.loads((out / "scores.json").read_bytes())
    assert scores["counts"] == {"raw": 73421, "duplicate": 0, "void": 0, "valid": 73421}
    found = {one["key"]: one for one in scores["ratees"]}
    assert set(found) == set(given)
    for key, values in given.items():
        one = found[key]
        assert one["n"] == len(values)
        assert one["group"] == groups[key]
        exact = Fraction(20 * sum(values), len(values))
        rounded = (Decimal(exact.numerator) / exact.denominator).quantize(
            Decimal("0.01"), rounding=ROUND_HALF_UP
        )
        assert one["total"] == (str(rounded) if len(values) >= MIN_N else None)


def test_it_ends_in_the_same_workbook_and_verifies(out: Path) -> None:
    book = openpyxl.load_workbook(out / "workbook.xlsx", read_only=True)
    assert "综合得分排名表" in book.sheetnames
    book.close()
    assert survey(out.parent / "home", "verify", str(out)).exit_code == 0


def test_a_file_that_is_something_else_is_refused_by_row(tmp_path: Path) -> None:
    def refused(content: bytes) -> str:
        (tmp_path / "bad.csv.gz").write_bytes(content)
        done = real(tmp_path, tmp_path / "bad.csv.gz")
        assert done.exit_code == 3
        return done.stdout

    assert "缺少列" in refused(b"a,b\n1,2\n")
    told = refused(b"s,d,dept,service,y\n1,2,3,0,9\n1,4,3,0,5\n1,4,3,0,4\n,5,3,0,4\n")
    for text in ("bad.csv.gz:2", "bad.csv.gz:4", "bad.csv.gz:5"):
        assert text in told
    assert "gzip" in refused(b"\x1f\x8b broken")
