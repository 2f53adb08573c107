"""The other reading of 60/30/10 on ten ratees: the ratings are one score, leaders weigh least.

Two units are made for the comparison: leaders think highly of one and its users do not; the other
is loved by those it serves and unknown to leaders.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean

import numpy as np

from analysis.changes import Change
from analysis.inputs import AdjustmentRow, RateeRow
from analysis.results import Assessment
from analysis.scheme import shipped
from analysis.studies import Line as Moved
from analysis.studies import Study, study
from survey_app.demo.drawn_rows import Line, RowMaker, day
from survey_app.demo.file_list import write_file_list
from survey_app.demo.imprint import YEAR
from survey_app.demo.outputs import CSV, INPUTS, SEALED, read_input_folder
from survey_app.demo.small_city import Built, Period, SmallCity, Voice
from survey_app.demo.telling import padded, right

SCHEME, OTHER = "literal-60-30-10", "zhangjiajie-2009"
COUNTIES = ("甲县", "乙县")
UNITS = ("财政局", "教育局", "公安局", "民政局", "住建局", "农业农村局", "商务局", "政务服务中心")
QUALITY = {"q1": 0.7, "q2": 0.3} | dict(
    zip(
        (f"u{n}" for n in range(1, 9)),
        (0.61, 0.9, 0.35, 0.6, -0.1, 0.45, 0.75, 0.6),
        strict=True,
    )
)
LINES = (
    Line("S1", "重点工作任务完成（项）", "indicators", "40", "重点工作", "市政府办公室"),
    Line("S2", "为民办实事完成（件）", "indicators", "30", "为民办实事", "市政府办公室"),
    Line("M1", "法定职责履行抽查合格率（%）", "indicators", "30", "履行法定职责", "市统计局"),
)
LEADERS = {"leader_city": {"u1": 0.9, "u8": -0.9}, "leader_dept": {"u1": 0.7, "u8": -0.7}}
DELEGATES = ("delegate_city", "delegate_county", "cppcc_city", "cppcc_county")
SERVED = {"u1": -0.7, "u8": 0.9}
COMPARISON = "两种读法对照.csv"
WIDTH = 24
SHARES = (
    ("ratings/service", "服务对象", "7.5", "12"),
    ("ratings/leaders", "领导", "10", "4"),
)
"""Shares of the total in the default reading (25 % of 30; 10) and here (30 % and 10 % of 40)."""


def ratees() -> tuple[RateeRow, ...]:
    counties = [RateeRow(f"q{n}", name, "county", "县组") for n, name in enumerate(COUNTIES, 1)]
    units = [RateeRow(f"u{n}", f"市{name}", "unit", "市直组") for n, name in enumerate(UNITS, 1)]
    return (*counties, *units)


def voices(keys: tuple[str, ...]) -> tuple[Voice, ...]:
    """Everybody who is asked: the public, those served, delegates and leaders."""
    public = {"county": "county", "unit": "unit"}
    service = {"county": "service", "unit": "service"}
    delegate = {"county": "delegate-county", "unit": "delegate-unit"}
    leader = {"county": "leader", "unit": "leader"}
    return (
        Voice("citizen", public, "poster", 12),
        Voice("netizen", public, "poster", 6, shift=-0.2),
        Voice("service_user", service, "card", 10, shift=0.1, leans=SERVED),
        Voice("village", public, "card", 3, shift=0.1),
        *(Voice(key, delegate, "list", 6, (keys,)) for key in DELEGATES),
        Voice("enterprise", public, "list", 6, (keys,)),
        *(Voice(key, leader, "list", 6, (keys,), 0.2, leans) for key, leans in LEADERS.items()),
    )


def draw(seed: int) -> SmallCity:
    people = ratees()
    keys = tuple(row.key for row in people)
    rows = RowMaker(QUALITY, np.random.default_rng([seed, 100]))
    period = Period(
        SCHEME,
        str(YEAR),
        f"示例市{YEAR}年度绩效评估（两种读法对照）",
        voices(keys),
        indicators=tuple(rows.completion(line, key) for line in LINES for key in keys),
        adjustments=(
            AdjustmentRow(
                *("u4", "bonus", Decimal(1), "经验被省级推广", "", "推广文件（模拟）"), day(6, 12)
            ),
            AdjustmentRow(
                *("u5", "deduction", Decimal(1), "督办事项逾期", "", "督办函（模拟）"), day(9, 3)
            ),
        ),
    )
    return SmallCity(
        SCHEME,
        "示例市（两种读法）",
        "示例市绩效评估委员会办公室",
        people,
        QUALITY,
        (period,),
        seed,
        opened=Period(SCHEME, str(YEAR + 1), f"示例市{YEAR + 1}年度评议", voices(keys)),
        looks=(f"csv/{COMPARISON}：两种读法并排，谁的名次变了、为什么", "workbook.xlsx"),
        afterwards=_compare,
    )


def _compare(built: Built) -> Iterator[str]:
    """The same ballots and inputs under the default reading and under this one."""
    schemes, inputs = shipped(), read_input_folder(built.folder / INPUTS)
    change = Change(scheme=schemes[SCHEME].as_json())
    found = study([built.folder / SEALED], inputs, schemes[OTHER], change)
    reasons = _reasons(built, found)
    (built.folder / CSV / COMPARISON).write_bytes(_as_csv(found, reasons))
    write_file_list(built.folder)
    yield ""
    yield f"  两种读法：{found.titles[0]} → {found.titles[1]}"
    heads = "".join(right(head, 12) for head in ("原读法", "名次", "本读法", "名次"))
    yield f"  {padded('评议对象', WIDTH)}{heads}  为什么"
    for line in found.movers_first():
        cells = (line.before.total, line.before.rank, line.after.total, line.after.rank)
        shown = "".join(right(str(cell), 12) for cell in cells)
        yield f"  {padded(line.name, WIDTH)}{shown}  {reasons[line.key]}"


@dataclass(frozen=True, slots=True)
class _Views:
    """What each kind of rater gives a ratee, beside what they give all of its class."""

    scores: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, assessment: Assessment) -> "_Views":
        return cls(
            {
                (one.key, node.path): float(node.score)
                for one in assessment.ratees
                for node in one.nodes
                if node.score is not None
            }
        )

    def reason(self, line: Moved, peers: Sequence[Moved]) -> str:
        """Whose view moves the ratee: those that weigh more or less, and how they differ."""
        if not line.places_won:
            return "名次不变"
        move = f"升 {line.places_won} 位" if line.places_won > 0 else f"降 {-line.places_won} 位"
        parts = []
        for path, name, before, after in SHARES:
            own = self.scores[line.key, path]
            usual = fmean(self.scores[one.key, path] for one in peers)
            parts.append(f"{name}（占 {before}%→{after}%）给 {own:.1f}，同类平均 {usual:.1f}")
        return f"{move}：{'；'.join(parts)}"


def _reasons(built: Built, found: Study) -> dict[str, str]:
    views = _Views.of(built.assessments[f"{SCHEME}.{YEAR}"])
    return {
        line.key: views.reason(
            line, [one for one in found.lines if one.ratee_class == line.ratee_class]
        )
        for line in found.lines
    }


def _as_csv(found: Study, reasons: Mapping[str, str]) -> bytes:
    stream = io.StringIO(newline="")
    rows = csv.writer(stream)
    heads = ("得分", "名次", "等次")
    rows.writerow(
        [
            "评议对象",
            *(f"原读法{head}" for head in heads),
            *(f"本读法{head}" for head in heads),
            "名次变化",
            "为什么",
        ]
    )
    for line in found.movers_first():
        sides = [
            str(cell)
            for side in (line.before, line.after)
            for cell in (side.total, side.rank, side.grade)
        ]
        rows.writerow([line.name, *sides, line.places_won, reasons[line.key]])
    return stream.getvalue().encode("utf-8-sig")
