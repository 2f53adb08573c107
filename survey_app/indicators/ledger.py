"""The ledgers of adjustments and vetoes: entered, approved, withdrawn, replaced by an import."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.inputs import read_adjustments, read_vetoes
from analysis.scheme import Scheme
from analysis.tables import Table
from forms.definition import exact
from forms.problems import N_, Problem, plain
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.indicators import evidence
from survey_app.indicators.basis import Basis, read_basis
from survey_app.indicators.evidence import EvidenceStore, File, Subject, Upload
from survey_app.indicators.reading import check_table
from survey_app.indicators.tables import Adjustment, VetoEntry
from survey_app.record import service as record

ADJUSTMENT_FIELDS = (
    *("ratee", "kind", "points", "matter", "source", "evidence", "on"),
    "multiplier",
)
VETO_FIELDS = ("ratee", "veto", "document", "on")


class NotPointsError(DomainError):
    status = 422
    message = N_("核定分“{value}”不是大于 0 的数。")
    remedy = N_("请填大于 0 的数；不予认定时请撤销这一条并写明理由。")


class NeedsReasonError(DomainError):
    status = 422
    message = N_("没有写理由。")
    remedy = N_("请写明理由后再提交。")


class WithdrawnError(DomainError):
    status = 409
    message = N_("这一条已经撤销。")
    remedy = N_("需要时请重新登记一条。")


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of entering something: its id, or everything against it."""

    id: int | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a ratee's account: what was approved, and what of it counts under the caps."""

    raw: Decimal
    counted: Decimal


@dataclass(frozen=True, slots=True)
class Ledger:
    """Both ledgers of a round, newest first, and the sums by (ratee, kind)."""

    basis: Basis
    adjustments: Sequence[Adjustment]
    vetoes: Sequence[VetoEntry]
    sums: dict[tuple[str, str], Side]
    files: dict[tuple[str, int], list[File]]


def read_ledger(database: Database, round_id: int) -> Ledger:
    """Everything on the ledgers of a round. Raises NotFoundError."""
    with database.read() as session:
        basis = read_basis(session, round_id)
        found = session.scalars(
            select(Adjustment).where(Adjustment.round_id == round_id).order_by(Adjustment.id.desc())
        ).all()
        vetoes = session.scalars(
            select(VetoEntry).where(VetoEntry.round_id == round_id).order_by(VetoEntry.id.desc())
        ).all()
        return Ledger(
            basis,
            found,
            vetoes,
            sum_up(basis.scheme, found),
            evidence.by_subject(session, round_id),
        )


def sum_up(scheme: Scheme | None, entries: Iterable[Adjustment]) -> dict[tuple[str, str], Side]:
    """What was approved and what counts: within each source's cap, then the overall cap."""
    by_source: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for one in entries:
        if one.approved is not None and one.withdrawn_reason is None:
            points = Decimal(one.approved) * Decimal(one.multiplier)
            by_source[one.ratee, one.kind][one.source] += points
    return {
        (ratee, kind): Side(sum(sources.values(), Decimal(0)), _counted(scheme, kind, sources))
        for (ratee, kind), sources in by_source.items()
    }


def _counted(scheme: Scheme | None, kind: str, sources: dict[str, Decimal]) -> Decimal:
    if scheme is None:
        return sum(sources.values(), Decimal(0))
    rules = scheme.adjustments
    by_key: dict[str, Decimal] = defaultdict(Decimal)
    caps: dict[str, Decimal | None] = {}
    for word, points in sources.items():
        source = rules.source(word)
        key = source.key if source else word
        by_key[key] += points
        caps[key] = source.cap if source else None
    total = sum((_capped(points, caps[key]) for key, points in by_key.items()), Decimal(0))
    return _capped(total, rules.bonus_cap if kind == "bonus" else rules.deduction_cap)


def _capped(points: Decimal, cap: Decimal | None) -> Decimal:
    return points if cap is None else min(points, cap)


