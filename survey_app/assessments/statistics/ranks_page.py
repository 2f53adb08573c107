"""The page 名次和等次: what the order is worth."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from markupsafe import Markup

from survey_app.assessments.statistics.blueprint import opened, page, statistics
from survey_app.assessments.statistics.opening import OpenedStatistics

if TYPE_CHECKING:
    from analysis.round_statistics.order import ClassOrder, RankLine
    from analysis.scheme import Scheme


@dataclass(frozen=True, slots=True)
class RankRow:
    """One ratee: its figures as the table shows them."""

    line: "RankLine"
    grade: str
    likely: str
    gap: str
    is_clear: bool | None
    """Whether the difference to the next one below is certain; None for the last."""
    has_veto: bool


@dataclass(frozen=True, slots=True)
class RankPage:
    """One class of ratees."""

    name: str
    order: "ClassOrder"
    rows: tuple[RankRow, ...]
    ranks: Markup
    grades: Markup | None
    legend: tuple[tuple[Markup, str], ...]
    first: tuple[tuple[str, str], ...]


@statistics.get("/ranks")
def ranks(round_id: int) -> str:
    """Rank ranges, neighbours, and how close each grade is."""
    of = opened(round_id)
    return page("ranks", round_id, of, classes=rank_pages(of))


def rank_pages(of: OpenedStatistics) -> tuple[RankPage, ...]:
    """Every class that has an order to speak of."""
    from analysis.round_statistics.order import class_orders

    orders = class_orders(of.assessment, of.run.inputs.ratees, of.sufficient, of.seed)
    return tuple(_class_page(of, place, one) for place, one in enumerate(orders))


def _class_page(of: OpenedStatistics, place: int, order: "ClassOrder") -> RankPage:
    from survey_app.assessments import charts
    from survey_app.assessments.pages import safe
    from survey_app.assessments.statistics.rank_charts import grade_strips, rank_caterpillar

    name = of.run.class_name(order.ratee_class)
    scheme = of.assessment.scheme
    grades = [str(one.name) for one in scheme.grades] + [_("没有等次")]
    ranks = rank_caterpillar(
        f"ranks-{place}",
        _("{name}：名次和可能的名次").format(name=name),
        [(one.name, one.rank, one.together, one.alone) for one in order.lines],
    )
    strips = None
    shown = [one for one in order.lines if one.grades and max(one.grades) < 0.995]
    if shown:
        strips = grade_strips(
            f"grades-{place}",
            _("{name}：等次的可能性").format(name=name),
            grades,
            [(one.name, one.grades) for one in shown],
        )
    names = {one.key: one.name for one in order.lines}
    return RankPage(
        name=name,
        order=order,
        rows=_rows(order, scheme, grades, {one.key for one in of.assessment.ratees if one.veto}),
        ranks=safe(ranks),
        grades=None if strips is None else safe(strips),
        legend=tuple((safe(charts.swatch(i)), grade) for i, grade in enumerate(grades)),
        first=tuple((names[key], f"{share:.0%}") for key, share in order.first_anywhere),
    )


def _rows(
    order: "ClassOrder", scheme: "Scheme", grades: list[str], vetoed: set[str]
) -> tuple[RankRow, ...]:
    from survey_app.assessments.statistics.rank_charts import probability_words

    names = {one.key: str(one.name) for one in scheme.grades}
    below = {one.upper: one for one in order.gaps}
    rows = []
    for one in order.lines:
        gap = below.get(one.key)
        rows.append(
            RankRow(
                line=one,
                grade=names.get(one.grade, "—"),
                likely=probability_words(grades, one.grades) if one.grades else "—",
                gap="—" if gap is None else f"{gap.gap:.2f}",
                is_clear=None if gap is None else gap.is_clear,
                has_veto=one.key in vetoed,
            )
        )
    return tuple(rows)
