"""What a statistical method answers on the command line (formats.md, `survey stats`)."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_

NO_SPREAD = N_(
    "标准误是 0 的数不给区间：数据里没有可以估计误差的变动"
    "（全部相同、份数太少，或总体已经全部计入）。"
    "前两种情形不等于没有误差；有界的量表可以改用 survey stats interval"
)
NO_NUMBER = N_("有 {n} 个数算不出（没有可用的数值，或数值之间没有差别），写作空值")


@dataclass(frozen=True, slots=True)
class Named:
    """An estimate with its name and, for groups, the level of each `--by` column."""

    name: str
    estimate: Estimate
    by: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        one = self.estimate
        return {
            "name": self.name,
            "by": dict(self.by) or None,
            "estimate": one.estimate,
            "se": one.se,
            "df": one.df,
            "lo": one.lo,
            "hi": one.hi,
            "n": one.n,
            "method": one.method or None,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """All a method says of a file. `status` is "ok" or why there is no answer."""

    method: str
    n: int
    estimates: Sequence[Named] = ()
    detail: Mapping[str, object] = field(default_factory=dict)
    notes: Sequence[Note] = ()
    status: str = "ok"

    @classmethod
    def refused(cls, method: str, n: int, why: NoEstimate) -> "Answer":
        """The answer that there is none."""
        return cls(method, n, notes=(why.note,), status=why.status)

    def explained(self) -> "Answer":
        """The same without intervals of no width, and with a word on numbers that are missing."""
        notes = list(self.notes)
        if any(_is_flat(one.estimate) for one in self.estimates):
            notes.append(Note(NO_SPREAD))
        missing = sum(one.estimate.estimate is None for one in self.estimates)
        if missing and not any(self._notes()):
            notes.append(Note(NO_NUMBER, {"n": missing}))
        return replace(self, estimates=[_without_flat(one) for one in self.estimates], notes=notes)

    def as_json(self) -> dict[str, object]:
        return {
            "method": self.method,
            "status": self.status,
            "n": self.n,
            "estimates": [plain(one.as_json()) for one in self.estimates],
            "detail": plain(self.detail),
            "notes": list(self._notes()),
        }

    def lines(self) -> Iterator[str]:
        """The answer as a table for people."""
        if self.status != "ok":
            yield f"{self.method}：没有结果（{self.status}）"
        if self.estimates:
            yield "\t".join(("", "估计", "标准误", "自由度", "下限", "上限", "n"))
        for one in self.estimates:
            group = "，".join(f"{column}={level}" for column, level in one.by.items())
            it = one.estimate
            cells = (it.estimate, it.se, it.df, it.lo, it.hi, it.n)
            yield "\t".join((f"{one.name} {group}".strip(), *map(_short, cells)))
        for name, value in self.detail.items():
            text = _inline(value)
            yield f"{name}：{text if len(text) <= 400 else text[:400] + ' …（--json 给出全部）'}"
        yield from self._notes()

    def _notes(self) -> Iterator[str]:
        seen: dict[str, None] = {}
        for note in (*self.notes, *(n for one in self.estimates for n in one.estimate.notes)):
            seen.setdefault(note.text())
        yield from seen


def _is_flat(one: Estimate) -> bool:
    """Half votes have a width where answers are alike; without one everybody was counted."""
    is_census = one.method == "half_votes"
    return one.se == 0 and one.lo is not None and one.lo == one.hi and not is_census


def _without_flat(one: Named) -> Named:
    if not _is_flat(one.estimate):
        return one
    return replace(one, estimate=replace(one.estimate, lo=None, hi=None))


def plain(value: object) -> object:
    """The value as JSON holds it: arrays as lists, keys as text, null for what is not finite."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Note):
        return value.text()
    return value


def _short(value: float | int | None) -> str:
    if value is None:
        return "—"
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _inline(value: object) -> str:
    value = plain(value)
    if isinstance(value, dict):
        return "，".join(f"{key}={_inline(one)}" for key, one in value.items())
    if isinstance(value, list):
        return " ".join(_inline(one) for one in value)
    return _short(value) if isinstance(value, float) else ("—" if value is None else str(value))
