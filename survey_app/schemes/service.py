"""The library of schemes: saving versions, and how far each is in use. Each is one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from analysis.scheme import DEFAULT_SCHEME, Scheme
from analysis.scheme.definition import SCHEMES
from analysis.scheme.editing import blocks, changes
from analysis.scheme.toml_text import Change, Path, change, edit_toml
from forms.definition import is_key, read_toml
from forms.problems import N_, InputError, Problem
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.record import service as record
from survey_app.schemes.tables import StoredScheme

STATUS_NAMES: Mapping[str, str] = {
    "draft": N_("草稿"),
    "pilot": N_("试点"),
    "full": N_("全面"),
    "retired": N_("停用"),
    "shipped": N_("系统自带"),
}
IN_USE = ("pilot", "full")
SHIPPED = 0
"""The number that stands for the scheme as it ships."""


class SavedMeanwhileError(DomainError):
    status = 409
    message = N_("这个方案刚刚有人保存了第 {number} 版。")
    remedy = N_("请打开新的一版，把您的修改再填一次。")


class SchemeKeyTakenError(DomainError):
    status = 409
    message = N_("已经有编号为“{key}”的方案。")
    remedy = N_("请换一个编号，或到那个方案里上传新的一版。")


class StatusRefusedError(DomainError):
    status = 409
    message = N_("第 {number} 版不能改为“{status}”：{why}。")
    remedy = N_("请按方案的试点范围选择；要从试点推广到全部，请用“推广”。")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a scheme as pages show it; number 0 is one that ships with the product."""

    key: str
    number: int
    title: str
    toml: str
    status: str
    note: str
    operator: str
    made_at: datetime | None

    @property
    def is_shipped(self) -> bool:
        return self.number == SHIPPED

    @property
    def scheme(self) -> Scheme:
        return _read(self.toml)


@dataclass(frozen=True, slots=True)
class Library:
    """Every own scheme, its versions newest first, and the schemes that ship."""

    own: Mapping[str, tuple[Version, ...]]
    shipped: tuple[Version, ...]


@lru_cache(maxsize=64)
def _read(text: str) -> Scheme:
    return Scheme.load(text.encode())


@cache
def shipped_versions() -> Mapping[str, Version]:
    """The schemes that ship, the usual one first."""
    found = {}
    for path in sorted(
        SCHEMES.glob("*.toml"), key=lambda path: (path.stem != DEFAULT_SCHEME, path.stem)
    ):
        text = path.read_text(encoding="utf-8")
        scheme = Scheme.load(text.encode())
        title = str(scheme.title)
        found[scheme.key] = Version(scheme.key, SHIPPED, title, text, "shipped", "", "", None)
    return found


def library(database: Database) -> Library:
    """Everything there is to choose from."""
    with database.read() as session:
        own: dict[str, tuple[Version, ...]] = {}
        rows = session.scalars(
            select(StoredScheme).order_by(StoredScheme.key, StoredScheme.number.desc())
        )
        for row in rows:
            own[row.key] = (*own.get(row.key, ()), _version(row))
        return Library(own, tuple(shipped_versions().values()))


def in_use(database: Database) -> Sequence[Version]:
    """The own versions a round may be given: on trial or in full use."""
    with database.read() as session:
        rows = session.scalars(
            select(StoredScheme)
            .where(StoredScheme.status.in_(IN_USE))
            .order_by(StoredScheme.key, StoredScheme.number.desc())
        )
        return [_version(row) for row in rows]


def versions(database: Database, key: str) -> Sequence[Version]:
    """The versions of a scheme, newest first; of a shipped one, the one there is."""
    if key in shipped_versions():
        return [shipped_versions()[key]]
    with database.read() as session:
        rows = session.scalars(
            select(StoredScheme).where(StoredScheme.key == key).order_by(StoredScheme.number.desc())
        )
        found = [_version(row) for row in rows]
    if not found:
        raise NotFoundError
    return found


def version(database: Database, key: str, number: int) -> Version:
    """One version. Raises NotFoundError."""
    found = next((one for one in versions(database, key) if one.number == number), None)
    if found is None:
        raise NotFoundError
    return found


def create(database: Database, operator: str, text: str, note: str) -> Version:
    """The first version of a scheme of one's own. Raises InputError, SchemeKeyTakenError."""
    scheme = Scheme.load(text.encode())
    with database.write() as session:
        is_taken = session.scalar(
            select(func.count()).where(StoredScheme.key == scheme.key).select_from(StoredScheme)
        )
        if is_taken or scheme.key in shipped_versions():
            raise SchemeKeyTakenError(key=scheme.key)
        return _add(session, operator, text, 1, note)


def copy(database: Database, operator: str, source: Version, key: str, title: str) -> Version:
    """A scheme of one's own that starts as this version. Raises SchemeKeyTakenError."""
    if not is_key(key):
        remedy = N_("编号只用字母、数字、汉字和 _ - .，不超过 64 个字")
        raise InputError([Problem(N_("编号"), N_("含有不能使用的字符"), remedy)])
    renamed = [(path, key) for path in _series(source.scheme.as_json(), source.key)]
    heading: list[Change] = [(("key",), key), (("title",), title.strip() or source.title)]
    text = edit_toml(source.toml, [*heading, *renamed])
    return create(database, operator, text, f"复制自“{source.title}”（{source.key}）")


