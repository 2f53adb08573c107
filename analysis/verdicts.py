"""Whether the conditions of a scheme hold for a ratee, and why, in words with their figures."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import NamedTuple

from analysis.earlier import periods_in_words
from analysis.inputs import HistoryRow
from analysis.note import Note
from analysis.periods import in_words
from analysis.scheme.conditions import TOTAL, Condition
from analysis.standing import COMMA, NamedGrades, Place, Standings
from forms.problems import N_, plain

ENOUGH = N_("{periods}「{grades}」{n} 次，达到 {wanted} 次")
TOO_FEW = N_("{periods}「{grades}」{n} 次，应至少 {wanted} 次")
NOT_OFTEN = N_("{periods}「{grades}」{n} 次，不超过 {wanted} 次")
TOO_OFTEN = N_("{periods}「{grades}」{n} 次，应至多 {wanted} 次")
NO_PERIOD = N_("本轮没有写期间，无从统计期内的「{grades}」")
NOW = N_("{periods}为「{found}」")
RUNNING = N_("连续 {k} 期为「{grades}」（{found}）")
NOT_RUNNING = N_("没有连续 {k} 期为「{grades}」（最近：{found}）")
EVERY = N_("{periods}共 {n} 次，都是「{grades}」")
NOT_EVERY = N_("{periods}共 {n} 次，其中「{grades}」{m} 次")
EVERY_OF_FEW = N_("{periods}只有 {n} 次结果，都是「{grades}」，不足 {wanted} 次")
PARENT = N_("所属单位{unit}为「{found}」")
NOT_PARENT = N_("所属单位{unit}为「{found}」，应为「{grades}」")
NO_UNIT = N_("没有所属单位")
NO_PARENT = N_("所属单位没有等次，应为「{grades}」")
LAST = N_("在 {n} 个中居倒数第 {place}")
FIRST = N_("在 {n} 个中居第 {place}")
LAST_RUNNING = N_("连续 {k} 期居末 {places} 名（{periods}）")
FIRST_RUNNING = N_("连续 {k} 期居前 {places} 名（{periods}）")
NOT_LAST_RUNNING = N_("没有连续 {k} 期居末 {places} 名")
NOT_FIRST_RUNNING = N_("没有连续 {k} 期居前 {places} 名")
NO_RANK = N_("没有名次")
BELOW = N_("{name} {score}，低于 {line}")
NOT_BELOW = N_("{name} {score}，不低于 {line}")
REACHED = N_("{name} {score}，达到 {line}")
NOT_REACHED = N_("{name} {score}，未达到 {line}")
NO_SCORE = N_("没有「{name}」的分数")
VETOED = N_("有一票否决（{vetoes}）")
NOT_VETOED = N_("没有相应的一票否决")
NOT_YET = N_("核算以后才知道")
TOTAL_NAME = N_("总分")
NOTHING = "—"
FEWEST = 2  # 002-g: one poor quarter is not yet "every quarter"
ENOUGH_PLACES = 4


class Verdict(NamedTuple):
    """Whether a condition holds, None where that cannot be told; `why` gives the figures."""

    holds: bool | None
    why: Note

    @property
    def is_for_people(self) -> bool:
        """Nobody can tell although it applies, and scores yet to come will not change that."""
        return self.holds is None and self.why.message not in (NOT_YET, NO_UNIT)


def ask(standings: Standings, conditions: Iterable[Condition], ratee: str) -> list[Verdict]:
    """A verdict on each condition. Before there are scores only earlier grades can be told."""
    answer = {
        "grades": _on_grades,
        "parent": _on_parent,
        "rank": _on_rank,
        "score": _on_score,
        "veto": _on_veto,
    }
    return [
        _unknown(NOT_YET)
        if standings.stage == "history" and one.subject != "grades"
        else answer[one.subject](standings, one, ratee)
        for one in conditions
    ]


def all_hold(verdicts: Iterable[Verdict]) -> bool | None:
    """Whether all hold: one that does not settles it, then one that cannot be told."""
    found = [verdict.holds for verdict in verdicts]
    if False in found:
        return False
    return None if None in found else True


def why(verdicts: Sequence[Verdict]) -> Note:
    """The reasons of several verdicts as one sentence."""
    notes = {f"r{place}": one.why for place, one in enumerate(verdicts, start=1)}
    return Note("；".join(f"{{{name}}}" for name in notes), notes)


def _yes(message: str, **values: str | int | Note) -> Verdict:
    return Verdict(holds=True, why=Note(message, values))


def _no(message: str, **values: str | int | Note) -> Verdict:
    return Verdict(holds=False, why=Note(message, values))


def _unknown(message: str, **values: str | int | Note) -> Verdict:
    return Verdict(holds=None, why=Note(message, values))


def _on_grades(standings: Standings, one: Condition, ratee: str) -> Verdict:
    grades = standings.named(one)
    if one.span == "period" and not standings.earlier.period:
        return _unknown(NO_PERIOD, grades=grades.words)
    rows = standings.earlier.grades(ratee, one.series, one.span)
    if one.consecutive is not None:
        return _on_running(standings, one, rows, ratee)
    present = standings.present(ratee) if grades.are_own and one.span != "earlier" else None
    if present:
        rows.append(present)
    return _on_every(one, grades, rows) if one.every else _on_count(one, grades, rows)


def _on_count(one: Condition, grades: NamedGrades, rows: Sequence[HistoryRow]) -> Verdict:
    at_least, at_most = one.at_least, one.at_most
    n = grades.count(rows)
    periods = periods_in_words(rows)
    if at_least is not None and n < at_least:
        return _no(TOO_FEW, periods=periods, grades=grades.words, n=n, wanted=at_least)
    if at_most is not None and n > at_most:
        return _no(TOO_OFTEN, periods=periods, grades=grades.words, n=n, wanted=at_most)
    if at_least is not None:
        return _yes(ENOUGH, periods=periods, grades=grades.words, n=n, wanted=at_least)
    return _yes(NOT_OFTEN, periods=periods, grades=grades.words, n=n, wanted=at_most or 0)


def _on_every(one: Condition, grades: NamedGrades, rows: Sequence[HistoryRow]) -> Verdict:
    """Every result on record; too few of them to say so are left to people."""
    wanted = FEWEST if one.at_least is None else one.at_least
    n, m = len(rows), grades.count(rows)
    periods = periods_in_words(rows)
    if not rows or m < n:
        return _no(NOT_EVERY, periods=periods, grades=grades.words, n=n, m=m)
    if n < wanted:
        return _unknown(EVERY_OF_FEW, periods=periods, grades=grades.words, n=n, wanted=wanted)
    return _yes(EVERY, periods=periods, grades=grades.words, n=n)


def _on_running(
    standings: Standings, one: Condition, earlier: Sequence[HistoryRow], ratee: str
) -> Verdict:
    """The latest k results, adjacent in time; in the scheme's own series the present one is last.

    A period without a result breaks the row. Once grades are given, who has none has no row.
    """
    grades, k = standings.named(one), one.consecutive or 0
    present = standings.present(ratee) if grades.are_own else None
    rows = [present] if present else []
    if present or not (grades.are_own and standings.stage == "graded"):
        rows += standings.earlier.running(earlier, k - len(rows), up_to_now=present is not None)
    if len(rows) < k or grades.count(rows) < k:
        return _no(NOT_RUNNING, k=k, grades=grades.words, found=_listed(grades, rows))
    if k == 1:
        return _yes(NOW, periods=periods_in_words(rows), found=grades.name(rows[0].grade))
    return _yes(RUNNING, k=k, grades=grades.words, found=_listed(grades, rows))


def _listed(grades: NamedGrades, rows: Sequence[HistoryRow]) -> str:
    return COMMA.join(in_words(row.period) + grades.name(row.grade) for row in rows) or NOTHING


def _on_parent(standings: Standings, one: Condition, ratee: str) -> Verdict:
    grades = standings.named(one)
    parent = standings.of[ratee].ratee.parent
    if not parent:
        return _unknown(NO_UNIT)
    found = standings.grades.get(parent)
    if found is None:
        return _unknown(NO_PARENT, grades=grades.words)
    unit, name = standings.of[parent].ratee.name, grades.name(found)
    if found in grades.keys:
        return _yes(PARENT, unit=unit, found=name)
    return _no(NOT_PARENT, unit=unit, found=name, grades=grades.words)


def _on_rank(standings: Standings, one: Condition, ratee: str) -> Verdict:
    series = standings.earlier.series(one.series)
    if series or one.consecutive is not None:
        return _on_rank_running(standings, one, one.consecutive or 1, ratee)
    place = standings.place(ratee, one.scope)
    if place is None:
        return _no(NO_RANK)
    is_last = one.from_end == "last"
    at = 1 + (place.worse if is_last else place.better)
    return Verdict(
        _is_at_end(one, place), Note(LAST if is_last else FIRST, {"n": place.n, "place": at})
    )


def _on_rank_running(standings: Standings, one: Condition, k: int, ratee: str) -> Verdict:
    """In each of the latest k periods; in the scheme's own series this one is the last."""
    earlier = standings.earlier
    is_own = not earlier.series(one.series)
    places = [standings.place(ratee, one.scope)] if is_own else []
    results = earlier.results(ratee, one.series)
    rows = earlier.running(results, k - len(places), up_to_now=is_own)
    places += [standings.earlier_place(row, one.scope) for row in rows]
    reached = [place for place in places if place is not None and _is_at_end(one, place)]
    is_last = one.from_end == "last"
    if len(reached) < k:
        return _no(NOT_LAST_RUNNING if is_last else NOT_FIRST_RUNNING, k=k, places=one.places)
    present = [HistoryRow(ratee, earlier.period, "")] if is_own else []
    periods = periods_in_words([*reversed(rows), *present])
    message = LAST_RUNNING if is_last else FIRST_RUNNING
    return _yes(message, k=k, places=one.places, periods=periods)


