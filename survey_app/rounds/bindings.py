"""Which questionnaire who fills in for whom: choices, and what is usual."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forms.questionnaire import SHORT_SUFFIX, library
from survey_app.register.reading import Register
from survey_app.rounds.ratees import asked_leaves, scheme_classes

if TYPE_CHECKING:
    from analysis.scheme import Scheme

NOT_ASKED = ""
SINGLE_FORMS = {"service_user": "service.short", "leader_city": "leader", "leader_dept": "leader"}
OF_PERSONS = {"service_user": "service-post"}
PERSON_FORM = "person"
DELEGATES = ("delegate", "cppcc")


def choices() -> list[tuple[str, str, bool]]:
    """(value, title, is it the short form) of every form in the library, long and short."""
    found = []
    for key, form in library().items():
        found.append((key, str(form.title), False))
        if any(not item.short_form for item in form.items):
            found.append((key + SHORT_SUFFIX, str(form.title), True))
    return found


def usual(rater_class: str, ratee_class: str, *, is_person: bool = False) -> str:
    """The form that fits a pair of classes best; NOT_ASKED where the library has none for it.

    Of persons, service users rate the post that served them, leaders and colleagues the person.
    """
    if is_person:
        asked = rater_class in SINGLE_FORMS
        return OF_PERSONS.get(rater_class, PERSON_FORM) if asked else NOT_ASKED
    wanted = SINGLE_FORMS.get(rater_class)
    if wanted is None and rater_class.startswith(DELEGATES):
        # They rate many units on one page: the short form is what they will finish.
        wanted = f"delegate-{ratee_class}{SHORT_SUFFIX}"
    wanted = wanted or f"{ratee_class}{SHORT_SUFFIX}"
    return wanted if wanted.removesuffix(SHORT_SUFFIX) in library() else NOT_ASKED


def preset(register: Register, scheme: "Scheme") -> dict[tuple[str, str], str]:
    """(rater class, ratee class) → the form to begin with, where the scheme counts one of theirs.

    The usual one where the scheme takes it, else the first it lists.
    """
    persons = {row.ratee_class for row in register.ratees if row.kind == "person"}
    classes = dict.fromkeys(row.ratee_class for row in register.ratees)
    about = scheme_classes(scheme, classes)
    return {
        (rater.key, ratee_class): form
        for rater in register.rater_classes
        for ratee_class in classes
        if ratee_class in about
        for form in _counted_forms(
            scheme, rater.key, ratee_class, is_person=ratee_class in persons
        )[:1]
    }


def has_codes(register: Register, forms: Iterable[tuple[str, str]]) -> bool:
    """Whether somebody on a roster is asked: whoever is comes with a personal code."""
    asked = {rater_class for rater_class, _ratee_class in forms}
    return not asked.isdisjoint(row.rater_class for row in register.roster)


def _counted_forms(
    scheme: "Scheme", rater_class: str, ratee_class: str, *, is_person: bool
) -> list[str]:
    """Forms of this pair of classes that a leaf of the scheme counts, the best first."""
    forms: list[str] = []
    own = usual(rater_class, ratee_class, is_person=is_person)
    for leaf in asked_leaves(scheme, ratee_class):
        weighed = dict(leaf.rater_classes.of(ratee_class))
        if weighed and rater_class not in weighed:
            continue
        if own != NOT_ASKED and leaf.takes(own):
            forms.insert(0, own)
        elif weighed:
            forms += [one for one in leaf.questionnaires if one in library()]
    return forms


def as_bindings(chosen: Mapping[tuple[str, str], str]) -> tuple[dict[str, Any], ...]:
    """(rater class, ratee class) → form value, as a round stores it."""
    return tuple(
        {
            "rater_class": rater_class,
            "ratee_class": ratee_class,
            "questionnaire": value.removesuffix(SHORT_SUFFIX),
            "short": value.endswith(SHORT_SUFFIX),
        }
        for (rater_class, ratee_class), value in chosen.items()
        if value != NOT_ASKED
    )


def as_choices(bindings: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """The way back: what a round stores as form values."""
    return {
        (one["rater_class"], one["ratee_class"]): one["questionnaire"]
        + (SHORT_SUFFIX if one.get("short") else "")
        for one in bindings
    }
