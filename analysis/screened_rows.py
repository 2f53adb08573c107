"""What people decided about findings of the screens: left out or kept, with a reason (答卷去留)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from analysis.input_columns import SCREENED_COLUMNS
from analysis.ratee_rows import RateeRow, Ratees, read_unique_rows
from analysis.screening_rules import BALLOT_RULES, PATTERN_RULE, RULE_NAMES, RULES
from analysis.tables import Row, Table
from forms.problems import N_, Problem

Verdict = Literal["exclude", "keep"]
VERDICT_NAMES = {"exclude": N_("不计入"), "keep": N_("保留")}
_VERDICTS = {key: key for key in VERDICT_NAMES} | {name: key for key, name in VERDICT_NAMES.items()}
_RULES: dict[str, str] = {key: key for key in RULES}
_RULES |= {name: key for key, name in RULE_NAMES.items()}

Place = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class ScreenedRow:
    """A decision about one finding: the rows it points at stay out ("exclude") or in ("keep").

    A rule of ballots points at all rows of a round and rater class it flags; a rule of links at
    those that came by a link (`subject`), where a ratee is named at those on it; a pattern at the
    answers of a rater class on a ratee that are equal to it. `round` "" means any round.
    """

    round: str
    rule: str
    rater_class: str
    subject: str
    ratee: str
    decision: Verdict
    reason: str

    @property
    def place(self) -> Place:
        """What it is about."""
        return self.round, self.rule, self.rater_class, self.subject, self.ratee


def read_screened(
    table: Table, ratees: Iterable[RateeRow]
) -> tuple[list[ScreenedRow], list[Problem]]:
    """Decisions, one a finding; nothing without a reason."""
    known = Ratees(ratees)
    return read_unique_rows(
        table,
        SCREENED_COLUMNS,
        lambda row: _screened(row, known),
        lambda made: " ".join(filter(None, made.place)),
    )


def _screened(row: Row, known: Ratees) -> ScreenedRow:
    rule = row.choice("rule", _RULES)
    is_pattern, is_ballot = rule == PATTERN_RULE, rule in BALLOT_RULES
    if is_ballot and row.text("subject"):
        row.report(
            N_("按答卷判断的规则不能写线索"), N_("请把「{name}」留空"), name=N_("入口或答案模式")
        )
    needs_class = is_pattern or is_ballot
    return ScreenedRow(
        round=row.text("round"),
        rule=rule,
        rater_class=row.needed("rater_class") if needs_class else row.text("rater_class"),
        subject=row.text("subject") if is_ballot else row.needed("subject"),
        ratee=known.find(row) if is_pattern or row.text("ratee") else "",
        decision=cast(Verdict, row.choice("decision", _VERDICTS)),
        reason=row.needed("reason"),
    )
