"""The schemes a round can be given: those that ship, as the text a round stores."""

from functools import cache

from analysis.scheme import DEFAULT_SCHEME, SCHEMES, Scheme
from forms.problems import InputError, Problem

__all__ = ["DEFAULT_SCHEME", "check_scheme_text", "scheme_texts", "scheme_titles", "shipped_key"]


@cache
def scheme_texts() -> dict[str, str]:
    """Key → TOML of every shipped scheme, the usual one first."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(SCHEMES.glob("*.toml"))]
    by_key = {Scheme.load(text.encode()).key: text for text in texts}
    return {key: by_key[key] for key in sorted(by_key, key=lambda key: key != DEFAULT_SCHEME)}


@cache
def scheme_titles() -> dict[str, str]:
    """Key → title of every shipped scheme."""
    return {key: str(Scheme.load(text.encode()).title) for key, text in scheme_texts().items()}


def shipped_key(text: str) -> str | None:
    """The shipped scheme this text is, None where it is another."""
    return next((key for key, shipped in scheme_texts().items() if shipped == text), None)


def check_scheme_text(text: str) -> tuple[Problem, ...]:
    """Everything wrong with a scheme somebody wrote."""
    try:
        Scheme.load(text.encode())
    except InputError as error:
        return error.problems
    return ()
