"""A draw from a list: pure, and the same wherever and whenever it is repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from forms.problems import N_, Problem
from survey_app.planning.lists import Listed, csv_file, digest_of, list_file

if TYPE_CHECKING:
    from analysis.statistics.planning.draws import Drawn

DRAWN_HEADERS = ("编号", "层", "入样概率", "权数")
MAX_SEED = 100
UNSAFE = frozenset('"`$\\!%')
"""What a seed must not hold, so that the command shown for it runs in any shell."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How to draw: `n` is the whole number drawn; `allocation` "" unless stratified."""

    method: str
    n: int
    seed: str
    allocation: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a draw gives: two files with their SHA-256, and by stratum [people, drawn]."""

    list_file: bytes
    drawn_file: bytes
    keys: tuple[str, ...]
    people: int
    strata: Mapping[str, list[int]]

    @property
    def list_digest(self) -> str:
        return digest_of(self.list_file)

    @property
    def drawn_digest(self) -> str:
        return digest_of(self.drawn_file)


def problems_of(people: Sequence[Listed], rule: Rule) -> list[Problem]:
    """Everything that stands against this draw from this list."""
    found = []
    if rule.seed.startswith("-") or UNSAFE & set(rule.seed) or not rule.seed.isprintable():
        remedy = N_("请用字母、数字或汉字，不要用引号、反斜杠、$，不要以减号开头")
        found.append(Problem(N_("种子"), N_("有不能用的字符"), remedy))
    if len(rule.seed) > MAX_SEED:
        found.append(Problem(N_("种子"), N_("太长"), N_("不超过 100 个字")))
    if rule.method == "stratified":
        found += _missing(people, "stratum")
    if rule.method == "pps":
        found += _missing(people, "size")
    return found or _refusals(people, rule)


def _missing(people: Sequence[Listed], column: str) -> list[Problem]:
    without = [one.key for one in people if getattr(one, column) in ("", None)]
    if not without:
        return []
    name = N_("规模") if column == "size" else N_("层")
    values: dict[str, str | int] = {"n": len(without), "key": without[0]}
    message = N_("有 {n} 人没有填写，例如 {key}")
    return [Problem(name, message, N_("请在名单里补齐这一列，或换一种方法"), values)]


def _refusals(people: Sequence[Listed], rule: Rule) -> list[Problem]:
    from analysis.statistics.estimate import NoEstimate

    try:
        _drawn(people, rule)
    except NoEstimate as why:
        values = {
            name: value if isinstance(value, str | int) else value.text()
            for name, value in why.note.values.items()
        }
        return [Problem(N_("抽多少"), why.note.message, N_("请改人数，或检查名单"), values)]
    return []


def draw(people: Sequence[Listed], rule: Rule) -> Outcome:
    """Draw. The list must have passed `problems_of`."""
    found = _drawn(people, rule)
    stratum = {one.key: one.stratum for one in people}
    rows = [
        (key, stratum[key], f"{chance:.6g}", f"{weight:.6g}")
        for key, chance, weight in zip(found.keys, found.probabilities, found.weights, strict=True)
    ]
    strata: dict[str, list[int]] = {}
    chosen = set(found.keys)
    for one in sorted(people, key=lambda one: one.stratum):
        counts = strata.setdefault(one.stratum, [0, 0])
        counts[0] += 1
        counts[1] += one.key in chosen
    return Outcome(
        list_file(people), csv_file(DRAWN_HEADERS, rows), found.keys, len(people), strata
    )


def _drawn(people: Sequence[Listed], rule: Rule) -> "Drawn":
    # The analysis is loaded when it is needed: the raters' pages start without it.
    from analysis.statistics.planning import draws

    keys = [one.key for one in people]
    if rule.method == "stratified":
        return _stratified(people, rule)
    if rule.method == "pps":
        sizes = {one.key: Fraction(one.size or 0) for one in people}
        return draws.pps(sizes, rule.n, rule.seed)
    way = draws.systematic if rule.method == "systematic" else draws.simple
    return way(keys, rule.n, rule.seed)


def _stratified(people: Sequence[Listed], rule: Rule) -> "Drawn":
    from analysis.statistics.planning import draws
    from analysis.statistics.planning.allocation import allocate

    strata: dict[str, list[str]] = {}
    for one in people:
        strata.setdefault(one.stratum, []).append(one.key)
    names = sorted(strata)
    sizes = [len(strata[name]) for name in names]
    spread = [1 / size for size in sizes] if rule.allocation == "equal" else None
    shared = allocate(rule.n, sizes, spread)
    return draws.stratified(strata, dict(zip(names, shared, strict=True)), rule.seed)
