"""The demonstration from end to end: a city in the store, its files, and how true they are."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.results import Assessment
from analysis.round_statistics.tables import assess_with_sums
from survey_app.assessments.service import open_run, run_assessment
from survey_app.closing import service as closing
from survey_app.core.access import Role
from survey_app.core.services import Services
from survey_app.core.uploads import Upload
from survey_app.demo import building
from survey_app.demo.accuracy import (
    Accuracy,
    Push,
    TrueScores,
    compare_leaf,
    compare_totals,
    measure_push,
    true_scores,
)
from survey_app.demo.ballot_plan import Drawer, draw_ballots
from survey_app.demo.building import BuiltRound, Teller
from survey_app.demo.cities.zhangjiajie_2009 import CITY, KINDS, ORGANISER, records
from survey_app.demo.city_plan import City, bound_forms
from survey_app.demo.deciding import decide
from survey_app.demo.desk import WaysIn
from survey_app.demo.findings import NOT_FOUND, RuleFigures, measure
from survey_app.demo.imprint import SIMULATED, YEAR
from survey_app.demo.input_files import write_inputs
from survey_app.demo.logins import OFFICE, Login, make_logins
from survey_app.demo.outputs import (
    INPUTS,
    Labels,
    clear_outputs,
    copy_sealed,
    read_input_folder,
    write_results,
    write_truth,
)
from survey_app.demo.ways_in import OPERATOR
from survey_app.indicators import service as sheets
from survey_app.rounds.codes import display
from survey_app.supervision.service import file_record

KINDS_OF_SHEET: tuple[sheets.Kind, ...] = ("indicators", "adjustments", "vetoes", "history")
TRUTH_FORMAT = "survey-truth/1"
SHOWN_CODES = 3
EARLY_SHARE = 0.01
SCOPES: Mapping[Role, str] = {"reporter": "市统计局", "certifier": "", "unit": "u01"}


@dataclass(frozen=True, slots=True)
class Demo:
    """What a finished demonstration has to show."""

    city: City
    folder: Path
    logins: tuple[Login, ...]
    open_round: BuiltRound
    assessment: Assessment
    rules: Mapping[str, RuleFigures]
    accuracy: Mapping[str, Accuracy]
    push: Push
    counts: Mapping[str, int]

    @property
    def open_link(self) -> str:
        """The token of a poster of the open round."""
        return next(iter(self.open_round.ways.posters.values()))

    @property
    def codes(self) -> dict[str, list[str]]:
        """Unused codes of the open round by rater class, as printed on cards."""
        return unused_codes(self.open_round.ways)


def unused_codes(ways: WaysIn) -> dict[str, list[str]]:
    """A few unused codes of each rater class, as printed on cards."""
    found: dict[str, list[str]] = {}
    for (rater_class, _, _), cards in ways.cards.items():
        shown = found.setdefault(rater_class, [])
        shown += [display(card.typed_code) for card in deque(cards)][: SHOWN_CODES - len(shown)]
    return found


def build_demo(services: Services, city: City, folder: Path, teller: Teller) -> Demo:
    """Build the city in an empty store, assess it, write its files, open the next round."""
    clear_outputs(folder)
    teller.stage("登记评议对象、评议主体和名册", 0.02)
    facts = {"seed": city.spec.seed, "rows": city.spec.rows}
    classes = [kind.key for kind in KINDS]
    building.begin(services, city.inputs.ratees, classes, city.roster, facts)
    logins = make_logins(services, {**OFFICE, **SCOPES})
    teller.stage("建立轮次、印制二维码和评议卡", 0.08)
    closed = building.make_closed_round(services, city)
    teller.stage(f"提交 {len(city.plan.forms)} 份模拟答卷", 0.62)
    desk = building.hand_in_all(services, closed, city.plan.forms, teller)
    teller.stage("关闭轮次，关闭之后再来的一律不收", 0.01)
    closing.close_round(services.database, OPERATOR, closed.round_id)
    for _ in desk.hand_in(city.plan.late):
        pass
    teller.stage("两位模拟的密钥保管人开封，再封存答卷", 0.04)
    building.open_ballots(services, closed)
    sealed = closing.seal(
        services.database,
        services.rounds,
        OPERATOR,
        closed.round_id,
        services.settings.sealed_dir,
    )
    assessment = _assess_files(services, city, folder, sealed, teller)
    _import_inputs(services, folder / INPUTS, closed.round_id)
    run_assessment(services.database, services.settings, closed.round_id, OPERATOR)
    decide(services, open_run(services.database, services.settings, closed.round_id), {})
    for spec in records():
        file_record(services.database, OPERATOR, spec)
    teller.stage("对照预先埋下的真相", 0.03)
    rules = measure(city, folder / "sealed", desk.outcomes)
    truth = true_scores(city)
    accuracy = _accuracy(city, truth, assessment)
    push = measure_push(city, truth, assessment)
    counts = _counts(city, assessment)
    write_truth(folder, truth_json(city, truth, rules, accuracy, push, counts))
    teller.stage("开放下一年度的轮次", 0.04)
    open_round = building.make_open_round(services, city)
    _early_ballots(services, city, open_round, teller)
    return Demo(city, folder, logins, open_round, assessment, rules, accuracy, push, counts)


def _assess_files(
    services: Services, city: City, folder: Path, sealed: list[Path], teller: Teller
) -> Assessment:
    """Write the inputs, then assess what was written, as anybody can do again."""
    teller.stage("核算得分，生成工作簿和表格", 0.16)
    copied = copy_sealed(sealed, folder)
    forms = list(city.questionnaires.values())
    write_inputs(folder / INPUTS, city.inputs, city.spec.scheme_toml, forms)
    inputs = read_input_folder(folder / INPUTS)
    assessment, sums = assess_with_sums([copied], inputs, city.spec.scheme)
    labels = Labels(
        title=f"{CITY}{YEAR}年度",
        organiser=ORGANISER,
        cutoff=f"{YEAR}年12月20日（模拟）",
        target_per_ratee=city.spec.rows // len(city.inputs.ratees),
    )
    write_results(folder, assessment, inputs, labels, sums)
    return assessment


def _import_inputs(services: Services, folder: Path, round_id: int) -> None:
    """The same files, imported as an operator imports them, for the administrators' pages."""
    for kind in KINDS_OF_SHEET:
        path = folder / f"{kind}.csv"
        if path.is_file():
            upload = Upload(path.name, path.read_bytes())
            sheets.carry_out(services.database, OPERATOR, round_id, upload, kind)


