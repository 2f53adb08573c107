"""Composite indicators: transforms, outliers, aggregation, and what the result hangs on."""
