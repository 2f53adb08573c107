"""How far a changed rule moves ranks, grades and totals, and what to say of all rules together.

Mean shift of ranks: R = 1/n Σ |rank − rank'| over the n ratees ranked before and after (Saisana,
Saltelli & Tarantola 2005, JRSS A 168:307-323, eq. 2; OECD & JRC 2008, Handbook, p. 118). The
correlation is Spearman's, of midranks centred within each class of ratees, since ranks are given
within the class. Nothing here is estimated: the round is counted again, so there is no error.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from analysis.note import Note
from forms.problems import N_

if TYPE_CHECKING:
    from analysis.changes import Change
    from analysis.inputs import RateeRow
    from analysis.rule_sensitivity.variation import Variation

TOP = 3
NAMED = 3


class Outcome(NamedTuple):
    """What a scheme says of one ratee: the unrounded total that counts, rank in class, grade."""

    total: Fraction | None
    rank: int | None
    grade: str | None


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """One rule changed, everything else as it was; `n` ratees have a total before and after.

    `moved` of them change rank, `mean_places` on average over all n, the furthest `places` (above
    0: up) by `who` and `n_alike` - 1 others as far. `grades` change the grade, `shift` is the mean
    absolute change of totals. `appeared` gain a total, `gone` lose it. Where the change gives no
    result, `lacking` counts what is missing and the rest says nothing.
    """

    key: str
    rule: Note
    now: Note
    tried: Note
    change: "Change | None"
    n: int = 0
    moved: int = 0
    mean_places: float = 0.0
    places: int = 0
    who: str = ""
    n_alike: int = 0
    grades: int = 0
    correlation: float | None = None
    shift: float = 0.0
    has_same_top: bool = True
    appeared: int = 0
    gone: int = 0
    lacking: int = 0

    @property
    def is_idle(self) -> bool:
        """Nothing that people see changes: no rank, no grade, nobody's having a total."""
        return not (self.moved or self.grades or self.appeared or self.gone or self.lacking)

    @property
    def said(self) -> Note:
        """The change in one phrase."""
        return Note(N_("{rule}（{tried}）"), {"rule": self.rule, "tried": self.tried})


@dataclass(frozen=True, slots=True)
class Together:
    """A few rules in every combination: what share of the mean shift of ranks is whose.

    `first` and `total` are shares of the variance over the `n` combinations, in the order of
    `effects`; `most` is the largest mean shift, `joint` what the rules do only together.
    """

    effects: tuple[RuleEffect, ...]
    first: tuple[float, ...]
    total: tuple[float, ...]
    joint: float
    most: float
    n: int

    @property
    def sentence(self) -> Note:
        """What the combinations say."""
        place = max(range(len(self.total)), key=self.total.__getitem__)
        values: dict[str, str | int | Note] = {
            "rules": len(self.effects),
            "n": self.n,
            "most": f"{self.most:.2f}",
            "rule": self.effects[place].rule,
            "share": f"{self.total[place]:.0%}",
            "joint": f"{self.joint:.0%}",
        }
        return Note(
            N_(
                "影响最大的 {rules} 条规则（权重除外）有 {n} 种组合："
                "一起改时，名次平均最多变动 {most} 名。"
                "各种组合之间的差别，{share} 与{rule}有关；{joint} 只在几条一起改时才有。"
            ),
            values,
        )


@dataclass(frozen=True, slots=True)
class RuleEffects:
    """Every rule by itself, the strongest first, and the strongest ones together."""

    effects: tuple[RuleEffect, ...]
    together: Together | None


def refused(one: "Variation", lacking: int) -> RuleEffect:
    """A change under which there is no result."""
    return RuleEffect(one.key, one.rule, one.now, one.tried, one.change, lacking=lacking)


def effect(
    one: "Variation",
    ratees: Iterable["RateeRow"],
    before: Mapping[str, Outcome],
    after: Mapping[str, Outcome],
) -> RuleEffect:
    """What a change does, from the outcomes by ratee key."""
    rows = sorted(ratees, key=lambda row: row.key)
    pairs = [(row, before[row.key], after[row.key]) for row in rows]
    both = [
        (row, old.rank, new.rank, float(abs((new.total or 0) - (old.total or 0))))
        for row, old, new in pairs
        if old.rank is not None and new.rank is not None
    ]
    won = [old - new for _, old, new, _ in both]
    most = max(map(abs, won), default=0)
    furthest = min(
        (
            (old, row.key, row.name, old - new)
            for row, old, new, _ in both
            if abs(old - new) == most
        ),
        default=(0, "", "", 0),
    )
    n = len(both)
    return RuleEffect(
        *(one.key, one.rule, one.now, one.tried, one.change),
        n=n,
        moved=sum(map(bool, won)),
        mean_places=sum(map(abs, won)) / n if n else 0.0,
        places=furthest[3],
        who=furthest[2] if most else "",
        n_alike=sum(abs(places) == most for places in won) if most else 0,
        grades=sum(old.grade != new.grade for _, old, new in pairs),
        correlation=_correlation([(row.ratee_class, old, new) for row, old, new, _ in both]),
        shift=sum(sorted(shift for *_, shift in both)) / n if n else 0.0,
        has_same_top=all(
            _is_top(old) == _is_top(new) and (not _is_top(old) or old.rank == new.rank)
            for _, old, new in pairs
        ),
        appeared=sum(old.rank is None and new.rank is not None for _, old, new in pairs),
        gone=sum(old.rank is not None and new.rank is None for _, old, new in pairs),
    )


