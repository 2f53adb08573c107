"""Psychometric synonyms: items that go together for everybody should do so within one ballot."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.items.moments import moments_of_rows
from analysis.statistics.response_quality.even_odd import row_correlation

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """`pairs` (later item, earlier item, r), greatest r first; `score` (n,) the correlation over
    the pairs within a ballot, NaN where it is undefined.
    """

    pairs: tuple[tuple[int, int, float], ...]
    score: Floats


def synonym_pairs(x: Floats, critval: float = 0.60) -> tuple[tuple[int, int, float], ...]:
    """Pairs of items with r ≥ critval over all ballots (pairwise), greatest first."""
    moments = moments_of_rows(x)
    used = moments.varying
    if len(used) < 2:
        return ()
    r = moments.restricted(used).correlation()
    later, earlier = np.tril_indices(len(used), -1)
    found = [
        (int(used[i]), int(used[j]), float(r[i, j]))
        for i, j in zip(later.tolist(), earlier.tolist(), strict=True)
        if r[i, j] >= critval
    ]
    return tuple(sorted(found, key=lambda one: (-one[2], one[0], one[1])))


def synonyms(x: Floats, critval: float = 0.60) -> Synonyms:
    """r_b over the pairs (later item, earlier item) of ballot b; low is careless.

    x (ballots × items), NaN where nothing was answered. A ballot whose later (or earlier) items all
    have one answer has no correlation and is reported as undefined; `careless` re-pairs at random
    there, so these rows differ on purpose: a score must not depend on a generator.

    What goes wrong: needs pairs, so ≥ 30 items and several scales; the careless ballots weaken the
    correlations that choose the pairs; fewer than about 5 pairs make r_b very rough.

    Source: Meade & Craig 2012, p. 440; Curran 2016, p. 11. Agrees with careless::psychsyn and
    psychsyn_critval elsewhere.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    pairs = synonym_pairs(x, critval)
    return Synonyms(pairs, pair_score(x, pairs))


def pair_score(x: Floats, pairs: tuple[tuple[int, int, float], ...]) -> Floats:
    """The score over pairs already chosen, for ballots that did not help to choose them."""
    if len(pairs) < 2:
        return np.full(len(x), np.nan)
    return row_correlation(x[:, [one[0] for one in pairs]], x[:, [one[1] for one in pairs]])
