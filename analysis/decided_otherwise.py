"""A run as it would be under other decisions on findings: the other one of both results."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from analysis.answers import Form
from analysis.cells import count_cells
from analysis.dedupe import judged_beside
from analysis.run import Run
from analysis.screened_rows import Place, ScreenedRow
from analysis.screening_rules import PATTERN_RULE


@contextmanager
def decided_otherwise(run: Run, decisions: Sequence[ScreenedRow]) -> Iterator[Run]:
    """The run with its answers judged under these decisions instead of its own, for a while.

    Only questionnaires that a difference can touch are judged once more; nothing of the run itself
    is changed. Exact: a device's second answer counts again where the first one is left out.
    """
    changed = _excluded(run.inputs.screened) ^ _excluded(decisions)
    with ExitStack() as beside:
        cells = []
        for one in run.cells:
            if any(_may_touch(run, one.form, place) for place in changed):
                form = beside.enter_context(
                    judged_beside(run.engine, run.answers, one.form, run.scheme.void, decisions)
                )
                cells.append(count_cells(run.engine, form))
            else:
                cells.append(one)
        yield replace(
            run, cells=tuple(cells), inputs=replace(run.inputs, screened=tuple(decisions))
        )


def _excluded(decisions: Sequence[ScreenedRow]) -> frozenset[Place]:
    return frozenset(one.place for one in decisions if one.decision == "exclude")


def _may_touch(run: Run, form: Form, place: Place) -> bool:
    """Whether a decision can be about rows of a questionnaire."""
    round_key, rule, _, subject, _ = place
    if rule == PATTERN_RULE and len(subject.split()) != len(form.scored):
        return False
    keys = {one.round for one in run.sealed if one.questionnaire.key == form.questionnaire.key}
    return round_key in keys or not round_key
