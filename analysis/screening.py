"""Flags: which answers, links and patterns look careless or pushed, by rule and with evidence.

A flag takes nothing out; only a rule that the scheme names in `void` does. What these screens
cannot see: one person with two phones, a farm that answers slowly and variedly.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.answers import Answers, Form
from analysis.engine import Engine, sql
from analysis.sealed_round import SealedRound
from analysis.sealed_round.manifest import ARRIVALS
from analysis.statistics.response_quality.bursts import find_bursts
from analysis.statistics.response_quality.collisions import repeated
from analysis.statistics.response_quality.one_sided import one_sided

LONG_FORM = 8
FAST_FORM = 5

Rule = Literal[
    "straight_line",
    "too_many_blank",
    "fast_straight_line",
    "repeated_pattern",
    "link_burst",
    "one_sided_link",
]
BALLOT_RULES: tuple[Rule, ...] = ("straight_line", "too_many_blank", "fast_straight_line")
LINK_RULES: tuple[Rule, ...] = ("link_burst", "one_sided_link")
VOIDABLE_RULES: tuple[Rule, ...] = BALLOT_RULES + LINK_RULES
RULES: tuple[Rule, ...] = (*BALLOT_RULES, "repeated_pattern", *LINK_RULES)


@dataclass(frozen=True, slots=True)
class Finding:
    """A link or an answer pattern at which a rule points. `n` ballots are concerned.

    `subject` is the link, or the pattern as option numbers in the order of the scored items.
    `evidence` are the figures behind it, by name.
    """

    rule: Rule
    round: str
    subject: str
    ratee: str
    n: int
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Screened:
    """What the screens found. `counts` are rows flagged by (round number, rater class, rule)."""

    findings: tuple[Finding, ...]
    counts: dict[tuple[int, str, str], int]

    def totals(self) -> dict[str, int]:
        """Rows flagged by ballot and link rules, patterns found by `repeated_pattern`."""
        totals: dict[str, int] = dict.fromkeys(RULES, 0)
        for (_, _, rule), n in self.counts.items():
            totals[rule] += n
        totals["repeated_pattern"] = sum(one.rule == "repeated_pattern" for one in self.findings)
        return totals


def screen(engine: Engine, answers: Answers, sealed: Sequence[SealedRound]) -> Screened:
    """Apply every rule and make `flags_<form>` on the engine."""
    findings = _link_findings(engine, answers, sealed)
    links = sorted({(answers.rounds.index(one.round), one.subject, one.rule) for one in findings})
    engine.add_columns(
        "flagged_links",
        {
            "round_number": np.array([one[0] for one in links], dtype=np.int64),
            "link": np.array([one[1] for one in links], dtype=object),
            "rule": np.array([one[2] for one in links], dtype=object),
        },
    )
    counts: dict[tuple[int, str, str], int] = defaultdict(int)
    for form in answers.forms:
        engine.run(form.sql("flags", rules=_flag_query(form)))
        found = engine.query(form.sql("flag_counts"))
        for number, rater_class, rule, n in zip(*(c.tolist() for c in found.values()), strict=True):
            counts[number, rater_class, rule] += n
        findings += _pattern_findings(engine, form)
    findings.sort(key=lambda one: (one.rule, one.round, one.subject, one.ratee))
    return Screened(tuple(findings), dict(counts))


def _flag_query(form: Form) -> str:
    rules = {
        "straight_line": _straight(form, LONG_FORM),
        "fast_straight_line": f"pace = 'fast' AND {_straight(form, FAST_FORM)}",
        "too_many_blank": _blank(form),
    }
    queries = [
        form.sql("flag_rule", rule=rule, condition=condition) for rule, condition in rules.items()
    ]
    return "\nUNION ALL\n".join([*queries, form.sql("flag_links")])


def _straight(form: Form, least: int) -> str:
    """All scored items answered with one option. On a short form that is no evidence: never."""
    columns = [name for _, name in form.scored]
    scales = {item.scale for item, _ in form.scored}
    if len(columns) < least or len(scales) != 1:
        return "1 = 0"
    first = columns[0]
    return f"({first} <> 0 AND " + " AND ".join(f"{one} = {first}" for one in columns[1:]) + ")"


def _blank(form: Form) -> str:
    """At least half of the scored items left blank; 不了解 is an answer."""
    columns = [name for _, name in form.scored]
    if not columns:
        return "1 = 0"
    blanks = " + ".join(f"CASE WHEN {one} = 0 THEN 1 ELSE 0 END" for one in columns)
    return f"2 * ({blanks}) >= {len(columns)}"


def _link_findings(
    engine: Engine, answers: Answers, sealed: Sequence[SealedRound]
) -> list[Finding]:
    bursts = []
    for number, name in enumerate(answers.rounds):
        files = [(0, path) for one in sealed if one.round == name and (path := one.file(ARRIVALS))]
        if files:
            engine.add_files(f"arrivals_{number}", files)
            found = engine.query(sql("arrivals", round=str(number)))
            bursts += [
                Finding(
                    "link_burst",
                    name,
                    burst.link,
                    "",
                    int(found["n"][found["link"] == burst.link].sum()),
                    (
                        ("n", str(burst.n)),
                        ("expected", f"{burst.expected:.2f}"),
                        ("ten_minutes", str(burst.bins)),
                    ),
                )
                for burst in find_bursts(
                    found["link"].tolist(), found["bin"].tolist(), found["n"].tolist()
                )
            ]
    bursting = {(one.round, one.subject) for one in bursts}
    sided = [one for form in answers.forms for one in _one_sided(engine, answers, form)]
    return bursts + [one for one in sided if (one.round, one.subject) in bursting]


def _one_sided(engine: Engine, answers: Answers, form: Form) -> list[Finding]:
    """Links that give one ratee full marks far more often than other links give it.

    Where fewer than 30 ballots on the ratee came by other links, the other ratees are compared.
    """
    columns = [(f"{name} = {_best(form, item.scale)}", name) for item, name in form.scored]
    if not columns:
        return []
    full = " AND ".join(f"({best} OR {name} = 0)" for best, name in columns)
    answered = " + ".join(f"CASE WHEN {name} <> 0 THEN 1 ELSE 0 END" for _, name in columns)
    found = engine.query(form.sql("full_marks", full=full, answered=f"({answered})"))
    rows = sorted(zip(*(column.tolist() for column in found.values()), strict=True))
    totals: dict[tuple[int, str | None], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for number, _, ratee, n, n_full in rows:
        for key in ((number, ratee), (number, None)):
            totals[key] = (totals[key][0] + n, totals[key][1] + n_full)
    rest = [_rest(totals, number, ratee, n, k) for number, _, ratee, n, k in rows]
    hits = one_sided([row[3] for row in rows], [row[4] for row in rows], rest)
    return [
        Finding(
            "one_sided_link",
            answers.rounds[rows[hit][0]],
            rows[hit][1],
            rows[hit][2],
            rows[hit][3],
            (
                ("full_share", f"{rows[hit][4] / rows[hit][3]:.3f}"),
                ("elsewhere", f"{rest[hit]:.3f}"),
            ),
        )
        for hit in hits
    ]


def _best(form: Form, scale: str | None) -> int:
    options = next(one.options for one in form.questionnaire.scales if one.key == scale)
    valued = [(one.points, one.number) for one in options if one.points is not None]
    return max(valued)[1] if valued else 0


def _rest(
    totals: dict[tuple[int, str | None], tuple[int, int]], number: int, ratee: str, n: int, k: int
) -> float:
    for key in ((number, ratee), (number, None)):
        others, full = totals[key][0] - n, totals[key][1] - k
        if others >= 30:
            return full / others
    return 1.0


def _pattern_findings(engine: Engine, form: Form) -> list[Finding]:
    """Whole answers, not all one option, that repeat on a ratee beyond their share on others.

    Only questionnaires with at least 8 scored items: shorter ones repeat by themselves.
    """
    columns = [name for _, name in form.scored]
    if len(columns) < LONG_FORM:
        return []
    found = engine.query(
        form.sql(
            "patterns",
            pattern="CONCAT_WS(' ', " + ", ".join(columns) + ")",
            most=f"GREATEST({', '.join(columns)})",
            least=f"LEAST({', '.join(columns)})",
        )
    )
    rows = list(zip(*(column.tolist() for column in found.values()), strict=True))
    size = [row[4] for row in rows]
    elsewhere = [(row[6] - row[3] + 1) / (row[5] - row[4] + 1) for row in rows]
    hits = repeated([row[3] for row in rows], size, elsewhere, rows[0][7] if rows else 0)
    return [
        Finding(
            "repeated_pattern",
            "",
            rows[hit][2],
            rows[hit][0],
            rows[hit][3],
            (("rater_class", rows[hit][1]), ("expected", f"{size[hit] * elsewhere[hit]:.2f}")),
        )
        for hit in hits
    ]
