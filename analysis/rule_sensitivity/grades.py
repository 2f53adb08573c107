"""The rules that give grades, each without or with its usual alternative. Ranks they never move."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

from analysis.note import Note
from analysis.rule_sensitivity.variation import Json, Variation, edited, put
from analysis.scheme import Scheme, words
from analysis.scheme.grades import Grade
from forms.problems import N_, plain

USUAL_LINE = Decimal("0.9")
"""The part of the full mark at which the best grade usually begins."""
NONE = Note(N_("不设"))
ON = Note(N_("照方案"))
WIDER: dict[str, str] = {"all": "class", "class": "all"}


def of_grades(scheme: Scheme, n_classes: int) -> Iterator[Variation]:
    """Everything that could be otherwise; `n_classes` are the classes of ratees there are."""
    for place, grade in enumerate(scheme.grades):
        yield from _lines_and_places(scheme, grade, is_first=place == 0)
        if n_classes > 1:
            yield from _scope(scheme, grade)
        for field, rule in (
            ("eligibility", N_("{grade}的资格条件")),
            ("priority", N_("{grade}的优先条件")),
        ):
            if getattr(grade, field):
                yield _off(scheme, grade, field, rule)
    for limit in scheme.restrictions:
        yield Variation(
            f"restriction:{limit.key}",
            Note(N_("等次限制：{name}"), {"name": str(limit.name)}),
            ON,
            Note(N_("不用")),
            edited(scheme, partial(_drop_restriction, limit.key)),
        )
    if any(grade.min is not None for grade in scheme.grades):
        other = "exact" if scheme.grade_on == "record" else "record"
        yield Variation(
            f"grade_on={other}",
            Note(N_("评等次所依据的分数")),
            Note(words.GRADE_ON[scheme.grade_on]),
            Note(words.GRADE_ON[other]),
            edited(scheme, put(grade_on=other)),
        )


def _drop_restriction(key: str, made: Json) -> None:
    made["restriction"] = [one for one in made["restriction"] if one["key"] != key]


def _edited_grade(scheme: Scheme, grade: Grade, edit: Callable[[Json], object]) -> Scheme:
    def each(made: Json) -> None:
        for one in made["grade"]:
            if one["key"] == grade.key:
                edit(one)

    return edited(scheme, each)


def _off(scheme: Scheme, grade: Grade, field: str, rule: str) -> Variation:
    return Variation(
        f"{field}:{grade.key}",
        Note(rule, {"grade": str(grade.name)}),
        ON,
        NONE,
        _edited_grade(scheme, grade, put(**{field: []})),
    )


def _lines_and_places(scheme: Scheme, grade: Grade, *, is_first: bool) -> Iterator[Variation]:
    name = {"grade": str(grade.name)}
    places = Note(N_("{grade}的名额"), name)
    if grade.quotas and grade.min is not None:
        yield Variation(
            f"quota:{grade.key}",
            places,
            Note(N_("名额和分数线")),
            Note(N_("只按分数线 {line}"), {"line": plain(grade.min)}),
            _edited_grade(scheme, grade, put(quota=[])),
        )
        yield Variation(
            f"line:{grade.key}",
            Note(N_("{grade}的分数线"), name),
            Note(plain(grade.min)),
            Note(N_("只按名额")),
            _edited_grade(scheme, grade, put(min=None)),
        )
    elif grade.quotas and is_first:
        line = plain(scheme.base * USUAL_LINE)
        yield Variation(
            f"quota:{grade.key}",
            places,
            Note(N_("按名额")),
            Note(N_("只按分数线 {line}"), {"line": line}),
            _edited_grade(scheme, grade, put(quota=[], min=line)),
        )


def _scope(scheme: Scheme, grade: Grade) -> Iterator[Variation]:
    """Places among all ratees, or within each class."""
    scopes = [one.scope for one in grade.quotas]
    if len(scopes) != 1 or scopes[0] not in WIDER or grade.quotas[0].share is None:
        return
    other = WIDER[scopes[0]]
    yield Variation(
        f"scope:{grade.key}",
        Note(N_("{grade}名额的范围"), {"grade": str(grade.name)}),
        Note(words.SCOPE[scopes[0]]),
        Note(words.SCOPE[other]),
        _edited_grade(scheme, grade, lambda one: one["quota"][0].update(scope=other)),
    )
