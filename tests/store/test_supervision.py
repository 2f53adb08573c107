"""Supervision: numbers, the ladder, replies, what is overdue, versions, and the year's evidence."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, NotFoundError, ProblemsError
from survey_app.record.service import broken_entries
from survey_app.supervision import archive, reading, service
from survey_app.supervision.kinds import FACTS, KIND_NAMES
from survey_app.supervision.reading import Wanted
from survey_app.supervision.service import AlreadyReopenedError, NotNowError
from tests.rounds import fill_register
from tests.supervising import CLERK, DAY, NEEDED, file, line, spec


@pytest.fixture(autouse=True)
def units(database: Database) -> None:
    fill_register(database, 4)


@pytest.fixture(autouse=True)
def clock_in_march() -> object:
    """Noon of 10 March 2026 in Beijing: before every deadline."""
    with time_machine.travel("2026-03-10T04:00:00Z", tick=False) as traveller:
        yield traveller


def test_003_o_four_circulars_and_one_urging_letter(database: Database) -> None:
    """4 通报, 1 督办函: number, date, object, deadline, reply, status, and the overdue list."""
    for month in (3, 6, 9, 12):
        file(database, "circular", "u1", "u2", issued_on=date(2026, month, 5), title=f"{month}月")
    letter = file(database, "urging", "u3")
    circulars = reading.find_lines(database, Wanted(kind="circular", unit="u2"))
    assert [one.number_text for one in circulars] == [f"通报〔2026〕{n}号" for n in (4, 3, 2, 1)]
    assert {one.state for one in circulars} == {"filed"}
    urged = line(database, letter, "u3")
    assert (urged.number_text, urged.issued_on, urged.due_on, urged.reply, urged.state) == (
        "督办〔2026〕1号",
        DAY,
        date(2026, 3, 20),
        "",
        "waiting",
    )
    assert reading.find_lines(database, Wanted(state="overdue")) == []
    with time_machine.travel("2026-03-20T16:00:00Z"):  # midnight in Beijing: 21 March
        late = reading.find_lines(database, Wanted(state="overdue"))
    assert [one.file_id for one in late] == [letter]


def test_a_deadline_is_over_when_its_day_is_over_in_beijing(database: Database) -> None:
    letter = file(database, "urging", "u1")
    with time_machine.travel("2026-03-20T15:59:59Z"):
        assert not line(database, letter).is_overdue
    with time_machine.travel("2026-03-20T16:00:00Z"):
        assert line(database, letter).is_overdue


def test_numbers_run_by_year_and_kind(database: Database) -> None:
    file(database, "circular")
    file(database, "talk")
    file(database, "circular")
    file(database, "circular", issued_on=date(2025, 12, 30))
    found = [one.number_text for one in reading.find_lines(database, Wanted())]
    assert sorted(found) == sorted(
        ["通报〔2026〕1号", "约谈〔2026〕1号", "通报〔2026〕2号", "通报〔2025〕1号"]
    )


def test_numbers_given_at_once_have_neither_gaps_nor_doubles(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _n: file(database, "circular"), range(8)))
    assert len(set(made)) == 8
    found = reading.find_lines(database, Wanted(kind="circular"))
    assert sorted(one.number for one in found) == list(range(1, 9))


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_every_kind_can_be_filed_and_says_what_it_must(database: Database, kind: str) -> None:
    assert line(database, file(database, kind)).kind == kind
    for name in FACTS[kind].needed:
        blank = replace(spec(kind), **{name: None if name == "due_on" else ""})
        with pytest.raises(ProblemsError):
            service.file_record(database, CLERK, blank)


def test_all_problems_are_told_at_once(database: Database) -> None:
    bad = replace(
        spec("urging", "u1", "nobody"),
        title=" ",
        due_on=date(2026, 3, 1),
        period="2026-13",
        link="javascript:alert(1)",
    )
    told = [problem.where for problem in service.check_record(database, bad)]
    assert sorted(told) == sorted(["事项", "单位", "计入", "期限", "链接", "单位"])
    with pytest.raises(ProblemsError):
        service.file_record(database, CLERK, bad)
    assert reading.find_lines(database, Wanted()) == []


def step(database: Database, name: str, previous: int | None = None, reason: str = "") -> int:
    due = {"notice": 20, "admonition": 25, "measure": 30}[name]
    return file(
        database,
        "urging",
        step=name,
        due_on=date(2026, 3, due),
        previous_id=previous,
        skip_reason=reason,
    )


def test_000_h_each_step_follows_the_one_before_once_it_is_overdue(database: Database) -> None:
    notice = step(database, "notice")
    with pytest.raises(ProblemsError, match="上一步没有逾期"):
        step(database, "admonition", notice)
    with time_machine.travel("2026-03-21T04:00:00Z"):
        with pytest.raises(ProblemsError, match="跳过了一步"):
            step(database, "measure", notice)
        admonition = step(database, "admonition", notice)
        with pytest.raises(ProblemsError, match="已经有了下一步"):
            step(database, "measure", notice, "情节严重")
        with pytest.raises(ProblemsError, match="上一步没有逾期"):
            step(database, "measure", admonition)
    with time_machine.travel("2026-03-26T04:00:00Z"):
        measure = step(database, "measure", admonition)
        with pytest.raises(ProblemsError, match="不在上一步之后"):
            step(database, "notice", measure)
    found = reading.open_record(database, admonition)
    assert found.previous
    assert found.following
    assert (found.previous.id, found.following.id) == (notice, measure)


def test_000_h_skipping_needs_a_reason_which_is_on_record(database: Database) -> None:
    with pytest.raises(ProblemsError, match="没有上一步"):
        step(database, "measure")
    made = step(database, "measure", reason="造成群体性事件")
    assert reading.open_record(database, made).record.skip_reason == "造成群体性事件"
    with database.read() as session:
        kept = session.execute(text("SELECT details FROM record_entry")).scalars().all()
        assert any("造成群体性事件" in str(one) or "\\u9020" in str(one) for one in kept)
        assert list(broken_entries(session)) == []


def test_the_next_step_concerns_the_same_unit(database: Database) -> None:
    notice = step(database, "notice")
    with (
        time_machine.travel("2026-03-21T04:00:00Z"),
        pytest.raises(ProblemsError, match="不是这个单位的督办"),
    ):
        file(database, "urging", "u2", step="admonition", previous_id=notice)


def test_an_answer_that_stands_ends_what_is_overdue(database: Database) -> None:
    letter = file(database, "dispatch", "u1", "u2")
    service.urge(database, CLERK, letter, "u1", "电话催办")
    with time_machine.travel("2026-03-25T04:00:00Z"):
        assert line(database, letter).is_overdue
        service.reply(database, "unit", letter, "u1", "已完成招标", frozenset({"u1"}))
        assert (line(database, letter).state, line(database, letter).is_overdue) == (
            "replied",
            False,
        )
        service.send_back(database, CLERK, letter, "u1", "缺附件")
        assert (line(database, letter).state, line(database, letter).is_overdue) == (
            "returned",
            True,
        )
        service.reply(database, "unit", letter, "u1", "附件已补", frozenset({"u1"}))
        service.accept(database, CLERK, letter, "u1")
        done = line(database, letter)
        assert (done.state, done.reply, done.n_urged, done.is_overdue) == (
            "accepted",
            "附件已补",
            1,
            False,
        )
        assert line(database, letter, "u2").is_overdue  # the other unit is not let off


def test_acts_out_of_turn_are_refused(database: Database) -> None:
    letter = file(database, "dispatch")
    with pytest.raises(NotNowError):
        service.accept(database, CLERK, letter, "u1")
    with pytest.raises(NotNowError):
        service.send_back(database, CLERK, letter, "u1", "不行")
    with pytest.raises(ProblemsError):
        service.reply(database, CLERK, letter, "u1", "  ")
    with pytest.raises(NotFoundError):
        service.reply(database, CLERK, letter, "u2", "不是我们的")
    service.reply(database, CLERK, letter, "u1", "好")
    with pytest.raises(NotNowError):
        service.urge(database, CLERK, letter, "u1")


def test_a_unit_sees_and_answers_only_its_own(database: Database) -> None:
    both = file(database, "circular", "u1", "u2")
    other = file(database, "talk", "u2")
    own = frozenset({"u1"})
    service.reply(database, CLERK, both, "u2", "二局的回复")
    assert [one.ratee for one in reading.find_lines(database, Wanted(), own)] == ["u1"]
    assert reading.open_record(database, both, own).acts == []
    assert [one.ratee for one in reading.open_record(database, both, own).lines] == ["u1"]
    with pytest.raises(ForbiddenError):
        reading.open_record(database, other, own)
    with pytest.raises(ForbiddenError):
        service.reply(database, "unit", both, "u2", "冒名", own)
    with pytest.raises(ForbiddenError):
        archive.unit_archive(database, "u2", 2026, own)


def test_a_correction_is_a_new_version_and_the_old_one_stays(database: Database) -> None:
    letter = file(database, "dispatch", "u1", title="写错了")
    service.reply(database, CLERK, letter, "u1", "收到")
    right = spec("dispatch", "u1", title="写对了", due_on=date(2026, 4, 1))
    with pytest.raises(ProblemsError, match="更正的理由"):
        service.correct_record(database, CLERK, letter, right, " ")
    service.correct_record(database, CLERK, letter, right, "标题有误")
    found = reading.open_record(database, letter)
    assert (found.record.title, found.record.version, found.record.correction) == (
        "写对了",
        2,
        "标题有误",
    )
    assert [one.title for one in found.earlier] == ["写错了"]
    now = line(database, letter)
    assert (now.number_text, now.state, now.due_on) == (
        "调度〔2026〕1号",
        "replied",
        date(2026, 4, 1),
    )
    assert len(reading.find_lines(database, Wanted())) == 1


def test_a_correction_leaves_the_ladder_as_it_is(database: Database) -> None:
    notice = step(database, "notice")
    other = spec("urging", step="measure", skip_reason="想跳级")
    with pytest.raises(ProblemsError, match="不能改变类型和督办步骤"):
        service.correct_record(database, CLERK, notice, other, "试一试")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE supervision_record SET title = 'x'", "append-only"),
        ("DELETE FROM supervision_record", "append-only"),
        ("UPDATE supervision_object SET ratee = 'u2'", "append-only"),
        ("DELETE FROM supervision_act", "append-only"),
        ("UPDATE supervision_act SET content = 'x'", "append-only"),
    ],
)
def test_the_store_itself_refuses_changes(database: Database, statement: str, said: str) -> None:
    made = file(database, "dispatch")
    service.urge(database, CLERK, made, "u1")
    with pytest.raises(DBAPIError, match=said), database.write() as session:
        session.execute(text(statement))


def test_the_store_itself_wants_a_reason_for_a_skipped_step(database: Database) -> None:
    row = service._row(spec("urging", step="measure"), CLERK, 2026, 7)
    with pytest.raises(IntegrityError, match="ladder_skips_with_reason"), database.write() as one:
        one.add(row)


def test_000_l_a_falsified_figure_reopens_the_score(database: Database, settings: object) -> None:
    case = file(database, "falsification", "u2", sanction="discipline")
    with database.read() as session:
        (one,) = reading.scores_to_reopen(session)
    assert (one.ratee, one.indicator, one.sanction, one.is_done) == (
        "u2",
        "A01 重点项目投资",
        "discipline",
        False,
    )
    service.mark_reopened(database, CLERK, case, "A01 按 92 重新认定")
    with database.read() as session:
        assert [one.is_done for one in reading.scores_to_reopen(session)] == [True]
    with pytest.raises(AlreadyReopenedError):
        service.mark_reopened(database, CLERK, case, "再来一次")
    with pytest.raises(NotFoundError):
        service.mark_reopened(database, CLERK, file(database, "talk"), "不是案件")
    with pytest.raises(ProblemsError):
        file(database, "falsification", "u2", sanction="fine")


def test_000_g_a_spot_check_of_any_day_is_in_the_file_and_in_the_years_evidence(
    database: Database,
) -> None:
    file(database, "spot_check", "u1", issued_on=date(2026, 7, 18))
    file(database, "filing", "u1", issued_on=date(2027, 1, 8), period="2026")
    file(database, "spot_check", "u2")
    with database.read() as session:
        found = archive.evidence_of_year(session, "u1", 2026)
        assert archive.evidence_of_year(session, "u1", 2027) == ()
    assert [(one.kind, one.on, one.result) for one in found] == [
        ("spot_check", date(2026, 7, 18), "窗口两人缺岗"),
        ("filing", date(2027, 1, 8), "良好"),
    ]
    whole = archive.unit_archive(database, "u1", 2026, None)
    assert [(kind, len(lines)) for kind, lines in whole.by_kind] == [
        ("filing", 1),
        ("spot_check", 1),
    ]


def test_an_exemption_says_what_it_exempts_and_who_approved_it(database: Database) -> None:
    made = file(database, "exemption", "u1")
    row = reading.open_record(database, made).record
    assert (row.exempts, row.approved_by) == tuple(NEEDED["exemption"].values())


def test_a_case_can_name_the_round_it_falsified(database: Database, settings: object) -> None:
    with pytest.raises(ProblemsError, match="没有这个轮次"):
        file(database, "falsification", round_id=99)