def enter_adjustment(
    database: Database,
    store: EvidenceStore,
    operator: str,
    round_id: int,
    given: dict[str, str],
    file: Upload | None,
) -> Entered:
    """Put a declared adjustment on the ledger, with a file that backs it, or say what is wrong.

    `given` are texts by ADJUSTMENT_FIELDS; the rules are those of the import.
    """
    cells = {**given, "evidence": given.get("evidence") or (file.name if file else "")}
    table = _as_table(ADJUSTMENT_FIELDS, cells)
    with database.write() as session:
        basis = read_basis(session, round_id)
        problems = [*check_table("adjustments", table, basis), *store.problems(file)]
        if problems:
            return Entered(None, tuple(problems))
        (said,) = read_adjustments(table, basis.ratees)[0]
        row = Adjustment(
            round_id=round_id,
            ratee=said.ratee,
            kind=said.kind,
            declared=plain(said.points),
            multiplier=plain(said.multiplier),
            matter=said.matter,
            source=said.source,
            evidence=said.evidence,
            on=said.on,
            operator=operator,
            at=clock.now(),
        )
        session.add(row)
        session.flush()
        facts = {"ratee": row.ratee, "kind": row.kind, "points": row.declared, "id": row.id}
        record.append(session, operator, "adjustment.enter", round_id=round_id, **facts)
        if file:
            store.add(session, operator, Subject("adjustment", row.id, round_id), file)
        return Entered(row.id)


def _as_table(fields: Sequence[str], cells: dict[str, str]) -> Table:
    return Table("", list(fields), [(1, [cells.get(field, "") for field in fields])])


def _points(text: str) -> str:
    number = exact(text.strip())
    if number is None or number <= 0:
        raise NotPointsError(value=text)
    return plain(number)


def approve(
    database: Database, operator: str, round_id: int, adjustment_id: int, points: str
) -> None:
    """Give the points that count (核定分)."""
    with database.write() as session:
        row = _adjustment(session, round_id, adjustment_id)
        row.approved = _points(points)
        row.approved_by, row.approved_at = operator, clock.now()
        facts = {"id": row.id, "ratee": row.ratee, "points": row.approved}
        record.append(session, operator, "adjustment.approve", round_id=round_id, **facts)


def withdraw_adjustment(
    database: Database, operator: str, round_id: int, adjustment_id: int, reason: str
) -> None:
    """Take an entry out of the sums; it stays on the ledger with the reason."""
    with database.write() as session:
        row = _adjustment(session, round_id, adjustment_id)
        row.withdrawn_reason = _reason(reason)
        facts = {"id": row.id, "ratee": row.ratee, "reason": row.withdrawn_reason}
        record.append(session, operator, "adjustment.withdraw", round_id=round_id, **facts)


def _adjustment(session: Session, round_id: int, adjustment_id: int) -> Adjustment:
    row = session.get(Adjustment, adjustment_id, with_for_update=True)
    if row is None or row.round_id != round_id:
        raise NotFoundError
    if row.withdrawn_reason is not None:
        raise WithdrawnError
    return row


def _reason(text: str) -> str:
    if not text.strip():
        raise NeedsReasonError
    return text.strip()[:1000]


def enter_veto(
    database: Database,
    store: EvidenceStore,
    operator: str,
    round_id: int,
    given: dict[str, str],
    file: Upload | None,
) -> Entered:
    """Put a veto on the ledger, or say what is wrong; `given` by VETO_FIELDS and two more."""
    table = _as_table(VETO_FIELDS, given)
    with database.write() as session:
        basis = read_basis(session, round_id)
        problems = [*check_table("vetoes", table, basis), *store.problems(file)]
        if problems:
            return Entered(None, tuple(problems))
        (said,) = read_vetoes(table, basis.ratees)[0]
        row = VetoEntry(
            round_id=round_id,
            ratee=said.ratee,
            veto=said.veto,
            department=given.get("department", ""),
            document=said.document,
            handling=given.get("handling", ""),
            on=said.on,
            operator=operator,
            at=clock.now(),
        )
        session.add(row)
        session.flush()
        facts = {"id": row.id, "ratee": row.ratee, "veto": row.veto, "document": row.document}
        record.append(session, operator, "veto.enter", round_id=round_id, **facts)
        if file:
            store.add(session, operator, Subject("veto", row.id, round_id), file)
        return Entered(row.id)


def withdraw_veto(
    database: Database, operator: str, round_id: int, veto_id: int, reason: str
) -> None:
    """Take a veto back; it stays on the ledger with the reason."""
    with database.write() as session:
        row = session.get(VetoEntry, veto_id, with_for_update=True)
        if row is None or row.round_id != round_id:
            raise NotFoundError
        if row.withdrawn_reason is not None:
            raise WithdrawnError
        row.withdrawn_reason = _reason(reason)
        facts = {"id": row.id, "ratee": row.ratee, "reason": row.withdrawn_reason}
        record.append(session, operator, "veto.withdraw", round_id=round_id, **facts)
