"""The lowest steps of an explanation: indicators one by one, and the entries of the ledger."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from analysis.indicator_inputs import IndicatorMethod
from analysis.indicators import IndicatorResult
from analysis.inputs import AdjustmentRow
from analysis.note import Note
from analysis.results import RateeResult, SourceSum
from forms.problems import N_, plain
from survey_app.assessments.steps import Conversion, Step, percent

BONUS = N_("计入的加分 ＝ 加分合计，不超过上限")
DEDUCTION = N_("计入的减分 ＝ 减分合计，不超过上限")
SOURCE = N_("该来源合计，不超过该来源的上限")
ENTRY = N_("分值 × 倍数")
CAPPED = N_("合计超过上限，已封顶")
NOT_REPORTED = N_("没有完成值，不计入")
FORMULAS: Mapping[IndicatorMethod, str] = {
    "completion": N_("得分 ＝ 分值 × 计分完成率；完成率 ＝ 完成值 ÷ 目标值，限于上下限之间"),
    "completion_inverse": N_(
        "得分 ＝ 分值 × 计分完成率；完成率 ＝ 目标值 ÷ 完成值，限于上下限之间"
    ),
    "growth": N_("得分 ＝ 分值 × 计分完成率；总量完成率和增速完成率按比重相加"),
    "ratio_to_best": N_("得分 ＝ 分值 × 与同类最优之比"),
    "rank": N_("得分 ＝ 分值 ×（1 － 级差 ×（名次 － 1））"),
    "bands": N_("得分按完成值所在的档取"),
    "within": N_("目标区间以内得满分，以外按偏离最近端点的比例扣"),
    "deduction": N_("得分 ＝ 分值 － 每次分值 × 次数，不低于零"),
    "marks": N_("得分 ＝ 评定分；几家评分取平均"),
}


def indicator_steps(path: str, rows: Sequence[IndicatorResult]) -> list[Step]:
    """A step for every indicator of a leaf; what counts re-adds to the leaf's score."""
    whole = sum((Fraction(row.row.points) for row in rows if row.score is not None), Fraction(0))
    return [_indicator(path, row, whole) for row in rows]


def _indicator(path: str, found: IndicatorResult, whole: Fraction) -> Step:
    row = found.row
    score = None if found.score is None else Fraction(found.score)
    notes = [Note(found.note)] if found.note else []
    if score is None:
        notes.append(Note(NOT_REPORTED))
    return Step(
        path=f"{path}/{row.indicator.replace('/', '／')}",
        level=path.count("/") + 2,
        kind="indicator",
        label=f"{row.indicator} {row.name}",
        formula=FORMULAS[row.method],
        figures=_figures(found),
        exact=score,
        adds=100 * score / whole if score is not None and whole else None,
        share=None,
        weight=Fraction(row.points),
        notes=tuple(notes),
        readds=True,
    )


def _figures(found: IndicatorResult) -> str:
    row = found.row
    if found.marks:
        given = " ＋ ".join(f"{who or '—'} {_number(mark)}" for who, mark in found.marks)
        n = sum(mark is not None for _, mark in found.marks)
        return f"（{given}）÷ {n} → {_number(found.score)}"
    terms = []
    if row.method == "completion_inverse" and found.rate is not None:
        terms.append(
            f"{_number(row.target)} ÷ {_number(row.actual)} ＝ {percent(found.rate / 100)}"
        )
    elif found.rate is not None and row.target is not None:
        terms.append(
            f"{_number(row.actual)} ÷ {_number(row.target)} ＝ {percent(found.rate / 100)}"
        )
    elif row.actual is not None:
        terms.append(_number(row.actual))
    if found.volume_rate is not None and found.growth_rate is not None:
        volume, growth = percent(found.volume_rate / 100), percent(found.growth_rate / 100)
        terms.append(f"{volume}，{growth}")
    if found.rate_counted is not None and row.method != "marks":
        counted = percent(found.rate_counted / 100)
        terms.append(f"{plain(row.points)} × {counted} ＝ {_number(found.score)}")
    return "；".join(terms)


def _number(value: Decimal | None) -> str:
    return "—" if value is None else plain(value)


def adjustment_steps(result: RateeResult, entries: Sequence[AdjustmentRow]) -> list[Step]:
    """What is added and taken: in all, by source where the scheme lists any, entry by entry."""
    bonus = (result.bonus_raw, result.bonus_counted)
    deduction = (result.deduction_raw, result.deduction_counted)
    return [
        *_side("+", "bonus", N_("加分"), BONUS, bonus, result.sources, entries),
        *_side("-", "deduction", N_("减分"), DEDUCTION, deduction, result.sources, entries),
    ]


def _side(
    path: str,
    kind: str,
    label: str,
    formula: str,
    sums: tuple[Decimal, Decimal],
    all_sources: Sequence[SourceSum],
    all_entries: Sequence[AdjustmentRow],
) -> list[Step]:
    raw, counted = sums
    sources = [one for one in all_sources if one.kind == kind]
    entries = [one for one in all_entries if one.kind == kind]
    within = sum((one.counted for one in sources), Decimal(0)) if sources else raw
    sign = 1 if kind == "bonus" else -1
    top = Step(
        path=path,
        level=1,
        kind="adjustment",
        label=label,
        formula=formula,
        figures=f"Σ {plain(raw)} → {plain(counted)}",
        exact=Fraction(counted),
        adds=sign * Fraction(counted),
        conversions=_cap(within, counted),
        notes=(Note(CAPPED),) if raw != counted else (),
        readds=True,
    )
    steps = [top]
    for source in sources:
        steps.append(_source(path, source))
        steps += _entries(
            f"{path}/{source.key}", [e for e in entries if e.source in (source.key, source.name)]
        )
    return steps if sources else [*steps, *_entries(path, entries)]


def _source(path: str, source: SourceSum) -> Step:
    return Step(
        path=f"{path}/{source.key}",
        level=2,
        kind="source",
        label=source.name,
        formula=SOURCE,
        figures=f"Σ {plain(source.raw)} → {plain(source.counted)}",
        exact=Fraction(source.counted),
        adds=Fraction(source.counted),
        conversions=_cap(source.raw, source.counted),
        notes=(Note(CAPPED),) if source.raw != source.counted else (),
        readds=True,
    )


def _cap(raw: Decimal, counted: Decimal) -> tuple[Conversion, ...]:
    if raw == counted:
        return ()
    return (Conversion(Note(CAPPED), Fraction(raw), None, Fraction(counted)),)


def _entries(path: str, entries: Sequence[AdjustmentRow]) -> list[Step]:
    ordered = sorted(entries, key=lambda one: (str(one.on or ""), one.matter, one.points))
    return [
        Step(
            path=f"{path}/{number}",
            level=path.count("/") + 2,
            kind="entry",
            label=one.matter,
            formula=ENTRY,
            figures=_entry_figures(one),
            exact=Fraction(one.points * one.multiplier),
            adds=Fraction(one.points * one.multiplier),
            readds=True,
        )
        for number, one in enumerate(ordered, start=1)
    ]


def _entry_figures(one: AdjustmentRow) -> str:
    grounds = "，".join(str(part) for part in (one.source, one.evidence, one.on) if part)
    work = f"{plain(one.points)} × {plain(one.multiplier)} ＝ {plain(one.points * one.multiplier)}"
    return f"{work}（{grounds}）" if grounds else work
