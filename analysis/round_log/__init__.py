"""The public log of a round: what it is made of, and whether it is still whole.

Specification: docs/round-log.md. Nothing here knows a database; `verify_round.py` knows nothing
of the rest either, so that two programs written apart say the same.
"""
