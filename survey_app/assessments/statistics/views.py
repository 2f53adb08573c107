"""All pages of statistics; each brings its own address."""

from survey_app.assessments.statistics import ranks_page
from survey_app.assessments.statistics.blueprint import statistics

__all__ = ["ranks_page", "statistics"]
