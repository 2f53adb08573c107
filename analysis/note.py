"""A sentence for people that is translated only when it is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about the run: a message id and what fills its placeholders, notes among it."""

    message: str
    values: Mapping[str, "str | int | Note"] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, filled."""
        filled = {
            name: value.text(translate) if isinstance(value, Note) else value
            for name, value in self.values.items()
        }
        return translate(self.message).format_map(filled)
