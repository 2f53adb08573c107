"""The life of a round: which step follows which, and everything that stands in its way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms.problems import N_, InputError, Problem, canonical_json, digest
from forms.questionnaire import SHORT_SUFFIX, library
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.record import service as record
from survey_app.register.tables import Ratee, RaterClass
from survey_app.rounds import log_opening
from survey_app.rounds.frozen import hold_round
from survey_app.rounds.ratees import asked_leaves, round_classes, round_ratees
from survey_app.rounds.sealed_steps import has_key, is_unsealed, waits_unopened
from survey_app.rounds.tables import Batch, Link, Round

if TYPE_CHECKING:
    from analysis.scheme import Scheme
    from analysis.scheme.components import Component

Step = Literal[
    "start_test",
    "wipe_test",
    "freeze",
    "unfreeze",
    "open",
    "close",
    "close_early",
    "reopen",
    "unseal",
    "seal",
    "assess",
]
BY_THE_CLOCK = "系统时钟"


@dataclass(frozen=True, slots=True)
class Transition:
    """A step: from which states it leads to which, and what people call it."""

    before: tuple[str, ...]
    after: str
    name: str


TRANSITIONS: dict[Step, Transition] = {
    "start_test": Transition(("draft",), "testing", N_("开始测试")),
    "wipe_test": Transition(("testing",), "draft", N_("清除测试数据")),
    "freeze": Transition(("draft",), "frozen", N_("冻结")),
    "unfreeze": Transition(("frozen",), "draft", N_("解除冻结")),
    "open": Transition(("frozen",), "open", N_("开放")),
    "close": Transition(("open",), "closed", N_("关闭")),
    "close_early": Transition(("open",), "closed", N_("提前关闭")),
    "unseal": Transition(("closed",), "closed", N_("开封")),
    "seal": Transition(("closed",), "closed", N_("封存")),
    "assess": Transition(("closed", "assessed"), "assessed", N_("核算")),
    "reopen": Transition(("closed",), "open", N_("重新开放")),
}
STATE_NAMES: dict[str, str] = {
    "draft": N_("草稿"),
    "testing": N_("测试中"),
    "frozen": N_("已冻结"),
    "open": N_("开放中"),
    "closed": N_("已关闭"),
    "assessed": N_("已核算"),
}


def next_steps(row: Round) -> list[Step]:
    """The steps the table allows from here, in the order of a round's life."""
    return [
        step
        for step, transition in TRANSITIONS.items()
        if row.state in transition.before and not _is_idle(row, step)
    ]


def _is_idle(row: Round, step: Step) -> bool:
    """Whether a step that the state allows has nothing to do: sealed already, no time to keep."""
    if step == "seal":
        return row.sealed_at is not None
    if step == "unseal":
        return not row.is_sealed or row.unsealed_at is not None
    if step in ("close", "close_early"):
        return (row.close_at is None) == (step == "close_early")
    return False


def problems_before(session: Session, row: Round, step: Step, at: datetime) -> list[Problem]:
    """Everything that must be cleared before this step, each with the action that clears it."""
    transition = TRANSITIONS[step]
    if row.state not in transition.before:
        values = {"state": STATE_NAMES[row.state], "step": transition.name}
        return [Problem(row.key, N_("本轮现在是“{state}”，不能{step}"), N_("请按步骤进行"), values)]
    return [problem for guard in GUARDS.get(step, ()) for problem in guard(session, row, at)]


def move(
    session: Session,
    row: Round,
    step: Step,
    operator: str,
    at: datetime,
    config: dict[str, Any] | None = None,
) -> None:
    """Take a step within the caller's transaction, on record. Raises ProblemsError.

    `config` is the round's document where the step freezes it; a step back to the draft drops it.
    """
    problems = problems_before(session, row, step, at)
    if problems:
        raise ProblemsError(problems)
    if config is not None:
        row.frozen_config, row.config_digest = canonical_json(config).decode(), digest(config)
    frozen_as = row.config_digest
    row.state = TRANSITIONS[step].after
    if row.state == "draft":
        row.frozen_config = row.config_digest = None
    stamp = STAMPS.get(step)
    if stamp:
        setattr(row, stamp, at)
    if step == "reopen":
        row.closed_at = row.sealed_at = None
    session.flush()
    record.append(session, operator, f"round.{step}", round_id=row.id, config=frozen_as)
    for follow in FOLLOWERS.get("close" if step == "close_early" else step, ()):
        follow(session, row, at)


STAMPS: dict[Step, str] = {
    "freeze": "frozen_at",
    "open": "opened_at",
    "close": "closed_at",
    "unseal": "unsealed_at",
    "close_early": "closed_at",
    "seal": "sealed_at",
}


