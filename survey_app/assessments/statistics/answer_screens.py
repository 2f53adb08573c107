"""What the page of answers computes from the sealed rounds; made once, remembered for a while."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from survey_app.assessments.service import OpenedRun
from survey_app.core.config import Settings
from survey_app.core.remembered import Remembered

if TYPE_CHECKING:
    from analysis.round_statistics.pile import BothResults
    from analysis.round_statistics.screens import Screens
    from analysis.screened_rows import Place
    from analysis.sealed_round import SealedRound

_SCREENS: "Remembered[Screens]" = Remembered(4)
_RESULTS: "Remembered[BothResults]" = Remembered(256)


def screens_of(run: OpenedRun, settings: Settings) -> "Screens":
    """The screens of whole sheets; the same whatever was decided, and so is their seed."""

    def make() -> "Screens":
        from analysis.rank_ranges import seed_of
        from analysis.round_statistics.answer_rows import collect_rows
        from analysis.round_statistics.screens import screen_sheets

        hidden = {one.key for one in run.assessment.ratees if one.suppressed}
        seed = seed_of(run.frozen.digest)
        return screen_sheets(collect_rows(_sealed(run, settings)), hidden, seed)

    return _SCREENS.get(run.content_key(settings), make)


def results_of(
    run: OpenedRun, settings: Settings, places: "Collection[Place]"
) -> "dict[Place, BothResults]":
    """Both results of each of these findings; those not known yet are made together."""
    from analysis.round_statistics.pile import both_results

    missing = [one for one in places if known_results(run, settings, one) is None]
    if missing:
        scheme, sealed = run.assessment.scheme, _sealed(run, settings)
        made = both_results(sealed, run.inputs, scheme, missing, run.assessment)
        for place, results in made.items():
            _RESULTS.put((*run.content_key(settings), *place), results)
    found = {one: known_results(run, settings, one) for one in places}
    return {one: results for one, results in found.items() if results is not None}


def known_results(run: OpenedRun, settings: Settings, place: "Place") -> "BothResults | None":
    """Both results where somebody has looked at them already."""
    return _RESULTS.known((*run.content_key(settings), *place))


def _sealed(run: OpenedRun, settings: Settings) -> "tuple[SealedRound, ...]":
    # The analysis brings DuckDB and scipy, which the rater's path must not load.
    from analysis.sealed_round import open_sealed_rounds

    return open_sealed_rounds(run.folders(settings))
