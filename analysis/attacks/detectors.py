"""Every detector of answer quality, asked about one round: which ballots, links, units it flags.

Each takes what a round really holds: answers, links, counts of arrivals, paces and device marks.
The truth is never read; serials only by the detector that looks at a batch of cards in its order as
it is counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.attacks.honest import Bools, Floats, Ints, Round, contented
from analysis.statistics.raters.fit_statistics import guttman_errors, upper_fence
from analysis.statistics.response_quality.bursts import find_bursts
from analysis.statistics.response_quality.collisions import collisions
from analysis.statistics.response_quality.honest import honest_sheets, threshold_of
from analysis.statistics.response_quality.long_string import long_string
from analysis.statistics.response_quality.mahalanobis import mahalanobis
from analysis.statistics.response_quality.one_sided import one_sided
from analysis.statistics.response_quality.own_history import own_history
from analysis.statistics.response_quality.pace import fast_links
from analysis.statistics.response_quality.response_variability import response_variability
from analysis.statistics.response_quality.runs_of_cards import runs_of_cards
from analysis.statistics.response_quality.turnout import turnout_fingerprint
from forms.problems import N_

Subject = Literal["ballot", "link", "batch", "unit", "sheet", "rater"]
Flag = Callable[[Round, int], Bools]
RATE = 0.01
RATER_RATE = 0.001
LONG_FORM = 8
SHEETS = 2000
CARD_DRAWS = 99
ELSEWHERE = 30


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector: what it points at (a `subject`), its own stated `nominal` rate of false alarms a
    subject (None: none is stated), and the function (round, seed) → flags, one a subject.
    """

    key: str
    name: str
    subject: Subject
    nominal: float | None
    flag: Flag


def truth(dirty: Round, subject: Subject) -> Bools:
    """Which ballots, links, batches, units, sheets or raters the attack made or used."""
    units = dirty.setting.units
    forged = dirty.ballots.is_forged
    if subject == "ballot":
        return forged
    if subject == "rater":
        false: Bools = np.asarray(dirty.is_false.any(axis=1), dtype=np.bool_)
        return false
    if subject == "sheet":
        return dirty.is_false.ravel()
    by_link = np.bincount(_link(dirty)[forged], minlength=2 * units) > 0
    if subject == "link":
        return by_link
    if subject == "batch":
        return by_link[units:]
    return by_link[:units] | by_link[units:]


def _link(one: Round) -> Ints:
    """A unit's poster has the unit's number; its batch of cards comes after all posters."""
    link: Ints = one.ballots.unit + one.setting.units * one.ballots.is_card
    return link


def _is_straight(one: Round) -> Bools:
    x = one.ballots.x
    if x.shape[1] < LONG_FORM:
        return np.zeros(len(x), dtype=np.bool_)
    found: Bools = (x == x[:, :1]).all(axis=1)
    return found


def straight_line(one: Round, seed: int) -> Bools:
    """The rule of the product: one option throughout, on a form of eight items or more."""
    return _is_straight(one)


def fast_straight_line(one: Round, seed: int) -> Bools:
    """The rule of the product: one option throughout, and fast."""
    return _is_straight(one) & one.ballots.is_fast


def same_device(one: Round, seed: int) -> Bools:
    """A device came again for the same unit: every ballot of it but one."""
    device = one.ballots.device
    again = np.ones(len(device), dtype=np.bool_)
    _, first = np.unique(np.column_stack([one.ballots.unit, device]), axis=0, return_index=True)
    again[first] = False
    return again & (device > 0)


def long_run(one: Round, seed: int) -> Bools:
    """The longest run beyond what 1 % of simulated honest ballots have."""
    return _beyond(one, lambda x: long_string(x).longest.astype(np.float64), seed, is_high=True)


def low_variability(one: Round, seed: int) -> Bools:
    """The spread within the ballot below what 1 % of simulated honest ballots have."""
    return _beyond(one, response_variability, seed, is_high=False)


def _beyond(one: Round, score: Callable[[Floats], Floats], seed: int, *, is_high: bool) -> Bools:
    sheets = honest_sheets(one.ballots.x, SHEETS, seed)
    return threshold_of(score, sheets, RATE, is_high=is_high).flags(score(one.ballots.x))


def far_away(one: Round, seed: int) -> Bools:
    """Mahalanobis distance beyond its 0.999 point (that of the ballots, where there are 2 000)."""
    return mahalanobis(one.ballots.x, empirical=True).flagged


def misfit(one: Round, seed: int) -> Bools:
    """Guttman errors beyond the upper fence."""
    normed = guttman_errors(one.ballots.x.astype(np.int64) - 1).normed
    fence = upper_fence(normed)
    found: Bools = normed > (np.inf if fence is None else fence)
    return found


def link_burst(one: Round, seed: int) -> Bools:
    """Links with far more arrivals in ten minutes than usual."""
    pairs, n = np.unique(np.column_stack([_link(one), one.ballots.bin]), axis=0, return_counts=True)
    names = [f"{link:05d}" for link in pairs[:, 0].tolist()]
    hits = {burst.link for burst in find_bursts(names, pairs[:, 1].tolist(), n.tolist())}
    return np.array([f"{link:05d}" in hits for link in range(2 * one.setting.units)])


