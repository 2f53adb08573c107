"""`survey stats crossed` as an outsider calls it."""

import csv
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from survey_app.cli import group
from tests.reference.published import estimates, stats

ROWS = [
    ("r1", "u1", "1"), ("r1", "u2", "2"), ("r1", "u3", "3"),
    ("r2", "u1", "2"), ("r2", "u2", "4"), ("r2", "u3", "6"),
    ("r3", "u1", "3"), ("r3", "u2", "6"), ("r3", "u3", "9"),
]  # fmt: skip
NAMES = ("--rater", "rater", "--ratee", "unit")


def sheet(path: Path, header: str, rows: list[tuple[str, ...]]) -> str:
    made = path / "ratings.csv"
    made.write_text("\n".join([header, *(",".join(row) for row in rows)]), encoding="utf-8")
    return str(made)


def run(path: Path, *options: str, exit_code: int = 0) -> dict[str, Any]:
    made = sheet(path, "rater,unit,score", ROWS)
    return stats("crossed", made, "--y", "score", *options, exit_code=exit_code)


def test_by_hand(tmp_path: Path) -> None:
    # Mean squares 12, 12 and 1 on three levels each: 11/3, 11/3, 1; the mean 4.
    answer = run(tmp_path, *NAMES)
    found = estimates(answer)
    assert list(found) == ["var_rater", "var_ratee", "var_residual", "intercept"]
    assert list(found.values()) == pytest.approx([11 / 3, 11 / 3, 1, 4], rel=1e-6)
    detail = answer["detail"]
    assert detail["shares"] == pytest.approx(
        {"rater": 11 / 25, "ratee": 11 / 25, "residual": 3 / 25}, rel=1e-6
    )
    assert detail["blups"]["rater"]["all"]["r3"] == pytest.approx(11 / 6, rel=1e-6)
    assert detail["blups"]["ratee"]["best"][0]["level"] == "u3"
    assert detail["blups"]["ratee"]["worst"][0]["level"] == "u1"
    assert detail["connectivity"] == {"components": 1, "bridges": 0}
    assert detail["logLik"] == pytest.approx(-detail["criterion"] / 2)


def test_stated_ratios_are_no_estimates(tmp_path: Path) -> None:
    answer = run(tmp_path, *NAMES, "--at", "0.5,2")
    assert answer["detail"]["theta"] == pytest.approx({"rater": 0.5, "ratee": 2})
    found = {one["name"]: one for one in answer["estimates"]}
    assert found["var_ratee"]["estimate"] == pytest.approx(4 * found["var_residual"]["estimate"])
    assert found["var_ratee"]["se"] is None
    assert "rater_test" not in answer["detail"]


