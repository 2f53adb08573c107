"""Building a small city in the store, round after round, through the services of the product."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from analysis.results import Assessment
from survey_app.assessments.service import OpenedRun, open_run, run_assessment
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.services import Services
from survey_app.core.uploads import Upload
from survey_app.demo import building
from survey_app.demo.building import BuiltRound, Teller
from survey_app.demo.city_plan import bound_forms
from survey_app.demo.deciding import decide
from survey_app.demo.desk import Way, WaysIn
from survey_app.demo.imprint import PHONE, SIMULATED
from survey_app.demo.input_files import input_tables, write_inputs
from survey_app.demo.logins import OFFICE, Login, make_logins
from survey_app.demo.outputs import (
    INPUTS,
    Labels,
    clear_outputs,
    copy_sealed,
    write_periods,
    write_results,
)
from survey_app.demo.small_city import Built, Period, SmallCity
from survey_app.demo.small_forms import draw_forms
from survey_app.demo.ways_in import (
    OPERATOR,
    make_posters,
    make_roster_cards,
    make_service_cards,
)
from survey_app.indicators import service as sheets
from survey_app.rounds import service as rounds
from survey_app.rounds.entrances import IssuedCard
from survey_app.rounds.service import RoundSpec
from survey_app.supervision import promises, work
from survey_app.supervision.service import file_record

IMPORTED: tuple[sheets.Kind, ...] = ("indicators", "adjustments", "vetoes", "history", "figures")
FILES = {"promises": promises.carry_out, "work": work.carry_out}
OPEN_FOR = timedelta(days=60)


@dataclass(slots=True)
class Progress:
    """How far a city is built, and what it shows."""

    services: Services
    city: SmallCity
    folder: Path
    assessments: dict[str, Assessment] = field(default_factory=dict)
    round_ids: dict[str, int] = field(default_factory=dict)

    def place(self, period: Period) -> Path:
        """Where the files of a period go: into the folder itself where it is the only one."""
        return self.folder if len(self.city.periods) == 1 else self.folder / period.key


@dataclass(frozen=True, slots=True)
class SmallDemo:
    """What a finished small city has to show."""

    city: SmallCity
    folder: Path
    logins: tuple[Login, ...]
    open_round: BuiltRound | None
    assessments: Mapping[str, Assessment]
    round_ids: Mapping[str, int]
    told: tuple[str, ...]


def build_small(services: Services, city: SmallCity, folder: Path, teller: Teller) -> SmallDemo:
    """Build the city in an empty store: every round with its results, then the one open now."""
    clear_outputs(folder)
    if len(city.periods) > 1:
        write_periods(folder, [period.key for period in city.periods])
    teller.stage("登记评议对象、评议主体和名册", 0.05)
    facts = {"scheme": city.scheme, "seed": city.seed}
    building.begin(services, city.ratees, city.rater_classes, city.roster, facts)
    logins = make_logins(services, {**OFFICE, **city.scopes})
    _import_files(services, city)
    if city.beforehand is not None:
        teller.stage("评定之前的报备和平时考核", 0.3)
        city.beforehand(services)
    progress = Progress(services, city, folder)
    for period in city.periods:
        teller.stage(f"{period.title}：收卷、封存、导入、核算", 0.85 / len(city.periods))
        _build_period(progress, period)
    for spec in city.records:
        file_record(services.database, OPERATOR, spec)
    told: tuple[str, ...] = ()
    if city.afterwards is not None:
        done = Built(services, folder, progress.round_ids, progress.assessments)
        told = tuple(city.afterwards(done))
    opened = None
    if city.opened is not None:
        teller.stage(f"开放{city.opened.title}", 0.05)
        opened = _open(services, city, city.opened, is_now=True)
    return SmallDemo(city, folder, logins, opened, progress.assessments, progress.round_ids, told)


def _import_files(services: Services, city: SmallCity) -> None:
    for name, data in city.files.items():
        FILES[name](services.database, OPERATOR, Upload(f"{name}.csv", data))


def _build_period(progress: Progress, period: Period) -> None:
    services, city = progress.services, progress.city
    built = _open(services, city, period, is_now=False)
    for _ in building.desk_of(services, built).hand_in(draw_forms(city, period)):
        pass
    closing.close_round(services.database, OPERATOR, built.round_id)
    home = services.settings.sealed_dir
    sealed = closing.seal(services.database, services.rounds, OPERATOR, built.round_id, home)
    _import_inputs(progress, built.round_id, period)
    run_assessment(services.database, services.settings, built.round_id, OPERATOR)
    progress.round_ids[period.key] = built.round_id
    run = open_run(services.database, services.settings, built.round_id)
    decide(services, run, period.decisions)
    _write(progress, run, period, sealed)


def _open(services: Services, city: SmallCity, period: Period, *, is_now: bool) -> BuiltRound:
    """A round with its ways in, open."""
    spec = RoundSpec(
        title=f"{period.title}（{SIMULATED}）",
        organiser=f"{city.organiser}（{SIMULATED}）",
        phone=PHONE,
        scheme_toml=period.scheme_toml,
        bindings=tuple(one for voice in period.voices for one in voice.bindings()),
        close_at=clock.now() + OPEN_FOR if is_now else None,
        is_simulated=True,
        period=period.period,
    )
    round_id = rounds.create_round(services.database, services.keys, OPERATOR, period.key, spec)
    ways = _ways_in(services, city, period, round_id)
    rounds.freeze(services.database, OPERATOR, round_id)
    rounds.open_round(services.database, OPERATOR, round_id)
    return BuiltRound(round_id, period.key, ways)


def _ways_in(services: Services, city: SmallCity, period: Period, round_id: int) -> WaysIn:
    posters: dict[Way, str] = {}
    cards: dict[Way, deque[IssuedCard]] = {}
    for voice in period.voices:
        asked = city.asked(voice)
        if voice.way == "poster":
            posters |= make_posters(services, round_id, voice.kind, asked)
        elif voice.way == "card":
            wanted: dict[Way, int] = {(voice.key, (row.key,), ""): voice.n for row in asked}
            cards |= make_service_cards(services, round_id, voice.kind, asked, wanted)
        else:
            cards |= make_roster_cards(services, round_id, voice.kind)
    return WaysIn(posters, cards)


def _import_inputs(progress: Progress, round_id: int, period: Period) -> None:
    """The sheets, as an operator imports them."""
    services = progress.services
    for table in input_tables(period.inputs(progress.city.ratees)):
        kind = next((one for one in IMPORTED if one == table.kind), None)
        if kind is not None:
            upload = Upload(f"{kind}.csv", table.as_csv())
            sheets.carry_out(services.database, OPERATOR, round_id, upload, kind)


def _write(progress: Progress, run: OpenedRun, period: Period, sealed: Sequence[Path]) -> None:
    """The run as files that can be assessed again."""
    to = progress.place(period)
    copy_sealed(sealed, to)
    forms = bound_forms(tuple(voice.kind for voice in period.voices))
    write_inputs(to / INPUTS, run.inputs, period.scheme_toml, list(forms.values()))
    labels = Labels(f"{period.title}（{SIMULATED}）", progress.city.organiser)
    write_results(to, run.whole, run.inputs, labels, run.sufficient)
    progress.assessments[period.key] = run.whole
