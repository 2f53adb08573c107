"""What is not voted on: 135 indicators with their owners, adjustments, a veto, earlier grades.

71 indicators come from the province, 64 from the city, as in the year the city is shaped after.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from analysis.inputs import (
    AdjustmentRow,
    HistoryRow,
    IndicatorMethod,
    IndicatorRow,
    Inputs,
    RateeRow,
    VetoRow,
)
from analysis.scheme import Scheme
from survey_app.demo.imprint import YEAR
from survey_app.demo.truth import PlantedTruth

PROVINCIAL, MUNICIPAL = "省级", "市级"
N_PROVINCIAL, N_MUNICIPAL = 71, 64
COMPONENT = "indicators"
CENTS = Decimal("0.01")
EXCELLENT_BEFORE = 13
CERTIFIER = "市统计局"

COUNTY_THEMES: tuple[tuple[str, str, str, IndicatorMethod], ...] = (
    ("地区生产总值增长率（%）", "经济发展", "市统计局", "completion"),
    ("一般公共预算收入（亿元）", "经济发展", "市财政局", "completion"),
    ("固定资产投资增长率（%）", "经济发展", "市统计局", "completion"),
    ("规模以上工业增加值（亿元）", "经济发展", "市统计局", "completion"),
    ("社会消费品零售总额（亿元）", "经济发展", "市商务局", "completion"),
    ("旅游总收入（亿元）", "经济发展", "市文化旅游广电局", "completion"),
    ("粮食播种面积（万亩）", "经济发展", "市农业农村局", "completion"),
    ("城镇新增就业（人）", "民生建设", "市人力资源和社会保障局", "completion"),
    ("城乡居民人均可支配收入（元）", "民生建设", "市统计局", "completion"),
    ("保障性住房开工（套）", "民生建设", "市住房和城乡建设局", "completion"),
    ("基本医疗保险参保人数（万人）", "民生建设", "市医疗保障局", "completion"),
    ("农村饮水安全工程（处）", "民生建设", "市水利局", "completion"),
    ("为民办实事项目完成（项）", "民生建设", "市政府办公室", "completion"),
    ("义务教育学位新增（个）", "社会发展", "市教育局", "completion"),
    ("千人口执业医师（人）", "社会发展", "市卫生健康委员会", "completion"),
    ("公共文化设施开放（处）", "社会发展", "市文化旅游广电局", "completion"),
    ("空气质量优良天数（天）", "社会发展", "市生态环境局", "completion"),
    ("造林绿化面积（亩）", "社会发展", "市林业局", "completion"),
    ("万元产值能耗（吨标准煤）", "重点工作", "市发展和改革委员会", "completion_inverse"),
    ("重点项目投资完成（亿元）", "重点工作", "市发展和改革委员会", "completion"),
    ("招商引资到位资金（亿元）", "重点工作", "市招商促进中心", "completion"),
    ("信访事项平均办理（天）", "共性指标", "市信访局", "completion_inverse"),
    ("生产安全事故起数（起）", "共性指标", "市应急管理局", "completion_inverse"),
    ("依法行政考评（分）", "共性指标", "市司法局", "marks"),
)
COMMON_THEMES: tuple[tuple[str, str, str, IndicatorMethod], ...] = (
    ("依法行政（分）", "共性指标", "市司法局", "marks"),
    ("政务公开及时率（%）", "共性指标", "市政府办公室", "completion"),
    ("预算执行率（%）", "共性指标", "市财政局", "completion"),
    ("建议提案按期办结率（%）", "共性指标", "市政府办公室", "completion"),
    ("信息报送（篇）", "共性指标", "市政府办公室", "completion"),
    ("群众来信平均办理（天）", "共性指标", "市信访局", "completion_inverse"),
)
OWN_THEMES = (
    ("重点工作任务完成（项）", "重点工作"),
    ("法定职责履行抽查合格率（%）", "履行法定职责"),
    ("为民办实事完成（件）", "为民办实事"),
)
WORKS = (
    ("bonus", "获省级表彰", "上级表彰", "省政府通报（模拟）"),
    ("bonus", "承办全国现场会", "上级表彰", "会议通知（模拟）"),
    ("bonus", "经验被省级推广", "群众好评", "推广文件（模拟）"),
    ("deduction", "重点项目进度滞后被通报", "督查通报", "督查通报（模拟）"),
    ("deduction", "服务窗口被媒体曝光", "媒体曝光", "报道存档（模拟）"),
    ("deduction", "群众反映问题未按期办结", "群众反映", "督办函（模拟）"),
)


@dataclass(slots=True)
class _Codes:
    """Hands out indicator codes: the provincial ones first, then the city's."""

    given: int = 0

    def next(self) -> tuple[str, str]:
        self.given += 1
        if self.given <= N_PROVINCIAL:
            return f"S{self.given:03d}", PROVINCIAL
        return f"M{self.given - N_PROVINCIAL:03d}", MUNICIPAL


