"""Tables handed in: what is read, and what is said of every row that cannot be."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inputs import (
    Inputs,
    Table,
    read_adjustments,
    read_history,
    read_indicators,
    read_inputs,
    read_ratees,
    read_vetoes,
    table_from_csv,
)
from analysis.tables import cell_text
from forms.problems import InputError, Problem, digest

RATEES = """评议对象,单位名称,类别,分组
q01,甲区,county,
d01,统计局,unit,一组
d02,财政局,unit,一组
"""
INDICATORS = """编号,指标名称,责任单位,类型,分值,目标值,完成值,数据采集单位,认定状态
A1,税收增长,财政局,定量,10,100,"92.90",市统计局,已认定
A2,党建工作,d02,定性,5,,4.5,组织部,
"""


def table(text: str, name: str = "t.csv") -> Table:
    return table_from_csv(text.encode(), name)


KNOWN = read_ratees(table(RATEES))[0]


def said(problems: list[Problem]) -> list[str]:
    return [problem.text() for problem in problems]


def test_chinese_and_english_headers_read_alike_in_any_order_of_columns() -> None:
    english = (
        "group,class,name,ratee\n,county,甲区,q01\n一组,unit,统计局,d01\n一组,unit,财政局,d02\n"
    )
    assert read_ratees(table(english)) == read_ratees(table(RATEES))
    assert [(row.key, row.name, row.ratee_class, row.group) for row in KNOWN] == [
        ("q01", "甲区", "county", ""),
        ("d01", "统计局", "unit", "一组"),
        ("d02", "财政局", "unit", "一组"),
    ]


def test_indicators_name_their_unit_by_key_or_by_name_and_stay_exact() -> None:
    rows, problems = read_indicators(table(INDICATORS), KNOWN)
    assert problems == []
    assert [(row.ratee, row.method, row.actual, row.is_certified) for row in rows] == [
        ("d02", "completion", Decimal("92.90"), True),
        ("d02", "marks", Decimal("4.5"), False),
    ]


def test_every_row_with_a_problem_is_named_with_its_line_and_remedy() -> None:
    text = """编号,指标名称,责任单位,分值,目标值,完成值,数据采集单位
A1,税收,财政局,10,100,90,市统计局

A1,税收,d02,10,100,90,市统计局
A2,投资,财证局,10,100,90,
A3,消费,统计局,十分,0,1e5,市统计局
"""
    _, problems = read_indicators(table(text, "指标.csv"), KNOWN)
    assert said(problems) == [
        "指标.csv:4：A1 d02 与 指标.csv:2 重复。请删去其中一行。",
        "指标.csv:5：缺少「数据采集单位」。请填写该格。",
        "指标.csv:5：评议对象 财证局 不在名册里。"
        "请改为名册里的名称或编号，或先补入名册（最接近：财政局）。",
        "指标.csv:6：「分值」十分 不是数。请只填数字，不要千分位、百分号和单位。",
        "指标.csv:6：「完成值」1e5 不是数。请只填数字，不要千分位、百分号和单位。",
        "指标.csv:6：目标值应大于 0。目标不大于 0 时完成率无意义，请改用评分。",
    ]


def test_nothing_is_taken_where_any_table_has_a_problem() -> None:
    with pytest.raises(InputError) as caught:
        read_inputs(
            table(RATEES + "d01,另一个,unit,\n", "ratees.csv"),
            indicators=table(INDICATORS.replace("财政局", "民政局"), "indicators.csv"),
        )
    places = [problem.where for problem in caught.value.problems]
    assert places == ["ratees.csv:5", "indicators.csv:2"]


def test_all_tables_together() -> None:
    inputs = read_inputs(
        table(RATEES),
        indicators=table(INDICATORS),
        adjustments=table("评议对象,加减,分数,事项,依据,日期\nd01,加分,3,表彰,国发1号,2025/3/1\n"),
        vetoes=table("ratee,veto,document,on\nd01,安全事故,安委3号,2025年3月1日\n"),
        history=table("ratee,period,grade\nd01,2024,优秀\n"),
    )
    assert len(inputs.indicators) == 2
    assert inputs.adjustments[0].on == inputs.vetoes[0].on == datetime.date(2025, 3, 1)
    assert inputs.history[0].grade == "优秀"


def test_results_of_earlier_periods_carry_a_series_a_grade_a_score_or_both() -> None:
    text = """评议对象,期间,等次,系列,得分
