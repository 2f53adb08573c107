"""Sealed rounds brought to an engine: one table a questionnaire, whatever the rounds and shards."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.engine import Engine, literal, quoted, sql
from analysis.sealed_round import SealedRound, read_exclusions
from analysis.sealed_round.manifest import BALLOTS
from forms.questionnaire import Item, Questionnaire

_OPEN = (
    "COALESCE(link, '') AS link, COALESCE(same_device, 0) AS same_device,"
    " COALESCE(pace, 'normal') AS pace"
)
_CLOSED = "'' AS link, 0 AS same_device, 'normal' AS pace"


@dataclass(frozen=True, slots=True)
class Form:
    """One questionnaire's rows on the engine: tables are named with `number` at the end.

    `has_shared_ballots` says that some ballots rate several ratees.
    """

    number: int
    questionnaire: Questionnaire
    has_shared_ballots: bool = False

    @property
    def columns(self) -> tuple[tuple[Item, str], ...]:
        """The coded items with the column each has in the engine's tables."""
        items = self.questionnaire.coded_items
        return tuple((item, f"item_{place}") for place, item in enumerate(items))

    @property
    def scored(self) -> tuple[tuple[Item, str], ...]:
        return tuple(pair for pair in self.columns if pair[0].dimension is not None)

    def sql(self, name: str, **values: str) -> str:
        """A text of `analysis/sql` for this form."""
        return sql(name, form=str(self.number), **values)


@dataclass(frozen=True, slots=True)
class Answers:
    """What lies on the engine: rounds in order of their number, and forms."""

    rounds: tuple[str, ...]
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows a study leaves out: those of some rater classes or channels."""

    rater_classes: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()

    def kept(self) -> str:
        """What holds of every other row, in SQL."""
        conditions = [
            f"COALESCE({column}, '') NOT IN ({', '.join(literal(one) for one in sorted(names))})"
            for column, names in (("rater_class", self.rater_classes), ("channel", self.channels))
            if names
        ]
        return " AND ".join(conditions) or "TRUE"


def load_answers(
    engine: Engine, sealed: Sequence[SealedRound], left_out: LeftOut | None = None
) -> Answers:
    """Bring every folder to the engine and make `answers_<form>` and `exclusions`."""
    rounds = tuple(sorted({one.round for one in sealed}))
    keys = sorted({one.questionnaire.key for one in sealed})
    kept = (left_out or LeftOut()).kept()
    forms = []
    for number, key in enumerate(keys):
        folders = [one for one in sealed if one.questionnaire.key == key]
        shared = any(
            one.manifest.counts["rows"] > one.manifest.counts["ballots"] for one in folders
        )
        form = Form(number, folders[0].questionnaire, shared)
        files = [(rounds.index(one.round), _ballots(one)) for one in folders]
        engine.add_files(f"sealed_{number}", files)
        items = ", ".join(
            f"COALESCE({quoted(item.key)}, 0) AS {name}" for item, name in form.columns
        )
        is_open = any(one.manifest.is_open for one in folders)
        engine.run(
            form.sql("answers", open_columns=_OPEN if is_open else _CLOSED, items=items, kept=kept)
        )
        forms.append(form)
    _load_exclusions(engine, sealed, rounds)
    return Answers(rounds, tuple(forms))


def _ballots(sealed: SealedRound) -> Path:
    return sealed.folder / BALLOTS


def _load_exclusions(
    engine: Engine, sealed: Sequence[SealedRound], rounds: tuple[str, ...]
) -> None:
    rows = [(rounds.index(one.round), row) for one in sealed for row in read_exclusions(one)]
    engine.add_columns(
        "exclusions",
        {
            "round_number": np.array([number for number, _ in rows], dtype=np.int64),
            "ballot": np.array([row["ballot"] for _, row in rows], dtype=object),
            "ratee": np.array([row.get("ratee") or "" for _, row in rows], dtype=object),
            "rule": np.array([row["rule"] for _, row in rows], dtype=object),
        },
    )
