"""Raters of a round: severity found and put right, islands refused, nobody exposed."""

from dataclasses import fields, is_dataclass
from itertools import product
from math import ceil

import numpy as np
import pytest

from analysis.round_statistics import rating_scale
from analysis.round_statistics.raters import rater_reports
from analysis.round_statistics.rating_groups import (
    ballot_moments,
    ballot_scores,
    fewest,
    of_options,
    rating_groups,
)
from analysis.statistics.agreement.group_moments import of_values
from analysis.statistics.agreement.kendall import kendall
from tests.unit.round_statistics.rated import POINTS, sealed, texts
from tests.unit.sealing import Row, questionnaire
from tests.unit.test_assessment import scheme

SEED = 7


def ratings(who_rates, quality, severity, seed=3, rater_class="delegate", chance=1.0):
    """Rows of four answers about `quality` less `severity` of the rater, `chance` points wide."""
    draw = np.random.default_rng(seed)
    return [
        Row(
            f"u{ratee + 1}",
            tuple(
                np.clip(
                    np.floor(
                        quality[ratee] - severity[rater] + 0.5 + chance * (draw.random(4) - 0.5)
                    ),
                    1,
                    5,
                )
                .astype(int)
                .tolist()
            ),
            rater_class,
            submission=rater,
        )
        for rater, ratee in who_rates
    ]


def unfair(raters=16, ratees=10):
    """Strict raters see the good units only, but for two units that everybody rates."""
    quality = np.linspace(3.1, 4.6, ratees)
    severity = np.where(np.arange(raters) % 2, 1.6, 0.0)
    pairs = [
        (rater, ratee)
        for rater, ratee in product(range(raters), range(ratees))
        if ratee in (4, 5) or (ratee > 5) == bool(rater % 2)
    ]
    return pairs, quality, severity


def only(folder, rows, **more):
    assessment, sufficient = sealed(folder, rows, **more)
    (report,) = rater_reports(assessment, sufficient, SEED)
    return report


def test_strict_raters_of_the_good_units_are_found_and_put_right(tmp_path):
    report = only(tmp_path / "r", ratings(*unfair()))
    of = report.severity
    assert of.status == "corrected"
    assert (of.raters, of.n) == (16, 16 * 6)
    lines = sorted(of.lines, key=lambda one: int(one.key[1:]))
    # The best units look worst; corrected they are in the order of their quality, but for chance.
    assert lines[9].raw < lines[0].raw
    truth = np.arange(10)
    assert np.corrcoef(truth, [one.raw for one in lines])[0, 1] < 0.3
    assert np.corrcoef(truth, [one.corrected for one in lines])[0, 1] > 0.9
    assert np.corrcoef(truth, [one.centred for one in lines])[0, 1] > 0.9
    assert lines[9].corrected_rank <= 3
    assert lines[9].raw_rank > lines[9].corrected_rank
    assert of.p < 1e-4
    assert sum(of.shares) == pytest.approx(1)
    assert of.shares[1] > 0.3
    # Half the raters 0, half 1.6 options of 20 points below: a standard deviation of 16.5.
    assert of.rater_sd.lo < 16.5 < of.rater_sd.hi
    assert "宽严不一改变名次" in texts(of.sentences)
    assert of.movers[0].name in texts(of.sentences)


def test_an_order_by_raters_of_some_ratees_is_said_to_be_less_reliable(tmp_path):
    said = texts(only(tmp_path / "some", ratings(*unfair())).reliability.sentences)
    assert "现在平均只评了其中的 60%" in said
    pairs = list(product(range(16), range(10)))
    severity = np.where(np.arange(16) % 2, 1.6, 0.0)
    report = only(tmp_path / "all", ratings(pairs, np.linspace(3.1, 4.6, 10), severity))
    assert report.reliability.is_crossed
    assert "只评了其中" not in texts(report.reliability.sentences)