d01,2026-01,,monthly,94.5
d01,2026-01,好,quarterly,
统计局,2026-02,,monthly,90
d02,2026-01,优秀,,93
"""
    rows, problems = read_history(table(text), KNOWN)
    assert problems == []
    assert [(row.ratee, row.period, row.grade, row.series, row.score) for row in rows] == [
        ("d01", "2026-01", "", "monthly", Decimal("94.5")),
        ("d01", "2026-01", "好", "quarterly", None),
        ("d01", "2026-02", "", "monthly", Decimal(90)),
        ("d02", "2026-01", "优秀", "", Decimal(93)),
    ]


def test_an_earlier_result_needs_a_grade_or_a_score_and_stands_once() -> None:
    text = "ratee,period,grade,series,score\nd01,2025,,,\nd01,2024,,m,94\nd01,2024,好,m,\n"
    _, problems = read_history(table(text), KNOWN)
    assert said(problems) == [
        "t.csv:2：缺少「等次」。请填写该格。",
        "t.csv:4：d01 m 2024 与 t.csv:3 重复。请删去其中一行。",
    ]


def test_figures_multipliers_and_the_period_are_read_and_told_apart_by_the_digest() -> None:
    ledger = "评议对象,加减,分数,事项,依据,倍数\nd01,减,0.6,失分,通报,5\n"
    inputs = read_inputs(
        table(RATEES),
        adjustments=table(ledger),
        figures=table("评议对象,项目,数值\nd01,tier,t3\n"),
        period="2026-Q3",
    )
    assert inputs.adjustments[0].multiplier == 5
    assert [(row.ratee, row.figure, row.value) for row in inputs.figures] == [("d01", "tier", "t3")]
    others = [replace(inputs, period="2026"), replace(inputs, figures=())]
    assert len({digest(one.as_json()) for one in (inputs, *others)}) == 3


def test_a_period_nobody_can_read_is_refused() -> None:
    with pytest.raises(InputError, match="2026-13：不是年、半年、季度或月"):
        read_inputs(table(RATEES), period="2026-13")


def test_a_bonus_needs_evidence_and_so_does_what_the_media_said() -> None:
    text = """ratee,kind,points,matter,source,evidence,on
