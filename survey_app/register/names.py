"""What classes are called: the names the shipped schemes give them, and their keys back."""

from collections.abc import Callable, Mapping
from functools import cache

from analysis.scheme import Scheme, shipped


@cache
def ratee_class_names() -> Mapping[str, str]:
    """Key → name of every class of ratees that a shipped scheme knows."""
    return _gather(lambda scheme: scheme.ratee_classes)


@cache
def rater_class_names() -> Mapping[str, str]:
    """Key → name of every class of raters that a shipped scheme knows."""
    return _gather(lambda scheme: scheme.rater_classes)


def _gather(names: Callable[[Scheme], Mapping[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for scheme in shipped().values():
        for key, name in names(scheme).items():
            found.setdefault(key, name)
    return found


def ratee_class_name(key: str) -> str:
    """The name of a class of ratees; a class nobody named is called by its key."""
    return ratee_class_names().get(key, key)


def key_of(text: str, names: Mapping[str, str]) -> str:
    """The key a key or a name stands for; what nobody knows stands for itself."""
    if text in names:
        return text
    return next((key for key, name in names.items() if name == text), text)
