"""Every table of an assessment, in the order of the workbook."""

from analysis.inputs import Inputs
from analysis.results import Assessment
from analysis.round_statistics.tables import Sufficient
from survey_app.reports.basis_table import basis
from survey_app.reports.context import Beside, Released, Tables
from survey_app.reports.grade_tables import grades, linkages
from survey_app.reports.hidden_table import hidden
from survey_app.reports.indicator_table import indicators
from survey_app.reports.ledger_tables import ledger, vetoes
from survey_app.reports.monthly_table import monthly
from survey_app.reports.round_tables import findings, participation, quality, ratee_counts
from survey_app.reports.satisfaction_tables import by_channel, by_dimension, summaries
from survey_app.reports.score_tables import by_rater_class, ranking
from survey_app.reports.screened_table import decisions
from survey_app.reports.sheets import Sheet
from survey_app.reports.statistics_table import statistics
from survey_app.reports.trace_tables import conversions, trace, weights


def all_sheets(
    assessment: Assessment,
    inputs: Inputs | None = None,
    *,
    target_per_ratee: int = 0,
    beside: Beside | None = None,
    sufficient: Sufficient | None = None,
    released: Released | None = None,
) -> tuple[Sheet, ...]:
    """The sheets this assessment can fill; `inputs` are those it was made from.

    `sufficient` are the sums of its answers; without them 统计说明 is left out. `released` is
    for tables that leave the house, from which small groups are hidden.
    """
    tables = Tables(assessment, inputs, target_per_ratee, beside, released)
    sheets = [ranking(tables), *monthly(tables), *grades(tables), *linkages(tables)]
    sheets += [*summaries(tables), *by_rater_class(tables), *by_dimension(tables)]
    if assessment.cells.ballots:
        sheets += [by_channel(tables), quality(tables)]
    if assessment.findings:
        sheets.append(findings(tables))
    sheets += decisions(tables)
    if assessment.indicators:
        sheets.append(indicators(tables))
    if assessment.participation:
        sheets.append(participation(tables))
    if target_per_ratee:
        sheets.append(ratee_counts(tables))
    sheets += [ledger(tables), vetoes(tables), *conversions(tables), *weights(tables)]
    if sufficient is not None and assessment.cells.ballots:
        sheets.append(statistics(tables, sufficient))
    sheets += [trace(tables), *hidden(tables), basis(tables)]
    return tuple(sheets)
