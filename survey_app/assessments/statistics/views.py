"""All pages of statistics; each brings its own address."""

from survey_app.assessments.statistics import (
    estimates_page,
    questionnaires_page,
    ranks_page,
    raters_page,
    rules_page,
)
from survey_app.assessments.statistics.blueprint import statistics

__all__ = [
    "estimates_page",
    "questionnaires_page",
    "ranks_page",
    "raters_page",
    "rules_page",
    "statistics",
]
