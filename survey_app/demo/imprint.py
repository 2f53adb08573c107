"""What stands on everything simulated."""

SIMULATED = "模拟数据"
PHONE = "12345"
YEAR = 2026
"""The year the simulated cities have just finished."""
