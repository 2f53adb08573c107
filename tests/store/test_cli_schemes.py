"""Commands on schemes: TOML to Excel and back, problems of both, what is different."""

import json
from pathlib import Path

import openpyxl

from analysis.scheme import Scheme, shipped
from tests.cities import survey


def test_every_shipped_scheme_goes_to_excel_and_comes_back(tmp_path: Path) -> None:
    book, back = tmp_path / "方案.xlsx", tmp_path / "back.toml"
    for key in ("zhangjiajie-2009", "taojiang-education", "hengyang-annual"):
        assert survey(tmp_path, "scheme", "excel", key, "--to", str(book)).exit_code == 0
        done = survey(tmp_path, "scheme", "toml", str(book), "--to", str(back), "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["digest"] == shipped()[key].digest
        assert Scheme.load(back).digest == shipped()[key].digest
        same = survey(tmp_path, "scheme", "diff", key, str(book))
        assert "两个方案内容相同" in same.output


def test_problems_of_a_workbook_are_bad_input_with_sheet_column_and_row(tmp_path: Path) -> None:
    path = tmp_path / "方案.xlsx"
    survey(tmp_path, "scheme", "excel", "plain", "--to", str(path))
    book = openpyxl.load_workbook(path)
    book["构成"].cell(2, 3).value = 99
    book.save(path)
    done = survey(tmp_path, "scheme", "check", str(path), "--json")
    assert done.exit_code == 3
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["where"] == "方案.xlsx·构成·C列:2"
    assert "权重之和为 99" in problem["message"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for command in ("excel", "toml"):
        done = survey(tmp_path, "scheme", command, "nothing.toml", "--to", str(tmp_path / "x"))
        assert done.exit_code == 3
        assert "没有这个文件或文件夹" in done.output
