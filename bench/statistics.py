"""Speed of the statistics pages of a round, against its assessment: `make bench`.

Each step runs several times in this process, and the quickest counts, as others may be at work on
the machine. The sums are taken while a run is opened: what they add to its assessment is counted; a
large round reads its answers once more for them (`read anew`, not in `all`). Drawing the pages
themselves is not counted, nor what a page works out only when asked (rules, both results of a
finding).
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from analysis.assessment import assess, in_period, prepare
from analysis.attacks.price import prices
from analysis.binding import bind
from analysis.dedupe import counting_statuses
from analysis.engine import start_engine
from analysis.rank_ranges import seed_of
from analysis.results import Assessment
from analysis.round_statistics import estimates
from analysis.round_statistics.alternatives import class_alternatives
from analysis.round_statistics.answer_rows import collect_rows
from analysis.round_statistics.evidence_levels import levels_apart
from analysis.round_statistics.mixes import weighting
from analysis.round_statistics.order import class_orders
from analysis.round_statistics.questionnaires import questionnaire_reports
from analysis.round_statistics.raters import rater_reports
from analysis.round_statistics.satisfaction import scale_rates
from analysis.round_statistics.screens import screen_sheets
from analysis.round_statistics.shrunken import steady_scores
from analysis.round_statistics.tables import Sufficient, collect, sums_of
from analysis.round_statistics.who_answered import responses
from analysis.scheme import Scheme
from analysis.sealed_round import expand, open_sealed_rounds
from bench.analysis import bare
from survey_app.cli.assessing import load_inputs


def quickest(step: Callable[[], object], times: int) -> float:
    """Least seconds of a step."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        step()
        took.append(time.perf_counter() - began)
    return min(took)


def every_estimate(assessment: Assessment, sufficient: Sufficient) -> None:
    """Everything the page 得分和加权 shows."""
    leaves = estimates.survey_leaves(assessment.scheme, sufficient)
    estimates.class_estimates(assessment, leaves)
    levels_apart(assessment, leaves, "evidence")
    levels_apart(assessment, leaves, "channel")
    class_alternatives(assessment)
    weighting(assessment, leaves)
    responses(assessment, estimates.class_bounds(leaves))
    steady_scores(assessment, leaves)
    statuses = counting_statuses(assessment.scheme.same_device)
    scale_rates(assessment, sufficient.cells, statuses, 1.0)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path, help="what `survey demo --to` wrote")
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    folders = expand([given.out / "sealed"])
    inputs = load_inputs({one.stem: one for one in (given.out / "inputs").glob("*.csv")})
    scheme = Scheme.load(given.out / "inputs" / "scheme.toml")
    sealed = open_sealed_rounds(folders)
    found = assess(folders, inputs, scheme)
    sums = collect(sealed, inputs, scheme, found)
    seed = seed_of(found.content_digest)
    hidden = {one.key for one in found.ratees if one.suppressed}
    steps: dict[str, Callable[[], object]] = {
        "ranks": lambda: class_orders(found, inputs.ratees, sums, seed),
        "estimates": lambda: every_estimate(found, sums),
        "raters": lambda: rater_reports(found, sums, seed),
        "questionnaires": lambda: questionnaire_reports(found, sums),
        "price": lambda: prices(found, sums.cells, inputs.ratees),
        "answers": lambda: screen_sheets(collect_rows(sealed), hidden, seed),
    }
    plain = quickest(lambda: bare(folders), given.times)
    numbers = quickest(lambda: assess(folders, inputs, scheme), given.times)
    with start_engine("duckdb") as engine:
        run = prepare(engine, sealed, bind(in_period(inputs, sealed), scheme), scheme)
        took = {"sums": quickest(lambda: sums_of(run, sums.covariance), given.times)}
    took |= {name: quickest(step, given.times) for name, step in steps.items()}
    took["all"] = sum(took.values())
    took["read anew"] = quickest(
        lambda: collect(open_sealed_rounds(folders), inputs, scheme, found), given.times
    )
    print(f"{len(found.ratees)} ratees, {found.counts.raw} rows, quickest of {given.times}")
    print(f"{'':16}{'ms':>8}{'of assess':>12}{'of bare scans':>16}")
    for name, seconds in {"bare scans": plain, "assess": numbers, **took}.items():
        print(f"{name:16}{1000 * seconds:8.0f}{seconds / numbers:12.2f}{seconds / plain:16.2f}")


if __name__ == "__main__":
    main()
