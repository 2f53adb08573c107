"""Every trial there is: those of the modules in tests/prove/trials/."""

from importlib import import_module
from pkgutil import iter_modules

from tests.prove import trials
from tests.prove.trial import SECTIONS, Trial


def all_trials() -> list[Trial]:
    """Every trial, by section and id. Raises ValueError where two share an id."""
    found = [
        one
        for module in iter_modules(trials.__path__)
        for one in import_module(f"{trials.__name__}.{module.name}").TRIALS
    ]
    if len({one.id for one in found}) < len(found):
        raise ValueError("two trials share an id")
    return sorted(found, key=lambda one: (SECTIONS.index(one.section), one.id))


def chosen(only: str) -> list[Trial]:
    """The trials whose ids begin with one of these, separated by commas; all where there is none.

    Raises ValueError for a name nothing begins with.
    """
    wanted = [one.strip() for one in only.split(",") if one.strip()]
    every = all_trials()
    for name in wanted:
        if not any(one.id.startswith(name) for one in every):
            raise ValueError(f"no trial is called {name}; there are: {[one.id for one in every]}")
    return [one for one in every if not wanted or one.id.startswith(tuple(wanted))]
