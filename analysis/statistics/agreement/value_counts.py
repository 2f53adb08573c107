"""Ratings as counts: how many raters gave each value to each unit.

Krippendorff's alpha, Fleiss' kappa and Gwet's AC need no more than these counts, so two thousand
units rated by a million citizens are a table of 2 000 × 5 integers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """`counts[u, v]` ratings of unit u have the value `values[v]`; values rise."""

    counts: Counts
    values: Floats

    @property
    def ratings(self) -> Counts:
        """How many ratings each unit has (m_u)."""
        total: Counts = self.counts.sum(axis=1)
        return total


def of_counts(counts: Counts, values: Floats) -> ValueCounts:
    """Counts as they stand, the columns put in rising order of their values."""
    order = np.argsort(values, kind="stable")
    return ValueCounts(np.asarray(counts, dtype=np.int64)[:, order], np.asarray(values)[order])


def with_values(ratings: ValueCounts, values: Floats) -> ValueCounts:
    """The same counts with a column for each of these values too, empty where nobody gave it."""
    every = np.union1d(ratings.values, values)
    counts = np.zeros((len(ratings.counts), len(every)), dtype=np.int64)
    counts[:, np.searchsorted(every, ratings.values)] = ratings.counts
    return ValueCounts(counts, every)


def of_ratings(unit: Counts, value: Floats, units: int) -> ValueCounts:
    """Counts of ratings in long form. `unit` runs from 0; missing values (NaN) are left out."""
    present = ~np.isnan(value)
    values, column = np.unique(value[present], return_inverse=True)
    cell = unit[present] * len(values) + column
    counts = np.bincount(cell, minlength=units * len(values))
    return ValueCounts(counts.reshape(units, len(values)).astype(np.int64), values)


def of_table(table: Floats) -> ValueCounts:
    """Counts of a table units × raters, NaN where a rater did not rate the unit."""
    units, raters = table.shape
    return of_ratings(np.repeat(np.arange(units), raters), table.ravel(), units)
