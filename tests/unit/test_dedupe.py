"""What is taken out, why, and that nothing gets lost."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.dedupe import counting_statuses, void_reasons
from analysis.sealed_round import Exclusion
from tests.unit.counting import counted
from tests.unit.sealing import Extras, Row, questionnaire, seal

GOOD = (5, 4, 3, 4, 5)
LONG = questionnaire("long", items=8)
STRAIGHT = (4,) * 9


def test_one_answer_of_a_device_on_a_ratee_counts(tmp_path):
    rows = [
        Row("u1", GOOD, same_device=1),
        Row("u1", GOOD, same_device=1),
        Row("u1", GOOD, same_device=1),
        Row("u2", GOOD, submission="x", same_device=1),
        Row("u1", GOOD, same_device=2),
        Row("u1", GOOD),
    ]
    seal(tmp_path / "r", rows)
    with counted(tmp_path / "r") as run:
        # u1 by device 1: one counts and two repeat; u2 by device 1 is another ratee
        assert run.statuses() == {"valid": 4, "duplicate": 2}
    assert counting_statuses("first") == {"valid", "doubtful"}
    assert counting_statuses("count") == {"valid", "doubtful", "duplicate"}


def test_the_same_device_in_two_rounds_is_not_the_same(tmp_path):
    rows = [Row("u1", GOOD, same_device=1), Row("u1", GOOD, same_device=1)]
    seal(tmp_path / "a", rows, round_key="a")
    seal(tmp_path / "b", rows, round_key="b")
    with counted(tmp_path / "a", tmp_path / "b") as run:
        assert run.statuses() == {"valid": 2, "duplicate": 2}


def test_an_official_act_goes_before_everything_and_frees_the_place(tmp_path):
    rows = [Row("u1", GOOD, submission=n, same_device=1) for n in range(2)]
    seal(tmp_path / "r", rows, extras=Extras(exclusions=(Exclusion(0, "paper", "作废"),)))
    with counted(tmp_path / "r") as run:
        assert run.statuses() == {"void": 1, "valid": 1}
        assert void_reasons(run.engine, run.answers.forms[0]) == {(0, "citizen", "act:paper"): 1}


def test_an_act_may_take_out_one_ratee_of_a_ballot(tmp_path):
    rows = [Row("u1", GOOD, submission="s"), Row("u2", GOOD, submission="s")]
    act = Exclusion("s", "wrong-ratee", "对象不符", ratee="u2")
    seal(tmp_path / "r", rows, extras=Extras(exclusions=(act,)))
    with counted(tmp_path / "r") as run:
        assert {key.ratee: key.status for key in run.cells[0].keys} == {"u1": "valid", "u2": "void"}


def test_a_flag_takes_nothing_out_unless_the_scheme_says_so(tmp_path):
    rows = [Row("u1", STRAIGHT), Row("u1", STRAIGHT, pace="fast"), Row("u1", (5, 4) * 4 + (1,))]
    seal(tmp_path / "r", rows, LONG)
    with counted(tmp_path / "r") as run:
        # the fast one is doubtful and still counts; a straight line alone is not even that
        assert run.statuses() == {"valid": 2, "doubtful": 1}
    with counted(tmp_path / "r", void=("straight_line",)) as run:
        assert run.statuses() == {"valid": 1, "screened": 2}
        assert void_reasons(run.engine, run.answers.forms[0]) == {
            (0, "citizen", "rule:straight_line"): 2
        }


rows = st.lists(
    st.builds(
        Row,
        ratee=st.sampled_from(["u1", "u2"]),
        codes=st.sampled_from([STRAIGHT, (5, 4) * 4 + (1,), (0,) * 9, (9,) * 9]),
        rater_class=st.sampled_from(["citizen", "delegate"]),
        same_device=st.integers(0, 2),
        pace=st.sampled_from(["fast", "normal"]),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(rows, st.sets(st.sampled_from(["straight_line", "too_many_blank"])), st.data())
def test_every_row_has_one_status_and_none_is_lost(given_rows, void, data):
    acts = tuple(
        Exclusion(n, "act", "")
        for n in range(len(given_rows))
        if data.draw(st.booleans(), label=f"void {n}")
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "r"
        seal(path, given_rows, LONG, extras=Extras(exclusions=acts))
        with counted(path, void=tuple(sorted(void))) as run:
            statuses = run.statuses()
            in_cells = [int(counts.n.sum()) for counts in run.cells[0].items.values()]
    assert sum(statuses.values()) == len(given_rows)
    assert statuses.get("void", 0) == len(acts)
    assert in_cells == [len(given_rows)] * 9
