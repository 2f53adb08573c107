"""Which ratees a round has: those it asks about, those it needs not ask about, or a pilot's.

A scheme may weigh a class by indicators or appraisals alone; then no questionnaire brings the
class into the round, the scheme does.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.inputs import RateeRow
from survey_app.register.tables import Ratee

if TYPE_CHECKING:
    from analysis.scheme import Scheme
    from analysis.scheme.components import Component

Bindings = Iterable[Mapping[str, Any]]


def asked_leaves(scheme: "Scheme", ratee_class: str) -> list["Component"]:
    """The questionnaire leaves that a class of ratees has, down the branches that apply to it."""
    return [
        leaf for leaf in _leaves(scheme.components, ratee_class) if leaf.source == "questionnaire"
    ]


def _leaves(components: Sequence["Component"], ratee_class: str) -> Iterator["Component"]:
    for node in components:
        if node.applies_to(ratee_class):
            yield from _leaves(node.components, ratee_class) if node.components else (node,)


def round_classes(bindings: Bindings, scheme: "Scheme", known: Collection[str]) -> set[str]:
    """The classes of ratees of a round, among those the register knows or a binding names."""
    unasked = {one for one in scheme_classes(scheme, known) if not asked_leaves(scheme, one)}
    return unasked | {one["ratee_class"] for one in bindings}


def scheme_classes(scheme: "Scheme", known: Collection[str]) -> set[str]:
    """The known classes of ratees a scheme is about; all of them where it names none."""
    named = set(scheme.ratee_classes)
    for node in scheme.nodes():
        named.update(node.weight.ratee_classes)
        named.update(key for key, _ in node.rater_classes.by_ratee_class)
    return named & set(known) if named else set(known)


def round_ratees(session: Session, bindings: Bindings, scheme: "Scheme | None") -> Sequence[Ratee]:
    """The ratees of a round in the order of the register; only the pilot's where there is one.

    A unit on trial brings its persons with it. Without a scheme the bindings alone count.
    """
    everybody = session.scalars(select(Ratee).order_by(Ratee.position)).all()
    if scheme is None:
        classes = {one["ratee_class"] for one in bindings}
    else:
        classes = round_classes(bindings, scheme, {one.ratee_class for one in everybody})
    pilot = pilot_units(scheme, everybody)
    return [
        one
        for one in everybody
        if one.ratee_class in classes and (not pilot or {one.key, one.parent} & pilot)
    ]


def pilot_units(scheme: "Scheme | None", ratees: Iterable[Ratee | RateeRow]) -> set[str | None]:
    """What a scheme on trial is limited to, by key and by name: a person names its unit either way.

    Empty: everybody.
    """
    keys = set(scheme.pilot) if scheme else set()
    return {*keys, *(one.name for one in ratees if one.key in keys)}
