"""Weights: post-strata, raking, calibration, trimming, and what non-response may hide."""