def test_raters_alike_change_no_rank(tmp_path):
    pairs = list(product(range(12), range(8)))
    report = only(tmp_path / "r", ratings(pairs, np.linspace(1.5, 4.5, 8), np.zeros(12)))
    of = report.severity
    assert of.status == "corrected"
    assert of.p > 0.05
    assert all(one.moved == 0 for one in of.lines)
    assert "看不出评分人之间有宽严差别" in texts(of.sentences)
    assert "名次完全相同" in texts(of.sentences)


def test_islands_are_named_and_nothing_is_corrected(tmp_path):
    pairs = [*product(range(6), (0, 1)), *product(range(6, 12), (2, 3, 4))]
    report = only(tmp_path / "r", ratings(pairs, np.linspace(2, 4, 5), np.zeros(12)))
    of = report.severity
    assert of.status == "disconnected"
    assert of.islands == (("单位u3", "单位u4", "单位u5"), ("单位u1", "单位u2"))
    assert of.lines == ()
    assert of.shares is None
    assert "2 组" in texts(of.sentences)


def test_too_little_for_a_correction_says_so(tmp_path):
    pairs = [(rater, (rater + step) % 8) for rater in range(16) for step in range(3)]
    report = only(tmp_path / "r", ratings(pairs, np.linspace(2, 4, 8), np.zeros(16)))
    of = report.severity
    assert of.status == "too_few"
    assert of.lines == ()
    assert "平均每名评分人只评了 3.0 个对象" in texts(of.sentences)
    assert report.reliability is not None


def test_under_ten_ratees_reliability_has_no_interval_and_says_why(tmp_path):
    """From so few ratees the interval of an ICC is not right often enough to be shown."""
    for ratees, is_shown in ((9, False), (10, True)):
        pairs = list(product(range(8), range(ratees)))
        rows = ratings(pairs, np.linspace(2, 4, ratees), np.zeros(8))
        report = only(tmp_path / f"of{ratees}", rows)
        for one in (report.agreement.icc.icc1, report.agreement.icc.icc2):
            assert (one.lo is not None, one.hi is not None) == (is_shown, is_shown)
            assert ("不给区间" in texts(one.notes)) is not is_shown
        assert ("可靠性只作参考" in texts(report.reliability.sentences)) is not is_shown


def test_four_raters_are_not_looked_at(tmp_path):
    pairs = list(product(range(5), range(6)))
    rows = ratings(pairs, np.linspace(2, 4, 6), np.zeros(5))
    one_less = [row for row in rows if row.submission < 4]
    assessment, sufficient = sealed(tmp_path / "few", one_less)
    assert rater_reports(assessment, sufficient, SEED) == ()
    assert only(tmp_path / "five", rows).severity.raters == 5


def test_units_with_too_few_ballots_are_left_out_and_counted(tmp_path):
    pairs = [*product(range(8), range(7)), *product(range(4), (7,))]
    report = only(tmp_path / "r", ratings(pairs, np.linspace(2, 4, 8), np.zeros(8)))
    assert report.ratees == 7
    assert "1 个对象的份数不足" in texts(report.notes)
    assert "u8" not in repr(report)
    assessment, _ = sealed(tmp_path / "min", ratings(pairs, np.linspace(2, 4, 8), np.zeros(8)))
    assert fewest(assessment.scheme, "form") == 5
    assert fewest(scheme(min_n=8), "form") == 8


def test_nothing_in_a_report_has_a_row_for_a_rater(tmp_path):
    pairs = list(product(range(13), range(7)))
    severity = np.zeros(13)
    severity[5] = 2
    rows = ratings(pairs, np.linspace(2.5, 4.4, 7), severity)
    report = only(tmp_path / "r", rows)
    assert report.severity.raters == 13
    assert 13 not in set(sizes(report))


def sizes(value):
    """The length of every sequence and array inside a report."""
    if isinstance(value, np.ndarray):
        yield from value.shape
    elif isinstance(value, (tuple, list)):
        yield len(value)
        for one in value:
            yield from sizes(one)
    elif is_dataclass(value):
        for one in fields(value):
            yield from sizes(getattr(value, one.name))


