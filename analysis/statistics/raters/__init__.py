"""How raters differ: severity, halo, agreement, and which part of a score is theirs."""
