"""A place against its own history: is this round's share out of line with its earlier ones?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.comparisons.multiple_testing import benjamini_hochberg
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
FALSE_DISCOVERIES = 0.01
LEAST = 30


@dataclass(frozen=True, slots=True)
class Departure:
    """A place: `share` now, `expected` from its history and the general drift, `se` of their
    difference, `t`, `p` two-sided, `q` over the places, `is_flagged` q ≤ 0.01. None, and `why`,
    where the place cannot be judged.
    """

    share: float | None
    expected: float | None
    se: float | None
    t: float | None
    p: float | None
    q: float | None
    is_flagged: bool
    why: Note | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The places in their order; `rho` how much a place's own share wanders between rounds
    (intra-class correlation), `drift` the common change of the logit since earlier rounds, `df`.
    """

    places: tuple[Departure, ...]
    rho: float
    drift: float
    df: int


def own_history(
    now_k: ArrayLike, now_n: ArrayLike, earlier_k: ArrayLike, earlier_n: ArrayLike
) -> History:
    """Share now against the place's pooled earlier share, moved by the drift all places share.

    now_k of now_n ballots (places,); earlier_k of earlier_n (places, rounds), 0 of 0 where a place
    was not in a round. h = Σk/Σn; drift = median over places of logit(now) − logit(h);
    p₀ = expit(logit(h) + drift). Between rounds a place varies by ρ p₀(1 − p₀), ρ by moments from
    the earlier rounds about h, pooled over the places: for each, Σ_t n_t(k_t/n_t − h)² =
    h(1 − h)[(T − 1)(1 − ρ) + ρ(N − Σn_t²/N)] in expectation.
    Var = p₀(1 − p₀)V, V = (1 − ρ)/n + ρ + (1 − ρ)/N + ρ Σn_t²/N²;
    t = 2(asin√share − asin√p₀)/√V on df = Σ(T − 1): the angular scale, because shares near 1 are
    skewed and a plain difference finds drops too often.

    False alarms: Benjamini–Hochberg at 0.01 over the places, so at most 1 % of the flagged where
    history repeats itself; the t-tail is rough within 30 ballots of 0 or 1.

    What goes wrong: two earlier rounds of a few places give a ρ with hardly any degrees of freedom;
    a change of leader or of the questionnaire is a reason, not a fraud; a drift that all places
    share is taken out and so cannot be seen.

    Source: Kleinman 1973, J. Am. Stat. Assoc. 68, p. 47 (moments of ρ); Spiegelhalter 2005, Stat.
    Med. 24, §4 (overdispersed funnel); Benjamini & Hochberg 1995.
    """
    k, n = np.asarray(now_k, dtype=np.float64), np.asarray(now_n, dtype=np.float64)
    ek, en = np.asarray(earlier_k, dtype=np.float64), np.asarray(earlier_n, dtype=np.float64)
    total = en.sum(axis=1)
    judged = (n >= LEAST) & (total >= LEAST)
    df = int(np.maximum((en > 0).sum(axis=1) - 1, 0)[judged].sum())
    if df < 1:
        raise NoEstimate(
            "too_few", Note(N_("没有一个地方有两轮以上的历史，看不出平时会有多大波动"))
        )
    h = (ek.sum(axis=1) + 0.5) / (total + 1)
    rho = _wander(ek[judged], en[judged], h[judged])
    drift = float(np.median((special.logit((k + 0.5) / (n + 1)) - special.logit(h))[judged]))
    p0 = special.expit(special.logit(h) + drift)
    whole = np.maximum(total, 1)
    part = (1 - rho) / np.maximum(n, 1) + rho + (1 - rho) / whole
    spread = np.sqrt(part + rho * (en**2).sum(axis=1) / whole**2)
    share = k / np.maximum(n, 1)
    return History(_departures(share, p0, spread, df, judged), rho, drift, df)


def _departures(
    share: Floats, p0: Floats, spread: Floats, df: int, judged: NDArray[np.bool_]
) -> tuple[Departure, ...]:
    t = 2 * (np.arcsin(np.sqrt(share)) - np.arcsin(np.sqrt(p0))) / spread
    p = 2 * special.stdtr(df, -np.abs(t))
    q = np.ones(len(p))
    q[judged] = benjamini_hochberg(p[judged])
    se = np.sqrt(p0 * (1 - p0)) * spread
    why = Note(N_("本轮或历史的答卷少于 {n} 份，不作判断"), {"n": LEAST})
    nothing = Departure(None, None, None, None, None, None, is_flagged=False, why=why)
    return tuple(
        Departure(
            float(share[i]),
            float(p0[i]),
            float(se[i]),
            float(t[i]),
            float(p[i]),
            float(q[i]),
            is_flagged=bool(q[i] <= FALSE_DISCOVERIES),
        )
        if judged[i]
        else nothing
        for i in range(len(t))
    )


def _wander(k: Floats, n: Floats, h: Floats) -> float:
    total = np.maximum(n.sum(axis=1), 1)
    rounds = (n > 0).sum(axis=1)
    share = np.where(n > 0, k / np.maximum(n, 1), 0.0)
    pooled = k.sum(axis=1) / total
    square = (n * (share - pooled[:, None]) ** 2).sum(axis=1) / (h * (1 - h))
    free = np.maximum(rounds - 1, 0)
    weight = total - (n**2).sum(axis=1) / total - free
    excess, size = float((square - free).sum()), float(weight.sum())
    return float(np.clip(excess / size, 0.0, 0.99)) if size > 0 else 0.0
