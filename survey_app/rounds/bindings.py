"""Which questionnaire who fills in for whom: choices, and what is usual."""

from collections.abc import Iterable, Mapping
from typing import Any

from forms.questionnaire import SHORT_SUFFIX, library

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
