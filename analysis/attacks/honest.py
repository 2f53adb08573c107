"""Honest answers to attack: ballots by open links and cards, and a panel that rates everybody."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BINS_A_DAY = 144
HOURS = (1, 0, 0, 0, 0, 1, 3, 8, 14, 18, 18, 15, 12, 12, 14, 16, 15, 12, 9, 9, 10, 9, 6, 3)
"""The usual share of arrivals by hour of the day."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What honest rounds are drawn from; options are numbered from 1, the better the higher.

    `upper` (units, items, options) are cumulated shares of the answers, `loadings` (items, factors)
    a matrix A with AAᵀ the items' correlations within a unit; `size` (units,) ballots by the link
    and `cards` (units,) by the batch of cards of a unit. The panel: `panel_upper` (units, items,
    options), `raters`, and `leniency`, the correlation of two answers of one rater. `fast` is the
    share of fast ballots, `days` how long the round is open.
    """

    upper: Floats
    loadings: Floats
    size: Ints
    cards: Ints
    panel_upper: Floats
    raters: int
    leniency: float
    fast: float = 0.04
    days: int = 14
    hours: tuple[int, ...] = HOURS

    @property
    def units(self) -> int:
        return len(self.size)

    @property
    def options(self) -> int:
        return int(self.upper.shape[2])


@dataclass(frozen=True, slots=True)
class Ballots:
    """Ballots on units, a row each (n,), as a round would hold them, and what it would not.

    `x` (n, items) options; `unit`; `is_card` by card, otherwise by the unit's link; `serial` the
    place of a card in its batch (-1 for a link; never stored in a round); `bin` the ten minutes of
    arrival (a round keeps counts only); `is_fast`; `device` a number shared by the ballots of one
    device, 0 for a device used once; `is_forged` the truth.
    """

    x: Floats
    unit: Ints
    is_card: Bools
    serial: Ints
    bin: Ints
    is_fast: Bools
    device: Ints
    is_forged: Bools

    def with_forged(self, more: "Ballots") -> "Ballots":
        """These and more, one after the other."""
        return Ballots(
            *(
                np.concatenate([getattr(self, name), getattr(more, name)])
                for name in Ballots.__dataclass_fields__
            )
        )


@dataclass(frozen=True, slots=True)
class Round:
    """One drawn round.

    `panel` (raters, units, items) options, `is_false` (raters, units) the truth about its sheets;
    `invited` (units,) people asked to answer; `earlier_k` of `earlier_n` (units, rounds) contented
    ballots in earlier rounds.
    """

    setting: Setting
    ballots: Ballots
    panel: Floats
    is_false: Bools
    invited: Ints
    earlier_k: Ints
    earlier_n: Ints


def synthetic(units: int = 12, ballots: int = 240, items: int = 10, raters: int = 60) -> Setting:
    """A plain round: five options, units 4 points of 100 apart (one SD), most answers good.

    A probit model: option by the thresholds of a normal variable with mean m_u, items correlated
    0.5 within a ballot, a panel with the same units and a leniency of 0.3.
    """
    mean = 0.22 * special.ndtri((np.arange(units) + 0.5) / units)
    cuts = np.array([-2.1, -1.5, -0.8, 0.1])
    shift = 0.25 * special.ndtri((np.arange(items) + 0.5) / items)
    upper = special.ndtr(cuts - mean[:, None, None] - shift[None, :, None])
    upper = np.concatenate([upper, np.ones((units, items, 1))], axis=2)
    root = np.hstack([np.full((items, 1), np.sqrt(0.5)), np.sqrt(0.5) * np.eye(items)])
    size = np.full(units, ballots)
    return Setting(upper, root, size, size // 4, upper[:, :5], raters, leniency=0.3)


def draw(setting: Setting, seed: int) -> Round:
    """One honest round: Gaussian copula within ballots, arrivals by the hour of the day.

    z = A e, e standard normal; option = 1 + #{cumulated shares ≤ Φ(z)}. A panel member's answers
    share √leniency of one normal variable. Everything drawn from the seed.

    What goes wrong: real people are not a copula; a third of real ballots may be straight lines for
    reasons no correlation explains, so false alarms of straight-line rules are too low here.

    Source: Cario & Nelson 1997, NORTA, §2.
    """
    streams = [np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(3)]
    unit = np.repeat(np.arange(setting.units), setting.size + setting.cards)
    n = len(unit)
    serial = np.concatenate(
        [
            np.r_[np.full(a, -1), np.arange(b)]
            for a, b in zip(setting.size, setting.cards, strict=True)
        ]
    )
    ballots = Ballots(
        x=answers(setting, unit, streams[0]),
        unit=unit,
        is_card=serial >= 0,
        serial=serial,
        bin=arrivals(setting, n, streams[1]),
        is_fast=streams[1].random(n) < setting.fast,
        device=np.zeros(n, dtype=np.int64),
        is_forged=np.zeros(n, dtype=np.bool_),
    )
    return _around(setting, ballots, streams[2])


def answers(setting: Setting, unit: Ints, rng: np.random.Generator) -> Floats:
    """Honest answers (n, items) about these units."""
    z = rng.standard_normal((len(unit), setting.loadings.shape[1])) @ setting.loadings.T
    return _options(special.ndtr(z), setting.upper[unit])


def arrivals(setting: Setting, n: int, rng: np.random.Generator) -> Ints:
    """The ten minutes (n,) of honest arrivals, over all days alike."""
    hours = np.array(setting.hours, dtype=np.float64)
    hour = rng.choice(24, size=n, p=hours / hours.sum())
    day = rng.integers(setting.days, size=n)
    found: Ints = day * BINS_A_DAY + hour * 6 + rng.integers(6, size=n)
    return found


def _options(share: Floats, upper: Floats) -> Floats:
    """Options from uniform shares (…, items) and cumulated shares (…, items, options)."""
    found: Floats = 1.0 + (share[..., None] >= upper[..., :-1]).sum(axis=-1)
    return found


def contented(setting: Setting, x: Floats) -> Bools:
    """Ballots that are contented on the whole: a mean in the upper third of the scale."""
    is_contented: Bools = x.mean(axis=1) >= 1 + (setting.options - 1) * 0.75
    return is_contented


def _around(setting: Setting, ballots: Ballots, rng: np.random.Generator) -> Round:
    """The panel, turnout and earlier rounds."""
    units, items = setting.panel_upper.shape[:2]
    own = rng.standard_normal((setting.raters, 1, 1))
    rest = rng.standard_normal((setting.raters, units, items))
    z = np.sqrt(setting.leniency) * own + np.sqrt(1 - setting.leniency) * rest
    n = np.bincount(ballots.unit, minlength=units)
    earlier_n = np.repeat(n[:, None], 3, axis=1)
    share = [contented(setting, answers(setting, ballots.unit, rng)) for _ in range(3)]
    earlier_k = [np.bincount(ballots.unit[one], minlength=units) for one in share]
    turnout = special.expit(special.logit(0.3) + 0.2 * rng.standard_normal(units))
    return Round(
        setting=setting,
        ballots=ballots,
        panel=_options(special.ndtr(z), setting.panel_upper[None]),
        is_false=np.zeros((setting.raters, units), dtype=np.bool_),
        invited=np.round(n / turnout).astype(np.int64),
        earlier_k=np.column_stack(earlier_k),
        earlier_n=earlier_n,
    )
