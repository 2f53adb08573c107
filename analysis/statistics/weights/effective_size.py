"""What unequal weights cost: Kish's design effect and the effective number of answers.

deff_w = n Σw² / (Σw)² = 1 + CV²(w), n_eff = n / deff_w = (Σw)² / Σw².
With clusters deff = deff_w · deff_c, deff_c = 1 + (b* − 1) ρ, b* = Σ_c (Σ_{i∈c} w_i)² / Σ w_i².

Source: Kish (1965), Survey Sampling, §11.7; Kish (1992), JOS 8, 183–200; the product: Gabler,
Häder & Lahiri (1999), Survey Methodology 25, 105–106. What goes wrong: deff_w is about means
unrelated to the weights; for post-stratified outcomes that the margins explain it overstates the
loss. Below n_eff = 0.3 n weighted figures are not published: the raw ones say more.
"""

from dataclasses import dataclass

import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.margins import Codes, Floats
from forms.problems import N_

LEAST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class EffectiveSize:
    """n persons with a weight, the design effect of weighting, and n_eff = n / deff."""

    n: int
    deff: float
    n_eff: float

    @property
    def is_publishable(self) -> bool:
        """Whether weighted figures may be shown: n_eff ≥ 0.3 n."""
        return self.n_eff >= LEAST_SHARE * self.n

    @property
    def notes(self) -> tuple[Note, ...]:
        """Why weighted figures are not shown, if they are not."""
        if self.is_publishable:
            return ()
        return (
            Note(
                N_(
                    "有效样本量 {n_eff} 不到答卷数 {n} 的三成，不给出加权结果；"
                    "未加权结果更可靠，或合并类别、截尾后再加权"
                ),
                {"n_eff": f"{self.n_eff:.1f}", "n": self.n},
            ),
        )


def effective_size(weights: Floats, counts: Floats | Codes | None = None) -> EffectiveSize:
    """Kish's figures of `weights`; `counts` says how many persons have each (one by default)."""
    n = np.ones(len(weights)) if counts is None else np.asarray(counts, dtype=np.float64)
    size, total, squares = float(n.sum()), float(n @ weights), float(n @ np.square(weights))
    if size <= 0 or total <= 0 or squares <= 0:
        raise NoEstimate("undefined", Note(N_("没有权数为正的答卷，算不出有效样本量")))
    return EffectiveSize(round(size), size * squares / total**2, total**2 / squares)


@dataclass(frozen=True, slots=True)
class DesignEffect:
    """deff = weighting × clustering; `cluster_size` is b*."""

    weighting: float
    clustering: float
    cluster_size: float

    @property
    def total(self) -> float:
        return self.weighting * self.clustering


def design_effect(weights: Floats, cluster: Codes, icc: float) -> DesignEffect:
    """The design effect taken apart; `cluster` (rows) from 0, `icc` ρ of the outcome in clusters.

    A negative ρ counts as it stands, but clustering never makes the effect negative.
    """
    alone = effective_size(weights)
    sums = np.bincount(cluster, weights)
    size = float(np.square(sums).sum() / np.square(weights).sum())
    return DesignEffect(alone.deff, max(0.0, 1 + (size - 1) * icc), size)


def intraclass(y: Floats, cluster: Codes) -> float | None:
    """ρ by one-way analysis of variance, (MSB − MSW)/(MSB + (n₀ − 1) MSW); None where undefined.

    Source: Donner (1986), International Statistical Review 54, 67–82.
    """
    size = np.bincount(cluster).astype(np.float64)
    k, n = int((size > 0).sum()), len(y)
    if k < 2 or n <= k:
        return None
    means = np.bincount(cluster, y) / np.maximum(size, 1)
    between = float(size @ np.square(means - y.mean())) / (k - 1)
    within = float(np.square(y - means[cluster]).sum()) / (n - k)
    typical = (n - float(size @ size) / n) / (k - 1)
    below = between + (typical - 1) * within
    return (between - within) / below if below > 0 else None