def one_sided_link(one: Round, seed: int) -> Bools:
    """Links with far more full marks than the unit's other link, or than other units' links."""
    links = 2 * one.setting.units
    link = _link(one)
    full = (one.ballots.x == one.setting.options).all(axis=1)
    n = np.bincount(link, minlength=links)
    k = np.bincount(link[full], minlength=links)
    other_n, other_k = np.roll(n, links // 2), np.roll(k, links // 2)
    enough = other_n >= ELSEWHERE
    rest_n = np.where(enough, other_n, n.sum() - n)
    rest_k = np.where(enough, other_k, k.sum() - k)
    used = np.flatnonzero((n > 0) & (rest_n > 0))
    found = np.zeros(links, dtype=np.bool_)
    hits = one_sided(n[used].tolist(), k[used].tolist(), (rest_k[used] / rest_n[used]).tolist())
    found[used[hits]] = True
    return found


def one_sided_burst(one: Round, seed: int) -> Bools:
    """The rule of the product: one-sided and bursting."""
    return one_sided_link(one, seed) & link_burst(one, seed)


def fast_link(one: Round, seed: int) -> Bools:
    """Links by which far more ballots are fast than by the others."""
    links, link = 2 * one.setting.units, _link(one)
    n = np.bincount(link, minlength=links)
    fast = np.bincount(link[one.ballots.is_fast], minlength=links)
    return np.array([found.is_flagged for found in fast_links(n, fast)])


def card_runs(one: Round, seed: int) -> Bools:
    """Batches in which neighbouring cards are alike too often, near-contented ones included."""
    found = np.zeros(one.setting.units, dtype=np.bool_)
    for unit in range(one.setting.units):
        cards = np.flatnonzero(one.ballots.is_card & (one.ballots.unit == unit))
        cards = cards[np.argsort(one.ballots.serial[cards], kind="stable")]
        if 30 <= len(cards) <= 5000:
            runs = runs_of_cards(one.ballots.x[cards], seed + unit, draws=CARD_DRAWS)
            found[unit] = runs.is_flagged
    return found


def repeated_answers(one: Round, seed: int) -> Bools:
    """Units with a whole answer that repeats beyond what other units let expect."""
    x = one.ballots.x
    patterns, code = np.unique(x, axis=0, return_inverse=True)
    counts = np.zeros((one.setting.units, len(patterns)), dtype=np.int64)
    np.add.at(counts, (one.ballots.unit, code), 1)
    constant = (patterns == patterns[:, :1]).all(axis=1)
    found = np.zeros(one.setting.units, dtype=np.bool_)
    for hit in collisions(counts, constant, seed):
        found[hit.unit] = hit.is_flagged
    return found


def unlike_before(one: Round, seed: int) -> Bools:
    """Units whose share of contented ballots is out of line with their earlier rounds."""
    units = one.setting.units
    n = np.bincount(one.ballots.unit, minlength=units)
    k = np.bincount(one.ballots.unit[contented(one.setting, one.ballots.x)], minlength=units)
    places = own_history(k, n, one.earlier_k, one.earlier_n).places
    return np.array([place.is_flagged for place in places])


def corner(one: Round, seed: int) -> Bools:
    """Units with extreme turnout and extreme contentment together."""
    units = one.setting.units
    n = np.bincount(one.ballots.unit, minlength=units)
    k = np.bincount(one.ballots.unit[contented(one.setting, one.ballots.x)], minlength=units)
    return turnout_fingerprint(n, one.invited, k).is_corner


def flat_rater(one: Round, seed: int) -> Bools:
    """Raters whose longest run over all units is beyond 0.1 % of simulated honest raters."""
    x = one.panel.reshape(len(one.panel), -1)
    cut = threshold_of(
        lambda rows: long_string(rows).longest.astype(np.float64),
        honest_sheets(x, SHEETS, seed),
        RATER_RATE,
        is_high=True,
    )
    return cut.flags(long_string(x).longest.astype(np.float64))


def far_sheet(one: Round, seed: int) -> Bools:
    """Sheets of the panel (a rater on a unit) far from the unit's others, by Mahalanobis."""
    centred = one.panel - one.panel.mean(axis=0, keepdims=True)
    return mahalanobis(centred.reshape(-1, one.panel.shape[2])).flagged


ON_BALLOTS: tuple[Detector, ...] = (
    Detector("straight_line", N_("整份同一选项"), "ballot", None, straight_line),
    Detector("fast_straight_line", N_("又快又整份同一选项"), "ballot", None, fast_straight_line),
    Detector("same_device", N_("同一设备"), "ballot", 0.0, same_device),
    Detector("long_run", N_("连续同一选项过长"), "ballot", RATE, long_run),
    Detector("low_variability", N_("答案几乎不变"), "ballot", RATE, low_variability),
    Detector("far_away", N_("组合罕见（马氏距离）"), "ballot", 0.001, far_away),
    Detector("misfit", N_("难易颠倒（Guttman 误差）"), "ballot", None, misfit),
    Detector("link_burst", N_("短时集中"), "link", 0.01, link_burst),
    Detector("one_sided_link", N_("满分集中"), "link", 0.01, one_sided_link),
    Detector("one_sided_burst", N_("短时集中又满分集中"), "link", 0.01, one_sided_burst),
    Detector("fast_link", N_("作答过快的入口"), "link", 0.01, fast_link),
    Detector("card_runs", N_("连号卡雷同"), "batch", 0.001, card_runs),
    Detector("repeated_answers", N_("答案整份雷同"), "unit", 0.01, repeated_answers),
    Detector("unlike_before", N_("与自己往年不符"), "unit", 0.01, unlike_before),
    Detector("corner", N_("参与率和满意率同时极高"), "unit", None, corner),
)
ON_PANELS: tuple[Detector, ...] = (
    Detector("flat_rater", N_("对所有对象打同样的分"), "rater", RATER_RATE, flat_rater),
    Detector("far_sheet", N_("评价表远离他人"), "sheet", 0.001, far_sheet),
)
