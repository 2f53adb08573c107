"""Importing a list from a sheet: previewed first, stored whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.tables import Table
from forms.problems import N_, InputError, Problem
from survey_app.core.spreadsheet import read_upload, sheet_name
from survey_app.core.template_books import NOTES
from survey_app.core.uploads import Upload


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do, as names to show, or everything that stands against it."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    n_same: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def is_ready(self) -> bool:
        return not self.problems

    @property
    def n(self) -> int:
        return len(self.added) + len(self.changed) + self.n_same


def only_table(upload: Upload, names: Sequence[str]) -> Table:
    """The sheet called by one of the names, or the only one there is.

    Raises InputError with what is wrong with the file.
    """
    tables = [
        table for table in read_upload(upload.name, upload.data) if sheet_name(table) != NOTES
    ]
    named = [table for table in tables if sheet_name(table).strip() in names]
    if len(named) == 1 or len(tables) == 1:
        return (named or tables)[0]
    raise InputError(
        [
            Problem(
                upload.name,
                N_("分不清要导入哪一张工作表"),
                N_("请只留一张，或把它命名为“{name}”"),
                {"name": names[0]},
            )
        ]
    )
