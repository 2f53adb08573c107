"""Flags: which answers, links and patterns look careless or pushed, by rule and with evidence.

A flag takes nothing out; only a rule that the scheme names in `void` does, or people who decide so
on a finding. None of it rests on a network address: a sealed round has none. What these screens
cannot see: one person with two phones, a farm that answers slowly and variedly.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.answers import Answers, Form
from analysis.engine import Engine, sql
from analysis.screened_rows import ScreenedRow
from analysis.screening_rules import (
    ALWAYS_COUNTED,
    BALLOT_RULES,
    LINK_RULES,
    PACE_RULE,
    RULES,
    VOIDABLE_RULES,
    Rule,
)
from analysis.sealed_round import SealedRound
from analysis.sealed_round.manifest import ARRIVALS
from analysis.statistics.response_quality.bursts import FALSE_DISCOVERIES, Burst, find_bursts
from analysis.statistics.response_quality.collisions import repeated, repeated_q
from analysis.statistics.response_quality.one_sided import one_sided, one_sided_q
from analysis.statistics.response_quality.pace import fast_links

LONG_FORM = 8
FAST_FORM = 5

__all__ = ["BALLOT_RULES", "LINK_RULES", "RULES", "VOIDABLE_RULES", "Finding", "Rule", "screen"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A link or an answer pattern at which a rule points. `n` ballots are concerned.

    `subject` is the link, or the pattern as option numbers in the order of the scored items.
    `evidence` are the figures behind it, by name. `score` is the p-value adjusted for how many
    places the rule looked at (Benjamini-Hochberg), `threshold` what it had to reach: of all that a
    rule finds, at most that share is expected to be chance.
    """

    rule: Rule
    round: str
    subject: str
    ratee: str
    n: int
    evidence: tuple[tuple[str, str], ...]
    rater_class: str = ""
    score: float | None = None
    threshold: float = FALSE_DISCOVERIES


@dataclass(frozen=True, slots=True)
class Screened:
    """What the screens found. `counts` are rows flagged by (round number, rater class, rule)."""

    findings: tuple[Finding, ...]
    counts: dict[tuple[int, str, str], int]

    def totals(self) -> dict[str, int]:
        """Rows flagged by ballot and link rules, patterns found by `repeated_pattern`.

        The pace of links is a hint for people alone and no flag of record.
        """
        totals: dict[str, int] = dict.fromkeys(ALWAYS_COUNTED, 0)
        for (_, _, rule), n in self.counts.items():
            if rule in totals:
                totals[rule] += n
        totals["repeated_pattern"] = sum(one.rule == "repeated_pattern" for one in self.findings)
        return totals

    def points_at(self, rounds: Sequence[str], decided: ScreenedRow) -> bool:
        """Whether a decision is about something that a rule found here."""
        if decided.rule in BALLOT_RULES:
            return any(
                (rule, rater_class) == (decided.rule, decided.rater_class)
                and decided.round in ("", rounds[number])
                for number, rater_class, rule in self.counts
            )
        return any(
            (one.rule, one.subject) == (decided.rule, decided.subject)
            and (one.round in ("", decided.round) or not decided.round)
            and decided.ratee in ("", one.ratee)
            and decided.rater_class in ("", one.rater_class)
            for one in self.findings
        )


def screen(engine: Engine, answers: Answers, sealed: Sequence[SealedRound]) -> Screened:
    """Apply every rule and make `flags_<form>` on the engine."""
    findings = _link_findings(engine, answers, sealed)
    findings += [one for form in answers.forms for one in _pace_findings(engine, answers, form)]
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
        patterns = _pattern_findings(engine, form)
        engine.run(form.sql("flags", rules=_flag_query(engine, form, patterns)))
        found = engine.query(form.sql("flag_counts"))
        for number, rater_class, rule, n in zip(*(c.tolist() for c in found.values()), strict=True):
            counts[number, rater_class, rule] += n
        findings += patterns
    findings.sort(key=lambda one: (one.rule, one.round, one.subject, one.ratee))
    return Screened(tuple(findings), dict(counts))