def test_ranks_stay_within_a_class_of_ratees(tmp_path):
    pairs = list(product(range(12), range(8)))
    rows = ratings(pairs, np.linspace(1.5, 4.5, 8), np.zeros(12))
    report = only(tmp_path / "r", rows, classes=[(f"u{n}", "county") for n in range(1, 4)])
    ranks = {one.key: (one.raw_rank, one.corrected_rank) for one in report.severity.lines}
    assert ranks["u3"] == (1, 1)
    assert ranks["u8"] == (1, 1)
    assert ranks["u4"] == (5, 5)


def test_a_ballots_score_by_hand():
    form = questionnaire(items=4)  # a (60): Q1, Q2; b (40): Q3, Q4
    marks = np.array(
        [[100, 80, 60, np.nan], [100, 80, np.nan, np.nan], [np.nan] * 4, [20, 40, 60, 80]]
    )
    found = ballot_scores(form, marks)
    assert found[[0, 1, 3]] == pytest.approx([0.6 * 90 + 0.4 * 60, 90, 0.6 * 30 + 0.4 * 70])
    assert np.isnan(found[2])


def test_moments_of_ballots_are_those_of_single_scores(tmp_path):
    draw = np.random.default_rng(2)
    rows = [
        Row(f"u{unit}", tuple(draw.integers(1, 6, 4).tolist())) for unit in (1, 2) for _ in range(9)
    ]
    assessment, sufficient = sealed(tmp_path / "r", rows)
    (items,) = sufficient.items
    found = ballot_moments(questionnaire(items=4), items, np.arange(2))
    marks = np.array([[POINTS[code] for code in row.codes[:4]] for row in rows])
    score = ballot_scores(questionnaire(items=4), marks)
    wanted = of_values(np.repeat([0, 1], 9), score, 2)
    assert found.n.tolist() == [9, 9]
    assert found.mean == pytest.approx(wanted.mean)
    assert found.squares == pytest.approx(wanted.squares)
    (group,) = rating_groups(assessment, sufficient)
    assert group.crossed is None
    assert group.counts[0].counts.sum() == 18


def test_options_worth_alike_are_one_value():
    found = of_options(np.array([[9, 1, 2, 3, 4]]), {1: 100.0, 2: 60.0, 3: 100.0, 7: 0.0})
    assert found.values.tolist() == [0, 60, 100]
    assert found.counts.tolist() == [[0, 2, 4]]


def test_how_many_citizens_are_enough_by_hand(tmp_path):
    draw = np.random.default_rng(5)
    rows = [
        Row(f"u{unit + 1}", (int(np.clip(draw.integers(1, 4) + unit % 3, 1, 5)),) * 4)
        for unit in range(12)
        for _ in range(10)
    ]
    report = only(tmp_path / "r", rows)
    assert report.severity is None
    marks = np.array([POINTS[row.codes[0]] for row in rows]).reshape(12, 10)
    between = 10 * marks.mean(axis=1).var(ddof=1)
    within = marks.var(axis=1, ddof=1).mean()
    ratio = within / ((between - within) / 10)
    assert report.reliability.needed[0].ranks == ceil(4 * ratio)
    assert report.reliability.needed[1].ranks == ceil(9 * ratio)
    (now,) = [one for one in report.reliability.lines if one.is_now]
    assert now.raters == 10
    assert now.ranks == pytest.approx(1 / (1 + ratio / 10))
    assert report.agreement.icc.icc2.estimate == pytest.approx(1 - within / between)
    assert f"每个对象需要 {ceil(4 * ratio)} 份答卷" in texts(report.reliability.sentences)


