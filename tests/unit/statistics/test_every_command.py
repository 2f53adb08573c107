"""Every method of `survey stats` on files that hold no answer, or hardly one.

Whatever the file: an exit code of 0 to 3, a reason in words, figures that are figures, and never
the words for an error nobody foresaw.
"""

import json
import math
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey_app.cli import group
from survey_app.cli.stats import CHAPTERS

METHODS = tuple(name for names in CHAPTERS.values() for name in names)
GROUPS = ("ratee", "rater", "stratum", "kind")
NUMBERS = ("y", "x", "se", "q1", "q2", "q3")
HEADER = ("id", *GROUPS, *NUMBERS, "w", "fpc", "answered")

DESIGN = ["--weights", "w", "--strata", "stratum", "--fpc", "fpc"]
WIDE = ["--items", "q1,q2,q3"]
PAIR = ["--items", "q1,q2"]
LONG = ["--y", "y", "--ratee", "ratee", "--rater", "rater"]

OPTIONS: dict[str, list[list[str]]] = {
    "mean": [["--y", "y", *DESIGN], ["--y", "y", "--by", "stratum,kind"]],
    "total": [["--y", "y", *DESIGN]],
    "ratio": [["--y", "y", "--x", "x", *DESIGN]],
    "diff": [["--items", "q1,q2", *DESIGN]],
    "quantile": [["--y", "y", "--p", "0.25,0.5", *DESIGN]],
    "proportion": [["--y", "kind", "--value", "a", *DESIGN]],
    "variance": [["--y", "y", *DESIGN]],
    "ttest": [["--y", "y", "--by", "kind", *DESIGN]],
    "table": [["--items", "kind,stratum", *DESIGN]],
    "regression": [["--y", "y", "--x", "x", *DESIGN]],
    "kappa-design": [["--items", "q1,q2", *DESIGN]],
    "poststratify": [["--y", "y", "--margins", "margins.toml"]],
    "rake": [["--y", "y", "--margins", "margins.toml", "--weights", "w"]],
    "calibrate": [["--y", "y", "--margins", "margins.toml", "--weights", "w", "--bounds", "0.2,5"]],
    "nonresponse": [["--y", "answered", "--by", "stratum"]],
    "weights-summary": [["--weights", "w"]],
    "balance": [["--items", "x,q1", "--target", "target.csv"]],
    "power": [["--y", "y", "--gap", "1"], ["--y", "y", "--precision", "1", "--by", "stratum"]],
    "draw": [["--n", "2", "--id", "id"], ["--n", "2", "--id", "id", "--strata", "stratum"]],
    "crossed": [LONG, [*LONG, "--x", "x"], [*LONG, "--at", "0.5,0.5"]],
    "facets": [["--items", "q1,q2,q3", "--ratee", "ratee", "--rater", "rater"]],
    "rating-scale": [WIDE],
    "ordinal": [["--y", "q1", "--x", "x", "--rater", "rater"]],
    "icc": [WIDE, LONG, ["--y", "y", "--ratee", "ratee"]],
    "alpha": [[*WIDE, "--draws", "50"], [*LONG, "--draws", "50"]],
    "kendall": [WIDE, LONG],
    "rwg": [[*WIDE, "--ratee", "ratee", "--ranvar", "2"], ["--y", "y", "--ratee", "ratee"]],
    "agreement": [WIDE],
    "homogeneity": [PAIR],
    "kappa": [PAIR, [*WIDE, "--kind", "fleiss"], [*WIDE, "--kind", "light"]],
    "gwet": [WIDE],
    "gtheory": [LONG, ["--y", "y", "--ratee", "ratee", "--facets", "rater"], WIDE],
    "ranks": [["--y", "y", "--se", "se", "--id", "id", "--step-down"]],
    "grades": [["--y", "y", "--se", "se", "--cuts", "2,4"]],
    "shrink": [["--y", "y", "--se", "se", "--x", "x"], ["--y", "y", "--se", "se"]],
    "composite": [["--tree", "tree.csv", "--id", "id"]],
    "sensitivity": [["--tree", "tree.csv", "--id", "id", "--draws", "100"]],
    "sobol": [["--items", "q1,q2,q3,x"]],
    "trimmed": [["--y", "y", "--cut", "0.1"]],
    "winsor": [["--y", "y", "--cut", "0.1"]],
    "padjust": [["--y", "se", "--p-method", "BH"]],
    "change": [[*PAIR, "--id", "id"], [*PAIR, "--se", "se,se", "--id", "id"]],
    "interval": [["--y", "y", "--bounds", "0,5"]],
    "shares": [["--y", "kind"]],
    "cronbach": [WIDE],
    "omega": [WIDE],
    "guttman": [WIDE],
    "polychoric": [WIDE],
    "scalability": [WIDE],
    "items": [WIDE, [*WIDE, "--by", "kind"]],
    "screen": [WIDE],
}
"""The calls of each method, in the most obvious spelling."""

