"""Turnout against satisfaction: the fingerprint of stuffed boxes, as a picture."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
LEAST = 10
GROUPS = 200
CONSISTENCY = 1.4826022185056018


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`distance` (u,) robust squared distances on the logit scale, `is_corner` (u,) units beyond
    the ellipse with both turnout and share above the centre; `centre` (turnout, share);
    `outline` (points, 2) of the ellipse as shares; `cutoff` of the squared distance; `rate` the
    share of honest units beyond it in that corner, simulated.
    """

    distance: Floats
    is_corner: NDArray[np.bool_]
    centre: tuple[float, float]
    outline: Floats
    cutoff: float
    rate: float


def turnout_fingerprint(
    answered: ArrayLike,
    invited: ArrayLike,
    satisfied: ArrayLike,
    level: float = 0.99,
    seed: int = 1,
) -> Fingerprint:
    """Robust ellipse of (logit turnout, logit share) over the units of one comparison group.

    answered of invited people, satisfied of the answered (u,) each; logits of (k + ½)/(n + 1).
    Centre and scatter: orthogonalised Gnanadesikan–Kettenring estimate with median and MAD, then
    one reweighting by units within the 0.9 point, D² against χ²₂ at `level`.

    False alarms: (1 − level)/4 for many units, more for few, because robust scatter is rough then;
    `rate` comes from 200 simulated groups of as many units (seeded), normal and uncorrelated. It
    is a picture to talk about: no test, and no unit is voided by it.

    What goes wrong: a good office truly draws many and contented people; fewer than 10 units give
    no ellipse; mixed kinds of units (towns, bureaus) give two clouds and a senseless ellipse.

    Source: Klimek, Yegorov, Hanel & Thurner 2012, PNAS 109, p. 16469; Kobak, Shpilkin &
    Pshenichnikov 2016, Ann. Appl. Stat. 10, p. 54; Maronna & Zamar 2002, Technometrics 44, p. 309.
    """
    a, b, c = (np.asarray(one, dtype=np.float64) for one in (answered, invited, satisfied))
    if len(a) < LEAST:
        raise NoEstimate(
            "too_few",
            Note(
                N_("可比的单位只有 {n} 个，少于 {least} 个画不出范围"),
                {"n": len(a), "least": LEAST},
            ),
        )
    z = np.column_stack([_logit(a, np.maximum(a, b)), _logit(c, np.maximum(a, c))])
    cutoff = float(special.chdtri(2, 1 - level))
    centre, scatter = _ogk(z)
    values, vectors = np.linalg.eigh(scatter)
    distance, corner = _beyond(z, centre, scatter, cutoff)
    angle = np.linspace(0, 2 * np.pi, 73)
    circle = np.column_stack([np.cos(angle), np.sin(angle)]) * np.sqrt(cutoff)
    outline = special.expit(centre + (circle * np.sqrt(values)) @ vectors.T)
    middle = special.expit(centre)
    shown = (float(middle[0]), float(middle[1]))
    return Fingerprint(distance, corner, shown, outline, cutoff, _rate(len(a), cutoff, seed))


def _beyond(
    z: Floats, centre: Floats, scatter: Floats, cutoff: float
) -> tuple[Floats, NDArray[np.bool_]]:
    distance = ((z - centre) * np.linalg.solve(scatter, (z - centre).T).T).sum(axis=1)
    return distance, (distance > cutoff) & (z > centre).all(axis=1)


@cache
def _rate(units: int, cutoff: float, seed: int) -> float:
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(GROUPS):
        z = rng.standard_normal((units, 2))
        hits += int(_beyond(z, *_ogk(z), cutoff)[1].sum())
    return hits / (GROUPS * units)


def _logit(k: Floats, n: Floats) -> Floats:
    logit: Floats = special.logit((k + 0.5) / (n + 1))
    return logit


def _spread(z: Floats) -> Floats:
    mad: Floats = CONSISTENCY * np.median(np.abs(z - np.median(z, axis=0)), axis=0)
    return mad


def _ogk(z: Floats) -> tuple[Floats, Floats]:
    scale = _spread(z)
    if (scale <= 1e-9).any():
        raise NoEstimate(
            "undefined", Note(N_("一半以上的单位参与率或满意率完全相同，画不出可比的范围"))
        )
    y = z / scale
    plus, minus = _spread(y.sum(axis=1)), _spread(y[:, 0] - y[:, 1])
    r = float((plus**2 - minus**2) / (plus**2 + minus**2))
    _, vectors = np.linalg.eigh(np.array([[1.0, r], [r, 1.0]]))
    turned = y @ vectors
    middle = np.median(turned, axis=0)
    length = np.maximum(_spread(turned), 1e-9)
    d2 = (((turned - middle) / length) ** 2).sum(axis=1)
    cut = special.chdtri(2, 0.1) * np.median(d2) / special.chdtri(2, 0.5)
    kept = z[d2 <= cut]
    scatter = np.cov(kept.T)
    # the covariance of a normal cloud cut at its 0.9 point is this much too small
    shrink = special.chdtr(4, special.chdtri(2, 0.1)) / 0.9
    values = np.linalg.eigvalsh(scatter)
    if values[0] <= 1e-9 * values[1]:
        raise NoEstimate("undefined", Note(N_("参与率与满意率完全对应，画不出可比的范围")))
    return kept.mean(axis=0), scatter / shrink
