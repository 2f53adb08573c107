"""Upper tails of counts: how improbable is so many or more?"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def count_tail(n: ArrayLike, expected: ArrayLike, dispersion: float) -> Floats:
    """P(N ≥ n) for counts with mean `expected` (λ) and variance λ + αλ², α = `dispersion`.

    Negative binomial, by the incomplete beta function; Poisson (incomplete gamma) where α is 0.
    1 for n = 0.

    Source: Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, eq. (4.19) and (5.31).
    """
    n = np.asarray(n, dtype=np.float64)
    expected = np.maximum(np.asarray(expected, dtype=np.float64), 1e-12)
    if dispersion <= 0:
        tail = special.gammainc(np.maximum(n, 1.0), expected)
    else:
        size = 1.0 / dispersion
        tail = special.betainc(np.maximum(n, 1.0), size, expected / (expected + size))
    return np.where(n <= 0, 1.0, tail)


def binomial_tail(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> Floats:
    """P(K ≥ k) for K binomial(n, p) = I_p(k, n − k + 1); 1 for k = 0.

    Source: Johnson, Kemp & Kotz 2005, eq. (3.37).
    """
    k, n = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    tail = special.betainc(np.maximum(k, 1.0), np.maximum(n - k + 1, 1e-9), np.asarray(p))
    return np.where(k <= 0, 1.0, tail)


def beta_binomial_tail(k: ArrayLike, n: ArrayLike, p: ArrayLike, rho: float) -> Floats:
    """P(K ≥ k) where the chance itself varies between places: mean p, intra-class correlation ρ.

    Variance n p(1 − p)(1 + (n − 1)ρ); binomial where ρ is 0. The masses from k on are summed.
    p strictly between 0 and 1.

    Source: Williams 1975, Biometrics 31, p. 949; Johnson, Kemp & Kotz 2005, §6.9.2.
    """
    if rho <= 0:
        return binomial_tail(k, n, p)
    k, n, p = np.broadcast_arrays(k, n, np.asarray(p, dtype=np.float64))
    size = (1 - rho) / rho
    result = np.ones(k.shape)
    for place in np.ndindex(k.shape):
        least, most = int(k[place]), int(n[place])
        if least > 0:
            result[place] = _mass(least, most, float(p[place]) * size, (1 - float(p[place])) * size)
    return result


def _mass(least: int, most: int, a: float, b: float) -> float:
    j = np.arange(least, most + 1, dtype=np.float64)
    log_choose = -special.betaln(most - j + 1, j + 1) - np.log(most + 1)
    total = np.exp(log_choose + special.betaln(j + a, most - j + b) - special.betaln(a, b)).sum()
    return min(1.0, float(total))


def intra_class(k: Floats, n: Floats, p: Floats | float, doubt: float = 0.0) -> float:
    """ρ by moments from places with k of n and expected shares p: the excess of the squares.

    ρ = mean of ((k − np)²/(np(1 − p)) − 1)/(n − 1) over places with n ≥ 2, plus `doubt` standard
    errors of that mean, kept within [0, 0.99].

    Source: Kleinman 1973, J. Am. Stat. Assoc. 68, p. 47.
    """
    share: Floats = p * np.ones_like(n)
    ok = (n >= 2) & (share > 0) & (share < 1)
    if not ok.any():
        return 0.0
    k, n, share = k[ok], n[ok], share[ok]
    excess = ((k - n * share) ** 2 / (n * share * (1 - share)) - 1) / (n - 1)
    error = excess.std(ddof=1) / np.sqrt(len(excess)) if doubt and len(excess) > 1 else 0.0
    return float(np.clip(excess.mean() + doubt * error, 0.0, 0.99))
