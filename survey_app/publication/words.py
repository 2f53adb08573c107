"""How the ledger is said: kinds of releases, and hidden cells with the reason."""

from forms.problems import N_
from survey_app.core.database import Database
from survey_app.disclosure.ledger import Line
from survey_app.rounds.frozen import load_round, read_config

ALL = "*"
KINDS: dict[str, str] = {
    "workbook": N_("工作簿"),
    "csv": N_("CSV 表格"),
    "trace": N_("得分来历"),
    "scores": N_("得分文件"),
    "publication": N_("公布页"),
    "detail": N_("逐份明细"),
    "bundle": N_("公开核验包"),
}
WHY: dict[str, str] = {
    "few": N_("份数太少"),
    "complement": N_("以免别的格子被减出来"),
    "difference": N_("和以前发布的相减只差几份"),
    "unanimous": N_("答案全部相同"),
}


def hidden_rows(database: Database, round_id: int, line: Line) -> list[tuple[str, str, str]]:
    """(ratee, rater class, why) of each hidden cell, in the words of the round; "" for a total."""
    if not line.hidden:
        return []
    with database.read() as session:
        row = load_round(session, round_id)
        frozen = read_config(row.id, row.config_digest or "", row.frozen_config or "{}")
    ratees = {one.key: one.name for one in frozen.ratees}
    return [
        (
            ratees.get(cell[0], cell[0]),
            "" if cell[-1] == ALL else str(frozen.rater_classes.get(cell[-1], cell[-1])),
            WHY.get(why, why),
        )
        for cell, why in line.hidden
    ]
