"""Post-stratification: weights whose sums by post-stratum are the known numbers of persons.

g_k = N_k / N̂_k with N̂_k = Σ d over post-stratum k; w_i = d_i g_k.

Source: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, §7.6;
Holt & Smith (1979), JRSS A 142, 33–46. Standard errors come from residuals about the post-stratum
means weighted by w (`projection`, with the design weights as regression weights); the variant
without g, 23.5037 instead of 23.9204864450904 on the published cluster sample, understates here.

What goes wrong: small post-strata (< 30) make g wild – collapse them (`collapsing`); a post-stratum
without data cannot be represented by anybody and is refused by name, where R `survey` offers
`partial=TRUE` to drop it in silence.
"""

from dataclasses import dataclass

import numpy as np

from analysis.statistics.weights.margins import Codes, Floats, Margin, check, level_sums
from analysis.statistics.weights.raking import MarginReport, report


@dataclass(frozen=True, slots=True)
class PostStrata:
    """`weights` by row, `factor` g by post-stratum, and the sums before and after."""

    weights: Floats
    factor: Floats
    margin: MarginReport


def poststratify(weights: Floats, code: Codes, margin: Margin) -> PostStrata:
    """Post-stratified weights of rows with design `weights` in post-strata `code` (rows).

    `margin` holds N_k by post-stratum, in persons. InputError names a post-stratum without data
    or without N_k.
    """
    before = level_sums(weights, code, margin)
    check([margin], [before])
    factor = np.divide(np.array(margin.totals), before, out=np.ones(len(before)), where=before > 0)
    made = weights * factor[code]
    return PostStrata(made, factor, report(margin, before, level_sums(made, code, margin)))