Row = dict[str, str]
FILES: dict[str, Callable[[list[Row]], list[Row]]] = {
    "sound": lambda rows: rows,
    "header only": lambda rows: [],
    "one row": lambda rows: rows[:1],
    "two rows": lambda rows: rows[:2],
    "constant": lambda rows: [row | dict.fromkeys(NUMBERS, "3") for row in rows],
    "zeros": lambda rows: [row | dict.fromkeys((*NUMBERS, "w"), "0") for row in rows],
    "one group": lambda rows: [row | dict.fromkeys(GROUPS, "a") for row in rows],
    "all missing": lambda rows: [row | dict.fromkeys((*NUMBERS, "w", *GROUPS), "") for row in rows],
    "numbers missing": lambda rows: [row | dict.fromkeys(NUMBERS, "NA") for row in rows],
    "text for numbers": lambda rows: [row | dict.fromkeys((*NUMBERS, "w"), "好") for row in rows],
    "infinite": lambda rows: [rows[0] | dict.fromkeys((*NUMBERS, "w"), "inf"), *rows[1:]],
    "enormous": lambda rows: [
        row | dict.fromkeys(NUMBERS, f"{k}e300") for k, row in enumerate(rows)
    ],
    "negative": lambda rows: [row | dict.fromkeys(("se", "w", "fpc"), "-1") for row in rows],
    "no text": lambda rows: [row | dict.fromkeys(GROUPS, "") for row in rows],
    "weights missing": lambda rows: [
        row | ({} if k % 3 else {"w": "", "fpc": ""}) for k, row in enumerate(rows)
    ],
    "one rater": lambda rows: [row for row in rows if row["rater"] == "r0"],
    "nobody rated one": lambda rows: [
        row | (dict.fromkeys(("y", "q1", "q2", "q3"), "") if row["ratee"] == "u0" else {})
        for row in rows
    ],
    "singular": lambda rows: [
        row | {"x": row["y"], "q2": row["q1"], "q3": row["q1"]} for row in rows
    ],
    "disconnected": lambda rows: [
        row for row in rows if (row["ratee"] < "u3") == (row["rater"] < "r2")
    ],
    "half missing": lambda rows: [
        row | (dict.fromkeys(NUMBERS, "") if k % 2 else {}) for k, row in enumerate(rows)
    ],
}


