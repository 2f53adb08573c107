"""Inputs brought into the scheme's own words: classes by key, vetoes by key."""

from collections.abc import Mapping
from dataclasses import replace

from analysis.inputs import Inputs, RateeRow, VetoRow
from analysis.scheme import Scheme
from forms.definition import Text, nearest
from forms.problems import N_, InputError, Problem


class _Words:
    """Keys of the scheme by key and by name in any language."""

    def __init__(self, names: Mapping[str, Text]) -> None:
        self.names = names
        self.keys = {
            word: key for key, name in names.items() for word in name.translations.values()
        }
        self.keys |= {key: key for key in names}

    def key(self, word: str, where: str, name: str, problems: list[Problem]) -> str:
        """The key a word means; a problem where it means none and the scheme names any."""
        if self.names and word not in self.keys:
            guess = nearest(word, self.keys) or "、".join(self.names.values())
            values = {"name": name, "word": word, "guess": guess}
            problems.append(
                Problem(where, N_("方案里没有{name} {word}"), N_("可用的有：{guess}"), values)
            )
        return self.keys.get(word, word)


def bind(inputs: Inputs, scheme: Scheme) -> Inputs:
    """The same inputs with classes and vetoes by the scheme's keys instead of its names.

    InputError with every class or veto the scheme does not know, where it names any at all.
    """
    problems: list[Problem] = []
    classes = _Words(scheme.ratee_classes)
    vetoes = _Words({veto.key: veto.name for veto in scheme.vetoes})
    bound = replace(
        inputs,
        ratees=tuple(_bind_ratee(row, classes, problems) for row in inputs.ratees),
        vetoes=tuple(_bind_veto(row, vetoes, problems) for row in inputs.vetoes),
    )
    if problems:
        raise InputError(problems)
    return bound


def _bind_ratee(row: RateeRow, classes: _Words, problems: list[Problem]) -> RateeRow:
    return replace(row, ratee_class=classes.key(row.ratee_class, row.name, N_("类别"), problems))


def _bind_veto(row: VetoRow, vetoes: _Words, problems: list[Problem]) -> VetoRow:
    return replace(row, veto=vetoes.key(row.veto, row.ratee, N_("否决事项"), problems))
