"""The gates of a round: by which kind of ballot each total can be moved, and how far.

One gate is one ratee, leaf, rater class and (where the scheme takes a class apart) part. With k
ballots added, each of m_d answers worth t, the mean of dimension d goes from A_d/N_d to
(A_d + k m_d t)/(N_d + k m_d); Σ W_d S_d is the class, Σ share · S_c the leaf, and the shares above
the leaf bring it to the total. Nothing is simulated: it is the scheme's own arithmetic, in floats.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.results import RateeResult

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entrance:
    """A way in, the same for all ratees: leaf, rater class, and part where the scheme has one.

    `evidence` are the levels (open, card, code) that came this way. Where every ballot needs a
    personal code none can be added: only raters who are there can be turned (`is_open` False).
    """

    leaf: str
    leaf_name: str
    rater_class: str
    part: str
    evidence: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return self.evidence != ("code",)


@dataclass(frozen=True, slots=True)
class Gates:
    """All gates, a row each (g); votes are counted by dimension d and points p, lowest first.

    `ratee` and `entrance` are places in the lists; `votes` (g, d, p), and `rows` (g,) the ballots
    behind them; `best` and `worst` (g, d, p) what one ballot of highest or lowest marks adds;
    `weights` (g, d) of the dimensions, `points` (g, p), `trim` (g,). With S the own score the class
    is a + bS, (a, b) = `in_class`; the leaf a + b · class, (a, b) = `in_leaf`; the total moves by
    `factor` times the leaf from `total`.
    """

    entrances: tuple[Entrance, ...]
    ratees: tuple[RateeResult, ...]
    ratee: Ints
    entrance: Ints
    votes: Floats
    rows: Floats
    best: Floats
    worst: Floats
    weights: Floats
    points: Floats
    trim: Floats
    in_class: Floats
    in_leaf: Floats
    factor: Floats
    total: Floats

    def added(self, k: Floats, ballot: Floats) -> Floats:
        """Totals (g,) with k (g,) ballots more, each of the votes in `ballot` (best or worst)."""
        return self._total(self.votes + k[:, None, None] * ballot)

    def forged(self, k: Floats, ballot: Floats) -> Floats:
        """Totals with k ballots added where the gate is open, turned where it is not."""
        is_open = np.array([one.is_open for one in self.entrances])[self.entrance]
        left = np.where(is_open, 1.0, 1 - k / np.maximum(self.rows, 1))
        return self._total(self.votes * left[:, None, None] + k[:, None, None] * ballot)

    def turned(self, k: Floats, ballot: Floats) -> Floats:
        """Totals with k of the ballots that are there (average ones) replaced by `ballot`."""
        left = 1 - k / np.maximum(self.rows, 1)
        return self._total(self.votes * left[:, None, None] + k[:, None, None] * ballot)

    @property
    def slope(self) -> Floats:
        """Points of the total for one point of the own score."""
        slope: Floats = self.factor * self.in_leaf[:, 1] * self.in_class[:, 1]
        return slope

    def _total(self, votes: Floats) -> Floats:
        moved = self._own(votes) - self._own(self.votes)
        total: Floats = self.total + self.slope * moved
        return total

    def _own(self, votes: Floats) -> Floats:
        return own_scores(votes, self.points, self.weights, self.trim)


def own_scores(votes: Floats, points: Floats, weights: Floats, trim: Floats) -> Floats:
    """Σ W_d S_d (g,) over dimensions with votes, S_d the mean without ⌊trim·n⌋ at each end."""
    n = votes.sum(axis=2)
    if trim.any():
        cut = np.floor(trim[:, None] * n + 1e-9)[:, :, None]
        running = np.clip(np.cumsum(votes, axis=2), cut, n[:, :, None] - cut)
        votes = np.diff(running, axis=2, prepend=cut)
        n = votes.sum(axis=2)
    used = np.where(n > 0, weights, 0.0)
    means = np.einsum("gdp,gp->gd", votes, points) / np.maximum(n, 1e-12)
    score: Floats = (used * means).sum(axis=1) / np.maximum(used.sum(axis=1), 1e-300)
    return score
