"""All pages of statistics; each brings its own address."""

from survey_app.assessments.statistics import (
    answers_page,
    estimates_page,
    price_page,
    questionnaires_page,
    ranks_page,
    raters_page,
    rules_page,
)
from survey_app.assessments.statistics.blueprint import statistics

__all__ = [
    "answers_page",
    "estimates_page",
    "price_page",
    "questionnaires_page",
    "ranks_page",
    "raters_page",
    "rules_page",
    "statistics",
]
