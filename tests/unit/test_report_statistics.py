"""The sheet 统计说明, from a small sealed round: every figure with its n, interval and sentence."""

import csv
from dataclasses import replace

import openpyxl
import pytest

from analysis.assessment import assess
from analysis.inputs import Inputs, RateeRow
from analysis.round_statistics.tables import collect
from analysis.scheme import Scheme
from analysis.sealed_round import open_sealed_rounds
from survey_app.reports.context import numeral
from survey_app.reports.csv_files import csv_rows
from survey_app.reports.sheets import Column, Mark, Section, Sheet
from survey_app.reports.tables import all_sheets
from survey_app.reports.writing import write_csv, write_workbook
from tests.unit.round_statistics.test_order import LEVELS, SCHEME, rows
from tests.unit.sealing import seal

NAME = "统计说明"


class Made:
    """An assessed round with its sums."""

    def __init__(self, path, ballots, min_n=""):
        seal(path, ballots)
        self.scheme = Scheme.load(SCHEME.format(min_n=min_n).encode())
        self.inputs = Inputs(tuple(RateeRow(key, f"单位{key}", "unit", "") for key in LEVELS))
        self.assessment = assess([path], self.inputs, self.scheme)
        self.sufficient = collect(
            open_sealed_rounds([path]), self.inputs, self.scheme, self.assessment
        )

    def sheets(self, **more):
        more = {"sufficient": self.sufficient} | more
        return {one.name: one for one in all_sheets(self.assessment, self.inputs, **more)}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    return Made(tmp_path_factory.mktemp("made") / "r", rows())


def part(sheet: Sheet, title: str) -> Section:
    (found,) = (one for one in sheet.sections if one.label.startswith(title))
    return found


def test_without_the_sums_there_is_no_such_sheet(made):
    assert NAME not in made.sheets(sufficient=None)
    assert list(made.sheets()).index(NAME) == len(made.sheets()) - 3


def test_every_figure_has_its_n_and_an_interval_or_the_reason_for_none(made):
    sheet = made.sheets()[NAME]
    count = 0
    for section in sheet.sections:
        assert section.lead, section.title
        for name, what, value, n, lo, hi, says in section.rows:
            count += 1
            assert name
            assert what
            assert value
            assert isinstance(n, int)
            assert n > 0
            assert (lo is Mark.NONE) == (hi is Mark.NONE)
            assert says.endswith("。") if says else lo is not Mark.NONE
            assert "nan" not in f"{value}{lo}{hi}{says}"
    assert count >= 3 * len(LEVELS)


def test_the_sections_are_numbered_and_say_what_a_figure_does_not_mean(made):
    sections = made.sheets()[NAME].sections
    assert [one.title.partition("、")[0] for one in sections] == [
        numeral(place) for place in range(len(sections))
    ]
    assert all("不" in "".join(one.lead) for one in sections)


def test_ranks_totals_and_grades_are_those_of_the_assessment(made):
    sheet = made.sheets()[NAME]
    ranks = {name: (value, lo, hi) for name, _, value, _, lo, hi, _ in part(sheet, "名次").rows}
    assert ranks["单位u1"] == ("1", "1", "1")
    assert {ranks["单位u2"][1:], ranks["单位u3"][1:]} == {("2", "3")}
    totals = {name: (value, n) for name, _, value, n, *_ in part(sheet, "总分").rows}
    for one in made.assessment.ratees:
        assert totals[one.name] == (str(one.total), one.n)


def test_every_item_has_a_row_and_a_reason_or_none(made):
    found = part(made.sheets()[NAME], "题目").rows
    form = made.assessment.questionnaires[made.sufficient.items[0].questionnaire]
    assert [what for _, what, *_ in found] == ["一致性（α）"] + ["与其余题的相关"] * len(
        form.scored_items
    )
    assert [name for name, *_ in found[1:]] == [str(item.text) for item in form.scored_items]
    for _, _, value, _, lo, hi, says in found[1:]:
        assert float(lo) < float(value) < float(hi)
        assert says


def test_nothing_is_said_of_scores_that_are_hidden(tmp_path):
    few = [row for row in rows() if row.ratee != "u4"] + [
        row for row in rows() if row.ratee == "u4"
    ][:3]
    made = Made(tmp_path / "r", few, "min_n = 10")
    said = [name for _, (name, *_) in made.sheets()[NAME].rows()]
    assert "单位u1" in said
    assert "单位u4" not in said


def test_workbook_and_csv_carry_the_sheet_and_are_the_same_bytes_again(made, tmp_path):
    paths = []
    for name in "ab":
        path = tmp_path / f"{name}.xlsx"
        write_workbook(
            made.assessment,
            path,
            title="某市",
            organiser="市绩效办",
            inputs=made.inputs,
            sufficient=made.sufficient,
            csv=tmp_path / name,
        )
        paths.append(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    alone = write_csv(
        made.assessment, tmp_path / "c", inputs=made.inputs, sufficient=made.sufficient
    )
    for path in alone:
        assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes()
    page = openpyxl.load_workbook(paths[0])[NAME]
    assert page.page_setup.orientation == "landscape"
    with (tmp_path / "a" / f"{NAME}.csv").open(encoding="utf-8-sig", newline="") as stream:
        header, *lines = list(csv.reader(stream))
    assert header == ["部分", "对象", "项目", "数值", "n", "95%区间·下限", "95%区间·上限", "说明"]
    sheet = made.sheets()[NAME]
    assert len(lines) == sum(len(one.lead) + len(one.rows) for one in sheet.sections)
    assert page.max_row >= len(lines)


def test_a_sentence_is_a_row_of_its_own_in_files():
    sheet = Sheet(
        "x",
        "x",
        (Column("a", "text"), Column("b", "remark")),
        (Section("一、甲", (("u", "v"),), "甲", ("=1+1",)),),
    )
    assert csv_rows(sheet) == [["类别", "a", "b"], ["甲", "", "'=1+1"], ["甲", "u", "v"]]


def test_numbers_with_a_sign_stay_numbers_in_files():
    values = ["+1.50", "-0.24", "-1+1", "+86 10", "=1", "–"]
    sheet = Sheet(
        "x", "x", (Column("a", "label"),), (Section("", tuple((one,) for one in values)),)
    )
    assert [one for (one,) in csv_rows(sheet)[1:]] == [
        "+1.50", "-0.24", "'-1+1", "'+86 10", "'=1", "–"
    ]  # fmt: skip


def test_numbers_of_sections_are_read_aloud():
    places = [0, 9, 10, 18, 19, 20, 98, 99]
    said = ["一", "十", "十一", "十九", "二十", "二十一", "九十九", "100"]
    assert [numeral(one) for one in places] == said


def test_a_round_without_answers_has_no_such_sheet(made):
    empty = replace(made.assessment, cells=replace(made.assessment.cells, ballots=()))
    found = all_sheets(empty, made.inputs, sufficient=made.sufficient)
    assert NAME not in {one.name for one in found}