def _flag_query(engine: Engine, form: Form, patterns: Sequence[Finding]) -> str:
    rules = {
        "straight_line": _straight(form, LONG_FORM),
        "fast_straight_line": f"pace = 'fast' AND {_straight(form, FAST_FORM)}",
        "too_many_blank": _blank(form),
    }
    queries = [
        form.sql("flag_rule", rule=rule, condition=condition) for rule, condition in rules.items()
    ]
    queries.append(form.sql("flag_links"))
    if patterns:
        engine.add_columns(
            f"flagged_patterns_{form.number}",
            {
                "ratee": np.array([one.ratee for one in patterns], dtype=object),
                "rater_class": np.array([one.rater_class for one in patterns], dtype=object),
                "pattern": np.array([one.subject for one in patterns], dtype=object),
            },
        )
        queries.append(form.sql("flag_patterns", pattern=_pattern(form)))
    return "\nUNION ALL\n".join(queries)


def _pattern(form: Form) -> str:
    """A whole answer as text, in SQL."""
    return "CONCAT_WS(' ', " + ", ".join(name for _, name in form.scored) + ")"


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
            links, bins, n = (found[key].tolist() for key in ("link", "bin", "n"))
            bursts += [
                _burst(name, one, int(found["n"][found["link"] == one.link].sum()))
                for one in find_bursts(links, bins, n)
            ]
    bursting = {(one.round, one.subject) for one in bursts}
    sided = [one for form in answers.forms for one in _one_sided(engine, answers, form)]
    return bursts + [one for one in sided if (one.round, one.subject) in bursting]


def _burst(round_key: str, burst: Burst, n: int) -> Finding:
    evidence = (
        ("n", str(burst.n)),
        ("expected", f"{burst.expected:.2f}"),
        ("ten_minutes", str(burst.bins)),
    )
    return Finding("link_burst", round_key, burst.link, "", n, evidence, score=burst.q)


def _pace_findings(engine: Engine, answers: Answers, form: Form) -> list[Finding]:
    """Links by which far more ballots of a questionnaire are fast than by the others."""
    found = engine.query(form.sql("link_paces"))
    findings = []
    for number in sorted(set(found["round_number"].tolist())):
        own = found["round_number"] == number
        n, fast = found["n"][own], found["n_fast"][own]
        for link, size, pace in zip(
            found["link"][own].tolist(), n.tolist(), fast_links(n, fast), strict=True
        ):
            if pace.is_flagged and pace.share is not None and pace.elsewhere is not None:
                evidence = (
                    ("fast_share", f"{pace.share:.3f}"),
                    ("fast_elsewhere", f"{pace.elsewhere:.3f}"),
                )
                name = answers.rounds[number]
                findings.append(Finding(PACE_RULE, name, link, "", size, evidence, score=pace.q))
    return findings


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
    n, full_marks = [row[3] for row in rows], [row[4] for row in rows]
    hits, q = one_sided(n, full_marks, rest), one_sided_q(n, full_marks, rest)
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
            score=float(q[hit]),
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
            pattern=_pattern(form),
            most=f"GREATEST({', '.join(columns)})",
            least=f"LEAST({', '.join(columns)})",
        )
    )
    rows = list(zip(*(column.tolist() for column in found.values()), strict=True))
    size = [row[4] for row in rows]
    elsewhere = [(row[6] - row[3] + 1) / (row[5] - row[4] + 1) for row in rows]
    family = rows[0][7] if rows else 0
    n = [row[3] for row in rows]
    hits, q = repeated(n, size, elsewhere, family), repeated_q(n, size, elsewhere, family)
    return [
        Finding(
            "repeated_pattern",
            "",
            rows[hit][2],
            rows[hit][0],
            rows[hit][3],
            (("rater_class", rows[hit][1]), ("expected", f"{size[hit] * elsewhere[hit]:.2f}")),
            rater_class=rows[hit][1],
            score=float(q[hit]),
        )
        for hit in hits
    ]
