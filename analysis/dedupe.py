"""What counts, once: acts and rules that void, then one answer a device where the scheme says so.

Every row gets one status: "void" by an official act (exclusions.json) or by a screening rule that
the scheme names; "duplicate" where a device came again; "valid" otherwise. With `same_device`
"first" one answer of a device on a ratee counts. A sealed round has no order of arrival, so the one
that counts is that with the smallest random ballot id among those not void. With "count" duplicates
are marked and counted. The cells keep the status, so both results can be printed.
"""

from collections.abc import Collection
from typing import Literal

from analysis.answers import Answers, Form
from analysis.engine import Engine, literal

SameDevice = Literal["first", "count"]
Status = Literal["valid", "duplicate", "void"]


def counting_statuses(same_device: str) -> frozenset[str]:
    """The statuses that count under "first" or "count"."""
    return frozenset({"valid", "duplicate"} if same_device == "count" else {"valid"})


def judge(engine: Engine, answers: Answers, void_rules: Collection[str], same_device: str) -> None:
    """Make `rated_<form>` and `keys_<form>`: every row with its status, under numbered keys."""
    rules = ", ".join(literal(rule) for rule in sorted(void_rules)) or "''"
    counting = ", ".join(literal(status) for status in sorted(counting_statuses(same_device)))
    for form in answers.forms:
        items = ", ".join(name for _, name in form.columns)
        engine.run(form.sql("void", void_rules=rules))
        engine.run(form.sql("repeated"))
        engine.run(form.sql("judged", items=items))
        engine.run(form.sql("keys"))
        engine.run(form.sql("rated", items=items, counting=counting))


def void_reasons(engine: Engine, form: Form) -> dict[tuple[int, str, str], int]:
    """How many rows each act or rule took out, by (round number, rater class, rule)."""
    found = engine.query(form.sql("reasons"))
    rows = zip(
        found["round_number"].tolist(),
        found["rater_class"].tolist(),
        found["reason"].tolist(),
        found["n"].tolist(),
        strict=True,
    )
    return {(number, rater_class, reason[2:]): n for number, rater_class, reason, n in rows}
