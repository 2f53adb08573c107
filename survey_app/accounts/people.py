"""Operators as pages and minutes name them, and what happened to their accounts of late.

Who makes an account minutes before it approves has approved alone: so that is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import N_
from survey_app.accounts.tables import Operator
from survey_app.core.database import Database
from survey_app.record.tables import RecordEntry

NAMED = N_("{name}（{login}）")
RECENT = timedelta(days=7)
EVENTS: Mapping[str, str] = {
    "operator.create": "made_days",
    "operator.change": "changed_days",
    "operator.reset_password": "reset_days",
}
"""What is on record of an account → how the entry of an approval names it."""
WORDS: Mapping[str, tuple[str, str]] = {
    "made_days": (N_("该账号建立不足一天"), N_("该账号 {n} 天前才建立")),
    "changed_days": (N_("该账号的角色或状态不足一天前改过"), N_("该账号的角色或状态 {n} 天前改过")),
    "reset_days": (N_("该账号的密码不足一天前由别人重设"), N_("该账号的密码 {n} 天前由别人重设")),
}
"""For less than a day, and for n days."""
Recent = Mapping[str, int]
"""Name of WORDS → whole days since."""


@dataclass(frozen=True, slots=True)
class People:
    """The names of all operators, and when their accounts were made or changed."""

    names: Mapping[str, str]
    events: tuple[tuple[datetime, str, str], ...]
    """When, whose log-in, which of WORDS; the earliest first."""

    def who(self, login: str) -> str:
        """Name and log-in; what is no account (the clock, the installation) as it is."""
        name = self.names.get(login)
        return gettext(NAMED).format(name=name, login=login) if name else login

    def recent(self, login: str, at: datetime) -> dict[str, int]:
        """What happened to an account within the week before a moment."""
        return {
            word: (at - moment).days
            for moment, whose, word in self.events
            if whose == login and timedelta(0) <= at - moment < RECENT
        }

    def recently(self, logins: Iterable[str], at: datetime) -> dict[str, dict[str, int]]:
        """The same of several accounts, those with nothing to tell left out."""
        found = {login: self.recent(login, at) for login in logins}
        return {login: told for login, told in found.items() if told}


def people_within(session: Session) -> People:
    """Everybody, as the record and the list of operators have them."""
    made = select(RecordEntry).where(RecordEntry.action.in_(EVENTS)).order_by(RecordEntry.id)
    return People(
        {row.login: row.name for row in session.scalars(select(Operator))},
        tuple(
            (one.at, str(one.details.get("login")), EVENTS[one.action])
            for one in session.scalars(made)
        ),
    )


def read_people(database: Database) -> People:
    with database.read() as session:
        return people_within(session)


def words(told: Recent) -> list[str]:
    """What happened to an account, in sentences without an end."""
    return [gettext(WORDS[word][days > 0]).format(n=days) for word, days in told.items()]
