"""The scheme: how parts become a total, a rank, a grade and what follows. Data, never code."""

from analysis.scheme.definition import (
    DEFAULT_SCHEME,
    MISSING_POLICIES,
    SAME_DEVICE_POLICIES,
    SCHEMES,
    MissingPolicy,
    SameDevicePolicy,
    Scheme,
    shipped,
)

__all__ = [
    "DEFAULT_SCHEME",
    "MISSING_POLICIES",
    "SAME_DEVICE_POLICIES",
    "SCHEMES",
    "MissingPolicy",
    "SameDevicePolicy",
    "Scheme",
    "shipped",
]
