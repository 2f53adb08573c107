"""Public opinion that counts at once: six departments and two districts of a city.

Public praise adds points directly, with its evidence; exposure in the media is taken off several
times over; a proven harm costs the excellent grade; a divided leadership shows in its own block.
"""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from analysis.inputs import AdjustmentRow, RateeRow, VetoRow
from survey_app.complaints import service as complaints
from survey_app.complaints.service import ComplaintSpec
from survey_app.demo.drawn_rows import Line, RowMaker, day
from survey_app.demo.imprint import YEAR
from survey_app.demo.small_city import Built, Period, SmallCity, Voice
from survey_app.demo.ways_in import OPERATOR

SCHEME = "xiangtan-public-opinion"
RATEES = (
    ("a1", "岳东区", "county", 0.8),
    ("a2", "雨南区", "county", 0.3),
    ("b1", "市教育局", "unit", 1.1),
    ("b2", "市公安局", "unit", 0.8),
    ("b3", "市人社局", "unit", 0.9),
    ("b4", "市住建局", "unit", 0.2),
    ("b5", "市市场监管局", "unit", 0.5),
    ("b6", "市商务局", "unit", 0.7),
)
QUALITY = {key: quality for key, _, _, quality in RATEES}
DIVIDED = {"b6": -1.6}
"""班子团结协作没搞好: those who work with the leadership see it, the public does not."""
LINES = (
    Line("P1", "平时督查事项按期办结（%）", "routine", "60", "平时督查", "市政府督查室"),
    Line("P2", "营商环境问题整改（件）", "routine", "40", "平时督查", "市政府督查室"),
    Line("N1", "年度重点任务完成（%）", "year-end", "60", "年终考核", "市统计局"),
    Line("N2", "民生实事完成（件）", "year-end", "40", "年终考核", "市统计局"),
)
WORKS = (
    ("b1", "bonus", "2", "家长送来表扬信", "群众好评", "表扬信12封（模拟）", "1"),
    ("b3", "bonus", "1", "社保窗口延时服务受好评", "群众好评", "好评记录编号07（模拟）", "1"),
    ("b4", "deduction", "1.5", "烂尾楼处置拖延", "群众反映", "信访件〔2026〕31号（模拟）", "1"),
    ("b5", "deduction", "2", "执法人员粗暴执法", "媒体曝光", "https://example.org/7（模拟）", "3"),
)


def draw(seed: int) -> SmallCity:
    keys = tuple(QUALITY)
    rows = RowMaker(QUALITY, np.random.default_rng([seed, 300]))
    period = Period(
        SCHEME,
        str(YEAR),
        f"示例市{YEAR}年度民意绩效考评",
        _voices(keys),
        indicators=tuple(rows.completion(line, key) for line in LINES for key in keys),
        adjustments=tuple(
            AdjustmentRow(
                ratee=ratee,
                kind="bonus" if kind == "bonus" else "deduction",
                points=Decimal(points),
                matter=matter,
                source=source,
                evidence=evidence,
                on=day(3 + place, 12),
                multiplier=Decimal(times),
            )
            for place, (ratee, kind, points, matter, source, evidence, times) in enumerate(WORKS)
        ),
        vetoes=(
            VetoRow(
                "b2", "损害群众利益或营商环境，经查实", "核查通报〔2026〕2号（模拟）", day(8, 15)
            ),
        ),
    )
    return SmallCity(
        SCHEME,
        "示例市（民意加减分）",
        "示例市绩效考核办公室",
        tuple(
            RateeRow(key, name, kind, "区县组" if kind == "county" else "市直组")
            for key, name, kind, _ in RATEES
        ),
        QUALITY,
        (period,),
        seed,
        opened=Period(SCHEME, str(YEAR + 1), f"示例市{YEAR + 1}年度民意调查", _voices(keys)),
        scopes={"unit": "b4"},
        looks=("加减分台账：群众好评、群众反映、媒体曝光各有依据和倍数", "workbook.xlsx"),
        afterwards=_complain,
    )


def _voices(keys: tuple[str, ...]) -> tuple[Voice, ...]:
    leader = {"county": "leader", "unit": "leader"}
    return (
        Voice("citizen", {"county": "county", "unit": "unit"}, "poster", 16),
        Voice("service_user", {"county": "service", "unit": "service"}, "card", 8, shift=0.1),
        Voice("leader_city", leader, "list", 7, (keys,), 0.2, DIVIDED),
        Voice("leader_dept", leader, "list", 7, (keys,), 0.2, DIVIDED),
    )


def _complain(built: Built) -> Iterator[str]:
    """Two complaints by telephone: one is being looked into, one just came in."""
    database = built.services.database
    first = complaints.enter(
        database,
        OPERATOR,
        ComplaintSpec("service", "（模拟）窗口让人跑了三趟", "b4", "", "phone", is_simulated=True),
    )
    complaints.note(database, OPERATOR, first.id, "（模拟）已调取办件记录")
    complaints.enter(
        database,
        OPERATOR,
        ComplaintSpec("conduct", "（模拟）执法时态度粗暴", "b5", "", "box", is_simulated=True),
    )
    yield f"  投诉 2 件已受理，例如 {first.number}，查询码 {first.code}"
