"""A scheme as sheets and back: the same digest; what is wrong is told by sheet, column and row."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.scheme import Scheme, shipped
from analysis.scheme.sheets import read_list, write_list
from analysis.scheme.spreadsheet import from_tables, read_tables, to_tables
from analysis.tables import Table
from forms.problems import InputError
from tests.unit.made_schemes import schemes, texts


@given(schemes())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_scheme_comes_back_from_its_sheets(scheme: Scheme) -> None:
    tables = to_tables(scheme)
    assert Scheme.from_json(from_tables(tables)).digest == scheme.digest
    assert read_tables(tables).digest == scheme.digest


def test_every_shipped_scheme_comes_back_from_its_sheets() -> None:
    for scheme in shipped().values():
        assert read_tables(to_tables(scheme)).digest == scheme.digest, scheme.key


@given(st.lists(texts | st.just("") | st.just("[")))
def test_a_list_comes_back_from_its_cell(items: list[str]) -> None:
    assert read_list(write_list(items)) == items


def tables() -> dict[str, Table]:
    return {one.name: one for one in to_tables(shipped()["zhangjiajie-2009"])}


def told(found: dict[str, Table]) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_tables(list(found.values()))
    return [problem.text() for problem in caught.value.problems]


def set_cell(table: Table, line: int, header: str, text: str) -> None:
    row = next(cells for number, cells in table.rows if number == line)
    row[table.headers.index(header)] = text


def test_words_are_read_in_chinese_or_as_keys() -> None:
    found = tables()
    row = next(cells for _, cells in found["基本"].rows if cells[0] == "缺项的处理")
    assert row[1] == "按其余构成重新分配权重"
    row[1] = "zero"
    assert read_tables(list(found.values())).missing == "zero"


def test_what_the_scheme_finds_wrong_is_told_by_its_cell() -> None:
    found = tables()
    set_cell(found["构成"], 3, "权重", "35")
    set_cell(found["构成"], 4, "最低样本", "五")
    set_cell(found["名额"], 2, "比例", "27")
    set_cell(found["评议主体权重"], 3, "评议主体", "netizens")
    assert told(found) == [
        '构成·H列:4：「最低样本」五 不是数。请填写普通写法的数，如 "92.90"。',
        '名额·D列:2：比例不能大于 1。27% 写作 "0.27"。',
        "构成·C列:2：权重之和为 105（指标考核 60 + 公众评议 35 + 内部评估 10），应为 100。"
        "请调整，使同级权重之和为 100。",
        "评议主体权重·C列:2：netizens 不存在。是否想写 netizen。",
    ]


def test_what_only_the_sheets_can_know_is_told_too() -> None:
    found = tables()
    found["随便"] = Table("随便", ["a"], [(2, ["b"])])
    found["构成"].headers[2] = "权数"
    set_cell(found["构成"], 2, "来源", "指标们")
    set_cell(found["名额"], 2, "等次", "best")
    set_cell(found["名称译文"], 2, "语言", "法语")
    found["基本"].rows.append((30, ["满分", "100"]))
    found["基本"].rows.append((31, ["满汾", "100"]))
    found["构成"].rows.append((9, ["public/citizen", "市民", "100", "问卷"]))
    found["构成"].rows.append((10, ["nothing/citizen", "市民", "100", "问卷"]))
    places = [line.partition("：")[0] for line in told(found)]
    assert {
        "随便",
        "构成:1",
        "名称译文·D列:2",
        "基本·A列:30",
        "基本·A列:31",
        "构成·D列:2",
        "构成·A列:10",
        "名额·A列:2",
    } <= set(places)
    assert {place for place in places if place.startswith("component")} == set()


def test_a_sheet_may_be_left_out_and_rows_may_be_blank() -> None:
    found = tables()
    del found["换算"], found["名称译文"]
    found["构成"].rows.insert(0, (2, [""]))
    read = read_tables(
        [Table("方案.xlsx·" + one.name, one.headers, one.rows) for one in found.values()]
    )
    assert read.title.translations == {"zh_CN": "绩效评估方案（指标60、公众30、内部10）"}
