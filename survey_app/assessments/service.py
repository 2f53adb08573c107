"""Runs (核算): assess a sealed round, store the result once, and open it again for its trace."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import N_, InputError
from survey_app.assessments.appraised import indicator_sheet
from survey_app.assessments.history import SheetRows, history_sheet
from survey_app.assessments.screened import screened_sheet
from survey_app.assessments.tables import Run
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError, ProblemsError
from survey_app.core.remembered import Remembered
from survey_app.indicators.service import sheets_for_run
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.rounds import life
from survey_app.rounds.frozen import FrozenRound, hold_round, load_round, read_config
from survey_app.rounds.tables import Round

if TYPE_CHECKING:
    from analysis.inputs import Inputs
    from analysis.results import Assessment
    from analysis.round_statistics.tables import Sufficient
    from survey_app.disclosure.guarding import Guarded

    Made = tuple[Assessment, Inputs, Sufficient | None]

LARGE = 200_000
"""With more rows than this the sums wait until a page of statistics asks for them."""


class NotAssessedError(DomainError):
    status = 404
    message = N_("本轮还没有核算。")
    remedy = N_("请先封存答卷，再核算。")


class DamagedFilesError(ProblemsError):
    message = N_("封存的文件与清单不符，不能核算。")
    remedy = N_("请从备份恢复封存文件夹，不要修改其中的文件。")


class NoAnswerError(ProblemsError):
    message = N_("按本轮的方案还得不出总分。")
    remedy = N_("请按下面的提示补齐后再核算；任何数据都没有改动。")


class ChangedSinceError(DomainError):
    status = 409
    message = N_("第 {number} 次核算之后，封存的文件被改动，无法再现当时的计算过程。")
    remedy = N_("请从备份恢复封存文件夹；以前的结果仍可在“核算结果”页下载。")


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in the list."""

    id: int
    number: int
    operator: str
    made_at: str
    content_digest: str


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run with everything its pages and files show.

    `assessment` is what may be shown of it: `guarded` says what is hidden, and why. `whole` is
    for computing on, never for showing.
    """

    line: RunLine
    frozen: FrozenRound
    state: str
    closed_on: str
    guarded: "Guarded"
    whole: "Assessment"
    inputs: "Inputs"
    is_stale: bool
    """Whether inputs were imported since, so that a new run would differ."""
    sufficient: "Sufficient | None" = None
    """The sums its statistics are made from; None for a large round, where they take room."""

    @property
    def assessment(self) -> "Assessment":
        return self.guarded.assessment

    def folders(self, settings: Settings) -> list[Path]:
        """The sealed files the run is made from."""
        return sealed_folders(self.frozen, settings)

    def content_key(self, settings: Settings) -> tuple[str, ...]:
        """Under which what is made from this run's content is remembered."""
        return str(settings.sealed_dir), self.frozen.key, self.assessment.content_digest

    @property
    def is_simulated(self) -> bool:
        return self.frozen.is_simulated or self.assessment.is_simulated

    def class_name(self, key: str) -> str:
        """How a class of ratees is called: by the scheme, else as usual, else as registered."""
        from analysis.scheme import DEFAULT_SCHEME, shipped

        known = self.assessment.scheme.ratee_classes
        usual = shipped()[DEFAULT_SCHEME].ratee_classes
        return str(known.get(key) or usual.get(key) or key)


@dataclass(frozen=True, slots=True)
class _Source:
    """What a run is made from, as read in one transaction."""

    row: Round
    frozen: FrozenRound
    sheets: Mapping[str, SheetRows]

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """Changes whenever an input does."""
        sheets = sorted(self.sheets.items())
        return (self.frozen.digest, *(f"{kind} {sheet.digest}" for kind, sheet in sheets))


