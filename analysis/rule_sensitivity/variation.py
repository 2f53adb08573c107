"""One rule of a scheme changed: what it says now, what is tried, and the scheme that says so."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from analysis.changes import Change
from analysis.note import Note
from analysis.scheme import Scheme

Json = dict[str, Any]
ABSENT = object()


@dataclass(frozen=True, slots=True)
class Variation:
    """A rule, how it is `now` and how it is `tried`; only this rule differs in `scheme`.

    `vetoes` are the keys of vetoes whose entries are left out; without `has_decisions` nothing that
    people decided on findings of the screens holds. `change` is the study that comes to the same,
    where there is one.
    """

    key: str
    rule: Note
    now: Note
    tried: Note
    scheme: Scheme
    has_adjustments: bool = True
    has_decisions: bool = True
    vetoes: frozenset[str] = frozenset()
    change: Change | None = None


def put(**fields: object) -> Callable[[Json], None]:
    """The edit that puts these fields."""

    def edit(made: Json) -> None:
        made.update(deepcopy(fields))

    return edit


def edited(scheme: Scheme, edit: Callable[[Json], object]) -> Scheme:
    """The scheme after an edit of its canonical form. Raises InputError where that is none."""
    made: Json = deepcopy(scheme.as_json())
    edit(made)
    return Scheme.from_json(made)


class ConflictError(Exception):
    """Two changes say different things of the same place."""


def merged(scheme: Scheme, tried: Sequence[Variation]) -> Variation:
    """Several variations of one scheme at once. Raises ConflictError where they cannot be."""
    made: Any = _merge(scheme.as_json(), [one.scheme.as_json() for one in tried])
    first = tried[0]
    return Variation(
        " ".join(one.key for one in tried),
        *(first.rule, first.now, first.tried),
        Scheme.from_json(made),
        has_adjustments=all(one.has_adjustments for one in tried),
        has_decisions=all(one.has_decisions for one in tried),
        vetoes=frozenset[str]().union(*(one.vetoes for one in tried)),
    )


def _merge(base: object, others: Sequence[object]) -> object:
    changed = [one for one in others if one != base]
    if not changed:
        return base
    if all(one == changed[0] for one in changed):
        return changed[0]
    if isinstance(base, Mapping) and all(isinstance(one, Mapping) for one in changed):
        return _merge_tables(base, [one for one in changed if isinstance(one, Mapping)])
    lists = [one for one in changed if isinstance(one, list)]
    if not isinstance(base, list) or len(lists) < len(changed):
        raise ConflictError
    if any(len(one) != len(base) for one in lists):
        raise ConflictError
    return [_merge(item, [one[place] for one in lists]) for place, item in enumerate(base)]


def _merge_tables(base: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> Json:
    keys = dict.fromkeys(key for one in (base, *others) for key in one)
    found = {
        key: _merge(base.get(key, ABSENT), [one.get(key, ABSENT) for one in others]) for key in keys
    }
    return {key: value for key, value in found.items() if value is not ABSENT}


def nodes(components: Sequence[Json], parent: str = "") -> Iterator[tuple[str, Json]]:
    """Every component of a canonical form with its path, parents first."""
    for node in components:
        path = f"{parent}/{node['key']}" if parent else node["key"]
        yield path, node
        yield from nodes(node.get("component", []), path)


def edited_nodes(scheme: Scheme, edit: Callable[[str, Json], object]) -> Scheme:
    """The scheme after an edit of its components, which get their path and canonical form."""

    def each(made: Json) -> None:
        for path, node in list(nodes(made["component"])):
            edit(path, node)

    return edited(scheme, each)


def edited_node(scheme: Scheme, path: str, edit: Callable[[Json], object]) -> Scheme:
    """The scheme after an edit of one component."""
    return edited_nodes(scheme, lambda at, node: edit(node) if at == path else None)


def edited_surveys(scheme: Scheme, **fields: object) -> Scheme:
    """The scheme with these fields in every leaf of questionnaires."""

    def edit(_: str, node: Json) -> None:
        if node.get("source") == "questionnaire":
            node.update(deepcopy(fields))

    return edited_nodes(scheme, edit)
