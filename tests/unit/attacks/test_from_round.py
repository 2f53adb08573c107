"""A setting taken from a sealed round, and the command on its folder."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.attacks.from_round import setting_from
from analysis.attacks.honest import draw
from analysis.inputs import Inputs, RateeRow
from analysis.round_statistics.tables import Sufficient, collect
from analysis.scheme import Scheme
from analysis.sealed_round import open_sealed_rounds
from survey_app.cli import group
from tests.unit.attacks.test_price import CLASSES, DOUBLE, ONE
from tests.unit.sealing import Row, seal

SCHEME = ONE + CLASSES


def rows() -> list[Row]:
    """Three units: citizens by poster and by card, and twelve delegates on all of them."""
    rng = np.random.default_rng(8)
    found = []
    for place, unit in enumerate(("u1", "u2", "u3")):
        for n in range(40):
            tone = int(rng.integers(-1, 2))
            codes = np.clip(4 + tone - place + rng.integers(-1, 2, 4), 1, 5)
            found.append(
                Row(unit, tuple(codes.tolist()), evidence="card" if n < 10 else "open", link=unit)
            )
        for rater in range(12):
            codes = np.clip(3 + rater % 3 + rng.integers(-1, 2, 4), 1, 5)
            found.append(
                Row(
                    unit,
                    tuple(codes.tolist()),
                    "delegate",
                    submission=1000 + rater,
                    evidence="code",
                )
            )
    found.append(Row("u1", (9, 9, 0, 5)))
    return found


def collected(folder: Path) -> Sufficient:
    seal(folder, rows(), DOUBLE)
    inputs = Inputs(ratees=tuple(RateeRow(key, key, "unit", "") for key in ("u1", "u2", "u3")))
    return collect(open_sealed_rounds([folder]), inputs, Scheme.load(SCHEME.encode()))


def test_sizes_shares_and_correlations_are_the_rounds(tmp_path):
    """u1: 52 rows of citizens and delegates and one more; half a vote is added to each option."""
    setting = setting_from(collected(tmp_path / "r1.form"))
    assert setting is not None
    assert setting.cards.tolist() == [10, 10, 10]
    assert setting.size.tolist() == [43, 42, 42], "everything that is no card"
    first = [row.codes[0] for row in rows() if row.ratee == "u1" and row.codes[0] != 9]
    low = (sum(code == 1 for code in first) + 0.5) / (len(first) + 2.5)
    assert setting.upper[0, 0, 0] == pytest.approx(low)
    np.testing.assert_allclose(setting.upper[:, :, -1], 1)
    together = setting.loadings @ setting.loadings.T
    np.testing.assert_allclose(np.diagonal(together), 1)
    assert 0.2 < together[0, 1] < 0.9, "the tone of a ballot is in all its answers"
    assert setting.raters >= 12
    assert 0.1 < setting.leniency < 0.9


def test_rounds_drawn_from_it_look_like_it(tmp_path):
    setting = setting_from(collected(tmp_path / "r1.form"))
    assert setting is not None
    drawn = draw(setting, 1)
    assert np.bincount(drawn.ballots.unit).tolist() == [53, 52, 52]
    means = [drawn.ballots.x[drawn.ballots.unit == unit].mean() for unit in range(3)]
    assert means[0] > means[2]
    assert drawn.panel.shape == (setting.raters, 3, 4)


def test_the_command_prices_a_folder(tmp_path):
    seal(tmp_path / "sealed" / "r1.form", rows(), DOUBLE)
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    (inputs / "scheme.toml").write_text(SCHEME, encoding="utf-8")
    (inputs / "ratees.csv").write_text(
        "ratee,name,class,group\nu1,甲,unit,\nu2,乙,unit,\nu3,丙,unit,\n", encoding="utf-8"
    )
    done = CliRunner().invoke(
        group, ["attacks", str(tmp_path), "--seeds", "1", "--ballots", "10", "--json"]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["seeds"] == 1
    assert {one["attack"] for one in found["detection"]} >= {"card_farm", "lazy_raters"}
    entrances = [line["entrance"]["rater_class"] for line in found["price"]["unit"]]
    assert sorted(entrances) == ["citizen", "delegate"]
    text = CliRunner().invoke(group, ["attacks", str(tmp_path), "--seeds", "1", "--ballots", "10"])
    assert "名次的价格：unit，3 个对象" in text.output
    assert "看得见它的检查" in text.output


def test_the_command_takes_a_folder_or_a_plain_round():
    both = CliRunner().invoke(group, ["attacks", ".", "--synthetic"])
    assert both.exit_code == 2
    assert "只用一个" in both.output