def run_assessment(database: Database, settings: Settings, round_id: int, operator: str) -> int:
    """Assess a sealed round and store the run, on record; returns the run's id.

    Where nothing changed since the last run, that run is the answer and nothing is stored.

    Raises:
        ProblemsError: the round is not sealed yet.
        NoAnswerError, DamagedFilesError: there is no result; every reason is listed.
    """
    with database.read() as session:
        source = _source(session, round_id)
        problems = life.problems_before(session, source.row, "assess", clock.now())
    if problems:
        raise ProblemsError(problems)
    assessment, _, _ = _assess(source, settings)
    with database.write() as session:
        row = hold_round(session, round_id)
        last = _last(session, round_id)
        digests = (assessment.scheme.digest, assessment.content_digest)
        if last is not None and (last.scheme_digest, last.content_digest) == digests:
            return last.id
        run = Run(
            round_id=round_id,
            number=1 if last is None else last.number + 1,
            operator=operator,
            made_at=clock.now(),
            scheme_digest=digests[0],
            content_digest=digests[1],
            sheets={kind: asdict(sheet) for kind, sheet in source.sheets.items()},
            scores_json=assessment.scores_json().decode(),
        )
        session.add(run)
        life.move(session, row, "assess", operator, clock.now())
        record.append(
            session,
            operator,
            "assessment.run",
            round_id=round_id,
            number=run.number,
            content=run.content_digest,
        )
        round_log.add(session, round_id, _result_leaf(run, row))
        return run.id


def _result_leaf(run: Run, row: Round) -> dict[str, Any]:
    """What the round's log says of a run: a digest of its scores, and of what was frozen."""
    return {
        "type": "result",
        "run": run.number,
        "scores": hashlib.sha256(run.scores_json.encode()).hexdigest(),
        "config": row.config_digest,
    }


def problems_before_run(database: Database, round_id: int) -> list[str]:
    """What stands in the way of assessing, in words; empty where nothing does."""
    with database.read() as session:
        row = load_round(session, round_id)
        found = life.problems_before(session, row, "assess", clock.now())
        return [problem.text() for problem in found]


def list_runs(database: Database, round_id: int) -> list[RunLine]:
    """The runs of a round, the newest first."""
    with database.read() as session:
        load_round(session, round_id)
        found = select(Run).where(Run.round_id == round_id).order_by(Run.number.desc())
        return [_line(run) for run in session.scalars(found)]


def open_run(
    database: Database,
    settings: Settings,
    round_id: int,
    number: int | None = None,
    *,
    is_released: bool = False,
) -> OpenedRun:
    """A run (the newest by default) with its trace, made again from the sealed files.

    What `is_released` leaves the house, and shows of unanimous groups no more than a band.

    Raises:
        NotAssessedError: there is no such run.
        ChangedSinceError: the sealed files no longer lead to this run.
    """
    with database.read() as session:
        source = _source(session, round_id)
        run = _last(session, round_id) if number is None else _numbered(session, round_id, number)
    if run is None:
        raise NotAssessedError
    then = replace(source, sheets={kind: SheetRows(**one) for kind, one in run.sheets.items()})
    key = (str(settings.sealed_dir), then.frozen.key, *then.fingerprint)
    assessment, inputs, sufficient = _MADE.get(key, lambda: _assess(then, settings))
    if assessment.content_digest != run.content_digest:
        raise ChangedSinceError(number=run.number)
    closed = source.row.closed_at
    with database.read() as session:
        guarded = _guard(session, round_id, assessment, is_released=is_released)
    return OpenedRun(
        line=_line(run),
        frozen=source.frozen,
        state=source.row.state,
        closed_on=f"{clock.local(closed):%Y年%m月%d日}" if closed else "",
        guarded=guarded,
        whole=assessment,
        inputs=inputs,
        is_stale=then.fingerprint != source.fingerprint,
        sufficient=sufficient,
    )


def _guard(
    session: Session, round_id: int, assessment: "Assessment", *, is_released: bool
) -> "Guarded":
    from survey_app.disclosure.guarding import guard  # brings numpy

    return guard(session, round_id, assessment, is_released=is_released)


def stored_scores(database: Database, round_id: int, number: int | None = None) -> str:
    """The scores.json of a run, as stored when it was made. Raises NotAssessedError."""
    with database.read() as session:
        load_round(session, round_id)
        run = _last(session, round_id) if number is None else _numbered(session, round_id, number)
        if run is None:
            raise NotAssessedError
        return run.scores_json


