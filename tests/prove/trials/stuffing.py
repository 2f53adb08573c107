"""Farms of cards among honest ones, simulated: how many are flagged, how many honest places are."""

import numpy as np

from analysis.attacks.card_farm import card_farm
from analysis.attacks.detectors import card_runs
from analysis.attacks.honest import draw, synthetic
from tests.prove.trial import Counts, Task, Trial

FARM = 200
WANTED, ALARMS = 0.95, 0.01
UNITS, BALLOTS = 12, 800


def farms(task: Task, *, size: int = FARM) -> Counts:
    """Rounds with one farm; fails where under 95 % are found or over 1 % of honest places."""
    setting = synthetic(units=UNITS, ballots=BALLOTS)
    found = flagged = honest_places = tried = 0
    while task.goes_on(tried):
        seed = task.seed + tried
        honest = draw(setting, seed)
        target = seed % setting.units
        flags = card_runs(card_farm(honest, target, size, seed), seed)
        found += bool(flags[target])
        flagged += int(np.delete(flags, target).sum())
        honest_places += setting.units - 1
        tried += 1
    is_kept = found >= WANTED * tried and flagged <= ALARMS * honest_places
    notes = (f"found {found} of {tried} farms, flagged {flagged} of {honest_places} honest places",)
    return Counts(tried, 0 if is_kept else max(1, tried - found), {}, notes)


def unlooked(task: Task) -> Counts:
    """A farm of three cards is below what the detector can see; counts farms missed."""
    setting = synthetic(units=UNITS, ballots=BALLOTS)
    missed = 0
    for number in range(task.wanted):
        seed = task.seed + number
        honest = draw(setting, seed)
        target = seed % setting.units
        missed += not card_runs(card_farm(honest, target, 3, seed), seed)[target]
    return Counts(task.wanted, missed)


TRIALS = (
    Trial(
        id="stuffing-farm",
        section="Once",
        promise=f"A farm of {FARM} neighbouring cards is flagged (≥ 95 %), honest places are not "
        "(≤ 1 %)",
        invariants=(),
        how=f"simulated rounds of {UNITS} places with {BALLOTS // 4} honest cards each; one hand "
        "fills in neighbouring cards of one batch; what a round keeps is looked at",
        tries="simulated rounds",
        nightly=40,
        full=400,
        run=farms,
        seconds=60,
        short=40,
        guard="a farm of 3 cards, too few to be seen",
        counter_proof=unlooked,
        counter_wanted=5,
    ),
)