def _is_top(one: Outcome) -> bool:
    return one.rank is not None and one.rank <= TOP


def _correlation(ranks: Sequence[tuple[str, int, int]]) -> float | None:
    """Spearman's, pooled within classes; None where all ranks of a side are equal."""
    classes: dict[str, list[tuple[int, int]]] = {}
    for ratee_class, old, new in ranks:
        classes.setdefault(ratee_class, []).append((old, new))
    xx = yy = xy = Fraction(0)
    for pairs in classes.values():
        x, y = (_centred_midranks([pair[side] for pair in pairs]) for side in (0, 1))
        xx += sum(one * one for one in x)
        yy += sum(one * one for one in y)
        xy += sum(one * other for one, other in zip(x, y, strict=True))
    if not xx or not yy:
        return None
    return 1.0 if xy > 0 and xy * xy == xx * yy else float(xy) / sqrt(float(xx * yy))


def _centred_midranks(ranks: Sequence[int]) -> list[Fraction]:
    """Midranks of competition ranks (1, 2, 2, 4), less their mean."""
    centre = Fraction(len(ranks) + 1, 2)
    below: dict[int, Fraction] = {}
    for rank in set(ranks):
        smaller = sum(one < rank for one in ranks)
        below[rank] = smaller + Fraction(ranks.count(rank) + 1, 2)
    return [below[rank] - centre for rank in ranks]


def strongest_first(effects: Iterable[RuleEffect]) -> tuple[RuleEffect, ...]:
    """By how far ranks move, then grades, then totals; changes without a result last."""
    return tuple(
        sorted(
            effects,
            key=lambda one: (
                bool(one.lacking),
                -(one.mean_places + one.appeared + one.gone),
                -one.grades,
                -one.shift,
                one.key,
            ),
        )
    )


def sentences(effects: Sequence[RuleEffect], errors: Iterable[float]) -> tuple[Note, ...]:
    """What an administrator should know of all rules; `errors` are those of the totals."""
    made = [one for one in effects if not one.lacking]
    if not made:
        return ()
    return tuple(
        note
        for note in (_ranks(made), _top(made), _grades(made), _against_errors(made, errors))
        if note is not None
    )


def _ranks(effects: Sequence[RuleEffect]) -> Note:
    moving = [one for one in effects if one.moved]
    if not moving:
        return Note(N_("试过的 {n} 种改法，没有一种会改变名次。"), {"n": len(effects)})
    first = moving[0]
    rules = list({one.rule.text(): one.rule for one in moving}.values())
    values: dict[str, str | int | Note] = {
        "rules": _listed(rules),
        "first": Note(
            N_("{rule}由“{now}”改为“{tried}”"),
            {"rule": first.rule, "now": first.now, "tried": first.tried},
        ),
        "n": len(effects),
        "still": len(effects) - len(moving),
        "moved": first.moved,
        "of": first.n,
    }
    return Note(
        N_(
            "各条规则中，名次主要取决于{rules}。影响最大的一种改法是{first}，"
            "{of} 个对象中有 {moved} 个会变动名次。试过的 {n} 种改法，{still} 种完全不改变名次。"
        ),
        values,
    )


def _top(effects: Sequence[RuleEffect]) -> Note:
    changing = [one.said for one in effects if not one.has_same_top]
    keeping = [one.said for one in effects if one.has_same_top]
    if not changing:
        return Note(N_("任何一种改法都不会改变各类的前三名。"))
    if not keeping:
        return Note(N_("每一种改法都会改变前三名。"))
    values: dict[str, str | int | Note] = {
        "n": len(changing),
        "changing": _listed(changing),
        "rest": len(keeping),
        "keeping": _listed(keeping),
    }
    return Note(
        N_(
            "有 {rest} 种改法不会改变各类的前三名，如{keeping}；"
            "有 {n} 种会改变前三名，如{changing}。"
        ),
        values,
    )


def _grades(effects: Sequence[RuleEffect]) -> Note | None:
    changing = sorted(
        (one for one in effects if one.grades), key=lambda one: (-one.grades, one.key)
    )
    if not changing:
        return None
    values: dict[str, str | int | Note] = {
        "named": _listed([one.said for one in changing]),
        "n": changing[0].grades,
        "of": len(changing),
    }
    return Note(N_("会改变等次的有 {of} 种，如{named}；改变最多的一种涉及 {n} 个对象。"), values)


def _against_errors(effects: Sequence[RuleEffect], errors: Iterable[float]) -> Note | None:
    known = sorted(errors)
    if not known:
        return None
    middle = known[len(known) // 2]
    values: dict[str, str | int | Note] = {
        "error": f"{middle:.2f}",
        "n": sum(one.shift > middle for one in effects),
        "of": len(effects),
    }
    return Note(
        N_(
            "作为对照：总分自身的标准误的中位数是 {error} 分；"
            "平均改变总分超过这个数的改法有 {n} 种（共 {of} 种）。"
        ),
        values,
    )


def _listed(notes: Sequence[Note]) -> Note:
    """Up to three phrases in a row."""
    values: dict[str, str | int | Note] = {
        f"p{place}": one for place, one in enumerate(notes[:NAMED])
    }
    return Note("、".join(f"{{{name}}}" for name in values), values)
