"""Draws: the same from any order of the list, repeated by command and by hand, tampering told."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.problems import InputError
from survey_app.cli import group
from survey_app.planning.drawing import Rule, draw, problems_of
from survey_app.planning.lists import Listed, list_file, read_list, template_book
from survey_app.planning.packet import DRAWN_NAME, GUIDE_NAME, LIST_NAME, command_of, packet
from survey_app.planning.service import DrawLine, check_draw
from survey_app.planning.tables import RosterDraw

PEOPLE = tuple(
    Listed(f"人员{n:04d}", f"第{1 + n % 3}代表团", Decimal(1 + n * n % 7)) for n in range(1, 31)
)
RULES = (
    Rule("simple", 7, "开奖 03 11 19"),
    Rule("stratified", 7, "20261122", "proportional"),
    Rule("stratified", 8, "20261122", "equal"),
    Rule("systematic", 7, "20261122"),
    Rule("pps", 7, "20261122"),
)
BOM = b"\xef\xbb\xbf"


def unit_of(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def by_hand_simple(people: tuple[Listed, ...], rule: Rule) -> list[str]:
    ranked = sorted(
        people, key=lambda one: hashlib.sha256(f"{rule.seed}/{one.key}".encode()).hexdigest()
    )
    return sorted(one.key for one in ranked[: rule.n])


def by_hand_stratified(people: tuple[Listed, ...], rule: Rule) -> list[str]:
    """30 people in strata of 10: 7 go 3, 2, 2 by largest remainders in order, 8 go 3, 3, 2."""
    shares = {7: (3, 2, 2), 8: (3, 3, 2)}[rule.n]
    found = []
    for n, name in zip(shares, sorted({one.stratum for one in people}), strict=True):
        mine = tuple(one for one in people if one.stratum == name)
        found += by_hand_simple(mine, Rule("simple", n, rule.seed))
    return sorted(found)


def by_hand_systematic(people: tuple[Listed, ...], rule: Rule) -> list[str]:
    keys = sorted(one.key for one in people)
    u = Fraction(unit_of(f"{rule.seed}/start"), 2**256)
    return [keys[int((u + k) * len(keys) / rule.n)] for k in range(rule.n)]


def by_hand_pps(people: tuple[Listed, ...], rule: Rule) -> list[str]:
    """Nobody's size reaches the step here, so that nobody is drawn for certain."""
    step = Fraction(sum(int(one.size or 0) for one in people), rule.n)
    assert max(one.size or 0 for one in people) < step
    u = Fraction(unit_of(f"{rule.seed}/start"), 2**256)
    marks, found, passed = [(u + k) * step for k in range(rule.n)], [], Fraction(0)
    for one in sorted(people, key=lambda one: one.key):
        before, passed = passed, passed + int(one.size or 0)
        if any(before <= mark < passed for mark in marks):
            found.append(one.key)
    return found


BY_HAND: dict[str, Callable[[tuple[Listed, ...], Rule], list[str]]] = {
    "simple": by_hand_simple,
    "stratified": by_hand_stratified,
    "systematic": by_hand_systematic,
    "pps": by_hand_pps,
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method}{rule.allocation}")
def test_a_draw_can_be_repeated_with_nothing_but_sha256(rule: Rule) -> None:
    assert list(draw(PEOPLE, rule).keys) == BY_HAND[rule.method](PEOPLE, rule)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method}{rule.allocation}")
def test_the_command_shown_draws_the_same_people(rule: Rule, tmp_path: Path) -> None:
    outcome = draw(PEOPLE, rule)
    (tmp_path / LIST_NAME).write_bytes(outcome.list_file)
    words = command_of(rule).split(" --seed-text ")
    _survey, *arguments = words[0].replace(LIST_NAME, str(tmp_path / LIST_NAME)).split()
    arguments += ["--seed-text", words[1].strip('"'), "--json"]
    done = CliRunner().invoke(group, arguments)
    assert done.exit_code == 0, done.output
    assert tuple(json.loads(done.stdout)["detail"]["selected"]) == outcome.keys


@settings(max_examples=25, deadline=None)
@given(st.permutations(PEOPLE), st.sampled_from(RULES))
def test_the_order_of_the_list_does_not_matter(people: list[Listed], rule: Rule) -> None:
    assert draw(people, rule) == draw(PEOPLE, rule)


def test_strata_are_counted() -> None:
    assert draw(PEOPLE, RULES[2]).strata == {
        "第1代表团": [10, 3],
        "第2代表团": [10, 3],
        "第3代表团": [10, 2],
    }


def line_of(rule: Rule) -> DrawLine:
    made = draw(PEOPLE, rule)
    row = RosterDraw(
        number=1,
        method=rule.method,
        allocation=rule.allocation,
        n=rule.n,
        people=made.people,
        strata=dict(made.strata) if rule.method == "stratified" else {},
        seed=rule.seed,
        list_digest=made.list_digest,
        drawn_digest=made.drawn_digest,
    )
    return DrawLine(row, "", ())


