"""Commands on files: sealing, assessing, verifying; their exit codes and what they say."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from openpyxl import Workbook

from survey_app.demo.file_list import write_file_list
from tests.cities import BuiltCity, build_city, survey

INPUTS = ("indicators", "adjustments", "vetoes", "history")
RATINGS = """rater,ratee,rater_class,item,option
a,u1,citizen,y,5
b,u1,citizen,y,3
a,u2,citizen,y,4
"""
FORM = """
key = "one"
version = "1"
title = "一道题"
[[scale]]
key = "five"
options = [
  {code = "3", text = "一般", points = "60"},
  {code = "4", text = "满意", points = "80"},
  {code = "5", text = "很满意", points = "100"},
]
[[dimension]]
key = "all"
text = "总体"
weight = "1"
[[item]]
key = "y"
dimension = "all"
scale = "five"
text = "您满意吗？"
"""
SCHEME = """
key = "small"
version = "1"
title = "小方案"
[[component]]
key = "public"
name = "公众评议"
weight = "100"
source = "questionnaire"
min_n = {min_n}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltCity:
    return build_city(tmp_path_factory.mktemp("files") / "home")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a few ratings, a form, a register and a scheme."""
    (tmp_path / "ratings.csv").write_text(RATINGS, encoding="utf-8-sig")
    (tmp_path / "form.toml").write_text(FORM, encoding="utf-8")
    (tmp_path / "scheme.toml").write_text(SCHEME.format(min_n=1), encoding="utf-8")
    (tmp_path / "ratees.csv").write_text(
        "评议对象,单位名称,类别\nu1,甲局,unit\nu2,乙局,unit\n", encoding="utf-8"
    )
    return tmp_path


def run(desk: Path, *arguments: str) -> Result:
    """Run a command in which a bare file name stands for one on the desk."""
    return survey(
        desk / "home", *(str(desk / one[1:]) if one[0] == "@" else one for one in arguments)
    )


def seal(desk: Path, *more: str) -> Result:
    return run(
        desk, "seal-csv", "@ratings.csv", "--questionnaire", "@form.toml", "--to", "@sealed", *more
    )


def test_ratings_may_come_as_a_sheet(desk: Path) -> None:
    rows = [line.split(",") for line in RATINGS.splitlines()]
    book = Workbook()
    for row in rows:
        book.active.append([int(cell) if cell.isdigit() else cell for cell in row])
    book.save(desk / "ratings.xlsx")
    to = ("--questionnaire", "@form.toml", "--json", "--to")
    assert run(desk, "seal-csv", "@ratings.csv", *to, "@one").exit_code == 0
    assert run(desk, "seal-csv", "@ratings.xlsx", *to, "@two").exit_code == 0
    one, two = ((desk / name / "manifest.json").read_text() for name in ("one", "two"))
    assert json.loads(one)["counts"] == json.loads(two)["counts"]
    assert json.loads(two)["counts"]["rows"] == 3


def assess_city(built: BuiltCity, to: Path) -> Result:
    inputs = built.folder / "inputs"
    given = [text for kind in INPUTS for text in (f"--{kind}", str(inputs / f"{kind}.csv"))]
    return survey(
        built.home,
        "assess",
        str(built.folder / "sealed"),
        *("--scheme", str(inputs / "scheme.toml"), "--ratees", str(inputs / "ratees.csv")),
        *given,
        *("--to", str(to)),
    )


def test_ratings_become_scores(desk: Path) -> None:
    sealed = seal(desk, "--json")
    assert sealed.exit_code == 0
    assert json.loads(sealed.stdout)["counts"]["rows"] == 3
    done = run(
        desk, "assess", "@sealed", "--scheme", "@scheme.toml", "--ratees", "@ratees.csv",
        "--to", "@out", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["counts"] == {"raw": 3, "duplicate": 0, "void": 0, "valid": 3}
    totals = {
        one["key"]: one["total"]
        for one in json.loads((desk / "out/scores.json").read_bytes())["ratees"]
    }
    # u1: (100 + 60) / 2 = 80; u2: 80.
    assert totals == {"u1": "80.00", "u2": "80.00"}
    assert (desk / "out" / "workbook.xlsx").stat().st_size > 5000
    assert list((desk / "out" / "csv").glob("*.csv"))


def test_a_year_is_made_of_its_months_without_any_ballot(desk: Path) -> None:
    (desk / "year.toml").write_text(
        """
