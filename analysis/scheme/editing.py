"""The numbers of a scheme that a page may change: weights, lines, places, caps, factors.

Structure is edited in a file. A page shows blocks of entries; what is typed becomes changes of
the file, which is then read as a whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analysis.scheme.definition import Scheme
from analysis.scheme.toml_text import Change, Path
from analysis.scheme.words import UNKNOWN, Words
from forms.definition import exact, whole
from forms.problems import N_, plain

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One number: where it stands, what it is called, and its value now ("" where unset).

    `total` names the sum it is part of. An entry that is not needed may be left blank.
    """

    path: Path
    name: str
    value: str
    total: str = ""
    is_needed: bool = True
    is_whole: bool = False
    words: Words | None = None

    @property
    def field(self) -> str:
        """Its name in a form."""
        return "v." + ".".join(map(str, self.path))

    @property
    def where(self) -> str:
        """Its place as problems tell it: places count from 1."""
        text = ""
        for step in self.path:
            text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
        return text.removeprefix(".")

    @property
    def shown(self) -> str:
        return (self.words or {}).get(self.value, self.value)

    def typed(self, text: str) -> str | int | None:
        """What a file should say for what somebody typed; None takes the line out."""
        text = text.strip()
        if not text and not self.is_needed:
            return None
        number = whole(text) if self.is_whole else None
        if number is not None:
            return number
        return next((key for key, word in (self.words or {}).items() if word == text), text)


@dataclass(frozen=True, slots=True)
class Total:
    """A sum that is shown below its entries; `wanted` None: any sum will do."""

    id: str
    name: str
    wanted: Decimal | None


@dataclass(frozen=True, slots=True)
class Block:
    """Entries shown as one table: a row a part, a column a kind of number.

    `of` is the component the block belongs to, "" where it is the scheme's.
    """

    title: str
    of: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Entry | None, ...]], ...]
    totals: tuple[Total | None, ...] = ()
    where: str = ""
    note: str = ""

    def entries(self) -> Iterator[Entry]:
        for _, cells in self.rows:
            yield from (cell for cell in cells if cell is not None)


def blocks(scheme: Scheme) -> list[Block]:
    """Everything of a scheme that a page may change, in the order of the file."""
    data: Json = scheme.as_json()
    found = [
        *_components(scheme, data["component"], ("component",), ""),
        *_adjustments(data["adjustments"]),
        *_grades(data["grade"]),
    ]
    return [block for block in found if any(block.entries())]


def changes(found: Sequence[Block], typed: Mapping[str, str]) -> list[Change]:
    """What was typed differently from what stands there."""
    return [
        (entry.path, entry.typed(typed[entry.field]))
        for block in found
        for entry in block.entries()
        if entry.field in typed and typed[entry.field].strip() not in (entry.value, entry.shown)
    ]


def sums(block: Block, typed: Mapping[str, str]) -> dict[str, str]:
    """The sums of what stands or was typed; a sum with something that is no number is "—"."""
    found: dict[str, Decimal | None] = {}
    for entry in block.entries():
        text = typed.get(entry.field, entry.value).strip()
        number = exact(text) if text else Decimal(0)
        before = found.get(entry.total, Decimal(0))
        found[entry.total] = None if number is None or before is None else before + number
    return {key: "—" if total is None else plain(total) for key, total in found.items() if key}


def _components(scheme: Scheme, nodes: Sequence[Json], path: Path, parent: str) -> Iterator[Block]:
    yield _weights(scheme, nodes, path, parent)
    for place, node in enumerate(nodes):
        here, name = (*path, place), _chinese(node["name"])
        if "component" in node:
            yield from _components(scheme, node["component"], (*here, "component"), name)
        yield from _leaf(scheme, node, here, name)
        for order, transform in enumerate(node["transform"]):
            yield from _transform(transform, (*here, "transform", order), name)