def _is_at_end(one: Condition, place: Place) -> bool:
    """Among so many at the end (or top) with somebody on the other side: alone is neither."""
    if one.from_end == "last":
        return place.worse < one.places and place.better > 0
    return place.better < one.places and place.worse > 0


def _on_score(standings: Standings, one: Condition, ratee: str) -> Verdict:
    standing = standings.of[ratee]
    name: str | Note = Note(TOTAL_NAME)
    score = standings.line_score(standing)
    if one.path != TOTAL:
        nodes = standings.scheme.nodes()
        name = next((node.name for node in nodes if node.path == one.path), one.path)
        score = standing.score_of(one.path)
    if score is None:
        return _unknown(NO_SCORE, name=name)
    if one.below is not None:
        values = {"name": name, "score": shown(score), "line": plain(one.below)}
        return _no(NOT_BELOW, **values) if score >= one.below else _yes(BELOW, **values)
    line = one.reaches or Decimal(0)
    values = {"name": name, "score": shown(score), "line": plain(line)}
    return _yes(REACHED, **values) if score >= line else _no(NOT_REACHED, **values)


def shown(score: Fraction) -> str:
    """A score for the eye, cut after four places so that it never seems to reach a line."""
    return plain(Decimal(floor(score * 10**ENOUGH_PLACES)).scaleb(-ENOUGH_PLACES))


def _on_veto(standings: Standings, one: Condition, ratee: str) -> Verdict:
    vetoes = [
        veto.name for veto in standings.of[ratee].vetoes if not one.vetoes or veto.key in one.vetoes
    ]
    return _yes(VETOED, vetoes=COMMA.join(vetoes)) if vetoes else _no(NOT_VETOED)
