"""How often each detector finds each attack, and how often it cries wolf."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.attacks.answer_sheet import answer_sheet
from analysis.attacks.card_farm import card_farm
from analysis.attacks.collusion import collusion
from analysis.attacks.copying_robots import copying_robots
from analysis.attacks.detectors import ON_BALLOTS, ON_PANELS, Detector, Subject, truth
from analysis.attacks.forged import Attack
from analysis.attacks.honest import Round, Setting, draw
from analysis.attacks.lazy_raters import lazy_raters
from analysis.attacks.paid_praise import paid_praise
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.intervals.proportions import wilson
from forms.problems import N_

BALLOTS = 50
PANEL_SHARE = 0.1
SEEN = 0.5
NO_EVIDENCE = 0.05


@dataclass(frozen=True, slots=True)
class Kind:
    """An attack by name: on ballots (by links and cards) or on a panel of raters."""

    key: str
    name: str
    on: Literal["ballots", "panel"]
    attack: Attack


KINDS: tuple[Kind, ...] = (
    Kind("card_farm", N_("连号卡代填"), "ballots", card_farm),
    Kind("answer_sheet", N_("标准答案"), "ballots", answer_sheet),
    Kind("paid_praise", N_("花钱买满分"), "ballots", paid_praise),
    Kind("copying_robots", N_("照真实分布作答的程序"), "ballots", copying_robots),
    Kind("collusion", N_("一个部门串通"), "panel", collusion),
    Kind("lazy_raters", N_("敷衍的代表"), "panel", lazy_raters),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """`k` of `n` subjects flagged over all seeds, as a share with its 95 % interval.

    Wilson's interval on the effective number n_eff = p(1 − p)/v, v the variance of the rate by
    seeds, between the number of seeds and n: subjects of one round are not independent. With k = 0
    or n nothing varies; then n. `rounds` is the share of seeds with at least one flagged.
    """

    k: int
    n: int
    share: float
    lo: float
    hi: float
    rounds: float


@dataclass(frozen=True, slots=True)
class Found:
    """How often a detector flags what an attack made; None where it has nothing to look at."""

    attack: str
    detector: str
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class Quiet:
    """How often a detector flags a subject of an honest round."""

    detector: str
    subject: Subject
    nominal: float | None
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class Moved:
    """By how much an attack moves the target's mean (0–100) within its rater class, over seeds."""

    attack: str
    size: int
    of: int
    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Detection and false alarm over `seeds` rounds."""

    seeds: int
    found: tuple[Found, ...]
    quiet: tuple[Quiet, ...]
    moved: tuple[Moved, ...]

    def seen_by(self, attack: str) -> tuple[Found, ...]:
        """Detectors that see an attack: at least half of what it made flagged, surely more often
        than in honest rounds, and at most one honest subject in twenty; the most certain first.
        """
        alarm = {
            one.detector: one.rate.hi if one.rate.share <= NO_EVIDENCE else 1.0
            for one in self.quiet
            if one.rate is not None
        }
        known = [
            one
            for one in self.found
            if one.attack == attack
            and one.rate is not None
            and one.rate.share >= SEEN
            and one.rate.lo > alarm.get(one.detector, 0.0)
        ]
        return tuple(sorted(known, key=lambda one: -one.rate.share if one.rate else 0.0))


Counted = list[tuple[int, int]]
"""Flagged and all, by seed."""


def measure(
    setting: Setting,
    seeds: int,
    *,
    first: int = 0,
    ballots: int = BALLOTS,
    without: Collection[str] = (),
) -> Measured:
    """Every detector against every attack, and against honest rounds, over `seeds` seeds.

    The target of seed s is unit s modulo the number of units, so that good and bad ones are
    attacked alike. `ballots` are forged by the attacks on ballots, a tenth of the panel is false.
    Detectors in `without` (keys) are left out.
    """
    on_ballots = [one for one in ON_BALLOTS if one.key not in without]
    on_panels = [one for one in ON_PANELS if one.key not in without]
    found: dict[tuple[str, str], Counted] = {}
    quiet: dict[str, Counted] = {}
    moved: dict[str, list[float]] = {}
    for seed in range(first, first + seeds):
        honest = draw(setting, seed)
        target = seed % setting.units
        for detector in (*on_ballots, *on_panels):
            _count(quiet.setdefault(detector.key, []), detector, honest, seed, is_true=False)
        for kind in KINDS:
            dirty = kind.attack(honest, target, _size(kind, setting, ballots), seed)
            moved.setdefault(kind.key, []).append(_shift(kind, honest, dirty, target))
            for detector in on_ballots if kind.on == "ballots" else on_panels:
                counted = found.setdefault((kind.key, detector.key), [])
                _count(counted, detector, dirty, seed, is_true=True)
    return Measured(
        seeds,
        tuple(Found(attack, detector, rate(n)) for (attack, detector), n in found.items()),
        tuple(
            Quiet(one.key, one.subject, one.nominal, rate(quiet.get(one.key, [])))
            for one in (*on_ballots, *on_panels)
        ),
        tuple(_moved(kind, setting, moved.get(kind.key, []), ballots) for kind in KINDS),
    )


def rate(counted: Sequence[tuple[int, int]]) -> Rate | None:
    """Counts (flagged, all) by seed as one rate; None where there was nothing to flag."""
    k, n = sum(one for one, _ in counted), sum(all_ for _, all_ in counted)
    if n == 0:
        return None
    p = k / n
    sizes = np.array([all_ for _, all_ in counted], dtype=np.float64)
    off = np.array([one - p * all_ for one, all_ in counted])
    seeds = len(counted)
    v = float((off**2).sum()) / n**2 * seeds / max(seeds - 1, 1)
    effective = float(n) if v == 0 else min(float(n), max(seeds, p * (1 - p) / v))
    lo, hi = (float(one) for one in wilson(p * effective, effective))
    rounds = sum(one > 0 for one, _ in counted) / int((sizes >= 0).sum())
    return Rate(k, n, p, lo, hi, rounds)


def _count(counted: Counted, detector: Detector, one: Round, seed: int, *, is_true: bool) -> None:
    subjects = truth(one, detector.subject) == is_true
    try:
        flags = detector.flag(one, seed)
    except NoEstimate:
        return
    counted.append((int((flags & subjects).sum()), int(subjects.sum())))


def _size(kind: Kind, setting: Setting, ballots: int) -> int:
    return ballots if kind.on == "ballots" else max(1, round(PANEL_SHARE * setting.raters))


def _shift(kind: Kind, honest: Round, dirty: Round, target: int) -> float:
    def mean(one: Round) -> float:
        if kind.on == "panel":
            return float(one.panel[:, target].mean())
        return float(one.ballots.x[one.ballots.unit == target].mean())

    options = honest.setting.panel_upper.shape[2] if kind.on == "panel" else honest.setting.options
    return 100 * (mean(dirty) - mean(honest)) / max(options - 1, 1)


def _moved(kind: Kind, setting: Setting, shifts: Sequence[float], ballots: int) -> Moved:
    values = np.array(shifts) if shifts else np.zeros(1)
    of = int(np.mean(setting.size + setting.cards)) if kind.on == "ballots" else setting.raters
    size = _size(kind, setting, ballots)
    return Moved(kind.key, size, of, float(values.mean()), float(values.std()))
