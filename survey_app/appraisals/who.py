"""Whose appraisals an operator sees: everybody's, those of units in charge, or one's own."""

from dataclasses import dataclass

from survey_app.core.access import SignedIn
from survey_app.core.errors import ForbiddenError
from survey_app.supervision.units import Scope, scope_of


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see. `units` None: all of them; `person` "": everybody in the units."""

    units: Scope = None
    person: str = ""

    def sees(self, unit: str, person: str = "") -> bool:
        """Whether somebody's form, or a unit's page where no person is given, is within it."""
        if self.person:
            return person == self.person
        return self.units is None or unit in self.units

    def check(self, unit: str, person: str = "") -> None:
        """Raise ForbiddenError unless it is within it."""
        if not self.sees(unit, person):
            raise ForbiddenError


EVERYTHING = Sight()


def sight_of(operator: SignedIn) -> Sight:
    """What an operator's role and scope let them see."""
    if operator.role == "person":
        return Sight(frozenset(), operator.scope.strip())
    return Sight(scope_of(operator))
