"""Sealed rounds: the border between collecting and counting. Written, checked, merged here."""

from analysis.sealed_round.checking import Check, check_sealed_round
from analysis.sealed_round.columns import (
    Arrivals,
    BallotColumns,
    Comment,
    Exclusion,
    SealedHeader,
)
from analysis.sealed_round.manifest import IntegrityError, Manifest, read_manifest
from analysis.sealed_round.opening import (
    SealedRound,
    expand,
    merge_shards,
    open_sealed_rounds,
    read_exclusions,
    shard_counts,
)
from analysis.sealed_round.ratings import seal_csv
from analysis.sealed_round.writing import write_sealed_round

__all__ = [
    "Arrivals",
    "BallotColumns",
    "Check",
    "Comment",
    "Exclusion",
    "IntegrityError",
    "Manifest",
    "SealedHeader",
    "SealedRound",
    "check_sealed_round",
    "expand",
    "merge_shards",
    "open_sealed_rounds",
    "read_exclusions",
    "read_manifest",
    "seal_csv",
    "shard_counts",
    "write_sealed_round",
]
