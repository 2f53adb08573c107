"""scores.json: what a run says, spelled the same way every time."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from analysis.cells import FormCells, Moments
from analysis.inputs import Inputs
from analysis.results import NodeScore, RateeResult, SourceSum, Step
from analysis.rounding import half_up
from analysis.scheme import Scheme
from forms.problems import canonical_json, plain

if TYPE_CHECKING:
    from analysis.results import Assessment

FORMAT = "survey-scores/1"


def scores_json(run: "Assessment") -> bytes:
    """The bytes of scores.json: sorted keys, ratees by key, floats with 10 significant digits."""
    counts = run.counts
    data = {
        "format": FORMAT,
        "scheme": {
            "key": run.scheme.key,
            "version": run.scheme.version,
            "digest": run.scheme.digest,
        },
        "content_digest": run.content_digest,
        "counts": {
            "raw": counts.raw,
            "duplicate": counts.duplicate,
            "void": counts.void,
            "valid": counts.valid,
        },
        "flags": dict(run.flags),
        "ratees": [_ratee(one) for one in sorted(run.ratees, key=lambda one: one.key)],
        "simulated": run.is_simulated,
    }
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _ratee(one: RateeResult) -> dict[str, object]:
    return {
        "key": one.key,
        "class": one.ratee_class,
        "group": one.group,
        "total": None if one.total is None else str(one.total),
        "se": _float(one.se),
        "lo": _float(one.lo),
        "hi": _float(one.hi),
        "n": one.n,
        "rank_class": one.rank_class,
        "rank_group": one.rank_group,
        "rank_lo": one.rank_lo,
        "rank_hi": one.rank_hi,
        "grade": one.grade,
        "veto": list(one.veto),
        "suppressed": one.suppressed,
        "bonus": {"raw": plain(one.bonus_raw), "counted": plain(one.bonus_counted)},
        "deduction": {"raw": plain(one.deduction_raw), "counted": plain(one.deduction_counted)},
        **({"sources": [_source(source) for source in one.sources]} if one.sources else {}),
        "nodes": {node.path: _node(node) for node in one.nodes},
    }


def _source(one: SourceSum) -> dict[str, object]:
    return {
        "key": one.key,
        "kind": one.kind,
        "raw": plain(one.raw),
        "counted": plain(one.counted),
    }


def _node(node: NodeScore) -> dict[str, object]:
    return {
        "score": decimal_text(node.score),
        "converted": decimal_text(node.converted),
        "se": _float(node.se),
        "lo": _float(node.lo),
        "hi": _float(node.hi),
        "n": node.n,
        **({"steps": [_step(step) for step in node.steps]} if node.steps else {}),
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "kind": step.kind,
        "before": decimal_text(step.before),
        "factor": decimal_text(step.factor),
        "after": decimal_text(step.after),
    }


def decimal_text(value: Fraction | None) -> str | None:
    """An exact number as a decimal: in full within twelve places, else eight places, half up."""
    if value is None:
        return None
    if 10**12 % value.denominator == 0:
        return plain(Decimal(value.numerator) / Decimal(value.denominator))
    return str(half_up(value, 8))


def _float(value: float | None) -> float | None:
    """Ten significant digits; adding 0.0 turns -0.0 into 0.0."""
    return None if value is None else float(f"{value:.10g}") + 0.0


def content_digest(
    scheme: Scheme,
    inputs: Inputs,
    rounds: Sequence[str],
    cells: Sequence[FormCells],
    moments: Mapping[tuple[str, str, str], Moments],
    flags: dict[str, int],
) -> str:
    """The fingerprint of everything that went in: definitions, inputs, sorted cells and moments.

    Cells alone would not do: the same counts can lie otherwise within the ballots, which changes
    the standard errors. Neither file names, times, random ballot ids nor the order of rows get in.
    """
    state = hashlib.sha256()
    state.update(
        canonical_json(
            {
                "format": FORMAT,
                "scheme": scheme.digest,
                "inputs": inputs.as_json(),
                "rounds": list(rounds),
                "flags": flags,
                "questionnaires": [one.form.questionnaire.digest for one in cells],
            }
        )
    )
    state.update(canonical_json([[*key, astuple(moments[key])] for key in sorted(moments)]))
    for one in cells:
        state.update(canonical_json([list(key) for key in one.keys]))
        for item in sorted(one.items):
            counts = one.items[item]
            state.update(item.encode())
            for column in (counts.key_number, counts.option_number, counts.n):
                state.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
    return "sha256:" + state.hexdigest()