d01,bonus,3,表彰,表彰,,
d01,减分,1,曝光,媒体曝光,,
d01,减分,1,迟报,督查,,
d01,减分,-1,迟报,督查,,2025-02-30
"""
    _, problems = read_adjustments(table(text), KNOWN)
    assert said(problems) == [
        "t.csv:2：加分没有依据。请在「依据」填写文件、证书或链接。",
        "t.csv:3：媒体来源的减分没有依据。请在「依据」填写报道的链接或附件。",
        "t.csv:5：「分数」应大于 0。请改为正数。",
        "t.csv:5：「日期」2025-02-30 不是日期。请写成 2025-03-01。",
    ]


def test_a_name_two_units_share_must_be_replaced_by_the_key() -> None:
    twins, _ = read_ratees(table("ratee,name,class,group\na,甲,unit,\nb,甲,unit,\n"))
    _, problems = read_vetoes(table("ratee,veto,document,on\n甲,v,1号,\n"), twins)
    assert said(problems) == ["t.csv:2：有 2 个评议对象叫 甲。请改写编号。"]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("A,n,d01,定性,5,,5.1", "评分 5.1 不在 0 到分值 5 之间"),
        ("A,n,d01,定量,5,,3", "缺少「目标值」"),
        ("A,n,d01,混合,5,1,3", "「类型」不能是 混合"),
        ("A,n,d01,定量,0,1,3", "「分值」应大于 0"),
        (",n,d01,定量,5,1,3", "缺少「编号」"),
        ("A,n,d01,定量,5,1,3,多", "这一行的格数多于表头"),
        ("A,n,d01,定量,NaN,1,3", "「分值」NaN 不是数"),
        (f"A,{'长' * 1001},d01,定量,5,1,3", "有一格超过 1000 个字"),
    ],
)
def test_a_row_that_cannot_hold_is_refused_in_plain_words(row: str, complaint: str) -> None:
    text = f"编号,指标名称,责任单位,类型,分值,目标值,完成值\n{row}\n"
    _, problems = read_indicators(table(text), KNOWN)
    assert any(complaint in line for line in said(problems))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ratee,name,group\na,a,\n", "缺少「类别」一列。表头请写 类别 或 class"),
        ("ratee,name,class,groop\na,a,unit,\n", "不认识「groop」一列。是否想写 group"),
        ("ratee,评议对象,class\na,a,unit\n", "「评议对象」一列出现两次"),
        (
            "ratee,name,class,parent\na,市教育局,unit,\nb,乙,unit,市教育局局\n",
            "t.csv:3：所属单位 市教育局局 不在名册里",
        ),
        ("ratee,class,group\n", "名册是空的"),
        (f"ratee,class,group\n{'k' * 101},unit,\n", "「评议对象」超过 100 个字"),
    ],
)
def test_a_register_that_cannot_be_read_says_why(text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        read_inputs(table(text))
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ("评议对象".encode("gb18030"), "编码不是 UTF-8"),
        (b"", "文件是空的"),
        (b'a,"b\n', "不是合法的 CSV"),
        (b"x" * 20_000_001, "文件太大"),
        (b"a," + b"x" * 200_000, "不是合法的 CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused_politely(data: bytes, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        table_from_csv(data, "t.csv")
    assert complaint in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_first_header() -> None:
    assert table_from_csv("\ufeffratee,class\n".encode(), "t.csv").headers == ["ratee", "class"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (92.9, "92.9"),
        (0.1 + 0.2, "0.3"),
        (3.0, "3"),
        (1e20, "100000000000000000000"),
        (Decimal("92.90"), "92.9"),
        (float("nan"), "NaN"),
        (datetime.datetime(2025, 3, 1, 8, tzinfo=datetime.UTC), "2025-03-01"),
        (" 甲\x00\n 区 ", "甲 区"),
    ],
)
def test_a_cell_of_a_spreadsheet_reads_as_it_is_shown(cell: object, text: str) -> None:
    assert cell_text(cell) == text  # type: ignore[arg-type]


@given(order=st.permutations(KNOWN))
def test_the_order_of_rows_leaves_no_trace(order: list) -> None:
    assert digest(Inputs(tuple(order)).as_json()) == digest(Inputs(tuple(KNOWN)).as_json())


HEADERS = (
    "编号,指标名称,责任单位,分值,目标值,完成值,计分方法,计分规则,方向,考核单位,增速目标,分解自"
)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("A,n,d01,10,,3,分档,九十:10,,,,", "计分规则 九十:10 看不懂。这种计分方法的规则写成 90:20"),
        ("A,n,d01,10,,3,分档,90:20 0:0,,,,", "档位的得分高于分值"),
        ("A,n,d01,10,,3,分档,90:0 0:10,,,,", "档位的得分与方向不符"),
        ("A,n,d01,10,,3,名次,,,,,", "缺少「计分规则」。这种计分方法的规则写成 0.02"),
        ("A,n,d01,10,,3,名次,2%,,,,", "计分规则 2% 看不懂"),
        ("A,n,d01,10,,3,目标区间,105~95,,,,", "计分规则 105~95 看不懂"),
        ("A,n,d01,10,,-1,按次扣分,0.5,,,,", "完成值不能小于 0"),
        ("A,n,d01,10,100,3,总量加增速,,,,,", "缺少「增速目标」"),
        ("A,n,d01,10,100,3,完成率,,越低越好,,,", "方向与计分方法不符"),
        ("A,n,d01,1.1234567,100,3,完成率,,,,,", "分值的小数超过 6 位"),
        ("A,n,d01,10,100,3,完成率,,,,,财政局", "分解自的单位没有编号为 A 的指标"),
    ],
)
def test_a_rule_that_cannot_score_is_refused_with_an_example(row: str, complaint: str) -> None:
    _, problems = read_indicators(table(f"{HEADERS}\n{row}\n"), KNOWN)
    assert [line for line in said(problems) if complaint in line], said(problems)


def test_several_assessors_may_mark_one_indicator_and_must_agree_on_its_points() -> None:
    rows = ["A,n,d01,10,,8,评分,,,督查室,,", "A,n,d01,10,,9,评分,,,组织部,,"]
    assert read_indicators(table("\n".join([HEADERS, *rows])), KNOWN)[1] == []
    rows += ["A,n,d01,12,,9,评分,,,人社局,,", "A,n,d01,10,,9,评分,,,组织部,,"]
    _, problems = read_indicators(table("\n".join([HEADERS, *rows])), KNOWN)
    assert said(problems) == [
        "t.csv:5：A d01 组织部 与 t.csv:3 重复。请删去其中一行。",
        "t.csv:4：与同一指标的另一行分值、构成或计分方法不同。几家评分的，各行应一致。",
    ]


def test_a_part_names_the_ratee_that_has_the_whole() -> None:
    rows = ["A,n,甲区,10,100,8,,,,,,", "A,n,统计局,10,50,4,,,,,,甲区"]
    made, problems = read_indicators(table("\n".join([HEADERS, *rows])), KNOWN)
    assert problems == []
    assert [row.breakdown_of for row in made] == ["", "q01"]


@pytest.mark.parametrize(
    ("kind", "direction", "method"),
    [
        ("定量", "", "completion"),
        ("定量", "越低越好", "completion_inverse"),
        ("定量", "在区间内", "within"),
        ("定性", "", "marks"),
    ],
)
def test_the_usual_method_follows_kind_and_direction(
    kind: str, direction: str, method: str
) -> None:
    text = "编号,指标名称,责任单位,类型,分值,目标值,完成值,方向,计分规则\n"
    text += f"A,n,d01,{kind},10,100,5,{direction},95~105\n"
    rows, problems = read_indicators(table(text), KNOWN)
    assert (rows[0].method, problems) == (method, [])


CELLS = (
    st.none()
    | st.text(max_size=6)
    | st.integers()
    | st.floats()
    | st.dates()
    | st.sampled_from(
        ["d01", "统计局", "定量", "marks", "10", "100", "-1", "1e9", "已认定", "=1+1"]
    )
)
READERS = [
    (read_indicators, "indicator,name,ratee,kind,points,target,actual,method,owner,certified"),
    (read_adjustments, "ratee,kind,points,matter,source,evidence,on"),
    (read_vetoes, "ratee,veto,document,on"),
]


@given(data=st.data())
def test_any_row_is_read_or_told_and_never_a_crash(data: st.DataObject) -> None:
    read, header = data.draw(st.sampled_from(READERS))
    headers = header.split(",")
    cells = st.lists(CELLS, min_size=1, max_size=len(headers) + 1)
    rows = list(enumerate(data.draw(st.lists(cells, max_size=4)), start=2))
    _, problems = read(Table("t.xlsx", headers, rows), KNOWN)
    assert all(problem.text().startswith("t.xlsx:") for problem in problems)
