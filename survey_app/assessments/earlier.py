"""What the newest run of an earlier round tells a plan: how far the ballots of a unit spread."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.scheme import Scheme
from survey_app.assessments.tables import Run
from survey_app.planning.assumptions import FEW, EarlierRun, Spread
from survey_app.rounds import life
from survey_app.rounds.tables import Round


def earlier_run(session: Session, row: Round) -> EarlierRun | None:
    """The newest other round with the same scheme (its key, whatever the version) and a run.

    Simulated answers are no ground for a real round.
    """
    scheme, _problems = life.read_scheme(row)
    if scheme is None:
        return None
    found = session.scalars(
        select(Round).where(Round.state == "assessed", Round.id != row.id).order_by(Round.id.desc())
    )
    for other in found:
        if other.frozen_config is None or (other.is_simulated and not row.is_simulated):
            continue
        was = Scheme.from_json(json.loads(other.frozen_config)["scheme"])
        run = session.scalar(
            select(Run).where(Run.round_id == other.id).order_by(Run.number.desc()).limit(1)
        )
        if was.key == scheme.key and run is not None:
            return EarlierRun(other.id, other.title, spreads(was, json.loads(run.scores_json)))
    return None


def spreads(scheme: Scheme, scores: Mapping[str, Any]) -> dict[str, Spread]:
    """Pooled over the units, s² = Σ n (n se²) / Σ n: a score's se² is s² / n.

    Units with few ballots or a suppressed result are left out.
    """
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0, 0])
    for rater_class, se, n in _nodes(scheme, scores):
        one = sums[rater_class]
        one[0] += n * n * se * se
        one[1] += 1
        one[2] += n
    return {
        key: Spread((total / n) ** 0.5, int(units), int(n))
        for key, (total, units, n) in sorted(sums.items())
        if total
    }


def _nodes(scheme: Scheme, scores: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Rater class, standard error and ballots of every score a rater class gave."""
    leaves = {leaf.path for leaf in scheme.leaves() if leaf.source == "questionnaire"}
    for ratee in scores["ratees"]:
        if ratee["suppressed"]:
            continue
        for path, node in ratee["nodes"].items():
            above, _slash, rater_class = path.rpartition("/")
            if above in leaves and node["se"] and node["n"] >= FEW:
                yield rater_class, node["se"], node["n"]
