"""Where a record stands with a unit: what its acts add up to, whatever their order."""

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from survey_app.core.access import SignedIn
from survey_app.supervision.kinds import ACT_NAMES, FACT_NAMES, FACTS, KIND_ABOUT, KIND_NAMES
from survey_app.supervision.lines import STATE_NAMES, is_overdue, state_of
from survey_app.supervision.units import key_of, scope_of


@dataclass(frozen=True)
class Done:
    kind: str
    content: str = ""


DUE = date(2026, 3, 20)
acts = st.lists(st.sampled_from(sorted(ACT_NAMES)).map(Done), max_size=6)
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(acts, st.none() | st.just(DUE))
def test_the_last_decisive_act_decides(done: list[Done], due: date | None) -> None:
    state = state_of(done, due)
    decisive = [act.kind for act in done if act.kind in ("reply", "return", "accept")]
    expected = {"reply": "replied", "return": "returned", "accept": "accepted"}
    assert state in STATE_NAMES
    if decisive:
        assert state == expected[decisive[-1]]
    else:
        assert state == ("waiting" if due else "filed")


@given(acts, st.none() | st.just(DUE), days)
def test_only_a_deadline_gone_by_without_an_answer_is_overdue(
    done: list[Done], due: date | None, day: date
) -> None:
    state = state_of(done, due)
    late = is_overdue(state, due, day)
    assert late == (due is not None and day > due and state not in ("replied", "accepted"))
    if due is not None:
        assert not is_overdue(state, due, due)
        assert not late or is_overdue(state, due, day + timedelta(days=1))


@given(acts, days)
def test_urging_changes_no_state(done: list[Done], day: date) -> None:
    urged = [*done, Done("urge")]
    assert state_of(urged, DUE) == state_of(done, DUE)


def test_every_kind_is_named_explained_and_has_its_facts() -> None:
    assert set(KIND_NAMES) == set(KIND_ABOUT) == set(FACTS)
    assert {name for facts in FACTS.values() for name in facts.all} == set(FACT_NAMES)


def test_a_scope_may_name_several_units_in_any_usual_way() -> None:
    unit = SignedIn(1, "u", "u", "unit", "101、102,103 104；105")
    assert scope_of(unit) == {"101", "102", "103", "104", "105"}
    assert scope_of(SignedIn(1, "c", "c", "clerk")) is None
    assert scope_of(SignedIn(1, "u", "u", "unit", "")) == frozenset()
    assert key_of("市教育局", {"101": "市教育局"}) == "101"
    assert key_of("101", {"101": "市教育局"}) == "101"
    assert key_of("无此局", {"101": "市教育局"}) is None
