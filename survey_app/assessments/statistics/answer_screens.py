"""What the page of answers computes from the sealed rounds; made once, remembered for a while."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from survey_app.assessments.service import OpenedRun
from survey_app.core.config import Settings

if TYPE_CHECKING:
    from analysis.round_statistics.pile import BothResults
    from analysis.round_statistics.screens import Screens
    from analysis.screened_rows import Place
    from analysis.sealed_round import SealedRound

Made = TypeVar("Made")


class Remembered(Generic[Made]):
    """The last few things this process has made, by what they were made from."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._made: OrderedDict[tuple[str, ...], Made] = OrderedDict()

    def get(self, key: tuple[str, ...], make: Callable[[], Made]) -> Made:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
                while len(self._made) > self._most:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]

    def put(self, key: tuple[str, ...], made: Made) -> None:
        """Remember what was made elsewhere."""
        self.get(key, lambda: made)

    def known(self, key: tuple[str, ...]) -> Made | None:
        """What was made before, None where it was not."""
        return self._made.get(key)


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

    return _SCREENS.get(_key(run, settings), make)


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
            _RESULTS.put((*_key(run, settings), *place), results)
    found = {one: known_results(run, settings, one) for one in places}
    return {one: results for one, results in found.items() if results is not None}


def known_results(run: OpenedRun, settings: Settings, place: "Place") -> "BothResults | None":
    """Both results where somebody has looked at them already."""
    return _RESULTS.known((*_key(run, settings), *place))


def _key(run: OpenedRun, settings: Settings) -> tuple[str, ...]:
    return str(settings.sealed_dir), run.frozen.key, run.assessment.content_digest


def _sealed(run: OpenedRun, settings: Settings) -> "tuple[SealedRound, ...]":
    # The analysis brings DuckDB and scipy, which the rater's path must not load.
    from analysis.sealed_round import open_sealed_rounds

    folders = [settings.sealed_dir / run.frozen.key] if run.frozen.questionnaires else []
    return open_sealed_rounds(folders)
