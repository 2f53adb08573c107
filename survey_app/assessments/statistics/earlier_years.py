"""The totals of the last period and their errors, as far as anybody kept them.

A result approved in the product names its run, and the run's scores hold the error; an imported
score has none. Where both speak of one ratee and period the imported score holds, as in a run.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import periods
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.tables import Result, Run
from survey_app.core.database import Database
from survey_app.rounds.frozen import FrozenRound, load_round, read_config

if TYPE_CHECKING:
    from analysis.round_statistics.years import EarlierScore


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an earlier run says: its ratees as in scores.json, and whether it asked the same."""

    ratees: Mapping[str, Mapping[str, Any]]
    is_comparable: bool


def earlier_scores(database: Database, run: OpenedRun) -> tuple[str, "dict[str, EarlierScore]"]:
    """The last period that has scores, and them by ratee; ("", {}) where there is none."""
    from analysis.round_statistics.years import EarlierScore, last_scores

    series, own = run.assessment.scheme.key, run.frozen.period
    period, given = last_scores(run.inputs.history, series, own)
    with database.read() as session:
        found = _approved(session, run, series)
        last = max(
            [*({period} - {""}), *(row.period for row in found)], key=periods.order, default=""
        )
        results = {row.ratee: row for row in found if row.period == last}
        kept = _kept(session, run, {row.run_id for row in results.values()})
    made = {}
    for key, row in results.items():
        before = kept[row.run_id].ratees.get(key, {})
        se, lo, hi = (before.get(name) for name in ("se", "lo", "hi"))
        made[key] = EarlierScore(float(row.score), se, lo, hi, kept[row.run_id].is_comparable)
    for key, score in given.items() if period == last else ():
        if key not in made or made[key].score != score:
            made[key] = EarlierScore(score)
    return (last, made) if made else ("", {})


def _approved(session: Session, run: OpenedRun, series: str) -> list[Result]:
    """The newest versions of approved results with a score, of earlier periods of the same length,
    about the run's ratees.
    """
    own = periods.parse(run.frozen.period)
    if own is None:
        return []
    keys = {one.key for one in run.assessment.ratees}
    newest: dict[tuple[str, str], Result] = {}
    rows = select(Result).where(Result.series == series).order_by(Result.version)
    for row in session.scalars(rows):
        found = periods.parse(row.period)
        is_earlier = found is not None and found.months == own.months
        if row.ratee in keys and is_earlier and periods.before(row.period, run.frozen.period):
            newest[row.ratee, row.period] = row
    return [row for row in newest.values() if row.score and row.round_id != run.frozen.id]


def _kept(session: Session, run: OpenedRun, ids: Iterable[int]) -> dict[int, _Kept]:
    found = {}
    for row in session.scalars(select(Run).where(Run.id.in_(sorted(ids)))):
        before = load_round(session, row.round_id)
        is_comparable = row.scheme_digest == run.assessment.scheme.digest
        if before.frozen_config is None or before.config_digest is None:
            is_comparable = False
        else:
            frozen = read_config(before.id, before.config_digest, before.frozen_config)
            is_comparable = is_comparable and _asked(frozen) == _asked(run.frozen)
        ratees = {one["key"]: one for one in json.loads(row.scores_json)["ratees"]}
        found[row.id] = _Kept(ratees, is_comparable)
    return found


def _asked(frozen: FrozenRound) -> dict[str, str]:
    """The questionnaires by key, as fingerprints."""
    return {key: one.digest for key, one in frozen.questionnaires.items()}
