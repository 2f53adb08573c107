"""A setting taken from a real round: its shares, its correlations, its sizes, never its ballots."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.attacks.honest import Floats, Ints, Setting, synthetic
from analysis.cells import FormCells
from analysis.dedupe import FIRST
from analysis.round_statistics.tables import ItemMoments, RaterSheets, Sufficient
from analysis.tallies import effective_points

FEWEST_UNITS = 3
MOST_UNITS = 60
MOST_RATERS = 200
OPEN, CARD = "open", "card"


def setting_from(sufficient: Sufficient) -> Setting | None:
    """The setting of the largest questionnaire with an open entrance; None where there is none.

    Shares by unit and item, half a vote added to each option; correlations within units from the
    item moments; ballots and cards by unit as they came in. The panel is the questionnaire with the
    most sheets of raters who rate several units; a plain one where there is none. What is known of
    a round is pooled over its rater classes.
    """
    chosen = _largest_open(sufficient.cells)
    if chosen is None:
        return None
    units = sorted({key.ratee for key in chosen.keys if key.status in FIRST})[:MOST_UNITS]
    moments = next(
        one for one in sufficient.items if one.questionnaire == chosen.form.questionnaire.key
    )
    made = replace(
        synthetic(units=len(units)),
        upper=_upper(_counts(chosen, units)),
        loadings=_root(_correlations(moments)),
        size=_rows(chosen, units, is_card=False),
        cards=_rows(chosen, units, is_card=True),
    )
    return _with_panel(made, sufficient.sheets)


def _largest_open(cells: Sequence[FormCells]) -> FormCells | None:
    def open_rows(one: FormCells) -> int:
        return sum(key.n for key in one.keys if key.evidence == OPEN and key.status in FIRST)

    usable = [
        one
        for one in cells
        if open_rows(one)
        and len(one.form.scored) > 1
        and len({key.ratee for key in one.keys if key.status in FIRST}) >= FEWEST_UNITS
    ]
    return max(usable, key=open_rows, default=None)


def _rows(cells: FormCells, units: Sequence[str], *, is_card: bool) -> Ints:
    n = dict.fromkeys(units, 0)
    for key in cells.keys:
        if key.status in FIRST and key.ratee in n and (key.evidence == CARD) == is_card:
            n[key.ratee] += key.n
    return np.array([n[unit] for unit in units], dtype=np.int64)


def _counts(cells: FormCells, units: Sequence[str]) -> Floats:
    """Votes (unit, item, option), options with points in order of their points."""
    worth = effective_points(cells.form, None)
    values = sorted({value for of in worth.values() for value in of.values()})
    place = {unit: number for number, unit in enumerate(units)}
    unit = np.array([place.get(key.ratee, -1) for key in cells.keys])
    keep = np.array([key.status in FIRST for key in cells.keys]) & (unit >= 0)
    counts = np.zeros((len(units), len(cells.form.scored), len(values)))
    for column, (item, _) in enumerate(cells.form.scored):
        found = cells.items[item.key]
        for option, value in worth[item.key].items():
            rows = keep[found.key_number] & (found.option_number == option)
            to = unit[found.key_number[rows]]
            np.add.at(counts[:, column, values.index(value)], to, found.n[rows])
    return counts


def _upper(counts: Floats) -> Floats:
    smooth = counts + 0.5
    share: Floats = np.cumsum(smooth, axis=2) / smooth.sum(axis=2, keepdims=True)
    return share


def _correlations(moments: ItemMoments) -> Floats:
    """Within units, pooled: Σ_u (Σxy − Σx Σy / n) over all units."""
    n = np.maximum(moments.n, 1).astype(np.float64)
    x, xy = moments.x.astype(np.float64), moments.xy.astype(np.float64)
    within = (xy - x * np.swapaxes(x, 1, 2) / n).sum(axis=0)
    scale = np.sqrt(np.maximum(np.diagonal(within), 1e-12))
    found: Floats = np.clip(within / np.outer(scale, scale), -1, 1)
    np.fill_diagonal(found, 1.0)
    return found


def _root(correlations: Floats) -> Floats:
    """A with AAᵀ the nearest correlation matrix that is one."""
    values, vectors = np.linalg.eigh(correlations)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    whole: Floats = root / np.sqrt((root**2).sum(axis=1, keepdims=True))
    return whole


def _with_panel(setting: Setting, sheets: Sequence[RaterSheets]) -> Setting:
    largest = max(sheets, key=lambda one: len(one.codes), default=None)
    if largest is None or len(largest.items) < 2:
        return setting
    units = sorted({ratee for ratee, _ in largest.units})
    if len(units) < FEWEST_UNITS:
        return setting
    place = {unit: number for number, unit in enumerate(units)}
    of_row = np.array([place[ratee] for ratee, _ in largest.units])[largest.unit]
    values = sorted({one for points in largest.points for one in points if not np.isnan(one)})
    counts = np.zeros((len(units), len(largest.items), len(values)))
    points = np.full(largest.codes.shape, np.nan)
    for column, worth in enumerate(largest.points):
        points[:, column] = np.array(worth)[largest.codes[:, column]]
        for number, value in enumerate(values):
            here = points[:, column] == value
            np.add.at(counts[:, column, number], of_row[here], 1)
    return replace(
        setting,
        panel_upper=_upper(counts),
        raters=min(int(np.unique(largest.rater).size), MOST_RATERS),
        leniency=_leniency(points, of_row, largest.rater),
    )


def _leniency(points: Floats, unit: Ints, rater: Ints) -> float:
    """The correlation of two answers of one rater about different questions, unit means removed.

    Σ_r (S_r² − Q_r) / Σ_r m_r(m_r − 1) over the mean square, S_r the sum and Q_r the sum of squares
    of a rater's m_r residuals.
    """
    residual = points.copy()
    for number in np.unique(unit):
        rows = unit == number
        known = ~np.isnan(points[rows])
        sums = np.where(known, points[rows], 0.0).sum(axis=0)
        residual[rows] -= sums / np.maximum(known.sum(axis=0), 1)
    known = ~np.isnan(residual)
    filled = np.where(known, residual, 0.0)
    s = np.bincount(rater, weights=filled.sum(axis=1))
    q = np.bincount(rater, weights=(filled**2).sum(axis=1))
    m = np.bincount(rater, weights=known.sum(axis=1))
    pairs, square = float((m * (m - 1)).sum()), float(q.sum() / max(m.sum(), 1))
    if pairs <= 0 or square <= 0:
        return 0.0
    return float(np.clip((s**2 - q).sum() / pairs / square, 0.0, 0.9))
