"""The results of a small city in words, for a terminal."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from survey_app.demo.telling import padded, right

if TYPE_CHECKING:
    from analysis.results import Assessment
    from survey_app.demo.small_building import SmallDemo

WIDTH = 26
MOST = 14


def tell(demo: "SmallDemo") -> Iterator[str]:
    """The last round as a table, what every round leads to, and what to notice."""
    if not demo.assessments:
        return
    key, last = list(demo.assessments.items())[-1]
    yield ""
    yield from _table(key, last)
    for key, one in _last_of_each_scheme(demo.assessments):
        yield from _proposals(key, one)
    yield from demo.told


def _last_of_each_scheme(
    assessments: "Mapping[str, Assessment]",
) -> "list[tuple[str, Assessment]]":
    """The latest round of every scheme of a chain: earlier ones say much the same."""
    return list({one.scheme.key: (key, one) for key, one in assessments.items()}.values())


def _table(key: str, assessment: "Assessment") -> Iterator[str]:
    heads = "".join(right(head, 10) for head in ("得分", "名次", "等次"))
    yield f"  {padded(key, WIDTH)}{heads}"
    best_first = sorted(assessment.ratees, key=lambda one: (one.ratee_class, one.rank_class or 0))
    for one in best_first[:MOST]:
        cells = (one.total, one.rank_class, one.grade_name or one.grade)
        shown = "".join(right("—" if cell is None else str(cell), 10) for cell in cells)
        yield f"  {padded(one.name, WIDTH)}{shown}"
    if len(best_first) > MOST:
        yield f"  …… 共 {len(best_first)} 个，全部见工作簿"


def _proposals(key: str, assessment: "Assessment") -> Iterator[str]:
    names = {one.key: one.name for one in assessment.ratees}
    found = [
        proposal
        for one in assessment.ratees
        for proposal in one.consequences
        if not proposal.column
    ]
    if found:
        yield f"  {key} 的结果运用（由人决定）："
    for one in found[:MOST]:
        yield f"    {names.get(one.ratee, one.ratee)}：{one.name}"
    if len(found) > MOST:
        yield f"    …… 共 {len(found)} 项"
