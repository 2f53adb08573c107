"""Drawing people from a roster so that everybody can repeat the draw: no generator but SHA-256.

The random number of a person is u = SHA-256(seed, "/", key) read as a fraction of 2^256, a
permanent random number (Ohlsson 1995): it depends on nothing but the seed, announced beforehand,
and the person's own key, so that the order of the list does not matter and one person more moves
nobody else's number.

- simple: the n smallest u. - stratified: the n_h smallest u in every stratum.
- systematic: the list in order of its keys, every (N/n)th from a start of u(seed, "start") · N/n.
- pps: systematic with probability proportional to size (Madow 1949; Särndal, Swensson & Wretman
  1992, §3.6): π_i = n x_i / Σx, those with π_i >= 1 taken for certain and the rest drawn again.

π_i are the inclusion probabilities and 1/π_i the weights. A systematic draw hides any period in the
list; its variance has no unbiased estimator.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

WHOLE = 1 << 256


@dataclass(frozen=True, slots=True)
class Drawn:
    """The people drawn, sorted by key, with the probability each had."""

    keys: tuple[str, ...]
    probabilities: tuple[float, ...]

    @property
    def weights(self) -> tuple[float, ...]:
        """How many people each of them stands for."""
        return tuple(1 / one for one in self.probabilities)


def number_of(seed: str, key: str) -> Fraction:
    """The random number of a key, at least 0 and less than 1."""
    hashed = hashlib.sha256(f"{seed}/{key}".encode()).digest()
    return Fraction(int.from_bytes(hashed), WHOLE)


def simple(keys: Sequence[str], n: int, seed: str) -> Drawn:
    """n people, every set of n being equally likely."""
    listed = _listed(keys, n)
    chosen = sorted(sorted(listed, key=lambda key: number_of(seed, key))[:n])
    return Drawn(tuple(chosen), (n / len(listed),) * n)


def stratified(strata: Mapping[str, Sequence[str]], n: Mapping[str, int], seed: str) -> Drawn:
    """A simple draw in every stratum; `n` says how many, by stratum."""
    _listed([key for keys in strata.values() for key in keys], sum(n.values()))
    parts = [simple(keys, n[name], seed) for name, keys in sorted(strata.items()) if n[name]]
    found = sorted(pair for one in parts for pair in zip(one.keys, one.probabilities, strict=True))
    return Drawn(tuple(key for key, _ in found), tuple(probability for _, probability in found))


def systematic(keys: Sequence[str], n: int, seed: str) -> Drawn:
    """Every (N/n)th of the list in order of its keys, from a random start."""
    listed = _listed(keys, n)
    step = Fraction(len(listed), n)
    start = number_of(seed, "start") * step
    chosen = tuple(listed[int(start + place * step)] for place in range(n))
    return Drawn(chosen, (n / len(listed),) * n)


def pps(sizes: Mapping[str, Fraction | int], n: int, seed: str) -> Drawn:
    """n people with probability proportional to size; a size of 0 is never drawn."""
    listed = _listed([key for key, size in sizes.items() if size > 0], n)
    if any(size < 0 for size in sizes.values()):
        raise NoEstimate("undefined", Note(N_("规模不能是负数")))
    certain = _certain(listed, sizes, n)
    rest = [key for key in listed if key not in certain]
    left = n - len(certain)
    found = dict.fromkeys(certain, 1.0)
    if left:
        whole = sum((Fraction(sizes[key]) for key in rest), Fraction(0))
        step = whole / left
        at = number_of(seed, "start") * step
        passed = Fraction(0)
        for key in rest:
            passed += Fraction(sizes[key])
            if at < passed:
                found[key] = float(Fraction(sizes[key]) / step)
                at += step
    chosen = sorted(found)
    return Drawn(tuple(chosen), tuple(found[key] for key in chosen))


def _certain(listed: Sequence[str], sizes: Mapping[str, Fraction | int], n: int) -> set[str]:
    """Those so large that their probability would reach 1."""
    certain: set[str] = set()
    while True:
        rest = [key for key in listed if key not in certain]
        whole = sum((Fraction(sizes[key]) for key in rest), Fraction(0))
        left = n - len(certain)
        more = {key for key in rest if left and left * Fraction(sizes[key]) >= whole}
        if not more:
            return certain
        certain |= more


def _listed(keys: Sequence[str], n: int) -> list[str]:
    listed = sorted(keys)
    twice = next((one for one, other in pairwise(listed) if one == other), None)
    if twice is not None:
        raise NoEstimate(
            "undefined", Note(N_("名单里“{key}”出现了两次，请先去掉重复"), {"key": twice})
        )
    if not 1 <= n <= len(keys):
        raise NoEstimate(
            "undefined",
            Note(N_("名单有 {all} 人，抽不出 {n} 人"), {"all": len(keys), "n": n}),
        )
    return listed
