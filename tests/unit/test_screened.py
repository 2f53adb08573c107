"""People decide on what the screens found: what leaves, what comes back, and nothing else does.

The farm: by link L9 60 ballots of full marks on u1; by L1…L6 40 usual ones on each of u1…u6.
A usual ballot has a = 80 and b = 60, so 0.6·80 + 0.4·60 = 72. With the farm u1 has
a = (40·80 + 60·100)/100 = 92 and b = (40·60 + 60·100)/100 = 84: 55.2 + 33.6 = 88.8.
"""

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.assessment import assess
from analysis.dedupe import void_reasons
from analysis.inputs import Inputs, RateeRow, read_inputs
from analysis.results import Assessment
from analysis.scheme import Scheme
from analysis.screened_rows import ScreenedRow, Verdict
from analysis.sealed_round import Exclusion
from analysis.tables import table_from_csv
from forms.problems import InputError
from tests.unit.counting import counted
from tests.unit.sealing import Extras, Row, questionnaire, seal

LONG = questionnaire("long", items=8)
USUAL = (4, 4, 4, 4, 3, 3, 3, 3, 4)
FULL = (5,) * 9
SCHEME = """
key = "test"
version = "1"
title = "试行方案"
void = [{void}]

[[component]]
key = "public"
name = "公众评议"
weight = "100"
source = "questionnaire"

[component.rater_classes]
citizen = "100"

[rater_class]
citizen = "市民"
"""


def said(
    rule: str, subject: str = "", ratee: str = "", decision: Verdict = "exclude", of: str = ""
) -> ScreenedRow:
    return ScreenedRow("r1", rule, of, subject, ratee, decision, "现场核实")


FARM = said("one_sided_link", "L9", "u1")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("farm") / "r"
    usual = [Row(f"u{u}", USUAL, link=f"L{u}") for u in range(1, 7) for _ in range(40)]
    arrivals = [(f"L{u}", 1000 + 12 * k, 1) for u in range(1, 7) for k in range(40)]
    arrivals += [("L9", 1100, 30), ("L9", 1101, 30)]
    farm = [Row("u1", FULL, link="L9") for _ in range(60)]
    seal(folder, usual + farm, LONG, extras=Extras(arrivals=arrivals))
    return folder


@cache
def assessed(folder: Path, *decisions: ScreenedRow, void: str = "") -> Assessment:
    ratees = tuple(RateeRow(f"u{u}", f"市{u}局", "unit", "") for u in range(1, 7))
    scheme = Scheme.load(SCHEME.format(void=void).encode())
    return assess([folder], Inputs(ratees, screened=decisions), scheme)


def totals(made: Assessment) -> list[str]:
    return [str(one.total) for one in made.ratees]


def test_a_link_left_out_changes_the_total_as_by_hand(sealed: Path) -> None:
    before, after = assessed(sealed), assessed(sealed, FARM)
    assert totals(before) == ["88.80"] + ["72.00"] * 5
    assert totals(after) == ["72.00"] * 6
    assert (before.counts.void, before.counts.valid) == (0, 300)
    counts = after.counts
    assert (counts.raw, counts.duplicate, counts.void, counts.valid) == (300, 0, 60, 240)
    (quality,) = after.quality
    assert quality.reasons == {"said:one_sided_link": 60}
    left = [(one.ratee, one.n) for one in after.cells.ballots if one.status == "excluded"]
    assert left == [("u1", 60)]
    # what the screens find stays as it was: a decision hides no evidence
    assert after.findings == before.findings
    assert after.flags == before.flags


def test_both_results_are_printed(sealed: Path) -> None:
    after = assessed(sealed, FARM)
    found = {one.key: one for one in after.alternatives}["with_excluded"]
    assert (found.n_valid, found.totals["u1"]) == (300, Decimal("88.80"))
    assert "经人核定不计入的线索 1 条，因此不计入 60 份次" in str([n.text() for n in after.notes])
    assert "with_excluded" not in {one.key for one in assessed(sealed).alternatives}