def test_raters_of_everything_have_an_icc_and_a_concordance(tmp_path):
    pairs = list(product(range(6), range(5)))
    rows = ratings(pairs, np.linspace(2, 4, 5), np.linspace(0, 1, 6))
    complete = only(tmp_path / "r", rows).agreement.complete
    assert (complete.raters, complete.ratees) == (6, 5)
    scores = ballot_scores(
        questionnaire(items=4), np.array([[POINTS[code] for code in row.codes] for row in rows])
    )
    assert complete.w.w == pytest.approx(kendall(scores.reshape(6, 5).T).w)
    assert complete.agreement.estimate < complete.consistency.estimate <= 1
    gaps = [row for row in rows if (row.submission + int(row.ratee[1])) % 5]
    agreed = only(tmp_path / "gaps", gaps)
    assert agreed.agreement is None or agreed.agreement.complete is None


def test_the_unit_opinions_differ_on_is_named(tmp_path):
    rows = []
    for unit in range(8):
        codes = [1, 5] * 5 if unit == 3 else [3, 4] * 5
        rows += [Row(f"u{unit + 1}", (code,) * 4) for code in codes]
    found = only(tmp_path / "r", rows).agreement
    assert found.lowest[0].name == "单位u4"
    # s² = 1600·10/9; awg = 1 - 2 s²/([120·60 - 3600 - 2000]·10/9) = -1: as far apart as can be.
    assert found.lowest[0].awg == pytest.approx(-1)
    assert "意见分歧最大的：单位u4" in texts(found.sentences)
    assert len(found.lowest) == 1  # the others agree alike: none of them is singled out


def test_nobody_is_singled_out_among_a_handful_or_where_all_agree_alike(tmp_path):
    rows = [
        Row(f"u{unit + 1}", (code,) * 4)
        for unit in range(4)
        for code in ([1, 5] * 5 if unit == 3 else [3, 4] * 5)
    ]
    assert only(tmp_path / "few", rows).agreement.lowest == ()
    rows = [Row(f"u{unit}", (4,) * 4) for unit in range(10) for _ in range(8)]
    agreed = only(tmp_path / "alike", rows).agreement
    assert agreed.lowest == ()
    assert "意见分歧最大" not in texts(agreed.sentences)


def test_all_alike_gives_words_and_no_figure(tmp_path):
    rows = [Row(f"u{unit}", (4,) * 4) for unit in range(6) for _ in range(8)]
    citizens = only(tmp_path / "citizens", rows)
    assert citizens.agreement.icc is None
    assert citizens.reliability is None
    assert "都一样" in texts(citizens.agreement.notes)
    pairs = list(product(range(8), range(6)))
    delegates = only(tmp_path / "delegates", ratings(pairs, np.full(6, 4.0), np.zeros(8)))
    assert delegates.severity.lines == () or delegates.severity.spearman is not None
    assert "nan" not in repr(delegates)


def test_the_scale_model_gives_fair_averages_and_shares_only(tmp_path):
    pairs, quality, severity = unfair()
    rows = ratings(pairs, quality, 1.25 * severity, chance=3)
    assessment, sufficient = sealed(tmp_path / "r", rows)
    found = rating_scale.scale_report(assessment, sufficient, "form", "delegate")
    assert found.raters == found.judged == 16
    assert 0 <= found.misfit <= 1
    assert 16 not in set(sizes(found))
    fair = {one.key: one.fair for one in found.lines}
    raw = {one.key: one.raw for one in found.lines}
    assert raw["u10"] < raw["u1"]
    assert fair["u10"] > fair["u1"]
    assert rating_scale.scale_report(assessment, sufficient, "form", "citizen") is None


def test_raters_whose_answers_never_overlap_get_words_and_no_measure(tmp_path):
    """No measure is far enough apart for them; where the search stops is chance."""
    assessment, sufficient = sealed(tmp_path / "r", ratings(*unfair()))
    found = rating_scale.scale_report(assessment, sufficient, "form", "delegate")
    assert found.lines == ()
    assert "不收敛" in texts(found.sentences)


def test_fewer_than_ten_raters_have_no_fit_statistics(tmp_path):
    assessment, sufficient = sealed(tmp_path / "r", ratings(*unfair(raters=8), chance=3))
    found = rating_scale.scale_report(assessment, sufficient, "form", "delegate")
    assert found.misfit is None
    assert found.severity_sd is None
