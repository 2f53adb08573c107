"""Whatever a definition holds, it is read or refused with problems, never with a crash."""

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.scheme import Scheme, shipped
from forms.definition import Text, exact, whole
from forms.problems import InputError
from forms.questionnaire import Questionnaire, library

SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.text(max_size=8)
    | st.sampled_from(["", "30", "1e9", "D1", "a/b", "questionnaire", "{x}", "0.1.2"])
)
ANYTHING = st.recursive(
    SCALAR,
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3)
    ),
    max_leaves=6,
)
DEFINITIONS = [
    *((Questionnaire, one.as_json()) for one in library().values()),
    *((Scheme, one.as_json()) for one in shipped().values()),
]


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every part of a definition."""
    keys: list[str | int] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    found = [path] if path else []
    for key in keys:
        found += places(value[key], (*path, key))  # type: ignore[index]
    return found


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_part_exchanged_for_anything_is_read_or_refused(data: st.DataObject) -> None:
    kind, definition = data.draw(st.sampled_from(DEFINITIONS))
    broken = copy.deepcopy(definition)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(broken)))
        part = broken
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = data.draw(ANYTHING)
    outcome = read_or_refused(kind, broken)
    if isinstance(outcome, str):
        assert "。" in outcome
    else:
        assert kind.from_json(outcome.as_json()).digest == outcome.digest


def read_or_refused(
    kind: type[Questionnaire] | type[Scheme], definition: dict
) -> Questionnaire | Scheme | str:
    """What was read, or the words of the refusal."""
    try:
        return kind.from_json(definition)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("92.90", "92.90"),
        (" 7 ", "7"),
        (-3, "-3"),
        ("1e5", None),
        ("1_000", None),
        ("", None),
        (".5", None),
        (0.5, None),
        (True, None),
        ("9" * 16, None),
        ("0." + "1" * 16, None),
        ("Infinity", None),
    ],
)
def test_only_usual_notation_of_usual_size_is_a_number(value: object, number: str | None) -> None:
    found = exact(value)
    assert (found if found is None else str(found)) == number


def test_a_text_keeps_its_translations_when_copied() -> None:
    text = Text("示例", {"en": "Sample"})
    for copied in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert copied == "示例"
        assert copied.localized("en") == "Sample"
    assert text.localized("zh_TW") == "示例"
    assert text.localized("en").localized("zh_CN") == "示例"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[("12", 12), (" 7 ", 7), ("0", 0)],
        *[(text, None) for text in ("", None, "-1", "²", "١", "1.0", "9" * 10, "9" * 5_000)],
    ],
)
def test_only_plain_digits_are_a_whole_number(text: str | None, number: int | None) -> None:
    assert whole(text) == number
