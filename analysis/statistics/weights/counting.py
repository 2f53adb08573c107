"""From rows to counts: the only step of weighting whose cost grows with the answers.

A cell is one combination of codes. The counts are whole numbers, so parts of the rows counted
apart and added give the same cells, bit for bit, in any order.
"""

from collections.abc import Sequence

import numpy as np

from analysis.statistics.weights.margins import Codes

CHUNK = 1 << 22
PIECE = 1 << 15


def count_cells(codes: Sequence[np.ndarray], sizes: Sequence[int]) -> Codes:
    """Counts shaped `sizes`. `codes`: for each axis the code of every row, from 0, any integer.

    Rows are taken 4 194 304 at a time, so memory does not grow with them; keys are made in pieces
    that stay in the processor's cache. ValueError where a code lies outside its axis.
    """
    cells = int(np.prod(sizes))
    found = np.zeros(cells, dtype=np.int64)
    for code, size in zip(codes, sizes, strict=True):
        if len(code) and not 0 <= int(code.min()) <= int(code.max()) < size:
            raise ValueError("a code lies outside its axis")
    n = len(codes[0])
    key = np.empty(min(n, CHUNK), dtype=np.int64)
    for start in range(0, n, CHUNK):
        here = key[: min(CHUNK, n - start)]
        for at in range(0, len(here), PIECE):
            _keys(codes, sizes, start + at, here[at : at + PIECE])
        found += np.bincount(here, minlength=cells)
    return found.reshape(sizes)


def _keys(codes: Sequence[np.ndarray], sizes: Sequence[int], start: int, key: Codes) -> None:
    stop = start + len(key)
    key[:] = codes[0][start:stop]
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        key *= size
        key += code[start:stop]


def levels_of(sizes: Sequence[int]) -> Codes:
    """The level in each margin of every cell of a full grid: cells × margins."""
    grid = np.indices(tuple(sizes)).reshape(len(sizes), -1)
    return grid.T.astype(np.int64)
