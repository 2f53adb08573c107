"""What the raters of a small city hand in: honest forms, drawn from what people think."""

from collections.abc import Iterator

import numpy as np

from survey_app.demo.ballot_plan import Drawer, Filled
from survey_app.demo.city_plan import bound_forms
from survey_app.demo.small_city import Period, SmallCity, Voice
from survey_app.demo.truth import DIMENSION_SD, PlantedTruth

SECONDS = 60.0
USUAL = 0.5


def draw_forms(city: SmallCity, period: Period) -> list[Filled]:
    """Everything handed in for a period, in the order it comes. The same seed, the same forms."""
    place = city.all_periods.index(period)
    rng = np.random.default_rng([city.seed, place])
    forms = bound_forms(tuple(voice.kind for voice in period.voices))
    dimensions = sorted({one.key for form in forms.values() for one in form.dimensions})
    deviation = {
        (row.key, key): float(rng.normal(0.0, DIMENSION_SD))
        for row in city.ratees
        for key in dimensions
    }
    drawer = Drawer(city.ratees, forms, PlantedTruth({}, deviation), rng)
    drawn: list[Filled] = []
    for voice in period.voices:
        drawer.truth = PlantedTruth(_seen_by(city, voice), deviation)
        drawn += _of_voice(city, drawer, voice)
    return sorted(drawn, key=lambda one: one.bin)


def _seen_by(city: SmallCity, voice: Voice) -> dict[str, float]:
    return {
        row.key: city.quality.get(row.key, USUAL) + voice.leans.get(row.key, 0.0)
        for row in city.ratees
    }


def _of_voice(city: SmallCity, drawer: Drawer, voice: Voice) -> Iterator[Filled]:
    kind = voice.kind
    scopes = voice.lists or tuple((row.key,) for row in city.asked(voice))
    for scope in scopes:
        leniency = drawer.rng.normal(0.0, kind.spread, voice.n)
        answers = {ratee: drawer.answers(kind, ratee, leniency) for ratee in scope}
        bins = drawer.bins(voice.n)
        for rater in range(voice.n):
            codes = {ratee: answers[ratee][rater] for ratee in scope}
            device = drawer.new_device() if voice.way == "poster" else ""
            comment = "" if voice.lists else drawer.comment()
            yield Filled(kind, scope, "", codes, int(bins[rater]), SECONDS, device, comment)
