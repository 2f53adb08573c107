"""Ratings another system collected are sealed whole, or every wrong row is named."""

from pathlib import Path

import duckdb
import pytest

from analysis.sealed_round import SealedHeader, check_sealed_round, seal_csv
from forms.problems import InputError
from tests.unit.sealing import questionnaire

HEAD = "rater,ratee,rater_class,item,option,ballot,channel,same_device\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8-sig")
    return path


def sealed(path: Path, folder: Path) -> list[tuple]:
    manifest = seal_csv(path, SealedHeader("r", "试评", questionnaire()), folder)
    assert all(check.ok for check in check_sealed_round(folder))
    with duckdb.connect() as connection:
        table = connection.read_parquet(str(folder / "ballots.parquet"))
        names = "ratee, rater_class, channel, Q1, Q2, Q0"
        assert manifest.counts["rows"] == len(table)
        return sorted(table.project(names).fetchall())


def test_rows_become_ballots_by_code_or_text(tmp_path):
    path = write(
        tmp_path / "r.csv",
        HEAD
        + "p1,u1,citizen,Q1,5,,web,\np1,u1,citizen,Q2,满意,,web,\np1,u2,citizen,Q1,不了解,,web,\n"
        "p2,u1,delegate,Q0,,,paper,\n",
    )
    assert sealed(path, tmp_path / "s") == [
        ("u1", "citizen", "web", 5, 4, 0),
        ("u1", "delegate", "paper", 0, 0, 0),
        ("u2", "citizen", "web", 9, 0, 0),
    ]


def test_chinese_headers_are_understood(tmp_path):
    path = write(tmp_path / "r.csv", "评议人,评议对象,评议主体,题目,选项\np1,u1,市民,Q1,满意\n")
    assert sealed(path, tmp_path / "s") == [("u1", "市民", "", 4, 0, 0)]


def test_a_device_is_kept_as_a_number_only_where_it_came_again(tmp_path):
    rows = ["p1,u1,c,Q1,5,,w,phoneA", "p2,u1,c,Q1,5,,w,phoneA", "p3,u1,c,Q1,5,,w,phoneB"]
    seal_csv(
        write(tmp_path / "r.csv", HEAD + "\n".join(rows)),
        SealedHeader("r", "试评", questionnaire()),
        tmp_path / "s",
    )
    with duckdb.connect() as connection:
        devices = connection.sql(
            f"SELECT same_device FROM '{tmp_path}/s/ballots.parquet' ORDER BY 1"
        ).fetchall()
    assert devices[0] == (0,)
    assert devices[1] == devices[2] != (0,)


def test_every_problem_is_named_with_its_row(tmp_path):
    rows = [
        "p1,u1,c,Q1,5,,w,",  # 2
        "p1,u1,c,Q1,4,,w,",  # 3: twice, with row 2
        "p1,u1,c,Q7,4,,w,",  # 4: no such item
        "p1,u1,c,Q2,优,,w,",  # 5: no such option
        "p2,,c,Q2,4,,w,",  # 6: nobody rated
        "p1,u1,d,Q3,4,,w,",  # 7: another rater class than row 2
    ]
    path = write(tmp_path / "r.csv", HEAD + "\n".join(rows))
    with pytest.raises(InputError) as caught:
        seal_csv(path, SealedHeader("r", "试评", questionnaire()), tmp_path / "s")
    found = {(problem.where, tuple(problem.values.values())) for problem in caught.value.problems}
    assert found == {
        ("r.csv:3", ("Q1", "2")),
        ("r.csv:4", ("Q7",)),
        ("r.csv:5", ("Q2", "优")),
        ("r.csv:6", ("ratee",)),
        ("r.csv:7", ("2",)),
    }
    assert not (tmp_path / "s").exists()


def test_two_ballots_of_one_rater_are_told_apart_by_the_ballot_column(tmp_path):
    rows = ["p1,u1,c,Q1,5,b1,w,", "p1,u1,c,Q1,4,b2,w,"]
    path = write(tmp_path / "r.csv", HEAD + "\n".join(rows))
    assert [row[3] for row in sealed(path, tmp_path / "s")] == [4, 5]


def test_missing_and_unknown_columns_are_named_together(tmp_path):
    path = write(tmp_path / "r.csv", "rater,ratee,item,option,colour\np,u,Q1,5,red\n")
    with pytest.raises(InputError) as caught:
        seal_csv(path, SealedHeader("r", "试评", questionnaire()), tmp_path / "s")
    assert [problem.values["column"] for problem in caught.value.problems] == [
        "colour",
        "rater_class",
    ]


def test_another_encoding_is_said_plainly(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes("rater,ratee,rater_class,item,option\np,单位,市民,Q1,满意\n".encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        seal_csv(path, SealedHeader("r", "试评", questionnaire()), tmp_path / "s")


def test_a_row_is_named_by_its_line_whatever_stands_before_it(tmp_path):
    rows = [
        '"a rater',  # 2
        'of two lines",u1,c,Q1,5,,w,',  # 3
        "",  # 4
        "p1,u1,c,Q1,5,,w,",  # 5
        "",  # 6
        "p1,u1,c,Q1,4,,w,",  # 7: twice, with line 5
    ]
    path = write(tmp_path / "r.csv", HEAD + "\n".join(rows))
    with pytest.raises(InputError) as caught:
        seal_csv(path, SealedHeader("r", "试评", questionnaire()), tmp_path / "s")
    (problem,) = caught.value.problems
    assert (problem.where, problem.values) == ("r.csv:7", {"item": "Q1", "first": "5"})


@pytest.mark.parametrize("before", ["一张表\n", "p,u,c,Q1,5\n"])
def test_the_first_line_is_the_header_and_nothing_is_guessed(tmp_path, before):
    path = write(tmp_path / "r.csv", before + HEAD + "p1,u1,c,Q1,5,,w,\n")
    with pytest.raises(InputError, match="缺少列 rater"):
        seal_csv(path, SealedHeader("r", "试评", questionnaire()), tmp_path / "s")


def test_a_long_cell_is_shortened_where_it_is_quoted(tmp_path):
    path = write(tmp_path / "r.csv", HEAD + f"p1,u1,c,Q1,{'x' * 5000},,w,\n")
    with pytest.raises(InputError, match="Q1 没有选项 xxx") as caught:
        seal_csv(path, SealedHeader("r", "试评", questionnaire()), tmp_path / "s")
    assert len(str(caught.value)) < 200


def test_a_file_with_nothing_but_headers_is_refused(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("rater,ratee,rater_class,item,option\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        seal_csv(path, SealedHeader("r", "试评", questionnaire()), tmp_path / "s")
    assert "没有任何评分" in str(caught.value)
    assert not (tmp_path / "s").exists()
