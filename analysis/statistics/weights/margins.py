"""Margins: known population totals by category, checked against the data before any weighting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from forms.problems import N_, InputError, Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

SAME_TOTAL = 1e-9


@dataclass(frozen=True, slots=True)
class Margin:
    """The known totals of one variable: `totals[k]` persons have level `levels[k]`."""

    name: str
    levels: tuple[str, ...]
    totals: tuple[float, ...]

    @property
    def total(self) -> float:
        return float(sum(self.totals))


def numbered(name: str, totals: Sequence[float]) -> Margin:
    """A margin whose levels have no names but their numbers 0, 1, …"""
    return Margin(name, tuple(map(str, range(len(totals)))), tuple(float(one) for one in totals))


def coded(
    margins: Sequence[Margin], labels: Sequence[Sequence[str]]
) -> tuple[Codes, tuple[Margin, ...]]:
    """Codes of labelled rows, rows × margins, and the margins with a level for every label found.

    A label without a target becomes a level with total 0, which `check` then refuses by name.
    """
    codes = np.empty((len(labels[0]) if labels else 0, len(margins)), dtype=np.int64)
    known = []
    for place, (margin, texts) in enumerate(zip(margins, labels, strict=True)):
        unknown = tuple(sorted(set(texts) - set(margin.levels)))
        full = Margin(margin.name, margin.levels + unknown, margin.totals + (0.0,) * len(unknown))
        number = {level: code for code, level in enumerate(full.levels)}
        codes[:, place] = [number[text] for text in texts]
        known.append(full)
    return codes, tuple(known)


def check(margins: Sequence[Margin], sums: Sequence[Floats]) -> None:
    """Refuse, all at once, categories without target and targets without data.

    `sums[m][k]` is the sum of weights in level k of margin m. The two faults would otherwise end
    as weights of zero or as a division by zero.
    """
    problems = [
        problem
        for margin, found in zip(margins, sums, strict=True)
        for level, target, data in zip(margin.levels, margin.totals, found, strict=True)
        if (problem := _problem(margin.name, level, target, float(data))) is not None
    ]
    if problems:
        raise InputError(problems)


def _problem(name: str, level: str, target: float, data: float) -> Problem | None:
    where, values = f"margin.{name}", {"level": level or "（空）"}
    if not np.isfinite(target) or target < 0:
        return Problem(
            where, N_("“{level}”的总体数不是非负的数"), N_("请改成总体人数或份额"), values
        )
    if data > 0 and target == 0:
        return Problem(
            where,
            N_("数据中有“{level}”，却没有它的总体数"),
            N_("请补上总体数，或把这一类并入别的类"),
            values,
        )
    if target > 0 and not data > 0:
        return Problem(
            where,
            N_("“{level}”有总体数，数据中却没有这一类"),
            N_("请把这一类并入别的类"),
            values,
        )
    return None


def agreed(margins: Sequence[Margin]) -> tuple[tuple[Margin, ...], tuple[Note, ...]]:
    """Margins with the total of the first; a note for each that had to be rescaled.

    Weights have one sum, so margins with different totals cannot all be met.
    """
    first = margins[0].total
    made, notes = [], []
    for margin in margins:
        if abs(margin.total - first) <= SAME_TOTAL * abs(first) or margin.total <= 0:
            made.append(margin)
            continue
        ratio = first / margin.total
        made.append(replace(margin, totals=tuple(one * ratio for one in margin.totals)))
        notes.append(
            Note(
                N_("“{margin}”各类合计 {own}，与“{first}”的 {total} 不同，已按后者等比调整"),
                {
                    "margin": margin.name,
                    "own": f"{margin.total:.10g}",
                    "first": margins[0].name,
                    "total": f"{first:.10g}",
                },
            )
        )
    return tuple(made), tuple(notes)


def level_sums(weights: Floats, code: Codes, margin: Margin) -> Floats:
    """Σ w in every level of a margin."""
    return np.bincount(code, weights, minlength=len(margin.levels)).astype(np.float64)
