"""What appraisals add to a unit's file of a year: each period's progress and filings."""

from forms.problems import N_
from survey_app.appraisals import filings, reading
from survey_app.appraisals.who import Sight
from survey_app.core.database import Database
from survey_app.supervision.archive import Section
from survey_app.supervision.units import Scope

HEADERS = (
    N_("时期"),
    N_("人数"),
    N_("已定等次"),
    N_("已备案"),
    N_("新增"),
    N_("离开"),
    N_("变动报备"),
)
FILED, NOT_FILED = N_("已报备"), N_("未报备")


def archive_sections(database: Database, ratee: str, year: int, _scope: Scope) -> list[Section]:
    """A table of the unit's periods; none where it has no people in the year."""
    rows, links = [], []
    for period in reading.list_periods(database):
        if period.year != year:
            continue
        own = Sight(frozenset({ratee}))
        (progress,) = reading.open_period(database, period.id, own).units or (None,)
        filing = next(iter(filings.period_filings(database, period.id, own)), None)
        if progress is None or filing is None:
            continue
        rows.append(
            (
                period.period,
                str(progress.n),
                str(progress.reached(4)),
                str(progress.n_filed),
                str(len(filing.changes.joined)),
                str(len(filing.changes.left)),
                FILED if filing.filed else NOT_FILED,
            )
        )
        links.append(f"/admin/appraisals/{period.id}/units/{ratee}")
    return [Section(N_("平时考核"), HEADERS, tuple(rows), tuple(links))] if rows else []