key = "year"
version = "1"
title = "年度"
[[component]]
key = "months"
name = "月度得分"
weight = "100"
source = "runs"
series = "monthly"
expected = 4
[component.transform]
kind = "coefficient"
figure = "tier"
table = {t1 = "1", t3 = "1.072"}
""",
        encoding="utf-8",
    )
    (desk / "history.csv").write_text(
        "评议对象,期间,系列,得分\nu1,2026-Q1,monthly,90\nu1,2026-Q2,monthly,94\n"
        "u2,2026-Q1,monthly,80\nu1,2025-Q4,monthly,10\n",
        encoding="utf-8",
    )
    (desk / "figures.csv").write_text("评议对象,项目,数值\nu1,tier,t3\nu2,tier,t1\n", "utf-8")
    given = (
        *("--scheme", "@year.toml", "--ratees", "@ratees.csv", "--history", "@history.csv"),
        *("--figures", "@figures.csv", "--to", "@out"),
    )
    done = run(desk, "assess", *given, "--period", "2026")
    assert done.exit_code == 0, done.output
    ratees = json.loads((desk / "out/scores.json").read_bytes())["ratees"]
    # u1: (90 + 94) / 2 = 92, × 1.072 = 98.624; u2: 80, × 1. Last year is another year.
    assert {one["key"]: one["total"] for one in ratees} == {"u1": "98.62", "u2": "80.00"}
    assert run(desk, "verify", "@out").exit_code == 0
    refused = run(desk, "assess", *given, "--period", "2026-Q5")
    assert refused.exit_code == 3
    assert "2026-Q5：不是年、半年、季度或月" in refused.output


def test_a_scheme_that_asks_people_is_not_assessed_without_their_answers(desk: Path) -> None:
    given = ("--scheme", "@scheme.toml", "--ratees", "@ratees.csv", "--to", "@out")
    refused = run(desk, "assess", *given)
    assert refused.exit_code == 3
    assert "方案有问卷构成「公众评议」，却没有封存的轮次" in refused.output


def test_the_written_city_gives_the_same_bytes_again(built: BuiltCity, tmp_path: Path) -> None:
    done = assess_city(built, tmp_path / "again")
    assert done.exit_code == 0, done.output
    again = (tmp_path / "again" / "scores.json").read_bytes()
    assert again == (built.folder / "scores.json").read_bytes()


def test_no_answer_is_exit_code_1(desk: Path) -> None:
    (desk / "scheme.toml").write_text(SCHEME.format(min_n=50), encoding="utf-8")
    seal(desk)
    done = run(
        desk, "assess", "@sealed", "--scheme", "@scheme.toml", "--ratees", "@ratees.csv",
        "--to", "@out",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "最低 50 份" in done.stderr
    assert not (desk / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("assess",),
        ("assess", "x", "--ratees", "y", "--to", "z"),
        ("demo", "--ballots", "10"),
        ("demo", "--seed", "-1"),
        ("serve", "--bind", "8000"),
        ("nothing-of-the-kind",),
        ("verify", "a", "b"),
        ("assess", "x", "--scheme", "s", "--ratees", "r", "--to", "o", "--engine", "spark"),
    ],
)
def test_wrong_usage_is_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = survey(tmp_path, *arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_bad_ratings_are_named_all_at_once_by_file_and_row(desk: Path) -> None:
    (desk / "ratings.csv").write_text(
        RATINGS + "c,u1,citizen,y,9\nd,u1,citizen,z,5\na,u1,citizen,y,4\n", encoding="utf-8"
    )
    done = seal(desk)
    assert done.exit_code == 3
    for text in (
        "ratings.csv:5",
        "没有选项 9",
        "ratings.csv:6",
        "没有题目 z",
        "ratings.csv:7",
        "重复",
    ):
        assert text in done.stderr
    assert not (desk / "sealed").exists()


def test_problems_of_several_files_are_told_together(desk: Path) -> None:
    seal(desk)
    (desk / "ratees.csv").write_text("评议对象\nu1\n", encoding="utf-8")
    (desk / "scheme.toml").write_text(SCHEME.format(min_n=1).replace("100", "99"), encoding="utf-8")
    done = run(
        desk, "assess", "@sealed", "--scheme", "@scheme.toml", "--ratees", "@ratees.csv",
        "--to", "@out", "--json",
    )  # fmt: skip
    assert done.exit_code == 3
    told = json.loads(done.stdout)
    assert told["ok"] is False
    places = " ".join(one["where"] for one in told["problems"])
    assert "ratees.csv:1" in places
    assert "scheme.toml" in places
    assert all(one["remedy"] for one in told["problems"])


def test_missing_files_are_all_named(desk: Path) -> None:
    done = run(
        desk, "assess", "@none", "--scheme", "@scheme.toml", "--ratees", "@no.csv", "--to", "@out",
        "--history", "@lost.csv",
    )  # fmt: skip
    assert done.exit_code == 3
    for name in ("none", "no.csv", "lost.csv"):
        assert f"{desk / name}：没有这个文件或文件夹" in done.stderr


def test_a_ratee_nobody_registered_is_bad_input(desk: Path) -> None:
    seal(desk)
    (desk / "ratees.csv").write_text("评议对象,类别\nu1,unit\n", encoding="utf-8")
    done = run(
        desk, "assess", "@sealed", "--scheme", "@scheme.toml", "--ratees", "@ratees.csv",
        "--to", "@out",
    )  # fmt: skip
    assert done.exit_code == 3
    assert "u2" in done.stderr


def test_whole_files_verify(built: BuiltCity) -> None:
    done = survey(built.home, "verify", str(built.folder), "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["ok"] is True
    assert {"sha256", "manifest", "scores.recomputed"} <= {one["id"] for one in told["checks"]}
    sealed = next((built.folder / "sealed").iterdir())
    assert survey(built.home, "verify", str(sealed), "--quiet").exit_code == 0


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ("sealed/2026-annual.unit/ballots.parquet", "sha256"),
        ("sealed/2026-annual.service/questionnaire.json", "sha256"),
        ("inputs/indicators.csv", "scores.recomputed"),
        ("inputs/scheme.toml", "scores.recomputed"),
        ("scores.json", "scores.recomputed"),
    ],
)
def test_one_changed_byte_is_exit_code_4(
    built: BuiltCity, tmp_path: Path, changed: str, check: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built.folder, copy)
    data = bytearray((copy / changed).read_bytes())
    data[-40] ^= 1
    (copy / changed).write_bytes(bytes(data))
    done = survey(built.home, "verify", str(copy), "--json")
    assert done.exit_code == 4
    failed = {one["id"]: one["place"] for one in json.loads(done.stdout)["checks"] if not one["ok"]}
    assert check in failed
    if check == "sha256":
        assert failed["sha256"] == str(copy / changed)


def test_a_changed_sealed_file_is_not_assessed(desk: Path) -> None:
    seal(desk)
    with (desk / "sealed" / "ballots.parquet").open("ab") as stream:
        stream.write(b"x")
    done = run(
        desk, "assess", "@sealed", "--scheme", "@scheme.toml", "--ratees", "@ratees.csv",
        "--to", "@out",
    )  # fmt: skip
    assert done.exit_code == 4
    assert "ballots.parquet" in done.stderr


def test_a_folder_of_nothing_is_bad_input_to_verify(tmp_path: Path) -> None:
    done = survey(tmp_path, "verify", str(tmp_path))
    assert done.exit_code == 3
    assert "没有核验包、封存的轮次" in done.stderr


def test_schemes_are_checked_and_compared(desk: Path) -> None:
    assert run(desk, "scheme", "check", "@scheme.toml").exit_code == 0
    (desk / "bad.toml").write_text("kee = 1\n", encoding="utf-8")
    done = run(desk, "scheme", "check", "@bad.toml")
    assert done.exit_code == 3
    assert "kee" in done.stderr
    (desk / "new.toml").write_text(SCHEME.format(min_n=9), encoding="utf-8")
    done = run(desk, "scheme", "diff", "@scheme.toml", "@new.toml", "--json")
    assert len(json.loads(done.stdout)["changes"]) == 1
    same = run(desk, "scheme", "diff", "plain", "plain", "--json")
    assert json.loads(same.stdout)["changes"] == []


def assess_small(desk: Path) -> None:
    if not (desk / "sealed").exists():
        seal(desk)
    done = run(
        desk, "assess", "@sealed", "--scheme", "@scheme.toml", "--ratees", "@ratees.csv",
        "--to", "@out",
    )  # fmt: skip
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", ["scores.json", "workbook.xlsx", "csv/综合得分排名表.csv"])
def test_a_changed_result_is_named(desk: Path, name: str) -> None:
    assess_small(desk)
    whole = run(desk, "verify", "@out")
    assert whole.exit_code == 0
    assert "得分没有重算" in whole.stdout  # neither inputs nor ballots lie beside
    with (desk / "out" / name).open("ab") as stream:
        stream.write(b" ")
    changed = run(desk, "verify", "@out")
    assert changed.exit_code == 4
    assert f"不符：sha256 {desk / 'out' / name}\n" in changed.stdout


@pytest.mark.parametrize("name", ["files.json", "csv/综合得分排名表.csv"])
def test_a_result_that_is_gone_is_named(desk: Path, name: str) -> None:
    assess_small(desk)
    (desk / "out" / name).unlink()
    gone = run(desk, "verify", "@out")
    assert gone.exit_code == 4
    assert str(desk / "out" / name) in gone.stdout


def test_tables_of_an_earlier_run_go_and_other_files_stay(desk: Path) -> None:
    assess_small(desk)
    earlier, other = desk / "out/csv/旧表.csv", desk / "out/csv/note.csv"
    earlier.write_text("1", encoding="utf-8")
    write_file_list(desk / "out")
    other.write_text("mine", encoding="utf-8")
    assess_small(desk)
    assert not earlier.exists()
    assert other.exists()
