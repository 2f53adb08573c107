"""What a study changes: weights, treatments, rows left out, or the scheme as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from analysis.answers import LeftOut
from analysis.scheme import Scheme
from forms.problems import N_, InputError, Problem, plain

Json = dict[str, Any]
WHOLE = Decimal(100)
PLACE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Change:
    """What is otherwise. Everything left as it is changes nothing.

    `scheme` is another scheme's canonical form; the rest applies on top of it. `weights` are by
    path; siblings not named share what is left of 100 as before, to six decimals, unless
    `is_exact`. `unknown` is what 不了解 counts ("exclude", "zero" or points). `without` is the path
    of a component whose weight goes to its siblings.
    """

    scheme: Mapping[str, object] | None = None
    weights: tuple[tuple[str, Decimal], ...] = ()
    is_exact: bool = False
    unknown: str = ""
    rater_classes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    without: str = ""
    has_adjustments: bool = True

    @property
    def is_nothing(self) -> bool:
        return self == type(self)(is_exact=self.is_exact)

    @property
    def left_out(self) -> LeftOut:
        return LeftOut(frozenset(self.rater_classes), frozenset(self.channels))

    def as_json(self) -> dict[str, object]:
        return {
            "scheme": None if self.scheme is None else dict(self.scheme),
            "weights": {path: plain(weight) for path, weight in self.weights},
            "is_exact": self.is_exact,
            "unknown": self.unknown,
            "rater_classes": list(self.rater_classes),
            "channels": list(self.channels),
            "without": self.without,
            "has_adjustments": self.has_adjustments,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            scheme=data["scheme"],
            weights=tuple((path, Decimal(text)) for path, text in data["weights"].items()),
            is_exact=data["is_exact"],
            unknown=data["unknown"],
            rater_classes=tuple(data["rater_classes"]),
            channels=tuple(data["channels"]),
            without=data["without"],
            has_adjustments=data["has_adjustments"],
        )


def changed_scheme(scheme: Scheme, change: Change) -> Scheme:
    """The scheme a study tries. InputError with everything that keeps it from being one."""
    made: Json = deepcopy(dict(change.scheme or scheme.as_json()))
    if change.without:
        _drop(made, change.without)
    if change.weights:
        _reweigh(made, dict(change.weights), is_exact=change.is_exact)
    for leaf in _leaves(made["component"]):
        if leaf.get("source") == "questionnaire":
            leaf["unknown"] = change.unknown or leaf["unknown"]
            leaf["rater_classes"] = _without_classes(leaf["rater_classes"], change.rater_classes)
    return Scheme.from_json(made)


def _leaves(components: Sequence[Json]) -> Iterator[Json]:
    for node in components:
        if node.get("component"):
            yield from _leaves(node["component"])
        else:
            yield node


def _without_classes(weights: Mapping[str, Any], dropped: Sequence[str]) -> Json:
    """Weights of rater classes, or a table of them for each class of ratee."""
    return {
        key: _without_classes(value, dropped) if isinstance(value, Mapping) else value
        for key, value in weights.items()
        if key not in dropped or isinstance(value, Mapping)
    }


def _drop(made: Json, path: str) -> None:
    parent, _, key = path.rpartition("/")
    owner = _find(made, parent) if parent else made
    siblings = [] if owner is None else owner["component"]
    left = [node for node in siblings if node["key"] != key]
    if len(left) == len(siblings):
        raise InputError([_unknown(path)])
    if not left and not parent:
        remedy = N_("请改为去掉它下面的一项")
        raise InputError([Problem(path, N_("去掉这个构成就没有总分了"), remedy)])
    if not left:
        _drop(made, parent)
        return
    assert owner is not None
    owner["component"] = left
    _share_rest(left, {}, _classes(made))
    made["ties"] = [one for one in made["ties"] if one != path and not one.startswith(f"{path}/")]


def _find(made: Json, path: str) -> Json | None:
    found: Json | None = made
    for key in path.split("/"):
        below = found.get("component", []) if found else []
        found = next((node for node in below if node["key"] == key), None)
    return found


def _unknown(path: str) -> Problem:
    return Problem(path, N_("方案里没有这个构成"), N_("请从方案的构成中选择"))


def _classes(made: Json) -> list[str]:
    return list(made["ratee_class"])


def _reweigh(made: Json, wanted: Mapping[str, Decimal], *, is_exact: bool) -> None:
    problems = [_unknown(path) for path in wanted if _find(made, path) is None]
    if problems:
        raise InputError(problems)
    for parent in {path.rpartition("/")[0] for path in wanted}:
        siblings = (made if not parent else _find(made, parent) or {})["component"]
        prefix = f"{parent}/" if parent else ""
        fixed = {
            node["key"]: wanted[path]
            for node in siblings
            if (path := prefix + node["key"]) in wanted
        }
        if is_exact:
            for node in siblings:
                if node["key"] in fixed:
                    node["weight"] = _set_all(node["weight"], fixed[node["key"]])
        else:
            _share_rest(siblings, fixed, _classes(made))


def _set_all(weight: object, number: Decimal) -> object:
    if isinstance(weight, Mapping):
        return dict.fromkeys(weight, plain(number))
    return plain(number)


def _share_rest(siblings: list[Json], fixed: Mapping[str, Decimal], classes: list[str]) -> None:
    """Give the siblings not fixed what is left of 100, in proportion to their weights."""
    named = {
        key for node in siblings if isinstance(node["weight"], Mapping) for key in node["weight"]
    }
    columns = [*classes, *sorted(named - {*classes})] if named else [""]
    shared: dict[str, dict[str, str]] = {node["key"]: {} for node in siblings}
    for column in columns:
        here = {
            node["key"]: weight for node in siblings if (weight := _of(node, column)) is not None
        }
        for key, weight in _shares(here, fixed).items():
            shared[key][column] = plain(weight)
    for node in siblings:
        weights = shared[node["key"]]
        node["weight"] = weights if named else weights[""]


def _of(node: Json, column: str) -> Decimal | None:
    weight = node["weight"]
    if isinstance(weight, Mapping):
        return Decimal(weight[column]) if column in weight else None
    return Decimal(weight)


def _shares(weights: Mapping[str, Decimal], fixed: Mapping[str, Decimal]) -> dict[str, Decimal]:
    rest = WHOLE - sum((fixed[key] for key in weights if key in fixed), Decimal(0))
    others = [key for key in weights if key not in fixed]
    whole = sum((weights[key] for key in others), Decimal(0))
    made = {key: fixed[key] for key in weights if key in fixed}
    for key in others:
        share = (rest * weights[key] / whole).quantize(PLACE) if whole else Decimal(0)
        made[key] = rest if key == others[-1] else max(share, Decimal(0))
        rest, whole = rest - made[key], whole - weights[key]
    return {key: max(made[key], Decimal(0)) for key in weights}
