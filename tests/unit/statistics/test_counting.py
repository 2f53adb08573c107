import numpy as np
import pytest

from analysis.statistics.weights import counting
from analysis.statistics.weights.counting import count_cells, levels_of


def test_counts_by_hand() -> None:
    sex, age = np.array([0, 1, 1, 0], dtype=np.uint8), np.array([2, 0, 0, 2], dtype=np.int16)
    assert count_cells([sex, age], [2, 3]).tolist() == [[0, 0, 2], [2, 0, 0]]
    assert levels_of([2, 3]).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]


def test_chunks_and_order_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, size, 1000).astype(np.uint8) for size in (3, 4, 5)]
    whole = count_cells(codes, [3, 4, 5])
    assert whole.sum() == 1000
    monkeypatch.setattr(counting, "CHUNK", 64)
    monkeypatch.setattr(counting, "PIECE", 10)
    order = rng.permutation(1000)
    assert (count_cells([one[order] for one in codes], [3, 4, 5]) == whole).all()


def test_a_code_outside_its_axis_is_refused() -> None:
    for code in ([0, 3], [-1, 0]):
        with pytest.raises(ValueError, match="axis"):
            count_cells([np.array(code)], [3])


def test_no_rows_no_counts() -> None:
    assert count_cells([np.array([], dtype=int)], [2]).tolist() == [0, 0]