def _weights(scheme: Scheme, nodes: Sequence[Json], path: Path, parent: str) -> Block:
    classes = list(
        dict.fromkeys(
            key for node in nodes if isinstance(node["weight"], Mapping) for key in node["weight"]
        )
    )
    group = ".".join(map(str, path))

    def entry(place: int, weight: object, ratee_class: str) -> Entry | None:
        if isinstance(weight, Mapping):
            if ratee_class not in weight:
                return None
            at: Path = (*path, place, "weight", ratee_class)
            return Entry(at, N_("权重"), weight[ratee_class], f"{group}:{ratee_class}")
        if ratee_class != (classes[0] if classes else ""):
            return None
        total = f"{group}:{ratee_class}" if len(classes) < 2 else ""
        return Entry((*path, place, "weight"), N_("权重"), str(weight), total)

    columns = classes or [""]
    names = [str(scheme.ratee_class_name(key)) if key else N_("权重") for key in columns]
    is_mixed = len(classes) > 1 and any(not isinstance(node["weight"], Mapping) for node in nodes)
    totals = [Total(f"{group}:{key}", N_("合计"), Decimal(100)) for key in columns]
    return Block(
        N_("权重"),
        parent,
        tuple(names),
        tuple(
            (_chinese(node["name"]), tuple(entry(place, node["weight"], key) for key in columns))
            for place, node in enumerate(nodes)
        ),
        () if is_mixed else tuple(totals),
        where=Entry((*path, "weight"), "", "").where,
        note=N_("同级权重之和应为 100"),
    )


def _leaf(scheme: Scheme, node: Json, here: Path, name: str) -> Iterator[Block]:
    """The numbers of a leaf, by its source."""
    named = [
        ("min_n", N_("最低样本")),
        ("trim", N_("去极值比例")),
        ("unknown", N_("不了解")),
        ("completion_cap", N_("完成率上限")),
        ("completion_floor", N_("完成率下限")),
        ("volume_share", N_("总量所占比重")),
        ("expected", N_("应有期数")),
    ]
    rows = [
        (
            word,
            (
                Entry(
                    (*here, key),
                    word,
                    "" if node[key] is None else str(node[key]),
                    is_needed=key != "expected",
                    is_whole=key in ("min_n", "expected"),
                    words=UNKNOWN if key == "unknown" else None,
                ),
            ),
        )
        for key, word in named
        if key in node
    ]
    if total := node.get("points", {}).get("total"):
        rows.append((N_("分值之和"), (Entry((*here, "points", "total"), N_("分值之和"), total),)))
    note = N_("“不了解”可以写：不计入分母、记零分，或一个分数") if "unknown" in node else ""
    yield Block(N_("计算规则"), name, (N_("数值"),), tuple(rows), note=note)
    yield from _rater_classes(scheme, node.get("rater_classes", {}), here, name)
    yield from _parts(node.get("mix", {}), here, name)


def _rater_classes(scheme: Scheme, weights: Json, here: Path, name: str) -> Iterator[Block]:
    of_classes = {key: one for key, one in weights.items() if isinstance(one, Mapping)}
    sets = of_classes or ({"": weights} if weights else {})
    raters = list(dict.fromkeys(key for one in sets.values() for key in one))
    inside = {key: (*here, "rater_classes", *([key] if key else [])) for key in sets}
    ids = {key: ".".join(map(str, path)) for key, path in inside.items()}

    def entry(ratee_class: str, rater: str) -> Entry | None:
        if rater not in sets[ratee_class]:
            return None
        value = str(sets[ratee_class][rater])
        return Entry((*inside[ratee_class], rater), N_("权重"), value, ids[ratee_class])

    yield Block(
        N_("评议主体权重"),
        name,
        tuple(str(scheme.ratee_class_name(key)) if key else N_("权重") for key in sets),
        tuple(
            (str(scheme.rater_class_name(key)), tuple(entry(one, key) for one in sets))
            for key in raters
        ),
        tuple(Total(ids[key], N_("合计"), None) for key in sets),
        note=N_("按比例计算，合计不必是 100"),
    )


def _parts(mix: Json, here: Path, name: str) -> Iterator[Block]:
    if mix:
        inside = (*here, "mix", "weights")
        owner = ".".join(map(str, inside))
        rows = tuple(
            (part, (Entry((*inside, part), N_("权重"), str(weight), owner),))
            for part, weight in mix["weights"].items()
        )
        note = N_("按比例计算，合计不必是 100；没有写到的部分不计分")
        total = (Total(owner, N_("合计"), None),)
        yield Block(N_("层与渠道权重"), name, (N_("权重"),), rows, total, note=note)


