"""What each rule of a scheme does to the result: the same answers, one rule changed at a time.

One at a time, as in OECD & JRC (2008), Handbook on Constructing Composite Indicators, step 7:
every rule is left out or given its usual alternative, everything else stays, and the round is
counted again exactly. What goes wrong: two rules that each change nothing may change much together.
"""

from analysis.rule_sensitivity.evaluation import rule_effects
from analysis.rule_sensitivity.variation import Variation

__all__ = ["Variation", "rule_effects"]
