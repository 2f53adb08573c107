"""The rules of deciding grades: what may be chosen, where a reason is due, how many places."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.binding import bind
from analysis.consequences import consequences
from analysis.grading import TIED_FOR_PLACE
from analysis.inputs import Inputs
from analysis.results import Assessment, Proposal, RateeResult
from analysis.scheme import Scheme
from analysis.scheme.grades import Quota
from analysis.scheme.words import SCOPE
from analysis.standing import Cell, cell_of
from forms.problems import N_, Problem


@dataclass(frozen=True, slots=True)
class Choice:
    """A grade (its key) somebody chose, with the reason; "" stands for the proposal."""

    grade: str
    reason: str = ""
    is_saved: bool = False


@dataclass(frozen=True, slots=True)
class GradeLine:
    """One ratee: what is proposed, what may be chosen, and what is.

    `is_open`: the rules leave the ratee to people, whose decision then needs a reason.
    """

    one: RateeResult
    proposed: str
    proposed_name: str
    allowed: tuple[tuple[str, str], ...]
    grade: str
    grade_name: str
    reason: str
    is_open: bool
    is_saved: bool

    @property
    def is_changed(self) -> bool:
        return self.grade != self.proposed

    @property
    def needs_reason(self) -> bool:
        return bool(self.grade) and (self.is_changed or self.is_open)


@dataclass(frozen=True, slots=True)
class Places:
    """Places of a grade in one cell of a quota: how many there are, how many are taken."""

    grade: str
    where: str
    places: int
    taken: int

    @property
    def is_over(self) -> bool:
        return self.taken > self.places


def grade_lines(assessment: Assessment, chosen: Mapping[str, Choice]) -> tuple[GradeLine, ...]:
    """A line for every ratee, by class and rank, with what was chosen or else the proposal."""
    scheme = assessment.scheme
    order = {key: place for place, key in enumerate(scheme.ratee_classes)}
    ratees = sorted(
        assessment.ratees,
        key=lambda one: (
            order.get(one.ratee_class, len(order)),
            one.ratee_class,
            one.rank_class is None,
            one.rank_class or 0,
            one.key,
        ),
    )
    return tuple(_line(scheme, one, chosen.get(one.key)) for one in ratees)


def _line(scheme: Scheme, one: RateeResult, choice: Choice | None) -> GradeLine:
    names = {grade.key: str(grade.name) for grade in scheme.grades}
    proposed = one.grade or ""
    grade = (choice.grade if choice else "") or proposed
    return GradeLine(
        one=one,
        proposed=proposed,
        proposed_name=names.get(proposed, ""),
        allowed=tuple((key, names[key]) for key in one.allowed if key in names),
        grade=grade,
        grade_name=names.get(grade, ""),
        reason=choice.reason.strip() if choice else "",
        is_open=_is_open(one),
        is_saved=bool(choice and choice.is_saved),
    )


def _is_open(one: RateeResult) -> bool:
    """Whether the rules leave the ratee to people: a question, or a tie for the last place."""
    return bool(one.to_decide) or any(each.message == TIED_FOR_PLACE for each in one.refusals)


def count_places(
    assessment: Assessment, inputs: Inputs, lines: Sequence[GradeLine]
) -> tuple[Places, ...]:
    """Every quota, cell by cell, with the places the present choices take."""
    classes = {one.key: one.ratee_class for one in assessment.ratees}
    ratees = [
        replace(row, ratee_class=classes[row.key]) for row in inputs.ratees if row.key in classes
    ]
    chosen = {line.one.key: line.grade for line in lines}
    found: list[Places] = []
    for grade in assessment.scheme.grades:
        for quota in grade.quotas:
            cells = {row.key: cell_of(row, quota.scope) for row in ratees}
            sizes = Counter(cells.values())
            taken = Counter(cells[key] for key, word in chosen.items() if word == grade.key)
            found += [
                Places(str(grade.name), _where(assessment.scheme, quota, cell), n, taken[cell])
                for cell, n in sorted(quota.all_places(sizes).items())
            ]
    return tuple(found)


def _where(scheme: Scheme, quota: Quota, cell: Cell) -> str:
    """The cell in words; a scope over all has none."""
    if quota.scope == "all":
        return SCOPE["all"]
    if quota.scope == "parent":
        return str(cell[0]) or "—"
    words = [str(scheme.ratee_class_name(str(cell[0]))), *map(str, cell[1:])]
    return "·".join(word for word in words if word)


def with_grades(
    assessment: Assessment, inputs: Inputs, lines: Mapping[str, GradeLine]
) -> tuple[RateeResult, ...]:
    """The results with the grades chosen instead of those proposed, and what these lead to."""
    scheme = assessment.scheme
    graded = [
        replace(one, grade=lines[one.key].grade or None, grade_name=lines[one.key].grade_name)
        if one.key in lines
        else one
        for one in assessment.ratees
    ]
    known = bind(inputs, scheme)
    found: dict[str, list[Proposal]] = {}
    for each in consequences(scheme, known.ratees, graded, known.history, known.period):
        found.setdefault(each.ratee, []).append(each)
    return tuple(replace(one, consequences=tuple(found.get(one.key, ()))) for one in graded)


def problems_of(
    assessment: Assessment, lines: Iterable[GradeLine], places: Iterable[Places]
) -> list[Problem]:
    """What is refused: a grade that is not allowed, a reason not given, places exceeded."""
    names = {grade.key: str(grade.name) for grade in assessment.scheme.grades}
    problems: list[Problem] = []
    for line in lines:
        allowed = {key for key, _ in line.allowed}
        if line.is_changed and line.grade not in allowed:
            problems.append(_not_allowed(line, names))
        elif line.is_changed and not line.reason:
            message = N_("改评为{grade}，没有写理由")
            values: dict[str, str | int] = {"grade": line.grade_name}
            problems.append(Problem(line.one.name, message, N_("请写明理由"), values))
    for one in places:
        if one.is_over:
            values = {"grade": one.grade, "n": one.places, "taken": one.taken}
            message = N_("{grade}名额 {n} 个，已评 {taken} 个")
            problems.append(Problem(one.where, message, N_("请减到名额以内"), values))
    return problems


def _not_allowed(line: GradeLine, names: Mapping[str, str]) -> Problem:
    """Names the rule that stands against the grade."""
    rules = "；".join(one.text() for one in line.one.refusals if one.grade == line.grade)
    return Problem(
        line.one.name,
        N_("不能评为{grade}：{rules}"),
        N_("只能在允许的等次中选择：{allowed}"),
        {
            "grade": names.get(line.grade, line.grade),
            "rules": rules or N_("方案的规则不允许"),
            "allowed": "、".join(name for _, name in line.allowed) or "—",
        },
    )


def problems_before_approval(lines: Iterable[GradeLine]) -> list[Problem]:
    """Who still needs a decision of people: left to them, or with a total and no grade."""
    return [
        Problem(
            line.one.name,
            N_("规则留给人来定，还没有写明理由的决定") if line.is_open else N_("还没有等次"),
            N_("请选定等次，写明理由"),
        )
        for line in lines
        if line.one.total is not None
        and ((line.is_open and not line.reason) or (line.allowed and not line.grade))
    ]
