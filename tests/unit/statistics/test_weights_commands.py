"""`survey stats` for weights: what the files may look like, and what is refused."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from survey_app.cli import group
from tests.reference.published import estimates, stats

ROWS = [("f", "old", 4), ("f", "young", 2), ("m", "old", 6), ("m", "young", 8), ("m", "young", 10)]


@pytest.fixture
def sample(tmp_path: Path) -> str:
    lines = [f"{sex},{age},{y},{place}" for place, (sex, age, y) in enumerate(ROWS)]
    path = tmp_path / "sample.csv"
    path.write_text("sex,age,y,x.a\n" + "\n".join(lines) + "\n,old,5,9\n", encoding="utf-8")
    return str(path)


def targets(sample: str, text: str) -> str:
    path = Path(sample).with_name("targets.toml")
    path.write_text(text, encoding="utf-8")
    return str(path)


def refused(exit_code: int, *arguments: str) -> str:
    done = CliRunner().invoke(group, ["stats", *arguments], catch_exceptions=False)
    assert done.exit_code == exit_code, done.output
    return done.output


def test_simple_poststrata(sample: str) -> None:
    path = targets(sample, '[margin.sex]\nf = 50\nm = "50"\n')
    answer = stats("poststratify", sample, "--margins", path, "--y", "y")
    assert answer["detail"]["weights"] == pytest.approx([25, 25, 50 / 3, 50 / 3, 50 / 3, None])
    assert answer["detail"]["mean"] == pytest.approx((3 + 8) / 2)
    assert any("1" in note for note in answer["notes"])


def test_joint_poststrata(sample: str) -> None:
    path = targets(
        sample,
        "[margin.sex]\nf = 1\nm = 1\n"
        '[margin."sex:age"]\n"f:old" = 10\n"f:young" = 20\n"m:old" = 30\n"m:young" = 40\n',
    )
    answer = stats("poststratify", sample, "--margins", path, "--by", "sex,age", "--y", "y")
    assert answer["detail"]["weights"][:5] == pytest.approx([10, 20, 30, 20, 20])
    assert answer["detail"]["mean"] == pytest.approx((40 + 40 + 180 + 360) / 100)
    assert len(answer["estimates"]) == 2
    assert "--by" in refused(2, "poststratify", sample, "--margins", path)


def test_raking_by_domain_and_weights_written(sample: str, tmp_path: Path) -> None:
    path = targets(sample, "[margin.sex]\nf = 50\nm = 50\n[margin.age]\nold = 40\nyoung = 60\n")
    to = tmp_path / "w.csv"
    answer = stats(
        "rake", sample, "--margins", path, "--y", "y", "--by", "sex", "--weights-to", str(to)
    )
    assert set(estimates(answer)) == {"y:f", "y:m", "total_y:f", "total_y:m"}
    assert answer["detail"]["margins"]["age"]["after"] == pytest.approx({"old": 40, "young": 60})
    written = to.read_text(encoding="utf-8-sig").splitlines()
    assert written[0] == "row,weight"
    assert written[6] == "6,"
    assert float(written[1].split(",")[1]) == answer["detail"]["weights"][0]


def test_a_category_without_its_target_is_bad_input(sample: str) -> None:
    path = targets(sample, "[margin.sex]\nf = 50\nx = 50\n")
    for method in ("poststratify", "rake", "calibrate"):
        told = refused(3, method, sample, "--margins", path)
        assert "“x”" in told
        assert "“m”" in told


@pytest.mark.parametrize("text", ["[margin", "[margin.sex]\nf = true_\n", "", '[total]\ny = "a"\n'])
def test_a_file_of_targets_that_is_none(sample: str, text: str) -> None:
    path = targets(sample, text)
    assert "targets.toml" in refused(3, "rake", sample, "--margins", path)


def test_dots_in_names_and_totals_alone(sample: str) -> None:
    path = targets(sample, '[total]\n"(Intercept)" = 12\n"x.a" = 40\n')
    answer = stats("calibrate", sample, "--margins", path, "--y", "y")
    assert answer["n"] == 6
    after = answer["detail"]["totals_after"]
    assert after == pytest.approx({"(Intercept)": 12, "x.a": 40})
    levels = "".join(f"{one} = 1\n" for one in (0, 1, 2, 3, 4, 9))
    dotted = targets(sample, "[margin.x.a]\n" + levels)
    assert stats("rake", sample, "--margins", dotted)["detail"]["wmax"] == 1


def test_weighted_figures_are_not_shown_below_three_tenths(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_text("sex,y\n" + "m,1\n" * 99 + "f,5\n", encoding="utf-8")
    half = targets(str(path), "[margin.sex]\nf = 50\nm = 50\n")
    answer = stats("rake", str(path), "--margins", half, "--y", "y")
    assert answer["estimates"][0]["estimate"] is None
    assert answer["detail"]["mean"] is None
    assert answer["detail"]["raw_mean_y"] == pytest.approx(1.04)
    assert answer["detail"]["is_publishable"] is False


def test_trimming_to_multiples_of_the_mean_keeps_margins(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    rows = ["m,a"] * 60 + ["m,b"] * 30 + ["f,a"] * 9 + ["f,b"]
    path.write_text("sex,age\n" + "\n".join(rows) + "\n", encoding="utf-8")
    wanted = targets(str(path), "[margin.sex]\nf = 40\nm = 60\n[margin.age]\na = 50\nb = 50\n")
    answer = stats("rake", str(path), "--margins", wanted, "--trim", "auto")
    detail = answer["detail"]
    assert detail["trim_rule"] == "proportional"
    assert detail["trimmed"] == 1
    assert detail["margins"]["sex"]["after"] == pytest.approx({"f": 40, "m": 60})
    assert detail["sum_after"] == pytest.approx(100)
    assert max(detail["weights_after_unique"]) < max(detail["weights_before_unique"])


def test_nonresponse(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    rows = ["a,1,0,60", "a,0,0,", "a,1,0,80", "a,0,1,", "b,1,0,40", "b,0,0,", "b,0,0,", "b,0,0,"]
    path.write_text("class,answered,gone,score\n" + "\n".join(rows) + "\n", encoding="utf-8")
    answer = stats(
        "nonresponse", str(path), "--y", "answered", "--by", "class", "--undeliverable", "gone",
        "--score", "score", "--bounds", "0,100",
    )  # fmt: skip
    found = estimates(answer)
    assert found["rate"] == pytest.approx(3 / 7)
    assert found["rate:a"] == pytest.approx(2 / 3)
    assert found["mean_class"] == pytest.approx((3 * 70 + 4 * 40) / 7)
    assert estimates(answer, "hi")["census"] == pytest.approx((180 + 400) / 7)
    assert answer["detail"]["weights"] == [1.5, 0, 1.5, None, 4, 0, 0, 0]
    assert answer["detail"]["factor"] == {"a": 1.5, "b": 4}


def test_weights_summary(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("w,g,y\n1,a,1\n1,a,3\n2,b,5\n2,b,7\n", encoding="utf-8")
    answer = stats(
        "weights-summary", str(path), "--weights", "w", "--by", "g", "--clusters", "g", "--y", "y"
    )
    found = estimates(answer)
    assert found["n_eff"] == pytest.approx(3.6)
    assert found["n_eff:a"] == pytest.approx(2)
    assert answer["detail"]["icc"] == pytest.approx(14 / 18)
    assert answer["detail"]["cluster_size"] == pytest.approx(2)


def test_one_answer_has_no_error(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_text("sex,y\nf,1\nm,\nm,\n", encoding="utf-8")
    wanted = targets(str(path), "[margin.sex]\nf = 1\nm = 1\n")
    one = stats("rake", str(path), "--margins", wanted, "--y", "y")["estimates"][0]
    assert (one["estimate"], one["se"], one["lo"], one["n"]) == (1, None, None, 1)


def test_a_column_without_values_has_no_mean(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_text("sex,y\nf,\nm,\n", encoding="utf-8")
    wanted = targets(str(path), "[margin.sex]\nf = 1\nm = 1\n")
    answer = stats("calibrate", str(path), "--margins", wanted, "--y", "y")
    assert answer["estimates"][0]["estimate"] is None
    assert answer["notes"]
