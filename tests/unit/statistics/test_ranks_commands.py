"""`survey stats` for ranks and composites: options, gaps and what has no answer."""

from pathlib import Path

import pytest

from tests.reference.published import estimates, stats


@pytest.fixture
def table(tmp_path: Path) -> str:
    rows = "unit,score,se,size\na,90,1,10\nb,89.9,1,20\nc,,1,30\nd,50,1,40\n"
    path = tmp_path / "table.csv"
    path.write_text(rows)
    return str(path)


def write(tmp_path: Path, name: str, text: str) -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


COLUMNS = ("--y", "score", "--se", "se", "--id", "unit")


def test_ranks_leave_out_what_has_no_score(table: str) -> None:
    answer = stats("ranks", table, *COLUMNS, "--simultaneous", "--step-down", "--tau", "1")
    assert estimates(answer) == {"a": 1, "b": 2, "d": 3}
    assert estimates(answer, "lo") == {"a": 1, "b": 1, "d": 3}
    assert estimates(answer, "hi") == {"a": 2, "b": 2, "d": 3}
    detail = answer["detail"]
    assert detail["best"] == ["a", "b"]
    assert detail["bands"] == [["a", "b"], ["d"]]
    assert [one["clear"] for one in detail["neighbours"]] == [False, True]
    assert any("1行" in note for note in answer["notes"])


def test_a_covariance_matrix_of_all_rows(table: str, tmp_path: Path) -> None:
    """Rows a and b share nearly all of their error, so a tenth of a point is certain."""
    matrix = "unit,a,b,c,d\na,1,0.9999999,0,0\nb,0.9999999,1,0,0\nc,0,0,1,0\nd,0,0,0,1\n"
    cov = write(tmp_path, "cov.csv", matrix)
    answer = stats("ranks", table, "--y", "score", "--cov", cov, "--id", "unit")
    assert estimates(answer, "hi") == {"a": 1, "b": 2, "d": 3}


def test_grades(table: str) -> None:
    answer = stats("grades", table, *COLUMNS, "--cuts", "60,90", "--tiers", "1")
    found = estimates(answer)
    assert found["a:[60,90)"] == pytest.approx(0.5)
    assert found["a:[90,)"] == pytest.approx(0.5)
    assert found["d:[,60)"] == pytest.approx(1)
    assert found["a:top1"] + found["b:top1"] == pytest.approx(1)


def test_grades_with_shared_errors_are_simulated(table: str, tmp_path: Path) -> None:
    cov = write(tmp_path, "cov.csv", "a,b,c,d\n1,1,0,0\n1,1,0,0\n0,0,1,0\n0,0,0,1\n")
    answer = stats("grades", table, "--y", "score", "--cov", cov, "--tiers", "1")
    assert estimates(answer) == {"1:top1": 1, "2:top1": 0, "4:top1": 0}


@pytest.mark.parametrize("method", ["ranks", "shrink"])
def test_no_row_has_both(tmp_path: Path, method: str) -> None:
    path = write(tmp_path, "empty.csv", "score,se\n,1\n3,\n")
    answer = stats(method, path, "--y", "score", "--se", "se", exit_code=1)
    assert answer["status"] == "too_few"


def test_one_unit_alone(tmp_path: Path) -> None:
    path = write(tmp_path, "one.csv", "score,se\n3,1\n")
    answer = stats("ranks", path, "--y", "score", "--se", "se", "--simultaneous", "--step-down")
    assert (estimates(answer, "lo"), estimates(answer, "hi")) == ({"1": 1}, {"1": 1})
    assert stats("shrink", path, "--y", "score", "--se", "se", exit_code=1)["status"] == "too_few"


def test_shrink_by_categories_and_by_numbers(tmp_path: Path) -> None:
    rows = [f"{70 + 3 * k + k % 2},1,{k % 3},{k}" for k in range(9)]
    path = write(tmp_path, "units.csv", "score,se,area,size\n" + "\n".join(rows))
    asked = ("--y", "score", "--se", "se", "--x")
    by_area = stats("shrink", path, *asked, "area,size")
    assert by_area["detail"]["coefficients"] == ["intercept", "area1", "area2", "size"]
    assert any("numeric(area)" in note for note in by_area["notes"])
    by_number = stats("shrink", path, *asked, "numeric(area)")
    assert by_number["detail"]["coefficients"] == ["intercept", "area"]
    assert stats("shrink", path, *asked, "factor(area)")["notes"] == []


TREE = "iCode,Level,Parent,Weight,Direction,Type\nx,1,I,3,1,Indicator\ny,1,I,1,-1,Indicator\n"
TREE += "I,2,,1,1,Aggregate\nsize,,,,,Denominator\n"


def test_a_composite_by_hand(tmp_path: Path) -> None:
    """x: 0, 50, 100; y reversed: 100, 0, missing; 3 : 1. A missing part leaves its weight to x."""
    tree = write(tmp_path, "tree.csv", TREE)
    data = write(tmp_path, "data.csv", "u,x,y\na,1,2\nb,2,4\nc,3,\n")
    answer = stats("composite", data, "--tree", tree, "--id", "u", "--normalise", "minmax")
    assert estimates(answer) == {"a:I": 25, "b:I": 37.5, "c:I": 100}
    assert answer["detail"]["rank"] == [3, 2, 1]
    assert answer["detail"]["leaf_weights"] == {"x": 0.75, "y": 0.25}


def test_an_indicator_that_tells_nobody_apart(tmp_path: Path) -> None:
    data = write(tmp_path, "data.csv", "x,y\n1,5\n2,5\n")
    answer = stats("composite", data, "--items", "x,y", "--normalise", "zscore")
    assert any("y" in note for note in answer["notes"])
    assert estimates(answer)["2:Index"] == pytest.approx(0.5**0.5)


def test_sensitivity_by_hand(tmp_path: Path) -> None:
    data = write(tmp_path, "data.csv", "u,x,y\na,90,50\nb,70,75\nc,40,40\n")
    asked = ("--items", "x,y", "--id", "u", "--draws", "4000", "--weights-cv", "0.2")
    answer = stats("sensitivity", data, *asked)
    assert estimates(answer) == {"a": 2, "b": 1, "c": 3}
    assert estimates(answer, "lo") == {"a": 1, "b": 1, "c": 3}
    assert answer["detail"]["anywhere"]["first"][0] == pytest.approx(4 / 9, abs=0.03)


def test_sensitivity_needs_whole_rows(tmp_path: Path) -> None:
    data = write(tmp_path, "data.csv", "x,y\n1,\n2,3\n")
    assert stats("sensitivity", data, "--items", "x,y", exit_code=1)["status"] == "undefined"


def test_sobol_from_values_of_a_model(tmp_path: Path) -> None:
    """Y = X1 at four points: column 1 replaced gives the other sample, column 2 changes nothing."""
    rows = "fA,fB,f1,f2\n0,1,1,0\n1,0,0,1\n0,0,0,0\n1,1,1,1\n"
    data = write(tmp_path, "values.csv", rows)
    answer = stats("sobol", data, "--items", "fA,fB,f1,f2")
    assert estimates(answer) == {"S1_1": 1, "S1_2": 0, "ST_1": 1, "ST_2": 0}
