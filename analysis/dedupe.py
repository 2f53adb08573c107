"""What counts, once: acts and rules that void, then one answer a device where the scheme says so.

Every row gets one status. "void": an official act took it out (exclusions.json). "screened": a rule
did that the scheme names in `void`. "duplicate": the device came again. "doubtful": a flag points
at it, yet it counts. "valid": the rest. With `same_device` "first" one answer of a device on a
ratee counts; a sealed round has no order of arrival, so that is the one with the smallest random
ballot id among those not void or screened. With "count" duplicates are marked and counted. Cells
keep the status, so the results with and without can be printed side by side.
"""

from collections.abc import Collection

from analysis.answers import Answers, Form
from analysis.engine import Engine, literal

FIRST: frozenset[str] = frozenset({"valid", "doubtful"})
COUNT: frozenset[str] = FIRST | {"duplicate"}
DOUBTFUL_RULES = ("fast_straight_line", "one_sided_link", "too_many_blank")


def counting_statuses(same_device: str) -> frozenset[str]:
    """The statuses that count under "first" or "count"."""
    return COUNT if same_device == "count" else FIRST


def sql_list(texts: Collection[str]) -> str:
    """Texts as the inside of a SQL IN list, sorted; never empty."""
    return ", ".join(literal(one) for one in sorted(texts)) or "''"


def judge(engine: Engine, answers: Answers, void_rules: Collection[str]) -> None:
    """Make `rated_<form>` and `keys_<form>`: every row with its status, under numbered keys."""
    for form in answers.forms:
        items = ", ".join(name for _, name in form.columns)
        engine.run(form.sql("void", void_rules=sql_list(void_rules)))
        engine.run(form.sql("repeated"))
        # Elsewhere a ballot is one row, and the id would only take room.
        ballot = "a.ballot" if form.has_shared_ballots else "''"
        engine.run(
            form.sql("judged", items=items, ballot=ballot, doubtful_rules=sql_list(DOUBTFUL_RULES))
        )
        engine.run(form.sql("keys"))
        engine.run(form.sql("rated", items=items))


def void_reasons(engine: Engine, form: Form) -> dict[tuple[int, str, str], int]:
    """How many rows each act or rule took out, by (round number, rater class, reason).

    A reason is "act:" or "rule:" and its name.
    """
    found = engine.query(form.sql("reasons"))
    rows = zip(*(column.tolist() for column in found.values()), strict=True)
    return {(number, rater_class, reason): n for number, rater_class, reason, n in rows}
