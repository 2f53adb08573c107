"""`survey stats` for trimmed means, p-values, change, intervals and shares on small files."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from survey_app.cli import group
from tests.reference.published import estimates, stats


def written(folder: Path, text: str, name: str = "f.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_trimmed_by_group_leaves_missing_rows_out_and_says_so(tmp_path: Path) -> None:
    rows = "u,x\n" + "".join(f"a,{x}\n" for x in (20, 4, 1, 8, 6, "")) + "b,3\nb,5\n"
    answer = stats("trimmed", written(tmp_path, rows), "--y", "x", "--by", "u", "--cut", "1")
    assert estimates(answer) == {"x:a": 6, "x:b": None}
    assert answer["detail"]["x:a"]["h"] == 1
    assert answer["n"] == 7
    assert any("1 行缺失" in note for note in answer["notes"])
    assert any("没有剩下" in note for note in answer["notes"])


def test_nothing_left_after_trimming_is_no_answer(tmp_path: Path) -> None:
    path = written(tmp_path, "x\n1\n2\n")
    assert stats("trimmed", path, "--y", "x", "--cut", "1", exit_code=1)["status"] == "too_few"


def test_winsor_kinds(tmp_path: Path) -> None:
    path = written(tmp_path, "x\n5\n1\n2\n3\n4\n")
    order = stats("winsor", path, "--y", "x", "--cut", "0.2")
    # 2 2 3 4 4
    assert order["estimates"][0]["estimate"] == 3
    quantile = stats("winsor", path, "--y", "x", "--cut", "0.1", "--kind", "quantile")
    assert quantile["estimates"][0]["estimate"] == pytest.approx(3)
    assert quantile["estimates"][0]["se"] is None


def test_p_values_keep_their_names(tmp_path: Path) -> None:
    path = written(tmp_path, "item,p\na,0.03\nb,0.01\nc,NA\nd,0.04\n")
    answer = stats("padjust", path, "--y", "p", "--id", "item", "--p-method", "holm")
    assert estimates(answer) == pytest.approx({"a": 0.06, "b": 0.03, "d": 0.06})
    assert answer["detail"]["n_reject_05"] == 1
    loose = stats("padjust", path, "--y", "p", "--p-method", "none", "--level", "0.99")
    assert loose["detail"]["n_reject_01"] == 1


def test_p_values_outside_their_range_are_no_answer(tmp_path: Path) -> None:
    answer = stats("padjust", written(tmp_path, "p\n1.5\n"), "--y", "p", exit_code=1)
    assert answer["status"] == "undefined"


def test_change_in_one_file_and_in_two(tmp_path: Path) -> None:
    one = written(tmp_path, "u,a,sa,b,sb\nx,80,3,86,4\ny,70,0,70,0\n")
    found = stats("change", one, "--items", "a,b", "--se", "sa,sb", "--id", "u")
    assert estimates(found) == {"x": 6, "y": 0}
    assert estimates(found, "se") == {"x": 5, "y": 0}
    first = written(tmp_path, "u,m,s\ny,70,0\nx,80,3\nz,1,1\n", "1.csv")
    later = written(tmp_path, "u,m,s\nx,86,4\ny,70,0\n", "2.csv")
    options = ("--later", later, "--id", "u", "--y", "m", "--se", "s")
    again = stats("change", first, *options)
    assert estimates(again) == {"y": 0, "x": 6}
    # all the same people, as many in both years, ρ 0.5: 25 - 2·0.5·12 = 13
    common = stats("change", first, *options, "--overlap", "1")
    assert estimates(common, "se")["x"] == pytest.approx(13**0.5)


def test_change_of_the_same_people(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,2\n5,7\n7,10\n9,\n")
    answer = stats("change", path, "--items", "a,b")
    assert answer["estimates"][0]["estimate"] == 2
    assert answer["estimates"][0]["se"] == pytest.approx(3**-0.5)
    assert answer["n"] == 3


def test_change_asks_for_two_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "a\n1\n")
    done = CliRunner().invoke(group, ["stats", "change", path, "--items", "a"])
    assert done.exit_code == 2


def test_interval_of_equal_answers_has_a_width(tmp_path: Path) -> None:
    path = written(tmp_path, "u,x\n" + "a,100\n" * 8 + "b,100\n")
    answer = stats("interval", path, "--y", "x", "--bounds", "0,100", "--by", "u")
    assert estimates(answer, "hi") == {"x:a": 100, "x:b": None}
    assert 68 < estimates(answer, "lo")["x:a"] < 69
    census = stats("interval", path, "--y", "x", "--bounds", "0,100", "--population", "9")
    assert estimates(census, "lo") == {"x": 100}


def test_shares_of_single_answers(tmp_path: Path) -> None:
    path = written(tmp_path, "o\n" + "是\n" * 3 + "否\n" + "\n")
    answer = stats("shares", path, "--y", "o", "--kind", "sison-glaz")
    found: dict[str, Any] = estimates(answer)
    assert found == {"否": 0.25, "是": 0.75}
    assert set(answer["detail"]) == {"options", "counts", "goodman", "sison-glaz"}