def reasons(rule: Rule, people: tuple[Listed, ...]) -> str:
    check = check_draw(line_of(rule), people)
    assert check.is_same == (not check.reasons)
    return "；".join(note.text() for note in check.reasons)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method}{rule.allocation}")
def test_the_same_list_backwards_checks_and_a_changed_one_does_not(rule: Rule) -> None:
    assert reasons(rule, PEOPLE[::-1]) == ""
    assert "抽样时 30 人，这份 29 人" in reasons(rule, PEOPLE[1:])
    swapped = (Listed("人员9999", PEOPLE[0].stratum, PEOPLE[0].size), *PEOPLE[1:])
    assert "编号、层或规模被改动" in reasons(rule, swapped)
    assert "每层至少" in reasons(rule, PEOPLE[:1]) or "抽不出" in reasons(rule, PEOPLE[:1])


def test_a_moved_stratum_is_named() -> None:
    moved = (Listed(PEOPLE[0].key, "第1代表团", PEOPLE[0].size), *PEOPLE[1:])
    said = reasons(RULES[1], moved)
    assert "“第1代表团”的人数不同：抽样时 10 人，这份 11 人" in said
    assert "“第2代表团”的人数不同：抽样时 10 人，这份 9 人" in said


def test_a_list_changed_where_nobody_was_drawn_is_told_too() -> None:
    rule = RULES[0]
    spared = next(one for one in PEOPLE if one.key not in draw(PEOPLE, rule).keys)
    changed = tuple(
        Listed(one.key, one.stratum, Decimal(99)) if one == spared else one for one in PEOPLE
    )
    assert "抽中的人没有变，但名单已经不是当时那一份" in reasons(rule, changed)


def test_a_record_that_does_not_fit_its_own_list_is_told() -> None:
    line = line_of(RULES[0])
    line.row.seed = "another"
    check = check_draw(line, PEOPLE)
    assert "记录或程序被改动过" in check.reasons[0].text()


@pytest.mark.parametrize(
    ("rule", "people", "said"),
    [
        (Rule("simple", 31, "s"), PEOPLE, "名单有 30 人，抽不出 31 人"),
        (Rule("stratified", 2, "s", "equal"), PEOPLE, "2 人分不到各层"),
        (Rule("stratified", 2, "s", "equal"), (Listed("1"), Listed("2")), "有 2 人没有填写"),
        (Rule("pps", 1, "s"), (Listed("1", "", Decimal(0)), Listed("2")), "有 1 人没有填写"),
        (Rule("pps", 1, "s"), (Listed("1", "", Decimal(0)),), "抽不出 1 人"),
        (Rule("simple", 1, 'a"; rm'), PEOPLE, "有不能用的字符"),
        (Rule("simple", 1, "-x"), PEOPLE, "有不能用的字符"),
        (Rule("simple", 1, "长" * 101), PEOPLE, "太长"),
        (Rule("simple", 1, "s"), (), "名单有 0 人"),
    ],
)
def test_what_cannot_be_drawn_is_said(rule: Rule, people: tuple[Listed, ...], said: str) -> None:
    assert said in "；".join(one.text() for one in problems_of(people, rule))


def test_the_files_carry_the_digests_that_are_recorded() -> None:
    rule = RULES[1]
    outcome = draw(PEOPLE, rule)
    with zipfile.ZipFile(io.BytesIO(packet("测试轮次", 3, rule, outcome))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert hashlib.sha256(files[LIST_NAME]).hexdigest() == outcome.list_digest
    assert hashlib.sha256(files[DRAWN_NAME]).hexdigest() == outcome.drawn_digest
    guide = files[GUIDE_NAME].decode("utf-8-sig")
    for said in (rule.seed, outcome.list_digest, outcome.drawn_digest, command_of(rule)):
        assert said in guide
    assert "第1代表团：10 人中抽 3 人" in guide
    rows = list(csv.reader(files[DRAWN_NAME].decode("utf-8-sig").splitlines()))
    assert rows[0] == ["编号", "层", "入样概率", "权数"]
    assert len(rows) == 8
    assert {row[2] for row in rows[1:]} == {"0.3", "0.2"}


def test_a_list_is_read_back_as_it_was_written() -> None:
    assert read_list("名单.csv", list_file(PEOPLE)) == tuple(sorted(PEOPLE, key=lambda o: o.key))
    assert list_file(PEOPLE).startswith(BOM + "编号,层,规模\n".encode())
    assert [one.key for one in read_list("名单.xlsx", template_book())] == ["人员0001", "人员0002"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("编号\n1\n1\n", "重复"),
        ("编号,层\n,甲\n", "缺少「编号」"),
        ("编号,规模\n1,很多\n", "不是数"),
        ("编号,规模\n1,-2\n", "负数"),
        ("编号\n=1+1\n", "公式"),
        ("编号\n" + "长" * 61 + "\n", "太长"),
        ("姓名\n张三\n", "缺少「编号」一列"),
        ("编号\n", "名单是空的"),
    ],
)
def test_a_wrong_list_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_list("名单.csv", text.encode())
    assert said in str(refused.value)
