"""What must hold between the parts of a questionnaire."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from forms.definition import nearest, repeated
from forms.problems import N_, Problem

if TYPE_CHECKING:
    from forms.questionnaire import Item, Questionnaire, Scale

MAX_MULTIPLE_OPTIONS = 8
MAX_OPTIONS = 255
RESERVED_ITEM_KEYS = frozenset(
    {"ballot", "ratee", "rater", "rater_class", "stratum", "channel", "evidence", "skip"}
    | {"link", "same_device", "pace", "round_number"}
)


def check_questionnaire(questionnaire: "Questionnaire") -> list[Problem]:
    """Every problem between the parts; none where the questionnaire can be used."""
    return [
        *_check_keys("scale", N_("量表"), [scale.key for scale in questionnaire.scales]),
        *_check_keys("dimension", N_("维度"), [one.key for one in questionnaire.dimensions]),
        *_check_keys("item", N_("题目"), [item.key for item in questionnaire.items]),
        *_check_scales(questionnaire.scales),
        *_check_dimensions(questionnaire),
        *_check_items(questionnaire),
        *_check_overall(questionnaire),
    ]


def _check_keys(where: str, name: str, keys: list[str]) -> Iterator[Problem]:
    for key in repeated(key for key in keys if key):
        yield Problem(
            where,
            N_("{name}编号 {key} 重复"),
            N_("每个编号只用一次（不分大小写）"),
            {"name": name, "key": key},
        )


def _check_scales(scales: Iterable["Scale"]) -> Iterator[Problem]:
    for place, scale in enumerate(scales, start=1):
        where = f"scale[{place}].options"
        yield from _check_keys(where, N_("选项"), [option.code for option in scale.options])
        if not 1 <= len(scale.options) <= MAX_OPTIONS:
            yield Problem(
                where,
                N_("量表 {key} 有 {n} 个选项"),
                N_("选项应为 1 到 255 个"),
                {"key": scale.key, "n": len(scale.options)},
            )


def _check_dimensions(questionnaire: "Questionnaire") -> Iterator[Problem]:
    used = {item.dimension for item in questionnaire.items}
    for place, dimension in enumerate(questionnaire.dimensions, start=1):
        if dimension.weight <= 0:
            yield Problem(
                f"dimension[{place}].weight", N_("维度权重应大于 0"), N_("请改为大于 0 的数")
            )
        if dimension.key not in used:
            yield Problem(
                f"dimension[{place}]",
                N_("维度 {key} 没有题目"),
                N_('请给某题写上 dimension = "{key}"，或删去该维度'),
                {"key": dimension.key},
            )


def _check_items(questionnaire: "Questionnaire") -> Iterator[Problem]:
    if not questionnaire.items:
        yield Problem("item", N_("问卷没有题目"), N_("请至少写一个 [[item]]"))
    scales = {scale.key: scale for scale in questionnaire.scales}
    dimensions = [one.key for one in questionnaire.dimensions]
    for place, item in enumerate(questionnaire.items, start=1):
        where = f"item[{place}]"
        if item.key.casefold() in RESERVED_ITEM_KEYS:
            yield Problem(
                f"{where}.key", N_("题目编号 {key} 是保留字"), N_("请换一个编号"), {"key": item.key}
            )
        if item.dimension is not None and item.dimension not in dimensions:
            yield _unknown(f"{where}.dimension", N_("维度"), item.dimension, dimensions)
        yield from _check_kind(item, scales, where)
        yield from _check_condition(item, questionnaire.items[: place - 1], scales, where)


def _check_kind(item: "Item", scales: dict[str, "Scale"], where: str) -> Iterator[Problem]:
    if item.kind == "text":
        if item.scale or item.dimension:
            yield Problem(
                where, N_("文字题 {key} 不计分"), N_("请删去 scale 和 dimension"), {"key": item.key}
            )
        return
    if item.scale is None:
        yield Problem(
            f"{where}.scale", N_("题目 {key} 没有量表"), N_("请写上 scale"), {"key": item.key}
        )
        return
    scale = scales.get(item.scale)
    if scale is None:
        yield _unknown(f"{where}.scale", N_("量表"), item.scale, scales)
        return
    yield from _check_scale_use(item, scale, where)


def _check_scale_use(item: "Item", scale: "Scale", where: str) -> Iterator[Problem]:
    if item.kind == "multiple" and len(scale.options) > MAX_MULTIPLE_OPTIONS:
        yield Problem(
            f"{where}.scale",
            N_("多选题 {key} 的选项超过 8 个"),
            N_("请减少选项"),
            {"key": item.key},
        )
    if item.dimension is None:
        return
    if item.kind == "multiple":
        yield Problem(
            f"{where}.dimension",
            N_("多选题 {key} 不能计分"),
            N_("请删去 dimension"),
            {"key": item.key},
        )
    if all(option.points is None for option in scale.options):
        yield Problem(
            f"{where}.scale",
            N_("题目 {key} 要计分，但量表没有分值"),
            N_("请给选项写上 points，或删去 dimension"),
            {"key": item.key},
        )


def _check_condition(
    item: "Item", earlier: tuple["Item", ...], scales: dict[str, "Scale"], where: str
) -> Iterator[Problem]:
    if item.shown_if is None:
        return
    where = f"{where}.shown_if"
    choices = {one.key: one for one in earlier if one.kind == "single"}
    asked = choices.get(item.shown_if.item)
    if asked is None:
        yield Problem(
            where,
            N_("显示条件里的 {key} 不是前面的单选题"),
            N_("请写前面某个单选题的编号"),
            {"key": item.shown_if.item},
        )
        return
    scale = scales.get(asked.scale or "")
    codes = [option.code for option in scale.options] if scale else []
    for code in item.shown_if.options:
        if code not in codes:
            yield _unknown(where, N_("选项"), code, codes)
    if not item.shown_if.options:
        yield Problem(where, N_("显示条件没有选项"), N_('请写上 options = ["…"]'))


def _check_overall(questionnaire: "Questionnaire") -> Iterator[Problem]:
    key = questionnaire.overall
    singles = [item.key for item in questionnaire.items if item.kind == "single"]
    if key is not None and key not in singles:
        yield _unknown("overall", N_("总体评价题"), key, singles)


def _unknown(where: str, name: str, key: str, known: Iterable[str]) -> Problem:
    known = list(known)
    guess = nearest(key, known)
    if guess:
        return Problem(
            where,
            N_("{name} {key} 不存在"),
            N_("是否想写 {guess}"),
            {"name": name, "key": key, "guess": guess},
        )
    return Problem(
        where,
        N_("{name} {key} 不存在"),
        N_("可用的有：{known}"),
        {"name": name, "key": key, "known": "、".join(known) or "—"},
    )