def test_taking_it_back_restores_the_same_bytes(sealed: Path) -> None:
    before, after = assessed(sealed), assessed(sealed, FARM)
    assessed.cache_clear()
    again = assessed(sealed)
    assert before.scores_json() != after.scores_json()
    assert before.content_digest == again.content_digest
    assert before.scores_json() == again.scores_json()


def test_keeping_changes_no_total_and_is_on_record(sealed: Path) -> None:
    kept = assessed(sealed, said("link_burst", "L9", decision="keep"))
    assert totals(kept) == totals(assessed(sealed))
    assert kept.content_digest != assessed(sealed).content_digest


@pytest.mark.parametrize(
    "decision",
    [
        said("one_sided_link", "L1", "u1"),  # a link at which no rule points
        said("one_sided_link", "L9", "u2"),
        said("repeated_pattern", "4 4 4 4 3 3 3 3", "u1", of="citizen"),
        said("straight_line", of="delegate"),
        ScreenedRow("r2", "one_sided_link", "", "L9", "u1", "exclude", "另一轮"),
    ],
)
def test_a_decision_about_nothing_takes_nothing_out(sealed: Path, decision: ScreenedRow) -> None:
    made = assessed(sealed, decision)
    assert totals(made) == totals(assessed(sealed))
    assert made.counts.void == 0
    assert "找不到对应的线索" in str([note.text() for note in made.notes])


def test_a_rule_of_ballots_is_decided_for_a_rater_class(sealed: Path) -> None:
    made = assessed(sealed, said("straight_line", of="市民"))
    assert totals(made) == ["72.00"] * 6
    (quality,) = made.quality
    assert quality.reasons == {"said:straight_line": 60}


def test_the_scheme_goes_before_a_decision(sealed: Path) -> None:
    made = assessed(sealed, FARM, void='"straight_line"')
    assert {one.status for one in made.cells.ballots} == {"valid", "screened"}


def test_an_act_goes_before_everything(tmp_path: Path) -> None:
    rows = [Row("u1", FULL, submission=n) for n in range(3)]
    seal(tmp_path / "r", rows, LONG, extras=Extras(exclusions=(Exclusion(0, "paper", "作废"),)))
    with counted(tmp_path / "r", decisions=(said("straight_line", of="citizen"),)) as run:
        assert run.statuses() == {"void": 1, "excluded": 2}
        assert void_reasons(run.engine, run.answers.forms[0]) == {
            (0, "citizen", "act:paper"): 1,
            (0, "citizen", "said:straight_line"): 2,
        }


def test_a_pattern_is_left_out_of_its_ratee_and_class_alone(tmp_path: Path) -> None:
    sheet = (5, 5, 5, 4, 5, 5, 5, 5, 5)
    rows = [
        Row(f"u{u}", (*divmod(n, 5), 1, 2, 3, 4, 5, 1, 2)) for u in (1, 2) for n in range(5, 25)
    ]
    rows += [Row("u1", sheet) for _ in range(15)]
    rows += [Row("u2", sheet), Row("u1", sheet, rater_class="delegate")]
    rows += [Row(f"u{u}", USUAL) for u in (1, 2) for _ in range(200)]
    seal(tmp_path / "r", rows, LONG)
    decision = said("repeated_pattern", "5 5 5 4 5 5 5 5", "u1", of="citizen")
    with counted(tmp_path / "r", decisions=(decision,)) as run:
        assert [one.rule for one in run.screened.findings] == ["repeated_pattern"]
        out = [(k.ratee, k.rater_class, k.n) for k in run.cells[0].keys if k.status == "excluded"]
        assert out == [("u1", "citizen", 15)]
        assert run.flagged()["repeated_pattern"] == 1


def test_a_device_keeps_its_other_answer_and_both_results_are_exact(tmp_path: Path) -> None:
    """One phone sent a straight line and a usual sheet: whichever counted, one of them does."""
    rows = [Row("u1", FULL, same_device=1), Row("u1", USUAL, same_device=1), Row("u1", USUAL)]
    seal(tmp_path / "r", rows, LONG)
    ratees = (RateeRow("u1", "市1局", "unit", ""),)
    scheme = Scheme.load(SCHEME.format(void="").encode())
    before = assess([tmp_path / "r"], Inputs(ratees), scheme)
    decided = Inputs(ratees, screened=(said("straight_line", of="citizen"),))
    after = assess([tmp_path / "r"], decided, scheme)
    assert str(after.ratees[0].total) == "72.00"
    assert (after.counts.raw, after.counts.void, after.counts.valid) == (3, 1, 2)
    found = {one.key: one for one in after.alternatives}["with_excluded"]
    assert (found.n_valid, found.totals["u1"]) == (2, before.ratees[0].total)


