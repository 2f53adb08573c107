"""What must hold between the parts of a scheme."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from analysis.scheme.components import HUNDRED, MARKED, Component, PointsRule
from analysis.scheme.conditions import TOTAL, Condition
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
        *_check_tree(scheme),
        *_check_keys("veto", N_("一票否决"), [veto.key for veto in scheme.vetoes]),
        *_check_keys("grade", N_("等次"), [grade.key for grade in scheme.grades]),
        *_check_keys("restriction", N_("等次限制"), [one.key for one in scheme.restrictions]),
        *_check_keys("consequence", N_("结果运用"), [one.key for one in scheme.consequences]),
        *_check_keys(
            "adjustments.source", N_("来源"), [one.key for one in scheme.adjustments.sources]
        ),
        *_check_thresholds(scheme),
        *_check_class_names(scheme),
        *_check_conditions(scheme),
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


def _check_tree(scheme: "Scheme") -> Iterator[Problem]:
    classes = set(scheme.ratee_classes)
    for node in scheme.nodes():
        classes.update(node.weight.ratee_classes)
    yield from _check_siblings(scheme.components, "component", sorted(classes))


def _check_siblings(
    components: Sequence[Component], where: str, classes: Sequence[str]
) -> Iterator[Problem]:
    """Weights among siblings, for each class of ratee their parent applies to."""
    if not components:
        yield Problem(where, N_("没有任何构成"), N_("请至少写一个 [[{where}]]"), {"where": where})
        return
    yield from _check_keys(where, N_("构成"), [component.key for component in components])
    yield from _check_sums(components, where, classes)
    for place, component in enumerate(components, start=1):
        here = f"{where}[{place}]"
        if component.components:
            below = [one for one in classes if component.applies_to(one)]
            yield from _check_siblings(component.components, f"{here}.component", below)
        else:
            yield from _check_leaf(component, here)


def _check_sums(
    components: Sequence[Component], where: str, classes: Sequence[str]
) -> Iterator[Problem]:
    """One problem for every sum that is not 100; classes with the same weights share it."""
    of_class = {
        one: tuple((node, node.weight.of(one)) for node in components) for one in classes or [""]
    }
    told = set()
    for one, weights in of_class.items():
        present = [(node, weight) for node, weight in weights if weight is not None]
        total = sum((weight for _, weight in present), Decimal(0))
        parts = " + ".join(f"{node.name} {plain(weight)}" for node, weight in present) or "—"
        if total == HUNDRED or parts in told:
            continue
        told.add(parts)
        values = {"parts": parts, "total": plain(total), "class": one}
        message = N_("权重之和为 {total}（{parts}），应为 100")
        if any(node.weight.by_ratee_class for node in components):
            message = N_("类别 {class} 的权重之和为 {total}（{parts}），应为 100")
        yield Problem(f"{where}.weight", message, N_("请调整，使同级权重之和为 100"), values)


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
    if not is_survey and (leaf.mix or leaf.evidence):
        yield Problem(
            f"{where}.mix" if leaf.mix else f"{where}.evidence",
            N_("「{name}」不从问卷计分，用不到凭据和各部分权重"),
            N_("请改 source，或删去 mix 和 evidence"),
            name,
        )
    if leaf.mix and leaf.mix.rater_classes and not leaf.all_rater_classes():
        yield Problem(
            f"{where}.mix.rater_classes",
            N_("「{name}」没有评议主体权重，不能只把其中几类分成部分"),
            N_("请写 rater_classes 的权重，或删去 mix 里的 rater_classes"),
            name,
        )
    if not is_survey and (leaf.questionnaires or leaf.all_rater_classes()):
        yield Problem(
            where,
            N_("「{name}」不是问卷，却写了问卷或评议主体"),
            N_("请改 source，或删去 questionnaires 和 rater_classes"),
            name,
        )
    if leaf.source == "runs" and not leaf.series:
        yield Problem(
            f"{where}.series",
            N_("「{name}」没有写结果系列"),
            N_("请写 series，即从前各期结果所用方案的编号"),
            name,
        )
    if leaf.volume_share > 1:
        yield Problem(
            f"{where}.volume_share",
            N_("「{name}」的总量比重不能大于 1"),
            N_('总量占 80% 写作 "0.8"'),
            name,
        )
    if leaf.points != PointsRule() and leaf.source not in MARKED:
        yield Problem(
            f"{where}.points",
            N_("「{name}」没有分值，却写了分值规则"),
            N_("请改 source，或删去 points"),
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
            known = list(scheme.ratee_classes)
            classes = [key for key, _ in leaf.rater_classes.by_ratee_class]
            yield from _check_words(where, classes, known)
    if scheme.ratee_classes:
        for node in scheme.nodes():
            yield from _check_words(
                f"{node.path}.weight", node.weight.ratee_classes, list(scheme.ratee_classes)
            )


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


def _check_conditions(scheme: "Scheme") -> Iterator[Problem]:
    """Words of conditions mean something: grades of this scheme, components, vetoes."""
    paths = [TOTAL, *(node.path for node in scheme.nodes())]
    vetoes = [veto.key for veto in scheme.vetoes]
    for where, conditions in _all_conditions(scheme):
        for one in conditions:
            is_own = one.subject == "parent" or one.series in ("", scheme.key)
            if one.grades and is_own:
                yield from _check_grades(where, one.grades, scheme)
            if one.subject == "score":
                yield from _check_words(where, [one.path], paths)
            yield from _check_words(where, one.vetoes, vetoes)
    for place, limit in enumerate(scheme.restrictions, start=1):
        yield from _check_grades(f"restriction[{place}].grades", limit.grades, scheme)


def _all_conditions(scheme: "Scheme") -> Iterator[tuple[str, tuple[Condition, ...]]]:
    for place, grade in enumerate(scheme.grades, start=1):
        yield f"grade[{place}].eligibility", grade.eligibility
        yield f"grade[{place}].priority", grade.priority
    for place, limit in enumerate(scheme.restrictions, start=1):
        yield f"restriction[{place}].when", limit.when
    for place, consequence in enumerate(scheme.consequences, start=1):
        yield f"consequence[{place}].when", consequence.when


def _check_grades(where: str, words: Iterable[str], scheme: "Scheme") -> Iterator[Problem]:
    strangers = [word for word in words if scheme.grade(word) is None]
    yield from _check_words(where, strangers, [grade.key for grade in scheme.grades])


def _check_words(where: str, words: Iterable[str], known: Sequence[str]) -> Iterator[Problem]:
    for word in words:
        if word not in known:
            guess = nearest(word, known)
            values = {"word": word, "guess": guess or "、".join(known)}
            yield Problem(where, N_("{word} 不存在"), N_("是否想写 {guess}"), values)