def test_effects_of_both_factors_in_a_file(tmp_path: Path) -> None:
    run(tmp_path, *NAMES, "--effects-to", str(tmp_path / "effects.csv"))
    with (tmp_path / "effects.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["level"] for row in rows] == ["r1", "r2", "r3", "u1", "u2", "u3"]
    assert float(rows[3]["score"]) == pytest.approx(4 - 11 / 6, rel=1e-6)
    assert float(rows[3]["centred"]) == pytest.approx(2)
    assert (rows[3]["raw_rank"], rows[5]["centred_rank"], rows[0]["centred"]) == ("3", "1", "")


def test_ratees_alone(tmp_path: Path) -> None:
    # MSB = 12; within units (1 2 3, 2 4 6, 3 6 9) 2 + 8 + 18 = 28 on 6.
    answer = run(tmp_path, "--ratee", "unit")
    found = estimates(answer)
    assert list(found) == ["var_ratee", "var_residual", "intercept"]
    assert found["var_residual"] == pytest.approx(28 / 6, rel=1e-6)
    assert found["var_ratee"] == pytest.approx((12 - 28 / 6) / 3, rel=1e-6)
    assert answer["detail"]["reliability"]["rel_mean"] == pytest.approx(1 - 28 / 72, rel=1e-6)
    run(tmp_path, "--ratee", "unit", "--effects-to", str(tmp_path / "effects.csv"))
    assert "u3" in (tmp_path / "effects.csv").read_text(encoding="utf-8-sig")


def test_islands_are_named_and_refused(tmp_path: Path) -> None:
    apart = [(f"{r}{place}", f"{u}{place}", s) for place in "ab" for r, u, s in ROWS]
    made = sheet(tmp_path, "rater,unit,score", apart)
    answer = stats("crossed", made, "--y", "score", *NAMES, exit_code=1)
    assert answer["status"] == "disconnected"
    assert answer["estimates"] == []
    assert answer["detail"]["components"] == [
        {"ratees": 3, "names": ["u1a", "u2a", "u3a"]},
        {"ratees": 3, "names": ["u1b", "u2b", "u3b"]},
    ]
    assert "没有共同的评分人" in answer["notes"][0]


def test_rows_without_a_mark_are_counted(tmp_path: Path) -> None:
    made = sheet(
        tmp_path, "rater,unit,score", [*ROWS, ("r1", "u1", ""), ("", "u1", "5"), ("r2", "NA", "3")]
    )
    answer = stats("crossed", made, "--y", "score", *NAMES)
    assert answer["n"] == 9
    assert "3 行" in answer["notes"][0]


def test_text_covariates_and_further_groups(tmp_path: Path) -> None:
    rows = [
        (r, u, str(float(s) + 3 * (k % 2) + (k * 7 % 5) / 10), "乡" if k % 2 else "城", str(k % 4))
        for k, (r, u, s) in enumerate(ROWS * 3)
    ]
    made = sheet(tmp_path, "rater,unit,score,kind,day", rows)
    answer = stats(
        *("crossed", made, "--y", "score", *NAMES),
        *("--x", "kind", "--also", "day", "--also", "rater:unit"),
    )
    found = estimates(answer)
    assert list(found) == [
        *("var_rater", "var_ratee", "var_day", "var_rater:unit", "var_residual"),
        *("intercept", "kind=城"),
    ]
    # 乡 sorts first and is the level the other is compared with; it was given 3 more.
    assert found["kind=城"] == pytest.approx(-3, abs=0.3)


def test_items_make_the_mark_and_the_halo(tmp_path: Path) -> None:
    rows = [(r, u, s, str(10 - float(s) + k % 2)) for k, (r, u, s) in enumerate(ROWS)]
    made = sheet(tmp_path, "rater,unit,a,b", rows)
    answer = stats("crossed", made, "--items", "a,b", *NAMES)
    halo = answer["detail"]["halo"]
    assert -1 <= halo["beyond_severity"]["estimate"] <= 1
    assert estimates(answer)["intercept"] == pytest.approx(5 + 4 / 18, rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([], "too_few"),
        (ROWS[:3], "too_few"),
        ([(r, u, "5") for r, u, _ in ROWS], "undefined"),
        ([(f"r{k}", "u1", str(k)) for k in range(5)], "too_few"),
    ],
)
def test_too_little_says_so(tmp_path: Path, rows: list[tuple[str, ...]], status: str) -> None:
    made = sheet(tmp_path, "rater,unit,score", rows)
    answer = stats("crossed", made, "--y", "score", *NAMES, exit_code=1)
    assert answer["status"] == status
    assert answer["notes"]


@pytest.mark.parametrize(
    "options", [("--rater", "rater"), (*NAMES, "--at", "1"), (*NAMES, "--at=-1,1")]
)
def test_wrong_usage(tmp_path: Path, options: tuple[str, ...]) -> None:
    made = sheet(tmp_path, "rater,unit,score", ROWS)
    done = CliRunner().invoke(group, ["stats", "crossed", made, "--y", "score", *options])
    assert done.exit_code == 2