def sound() -> list[Row]:
    """Six ratees by four raters, with everything any method asks for."""
    chance = random.Random(3)
    rows = []
    for place in range(24):
        ratee, rater = divmod(place, 4)
        mark = 1 + ratee // 2
        rows.append(
            {
                "id": f"n{place}",
                "ratee": f"u{ratee}",
                "rater": f"r{rater}",
                "stratum": "st"[place % 2],
                "kind": "ab"[place // 3 % 2],
                "y": str(mark + chance.randint(0, 2)),
                "x": str(chance.randint(1, 9)),
                "se": f"0.{chance.randint(1, 9)}",
                "w": "10",
                "fpc": "120",
                "answered": "01"[place % 3 > 0],
                **{q: str(mark + chance.randint(0, 2)) for q in ("q1", "q2", "q3")},
            }
        )
    return rows


def written(folder: Path, name: str, rows: list[Row]) -> None:
    lines = [",".join(HEADER), *(",".join(row[one] for one in HEADER) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All the files, written once."""
    made = tmp_path_factory.mktemp("files")
    for name, spoil in FILES.items():
        written(made, f"{name}.csv", spoil(sound()))
    written(made, "target.csv", sound())
    (made / "empty.csv").write_text("", encoding="utf-8")
    (made / "ragged.csv").write_text(",".join(HEADER) + "\n1,2\n", encoding="utf-8")
    (made / "no columns.csv").write_text("other\n1\n2\n", encoding="utf-8")
    (made / "latin.csv").write_bytes("id,y\nü,1\n".encode("latin-1"))
    (made / "cut.csv").write_bytes(b"\x1f\x8b\x08\x00")
    (made / "margins.toml").write_text("[margin.kind]\na = 150\nb = 90\n", encoding="utf-8")
    (made / "tree.csv").write_text(
        "iCode,Level,Parent,Weight,Direction,Type\n"
        "x,1,All,1,1,Indicator\nq1,1,All,2,1,Indicator\nAll,2,,1,1,Aggregate\n",
        encoding="utf-8",
    )
    return made


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def run(method: str, file: str, options: list[str], *more: str) -> Result:
    return CliRunner().invoke(group, ["stats", method, file, *options, *more])


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    else:
        yield value


def has_chinese(text: str) -> bool:
    return any("一" <= letter <= "鿿" for letter in text)


def assert_said(result: Result, call: object) -> None:
    """An answer of figures, or a reason in words."""
    assert result.exit_code in (0, 1, 2, 3), (call, result.output, result.exception)
    if result.exit_code == 2:
        assert has_chinese(result.output), (call, result.output)
        return
    said = json.loads(result.stdout)
    if result.exit_code == 3:
        words = [said["message"], *(one["message"] + one["remedy"] for one in said["problems"])]
        assert has_chinese("".join(words)), (call, said)
        return
    assert "error" not in said, (call, said)
    assert {"method", "status", "n", "estimates", "detail", "notes"} <= said.keys()
    assert (said["status"] == "ok") == (result.exit_code == 0), (call, said)
    if result.exit_code == 1:
        assert has_chinese("".join(said["notes"])), (call, said)
    for one in said["estimates"]:
        assert {"name", "by", "estimate", "se", "df", "lo", "hi"} <= one.keys()
        assert not (one["se"] == 0 and one["lo"] is not None and one["lo"] == one["hi"]), (
            call,
            one,
        )
        assert one["estimate"] is not None or has_chinese("".join(said["notes"])), (call, said)
    numbers = [one for one in leaves(said) if isinstance(one, float)]
    assert all(math.isfinite(one) for one in numbers), (call, said)


@cache
def files() -> tuple[str, ...]:
    broken = ("empty", "ragged", "no columns", "latin", "cut", "absent")
    return (*FILES, *broken)


@pytest.mark.parametrize("method", METHODS)
def test_no_file_brings_a_method_down(method: str) -> None:
    for file in files():
        for options in OPTIONS[method]:
            result = run(method, f"{file}.csv", options, "--json")
            assert_said(result, (method, file, options))


@pytest.mark.parametrize("method", ["mean", "winsor", "change", "quantile"])
def test_answers_all_alike_get_no_interval_and_a_reason(method: str) -> None:
    said = json.loads(run(method, "constant.csv", OPTIONS[method][0], "--json").stdout)
    (one, *_) = said["estimates"]
    assert (one["se"], one["lo"], one["hi"]) == (0, None, None)
    assert any("不等于没有误差" in note for note in said["notes"])


@pytest.mark.parametrize("method", METHODS)
def test_a_sound_file_gets_an_answer(method: str) -> None:
    for options in OPTIONS[method]:
        assert run(method, "sound.csv", options, "--json").exit_code == 0, options
        assert run(method, "sound.csv", options, "--quiet").output == ""


@pytest.mark.parametrize("method", METHODS)
def test_a_file_that_cannot_be_read_is_bad_input(method: str) -> None:
    for file in ("empty", "ragged", "latin", "cut", "absent"):
        assert run(method, f"{file}.csv", OPTIONS[method][0]).exit_code == 3, file


@pytest.mark.parametrize("method", METHODS)
def test_help_shows_an_example(method: str) -> None:
    result = run(method, "--help", [])
    assert result.exit_code == 0
    assert f"survey stats {method} " in result.output


@pytest.mark.parametrize("method", METHODS)
def test_no_options_at_all_is_explained(method: str) -> None:
    result = run(method, "sound.csv", [])
    assert result.exit_code in (0, 1, 2, 3)
    assert has_chinese(result.output)
