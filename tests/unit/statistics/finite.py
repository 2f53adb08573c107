"""That a result holds no NaN and no infinity anywhere."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np


def assert_finite(value: object) -> None:
    """Walk dataclasses, mappings, sequences and arrays."""
    if isinstance(value, float):
        assert math.isfinite(value)
    elif isinstance(value, np.ndarray):
        assert np.isfinite(value).all()
    elif is_dataclass(value):
        for one in fields(value):
            assert_finite(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for one in value.values():
            assert_finite(one)
    elif isinstance(value, list | tuple):
        for one in value:
            assert_finite(one)
