"""Files on their way out: what small groups said is left out, and the ledger is told."""

import hashlib
import json
from collections.abc import Collection
from fractions import Fraction
from typing import Any

from analysis.rounding import half_up
from survey_app.assessments.service import OpenedRun
from survey_app.core.database import Database
from survey_app.disclosure.ledger import enter


def enter_file(database: Database, run: OpenedRun, name: str, kind: str, content: bytes) -> None:
    """Put a file made from a run into the ledger of its round."""
    with database.write() as session:
        enter(
            session,
            run.frozen.id,
            name,
            kind,
            hashlib.sha256(content).hexdigest(),
            run.guarded.cells,
            reasons=run.guarded.reasons,
        )


def masked_scores(text: str, hidden: Collection[tuple[str, str]]) -> bytes:
    """scores.json as stored, byte for byte; where rater classes are hidden, without them."""
    if not hidden:
        return text.encode()
    data = json.loads(text)
    paths: dict[str, set[str]] = {}
    for ratee, path in hidden:
        paths.setdefault(ratee, set()).add(path)
    for one in data["ratees"]:
        if one["key"] in paths:
            _mask(one, paths[one["key"]])
    data["hidden"] = sorted([ratee, path] for ratee, path in hidden)
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _mask(one: dict[str, Any], hidden: Collection[str]) -> None:
    nodes = one["nodes"]
    counted = {
        path: nodes[path]["n"] for path in set(hidden) & nodes.keys() if nodes[path]["score"]
    }
    one["n"] -= sum(counted.values())
    for path in list(nodes):
        if any(path == each or path.startswith(f"{each}/") for each in hidden):
            del nodes[path]
        else:
            below = [each for each in hidden if each.startswith(f"{path}/")]
            nodes[path]["n"] -= sum(counted.get(each, 0) for each in below)
            if below:
                _round(nodes[path])


def _round(node: dict[str, Any]) -> None:
    """Two decimals: an exact fraction would tell how many ballots are hidden."""
    for name in ("score", "converted"):
        if node[name] is not None:
            node[name] = str(half_up(Fraction(node[name]), 2))
