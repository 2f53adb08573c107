"""Sharing a sample of n out over strata, in whole numbers that add up to n.

Proportional n_h ∝ N_h, equal, or Neyman n_h ∝ N_h S_h (Neyman 1934; Cochran 1977, §5.5), rounded
by largest remainders, at least `least` and at most N_h each. Under a minimum small strata get more
than their share; weights N_h / n_h put that right.
"""

from collections.abc import Sequence

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_


def allocate(
    n: int, sizes: Sequence[int], spread: Sequence[float] | None = None, least: int = 1
) -> tuple[int, ...]:
    """n_h for every stratum in order: proportional to `sizes`, times `spread` where given."""
    room = [min(size, least) for size in sizes]
    if n > sum(sizes) or n < sum(room):
        raise NoEstimate(
            "undefined",
            Note(
                N_("{n} 人分不到各层：各层共有 {all} 人，每层至少 {least} 人共要 {need} 人"),
                {"n": n, "all": sum(sizes), "least": least, "need": sum(room)},
            ),
        )
    ideal = [float(size) for size in sizes]
    if spread is not None:
        ideal = [size * max(one, 0.0) for size, one in zip(ideal, spread, strict=True)]
    if not sum(ideal):
        ideal = [float(size) for size in sizes]
    return _shared_out(n, ideal, room, sizes)


def _shared_out(
    n: int, ideal: Sequence[float], floors: Sequence[int], tops: Sequence[int]
) -> tuple[int, ...]:
    """Whole numbers near n · ideal / Σ ideal within floors and tops."""
    fixed: dict[int, int] = {}
    while True:
        open_ = [h for h in range(len(ideal)) if h not in fixed]
        left = n - sum(fixed.values())
        whole = sum(ideal[h] for h in open_)
        share = {h: left * ideal[h] / whole if whole else left / len(open_) for h in open_}
        under = {h: floors[h] for h in open_ if share[h] < floors[h]}
        over = {h: tops[h] for h in open_ if share[h] > tops[h]}
        # The side that is further out goes first, or one could undo the other.
        low = sum(floor - share[h] for h, floor in under.items())
        high = sum(share[h] - top for h, top in over.items())
        bound = under if low >= high and under else over
        if not bound:
            break
        fixed |= bound
    counts = fixed | {h: int(share[h]) for h in open_}
    left = n - sum(counts.values())
    for h in sorted(open_, key=lambda h: (-(share[h] - int(share[h])), h)):
        if left and counts[h] < tops[h]:
            counts[h] += 1
            left -= 1
    return tuple(counts[h] for h in range(len(ideal)))
