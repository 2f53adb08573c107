"""Small sealed rounds written for tests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analysis.sealed_round import (
    Arrivals,
    BallotColumns,
    Comment,
    Exclusion,
    Manifest,
    SealedHeader,
    write_sealed_round,
)
from forms.questionnaire import Questionnaire

SCALE = [
    {"code": "5", "text": "非常满意", "points": "100"},
    {"code": "4", "text": "满意", "points": "80"},
    {"code": "3", "text": "基本满意", "points": "60"},
    {"code": "2", "text": "不满意", "points": "40"},
    {"code": "1", "text": "非常不满意", "points": "20"},
    {"code": "9", "text": "不了解"},
]


def questionnaire(key: str = "form", items: int = 4, weights: tuple[str, ...] = ("60", "40")):
    """Items Q1…Qn shared out in order over the dimensions a, b, …, and one without, Q0."""
    dimensions = [
        {"key": chr(97 + i), "text": f"维度{i}", "weight": w} for i, w in enumerate(weights)
    ]
    per = -(-items // len(weights))
    scored = [
        {"key": f"Q{i + 1}", "dimension": chr(97 + i // per), "scale": "s", "text": f"第{i + 1}题"}
        for i in range(items)
    ]
    return Questionnaire.from_json(
        {
            "key": key,
            "version": "1",
            "title": "试卷",
            "overall": "Q0",
            "scale": [{"key": "s", "options": SCALE}],
            "dimension": dimensions,
            "item": [*scored, {"key": "Q0", "scale": "s", "text": "总体"}],
        }
    )


@dataclass(frozen=True)
class Row:
    """One rating sheet: codes in the order of the coded items, 0 for a blank."""

    ratee: str
    codes: tuple[int, ...]
    rater_class: str = "citizen"
    submission: Any = None
    stratum: str = ""
    channel: str = "online"
    evidence: str = "open"
    link: str = ""
    same_device: int = 0
    pace: str = "normal"


@dataclass(frozen=True)
class Extras:
    arrivals: Iterable[tuple[str, int, int]] | None = None
    comments: tuple[Comment, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    counts: Mapping[str, Any] = field(default_factory=dict)
    is_open: bool = True
    is_simulated: bool = False


def columns(rows: list[Row], width: int) -> BallotColumns:
    def text(name: str):
        return np.array([getattr(row, name) for row in rows], dtype=object)

    codes = np.zeros((len(rows), width), dtype=np.uint8)
    for number, row in enumerate(rows):
        codes[number, : len(row.codes)] = row.codes
    return BallotColumns(
        submission=[n if r.submission is None else r.submission for n, r in enumerate(rows)],
        ratee=text("ratee"),
        rater_class=text("rater_class"),
        stratum=text("stratum"),
        channel=text("channel"),
        evidence=text("evidence"),
        codes=codes,
        link=text("link"),
        same_device=np.array([row.same_device for row in rows], dtype=np.int64),
        pace=text("pace"),
    )


def seal(
    folder: Path,
    rows: list[Row],
    form: Questionnaire | None = None,
    round_key: str = "r1",
    extras: Extras | None = None,
) -> Manifest:
    form = form or questionnaire()
    extras = extras or Extras()
    arrivals = None
    if extras.arrivals is not None:
        parts = list(extras.arrivals)
        arrivals = Arrivals(
            np.array([p[0] for p in parts], dtype=object),
            np.array([p[1] for p in parts], dtype=np.int64),
            np.array([p[2] for p in parts], dtype=np.int64),
        )
    return write_sealed_round(
        folder,
        SealedHeader(
            round=round_key,
            title="试评",
            questionnaire=form,
            is_open=extras.is_open,
            is_simulated=extras.is_simulated,
            counts=extras.counts,
        ),
        columns(rows, len(form.coded_items)),
        arrivals=arrivals,
        comments=extras.comments,
        exclusions=extras.exclusions,
    )