def close_if_due(database: Database, round_id: int, at: datetime) -> bool:
    """Perform the close whose time has come; True when this call (or an earlier one) closed it.

    There is no scheduler: the first request after `close_at` comes here.
    """
    with database.write() as session:
        database.lock_round(session, round_id, is_exclusive=True)
        row = hold_round(session, round_id)
        if row.state == "open" and row.close_at is not None and at >= row.close_at:
            move(session, row, "close", BY_THE_CLOCK, at)
        return row.state in ("closed", "assessed")


def read_scheme(row: Round) -> "tuple[Scheme | None, list[Problem]]":
    """The round's scheme, or everything that is wrong with it."""
    from analysis.scheme import Scheme

    if not row.scheme_toml.strip():
        return None, [
            Problem(N_("方案"), N_("还没有选择评估方案"), N_("请在本轮设置中选择一个方案"))
        ]
    try:
        return Scheme.load(row.scheme_toml.encode()), []
    except InputError as error:
        return None, list(error.problems)


def _scheme_fits(session: Session, row: Round, _at: datetime) -> list[Problem]:
    """Every rater class a leaf weighs has a questionnaire that the leaf counts.

    Leaves that no class of this round has do not matter.
    """
    scheme, problems = read_scheme(row)
    if scheme is None:
        return problems
    known = _known_classes(session)
    classes = round_classes(row.bindings, scheme, known) or known
    asked: dict[str, tuple[Component, set[str]]] = {}
    for ratee_class in sorted(classes):
        for leaf in asked_leaves(scheme, ratee_class):
            asked.setdefault(leaf.path, (leaf, set()))[1].add(ratee_class)
    for leaf, having in asked.values():
        problems += _leaf_fits(scheme, leaf, having, row)
    return problems


def _leaf_fits(
    scheme: "Scheme", leaf: "Component", classes: set[str], row: Round
) -> Iterator[Problem]:
    counted = {
        one["rater_class"]
        for one in row.bindings
        if one["ratee_class"] in classes and leaf.takes(bound_key(one))
    }
    weighed = dict.fromkeys(
        key for ratee_class in sorted(classes) for key, _ in leaf.rater_classes.of(ratee_class)
    )
    if not counted and not weighed:
        yield Problem(
            str(leaf.name),
            N_("方案的这一块在本轮没有问卷"),
            N_("请给相应的评议主体选一份方案列出的问卷，或换一个方案"),
        )
    for key in weighed:
        if key not in counted:
            yield Problem(
                str(leaf.name),
                N_("方案中的评议主体“{rater_class}”在本轮没有这一块认可的问卷"),
                N_("请给它选一份方案列出的问卷，或在方案中去掉它"),
                {"rater_class": str(scheme.rater_class_name(key))},
            )


def _known_classes(session: Session) -> set[str]:
    """The classes of ratees of the register."""
    return set(session.scalars(select(Ratee.ratee_class).distinct()))


def _period_fits(_session: Session, row: Round, _at: datetime) -> list[Problem]:
    """A scheme that combines earlier runs must know which ones lie within the round."""
    scheme, _problems = read_scheme(row)
    needs = scheme is not None and any(leaf.source == "runs" for leaf in scheme.leaves())
    if not needs or row.period:
        return []
    return [
        Problem(
            N_("评估期间"),
            N_("方案要合并期间内的各期结果，本轮还没有写评估期间"),
            N_("请在本轮设置中填写，如 2026 或 2026-Q3"),
        )
    ]


def _pilot_fits(session: Session, row: Round, _at: datetime) -> list[Problem]:
    """The ratees of a trial are in the register, and the round has at least one ratee."""
    scheme, _problems = read_scheme(row)
    if scheme is None:
        return []
    known = set(session.scalars(select(Ratee.key)))
    problems = [
        Problem(
            N_("试点范围"),
            N_("名册里没有试点的评议对象 {ratee}"),
            N_("请补入名册，或在方案中改正编号"),
            {"ratee": key},
        )
        for key in scheme.pilot
        if key not in known
    ]
    has_ratees = bool(round_ratees(session, row.bindings, scheme))
    if scheme.pilot and not problems and not has_ratees:
        problems.append(
            Problem(
                N_("试点范围"),
                N_("试点的评议对象都不在本轮评议的类别里"),
                N_("请给它们的类别选一份问卷，或改正方案的试点范围"),
            )
        )
    return problems


def bound_key(binding: dict[str, Any]) -> str:
    """The key of the questionnaire a binding freezes: its short form where it asks for that."""
    suffix = SHORT_SUFFIX if binding.get("short") else ""
    return f"{binding['questionnaire']}{suffix}"


