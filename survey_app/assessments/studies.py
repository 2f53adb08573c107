"""What-if studies (推演) of a round: made, kept, listed. Never a result, in no table of results."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import exact
from forms.problems import N_, InputError, Problem, plain
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.tables import Run, StoredStudy
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError, ProblemsError
from survey_app.record import service as record
from survey_app.rounds.channels import CHANNELS
from survey_app.rounds.schemes import offered

if TYPE_CHECKING:
    from analysis.changes import Change
    from analysis.note import Note
    from analysis.scheme import Scheme
    from analysis.studies import Study

UNKNOWN_CHOICES: Mapping[str, str] = {
    "": N_("照方案"),
    "exclude": N_("不计入分母"),
    "60": N_("按 60 分计"),
    "zero": N_("记零分"),
}
MOST_NAME = 100


@dataclass(frozen=True, slots=True)
class StudyLine:
    """A study in the list."""

    id: int
    name: str
    number: int
    operator: str
    made_at: str


@dataclass(frozen=True, slots=True)
class OpenedStudy:
    """A study with everything its page shows."""

    line: StudyLine
    change: "Change"
    outcome: "Study"


@dataclass(frozen=True, slots=True)
class StudyForm:
    """What somebody typed: kept as typed, so that nothing is lost when it is refused."""

    name: str = ""
    scheme: str = ""
    weights: Mapping[str, str] | None = None
    is_exact: bool = False
    unknown: str = ""
    rater_classes: Sequence[str] = ()
    channels: Sequence[str] = ()
    without: str = ""
    has_adjustments: bool = True


def read_change(database: Database, typed: StudyForm) -> "Change":
    """The change a form describes. Raises ProblemsError with everything that is wrong."""
    from analysis.changes import Change
    from analysis.scheme import Scheme

    problems: list[Problem] = []
    if not typed.name.strip():
        problems.append(Problem(N_("名称"), N_("推演没有名称"), N_("请写一个，便于以后查找")))
    weights = tuple(_weights(typed.weights or {}, problems))
    known = offered(database)
    if typed.scheme and typed.scheme not in known:
        problems.append(Problem(N_("方案"), N_("没有这个方案"), N_("请从列表中选择")))
    if problems:
        raise ProblemsError(problems)
    scheme = Scheme.load(known[typed.scheme].text.encode()).as_json() if typed.scheme else None
    change = Change(
        scheme=scheme,
        weights=weights,
        is_exact=typed.is_exact,
        unknown=typed.unknown,
        rater_classes=tuple(typed.rater_classes),
        channels=tuple(typed.channels),
        without=typed.without,
        has_adjustments=typed.has_adjustments,
    )
    if change.is_nothing:
        message = N_("没有改变任何东西")
        raise ProblemsError([Problem(typed.name, message, N_("请至少改变一项"))])
    return change


def _weights(typed: Mapping[str, str], problems: list[Problem]) -> Iterable[tuple[str, Decimal]]:
    for path, text in typed.items():
        number = exact(text.strip()) if text.strip() else None
        if text.strip() and (number is None or not 0 <= number <= 100):
            values = {"text": text.strip()}
            remedy = N_("请写 0 到 100 之间的数，或空着")
            problems.append(Problem(path, N_("权重「{text}」不能用"), remedy, values))
        elif number is not None:
            yield path, number


def make_study(
    database: Database,
    settings: Settings,
    run: OpenedRun,
    operator: str,
    name: str,
    change: "Change",
) -> int:
    """Compute and keep a study, on record; its id. ProblemsError where it gives no answer."""
    from analysis.results import NoAnswer
    from analysis.studies import study

    try:
        outcome = study(run.folders(settings), run.inputs, run.assessment.scheme, change)
    except (InputError, NoAnswer) as error:
        raise ProblemsError(list(error.problems)) from error
    with database.write() as session:
        row = StoredStudy(
            round_id=run.frozen.id,
            run_id=run.line.id,
            name=name.strip()[:MOST_NAME],
            change=change.as_json(),
            outcome=outcome.as_json(),
            operator=operator,
            made_at=clock.now(),
        )
        session.add(row)
        session.flush()
        record.append(session, operator, "study.make", round_id=run.frozen.id, name=row.name)
        return row.id


def list_studies(database: Database, round_id: int) -> list[StudyLine]:
    """The studies of a round, the newest first."""
    with database.read() as session:
        rows = session.scalars(
            select(StoredStudy)
            .where(StoredStudy.round_id == round_id)
            .order_by(StoredStudy.id.desc())
        )
        return [_line(session, row) for row in rows]


def open_study(database: Database, round_id: int, study_id: int) -> OpenedStudy:
    """One study as it was made. Raises NotFoundError."""
    from analysis.changes import Change
    from analysis.studies import Study

    with database.read() as session:
        row = session.get(StoredStudy, study_id)
        if row is None or row.round_id != round_id:
            raise NotFoundError
        return OpenedStudy(
            _line(session, row), Change.from_json(row.change), Study.from_json(row.outcome)
        )


def _line(session: Session, row: StoredStudy) -> StudyLine:
    run = session.get_one(Run, row.run_id)
    made = f"{clock.local(row.made_at):%Y-%m-%d %H:%M}"
    return StudyLine(row.id, row.name, run.number, row.operator, made)


def change_words(change: "Change", scheme: "Scheme") -> "list[Note]":
    """What a study changes, a sentence each; `scheme` is that of the run."""
    from analysis.note import Note

    names = {node.path: str(node.name) for node in scheme.nodes()}
    said = []
    if change.scheme is not None:
        said.append(Note(N_("换用方案“{title}”"), {"title": _title(change.scheme)}))
    said += [
        Note(N_("{name}的权重改为 {weight}"), {"name": names.get(path, path), "weight": plain(one)})
        for path, one in change.weights
    ]
    if change.unknown:
        how = Note(UNKNOWN_CHOICES.get(change.unknown, change.unknown))
        said.append(Note(N_("不了解：{how}"), {"how": how}))
    said += [
        Note(N_("不计评议主体“{name}”"), {"name": str(scheme.rater_class_name(key))})
        for key in change.rater_classes
    ]
    said += [
        Note(N_("不计渠道“{name}”"), {"name": Note(CHANNELS.get(key, key))})
        for key in change.channels
    ]
    if change.without:
        name = names.get(change.without, change.without)
        said.append(Note(N_("去掉构成“{name}”"), {"name": name}))
    if not change.has_adjustments:
        said.append(Note(N_("不计加减分")))
    return said


def _title(scheme: Mapping[str, object]) -> str:
    title = scheme["title"]
    return str(title.get("zh_CN") if isinstance(title, Mapping) else title)
