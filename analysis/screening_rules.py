"""The rules of screening by name: what each points at, and what may be decided about it."""

from collections.abc import Mapping
from typing import Literal

from forms.problems import N_

Rule = Literal[
    "straight_line",
    "too_many_blank",
    "fast_straight_line",
    "repeated_pattern",
    "link_burst",
    "one_sided_link",
    "fast_link",
]
BALLOT_RULES: tuple[Rule, ...] = ("straight_line", "too_many_blank", "fast_straight_line")
LINK_RULES: tuple[Rule, ...] = ("link_burst", "one_sided_link")
VOIDABLE_RULES: tuple[Rule, ...] = BALLOT_RULES + LINK_RULES
PATTERN_RULE: Rule = "repeated_pattern"
PACE_RULE: Rule = "fast_link"
"""Only people may take answers out by these two: an automatic rule would be too coarse."""
ALWAYS_COUNTED: tuple[Rule, ...] = (*BALLOT_RULES, PATTERN_RULE, *LINK_RULES)
RULES: tuple[Rule, ...] = (*ALWAYS_COUNTED, PACE_RULE)
RULE_NAMES: Mapping[str, str] = {
    "straight_line": N_("雷同作答"),
    "too_many_blank": N_("缺项过多"),
    "fast_straight_line": N_("过快且雷同"),
    "repeated_pattern": N_("重复模式"),
    "link_burst": N_("入口集中涌入"),
    "one_sided_link": N_("入口一边倒"),
    "fast_link": N_("入口普遍过快"),
}