def _bindings_fit(session: Session, row: Round, _at: datetime) -> list[Problem]:
    if not row.bindings:
        scheme, _problems = read_scheme(row)
        if scheme is not None and round_classes((), scheme, _known_classes(session)):
            return []  # nobody needs to be asked: indicators, appraisals or earlier runs
        return [Problem(N_("问卷"), N_("还没有给任何评议主体选择问卷"), N_("请在本轮设置中选择"))]
    known_classes = set(session.scalars(select(RaterClass.key)))
    ratee_classes = _known_classes(session)
    problems = []
    for one in row.bindings:
        where = f"{one['rater_class']} × {one['ratee_class']}"
        if one["questionnaire"] not in library():
            values = {"questionnaire": one["questionnaire"]}
            problems.append(
                Problem(where, N_("问卷库里没有“{questionnaire}”"), N_("请另选一份问卷"), values)
            )
        if one["rater_class"] not in known_classes:
            problems.append(Problem(where, N_("名册里没有这类评议主体"), N_("请先导入评议主体")))
        if one["ratee_class"] not in ratee_classes:
            problems.append(Problem(where, N_("名册里没有这类评议对象"), N_("请先导入评议对象")))
    return problems


def _has_entrance(session: Session, row: Round, _at: datetime) -> list[Problem]:
    links = session.scalar(select(func.count(Link.id)).where(Link.round_id == row.id))
    batches = session.scalar(select(func.count(Batch.id)).where(Batch.round_id == row.id))
    if links or batches or not row.bindings:
        return []
    return [Problem(N_("入口"), N_("还没有二维码海报，也没有评议卡"), N_("请至少生成一种入口"))]


def _closes_later(_session: Session, row: Round, at: datetime) -> list[Problem]:
    if row.close_at is None or row.close_at > at:
        return []
    return [Problem(N_("截止时间"), N_("截止时间已经过去"), N_("请解除冻结，改为以后的时间"))]


def _is_due(_session: Session, row: Round, at: datetime) -> list[Problem]:
    """One person closes a round that has run its time, or has none set; earlier it takes two."""
    if row.close_at is None or at >= row.close_at:
        return []
    return [
        Problem(
            row.key,
            N_("还没有到截止时间"),
            N_("到时会自动关闭；要提前关闭，请在轮次页提出“提前关闭”，由另一位操作员批准"),
        )
    ]


def _nothing_came_of_it(_session: Session, row: Round, _at: datetime) -> list[Problem]:
    """A round opens again only while nobody can know what came in."""
    if row.destroyed_at is not None:
        said = N_("本轮的答题人材料已经销毁，验证码不能再用")
    elif row.unsealed_at is not None:
        said = N_("本轮的密封答卷已经开封")
    else:
        return []
    return [Problem(row.key, said, N_("不能重新开放；需要时请另建一轮"))]


def _is_sealed(_session: Session, row: Round, _at: datetime) -> list[Problem]:
    if row.sealed_at is not None:
        return []
    return [Problem(row.key, N_("答卷还没有封存"), N_("请先封存"))]


def _is_not_sealed(_session: Session, row: Round, _at: datetime) -> list[Problem]:
    if row.sealed_at is None:
        return []
    return [Problem(row.key, N_("答卷已经封存"), N_("可以直接核算"))]


Guard = Callable[[Session, Round, datetime], list[Problem]]
GUARDS: dict[Step, tuple[Guard, ...]] = {
    "start_test": (_bindings_fit, _scheme_fits, _pilot_fits),
    "freeze": (_bindings_fit, _scheme_fits, _pilot_fits, _period_fits, has_key),
    "open": (_has_entrance, _closes_later),
    "close": (_is_due,),
    "close_early": (),
    "reopen": (_nothing_came_of_it,),
    "unseal": (waits_unopened,),
    "seal": (_is_not_sealed, is_unsealed),
    "assess": (_is_sealed,),
}


Follower = Callable[[Session, Round, datetime], None]
FOLLOWERS: dict[Step, tuple[Follower, ...]] = {"open": (log_opening.begin,)}


def add_follower(step: Step, follower: Follower) -> None:
    """Let a room above do its part of a step, in the same transaction, after it is on record."""
    if follower not in FOLLOWERS.get(step, ()):
        FOLLOWERS[step] = (*FOLLOWERS.get(step, ()), follower)


def add_guard(step: Step, guard: Guard) -> None:
    """Let a room above be asked before a step, too; once, however often it is handed in."""
    if guard not in GUARDS[step]:
        GUARDS[step] = (*GUARDS[step], guard)
