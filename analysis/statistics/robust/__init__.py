"""Trimmed and Winsorised means with their errors."""