def _early_ballots(services: Services, city: City, built: BuiltRound, teller: Teller) -> None:
    """A few citizens have answered already, so that there is something to watch."""
    import numpy as np

    citizens = tuple(kind for kind in KINDS if kind.key == "citizen")
    short = {place: form.short() for place, form in bound_forms(citizens).items()}
    rng = np.random.default_rng([city.spec.seed, 9])
    drawer = Drawer(city.inputs.ratees, short, city.truth, rng)
    rows = max(len(city.inputs.ratees) * 2, round(city.spec.rows * EARLY_SHARE))
    early = sorted(draw_ballots(drawer, rows, citizens).forms, key=lambda one: one.bin)
    building.hand_in_all(services, built, early, teller)


def _accuracy(city: City, truth: TrueScores, assessment: Assessment) -> dict[str, Accuracy]:
    found = {"total": compare_totals(truth, {r.key: r.total_exact for r in assessment.ratees})}
    found |= {
        leaf.path: compare_leaf(truth, assessment, leaf.path)
        for leaf in city.spec.scheme.leaves()
        if leaf.source == "questionnaire"
    }
    found |= {
        f"total.{one.key}": compare_totals(truth, one.totals) for one in assessment.alternatives
    }
    return found


def _counts(city: City, assessment: Assessment) -> dict[str, int]:
    """Rows planted, honest and not, as accepted; and what the assessment made of them."""
    labels = ("honest", "shared_phone")
    accepted_dirt = ("same_device", "two_phones", "straight_line", "half_filled", "link_farm")
    rows = {
        "honest": sum(len(f.codes) for f in city.plan.forms if f.label in labels),
        "dirt": sum(
            len(f.codes) for f in city.plan.forms if f.label in (*accepted_dirt, "card_farm")
        ),
    }
    counts = assessment.counts
    return rows | {
        "raw": counts.raw,
        "duplicate": counts.duplicate,
        "void": counts.void,
        "valid": counts.valid,
    }


def truth_json(
    city: City,
    truth: TrueScores,
    rules: Mapping[str, RuleFigures],
    accuracy: Mapping[str, Accuracy],
    push: Push,
    counts: Mapping[str, int],
) -> dict[str, object]:
    """truth.json: what was planted, what was found, what cannot be found, how far scores land."""
    return {
        "format": TRUTH_FORMAT,
        "note": f"{SIMULATED}：全部评议、指标和人员均为按种子随机生成，不代表任何真实单位",
        "is_simulated": True,
        "seed": city.spec.seed,
        "ballots": city.spec.rows,
        "scheme": city.spec.scheme.key,
        "rows": dict(counts),
        "rules": {rule: figures.as_json() for rule, figures in rules.items()},
        "cannot_be_found": list(NOT_FOUND),
        "never_accepted": ["after_close", "code_used", "forged", "incomplete"],
        "shared_phones": len(city.plan.planted("shared_phone")),
        "pushed": push.as_json(),
        "accuracy": {place: one.as_json() for place, one in accuracy.items()},
        "ratees": {
            key: {
                "total": f"{float(total):.6f}",
                "leaves": {
                    path: f"{float(score):.6f}"
                    for (ratee, path), score in truth.leaves.items()
                    if ratee == key
                },
            }
            for key, total in truth.totals.items()
        },
    }
