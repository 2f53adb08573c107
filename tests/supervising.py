"""Records of supervision for tests: short ways to say what a record says."""

from datetime import date
from typing import Any

from survey_app.core.database import Database
from survey_app.supervision import reading, service
from survey_app.supervision.checking import RecordSpec
from survey_app.supervision.lines import Line
from survey_app.supervision.reading import Wanted

CLERK = "clerk"
DAY = date(2026, 3, 2)
NEEDED: dict[str, dict[str, Any]] = {
    "dispatch": {"due_on": date(2026, 3, 20)},
    "publication": {"place": "简报第3期"},
    "filing": {"result": "良好"},
    "urging": {"step": "notice", "due_on": date(2026, 3, 20)},
    "spot_check": {"result": "窗口两人缺岗"},
    "exemption": {"exempts": "试点项目超期的扣分", "approved_by": "市绩效评估委员会"},
    "falsification": {"indicator": "A01 重点项目投资", "sanction": "circular"},
}


def spec(kind: str, *ratees: str, **facts: Any) -> RecordSpec:
    """A record of this kind with all it must have."""
    said = {"title": f"事项{kind}", "issued_on": DAY, **NEEDED.get(kind, {}), **facts}
    return RecordSpec(kind=kind, ratees=ratees or ("u1",), **said)


def file(database: Database, kind: str, *ratees: str, **facts: Any) -> int:
    return service.file_record(database, CLERK, spec(kind, *ratees, **facts))


def line(database: Database, record_id: int, ratee: str = "u1") -> Line:
    found = reading.find_lines(database, Wanted())
    return next(one for one in found if one.file_id == record_id and one.ratee == ratee)
