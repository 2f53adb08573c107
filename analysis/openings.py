"""The grades the rules leave open to a ratee, whatever its score and the places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.note import Note
from analysis.results import Refusal
from analysis.scheme.adjustments import Veto
from analysis.scheme.grades import Grade
from analysis.standing import COMMA, Standings
from analysis.verdicts import all_hold, ask, why
from forms.problems import N_

VETOED = N_("因一票否决（{vetoes}），不得评为{grade}")
LOWEST = N_("因一票否决（{vetoes}），定为{grade}")
NOT_ELIGIBLE = N_("不符合{grade}的条件：{why}")
RESTRICTED = N_("按「{restriction}」（{why}），只能评为{allowed}")
UNSETTLED = N_("「{restriction}」是否适用须由人决定：{why}")


@dataclass(frozen=True, slots=True)
class Openings:
    """`allowed` are grade keys, the best first; `refusals` say for every other grade why not.

    `restrictions` are the limits (keys) that hold; `to_decide` names those that cannot be told.
    `is_forced`: a veto leaves only the last grade, whatever its line.
    """

    allowed: tuple[str, ...]
    refusals: Mapping[str, tuple[Refusal, ...]]
    restrictions: tuple[str, ...]
    to_decide: tuple[Note, ...]
    is_forced: bool


def openings(standings: Standings, ratee: str) -> Openings:
    """What vetoes, limits and the conditions of grades leave open.

    What only scores will tell refuses no grade yet, and what asks for the unit of a ratee that
    belongs to none refuses none; what applies and nobody can tell does.
    """
    scheme = standings.scheme
    limits = [(one, ask(standings, one.when, ratee)) for one in scheme.restrictions]
    holding = [
        (one, standings.own(one.grades), why(verdicts))
        for one, verdicts in limits
        if all_hold(verdicts)
    ]
    vetoes = standings.of[ratee].vetoes
    refusals: dict[str, tuple[Refusal, ...]] = {}
    for grade in scheme.grades:
        refused = _on_veto(standings, grade, vetoes)
        refused += [
            Refusal(
                RESTRICTED,
                {"restriction": one.name, "why": reason, "allowed": allowed.words},
                grade.key,
            )
            for one, allowed, reason in holding
            if grade.key not in allowed.keys
        ]
        if grade.eligibility and not _hard(vetoes):
            refused += _on_conditions(standings, grade, ratee)
        if refused:
            refusals[grade.key] = tuple(refused)
    return Openings(
        allowed=tuple(grade.key for grade in scheme.grades if grade.key not in refusals),
        refusals=refusals,
        restrictions=tuple(one.key for one, _, _ in holding),
        to_decide=tuple(
            Note(UNSETTLED, {"restriction": one.name, "why": why(unsettled)})
            for one, verdicts in limits
            if all_hold(verdicts) is None
            and (unsettled := [verdict for verdict in verdicts if verdict.is_for_people])
        ),
        is_forced=bool(_hard(vetoes)),
    )


def _hard(vetoes: Sequence[Veto]) -> list[Veto]:
    return [veto for veto in vetoes if veto.effect != "no_excellent"]


def _on_veto(standings: Standings, grade: Grade, vetoes: Sequence[Veto]) -> list[Refusal]:
    """ "no_excellent" bars the best grade, "lowest_grade" and "zero" leave only the last."""
    best, last = standings.scheme.grades[0], standings.scheme.grades[-1]
    if grade is last or not vetoes:
        return []
    hard = _hard(vetoes)
    if hard:
        values = {"vetoes": COMMA.join(veto.name for veto in hard), "grade": last.name}
        return [Refusal(LOWEST, values, grade.key)]
    if grade is not best:
        return []
    values = {"vetoes": COMMA.join(veto.name for veto in vetoes), "grade": grade.name}
    return [Refusal(VETOED, values, grade.key)]


def _on_conditions(standings: Standings, grade: Grade, ratee: str) -> list[Refusal]:
    """A refusal for every condition of the grade that does not hold."""
    return [
        Refusal(NOT_ELIGIBLE, {"grade": grade.name, "why": verdict.why}, grade.key)
        for verdict in ask(standings, grade.eligibility, ratee)
        if verdict.holds is False or verdict.is_for_people
    ]
