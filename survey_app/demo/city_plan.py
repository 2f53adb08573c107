"""A whole city on paper: what is decided before anything is stored. Seed in, city out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.inputs import Inputs
from analysis.scheme import SCHEMES, Scheme, shipped
from forms.problems import N_, InputError, Problem
from forms.questionnaire import Questionnaire, library
from survey_app.demo.ballot_plan import Drawer, days_for, draw_ballots
from survey_app.demo.cities.zhangjiajie_2009 import KINDS, ratees
from survey_app.demo.dirt import Plan, add_dirt
from survey_app.demo.ledgers import make_inputs
from survey_app.demo.raters import RaterKind
from survey_app.demo.truth import PlantedTruth, plant
from survey_app.register.reading import RosterRow

MINIMUM_ROWS = 600
UNRETURNED = 0.1
RATEE_CLASSES = ("county", "unit")


@dataclass(frozen=True, slots=True)
class CitySpec:
    """What makes a city: honest ballot × ratee rows, a seed, and a shipped scheme."""

    rows: int
    seed: int
    scheme: Scheme

    @property
    def scheme_toml(self) -> str:
        return (SCHEMES / f"{self.scheme.key}.toml").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class City:
    """A city on paper. `questionnaires` leads from (rater class, ratee class) to a form."""

    spec: CitySpec
    truth: PlantedTruth
    inputs: Inputs
    questionnaires: Mapping[tuple[str, str], Questionnaire]
    plan: Plan

    @property
    def roster(self) -> tuple[RosterRow, ...]:
        """Everybody with a personal code: those who answer and a tenth who do not."""
        answered = Counter(
            (one.kind.key, self.listed(one.scope), one.stratum)
            for one in self.plan.forms
            if one.kind.way == "list" and one.label == "honest"
        )
        people = [
            (way, number)
            for way, n in answered.items()
            for number in range(n + max(1, round(UNRETURNED * n)))
        ]
        return tuple(
            RosterRow(rater_class, f"人员{number:04d}", stratum, scope)
            for number, ((rater_class, scope, stratum), _) in enumerate(people, start=1)
        )

    def listed(self, scope: tuple[str, ...]) -> tuple[str, ...]:
        """A rating list as stored: empty where it is everybody."""
        return () if len(scope) == len(self.inputs.ratees) else scope

    def bindings(self, *, is_short: bool = False) -> list[dict[str, object]]:
        """Which form who fills in for whom; `is_short` takes the short form throughout."""
        return [
            {
                "rater_class": kind.key,
                "ratee_class": ratee_class,
                "questionnaire": form,
                "short": is_short or kind.length == "short",
            }
            for kind in KINDS
            for ratee_class, form in kind.forms
        ]


def find_scheme(name: str) -> Scheme:
    """A shipped scheme that weighs this city's rater classes; InputError that names those."""
    suitable = {key: scheme for key, scheme in shipped().items() if _suits(scheme)}
    if name not in suitable:
        values = {"name": name, "known": "、".join(suitable)}
        raise InputError(
            [Problem("--scheme", N_("{name} 不是可用的自带方案"), N_("可选：{known}"), values)]
        )
    return suitable[name]


def _suits(scheme: Scheme) -> bool:
    """Whether every questionnaire leaf weighs rater classes, and only those the city has."""
    known = {kind.key for kind in KINDS}
    leaves = [leaf for leaf in scheme.leaves() if leaf.source == "questionnaire"]
    return bool(leaves) and all(
        leaf.all_rater_classes() and set(leaf.all_rater_classes()) <= known for leaf in leaves
    )


def draw_city(spec: CitySpec) -> City:
    """Everything about a city. The parts draw from streams of their own."""
    streams = [np.random.default_rng([spec.seed, part]) for part in range(4)]
    register = ratees()
    forms = bound_forms(KINDS)
    dimensions = sorted({one.key for form in forms.values() for one in form.dimensions})
    truth = plant(register, dimensions, streams[0])
    inputs = make_inputs(register, truth, spec.scheme, streams[1])
    drawer = Drawer(register, forms, truth, streams[2], days_for(spec.rows))
    honest = draw_ballots(drawer, spec.rows)
    drawer.rng = streams[3]
    units = [row.key for row in register if row.ratee_class == "unit"]
    pushed = min(units, key=lambda key: truth.quality[key])
    return City(spec, truth, inputs, forms, add_dirt(drawer, honest, pushed))


def bound_forms(kinds: tuple[RaterKind, ...]) -> dict[tuple[str, str], Questionnaire]:
    """(rater class, ratee class) → the questionnaire in the form that class gets."""
    return {
        (kind.key, ratee_class): library()[key].short()
        if kind.length == "short"
        else library()[key]
        for kind in kinds
        for ratee_class, key in kind.forms
    }