rows = st.lists(
    st.builds(
        Row,
        ratee=st.sampled_from(["u1", "u2"]),
        codes=st.sampled_from([FULL, USUAL, (0,) * 9]),
        rater_class=st.sampled_from(["citizen", "delegate"]),
        same_device=st.integers(0, 2),
        pace=st.sampled_from(["fast", "normal"]),
    ),
    max_size=8,
)
choices = st.lists(
    st.builds(
        said,
        st.sampled_from(["straight_line", "too_many_blank", "fast_straight_line"]),
        of=st.sampled_from(["citizen", "delegate"]),
        decision=st.sampled_from(["exclude", "keep"]),
    ),
    max_size=3,
)


@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(rows, choices)
def test_none_is_lost_and_only_flagged_rows_leave(
    tmp_path_factory: pytest.TempPathFactory, given_rows: list[Row], decisions: list[ScreenedRow]
) -> None:
    path = tmp_path_factory.mktemp("c") / "r"
    seal(path, given_rows, LONG)
    out = {(one.rule, one.rater_class) for one in decisions if one.decision == "exclude"}

    def leaves(row: Row) -> bool:
        flags = {"straight_line"} if row.codes == FULL else set()
        flags |= {"too_many_blank"} if row.codes == (0,) * 9 else set()
        flags |= {"fast_straight_line"} if row.codes == FULL and row.pace == "fast" else set()
        return any((flag, row.rater_class) in out for flag in flags)

    with counted(path, decisions=tuple(decisions)) as run:
        statuses = run.statuses()
    assert sum(statuses.values()) == len(given_rows)
    assert statuses.get("excluded", 0) == sum(map(leaves, given_rows))


def sheet(text: str) -> tuple[ScreenedRow, ...]:
    ratees = table_from_csv("ratee,name,class\nu1,市1局,unit\n".encode(), "ratees.csv")
    return read_inputs(ratees, screened=table_from_csv(text.encode(), "screened.csv")).screened


def test_the_sheet_is_read_with_the_headers_of_the_office() -> None:
    head = "轮次,规则,评议主体,入口或答案模式,评议对象,决定,理由\n"
    assert sheet(head + "r1,入口一边倒,,L9,市1局,不计入,现场核实\n") == (FARM,)
    kept = "r1,straight_line,citizen,,,keep,会场统一讲解\n"
    assert sheet(head + kept)[0].decision == "keep"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("r1,one_sided_link,,L9,u1,exclude,", "缺少「理由」"),
        ("r1,one_sided_link,,,u1,exclude,查实", "缺少「入口或答案模式」"),
        ("r1,repeated_pattern,,5 5 5,u1,exclude,查实", "缺少「评议主体」"),
        ("r1,repeated_pattern,citizen,5 5 5,,exclude,查实", "缺少「评议对象」"),
        ("r1,straight_line,citizen,L9,,exclude,查实", "不能写线索"),
        ("r1,straight_line,,,,exclude,查实", "缺少「评议主体」"),
        ("r1,address,,10.0.0.1,,exclude,查实", "「规则」不能是 address"),
        ("r1,link_burst,,L9,,delete,查实", "「决定」不能是 delete"),
        ("r1,link_burst,,L9,u9,exclude,查实", "评议对象 u9 不在名册里"),
        ("r1,link_burst,,L9,,keep,查实\nr1,link_burst,,L9,,exclude,查实", "重复"),
    ],
)
def test_what_is_wrong_in_the_sheet_is_told(line: str, told: str) -> None:
    head = "round,rule,rater_class,subject,ratee,decision,reason\n"
    with pytest.raises(InputError, match=told):
        sheet(head + line + "\n")
