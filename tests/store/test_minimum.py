"""How many ballots a group must have: each figure tightens alone, within reason, on record."""

from pathlib import Path

import pytest
from sqlalchemy import select

from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.disclosure.minimum import MOST, Minimum, minimum_of, tighten
from survey_app.record.tables import RecordEntry
from survey_app.rounds import service
from survey_app.rounds.keys import KeyStore
from tests.rounds import BINDINGS, OPERATOR, SCHEME

USUAL = Minimum()


@pytest.fixture
def round_id(database: Database, tmp_path: Path) -> int:
    return new_round(database, tmp_path, "first")


def new_round(database: Database, tmp_path: Path, key: str) -> int:
    spec = service.RoundSpec("轮次", "", "", SCHEME, BINDINGS)
    return service.create_round(database, KeyStore(tmp_path), OPERATOR, key, spec)


def holds(database: Database, round_id: int) -> Minimum:
    with database.read() as session:
        return minimum_of(session, round_id)


@pytest.mark.parametrize(
    "wanted",
    [
        Minimum(USUAL.scores + 1, USUAL.comments),
        Minimum(USUAL.scores, USUAL.comments + 1),
        Minimum(MOST, MOST),
    ],
)
def test_either_figure_tightens_alone_up_to_the_most(
    database: Database, round_id: int, wanted: Minimum
) -> None:
    tighten(database, OPERATOR, round_id, wanted, "人少")
    assert holds(database, round_id) == wanted


@pytest.mark.parametrize(
    ("wanted", "reason", "words"),
    [
        (Minimum(USUAL.scores - 1, MOST), "人少", "只能改严"),
        (Minimum(MOST, USUAL.comments - 1), "人少", "只能改严"),
        (Minimum(MOST + 1, MOST), "人少", "大于"),
        (Minimum(MOST, MOST + 1), "人少", "大于"),
        (USUAL, "人少", "和现在一样"),
        (Minimum(8, 20), " \n", "没有写理由"),
    ],
)
def test_what_is_refused_is_said_and_changes_nothing(
    database: Database, round_id: int, wanted: Minimum, reason: str, words: str
) -> None:
    with pytest.raises(ProblemsError, match=words):
        tighten(database, OPERATOR, round_id, wanted, reason)
    assert holds(database, round_id) == USUAL


def test_it_is_on_record_and_holds_for_its_round_alone(
    database: Database, round_id: int, tmp_path: Path
) -> None:
    other = new_round(database, tmp_path, "second")
    tighten(database, OPERATOR, round_id, Minimum(8, 20), "人 少")
    tighten(database, OPERATOR, other, Minimum(9, 30), "人更少")
    assert (holds(database, round_id), holds(database, other)) == (Minimum(8, 20), Minimum(9, 30))
    with database.read() as session:
        tightened = select(RecordEntry).where(
            RecordEntry.action == "minimum.tightened", RecordEntry.round_id == round_id
        )
        (entry,) = session.scalars(tightened)
    assert entry.details == {"scores": 8, "comments": 20, "reason": "人 少"}
