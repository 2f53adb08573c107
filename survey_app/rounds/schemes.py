"""The schemes a round can be given: those that ship, and the library's that are in use."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.scheme import DEFAULT_SCHEME, Scheme
from forms.problems import N_
from survey_app.core.database import Database
from survey_app.schemes.service import STATUS_NAMES, in_use, shipped_versions

__all__ = ["DEFAULT_SCHEME", "NUMBERED", "Offered", "offered", "value_of"]

NUMBERED = N_("{title}（第 {n} 版，{status}）")


@dataclass(frozen=True, slots=True)
class Offered:
    """A scheme to choose: its title, and the text a round stores. `number` 0: it ships."""

    title: str
    text: str
    number: int = 0
    status: str = ""

    @property
    def scheme(self) -> Scheme:
        """The scheme itself; its text was checked when it came into the library."""
        return Scheme.load(self.text.encode())


def offered(database: Database) -> Mapping[str, Offered]:
    """Value in a form → scheme; one's own first, the usual one first among those that ship."""
    own = {
        f"{one.key}/{one.number}": Offered(
            one.title, one.toml, one.number, STATUS_NAMES[one.status]
        )
        for one in in_use(database)
    }
    return own | {key: Offered(one.title, one.toml) for key, one in shipped_versions().items()}


def value_of(text: str, found: Mapping[str, Offered]) -> str | None:
    """The value of the scheme this text is, None where it is another."""
    return next((value for value, one in found.items() if one.text == text), None)
