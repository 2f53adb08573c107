"""What must hold between the parts of a scheme."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from analysis.scheme.parts import HUNDRED, Component
from forms.definition import nearest, repeated
from forms.problems import N_, Problem, plain

if TYPE_CHECKING:
    from analysis.scheme.definition import Scheme

HALF = Decimal("0.5")
VOIDABLE_RULES = (
    "straight_line",
    "too_many_blank",
    "fast_straight_line",
    "link_burst",
    "one_sided_link",
)


def check_scheme(scheme: "Scheme") -> list[Problem]:
    """Every problem between the parts; none where the scheme can be used."""
    return [
        *_check_siblings(scheme.components, "component"),
        *_check_keys("veto", N_("一票否决"), [veto.key for veto in scheme.vetoes]),
        *_check_keys("grade", N_("等次"), [grade.key for grade in scheme.grades]),
        *_check_thresholds(scheme),
        *_check_class_names(scheme),
        *_check_words("ties", scheme.ties, [node.path for node in scheme.nodes()]),
        *_check_words("void", scheme.void, VOIDABLE_RULES),
    ]


def _check_keys(where: str, name: str, keys: Iterable[str]) -> Iterator[Problem]:
    for key in repeated(key for key in keys if key):
        yield Problem(
            where,
            N_("{name}编号 {key} 重复"),
            N_("每个编号只用一次（不分大小写）"),
            {"name": name, "key": key},
        )


def _check_siblings(components: Sequence[Component], where: str) -> Iterator[Problem]:
    if not components:
        yield Problem(where, N_("没有任何构成"), N_("请至少写一个 [[{where}]]"), {"where": where})
        return
    yield from _check_keys(where, N_("构成"), [component.key for component in components])
    total = sum((component.weight for component in components), Decimal(0))
    if total != HUNDRED:
        parts = " + ".join(f"{one.name} {plain(one.weight)}" for one in components)
        values = {"parts": parts, "total": plain(total)}
        remedy = N_("请调整，使同级权重之和为 100")
        yield Problem(
            f"{where}.weight", N_("权重之和为 {total}（{parts}），应为 100"), remedy, values
        )
    for place, component in enumerate(components, start=1):
        here = f"{where}[{place}]"
        if component.components:
            yield from _check_siblings(component.components, f"{here}.component")
        else:
            yield from _check_leaf(component, here)


def _check_leaf(leaf: Component, where: str) -> Iterator[Problem]:
    name = {"name": leaf.name}
    is_survey = leaf.source == "questionnaire"
    if leaf.trim >= HALF:
        yield Problem(
            f"{where}.trim",
            N_("「{name}」的去极值比例应小于 0.5"),
            N_('两端各去 5% 写作 "0.05"'),
            name,
        )
    if not is_survey and (leaf.questionnaires or leaf.all_rater_classes()):
        yield Problem(
            where,
            N_("「{name}」不是问卷，却写了问卷或评议主体"),
            N_("请改 source，或删去 questionnaires 和 rater_classes"),
            name,
        )
    if leaf.completion_floor > leaf.completion_cap:
        yield Problem(
            f"{where}.completion_floor",
            N_("「{name}」的完成率下限高于上限"),
            N_("请改正其中之一"),
            name,
        )


def _check_class_names(scheme: "Scheme") -> Iterator[Problem]:
    """Where the scheme names its classes, a weight for any other is a misspelling."""
    for leaf in scheme.leaves():
        where = f"{leaf.path}.rater_classes"
        if scheme.rater_classes:
            yield from _check_words(where, leaf.all_rater_classes(), list(scheme.rater_classes))
        if scheme.ratee_classes:
            classes = [key for key, _ in leaf.rater_classes.by_ratee_class]
            yield from _check_words(where, classes, list(scheme.ratee_classes))


def _check_thresholds(scheme: "Scheme") -> Iterator[Problem]:
    lines = [grade.min for grade in scheme.grades if grade.min is not None]
    if lines != sorted(lines, reverse=True):
        yield Problem("grade", N_("等次的分数线没有从高到低"), N_("请把最好的等次写在最前面"))
    for place, grade in enumerate(scheme.grades, start=1):
        if grade.min is not None and grade.min > scheme.base:
            yield Problem(
                f"grade[{place}].min",
                N_("「{name}」的分数线高于满分 {base}"),
                N_("请改正分数线或 base"),
                {"name": grade.name, "base": plain(scheme.base)},
            )


def _check_words(where: str, words: Iterable[str], known: Sequence[str]) -> Iterator[Problem]:
    for word in words:
        if word not in known:
            guess = nearest(word, known)
            values = {"word": word, "guess": guess or "、".join(known)}
            yield Problem(where, N_("{word} 不存在"), N_("是否想写 {guess}"), values)
