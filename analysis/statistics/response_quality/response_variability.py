"""Intra-individual response variability: how much one ballot's answers differ among themselves."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def response_variability(x: Floats) -> Floats:
    """IRV_b = √(Σ_i (x_bi − x̄_b)²/(k_b − 1)) over the k_b answers of ballot b; (n,).

    x (ballots × items), NaN where nothing was answered. NaN where fewer than two answers are given.
    Very low: straight-lining; very high: random clicking. Both are honest too at times.

    Source: Dunn, Heggestad, Shanock & Theilgard 2018, J. Bus. Psychol. 33, p. 105. Agrees with
    careless::irv.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    answered = ~np.isnan(x)
    k = answered.sum(axis=1)
    z = np.where(answered, x, 0.0)
    mean = z.sum(axis=1) / np.maximum(k, 1)
    square = (np.where(answered, z - mean[:, None], 0.0) ** 2).sum(axis=1)
    return np.where(k > 1, np.sqrt(square / np.maximum(k - 1, 1)), np.nan)