def _transform(transform: Json, here: Path, name: str) -> Iterator[Block]:
    simple = [("full", N_("满分")), ("step", N_("名次级差"))]
    rows: list[tuple[str, tuple[Entry | None, ...]]] = [
        (word, (Entry((*here, key), word, transform[key]),))
        for key, word in simple
        if key in transform
    ]
    for word, factor in transform.get("table", {}).items():
        rows.append((word, (Entry((*here, "table", word), N_("系数"), factor),)))
    if "default" in transform:
        value = transform["default"] or ""
        entry = Entry((*here, "default"), N_("默认系数"), value, is_needed=False)
        rows.append((N_("默认系数"), (entry,)))
    title = N_("系数") if transform["kind"] == "coefficient" else N_("换算")
    yield Block(title, name, (N_("数值"),), tuple(rows), note=transform.get("figure", ""))
    for key, bound in (("bands", "min"), ("line", "at")):
        steps = transform.get(key, ())
        gives = "points" if transform["kind"] == "bands" else "factor"
        headers = (
            N_("下限") if key == "bands" else N_("取值"),
            N_("得分") if gives == "points" else N_("系数"),
        )
        yield Block(
            N_("档位") if key == "bands" else N_("折线"),
            name,
            headers,
            tuple(
                (
                    str(place + 1),
                    (
                        Entry((*here, key, place, bound), headers[0], step[bound]),
                        Entry((*here, key, place, gives), headers[1], step[gives]),
                    ),
                )
                for place, step in enumerate(steps)
            ),
        )


def _adjustments(rules: Json) -> Iterator[Block]:
    caps = (("bonus_cap", N_("加分上限")), ("deduction_cap", N_("减分上限")))
    yield Block(
        N_("加减分"),
        "",
        (N_("数值"),),
        tuple(
            (word, (Entry(("adjustments", key), word, rules[key] or "", is_needed=False),))
            for key, word in caps
        ),
        note=N_("空着就是没有上限"),
    )
    rows = []
    for place, source in enumerate(rules["source"]):
        here: Path = ("adjustments", "source", place)
        bounds = source["multiplier"] or {}
        rows.append(
            (
                _chinese(source["name"]),
                (
                    Entry((*here, "cap"), N_("上限"), source["cap"] or "", is_needed=False),
                    *(
                        Entry((*here, "multiplier", key), word, bounds[key]) if bounds else None
                        for key, word in (("low", N_("最低倍数")), ("high", N_("最高倍数")))
                    ),
                ),
            )
        )
    headers = (N_("上限"), N_("最低倍数"), N_("最高倍数"))
    yield Block(N_("加减分来源"), "", headers, tuple(rows), note=N_("空着就是没有上限"))


def _grades(grades: Sequence[Json]) -> Iterator[Block]:
    yield Block(
        N_("等次的分数线"),
        "",
        (N_("分数线"),),
        tuple(
            (
                _chinese(grade["name"]),
                (
                    Entry(
                        ("grade", place, "min"), N_("分数线"), grade["min"] or "", is_needed=False
                    ),
                ),
            )
            for place, grade in enumerate(grades)
        ),
        where="grade",
        note=N_("空着就是没有分数线；从高到低"),
    )
    rows = []
    for place, grade in enumerate(grades):
        for order, quota in enumerate(grade["quota"]):
            here: Path = ("grade", place, "quota", order)
            count, share = quota.get("count"), quota.get("share")
            rows.append(
                (
                    _chinese(grade["name"]),
                    (
                        None
                        if count is None
                        else Entry((*here, "count"), N_("人数"), str(count), is_whole=True),
                        None if share is None else Entry((*here, "share"), N_("比例"), share),
                    ),
                )
            )
    yield Block(
        N_("名额"), "", (N_("人数"), N_("比例")), tuple(rows), note=N_("比例 27% 写作 0.27")
    )


def _chinese(name: object) -> str:
    return str(name["zh_CN"] if isinstance(name, Mapping) else name)
