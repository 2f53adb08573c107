"""Questionnaires: a bad item planted is the item found."""

import numpy as np
import pytest

from analysis.round_statistics.questionnaires import questionnaire_reports
from tests.unit.round_statistics.rated import POINTS, sealed, texts
from tests.unit.sealing import Row

N = 150
COUNTING = [POINTS[code] for code in range(1, 6)]


def consistent(draw, n=N, items=5):
    """Answers of `n` people whose view is the same in every item, but for one option."""
    view = draw.integers(2, 5, n)
    return np.clip(view[:, None] + draw.integers(-1, 2, (n, items)), 1, 5)


def rows_of(codes, *, units=3, rater_class="citizen", **more):
    return [
        Row(f"u{place % units + 1}", tuple(one.tolist()), rater_class, **more)
        for place, one in enumerate(codes)
    ]


def only(folder, rows, items=5, **more):
    (report,) = questionnaire_reports(*sealed(folder, rows, items=items, **more))
    return report


def reasons(report):
    return {report.lines[one.item].key: texts(one.reasons) for one in report.reworded}


def test_a_good_questionnaire_needs_no_rewording(tmp_path):
    report = only(tmp_path / "r", rows_of(consistent(np.random.default_rng(1))))
    assert (report.n, report.why_not, report.reworded, report.sentences) == (N, (), (), ())
    assert [one.key for one in report.lines] == ["Q1", "Q2", "Q3", "Q4", "Q5"]


def test_each_planted_fault_is_found_with_its_reason(tmp_path):
    draw = np.random.default_rng(2)
    codes = consistent(draw, n=300)
    codes[:, 1] = 6 - codes[:, 1]
    codes[:, 2] = np.where(draw.random(300) < 0.75, 5, codes[:, 2])
    codes[draw.random(300) < 0.45, 3] = 9
    found = reasons(only(tmp_path / "r", rows_of(codes)))
    assert set(found) == {"Q2", "Q3", "Q4"}
    assert "方向相反" in found["Q2"]
    assert "选最高一档" in found["Q3"]
    assert "不了解" in found["Q4"]


def test_figures_of_an_item_by_hand(tmp_path):
    codes = np.array([[5, 4, 3, 9, 2]] * 60 + [[4, 4, 2, 1, 0]] * 60)
    report = only(tmp_path / "r", rows_of(codes, units=2))
    first, _, _, fourth, fifth = (one.figures for one in report.lines)
    assert (first.n, first.mean, first.ceiling, first.floor) == (120, 90, 0.5, 0)
    assert (fourth.n, fourth.unknown_share, fourth.floor) == (60, 0.5, 1)
    # Nobody gave both Q4 and Q5 a valued answer: the items are shown, their relations are not.
    assert "没有被同一个人回答过" in texts(report.sentences)
    assert (first.item_rest, report.scales) == (None, ())
    # A blank is nobody asked.
    assert (fifth.n, fifth.unknown_share, fifth.mean) == (60, 0, 40)


def test_alpha_is_that_of_answers_centred_within_units_and_classes(tmp_path):
    draw = np.random.default_rng(3)
    codes = consistent(draw, n=240)
    unit = np.arange(240) % 3
    codes = np.clip(codes + (unit == 2)[:, None], 1, 5)
    report = only(tmp_path / "r", rows_of(codes))
    points = np.array([[POINTS[code] for code in one] for one in codes.tolist()])
    left = points - np.array([points[unit == one].mean(axis=0) for one in range(3)])[unit]
    s = left.T @ left / (240 - 3)
    alpha = 5 / 4 * (1 - np.trace(s) / s.sum())
    whole = report.scales[0]
    assert (whole.rater_class, whole.n) == ("", 240)
    assert whole.alpha.estimate == pytest.approx(alpha)
    assert whole.alpha.lo < alpha < whole.alpha.hi
    assert whole.omega.estimate == pytest.approx(alpha, abs=0.05)
    rest = left.sum(axis=1) - left[:, 0]
    wanted = (left[:, 0] @ rest) / np.sqrt((left[:, 0] @ left[:, 0]) * (rest @ rest))
    assert report.lines[0].figures.item_rest == pytest.approx(wanted)