def make_inputs(
    ratees: Sequence[RateeRow], truth: PlantedTruth, scheme: Scheme, rng: np.random.Generator
) -> Inputs:
    """Everything an assessment by this scheme reads beside ballots.

    The veto falls on the unit people think best of, so that its effect is seen.
    """
    units = [row for row in ratees if row.ratee_class == "unit"]
    best = max(units, key=lambda row: truth.quality[row.key])
    on = datetime.date(YEAR, 8, 15)
    leaves = [leaf.path for leaf in scheme.leaves() if leaf.source == "indicators"]
    return Inputs(
        ratees=tuple(ratees),
        indicators=tuple(_indicators(ratees, rng)) if COMPONENT in leaves else (),
        adjustments=tuple(_adjustments(ratees, rng)),
        vetoes=tuple(
            VetoRow(best.key, veto.key, "2026年第1号（模拟）", on) for veto in scheme.vetoes[:1]
        ),
        history=tuple(_history(ratees, rng)),
        period=str(YEAR),
    )


def _indicators(ratees: Sequence[RateeRow], rng: np.random.Generator) -> Iterator[IndicatorRow]:
    counties = [row for row in ratees if row.ratee_class == "county"]
    units = [row for row in ratees if row.ratee_class == "unit"]
    codes = _Codes()
    for place, theme in enumerate(COUNTY_THEMES):
        points = Decimal(5 if place < 4 else 4)
        yield from _shared(theme, counties, points, codes.next(), rng)
    for theme in COMMON_THEMES:
        yield from _shared(theme, units, Decimal(5), codes.next(), rng)
    left = N_PROVINCIAL + N_MUNICIPAL - codes.given
    for place, unit in enumerate(units):
        n = left // len(units) + (place < left % len(units))
        parts = {2: (40, 30), 3: (30, 20, 20)}[n]
        for (name, area), points in zip(OWN_THEMES, map(Decimal, parts), strict=False):
            theme = (name, area, CERTIFIER, "completion")
            yield from _shared(theme, [unit], points, codes.next(), rng)


def _shared(
    theme: tuple[str, str, str, IndicatorMethod],
    ratees: Sequence[RateeRow],
    points: Decimal,
    code: tuple[str, str],
    rng: np.random.Generator,
) -> Iterator[IndicatorRow]:
    """One indicator, broken down to each of these ratees with a target of its own."""
    name, area, owner, method = theme
    usual = float(rng.uniform(20, 200))
    for ratee in ratees:
        target, actual = _figures(method, points, usual, rng)
        yield IndicatorRow(
            indicator=code[0],
            name=name,
            ratee=ratee.key,
            component=COMPONENT,
            kind="qualitative" if method == "marks" else "quantitative",
            points=points,
            target=target,
            actual=actual,
            method=method,
            base=None if target is None else (target * Decimal("0.95")).quantize(CENTS),
            assessor=owner,
            owner=owner,
            level=code[1],
            attribute=area,
            is_certified=True,
        )


def _figures(
    method: IndicatorMethod, points: Decimal, usual: float, rng: np.random.Generator
) -> tuple[Decimal | None, Decimal]:
    """Target and actual; some miss their target, some pass it. Marks have no target."""
    if method == "marks":
        return None, _decimal(float(points) * float(rng.uniform(0.78, 1.0)))
    target = _decimal(usual * float(rng.uniform(0.8, 1.2)))
    rate = float(rng.normal(0.98, 0.09))
    return target, _decimal(float(target) * (rate if method == "completion" else 2 - rate))


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


def _adjustments(ratees: Sequence[RateeRow], rng: np.random.Generator) -> Iterator[AdjustmentRow]:
    chosen = rng.choice(len(ratees), 14, replace=True)
    for number, place in enumerate(chosen.tolist()):
        kind, matter, source, evidence = WORKS[number % len(WORKS)]
        yield AdjustmentRow(
            ratee=ratees[place].key,
            kind="bonus" if kind == "bonus" else "deduction",
            points=_decimal(float(rng.integers(1, 7)) / 2),
            matter=f"{matter}（第{number + 1}项）",
            source=source,
            evidence=evidence,
            on=datetime.date(YEAR, 1 + number % 9, 10 + number),
        )


def _history(ratees: Sequence[RateeRow], rng: np.random.Generator) -> Iterator[HistoryRow]:
    for year in (YEAR - 2, YEAR - 1):
        excellent = set(rng.choice(len(ratees), EXCELLENT_BEFORE, replace=False).tolist())
        for place, row in enumerate(ratees):
            yield HistoryRow(row.key, str(year), "优秀" if place in excellent else "合格")
