"""Items and screening from the command line where an item, an option or the answers are missing."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.statistics.items.polychoric import joint_counts, polychoric, polychoric_pair
from analysis.statistics.response_quality.mahalanobis import mahalanobis
from survey_app.cli import group


def answer(folder: Path, text: str, *command: str) -> dict:
    file = folder / "x.csv"
    file.write_text(text, encoding="utf-8")
    arguments = ["stats", command[0], str(file), *command[1:], "--json"]
    return json.loads(CliRunner().invoke(group, arguments).stdout)


def test_an_option_only_another_item_uses_is_left_out_of_the_pair(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    latent = rng.standard_normal(400)
    first = np.digitize(latent + rng.standard_normal(400), [-1, 1])  # 0, 1, 2
    second = np.digitize(latent + rng.standard_normal(400), [0.0])  # 0, 1: never 2
    x = np.column_stack([first, second]).astype(float)
    joint, _ = joint_counts(x)
    found = polychoric(joint)
    table = np.array(
        [[int(((first == a) & (second == b)).sum()) for b in (0, 1)] for a in range(3)]
    )
    alone = polychoric_pair(table)
    assert found.rho[0][1].estimate == pytest.approx(alone.estimate, abs=1e-6)
    assert [len(one) for one in found.thresholds] == [2, 1]
    rows = "\n".join(f"{a},{b}" for a, b in zip(first, second, strict=True))
    made = answer(tmp_path, f"q1,q2\n{rows}\n", "polychoric", "--items", "q1,q2")
    assert made["status"] == "ok"
    assert made["detail"]["lower_triangle"][0] == pytest.approx(alone.estimate, abs=1e-6)


@pytest.mark.parametrize("more", [["--by", "c"], ["--ratee", "c"], []])
@pytest.mark.parametrize("rows", ["", ",,a\n,,b\n"])
def test_without_answers_items_says_so(tmp_path: Path, rows: str, more: list[str]) -> None:
    made = answer(tmp_path, "q1,q2,c\n" + rows, "items", "--items", "q1,q2", *more)
    assert made["status"] == "too_few"
    assert made["notes"]


def test_items_that_do_not_vary_are_named(tmp_path: Path) -> None:
    text = "q1,q2,c\n5,4,a\n5,3,b\n5,4,a\n"
    made = answer(tmp_path, text, "items", "--items", "q1,q2", "--by", "c")
    assert made["status"] == "ok"
    assert made["notes"][0].startswith("q1 没有回答或回答全部相同")


def test_polychoric_of_constant_items_is_undefined(tmp_path: Path) -> None:
    text = "q1,q2\n" + "5,5\n" * 4
    assert answer(tmp_path, text, "polychoric", "--items", "q1,q2")["status"] == "undefined"
    blank = "q1,q2\n" + ",\n" * 4
    assert answer(tmp_path, blank, "polychoric", "--items", "q1,q2")["status"] == "too_few"


def test_the_empirical_point_reports_the_rate_it_lists() -> None:
    x = np.random.default_rng(2).integers(1, 6, (3000, 5)).astype(float)
    found = mahalanobis(x, confidence=0.99, empirical=True)
    assert found.rule == "empirical"
    assert found.rate == found.flagged.sum() / 3000
    plain = mahalanobis(x, confidence=0.99)
    assert (plain.rule, plain.rate) == ("chi2", pytest.approx(0.01))
    assert plain.flagged.sum() != found.flagged.sum()
