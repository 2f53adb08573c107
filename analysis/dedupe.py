"""What counts, once: acts and rules that void, then one answer a device where the scheme says so.

Every row gets one status. "void": an official act took it out (exclusions.json). "screened": a rule
did that the scheme names in `void`. "excluded": a rule points at it and people decided so, with a
reason. "duplicate": the device came again. "doubtful": a flag points at it, yet it counts. "valid":
the rest. With `same_device` "first" one answer of a device on a
ratee counts; a sealed round has no order of arrival, so that is the one with the smallest random
ballot id among those not taken out. With "count" duplicates are marked and counted. Cells
keep the status, so the results with and without can be printed side by side.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from analysis.answers import Answers, Form
from analysis.engine import Engine, literal
from analysis.screened_rows import ScreenedRow

FIRST: frozenset[str] = frozenset({"valid", "doubtful"})
COUNT: frozenset[str] = FIRST | {"duplicate"}
DOUBTFUL_RULES = ("fast_straight_line", "one_sided_link", "too_many_blank")


def counting_statuses(same_device: str) -> frozenset[str]:
    """The statuses that count under "first" or "count"."""
    return COUNT if same_device == "count" else FIRST


def sql_list(texts: Collection[str]) -> str:
    """Texts as the inside of a SQL IN list, sorted; never empty."""
    return ", ".join(literal(one) for one in sorted(texts)) or "''"


ANY_ROUND, NO_ROUND = -1, -2
BESIDE = 1000
"""Added to the number of a form that is judged once more; no round has as many questionnaires."""
MADE = ("decided", "void", "repeated", "judged", "keys", "rated")


def judge(
    engine: Engine,
    answers: Answers,
    void_rules: Collection[str],
    decisions: Sequence[ScreenedRow] = (),
) -> None:
    """Make `rated_<form>` and `keys_<form>`: every row with its status, under numbered keys."""
    for form in answers.forms:
        judge_form(engine, answers, form, void_rules, decisions)


@contextmanager
def judged_beside(
    engine: Engine,
    answers: Answers,
    form: Form,
    void_rules: Collection[str],
    decisions: Sequence[ScreenedRow],
) -> Iterator[Form]:
    """The same rows under other decisions, for a while and under another number."""
    other = replace(form, number=form.number + BESIDE)
    views = ("answers", "flags")
    for name in views:
        engine.run(
            f"CREATE VIEW {name}_{other.number} AS SELECT * FROM {name}_{form.number}"  # noqa: S608 -- our own names
        )
    judge_form(engine, answers, other, void_rules, decisions)
    yield other
    for name in MADE:
        engine.run(f"DROP TABLE {name}_{other.number}")
    for name in views:
        engine.run(f"DROP VIEW {name}_{other.number}")


def judge_form(
    engine: Engine,
    answers: Answers,
    form: Form,
    void_rules: Collection[str],
    decisions: Sequence[ScreenedRow],
) -> None:
    """`judge` for one form."""
    _add_decisions(engine, answers, form, decisions)
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


def _add_decisions(
    engine: Engine, answers: Answers, form: Form, decisions: Sequence[ScreenedRow]
) -> None:
    """Make `decided_<form>`: what people left out. A round nobody sealed matches nothing."""
    numbers = {name: number for number, name in enumerate(answers.rounds)} | {"": ANY_ROUND}
    rows = sorted({one.place for one in decisions if one.decision == "exclude"})
    engine.add_columns(
        f"decided_{form.number}",
        {
            "round_number": np.array([numbers.get(r[0], NO_ROUND) for r in rows], dtype=np.int64),
            **{
                name: np.array([row[at] for row in rows], dtype=object)
                for at, name in enumerate(("rule", "rater_class", "subject", "ratee"), start=1)
            },
        },
    )


def void_reasons(engine: Engine, form: Form) -> dict[tuple[int, str, str], int]:
    """How many rows each act, rule or decision took out, by (round number, rater class, reason).

    A reason is "act:", "rule:" or "said:" and the name of the act or rule.
    """
    found = engine.query(form.sql("reasons"))
    rows = zip(*(column.tolist() for column in found.values()), strict=True)
    return {(number, rater_class, reason): n for number, rater_class, reason, n in rows}