def _series(value: object, key: str, path: Path = ()) -> Iterator[Path]:
    """Where a scheme speaks of its own earlier results by its key."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == "series" and item == key:
                yield (*path, name)
            yield from _series(item, key, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _series(item, key, (*path, place))


def add_version(
    database: Database, operator: str, key: str, base: int, text: str, note: str
) -> Version:
    """The next version of a scheme, made from version `base`.

    Raises InputError with everything wrong, SavedMeanwhileError where `base` is not the last.
    """
    scheme = Scheme.load(text.encode())
    if scheme.key != key:
        values = {"key": scheme.key, "wanted": key}
        problem = Problem(
            "key",
            N_("文件的编号是 {key}，这个方案的编号是 {wanted}"),
            N_("请改正编号；要另立一个方案请用“上传新方案”"),
            values,
        )
        raise InputError([problem])
    try:
        with database.write() as session:
            last = _held(session, key)[0]
            if last.number != base:
                raise SavedMeanwhileError(number=last.number)
            _refuse_same(scheme, last)
            return _add(session, operator, text, base + 1, note)
    except IntegrityError as error:  # somebody saved the same number in this very moment
        raise SavedMeanwhileError(number=base + 1) from error


def _refuse_same(scheme: Scheme, last: StoredScheme) -> None:
    before, after = Scheme.load(last.toml.encode()).as_json(), scheme.as_json()
    if before | {"version": ""} == after | {"version": ""}:
        values = {"number": last.number}
        raise InputError(
            [Problem("", N_("内容和第 {number} 版一样，没有保存"), N_("请先修改"), values)]
        )


def edited_text(found: Version, typed: Mapping[str, str]) -> str:
    """The file with what was typed into the fields of its blocks. InputError with every problem.

    The plain content is checked first: it is read much faster than a file with its comments.
    """
    wanted = changes(blocks(found.scheme), typed)
    content, _name = read_toml(found.toml.encode())
    change(content, wanted)
    Scheme.from_json(content)
    return edit_toml(found.toml, wanted)


def set_status(database: Database, operator: str, key: str, number: int, status: str) -> None:
    """Put a version on trial, into full use, or out of use.

    A version in full use takes the place of every earlier one, a trial that of an earlier trial.
    Raises StatusRefusedError where the version's own limit says otherwise.
    """
    with database.write() as session:
        row = next((one for one in _held(session, key) if one.number == number), None)
        if row is None:
            raise NotFoundError
        _refuse_status(row, status)
        replaced = {"full": IN_USE, "pilot": ("pilot",)}.get(status, ())
        session.execute(
            update(StoredScheme)
            .where(
                StoredScheme.key == key,
                StoredScheme.status.in_(replaced),
                StoredScheme.number != number,
            )
            .values(status="retired")
        )
        row.status = status
        record.append(session, operator, "scheme.status", key=key, version=number, status=status)


def _refuse_status(row: StoredScheme, status: str) -> None:
    reasons = {
        "pilot": "" if row.pilot_ratees else N_("它没有写试点范围"),
        "full": N_("它只限于试点的评议对象") if row.pilot_ratees else "",
        "draft": N_("已经用过的版本不能回到草稿") if row.status != "draft" else "",
    }
    if why := reasons.get(status, ""):
        raise StatusRefusedError(number=row.number, status=STATUS_NAMES[status], why=why)


def roll_out(database: Database, operator: str, key: str) -> Version:
    """From a trial to everybody: a new version without the limit, in full use at once."""
    with database.write() as session:
        last = _held(session, key)[0]
        if not last.pilot_ratees:
            raise StatusRefusedError(
                number=last.number, status=STATUS_NAMES["full"], why=N_("它没有试点范围，不用推广")
            )
        text = edit_toml(last.toml, [(("pilot",), None)])
        note = (
            f"推广：第 {last.number} 版的试点范围（{last.pilot_ratees} 个）取消，适用于全部评议对象"
        )
        made = _add(session, operator, text, last.number + 1, note)
        session.execute(
            update(StoredScheme)
            .where(StoredScheme.key == key, StoredScheme.status.in_(IN_USE))
            .values(status="retired")
        )
        _held(session, key)[0].status = "full"
        record.append(session, operator, "scheme.roll_out", key=key, version=made.number)
    return version(database, key, made.number)


def _add(session: Session, operator: str, text: str, number: int, note: str) -> Version:
    """Store a text under the next number; the file says the number too."""
    stamped = edit_toml(text, [(("version",), str(number))])
    scheme = Scheme.load(stamped.encode())
    row = StoredScheme(
        key=scheme.key,
        number=number,
        title=str(scheme.title),
        toml=stamped,
        digest=scheme.digest,
        pilot_ratees=len(scheme.pilot),
        status="draft",
        note=note,
        operator=operator,
        made_at=clock.now(),
    )
    session.add(row)
    session.flush()
    record.append(
        session, operator, "scheme.save", key=row.key, version=number, digest=row.digest, note=note
    )
    return _version(row)


def _held(session: Session, key: str) -> Sequence[StoredScheme]:
    """The versions of a scheme, newest first, held against other operators until the commit."""
    rows = session.scalars(
        select(StoredScheme)
        .where(StoredScheme.key == key)
        .order_by(StoredScheme.number.desc())
        .with_for_update()
    ).all()
    if not rows:
        raise NotFoundError
    return rows


def _version(row: StoredScheme) -> Version:
    return Version(
        row.key, row.number, row.title, row.toml, row.status, row.note, row.operator, row.made_at
    )