def _source(session: Session, round_id: int) -> _Source:
    row = load_round(session, round_id)
    if row.frozen_config is None or row.config_digest is None:
        raise NotFoundError
    frozen = read_config(row.id, row.config_digest, row.frozen_config)
    kept = {kind: SheetRows(*sheet) for kind, sheet in sheets_for_run(session, round_id).items()}
    composed = {
        "indicators": indicator_sheet(session, frozen, kept.get("indicators")),
        "history": history_sheet(session, frozen, kept.get("history")),
        "screened": screened_sheet(session, round_id),
    }
    kept |= {kind: sheet for kind, sheet in composed.items() if sheet is not None}
    return _Source(row, frozen, kept)


def imported_history(session: Session, round_id: int) -> SheetRows | None:
    """The sheet of earlier results somebody imported into a round."""
    sheet = sheets_for_run(session, round_id).get("history")
    return None if sheet is None else SheetRows(*sheet)


def _last(session: Session, round_id: int) -> Run | None:
    found = select(Run).where(Run.round_id == round_id).order_by(Run.number.desc()).limit(1)
    return session.scalar(found)


def _numbered(session: Session, round_id: int, number: int) -> Run | None:
    return session.scalar(select(Run).where(Run.round_id == round_id, Run.number == number))


def _line(run: Run) -> RunLine:
    made = f"{clock.local(run.made_at):%Y-%m-%d %H:%M}"
    return RunLine(run.id, run.number, run.operator, made, run.content_digest)


def _assess(source: _Source, settings: Settings) -> "Made":
    # The analysis brings DuckDB and scipy, which the rater's path must not load.
    from analysis.assessment import assess
    from analysis.results import NoAnswer
    from analysis.round_statistics.tables import assess_with_sums
    from analysis.scheme import Scheme
    from analysis.sealed_round import IntegrityError, expand, read_manifest

    try:
        inputs = read_sheets(source.frozen, source.sheets)
        scheme = Scheme.from_json(source.frozen.scheme)
        folders = sealed_folders(source.frozen, settings)
        if sum(read_manifest(one).counts["rows"] for one in expand(folders)) > LARGE:
            return assess(folders, inputs, scheme), inputs, None
        assessment, sufficient = assess_with_sums(folders, inputs, scheme)
        return assessment, inputs, sufficient
    except (InputError, NoAnswer) as error:
        raise NoAnswerError(list(error.problems)) from error
    except IntegrityError as error:
        raise DamagedFilesError(list(error.problems)) from error


def sealed_folders(frozen: FrozenRound, settings: Settings) -> list[Path]:
    """Where a round's sealed files lie; nowhere, where the round asks nobody."""
    return [settings.sealed_dir / frozen.key] if frozen.questionnaires else []


def read_sheets(frozen: FrozenRound, sheets: Mapping[str, SheetRows]) -> "Inputs":
    """The round's ratees and its imported sheets as the analysis takes them; InputError."""
    from analysis.inputs import RateeRow, Table, read_inputs

    ratees = Table(
        "名册",
        ["ratee", "name", "class", "group"],
        [
            (line, [one.key, one.name, one.ratee_class, one.group])
            for line, one in enumerate(frozen.ratees, start=2)
        ],
    )
    tables: dict[str, Table] = {
        kind: Table(kind, sheet.headers, list(enumerate(sheet.rows, start=2)))
        for kind, sheet in sheets.items()
    }
    inputs = read_inputs(
        ratees,
        indicators=tables.get("indicators"),
        adjustments=tables.get("adjustments"),
        vetoes=tables.get("vetoes"),
        history=tables.get("history"),
        figures=tables.get("figures"),
        screened=tables.get("screened"),
    )
    # Added here: a unit need not be a ratee of the round in which its persons are.
    whole = tuple(
        RateeRow(one.key, one.name, one.ratee_class, one.group, one.kind, one.parent, one.pool)
        for one in frozen.ratees
    )
    return replace(inputs, ratees=whole, period=frozen.period)


_MADE: "Remembered[Made]" = Remembered(4)


@dataclass(frozen=True, slots=True)
class AboutRound:
    """What a page says of a round that has no run yet."""

    title: str
    state: str
    is_simulated: bool


def about_round(database: Database, round_id: int) -> AboutRound:
    """Title and state of a round; NotFoundError where there is none."""
    with database.read() as session:
        row = load_round(session, round_id)
        return AboutRound(row.title, row.state, row.is_simulated)