def test_an_item_that_one_class_reads_differently_is_found(tmp_path):
    draw = np.random.default_rng(4)
    citizens, delegates = consistent(draw, n=300), consistent(draw, n=300)
    delegates[:, 2] = np.clip(delegates[:, 2] - 2, 1, 5)
    rows = rows_of(citizens) + rows_of(delegates, rater_class="delegate")
    report = only(tmp_path / "r", rows)
    assert report.classes.groups == ("citizen", "delegate")
    own = {line.key: one for line, one in zip(report.lines, report.classes.own, strict=True)}
    assert own["Q3"].q < 1e-6
    assert own["Q3"].gap > 20
    assert own["Q3"].shift[0] > 0 > own["Q3"].shift[1]
    assert "各组对题意的理解可能不同" in reasons(report)["Q3"]
    assert list(reasons(report)) == ["Q3"]


def test_units_that_differ_are_not_classes_that_differ(tmp_path):
    draw = np.random.default_rng(5)
    rows = []
    for place, (good, bad) in enumerate(((90, 30), (30, 90))):
        who = ("citizen", "delegate")[place]
        rows += [Row("u1", tuple(one), who) for one in np.minimum(consistent(draw, good) + 1, 5)]
        rows += [Row("u2", tuple(one), who) for one in np.maximum(consistent(draw, bad) - 1, 1)]
    report = only(
        tmp_path / "r", [Row(r.ratee, tuple(map(int, r.codes)), r.rater_class) for r in rows]
    )
    assert min(one.q for one in report.classes.items) > 0.01


def test_channels_are_compared_within_a_class(tmp_path):
    draw = np.random.default_rng(6)
    online, field = consistent(draw), np.minimum(consistent(draw) + 1, 5)
    rows = rows_of(online) + rows_of(field, channel="field")
    report = only(tmp_path / "r", rows)
    assert report.channels.groups == ("field", "online")
    assert all(one.q < 0.001 and one.gap > 5 for one in report.channels.items)
    apart = rows_of(online) + rows_of(field, channel="field", rater_class="delegate")
    report = only(tmp_path / "apart", apart)
    assert all(one.gap is None for one in report.channels.items)


def test_a_person_who_rates_several_units_counts_once(tmp_path):
    draw = np.random.default_rng(7)
    rows = []
    for rater in range(24):
        who = "delegate" if rater < 12 else "citizen"
        view = int(draw.integers(2, 5))
        for unit in range(6):
            codes = np.clip(view + draw.integers(-1, 2, 5), 1, 5)
            rows.append(Row(f"u{unit + 1}", tuple(codes.tolist()), who, submission=rater))
    report = only(tmp_path / "r", rows)
    assert all(one.n == 24 for one in report.classes.items)
    assert report.scales[0].alpha.lo is None
    assert report.channels is None
    assert "不独立" in texts(report.notes)
    assert report.lines[0].figures.same_as_previous is None
    same = np.mean([row.codes[1] == row.codes[0] for row in rows])
    assert report.lines[1].figures.same_as_previous == pytest.approx(same)


def test_too_few_ballots_or_items_are_not_judged(tmp_path):
    codes = consistent(np.random.default_rng(8), n=60)
    assert "只有 60 份答卷" in texts(only(tmp_path / "few", rows_of(codes)).why_not)
    two = consistent(np.random.default_rng(8), items=2)
    report = only(tmp_path / "two", rows_of(two), items=2)
    assert "只有 2 道计分的题" in texts(report.why_not)
    assert report.lines == ()


def test_unrelated_items_are_a_fault_of_the_whole_questionnaire(tmp_path):
    codes = np.random.default_rng(9).integers(1, 6, (N, 5))
    report = only(tmp_path / "r", rows_of(codes))
    assert "整份问卷的特点" in texts(report.sentences)
    # so no single item is told to be reworded for it, unless it runs against the others
    draw = np.random.default_rng(10)
    weak = np.clip(draw.integers(1, 6, (600, 5)) + draw.integers(0, 2, (600, 1)), 1, 5)
    report = only(tmp_path / "weak", rows_of(weak))
    assert all(0 < one.figures.item_rest < 0.3 for one in report.lines)
    assert "整份问卷的特点" in texts(report.sentences)
    assert report.reworded == ()


def test_answers_all_alike_are_said_to_be(tmp_path):
    report = only(tmp_path / "r", rows_of(np.full((N, 5), 4)))
    assert "回答有差异的题目只有 0 道" in texts(report.sentences)
    assert [one.figures.mean for one in report.lines] == [80] * 5
    assert report.scales == ()
    assert "nan" not in repr(report)
