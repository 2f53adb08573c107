"""Propensity: a logit model of who answered, by iteratively reweighted least squares.

log(p/(1 − p)) = x'β, maximum likelihood; SE from (X' diag p(1−p) X)⁻¹.

Source: McCullagh & Nelder (1989), Generalized Linear Models, §4.4; its use for response: Rosenbaum
& Rubin (1983), Biometrika 70, 41–55. What goes wrong: a trait that separates answerers from the
others perfectly has no finite β – said, not iterated for ever; at least ten events per coefficient.
"""

from dataclasses import dataclass

import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.margins import Floats
from forms.problems import N_

STEPS = 50
TOLERANCE = 1e-12
EVENTS = 10
STEEPEST = 30.0


@dataclass(frozen=True, slots=True)
class Propensity:
    """β and its SE (columns), the fitted probability of each row, and the log likelihood."""

    coefficients: Floats
    se: Floats
    fitted: Floats
    log_likelihood: float
    iterations: int
    notes: tuple[Note, ...] = ()


def logit(answered: Floats, x: Floats) -> Propensity:
    """Fit P(answered = 1 | x). `answered` (rows) 0 or 1; `x` (rows × p) with a column of ones."""
    events = int(min(answered.sum(), len(answered) - answered.sum()))
    if events == 0:
        raise NoEstimate(
            "undefined", Note(N_("全部应答或全部未应答，没有可比的两组，建不了应答模型"))
        )
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NoEstimate(
            "undefined", Note(N_("应答模型的变量互相决定，请去掉重复的列或只有一类的列"))
        )
    beta, done = _fit(answered, x)
    p = _probability(x @ beta)
    information = x.T @ (x * (p * (1 - p))[:, None])
    likelihood = float(np.log(np.where(answered == 1, p, 1 - p)).sum())
    return Propensity(
        beta, np.sqrt(np.diag(np.linalg.inv(information))), p, likelihood, done, _few(events, x)
    )


def _fit(answered: Floats, x: Floats) -> tuple[Floats, int]:
    """Newton's method on standardised columns; each step is halved until the likelihood rises."""
    scale = np.abs(x).max(axis=0)
    scaled = x / scale
    beta = np.zeros(x.shape[1])
    best = -np.inf
    for done in range(1, STEPS + 1):
        p = _probability(scaled @ beta)
        information = scaled.T @ (scaled * (p * (1 - p))[:, None])
        step = np.linalg.lstsq(information, scaled.T @ (answered - p), rcond=None)[0]
        while True:
            now = _likelihood(answered, scaled @ (beta + step))
            if now >= best or np.abs(step).max() < TOLERANCE:
                break
            step = step / 2
        beta, best = beta + step, now
        if np.abs(scaled @ beta).max() > STEEPEST:
            break
        if np.abs(step).max() <= TOLERANCE * (1 + np.abs(beta).max()):
            return beta / scale, done
    raise NoEstimate(
        "not_converged",
        Note(N_("应答模型没有收敛：某个变量几乎完全决定是否应答，请合并类别或去掉它")),
    )


def _likelihood(answered: Floats, u: Floats) -> float:
    return float((answered * u - np.logaddexp(0, u)).sum())


def _probability(u: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(u, -700, 700)))


def _few(events: int, x: Floats) -> tuple[Note, ...]:
    if events >= EVENTS * x.shape[1]:
        return ()
    return (
        Note(
            N_("每个系数只有 {n} 个事件（至少 {least} 个），应答模型不可靠"),
            {"n": f"{events / x.shape[1]:.1f}", "least": EVENTS},
        ),
    )
